"""How the current language and zone write dates and numbers; who knows locales fills it in."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from partita.contracts.current import find
from partita.contracts.i18n import DEFAULT_FORMATS
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.contracts.zones import ZONE

__all__ = (
    "ENGLISH",
    "FORMATS",
    "UNSET",
    "ZONE",
    "Formats",
    "chosen_formats",
    "clock_zone",
    "current_formats",
    "current_zone",
    "local_now",
)


_NAMED = MappingProxyType({
    "DATE_FORMAT": "N j, Y",
    "TIME_FORMAT": "P",
    "DATETIME_FORMAT": "N j, Y, P",
    "YEAR_MONTH_FORMAT": "F Y",
    "MONTH_DAY_FORMAT": "F j",
    "SHORT_DATE_FORMAT": "m/d/Y",
    "SHORT_DATETIME_FORMAT": "m/d/Y P",
})  # fmt: skip


_CLOCKS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d %b, %Y", "%B %d %Y", "%B %d, %Y",
         "%d %B %Y", "%d %B, %Y")  # fmt: skip
_INPUT = MappingProxyType({
    "DATE_INPUT_FORMATS": _DAYS,
    "TIME_INPUT_FORMATS": _CLOCKS,
    "DATETIME_INPUT_FORMATS": tuple(f"{day} {clock}" for day in _DAYS[:3] for clock in _CLOCKS),
})  # fmt: skip


# A named tuple and not a dataclass: the module `dataclasses` alone costs a sixth of the time this package may take to import.
class Formats(NamedTuple):
    """The conventions of one language.

    Formats of dates and times use the letters of `partita.text.dates.format_date`.
    """

    language: str = "en"
    decimal_separator: str = "."
    thousand_separator: str = ","
    grouping: tuple[int, ...] = (3,)
    group_numbers: bool = False
    """Whether numbers are grouped where nobody asked for it."""
    named: Mapping[str, str] = _NAMED
    input: Mapping[str, tuple[str, ...]] = _INPUT
    """How dates and times are typed, as `datetime.strptime` reads them; the first is what a form shows."""
    first_day_of_week: int = 0
    """0 is Sunday."""
    months: tuple[str, ...] = ()
    """Full names, January first; empty means English, translated message by message."""
    months_abbreviated: tuple[str, ...] = ()
    months_alone: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    """Full names, Monday first."""
    weekdays_abbreviated: tuple[str, ...] = ()


ENGLISH = Formats()
FORMATS: ContextVar[Formats | None] = ContextVar("partita.text.formats", default=None)
"""The conventions activated here; None means `ENGLISH`. Read it with `chosen_formats`: it may never have been set."""
UNSET: Final = cast("Formats", object())
"""What ``FORMATS.get(UNSET)`` returns where nobody activated anything."""


def current_zone() -> tzinfo | None:
    """Return the zone that aware times are shown in, or None if they stay as they are."""
    try:
        return ZONE.get()
    except LookupError:
        name = find(TIME_ZONE)
        if not name or find(USE_TZ) is False:
            return None
        from zoneinfo import ZoneInfo  # only who shows aware times pays for it

        return ZoneInfo(name)


def clock_zone() -> tzinfo | None:
    """Return the zone whose clocks show naive times here: as `current_zone`, else that of the application."""
    zone = current_zone()
    if zone is None and find(USE_TZ) is False and (name := find(TIME_ZONE)):
        from zoneinfo import ZoneInfo

        return ZoneInfo(name)
    return zone


def local_now(like: object = None) -> datetime:
    """Return the present time to compare ``like`` with: aware if that is, else by the clocks of naive times here.

    Args:
        like: A time; anything else counts as naive.
    """
    if isinstance(like, datetime) and like.utcoffset() is not None:
        return datetime.now(like.tzinfo)
    zone = clock_zone() if find(USE_TZ) is False else None
    return datetime.now(zone).replace(tzinfo=None)  # without an application that has none, by the machine's clock


def current_formats() -> Formats:
    """Return the conventions in force."""
    return chosen_formats() or ENGLISH


def chosen_formats() -> Formats | None:
    """Return the conventions in force: those activated here, else those of the current application; None means `ENGLISH`."""
    formats = FORMATS.get(UNSET)
    if formats is UNSET:
        found = find(DEFAULT_FORMATS)
        return found if isinstance(found, Formats) else None
    return formats
