"""What is written is what is read: every format, every kind of field, key and relation."""

import datetime as dt
import json
import math
import uuid
from collections.abc import Callable, Coroutine
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partita import serializers
from partita.contenttypes import ContentType
from partita.orm import Database

FORMATS = ("json", "jsonl", "xml", "yaml", "python")
Run = Callable[[Coroutine[Any, Any, Any]], Any]
letters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from(
    "\t\n\r<&>\"' "
)
texts = st.text(letters, max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
samples = st.fixed_dictionaries(
    {
        "chars": texts,
        "text": texts,
        "maybe": st.none() | texts,
        "slug": st.text("abc-_", max_size=10),
        "url": st.just("https://example.org/?a=1&b=<2>"),
        "whole": st.none() | st.integers(-(2**31), 2**31 - 1),
        "small": st.sampled_from([1, 2]),
        "big": st.integers(-(2**63), 2**63 - 1),
        "positive": st.integers(0, 2**31 - 1),
        "real": st.floats(allow_nan=False),
        "number": st.none() | st.decimals(-(10**19), 10**19, places=10),
        "flag": st.booleans(),
        "tristate": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "clock": st.none() | st.times(),
        "moment": st.none() | st.datetimes(timezones=st.just(dt.UTC)),
        "span": st.none() | st.timedeltas(dt.timedelta(days=-100_000), dt.timedelta(days=100_000)),
        "raw": st.binary(max_size=20),
        "maybe_raw": st.none() | st.binary(max_size=20),
        "identity": st.none() | st.uuids(),
        "address": st.none()
        | st.ip_addresses(v=4).map(str)
        | st.sampled_from(["::1", "2001:db8::2:1", "::ffff:10.10.10.10"]),
        "document": json_values.filter(lambda value: value is not None),
        "file": st.sampled_from(["", "books/a b.pdf"]),
    }
)


def state(row: Any) -> dict[str, Any]:
    """Return all values of a row."""
    found = {}
    for field in row._meta.fields:
        value = field.value_from_object(row)
        found[field.name] = str(value) if field.name == "file" else value
    return found


@pytest.mark.parametrize("format", FORMATS)
@given(values=samples)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_every_kind_of_field_come_back(
    memory: Database, library: SimpleNamespace, format: str, values: dict[str, Any]
) -> None:
    row = library.Sample(pk=7, **values)
    # Not saved before: what a database makes of values is no business of the formats.
    text: Any = serializers.dump([row], format)
    (read,) = serializers.deserialize(format, text)
    before, after = state(row), state(read.object)
    before.pop("twice"), after.pop("twice")
    assert after == before
    assert [type(value) for value in after.values()] == [type(value) for value in before.values()]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_not_finite_come_back(library: SimpleNamespace, format: str, value: float) -> None:
    text: Any = serializers.dump([library.Sample(pk=1, real=value)], format)
    (read,) = serializers.deserialize(format, text)
    found: Any = read.object
    assert str(found.real) == str(value)


@pytest.mark.parametrize("format", FORMATS)
def test_rows_of_a_database_come_back_to_it(database: Database, library: SimpleNamespace, format: str) -> None:
    library.Sample.objects.create(
        chars="Über <b>",
        whole=-3,
        small=2,
        real=0.1,
        number=Decimal("12.5"),
        day=dt.date(2026, 2, 28),
        clock=dt.time(23, 59, 59, 123456),
        moment=dt.datetime(2026, 2, 28, 12, 0, 0, 123456, dt.UTC),
        span=dt.timedelta(days=-1, seconds=5, microseconds=7),
        raw=b"\x00\xff",
        identity=uuid.UUID(int=5),
        address="::1",
        document={"a": [1, None, {"b": "ü"}]},
        file="a/b.txt",
    )
    before = [state(row) for row in library.Sample.objects.all()]
    text: Any = serializers.dump(library.Sample.objects.all(), format)
    library.Sample.objects.all().delete()
    assert serializers.load(text, format) == 1
    after = [state(library.Sample.objects.get(pk=row["id"])) for row in before]
    assert after == before
    assert after[0]["twice"] == 4  # the database computed it anew


def fill(library: SimpleNamespace) -> None:
    """Make rows that point to one another in every way."""
    ursula, margaret = (library.Author.objects.create(name=name) for name in ("Ursula", "Margaret"))
    genres = [library.Genre.objects.create(name=name) for name in ("sf", "essay")]
    book = library.Book.objects.create(title="Dispossessed", author=ursula, translator=margaret)
    book.genres.set(genres)
    book.readers.set([margaret])
    library.Book.objects.create(title="Secret", author=ursula, hidden=True)
    library.Picture.objects.create(title="Catwings", author=ursula, pages=40)
    library.Copy.objects.create(shelf="A", place=2, book=book)
    library.Note.objects.create(text="good", about=book)
    hen = library.Hen.objects.create(name="Berta")
    hen.egg = library.Egg.objects.create(name="first", hen=hen)
    hen.save()
    library.Chick.objects.create(egg=hen.egg, name="Pip")


def everything(library: SimpleNamespace) -> dict[str, Any]:
    """Return what all rows have, by model."""
    found: dict[str, Any] = {}
    for name in ("Author", "Genre", "Book", "Picture", "Copy", "Note", "Hen", "Egg", "Chick"):
        rows = vars(library)[name]._base_manager.order_by("pk")
        found[name] = [state(row) for row in rows]
        for field in vars(library)[name]._meta.many_to_many:
            found[f"{name}.{field.name}"] = {
                str(row.pk): sorted(str(other.pk) for other in getattr(row, field.name).all()) for row in rows
            }
    return found


def all_rows(library: SimpleNamespace, *names: str) -> list[Any]:
    """Return the rows of models, in that order."""
    return [row for name in names for row in vars(library)[name]._base_manager.order_by("pk")]


BACKWARDS = ("Chick", "Egg", "Hen", "Note", "Copy", "Picture", "Book", "Genre", "Author")


def clear(library: SimpleNamespace) -> None:
    """Delete all rows but content types."""
    library.Hen.objects.update(egg=None)
    for name in BACKWARDS:
        vars(library)[name]._base_manager.all().delete()


@pytest.mark.parametrize("format", FORMATS)
def test_relations_come_back_in_whatever_order(database: Database, library: SimpleNamespace, format: str) -> None:
    fill(library)
    before = everything(library)
    # Each row comes before those that it points to.
    text: Any = serializers.dump(all_rows(library, *BACKWARDS), format)
    clear(library)
    assert serializers.load(text, format) == 13
    assert everything(library) == before
    assert serializers.load(text, format) == 13, "what is there is written over"
    assert everything(library) == before


@pytest.mark.parametrize("format", FORMATS)
def test_natural_keys_stand_for_keys(database: Database, library: SimpleNamespace, format: str) -> None:
    fill(library)
    rows = all_rows(library, "Author", "Genre", "Book", "Hen", "Egg")
    text: Any = serializers.dump(rows, format, use_natural_foreign_keys=True, use_natural_primary_keys=True)
    clear(library)
    library.Author.objects.create(name="Zoe")  # so that numbers differ
    library.Author.objects.create(name="Ursula")
    assert serializers.load(text, format) == len(rows)
    book = library.Book.objects.get(title="Dispossessed")
    assert (book.author.name, book.translator.name) == ("Ursula", "Margaret")
    assert [reader.name for reader in book.readers.all()] == ["Margaret"]
    assert {genre.name for genre in book.genres.all()} == {"sf", "essay"}
    assert library.Author.objects.count() == 3, "Ursula was found by her name"
    hen = library.Hen.objects.get(name="Berta")
    assert (hen.egg.name, hen.egg.hen) == ("first", hen)
    numbers = {model: model.objects.count() for model in (library.Author, library.Book, library.Hen, library.Egg)}
    hidden = library.Book._base_manager.filter(hidden=True)
    hidden.delete()
    assert serializers.load(text, format) == len(rows)
    assert {model: model.objects.count() for model in numbers} == numbers, "all were found again"


def test_a_content_type_is_named_not_numbered(database: Database, library: SimpleNamespace) -> None:
    fill(library)
    text = serializers.dump(library.Note.objects.all(), "json", use_natural_foreign_keys=True)
    (found,) = json.loads(text)
    assert found["fields"]["content_type"] == ["library", "book"]
    book = library.Note.objects.get().about
    library.Note.objects.all().delete()
    ContentType.objects.all().delete()
    ContentType.objects.clear_cache()
    ContentType.objects.create(app_label="other", model="thing")
    ContentType.objects.create(app_label="library", model="book")
    serializers.load(text)
    assert library.Note.objects.get().about == book


def test_awaiting_does_the_same(database: Database, library: SimpleNamespace, run: Run) -> None:
    fill(library)
    before = everything(library)
    rows = all_rows(library, *BACKWARDS)

    async def main() -> None:
        text = await serializers.adump(library.Book.objects.order_by("pk"), "json", use_natural_foreign_keys=True)
        assert text == serializers.dump(
            [row for row in rows if type(row) is library.Book and not row.hidden][::1], use_natural_foreign_keys=True
        )
        assert text == "".join(
            [
                piece
                async for piece in serializers.astream(
                    library.Book.objects.order_by("pk"), use_natural_foreign_keys=True
                )
            ]
        )
        assert await serializers.aload(text) == 2

    run(main())
    assert everything(library) == before
