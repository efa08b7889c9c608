"""Databases that keep moments without a zone, and databases that keep the clocks of a zone."""
# ruff: noqa: DTZ001 - naive moments are the subject

import asyncio
import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partita.contracts import current
from partita.contracts.key import Key
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.contracts.zones import ZONE
from partita.orm import (
    Cast,
    CheckConstraint,
    Database,
    Databases,
    DateField,
    DateTimeField,
    Extract,
    F,
    IntegrityError,
    Max,
    Model,
    Now,
    Q,
    Registry,
    TimeField,
    Trunc,
    TruncDate,
    TruncTime,
    Value,
    atomic,
    connect,
)
from partita.orm.functions.zones import offsets_ahead
from partita.validation import ValidationError

CHICAGO, PARIS = ZoneInfo("America/Chicago"), ZoneInfo("Europe/Paris")
LATE = dt.datetime(2024, 12, 31, 23, 30, 5, 123456)
diary = Registry()


class Entry(Model):
    """Something that happened."""

    moment = DateTimeField(null=True)
    day = DateField(null=True)
    clock = TimeField(null=True)
    made = DateTimeField(auto_now_add=True)
    seen = DateTimeField(auto_now=True)
    seen_on = DateField(auto_now=True)
    begun = DateTimeField(db_default=Now())

    class Meta:
        registry = diary
        app_label = "diary"
        db_table = "naive_entry"


class Recent(Model):
    """Nothing from before noon of a day; where moments have a zone, the constant would need one."""

    moment = DateTimeField()

    class Meta:
        registry = diary
        app_label = "diary"
        db_table = "naive_recent"
        constraints = (CheckConstraint(condition=Q(moment__gte=dt.datetime(2000, 1, 1, 12)), name="naive_recent_noon"),)


ENTRIES: Any = Entry.objects


@pytest.fixture
def url(database: Database) -> Any:
    """Where the tests' database is; one in memory is another one each time."""
    return "sqlite://:memory:" if database.vendor == "sqlite" else database.url


def opened(url: Any, **options: Any) -> Iterator[Database]:
    """Open it in another way, with an empty table."""
    with connect(url, **options) as found:
        found.drop_all(Entry)
        found.create_all(Entry)
        try:
            yield found
        finally:
            found.drop_all(Entry)
            found.close()


@pytest.fixture
def naive(url: Any) -> Iterator[Database]:
    """Moments are what clocks in Chicago show."""
    yield from opened(url, use_tz=False, time_zone="America/Chicago")


@pytest.fixture
def parisian(url: Any) -> Iterator[Database]:
    """Moments have a zone, but columns show the clocks of Paris."""
    yield from opened(url, time_zone="Europe/Paris")


def now_there() -> dt.datetime:
    """What clocks in Chicago show, naive."""
    return dt.datetime.now(CHICAGO).replace(tzinfo=None)


def is_near(found: dt.datetime, expected: dt.datetime) -> bool:
    return abs(found - expected) < dt.timedelta(minutes=5)


def test_what_is_written_is_read_without_a_zone(naive: Database) -> None:
    ENTRIES.bulk_create([Entry(moment=LATE), Entry(moment=None)])
    row = ENTRIES.get(moment=LATE)
    assert (row.moment, row.moment.tzinfo) == (LATE, None)
    assert list(ENTRIES.filter(moment__in=[LATE]).values_list("moment", flat=True)) == [LATE]
    assert ENTRIES.aggregate(last=Max("moment"))["last"] == LATE
    assert ENTRIES.filter(moment__range=(LATE, LATE)).count() == 1
    assert ENTRIES.filter(moment__gt=dt.date(2024, 12, 31)).count() == 1
    ENTRIES.filter(pk=row.pk).update(moment=F("moment") + dt.timedelta(hours=1))
    row.refresh_from_db()
    assert row.moment == LATE + dt.timedelta(hours=1)
    assert ENTRIES.annotate(given=Value(LATE)).filter(moment__gt=F("given")).count() == 1


def test_the_clock_sets_naive_moments(naive: Database) -> None:
    row = ENTRIES.create()
    now = now_there()
    assert row.made.tzinfo is None
    assert row.seen.tzinfo is None
    assert is_near(row.made, now)
    assert is_near(ENTRIES.get().seen, now)
    row.refresh_from_db()
    assert is_near(row.begun, now)
    many = ENTRIES.bulk_create([Entry(), Entry(begun=LATE)])
    assert is_near(many[0].begun, now)
    assert ENTRIES.filter(begun__lt=LATE + dt.timedelta(days=1)).count() == 1
    assert ENTRIES.filter(begun__lte=Now() + dt.timedelta(minutes=5)).count() == 3
    ENTRIES.exclude(pk=row.pk).delete()
    assert abs(row.seen_on - now.date()) <= dt.timedelta(days=1)
    there = ENTRIES.annotate(now=Now()).filter(made__lte=Now() + dt.timedelta(minutes=5)).get().now
    assert there.tzinfo is None
    assert is_near(there, now)


def test_parts_and_cuts_are_those_that_are_written(naive: Database) -> None:
    ENTRIES.create(moment=LATE, day=LATE.date())
    parts = {"year": 2024, "month": 12, "day": 31, "hour": 23, "minute": 30, "second": 5, "week_day": 3, "quarter": 4}
    token = ZONE.set(ZoneInfo("Asia/Tokyo"))  # nobody's affair where moments have no zone
    try:
        for part, value in parts.items():
            assert ENTRIES.filter(**{f"moment__{part}": value}).count() == 1, part
            assert ENTRIES.annotate(n=Extract("moment", part)).get().n == value
        assert ENTRIES.filter(moment__year__gte=2025).count() == 0
        assert ENTRIES.filter(moment__date=LATE.date(), moment__time=LATE.time()).count() == 1
        cuts = ENTRIES.annotate(d=TruncDate("moment"), t=TruncTime("moment"), m=Trunc("moment", "month"))
        assert cuts.values_list("d", "t", "m")[0] == (LATE.date(), LATE.time(), dt.datetime(2024, 12, 1))
        for kind in ("year", "month", "week", "day", "hour", "minute", "second"):
            (found,) = ENTRIES.datetimes("moment", kind)
            assert found.tzinfo is None
            assert found <= LATE
            assert ENTRIES.annotate(cut=Trunc("moment", kind)).filter(cut=found).count() == 1, kind
        assert list(ENTRIES.dates("moment", "month")) == [dt.date(2024, 12, 1)]
    finally:
        ZONE.reset(token)
    cast = ENTRIES.annotate(d=Cast("moment", DateField()), m=Cast("day", DateTimeField())).get()
    assert (cast.d, cast.m) == (LATE.date(), dt.datetime(2024, 12, 31))
    assert ENTRIES.filter(day__lt=F("moment")).count() == 1


def test_an_aware_moment_is_refused_where_no_column_takes_it(naive: Database) -> None:
    aware = LATE.replace(tzinfo=PARIS)
    if (
        naive.vendor == "postgresql"
    ):  # whose columns keep moments; they are shown as the clocks of the session show them
        row = ENTRIES.create(moment=aware)
        row.refresh_from_db()
        assert row.moment == aware.astimezone(CHICAGO).replace(tzinfo=None)
        return
    message = r"DateTimeField Entry\.moment received an aware datetime .*use_tz=False.*Give it a naive one"
    for use in (
        lambda: ENTRIES.create(moment=aware),
        lambda: list(ENTRIES.filter(moment__lt=aware)),
        lambda: ENTRIES.update(moment=aware),
        lambda: ENTRIES.bulk_create([Entry(moment=aware)]),
    ):
        with pytest.raises(ValueError, match=message):
            use()


def test_a_time_with_a_zone_is_refused_where_no_column_takes_it(naive: Database) -> None:
    if naive.vendor == "postgresql":
        pytest.skip("platform: PostgreSQL drops the zone itself")
    with pytest.raises(ValueError, match=r"TimeField Entry\.clock received an aware time"):
        ENTRIES.create(clock=dt.time(12, tzinfo=PARIS))


def test_constants_in_constraints_are_what_clocks_show(naive: Database) -> None:
    noon, second = dt.datetime(2000, 1, 1, 12), dt.timedelta(seconds=1)
    naive.drop_all(Recent)
    naive.create_all(Recent)
    try:
        Recent.objects.create(moment=noon)
        with pytest.raises(IntegrityError), atomic():
            Recent.objects.create(moment=noon - second)
        Recent(moment=noon).validate_constraints()
        with pytest.raises(ValidationError, match="naive_recent_noon"):
            Recent(moment=noon - second).validate_constraints()
    finally:
        naive.drop_all(Recent)


def test_awaited_rows_are_naive_as_well(naive: Database) -> None:
    async def use() -> None:
        row = await ENTRIES.acreate(moment=LATE)
        assert row.made.tzinfo is None
        assert [one.moment async for one in ENTRIES.filter(moment__date=LATE.date(), moment__hour=23)] == [LATE]
        assert [moment async for moment in ENTRIES.datetimes("moment", "day")] == [dt.datetime(2024, 12, 31)]
        await naive.aclose_native()

    asyncio.run(use())


def test_columns_may_show_the_clocks_of_a_zone(parisian: Database) -> None:
    moment = dt.datetime(2024, 12, 31, 23, 30, tzinfo=dt.UTC)
    ENTRIES.create(moment=moment)
    (kept,) = parisian.execute("SELECT moment FROM naive_entry")[0]
    assert str(kept).startswith("2025-01-01 00:30:00")
    row = ENTRIES.get(moment=moment)
    assert (row.moment, row.moment.tzinfo) == (moment, dt.UTC)
    assert is_near(ENTRIES.get().made, dt.datetime.now(dt.UTC))
    assert is_near(ENTRIES.annotate(now=Now()).get().now, dt.datetime.now(dt.UTC))
    if parisian.vendor == "mysql":
        return  # it knows names of zones only after somebody told it
    for zone, day, hour in ((dt.UTC, dt.date(2024, 12, 31), 23), (PARIS, dt.date(2025, 1, 1), 0)):
        token = ZONE.set(zone)
        found = ENTRIES.filter(moment__year=day.year, moment__day=day.day, moment__hour=hour, moment__date=day)
        assert found.count() == 1
        cut = ENTRIES.annotate(cut=Trunc("moment", "day")).get().cut
        assert cut == dt.datetime.combine(day, dt.time(), zone)
        assert ENTRIES.annotate(cut=Trunc("moment", "day")).filter(cut=cut).count() == 1
        ZONE.reset(token)


def test_zones_that_do_not_exist_are_refused() -> None:
    for name in ("Mars/Olympus", "Europe/Paris'; SELECT 1 --", "../etc/passwd"):
        with pytest.raises(ValueError, match="time_zone is an IANA name such as Europe/Paris"):
            connect("sqlite://:memory:", time_zone=name)
    assert connect("sqlite://:memory:?use_tz=false&time_zone=Europe/Paris").vendor == "sqlite"


class _Told:
    """An application that says what it is told."""

    def __init__(self, values: dict[Key[Any], Any]) -> None:
        self.values = values

    def find(self, key: Any) -> Any:
        return self.values.get(key)


def test_an_application_says_it_for_what_belongs_to_no_database() -> None:
    field = Entry._meta.get_field("moment")
    token = current.CURRENT.set(_Told({USE_TZ: False, TIME_ZONE: "America/Chicago"}))  # type: ignore[arg-type]  # as far as it is asked
    try:
        assert field.to_python(dt.date(2024, 1, 1)) == dt.datetime(2024, 1, 1)
        assert Entry(moment=LATE)._meta.get_field("made").pre_save(Entry(), True).tzinfo is None
        late = dt.datetime(2024, 1, 1, 23, tzinfo=CHICAGO).astimezone(dt.UTC)
        assert Entry._meta.get_field("day").to_python(late) == dt.date(2024, 1, 2)
    finally:
        current.CURRENT.reset(token)
    assert field.to_python(dt.date(2024, 1, 1)) == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def test_two_databases_keep_moments_in_two_ways() -> None:
    databases = Databases(
        {
            "default": "sqlite://:memory:",
            "old": {"url": "sqlite://:memory:?use_tz=true"},
            "given": connect("sqlite://:memory:"),
        },
        naive_in="America/Chicago",
    )
    for database in databases.values():
        database.create_all(Entry)
    with databases:
        aware = LATE.replace(tzinfo=dt.UTC)
        assert ENTRIES.create(moment=LATE).made.tzinfo is None
        for alias in ("old", "given"):
            assert ENTRIES.using(alias).create(moment=aware).made.tzinfo is dt.UTC
            assert ENTRIES.using(alias).get(moment__hour=23).moment == aware
        assert ENTRIES.get(moment__hour=23).moment == LATE
    databases.close()


def test_a_year_is_that_of_the_zone_in_force_each_time_the_same_query_is_asked(
    database: Database, models: SimpleNamespace
) -> None:
    rows = models.Everything.objects
    rows.create(moment=LATE.replace(tzinfo=dt.UTC))
    for zone, year in ((dt.UTC, 2024), (PARIS, 2025), (dt.UTC, 2024)):
        token = ZONE.set(zone)
        assert [rows.filter(moment__year=each).count() for each in (2024, 2025)] == [year == 2024, year == 2025]
        ZONE.reset(token)


def test_mysql_is_told_when_clocks_change() -> None:
    start = dt.date(2026, 1, 1)
    for zone in (
        PARIS,
        CHICAGO,
        ZoneInfo("Australia/Lord_Howe"),
        ZoneInfo("Asia/Tokyo"),
        dt.timezone(dt.timedelta(hours=5)),
    ):
        spans = offsets_ahead(zone, start)
        assert len(spans) == (1 if zone not in (PARIS, CHICAGO, ZoneInfo("Australia/Lord_Howe")) else 7)
        for day in range(3 * 365):
            for second in (0, 3599, 3600, 50_000):
                moment = dt.datetime.combine(start, dt.time(), dt.UTC) + dt.timedelta(days=day, seconds=second)
                offset = next(offset for end, offset in spans if moment.replace(tzinfo=None) < end)
                assert moment.astimezone(zone).utcoffset() == dt.timedelta(seconds=offset)
        for end, offset in spans[:-1]:
            just_before = end.replace(tzinfo=dt.UTC) - dt.timedelta(microseconds=1)
            assert just_before.astimezone(zone).utcoffset() == dt.timedelta(seconds=offset)
            assert end.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset() != dt.timedelta(seconds=offset)
