"""Days compared with moments: a day is its midnight, on every database and in every kind of question."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import DateTimeField, ExpressionWrapper, F, Q, Subquery, Value


def at(hour: int, day: int = 2) -> dt.datetime:
    return dt.datetime(2020, 1, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def rows(database: Any, models: SimpleNamespace) -> Any:
    """Moments of the second of January, beside different days."""
    rows = models.Everything.objects
    second, third = dt.date(2020, 1, 2), dt.date(2020, 1, 3)
    for text, day, moment in (
        ("midnight", second, at(0)),
        ("five", second, at(5)),
        ("the day before", third, at(5)),
        ("no day", None, at(5)),
        ("no moment", second, None),
    ):
        rows.create(text=text, day=day, moment=moment)
    return rows


QUESTIONS: dict[str, tuple[Any, set[str]]] = {
    "a moment is a day": (Q(moment=F("day")), {"midnight"}),
    "a day is a moment": (Q(day=F("moment")), {"midnight"}),
    "a day is what is said to be a moment": (Q(day=ExpressionWrapper(F("moment"), DateTimeField())), {"midnight"}),
    "a moment is a given day": (Q(moment=Value(dt.date(2020, 1, 2))), {"midnight"}),
    "a moment is after a day": (Q(moment__gt=F("day")), {"five"}),
    "a day is before a moment": (Q(day__lt=F("moment")), {"five"}),
    "a moment is not before a day": (Q(moment__gte=F("day")), {"five", "midnight"}),
    "a moment is between days": (Q(moment__range=(F("day"), F("day"))), {"midnight"}),
    "a moment is between a day and a moment": (Q(moment__range=(F("day"), at(4))), {"midnight"}),
    "a day is between moments": (Q(day__range=(F("moment"), F("moment"))), {"midnight"}),
    "a day is between a moment and a day": (
        Q(day__range=(F("moment"), dt.date(2020, 1, 3))),
        {"midnight", "the day before"},
    ),
    "a moment is one of days": (Q(moment__in=[F("day")]), {"midnight"}),
    "a moment is one of days and moments": (Q(moment__in=[F("day"), at(5)]), {"midnight", "five", "the day before", "no day"}),
    "a day is one of moments": (Q(day__in=[F("moment")]), {"midnight"}),
    "a day is one of moments and days": (Q(day__in=[F("moment"), dt.date(2020, 1, 3)]), {"midnight", "the day before"}),
    "a moment is no day": (~Q(moment=F("day")), {"five", "the day before", "no day", "no moment"}),
    "a moment is not between days": (~Q(moment__range=(F("day"), F("day"))), {"five", "the day before", "no moment"}),
    "a moment is none of days": (~Q(moment__in=[F("day")]), {"five", "the day before", "no moment"}),
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_day_is_its_midnight(rows: Any, question: str) -> None:
    condition, expected = QUESTIONS[question]
    assert set(rows.filter(condition).values_list("text", flat=True)) == expected


def test_what_other_queries_find_is_compared_so_too(rows: Any) -> None:
    days, moments = rows.exclude(day=None).values("day"), rows.exclude(moment=None).values("moment")
    late = rows.create(text="a moment of a day's length", moment=at(0) + dt.timedelta(milliseconds=250))
    assert {row.text for row in rows.filter(moment__in=days)} == {"midnight"}
    assert {row.text for row in rows.filter(day__in=moments)} == {"midnight", "five", "no moment"}
    assert {row.text for row in rows.exclude(day__in=moments)} == {"the day before", "no day", late.text}
    assert {row.text for row in rows.filter(moment=Subquery(days.filter(text="five")[:1]))} == {"midnight"}
    assert rows.exclude(moment__in=days).count() == 5


def test_a_comparison_of_either_kind_may_stand_in_an_annotation(rows: Any) -> None:
    late = rows.annotate(begun=F("moment"), of=F("day")).filter(begun__range=(F("of"), F("of")))
    assert [row.text for row in late] == ["midnight"]
