"""How one database keeps moments: by the clocks of which zone, and whether they have one in Python."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from partita.contracts import current
from partita.contracts.settings import TIME_ZONE, USE_TZ

if TYPE_CHECKING:
    from partita.orm.backends import Backend

__all__ = (
    "ClockReading",
    "Vendor",
    "application_zone",
    "clocked",
    "has_own_clock",
    "has_zones",
    "keep_moments",
    "local_present",
    "present",
    "vendor_here",
    "vendor_zone",
    "zones_in_use",
)


class Vendor(str):
    """The family of SQL of one database, which knows how moments are kept there; equal to the plain name.

    A plain name stands for the usual way: aware moments, kept in UTC.

    Attributes:
        use_tz: Whether moments in Python have a zone.
        zone: Whose clocks are shown by columns without a zone, and by naive moments.
    """

    __slots__ = ("use_tz", "zone")

    use_tz: bool
    zone: dt.tzinfo

    def __new__(cls, name: str, use_tz: bool, zone: dt.tzinfo) -> "Vendor":
        made = super().__new__(cls, name)
        made.use_tz, made.zone = use_tz, zone
        return made


class ClockReading(dt.datetime):
    """A moment by the clocks of its zone; where moments have no zone, just what these clocks show."""


_WRITING: ContextVar[Vendor | None] = ContextVar("partita.orm.moments", default=None)
"""The database whose row is being made, where moments are kept in another way than the usual one."""


def _zone_named(name: str) -> dt.tzinfo:
    """Return the zone of an IANA name.

    Raises:
        ValueError: If there is none.
    """
    try:
        return dt.UTC if name in ("", "UTC") else _zone_of_places(name)
    except (KeyError, ValueError, OSError, TypeError):  # a zone that is not found is a KeyError
        raise ValueError(
            f"The database option time_zone is an IANA name such as Europe/Paris, not {name!r:.60}."
        ) from None


def keep_moments(backends: "Iterable[Backend | None]", options: Mapping[str, Any]) -> None:
    """Let the backends of one database keep moments as its options say."""
    zone = _zone_named(options["time_zone"])
    is_usual = options["use_tz"] and zone is dt.UTC
    for backend in backends:
        if backend is not None:
            name = str(backend.name)
            backend.name = name if is_usual else Vendor(name, bool(options["use_tz"]), zone)


def has_zones(vendor: str) -> bool:
    """Return whether moments from there have a zone in Python."""
    return vendor.use_tz if isinstance(vendor, Vendor) else True


def vendor_zone(vendor: str) -> dt.tzinfo:
    """Return the zone whose clocks columns there show."""
    return vendor.zone if isinstance(vendor, Vendor) else dt.UTC


def vendor_here(name: str) -> str:
    """Return a family of SQL as the current database of that family keeps moments, else the first one, else as the application does."""
    from partita.orm.databases import find_databases  # which imports fields, by and by

    vendors = [database.vendor for database in (find_databases() or {}).values()]
    for vendor in (*(each for each in vendors if each == name), *vendors):
        return Vendor(name, vendor.use_tz, vendor.zone) if isinstance(vendor, Vendor) else name
    return Vendor(name, False, application_zone()) if current.find(USE_TZ) is False else name


def has_own_clock(vendor: str) -> bool:
    """Return whether moments there go by a clock that definitions of tables do not know, which have UTC."""
    return isinstance(vendor, Vendor) and vendor != "postgresql" and vendor.zone is not dt.UTC


def clocked(call: Callable[..., Any], vendor: str) -> Callable[..., Any]:
    """Return a function that sets a row's value, so that it sees the clocks of the database that gets the row."""
    return partial(_clocked, call, vendor) if isinstance(vendor, Vendor) else call


def _clocked(call: Callable[..., Any], vendor: Vendor, *arguments: Any, **named: Any) -> Any:
    token = _WRITING.set(vendor)
    try:
        return call(*arguments, **named)
    finally:
        _WRITING.reset(token)


def application_zone() -> dt.tzinfo:
    """Return the zone of the current application; UTC without one."""
    name = current.find(TIME_ZONE)
    return dt.UTC if name is None or name == "UTC" else _zone_of_places(name)


@lru_cache(32)
def _zone_of_places(name: str) -> dt.tzinfo:
    from zoneinfo import ZoneInfo  # where moments are kept in UTC, nobody needs it

    return ZoneInfo(name)


def zones_in_use() -> bool:
    """Return whether moments are to have a zone here: as the database wants it whose row is made, else as the application does."""
    vendor = _WRITING.get()
    return current.find(USE_TZ) is not False if vendor is None else vendor.use_tz


def present() -> dt.datetime:
    """Return the present moment as it is kept here: aware, in UTC, or naive, as clocks show it."""
    if zones_in_use():
        return dt.datetime.now(dt.UTC)
    return local_present()


def local_present() -> dt.datetime:
    """Return what clocks show now, without a zone: those of the database that keeps naive moments, else of the application."""
    vendor = _WRITING.get()
    zone = application_zone() if vendor is None or vendor.use_tz else vendor.zone
    return dt.datetime.now(zone).replace(tzinfo=None)
