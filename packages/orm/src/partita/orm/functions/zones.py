"""Time zones in SQL: a moment is kept in UTC, and cut or read as the clocks of a zone show it."""

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, literal_column

from partita.contracts import current
from partita.contracts.settings import TIME_ZONE
from partita.contracts.zones import ZONE
from partita.orm.fields import DateTimeField
from partita.orm.fields.base import Converter
from partita.orm.moments import application_zone, has_zones, vendor_zone
from partita.orm.sql_elements import func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "as_kept",
    "in_utc",
    "in_zone",
    "kept_in_utc",
    "moments_in",
    "name_of",
    "offsets_ahead",
    "present_there",
    "quoted",
    "zone_of",
    "zone_there",
)

_UTC = "+00:00"  # MySQL knows the name only after somebody loaded those of zones
_EVER = dt.datetime(dt.MAXYEAR, 12, 31)  # noqa: DTZ001 -- in UTC, as the others are that databases compare with it
_PLAIN = re.compile(r"[A-Za-z0-9_+\-/: %]+")


def quoted(text: str) -> ColumnElement[Any]:
    """Return a text of ours as part of the SQL: databases compare GROUP BY with what is selected, and parameters differ.

    Raises:
        ValueError: If it has any character that could end the text.
    """
    if _PLAIN.fullmatch(text) is None:
        raise ValueError(f"{text!r:.80} cannot be part of SQL.")
    return literal_column(f"'{text}'")


def name_of(zone: dt.tzinfo | None) -> str:
    """Return the name of a zone, or the distance of a fixed one from UTC, such as ``+05:30``; of the current one for None.

    The current zone is the one activated here, else that of the application, else UTC.

    Raises:
        ValueError: If the zone has neither.
    """
    if zone is None:
        zone = ZONE.get(None)
        if zone is None:
            return current.find(TIME_ZONE) or "UTC"
    key: str | None = getattr(zone, "key", None)
    if key is not None:
        return key
    if zone is dt.UTC:
        return "UTC"
    offset = zone.utcoffset(None)
    if offset is None:
        raise ValueError(f"{zone!r} has neither a name that the database knows nor a fixed distance from UTC.")
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_of(zone: dt.tzinfo | None) -> dt.tzinfo:
    """Return a zone, or the current one for None."""
    return zone or ZONE.get(None) or application_zone()


def zone_there(compiler: "Compiler", zone: str) -> str:
    """Return in which zone moments are cut and read: ``zone``, unless they have none in this database.

    There columns show it already, but for PostgreSQL's, which show the zone of the session.
    """
    vendor = compiler.vendor
    if has_zones(vendor):
        return zone
    return name_of(vendor_zone(vendor)) if vendor == "postgresql" else "UTC"


def kept_in_utc(compiler: "Compiler", moment: Any) -> Any:
    """Return a column's moment in UTC where the clocks of another zone are kept; as it is where there are no zones."""
    return _between(compiler, moment, kept=True)


def as_kept(compiler: "Compiler", moment: Any) -> Any:
    """Return a moment in UTC as columns keep it; undoes `kept_in_utc`."""
    return _between(compiler, moment, kept=False)


def _between(compiler: "Compiler", moment: Any, *, kept: bool) -> Any:
    vendor = compiler.vendor
    zone = vendor_zone(vendor)
    if zone is dt.UTC or vendor == "postgresql" or not has_zones(vendor):
        return moment
    name = name_of(zone)
    if vendor == "sqlite":
        return (func.partita_utc if kept else func.partita_clock)(moment, quoted(name))
    return _converted(compiler, moment, name, _UTC) if kept else _converted(compiler, moment, _UTC, name)


def _converted(compiler: "Compiler", moment: Any, here: str, there: str) -> ColumnElement[Any]:
    """Return what clocks of one zone show as MySQL turns it into what those of another show."""
    found: ColumnElement[Any] = func.convert_tz(moment, quoted(here), quoted(there))
    compiler.backend.zones.update(name for name in (here, there) if name[0] not in "+-")
    return found


class _MomentsInZone(DateTimeField[dt.datetime | None]):
    """Moments that come as the clocks of a zone show them: there they are cut, and their first part is the first."""

    def __init__(self, zone: dt.tzinfo) -> None:
        super().__init__(null=True)
        self.zone = zone

    def from_driver(self, dialect: str) -> Converter | None:
        zone, plain = self.zone, super().from_driver(dialect)
        if zone is dt.UTC or not has_zones(dialect):
            return plain
        return (
            (lambda moment: moment.astimezone(zone)) if plain is None else (lambda text: plain(text).astimezone(zone))
        )


@lru_cache(64)
def moments_in(zone: dt.tzinfo) -> DateTimeField[dt.datetime | None]:
    """Return the field that describes moments which come as the clocks of ``zone`` show them."""
    return _MomentsInZone(zone)


def in_zone(compiler: "Compiler", moment: Any, zone: str) -> ColumnElement[Any]:
    """Return what the clocks of ``zone`` show, without a zone; not for SQLite, whose functions do that themselves."""
    if compiler.vendor == "postgresql":
        return func.timezone(_signed(zone), moment)
    found: ColumnElement[Any] = moment
    if zone == name_of(vendor_zone(compiler.vendor)):  # what is kept there
        return found
    found = kept_in_utc(compiler, moment)
    return found if zone == "UTC" else _converted(compiler, found, _UTC, zone)


def in_utc(compiler: "Compiler", moment: Any, zone: str) -> ColumnElement[Any]:
    """Return the moment at which the clocks of ``zone`` show this."""
    if compiler.vendor == "postgresql":
        return func.timezone(_signed(zone), moment)
    found: ColumnElement[Any] = moment
    if zone == name_of(vendor_zone(compiler.vendor)):
        return found
    found = moment if zone == "UTC" else _converted(compiler, moment, zone, _UTC)
    kept: ColumnElement[Any] = as_kept(compiler, found)
    return kept


def present_there(compiler: "Compiler") -> ColumnElement[Any]:
    """Return the present moment as columns keep it."""
    zone = vendor_zone(compiler.vendor)
    found: ColumnElement[Any]
    if compiler.vendor == "postgresql":
        found = func.statement_timestamp()
    elif compiler.vendor == "sqlite":
        found = func.strftime(literal_column("'%Y-%m-%d %H:%M:%f'"), literal_column("'now'"))
        found = found if zone is dt.UTC else func.partita_clock(found, quoted(name_of(zone)))
    else:
        found = func.utc_timestamp(literal_column("6"))
        found = found if zone is dt.UTC else _moved_by_mysql(found, zone)
    return found


def _moved_by_mysql(utc: Any, zone: dt.tzinfo) -> ColumnElement[Any]:
    """Return what clocks of ``zone`` show now, without the names of zones, which MySQL has only after somebody loaded them.

    The changes of clocks within three years are part of the SQL, as plans are kept.
    """
    spans = offsets_ahead(zone, dt.datetime.now(dt.UTC).date())
    second: ColumnElement[Any] = literal_column("SECOND")
    *before, (_, last) = [(end, func.timestampadd(second, literal_column(str(offset)), utc)) for end, offset in spans]
    found: ColumnElement[Any] = last
    if before:
        found = case(*[(utc < quoted(end.isoformat(" ")), there) for end, there in before], else_=last)
    return found


@lru_cache(32)
def offsets_ahead(zone: dt.tzinfo, day: dt.date) -> list[tuple[dt.datetime, int]]:
    """Return spans of three years from ``day`` on: when each ends (in UTC, without zone), and its distance from UTC in seconds."""
    moment, hour = dt.datetime.combine(day, dt.time(), dt.UTC), dt.timedelta(hours=1)

    def offset(at: dt.datetime) -> int:
        return round((at.astimezone(zone).utcoffset() or dt.timedelta()).total_seconds())

    known, spans = offset(moment), []
    for _ in range(3 * 366):
        after = moment + 24 * hour
        if offset(after) != known:
            while after - moment > dt.timedelta(seconds=1):  # clocks change within this day
                middle = moment + (after - moment) // 2
                moment, after = (middle, after) if offset(middle) == known else (moment, middle)
            after = after.replace(microsecond=0)
            spans.append((after.replace(tzinfo=None), known))
            known = offset(after)
        moment = after
    return [*spans, (_EVER, known)]


def _signed(zone: str) -> Any:
    """Return a name for PostgreSQL, which counts fixed distances westwards, as POSIX does."""
    if zone[0] in "+-":
        zone = f"UTC{'-' if zone[0] == '+' else '+'}{zone[1:]}"
    return quoted(zone)
