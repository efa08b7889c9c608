"""Arrays: stored and read back by both drivers, asked for by every look-up, checked before they are stored."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    DateField,
    DecimalField,
    F,
    FieldError,
    ForeignKey,
    IntegerField,
    Model,
    NotSupportedError,
    Registry,
    UUIDField,
    connect,
)
from partita.postgres import ArrayField, ArraySubquery
from partita.validation import MaxValueValidator, ValidationError

records = Registry()


class Album(Model):
    """Holds lists."""

    title = CharField(max_length=100)
    tags: ArrayField[list[str]] = ArrayField(CharField(max_length=20), size=4)
    numbers: ArrayField[list[int] | None] = ArrayField(IntegerField(validators=[MaxValueValidator(99)]), null=True)
    grid: ArrayField[list[list[int]] | None] = ArrayField(ArrayField(IntegerField()), null=True)
    prices: ArrayField[list[Any] | None] = ArrayField(DecimalField(max_digits=6, decimal_places=2), null=True)
    days: ArrayField[list[Any] | None] = ArrayField(DateField(), null=True)
    keys: ArrayField[list[Any] | None] = ArrayField(UUIDField(), null=True)

    class Meta:
        registry = records
        app_label = "arrays"
        ordering = ("title",)


KEY = uuid.UUID(int=7)
ASKED: list[tuple[dict[str, Any], list[str]]] = [
    ({"tags__contains": ["jazz"]}, ["blue"]),
    ({"tags__contains": ("jazz", "modal")}, ["blue"]),
    ({"tags__contained_by": ["jazz", "modal", "rock"]}, ["blue", "low"]),
    ({"tags__overlap": ["rock", "modal"]}, ["blue"]),
    ({"tags__len": 2}, ["blue"]),
    ({"tags__len__lt": 1}, ["low"]),
    ({"tags__isempty": True}, ["low"]),
    ({"tags__0": "jazz"}, ["blue"]),
    ({"tags__1__startswith": "mod"}, ["blue"]),
    ({"tags__0_1": ["jazz"]}, ["blue"]),
    ({"tags__5": "jazz"}, []),
    ({"tags": ["jazz", "modal"]}, ["blue"]),
    ({"tags__in": [["jazz", "modal"], ["x"]]}, ["blue"]),
    ({"tags__contains": F("tags")}, ["blue", "low"]),
    ({"numbers__contains": [3]}, ["blue"]),
    ({"numbers__len": 0}, []),
    ({"numbers__isnull": True}, ["low"]),
    ({"grid__1__0": 3}, ["blue"]),
    ({"grid__1__0": 4}, []),
    ({"prices__contains": [Decimal("1.50")]}, ["blue"]),
    ({"days__overlap": [dt.date(1959, 8, 17)]}, ["blue"]),
    ({"keys__contains": [KEY]}, ["blue"]),
    ({"tags__contains": ["'); DROP TABLE arrays_album; --"]}, []),
    ({"tags__contains": ['a"b\\c', "{x,y}"]}, []),
]


@pytest.fixture
def albums(tables: Callable[..., None]) -> None:
    tables(Album)
    Album.objects.create(
        title="blue",
        tags=["jazz", "modal"],
        numbers=[1, 2, 3],
        grid=[[1, 2], [3, 4]],
        prices=[Decimal("1.50"), None],
        days=[dt.date(1959, 8, 17)],
        keys=[KEY],
    )
    Album.objects.create(title="low", tags=[])


@pytest.mark.usefixtures("albums")
def test_what_was_stored_comes_back(run: Callable[..., Any]) -> None:
    def check(blue: Album, low: Album) -> None:
        assert (blue.tags, blue.numbers, blue.grid) == (["jazz", "modal"], [1, 2, 3], [[1, 2], [3, 4]])
        assert (blue.prices, blue.days, blue.keys) == ([Decimal("1.50"), None], [dt.date(1959, 8, 17)], [KEY])
        assert (low.tags, low.numbers) == ([], None)

    check(*Album.objects.all())

    async def main() -> None:
        check(*[album async for album in Album.objects.all()])
        hostile = ['a"b\\c', "{x,y}", "NULL", "'"]
        album = await Album.objects.acreate(title="odd", tags=hostile, numbers=[], prices=[Decimal("2.00")], keys=[KEY])
        await album.arefresh_from_db()
        assert (album.tags, album.numbers, album.prices, album.keys) == (hostile, [], [Decimal("2.00")], [KEY])

    run(main())
    assert Album.objects.get(title="odd").tags == ['a"b\\c', "{x,y}", "NULL", "'"]


@pytest.mark.usefixtures("albums")
@pytest.mark.parametrize(("asked", "wanted"), ASKED)
def test_look_ups(asked: dict[str, Any], wanted: list[str], run: Callable[..., Any]) -> None:
    rows = Album.objects.filter(**asked).values_list("title", flat=True)
    assert list(rows) == wanted

    async def main() -> list[str]:
        return [title async for title in rows.all()]

    assert run(main()) == wanted


@pytest.mark.usefixtures("albums")
def test_one_plan_serves_all_values(database: Any) -> None:
    list(Album.objects.filter(tags__contains=["a"]))
    before = len(database.backend.plans)
    for word in "bcdef":
        list(Album.objects.filter(tags__contains=[word]))
    assert len(database.backend.plans) == before


@pytest.mark.usefixtures("albums")
def test_a_query_as_a_list() -> None:
    rows = Album.objects.annotate(titles=ArraySubquery(Album.objects.order_by("-title").values("title")))
    assert rows.values_list("titles", flat=True)[0] == ["low", "blue"]
    assert rows.filter(titles__contains=["low"]).count() == 2


@pytest.mark.usefixtures("albums")
@pytest.mark.parametrize("name", ["tags__x", "tags__-1", "tags__0_", "tags___1", "tags__1_x", "tags__²", "tags__0x1"])
def test_a_name_that_is_no_index_is_refused(name: str) -> None:
    with pytest.raises(FieldError, match="Unsupported lookup"):
        list(Album.objects.filter(**{name: "jazz"}))


@pytest.mark.usefixtures("albums")
def test_what_is_no_list_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TypeError, match="takes a list"):
        list(Album.objects.filter(tags__contains="jazz"))


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"tags": ["x" * 21]}, "tags", "item_invalid"),
        ({"tags": list("abcde")}, "tags", "too_long"),
        ({"numbers": [5, 100]}, "numbers", "item_invalid"),
        ({"numbers": "[1"}, "numbers", "not_a_list"),
        ({"numbers": 7}, "numbers", "not_a_list"),
        ({"grid": [[1], [2, 3]]}, "grid", "nested_array_mismatch"),
    ],
)
def test_validation_names_the_item(values: dict[str, Any], field: str, code: str) -> None:
    album = Album(title="x", **{"tags": ["a"], **values})
    with pytest.raises(ValidationError) as caught:
        album.full_clean()
    (error,) = caught.value.error_dict[field]
    assert error.code == code


def test_serialized_text_reads_back() -> None:
    album = Album(tags=["a", "b"], prices=[Decimal("1.50"), None], grid=[[1], [2]])
    field = Album._meta.get_field("prices")
    assert json.loads(field.value_to_string(album)) == ["1.50", None]
    assert field.to_python(field.value_to_string(album)) == [Decimal("1.50"), None]
    assert Album._meta.get_field("grid").value_to_string(album) == "[[1], [2]]"


def test_a_field_is_made_again_from_its_parts() -> None:
    field = Album._meta.get_field("tags")
    _, path, _, kwargs = field.deconstruct()
    assert path == "partita.postgres.ArrayField"
    assert (kwargs["size"], type(kwargs["base_field"])) == (4, CharField)
    assert field.clone().base_field.max_length == 20


def test_a_list_of_related_rows_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="ManyToManyField"):
        ArrayField(ForeignKey("arrays.Album", on_delete=CASCADE))


def test_another_database_is_told_apart() -> None:
    with connect("sqlite://:memory:"), pytest.raises(NotSupportedError, match="PostgreSQL"):
        list(Album.objects.filter(tags__contains=["a"]))
