"""Parts of moments, and moments cut to a part, by the clocks of any zone."""

import datetime as dt
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.settings import TIME_ZONE
from partita.orm import (
    Database,
    DateField,
    DateTimeField,
    DurationField,
    Extract,
    ExtractIsoYear,
    ExtractWeekDay,
    F,
    FieldError,
    TimeField,
    Trunc,
    TruncDate,
    TruncDay,
    TruncHour,
    TruncMonth,
    TruncTime,
    TruncWeek,
    Value,
)
from partita.orm.functions.sqlite import _moment, _trunc

KOLKATA = dt.timezone(dt.timedelta(hours=5, minutes=30))
VIENNA = ZoneInfo("Europe/Vienna")
WHEN = dt.datetime(2024, 12, 30, 23, 30, 15, 123456, tzinfo=dt.UTC)


@pytest.fixture
def rows(database: Database, models: SimpleNamespace) -> Any:
    """One row with a date, a time and a moment that is in another day and year elsewhere."""
    models.Everything.objects.create(
        day=dt.date(2024, 2, 29), moment=WHEN, clock=dt.time(13, 14, 15, 16), span=dt.timedelta(1, 7384)
    )
    return models.Everything.objects


def value(rows: Any, source: Any) -> Any:
    """Compute an expression over the row."""
    return rows.annotate(found=source).values_list("found", flat=True).get()


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("year", 2024),
        ("quarter", 4),
        ("month", 12),
        ("day", 30),
        ("week", 1),
        ("week_day", 2),
        ("iso_week_day", 1),
        ("iso_year", 2025),
        ("hour", 23),
        ("minute", 30),
        ("second", 15),
    ],
)
def test_every_part_of_a_moment(rows: Any, part: str, expected: int) -> None:
    assert value(rows, Extract("moment", part)) == expected
    assert rows.filter(**{f"moment__{part}": expected}).count() == 1
    assert rows.filter(**{f"moment__{part}__gt": expected}).count() == 0
    assert rows.filter(**{f"moment__{part}__lte": expected}).count() == 1
    assert rows.filter(**{f"moment__{part}__in": [expected, 99]}).count() == 1


def test_parts_of_dates_times_and_spans(rows: Any, database: Database) -> None:
    assert value(rows, Extract("day", "day")) == 29
    assert value(rows, ExtractWeekDay("day")) == 5
    assert value(rows, ExtractIsoYear("day")) == 2024
    assert value(rows, Extract("clock", "minute")) == 14
    if database.vendor != "mysql":
        assert value(rows, Extract("span", "hour")) == 2
        assert value(rows, Extract("span", "day")) == 1


def test_parts_by_the_clocks_of_a_zone(rows: Any, database: Database) -> None:
    assert value(rows, Extract("moment", "day", tzinfo=KOLKATA)) == 31
    assert value(rows, Extract("moment", "hour", tzinfo=KOLKATA)) == 5
    assert value(rows, TruncDate("moment", tzinfo=KOLKATA)) == dt.date(2024, 12, 31)
    assert value(rows, TruncTime("moment", tzinfo=KOLKATA)) == dt.time(5, 0, 15, 123456)
    if database.vendor != "mysql":  # MariaDB knows names of zones once their tables are loaded
        assert value(rows, Extract("moment", "day", tzinfo=VIENNA)) == 31


def test_cut_moments(rows: Any) -> None:
    cut = {
        "year": dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        "quarter": dt.datetime(2024, 10, 1, tzinfo=dt.UTC),
        "month": dt.datetime(2024, 12, 1, tzinfo=dt.UTC),
        "week": dt.datetime(2024, 12, 30, tzinfo=dt.UTC),
        "day": dt.datetime(2024, 12, 30, tzinfo=dt.UTC),
        "hour": dt.datetime(2024, 12, 30, 23, tzinfo=dt.UTC),
        "minute": dt.datetime(2024, 12, 30, 23, 30, tzinfo=dt.UTC),
        "second": dt.datetime(2024, 12, 30, 23, 30, 15, tzinfo=dt.UTC),
    }
    for kind, expected in cut.items():
        assert value(rows, Trunc("moment", kind)) == expected
    assert value(rows, TruncMonth("moment", output_field=DateField())) == dt.date(2024, 12, 1)
    assert value(rows, TruncHour("moment", output_field=TimeField())) == dt.time(23)
    assert value(rows, TruncWeek("day")) == dt.date(2024, 2, 26)
    assert value(rows, Trunc("clock", "minute")) == dt.time(13, 14)
    assert value(rows, TruncDate("moment")) == dt.date(2024, 12, 30)


def test_cut_by_the_clocks_of_a_zone_and_still_the_same_kind_of_moment(rows: Any, database: Database) -> None:
    local = dt.datetime(2024, 12, 31, tzinfo=KOLKATA)
    assert value(rows, TruncDay("moment", tzinfo=KOLKATA)) == local
    assert rows.annotate(cut=TruncDay("moment", tzinfo=KOLKATA)).filter(cut=local).count() == 1
    if database.vendor != "mysql":
        assert value(rows, TruncMonth("moment", tzinfo=VIENNA)) == dt.datetime(2024, 12, 1, tzinfo=VIENNA)


class _Kolkata:
    """An application whose time zone is that of Kolkata."""

    def find(self, key: Any) -> Any:
        """Answer for the time zone alone."""
        return "Asia/Kolkata" if key is TIME_ZONE else None


def test_the_current_zone_counts_unless_another_is_given(rows: Any, database: Database) -> None:
    assert rows.filter(moment__year=2024, moment__day=30, moment__date=dt.date(2024, 12, 30)).count() == 1
    if database.vendor == "mysql":  # names of zones need MariaDB's tables of them
        return
    current_application: Any = _Kolkata()
    token = CURRENT.set(current_application)
    try:
        with database:
            assert rows.filter(moment__day=31, moment__date=dt.date(2024, 12, 31), moment__hour=5).count() == 1
            assert rows.filter(moment__day=30).count() == 0
            assert value(rows, TruncDay("moment")) == dt.datetime(2024, 12, 31, tzinfo=KOLKATA)
            assert value(rows, Extract("moment", "day", tzinfo=dt.UTC)) == 30
    finally:
        CURRENT.reset(token)


def test_what_does_not_fit_is_refused(rows: Any) -> None:
    for wrong in (
        Extract("day", "hour"),
        Extract("clock", "year"),
        Trunc("day", "hour"),
        Trunc("clock", "year"),
        Trunc("day", "year", output_field=DateTimeField()),
        Extract("text", "year"),
    ):
        with pytest.raises(ValueError):
            list(rows.annotate(found=wrong))
    with pytest.raises(TypeError):
        list(rows.annotate(found=Trunc("text", "year", output_field=DateField())))
    for name in ("millennium'; --", "", "week_day"):
        with pytest.raises(FieldError):
            Trunc("moment", name)


def test_zones_that_are_no_text_of_ours_never_reach_sql(rows: Any) -> None:
    class Hostile(dt.tzinfo):
        key = "UTC'); DROP TABLE shop_album; --"

        def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta:
            return dt.timedelta(0)

        def dst(self, moment: dt.datetime | None) -> None:
            return None

        def tzname(self, moment: dt.datetime | None) -> str:
            return self.key

    with pytest.raises(ValueError, match="part of SQL"):
        list(rows.annotate(found=Extract("moment", "day", tzinfo=Hostile())))


def test_parts_chain_with_every_look_up(rows: Any) -> None:
    assert rows.filter(moment__year__gte=2024, moment__date__lt=dt.date(2025, 1, 1)).count() == 1
    assert rows.filter(moment__time__gt=dt.time(23), moment__date__year=2024, moment__date__week_day=2).count() == 1
    assert rows.filter(moment__year__lt=F("moment__iso_year")).count() == 1
    assert rows.values_list("moment__year", "day__month").get() == (2024, 2)
    assert rows.order_by("moment__hour").values("moment__date").get() == {"moment__date": dt.date(2024, 12, 30)}


def test_years_outside_of_the_calendar_match_nothing(rows: Any) -> None:
    for year in (0, -1, 10_000, 2**70):
        assert rows.filter(moment__year=year).count() == 0
        assert rows.filter(day__iso_year=year).count() == 0
    assert rows.filter(moment__year__lt=10_000).count() == 1
    assert rows.filter(day__year__gt=0).count() == 1


def test_dates_and_datetimes_of_a_query(database: Database, models: SimpleNamespace) -> None:
    everything = models.Everything.objects
    for day, hour in ((1, 3), (1, 9), (15, 3), (40, 3)):
        moment = dt.datetime(2024, 1, 1, hour, tzinfo=dt.UTC) + dt.timedelta(days=day)
        everything.create(moment=moment, day=moment.date())
    everything.create()
    assert list(everything.dates("day", "month")) == [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]
    assert list(everything.dates("day", "year", order="DESC")) == [dt.date(2024, 1, 1)]
    assert next(iter(everything.dates("day", "week"))) == dt.date(2024, 1, 1)
    assert len(everything.dates("day", "day")) == 3
    assert list(everything.datetimes("moment", "month", order="DESC")) == [
        dt.datetime(2024, 2, 1, tzinfo=dt.UTC),
        dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
    ]
    assert len(everything.datetimes("moment", "hour")) == 4
    assert list(everything.datetimes("moment", "year", tzinfo=KOLKATA)) == [dt.datetime(2024, 1, 1, tzinfo=KOLKATA)]
    wrong: tuple[tuple[Any, str], ...] = (
        (lambda: everything.dates("day", "hour'; --"), "'kind' must be one of"),
        (lambda: everything.dates("day", "year", order="ASC; --"), "'order' must be either"),
        (lambda: everything.datetimes("moment", "decade"), "'kind' must be one of"),
    )
    for call, words in wrong:
        with pytest.raises(ValueError, match=words):
            call()


def test_arithmetic_of_moments(rows: Any) -> None:
    span = DurationField()
    assert value(rows, F("moment") + dt.timedelta(hours=2)) == WHEN + dt.timedelta(hours=2)
    assert value(rows, F("moment") - Value(dt.timedelta(days=1), span)) == WHEN - dt.timedelta(days=1)
    assert value(rows, F("moment") - F("moment")) == dt.timedelta(0)
    assert value(rows, F("moment") - Value(WHEN - dt.timedelta(minutes=3, microseconds=5))) == dt.timedelta(
        minutes=3, microseconds=5
    )
    assert value(rows, F("day") - Value(dt.date(2024, 2, 1))) == dt.timedelta(28)
    assert value(rows, F("clock") - Value(dt.time(13))) == dt.timedelta(minutes=14, seconds=15, microseconds=16)
    assert value(rows, F("span") + F("span")) == dt.timedelta(2, 14768)


moments = st.datetimes(dt.datetime.min + dt.timedelta(7), dt.datetime.max - dt.timedelta(2))  # noqa: DTZ901 -- text has no zone


@given(moments, st.sampled_from(["year", "quarter", "month", "week", "day", "hour", "minute", "second"]))
def test_a_cut_moment_is_the_last_start_before_it(moment: dt.datetime, kind: str) -> None:
    text = _trunc(kind, moment.isoformat(" "), None, "datetime")
    assert text is not None
    found = dt.datetime.fromisoformat(text)
    assert found <= moment
    assert _trunc(kind, text, None, "datetime") == text


@given(st.text(max_size=40))
def test_text_that_is_no_moment_raises_nothing_but_value_errors(text: str) -> None:
    try:
        found = _moment(text)
    except ValueError:
        return
    assert isinstance(found, dt.date | dt.time)
