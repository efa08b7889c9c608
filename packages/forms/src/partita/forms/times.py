"""Dates, times and durations read from text of bounded length."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

from partita.contracts.current import find
from partita.contracts.settings import TIME_ZONE, USE_TZ

__all__ = (
    "DATETIME_INPUT_FORMATS",
    "DATE_INPUT_FORMATS",
    "TIME_INPUT_FORMATS",
    "current_zone",
    "in_zone",
    "parse_date",
    "parse_datetime",
    "parse_duration",
    "parse_time",
    "settled",
    "write_duration",
)

DATE_INPUT_FORMATS = (
    "%m/%d/%Y", "%m/%d/%y", "%b %d %Y", "%b %d, %Y", "%d %b %Y", "%d %b, %Y",
    "%B %d %Y", "%B %d, %Y", "%d %B %Y", "%d %B, %Y",
)  # fmt: skip
"""Formats beside ISO 8601, which always comes first."""
TIME_INPUT_FORMATS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
DATETIME_INPUT_FORMATS = tuple(
    f"{day} {clock}" for day in ("%m/%d/%Y", "%m/%d/%y") for clock in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
)

_Date = TypeVar("_Date", date, datetime)

_LONGEST = 64
_UNSET = timezone(timedelta(0), "no zone is in force")
_FAR = re.compile(r"[0-9]{9}")
_SPAN = re.compile(r"[-+0-9 ,.:PTWDHMSdays]{1,64}")
"""What durations are written with; with nine digits at one place it is one that is too long."""


def parse_date(text: str, formats: Iterable[str] | None = None) -> date:
    """Return the day.

    Args:
        text: At most 64 characters.
        formats: Tried in order (`datetime.datetime.strptime`); None for ISO 8601 and the formats of the current language,
            `DATE_INPUT_FORMATS` in English.

    Raises:
        ValueError: If no format fits.
    """
    if formats is None and (found := _iso(date, text)) is not None:
        return found
    return _strptime(text, (_localised("date") or DATE_INPUT_FORMATS) if formats is None else formats).date()


def parse_time(text: str, formats: Iterable[str] | None = None) -> time:
    """Return the time of day. Arguments and errors are those of `parse_date`."""
    return _strptime(text, (_localised("time") or TIME_INPUT_FORMATS) if formats is None else formats).time()


def parse_datetime(text: str, formats: Iterable[str] | None = None) -> datetime:
    """Return day and time, with a zone if the text has one. Arguments and errors are those of `parse_date`."""
    if formats is None and (found := _iso(datetime, text)) is not None:
        return found
    if formats is None:
        formats = _localised("datetime") or (*DATETIME_INPUT_FORMATS, *DATE_INPUT_FORMATS)
    return _strptime(text, formats)


def parse_duration(text: str) -> timedelta:
    """Return the duration.

    Args:
        text: ``[days] [[hours:]minutes:]seconds[.fraction]``, ISO 8601 such as ``P1DT2H``, or as PostgreSQL writes it; at most 64
            characters.

    Raises:
        ValueError: If it is neither.
        OverflowError: If it is longer than Python can count.
    """
    from partita.text import parse_duration as read  # who has no durations does not pay for it

    found = read(text) if len(text) <= _LONGEST else None
    if found is not None:
        return found
    if _FAR.search(text[:_LONGEST]) and _SPAN.fullmatch(text):
        raise OverflowError(f"{text!r} is longer than any duration can be.")
    raise ValueError(f"{text[:_LONGEST]!r} is no duration, such as 1 02:30:00 or P1DT2H30M.")


def write_duration(value: timedelta) -> str:
    """Return text that `parse_duration` reads back."""
    from partita.text import duration_string

    return duration_string(value)


def current_zone() -> tzinfo | None:
    """Return the zone in force, else that of the current application, UTC outside one.

    None means that somebody turned zones off, for here or for the application (``use_tz=False``): times are what clocks show,
    and stay without one.
    """
    if find(USE_TZ) is False:
        return None
    from partita.text.formats import ZONE

    zone = ZONE.get(_UNSET)
    if zone is not _UNSET:
        return zone
    name = find(TIME_ZONE)
    return UTC if name is None or name == "UTC" else ZoneInfo(name)


def settled(value: datetime) -> datetime:
    """Return an aware time, or what clocks show at it in an application whose moments have no zone."""
    if find(USE_TZ) is False:
        name = find(TIME_ZONE)
        return value.astimezone(ZoneInfo(name) if name else UTC).replace(tzinfo=None)
    return value


def in_zone(value: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment that clocks in ``zone`` show as ``value``; ``value`` itself without a zone.

    Raises:
        ValueError: If clocks show it twice or never, as when summer time begins or ends.
    """
    if zone is None:
        return value
    moment = value.replace(tzinfo=zone, fold=0)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise ValueError(f"Clocks in {zone} show {value} twice or never.")
    return moment


def _localised(kind: str) -> tuple[str, ...] | None:
    from partita.forms import localised  # text that is not ISO 8601 is rare, and costs more than this anyway

    formats: tuple[str, ...] | None = getattr(localised, f"{kind}_input_formats")()
    return formats


def _iso(kind: type[_Date], text: str) -> _Date | None:
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        return kind.fromisoformat(text)
    except ValueError:
        return None


def _strptime(text: str, formats: Iterable[str]) -> datetime:
    if len(text) <= _LONGEST:
        for form in formats:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the caller's
            except ValueError:
                continue
    raise ValueError(f"{text[:_LONGEST]!r} does not fit any format.")
