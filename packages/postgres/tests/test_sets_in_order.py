"""Aggregates of distinct values in the order of these values, of which PostgreSQL wants to see that they are the same."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import (
    CharField,
    Database,
    F,
    IntegerField,
    JSONField,
    Model,
    ProgrammingError,
    Q,
    Registry,
    StringAgg,
    Value,
)
from partita.orm.functions import Concat
from partita.postgres import ArrayAgg, ArrayField, JSONBAgg


class Entry(Model):
    """Has a value inside of JSON, a number and tags."""

    group = CharField(max_length=9)
    number = IntegerField(null=True)
    data = JSONField()
    tags = ArrayField(IntegerField())

    class Meta:
        registry = Registry()
        app_label = "sets"


@pytest.fixture
def entries(database: Database, tables: Callable[..., None]) -> Any:
    """Five rows in two groups."""
    tables(Entry)
    for group, number in (("a", 2), ("a", 10), ("a", 2), ("b", None), ("b", 1)):
        Entry.objects.create(group=group, number=number, data={"n": number, "t": f"x{number}"}, tags=[number or 0, 7])
    return Entry.objects


@pytest.fixture
def by_group(run: Any) -> Callable[[Any, Any], list[Any]]:
    """What an aggregate gives for each group, awaited as well."""

    def by_group(rows: Any, aggregate: Any) -> list[Any]:
        asked = rows.values("group").annotate(found=aggregate).order_by("group")
        found = list(asked.values_list("found", flat=True))

        async def awaited() -> list[Any]:
            return [row["found"] async for row in asked]

        assert run(awaited()) == found
        return found

    return by_group


def test_values_inside_of_json(entries: Any, by_group: Any) -> None:
    assert by_group(entries, ArrayAgg("data__n", distinct=True, order_by="data__n")) == [[2, 10], [None, 1]]
    assert by_group(entries, ArrayAgg("data__n", distinct=True, order_by="-data__n")) == [[10, 2], [1, None]]
    assert by_group(entries, JSONBAgg("data__n", distinct=True, order_by=["-data__n"])) == [[10, 2], [1, None]]
    assert by_group(entries, StringAgg("data__t", ", ", distinct=True, order_by="-data__t")) == [
        '"x2", "x10"',
        '"xNone", "x1"',
    ]


def test_what_is_computed_with_values(entries: Any, by_group: Any) -> None:
    more = F("number") + 1
    assert by_group(entries, ArrayAgg(more, distinct=True, order_by=more)) == [[3, 11], [2, None]]
    last = ArrayAgg(more, distinct=True, order_by=more.desc(nulls_last=True), filter=Q(number__lt=9), default=[0])
    assert by_group(entries, last) == [[3], [2]]
    assert by_group(entries.filter(number=10), last) == [[0]]
    name = Concat("group", Value("!"))
    assert by_group(entries, StringAgg(name, "|", distinct=True, order_by=name)) == ["a!", "b!"]
    assert entries.aggregate(found=ArrayAgg(more, distinct=True, order_by=more))["found"] == [2, 3, 11, None]
    assert entries.filter(group="c").aggregate(found=ArrayAgg(more, distinct=True, order_by=more)) == {"found": None}


def test_numbers_joined_in_the_order_of_numbers(entries: Any, by_group: Any) -> None:
    assert by_group(entries, StringAgg("number", ",", distinct=True, order_by="number")) == ["2,10", "1"]
    assert by_group(entries, StringAgg("number", ",", distinct=True, order_by="-number")) == ["10,2", "1"]


def test_arrays_stay_arrays(entries: Any) -> None:
    found = entries.filter(group="a").aggregate(found=ArrayAgg("tags", distinct=True, order_by="tags"))
    assert found == {"found": [[2, 7], [10, 7]]}


def test_any_other_order_is_none_of_distinct_values(entries: Any) -> None:
    for number in (1, 2):  # whatever was asked before
        with pytest.raises(ProgrammingError, match="must appear in argument list"):
            entries.aggregate(found=ArrayAgg(F("number") + 1, distinct=True, order_by=F("number") + number + 1))
        assert entries.aggregate(found=ArrayAgg(F("number") + number, distinct=True, order_by=F("number") + number))
    with pytest.raises(ProgrammingError, match="must appear in argument list"):
        entries.aggregate(found=ArrayAgg(F("number") + 1, distinct=True, order_by=F("number") + 2))
