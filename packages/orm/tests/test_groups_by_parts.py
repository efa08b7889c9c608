"""Groups by parts of values, such as the year of a day or a key of JSON: orders and conditions must not split them."""

import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.orm import (
    CharField,
    Count,
    Database,
    DateField,
    F,
    IntegerField,
    JSONField,
    Model,
    OuterRef,
    Q,
    Registry,
    RowNumber,
    Subquery,
    Sum,
    TruncYear,
    Window,
)
from partita.orm.functions import ExtractYear

parts = Registry()


class Visit(Model):
    """Somebody who came on a day."""

    day = DateField()
    name = CharField(max_length=10)
    guests = IntegerField()
    data = JSONField()

    class Meta:
        registry = parts
        app_label = "parts"


@pytest.fixture
def visits(tables: Callable[..., None]) -> Any:
    """Two visits in one year, on two days, and one in another."""
    tables(Visit)
    Visit.objects.create(day=dt.date(2008, 5, 1), name="Ann", guests=3, data={"kind": "a", "n": 1})
    Visit.objects.create(day=dt.date(2008, 6, 1), name="Bob", guests=2, data={"kind": "a", "n": 2})
    Visit.objects.create(day=dt.date(2020, 1, 1), name="Cid", guests=1, data={"kind": 7})
    return Visit.objects


YEARS: dict[str, Callable[[Any], Any]] = {
    "by the same name": lambda rows: rows.order_by("day__year"),
    "the other way": lambda rows: rows.order_by("-day__year").reverse(),
    "by an expression": lambda rows: rows.order_by(ExtractYear("day")),
    "by more of it": lambda rows: rows.order_by(F("day__year") + 1),
    "nulls last": lambda rows: rows.order_by(F("day__year").asc(nulls_last=True)),
    "distinct": lambda rows: rows.distinct().order_by("day__year"),
    "having": lambda rows: rows.filter(Q(n__gt=4) | Q(day__year=2020)).order_by("-n"),
    "having a range": lambda rows: rows.filter(Q(n__gt=4) | Q(day__year__gt=2019)).order_by("-n"),
    "having not": lambda rows: rows.exclude(Q(n__gt=9) | Q(day__year=2021)).order_by("-n"),
    "by a window": lambda rows: rows.annotate(place=Window(RowNumber(), order_by=F("day__year"))).order_by("place"),
}


@pytest.mark.parametrize("how", YEARS)
def test_years_stay_whole(visits: Any, how: str) -> None:
    found = YEARS[how](visits.values("day__year").annotate(n=Sum("guests")))
    assert [(row["day__year"], row["n"]) for row in found] == [(2008, 5), (2020, 1)]
    assert found.count() == 2
    assert found.first()["n"] == 5


@pytest.mark.parametrize("order", ["year", "-year"])
def test_years_with_an_alias_stay_whole(visits: Any, order: str) -> None:
    rows = visits.values(year=TruncYear("day")).annotate(n=Sum("guests"))
    wanted = [5, 1] if order == "year" else [1, 5]
    assert [row["n"] for row in rows.order_by(order)] == wanted
    assert [row["n"] for row in rows.order_by(order).values("n")] == wanted  # the year is grouped by, but not shown
    narrowed = rows.filter(Q(n__gt=4) | Q(year=dt.date(2020, 1, 1))).order_by(order)
    assert [row["n"] for row in narrowed] == wanted
    assert [row["n"] for row in rows.order_by(ExtractYear("year"))] == [5, 1]


def test_an_order_that_was_there_before_the_groups(visits: Any) -> None:
    rows = visits.order_by("-day__year").values("day__year").annotate(n=Sum("guests"))
    assert [row["n"] for row in rows] == [1, 5]
    assert [row["n"] for row in rows[:1]] == [1]
    finer = rows.order_by(
        "day__year", "day__month"
    )  # as in Django, what is ordered by and not selected tells groups apart
    assert [row["n"] for row in finer] == [3, 2, 1]


def test_a_query_inside_of_a_year(visits: Any) -> None:
    best = visits.filter(day__year=OuterRef("day__year")).order_by("-guests").values("guests")[:1]
    rows = visits.values("day__year").annotate(most=Subquery(best), n=Sum("guests")).order_by("day__year")
    assert list(rows) == [{"day__year": 2008, "most": 3, "n": 5}, {"day__year": 2020, "most": 1, "n": 1}]


JSON: dict[str, Callable[[Any], Any]] = {
    "as they come": lambda rows: rows,
    "ordered": lambda rows: rows.order_by("data__kind"),
    "having": lambda rows: rows.filter(Q(n__gt=1) | Q(data__kind=7)),
    "having text": lambda rows: rows.filter(Q(n__lt=2) | Q(data__kind="a")),
    "selected again": lambda rows: rows.order_by("data__kind").values("data__kind", "n"),
}


@pytest.mark.parametrize("how", JSON)
def test_keys_of_json_stay_whole(visits: Any, how: str) -> None:
    found = JSON[how](visits.values("data__kind").annotate(n=Count("pk")))
    assert sorted(((row["data__kind"], row["n"]) for row in found), key=str) == [("a", 2), (7, 1)]


def test_groups_are_awaited(visits: Any, run: Callable[[Coroutine[Any, Any, Any]], Any], database: Database) -> None:
    async def ask() -> list[Any]:
        years = visits.values("day__year").annotate(n=Sum("guests")).order_by("-day__year")
        kinds = visits.values("data__kind").annotate(n=Count("pk")).filter(Q(n__gt=1) | Q(data__kind=8))
        return [row["n"] async for row in years] + [row["n"] async for row in kinds]

    assert run(ask()) == [1, 5, 2]
