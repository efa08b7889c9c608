"""Dates beside moments, casts to them, and the time zone that is in force here."""

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partita.contracts.zones import ZONE
from partita.orm import (
    Cast,
    CharField,
    Database,
    DateField,
    DateTimeField,
    Extract,
    F,
    TimeField,
    Trunc,
    TruncDate,
    TruncDay,
    TruncTime,
    Value,
)

LATE = dt.datetime(2024, 12, 31, 23, 30, tzinfo=dt.UTC)
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))


@pytest.fixture
def rows(database: Database, models: SimpleNamespace) -> Any:
    """One row late in the year, and one with nothing in it."""
    models.Everything.objects.create(day=LATE.date(), moment=LATE, clock=LATE.time(), text="2024-02-29 10:11:12.500000")
    models.Everything.objects.create(text="no date")
    return models.Everything.objects


@pytest.fixture
def east() -> Iterator[None]:
    """Somebody five and a half hours east."""
    token = ZONE.set(EAST)
    yield
    ZONE.reset(token)


def test_the_zone_in_force_counts(rows: Any, east: None) -> None:
    assert rows.filter(moment__year=2025).count() == rows.filter(moment__day=1).count() == 1
    assert rows.filter(moment__date=dt.date(2025, 1, 1)).count() == 1
    assert rows.filter(moment__hour=5, moment__minute=0).count() == 1
    assert rows.filter(moment__year=2024).count() == 0
    token = ZONE.set(dt.UTC)  # the same query, asked by somebody else
    assert rows.filter(moment__year=2024, moment__day=31, moment__date=LATE.date()).count() == 1
    ZONE.reset(token)
    assert rows.filter(moment__day=1).count() == 1
    given = Extract("moment", "day", tzinfo=dt.UTC)
    assert rows.annotate(n=given).get(n=31).moment == LATE


def test_what_is_cut_comes_in_the_zone_that_it_was_cut_in(rows: Any, database: Database) -> None:
    zones = [dt.UTC, EAST] if database.vendor == "mysql" else [dt.UTC, EAST, ZoneInfo("Europe/Vienna")]
    for zone in zones:
        found = rows.annotate(n=TruncDay("moment", tzinfo=zone)).exclude(moment=None).get().n
        here = LATE.astimezone(zone)
        assert found == here.replace(hour=0, minute=0)
        assert (found.year, found.hour, found.tzinfo) == (here.year, 0, zone)
    assert [moment.year for moment in rows.datetimes("moment", "year", tzinfo=EAST)] == [2025]
    assert rows.annotate(n=TruncDay("moment")).filter(n=LATE.replace(hour=0, minute=0)).count() == 1


def test_zones_and_kinds_that_make_no_sense_are_refused(rows: Any) -> None:
    for source in (Extract("day", "day", tzinfo=EAST), Trunc("day", "month", tzinfo=EAST), TruncTime("clock", EAST)):
        with pytest.raises(ValueError, match="tzinfo can only be used with DateTimeField"):
            rows.annotate(n=source)
    with pytest.raises(ValueError, match="Cannot truncate DateField 'day' to TimeField"):
        rows.annotate(n=TruncTime("day"))
    with pytest.raises(ValueError, match="Cannot truncate TimeField 'clock' to DateField"):
        rows.annotate(n=TruncDate("clock"))
    with pytest.raises(ValueError, match="Cannot truncate DateField 'day' to DateTimeField"):
        rows.annotate(n=Trunc("day", "month", output_field=DateTimeField()))


def test_dates_compare_with_moments(rows: Any) -> None:
    hour, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    assert rows.filter(day__lt=F("moment")).count() == 1
    assert rows.filter(day__gt=F("moment")).count() == 0
    assert rows.filter(day__lte=F("moment") - 23 * hour).count() == 1
    assert rows.filter(day__lte=F("moment") - day).count() == 0
    assert rows.filter(day__gt=F("moment") - day).count() == 1
    assert rows.filter(moment__gt=F("day")).count() == rows.filter(moment__lt=F("day") + day).count() == 1
    assert rows.filter(day=F("day") + 0 * hour).count() == 1
    assert rows.filter(day=TruncDate("moment"), moment__gte=TruncDate("moment")).count() == 1
    assert rows.filter(day=Cast("moment", DateField())).count() == 1
    assert rows.filter(day__lt=Cast("moment", DateField())).count() == 0
    assert rows.filter(moment__date__gte=Cast("moment", DateField())).count() == 1


def test_casts_to_dates_times_and_moments(rows: Any, database: Database) -> None:
    row = (
        rows.annotate(d=Cast("moment", DateField()), t=Cast("moment", TimeField()), m=Cast("day", DateTimeField()))
        .exclude(moment=None)
        .get()
    )
    assert (row.d, row.t, row.m) == (LATE.date(), LATE.time(), LATE.replace(hour=0, minute=0))
    text = (
        rows.filter(text__startswith="2024")
        .annotate(d=Cast("text", DateField()), m=Cast("text", DateTimeField()), c=Cast("day", CharField(max_length=10)))
        .get()
    )
    assert (text.d, text.c) == (dt.date(2024, 2, 29), "2024-12-31")
    if database.vendor != "mysql":  # which cuts off what is less than a second
        assert text.m == dt.datetime(2024, 2, 29, 10, 11, 12, 500000, tzinfo=dt.UTC)
    assert rows.annotate(n=Cast("day", DateTimeField())).filter(day=None).get().n is None
    if database.vendor == "sqlite":  # others refuse, or warn
        assert rows.annotate(n=Cast("text", DateField())).get(text="no date").n is None
        assert rows.annotate(n=Cast(Value("10:11:12"), DateField())).first().n is None


def test_moments_as_others_may_have_written_them(rows: Any, database: Database) -> None:
    if database.vendor != "sqlite":
        pytest.skip("platform: only SQLite keeps moments as text")
    texts = {
        "2024-02-29 10:11:12.500000": dt.datetime(2024, 2, 29, 10, 11, 12, 500_000, tzinfo=dt.UTC),
        "2024-02-29 10:11:12": dt.datetime(2024, 2, 29, 10, 11, 12, tzinfo=dt.UTC),
        "2024-02-29T10:11:12.500": dt.datetime(2024, 2, 29, 10, 11, 12, 500_000, tzinfo=dt.UTC),
        "2024-02-29 10:11:12+00:00": dt.datetime(2024, 2, 29, 10, 11, 12, tzinfo=dt.UTC),
        "20240229T101112.5000+00:00": dt.datetime(2024, 2, 29, 10, 11, 12, 500_000, tzinfo=dt.UTC),
        "2024-02-29": dt.datetime(2024, 2, 29, tzinfo=dt.UTC),
    }
    row = rows.exclude(moment=None).get()
    for text, moment in texts.items():
        assert (
            database.execute(f"UPDATE {rows.model._meta.db_table} SET moment = %s WHERE id = %s", (text, row.pk)) == []
        )
        assert rows.get(pk=row.pk).moment == moment
        assert rows.filter(pk=row.pk).values_list("moment", flat=True)[0] == moment
        assert rows.filter(pk=row.pk).values_list("id", "moment")[0] == (row.pk, moment)
    for text in ("", "never"):
        database.execute(f"UPDATE {rows.model._meta.db_table} SET moment = %s WHERE id = %s", (text, row.pk))
        with pytest.raises(ValueError, match="Invalid isoformat string"):
            rows.get(pk=row.pk)
