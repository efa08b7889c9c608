"""Spans of time in words."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from partita.contracts.i18n import gettext, ngettext, npgettext
from partita.text.formats import local_now

__all__ = ("time_since", "time_until")

_UNITS = (
    ("%(num)d year", "%(num)d years"),
    ("%(num)d month", "%(num)d months"),
    ("%(num)d week", "%(num)d weeks"),
    ("%(num)d day", "%(num)d days"),
    ("%(num)d hour", "%(num)d hours"),
    ("%(num)d minute", "%(num)d minutes"),
)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def time_since(
    start: date,
    end: date | None = None,
    depth: int = 2,
    units: Mapping[int, tuple[str, str]] | None = None,
    context: str = "",
) -> str:
    """Return the time from ``start`` to ``end`` in its largest units.

    Args:
        start: A date counts as its midnight.
        end: Aware if ``start`` is; by default the current time.
        depth: How many units are named at most; they are neighbours, as in "2 weeks, 3 days".
        units: Other words by position (0 for years), each for one and for several.
        context: Where the words stand, for languages that inflect them: ``vor 3 Tagen``, but ``3 Tage``.

    Returns:
        Such as ``1 hour, 5 minutes``; ``0 minutes`` if ``end`` is not later.

    Raises:
        ValueError: If ``depth`` is less than 1.
    """
    if depth < 1:
        raise ValueError(f"depth must be greater than 0, got {depth}")
    first = _moment(start)
    last = local_now(first) if end is None else _moment(end)
    if first.tzinfo is not None and last.tzinfo is not None:
        last = last.astimezone(first.tzinfo)
    if last <= first:
        return _counted(5, 0, units, context)
    parts = _parts(first, last)
    at = next((position for position, count in enumerate(parts) if count), None)
    if at is None:
        return _counted(5, 0, units, context)
    shown = []
    for position in range(at, min(at + depth, len(parts))):
        if not parts[position]:
            break
        shown.append(_counted(position, parts[position], units, context))
    return gettext(", ").join(shown)


def time_until(
    moment: date, now: date | None = None, depth: int = 2, units: Mapping[int, tuple[str, str]] | None = None
) -> str:
    """Return the time from ``now``, by default the current time, to ``moment``, as `time_since` does."""
    return time_since(local_now(_moment(moment)) if now is None else now, moment, depth, units)


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date has no zone


def _counted(position: int, count: int, units: Mapping[int, tuple[str, str]] | None, context: str) -> str:
    one, several = (units or {}).get(position) or _UNITS[position]
    words = npgettext(context, one, several, count) if context else ""
    if words in {"", one, several}:  # nothing for this context
        words = ngettext(one, several, count)
    return (words % {"num": count}).replace(" ", "\xa0")


def _parts(first: datetime, last: datetime) -> list[int]:
    """Return years, months, weeks, days, hours and minutes between two moments."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if (first.day, first.timetz().replace(tzinfo=None)) > (last.day, last.timetz().replace(tzinfo=None)):
        months -= 1
    years, months = divmod(months, 12)
    pivot = first
    if years or months:
        year, month = first.year + years, first.month + months
        if month > 12:
            year, month = year + 1, month - 12
        pivot = first.replace(year=year, month=month, day=min(first.day, _MONTH_DAYS[month - 1]))
    rest: timedelta = last - pivot
    days, seconds = rest.days, rest.seconds
    return [years, months, days // 7, days % 7, seconds // 3600, seconds % 3600 // 60]
