"""Names of time zones that MySQL may not know: it would give NULL in silence, so the server is asked once for each."""

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, F, OperationalError
from partita.orm.functions import ExtractHour, Trunc, TruncDate


class Nowhere(dt.tzinfo):
    """A zone that no server has heard of."""

    key = "Nowhere/Land"

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        """None from UTC."""
        return dt.timedelta(0)

    dst = utcoffset

    def tzname(self, when: dt.datetime | None) -> str:
        """As no server has it."""
        return self.key


class OfServer(Nowhere):
    """The one zone whose name every server of MySQL knows."""

    key = "SYSTEM"


@pytest.fixture
def mysql(database: Database) -> Database:
    """MariaDB or MySQL."""
    if database.vendor != "mysql":
        pytest.skip("platform: only MySQL gives NULL where it does not know a zone")
    return database


ASKED: dict[str, Callable[[Any, dt.tzinfo], Any]] = {
    "rows": lambda rows, zone: list(rows.annotate(x=Trunc("released", "day", tzinfo=zone))),
    "values": lambda rows, zone: list(rows.values_list(ExtractHour("released", tzinfo=zone), flat=True)),
    "count": lambda rows, zone: rows.annotate(x=ExtractHour("released", tzinfo=zone)).filter(x__gte=0).count(),
    "exists": lambda rows, zone: (
        rows.annotate(x=TruncDate("released", tzinfo=zone)).filter(x__gt="1950-01-01").exists()
    ),
    "aggregate": lambda rows, zone: rows.datetimes("released", "month", tzinfo=zone).count(),
    "distinct": lambda rows, zone: list(rows.datetimes("released", "month", tzinfo=zone)),
    "update": lambda rows, zone: rows.filter(released__isnull=False).update(year=ExtractHour("released", tzinfo=zone)),
    "delete": lambda rows, zone: rows.annotate(x=ExtractHour("released", tzinfo=zone)).filter(x=30).delete(),
    "stream": lambda rows, zone: list(rows.annotate(x=Trunc("released", "day", tzinfo=zone)).iterator()),
    "one by one": lambda rows, zone: rows.bulk_update(
        [_with_year(row, ExtractHour("released", tzinfo=zone)) for row in rows.filter(released__isnull=False)], ["year"]
    ),
}


def _with_year(row: Any, year: Any) -> Any:
    row.year = year
    return row


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("awaited", [False, True])
def test_a_zone_that_the_server_does_not_know_is_refused(
    mysql: Database, music: SimpleNamespace, models: SimpleNamespace, name: str, awaited: bool, run: Any
) -> None:
    def ask(zone: dt.tzinfo) -> Any:
        rows = models.Album.objects.order_by("pk")
        return run(mysql.arun(ASKED[name], rows, zone)) if awaited else ASKED[name](rows, zone)

    for _ in range(2):  # also where the plan is known
        with pytest.raises(OperationalError, match=r"does not know the time zone 'Nowhere/Land'.*mysql_tzinfo_to_sql"):
            ask(Nowhere())
    ask(OfServer())
    ask(dt.timezone(dt.timedelta(hours=2)))
    assert models.Album.objects.count() == 3


def test_what_names_no_such_zone_runs_meanwhile_and_a_known_one_is_asked_about_once(
    mysql: Database, music: SimpleNamespace, models: SimpleNamespace
) -> None:
    hours = {
        kind: models.Album.objects.annotate(x=ExtractHour("released", tzinfo=kind())) for kind in (Nowhere, OfServer)
    }
    with pytest.raises(OperationalError):
        hours[Nowhere].count() + len(hours[Nowhere])
    assert models.Album.objects.filter(year=F("year")).count() == 3
    mysql.backend.zones.add("SYSTEM")
    assert len(hours[OfServer]) == 3
    assert "Nowhere/Land" in mysql.backend.zones
    assert "SYSTEM" not in mysql.backend.zones
