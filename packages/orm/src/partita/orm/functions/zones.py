"""Time zones in SQL: a moment is kept in UTC, and cut or read as the clocks of a zone show it."""

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, literal_column

from partita.contracts import current
from partita.contracts.settings import TIME_ZONE
from partita.contracts.zones import ZONE
from partita.orm.fields import DateTimeField
from partita.orm.fields.base import Converter
from partita.orm.sql_elements import func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("in_utc", "in_zone", "moments_in", "name_of", "quoted", "zone_of")

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
    zone = zone or ZONE.get(None)
    if zone is not None:
        return zone
    name = current.find(TIME_ZONE)
    return dt.UTC if name is None or name == "UTC" else ZoneInfo(name)


class _MomentsInZone(DateTimeField[dt.datetime | None]):
    """Moments that come as the clocks of a zone show them: there they are cut, and their first part is the first."""

    def __init__(self, zone: dt.tzinfo) -> None:
        super().__init__(null=True)
        self.zone = zone

    def from_driver(self, dialect: str) -> Converter | None:
        zone, plain = self.zone, super().from_driver(dialect)
        if zone is dt.UTC:
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
    return moment if zone == "UTC" else func.convert_tz(moment, quoted("+00:00"), quoted(zone))


def in_utc(compiler: "Compiler", moment: Any, zone: str) -> ColumnElement[Any]:
    """Return the moment at which the clocks of ``zone`` show this."""
    if compiler.vendor == "postgresql":
        return func.timezone(_signed(zone), moment)
    return moment if zone == "UTC" else func.convert_tz(moment, quoted(zone), quoted("+00:00"))


def _signed(zone: str) -> Any:
    """Return a name for PostgreSQL, which counts fixed distances westwards, as POSIX does."""
    if zone[0] in "+-":
        zone = f"UTC{'-' if zone[0] == '+' else '+'}{zone[1:]}"
    return quoted(zone)
