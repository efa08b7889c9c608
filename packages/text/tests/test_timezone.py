# ruff: noqa: DTZ001 - naive times are the subject
"""The current zone, and times with and without one."""

import asyncio
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.text import timezone
from partita.text.dates import date_format
from partita.text.formats import ZONE, local_now
from partita.text.humanize import naturalday, naturaltime
from partita.text.since import time_since

BERLIN = ZoneInfo("Europe/Berlin")
NAIROBI = timezone.get_fixed_timezone(180)


class Application:
    """What `find` asks: one setting."""

    def require(self, key: object) -> str:
        assert key is TIME_ZONE
        return "Asia/Kolkata"

    find = require

    def all(self, point: object) -> tuple[()]:
        return ()


@pytest.fixture(autouse=True)
def own_zone() -> object:
    token = ZONE.set(None)
    yield
    ZONE.reset(token)


def test_the_time_is_aware_and_in_utc() -> None:
    assert timezone.is_aware(timezone.now())
    assert timezone.now().tzinfo is UTC
    assert timezone.is_naive(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("naive", "fold", "offset"),
    [
        (datetime(2026, 7, 1, 12), 0, 2),
        (datetime(2026, 1, 1, 12), 0, 1),
        (datetime(2026, 10, 25, 2, 30), 0, 2),  # the hour that comes twice
        (datetime(2026, 10, 25, 2, 30), 1, 1),
        (datetime(2026, 3, 29, 2, 30), 0, 1),  # the hour that is skipped
        (datetime(2026, 3, 29, 2, 30), 1, 2),
    ],
)
def test_naive_times_get_the_zone_of_the_wall_clock(naive: datetime, fold: int, offset: int) -> None:
    aware = timezone.make_aware(naive.replace(fold=fold), BERLIN)
    assert aware.utcoffset() == timedelta(hours=offset)


def test_aware_times_become_what_the_clock_shows() -> None:
    moment = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert timezone.make_naive(moment, BERLIN) == datetime(2026, 10, 25, 2, 30)
    assert timezone.make_naive(moment, BERLIN).fold == 1
    assert timezone.localtime(moment, NAIROBI).hour == 4
    assert timezone.localdate(datetime(2026, 1, 1, 22, tzinfo=UTC), NAIROBI) == date(2026, 1, 2)
    assert abs(timezone.localtime() - timezone.now()) < timedelta(minutes=1)


def test_a_time_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expects a naive datetime"):
        timezone.make_aware(timezone.now())
    with pytest.raises(ValueError, match="cannot be applied to a naive"):
        timezone.make_naive(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="cannot be applied to a naive"):
        timezone.localtime(datetime(2026, 1, 1))


def test_the_zone_is_that_of_the_application_until_another_is_chosen() -> None:
    assert timezone.get_current_timezone() is UTC
    token = CURRENT.set(Application())  # type: ignore[arg-type] # all that is asked of it
    try:
        timezone.deactivate()
        assert timezone.get_current_timezone_name() == timezone.get_default_timezone_name() == "Asia/Kolkata"
        timezone.activate("Europe/Berlin")
        assert timezone.get_current_timezone() == BERLIN
        with timezone.override(NAIROBI):
            assert timezone.get_current_timezone() is NAIROBI
            with timezone.override(None):
                assert timezone.get_current_timezone_name() == "Asia/Kolkata"
        assert timezone.get_current_timezone() == BERLIN
        timezone.deactivate()
        assert timezone.get_current_timezone_name() == "Asia/Kolkata"
    finally:
        CURRENT.reset(token)


def test_a_decorated_function_runs_in_the_zone_even_in_many_tasks() -> None:
    @timezone.override("Europe/Berlin")
    def decorated(depth: int) -> tzinfo:
        return decorated(depth - 1) if depth else timezone.get_current_timezone()

    async def main() -> list[tzinfo]:
        return await asyncio.gather(*(asyncio.to_thread(decorated, 3) for _ in range(8)))

    assert set(asyncio.run(main())) == {BERLIN}
    assert timezone.get_current_timezone() is UTC


@pytest.mark.parametrize("zone", [None, 3, "Mars/Olympus", "../etc/passwd", "a" * 100_000, "\0"])
def test_what_is_no_zone_is_refused(zone: object) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        timezone.activate(zone)  # type: ignore[arg-type] # that is the test


def test_zones_have_names() -> None:
    assert timezone.timezone_name(timezone.get_fixed_timezone(-150)) == "-0230"
    assert timezone.timezone_name(timezone.get_fixed_timezone(timedelta(hours=5, minutes=30))) == "+0530"
    assert timezone.timezone_name(BERLIN) == "Europe/Berlin"


class WithoutZones:
    """An application in Kolkata whose moments have no zone."""

    def find(self, key: object) -> object:
        return {TIME_ZONE: "Asia/Kolkata", USE_TZ: False}.get(key)


@pytest.fixture
def without_zones() -> object:
    token, zone = CURRENT.set(WithoutZones()), ZONE.set(None)  # type: ignore[arg-type]  # as far as it is asked
    yield
    ZONE.reset(zone)
    CURRENT.reset(token)


def in_kolkata() -> datetime:
    return datetime.now(ZoneInfo("Asia/Kolkata")).replace(tzinfo=None)


def test_without_zones_the_time_is_what_clocks_of_the_application_show(without_zones: None) -> None:
    assert timezone.is_naive(timezone.now())
    assert abs(timezone.now() - in_kolkata()) < timedelta(minutes=5)
    assert abs(local_now(datetime(2026, 1, 1)) - in_kolkata()) < timedelta(minutes=5)
    assert local_now(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo is UTC
    assert date_format(datetime(2026, 1, 1, 12), "H:i O") == "12:00 +0530"
    assert time_since(in_kolkata() - timedelta(hours=2, minutes=1)).replace("\xa0", " ").startswith("2 hours")
    assert naturalday(in_kolkata()) == "today"
    ago = str(naturaltime(in_kolkata() - timedelta(hours=3, minutes=1)))
    assert ago.replace("\xa0", " ") == "3 hours ago"
