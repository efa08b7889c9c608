"""Arrays of every kind of element: by both drivers, as text for serializers, compared with what is computed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import (
    BigIntegerField,
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    DurationField,
    F,
    FloatField,
    GenericIPAddressField,
    IntegerField,
    JSONField,
    Model,
    Registry,
    TimeField,
    Value,
)
from partita.postgres import (
    ArrayAgg,
    ArrayField,
    DateTimeRangeField,
    HStoreField,
    IntegerRangeField,
    Range,
)
from partita.validation import MaxLengthValidator, ValidationError

records = Registry()
MOMENT = dt.datetime(1959, 3, 2, 20, 30, 5, 250_000, tzinfo=dt.UTC)


class Shelf(Model):
    """Arrays of all sorts."""

    title = CharField(max_length=20, default="")
    words: Any = ArrayField(CharField(max_length=5), null=True)
    numbers: Any = ArrayField(BigIntegerField(), null=True)
    facts: Any = ArrayField(HStoreField(), null=True)
    spans: Any = ArrayField(IntegerRangeField(), null=True)
    times: Any = ArrayField(DateTimeRangeField(), null=True)
    grids: Any = ArrayField(ArrayField(IntegerRangeField()), null=True)
    notes: Any = ArrayField(JSONField(), null=True)
    moments: Any = ArrayField(DateTimeField(), null=True)
    hours: Any = ArrayField(TimeField(), null=True)
    lengths: Any = ArrayField(DurationField(), null=True)
    truths: Any = ArrayField(BooleanField(), null=True)
    shares: Any = ArrayField(FloatField(), null=True)
    hosts: Any = ArrayField(GenericIPAddressField(), null=True)
    blobs: Any = ArrayField(BinaryField(), null=True)

    class Meta:
        registry = records
        app_label = "shelves"
        ordering = ("id",)


KINDS: list[tuple[str, list[Any]]] = [
    ("words", ["a", None, 'é"\\,', "{x}", "NULL", ""]),
    ("numbers", [1, 2**60, None]),
    ("facts", [{"a": "1", "b": None}, None, {'é "x"': '\\,{}"'}, {"NULL": ""}]),
    ("spans", [Range(1, 5), None, Range(empty=True), Range(None, 3, "()")]),
    ("times", [Range(MOMENT, None), Range(None, MOMENT, "(]")]),
    ("grids", [[Range(1, 2), Range(3, 4)], [Range(5, 6), None]]),
    ("notes", [{"a": [1, None]}, [1], "x", 1.5, None]),
    ("moments", [MOMENT, None]),
    ("hours", [dt.time(1, 2, 3)]),
    ("lengths", [dt.timedelta(days=1, seconds=2)]),
    ("truths", [True, False, None]),
    ("shares", [1.5, float("inf")]),
    ("hosts", ["192.168.0.1", "::1"]),
    ("blobs", [b"\x00\xff{}", b"a"]),
]


@pytest.fixture
def shelves(tables: Callable[..., None]) -> None:
    tables(Shelf)


def titles(rows: Any) -> list[str]:
    return list(rows.values_list("title", flat=True))


@pytest.mark.usefixtures("shelves")
@pytest.mark.parametrize(("name", "items"), KINDS)
def test_every_kind_comes_back_by_every_way_in(name: str, items: list[Any], run: Callable[..., Any]) -> None:
    def stored(key: int) -> Any:
        return getattr(Shelf.objects.get(pk=key), name)

    key = Shelf.objects.create(**{name: items}).pk
    assert stored(key) == items
    (row,) = Shelf.objects.bulk_create([Shelf(**{name: items})])
    assert stored(row.pk) == items
    setattr(row, name, items[:1])
    Shelf.objects.bulk_update([row], [name])
    assert stored(row.pk) == items[:1]
    Shelf.objects.filter(pk=row.pk).update(**{name: []})
    assert stored(row.pk) == []
    Shelf.objects.filter(pk=row.pk).update(**{name: items})
    assert stored(row.pk) == items
    row.delete()

    async def main() -> None:
        made = await Shelf.objects.acreate(**{name: items})
        assert getattr(await Shelf.objects.aget(pk=made.pk), name) == items
        assert [found async for found in Shelf.objects.filter(**{name: items}).values_list(name, flat=True)] == [
            items
        ] * 2
        await made.adelete()

    run(main())
    for asked in (
        {name: items},
        {f"{name}__contains": items[:1]},
        {f"{name}__overlap": items},
        {f"{name}__in": [items]},
    ):
        assert Shelf.objects.filter(**asked).count() == 1, asked
    assert Shelf.objects.filter(**{f"{name}__contains": []}).count() == 1
    given = Shelf.objects.annotate(given=Value(items, output_field=Shelf._meta.get_field(name)))
    assert given.values_list("given", flat=True)[0] == items


@pytest.mark.parametrize(("name", "items"), KINDS)
def test_every_kind_is_read_back_from_the_text_of_serializers(name: str, items: list[Any]) -> None:
    field = Shelf._meta.get_field(name)
    assert field.to_python(field.value_to_string(Shelf(**{name: items}))) == items


@pytest.mark.usefixtures("shelves")
def test_texts_that_are_too_long_are_not_cut_short() -> None:
    Shelf.objects.create(title="short", words=["abcde"])
    longer = ["abcdefgh"]
    for asked in ("words", "words__contains", "words__overlap", "words__contained_by"):
        assert titles(Shelf.objects.filter(**{asked: longer})) == [], asked
        assert titles(Shelf.objects.filter(**{asked: [Value(longer[0])]})) == [], asked
    assert titles(Shelf.objects.filter(words__in=[longer])) == []
    given = Shelf.objects.annotate(given=Value(longer, output_field=Shelf._meta.get_field("words")))
    assert given.values_list("given", flat=True)[0] == longer


@pytest.mark.usefixtures("shelves")
def test_arrays_of_other_types_are_compared_as_the_column_is(run: Callable[..., Any]) -> None:
    Shelf.objects.create(title="one", numbers=[1])
    Shelf.objects.create(title="two", numbers=[1, 2])
    rows = Shelf.objects.annotate(given=Value([1], output_field=ArrayField(IntegerField())))
    assert titles(rows.filter(numbers=F("given"))) == ["one"]
    assert titles(rows.filter(numbers__contains=F("given"))) == ["one", "two"]
    assert titles(rows.filter(numbers__contained_by=F("given"))) == ["one"]

    async def main() -> list[str]:
        return [row.title async for row in rows.filter(numbers__overlap=F("given"))]

    assert run(main()) == ["one", "two"]


@pytest.mark.usefixtures("shelves")
def test_an_array_overlaps_all_that_a_query_gives(run: Callable[..., Any]) -> None:
    Shelf.objects.create(title="one", numbers=[1])
    Shelf.objects.create(title="two", numbers=[1, 2])
    Shelf.objects.create(title="three", numbers=[3])
    keys = Shelf.objects.filter(numbers__contains=[1]).values_list("numbers__0").distinct()
    wanted = Shelf.objects.filter(numbers__overlap=keys)
    assert titles(wanted) == ["one", "two"]
    several = Shelf.objects.filter(title__in=["one", "three"]).values(
        "numbers"
    )  # each of one dimension, so a list of lists
    assert titles(Shelf.objects.filter(numbers__overlap=several)) == ["one", "two", "three"]
    assert titles(Shelf.objects.exclude(numbers__overlap=several.none())) == ["one", "two", "three"]

    async def main() -> list[str]:
        return [row.title async for row in wanted.all()]

    assert run(main()) == ["one", "two"]


@pytest.mark.usefixtures("shelves")
def test_a_slice_is_sliced_and_indexed_again(run: Callable[..., Any]) -> None:
    Shelf.objects.create(title="four", numbers=[1, 2, 3, 4])
    rows = Shelf.objects.annotate(
        inner=F("numbers")[:3][1:], one=F("numbers")[:3][1], first=F("numbers__1_3__0"), last=F("numbers__0_3__1_2")
    ).values_list("inner", "one", "first", "last")
    assert list(rows) == [([2, 3], [2], 2, [2])]
    assert titles(Shelf.objects.filter(numbers__1_3__0=2, numbers__0_2__len=2)) == ["four"]

    async def main() -> list[Any]:
        return [row async for row in rows.all()]

    assert run(main()) == [([2, 3], [2], 2, [2])]


@pytest.mark.usefixtures("shelves")
def test_mappings_of_many_rows_are_a_list() -> None:
    Shelf.objects.create(facts=[{"a": "1"}, {"b": "{}"}])
    Shelf.objects.create(facts=[{"c": "3"}])
    found = Shelf.objects.aggregate(all=ArrayAgg("facts__0", order_by="id"))
    assert found == {"all": [{"a": "1"}, {"c": "3"}]}


def refuse(value: object) -> None:
    raise ValidationError("100% wrong", "wrong")


def test_what_is_wrong_with_an_item_is_told_with_its_place_and_its_figures() -> None:
    field: Any = ArrayField(CharField(max_length=3, validators=[MaxLengthValidator(3)]))
    with pytest.raises(ValidationError) as caught:
        field.clean(["abcd"], None)
    params = caught.value.params or {}
    assert (caught.value.code, params["nth"], params["limit_value"]) == ("item_invalid", 1, 3)
    with pytest.raises(ValidationError) as several:
        field.clean(["abcd", "b", "abcde"], None)
    assert [(error.params or {})["nth"] for error in several.value.error_list] == [1, 3]
    odd: Any = ArrayField(CharField(max_length=9, validators=[refuse]))
    with pytest.raises(ValidationError, match="Item 1 in the array did not validate: 100% wrong"):
        odd.clean(["a"], None)


@pytest.mark.usefixtures("shelves")
def test_an_element_that_is_no_number_is_named_after_the_field() -> None:
    with pytest.raises(ValueError, match="Field 'numbers' expected a number but got 'x'"):
        Shelf.objects.create(numbers=["x"])


def test_a_size_that_is_not_given_is_not_written_either() -> None:
    assert "size" not in ArrayField(IntegerField()).deconstruct()[3]
    assert ArrayField(IntegerField(), size=2).deconstruct()[3]["size"] == 2
