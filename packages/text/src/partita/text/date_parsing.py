"""Dates, times and spans read from their machine-readable forms (ISO 8601, RFC 3339, PostgreSQL's intervals)."""

import re
from datetime import UTC, date, datetime, time, timedelta

from partita.text.timezone import get_fixed_timezone

__all__ = ("parse_date", "parse_datetime", "parse_duration", "parse_time")

MAX_LENGTH = 100
"""Longer text is none of these forms; the bound keeps every pattern's cost constant."""
_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]{1,6})[0-9]{0,6})?)?"
_OFFSET = r"\s*(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_DATE_FORM = re.compile(_DATE)
_TIME_FORM = re.compile(_TIME)
_MOMENT = re.compile(rf"{_DATE}[Tt ]{_TIME}{_OFFSET}")
_CLOCK = re.compile(
    r"(?:(?P<days>-?[0-9]+) (?:days?, )?)?(?P<sign>-?)"
    r"(?:(?:(?P<hours>[0-9]+):)?(?P<minutes>[0-9]+):)?(?P<seconds>[0-9]+)(?:[.,](?P<fraction>[0-9]{1,6})[0-9]{0,6})?"
)
_INTERVAL = re.compile(
    r"(?:(?P<days>-?[0-9]+) days? ?)?"
    r"(?:(?P<sign>[+-]?)(?P<hours>[0-9]+):(?P<minutes>[0-9]{2}):(?P<seconds>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?)?"
)
_AMOUNT = r"[0-9]+(?:[.,][0-9]+)?"
_ISO = re.compile(
    rf"(?P<sign>[+-]?)P(?:(?P<weeks>{_AMOUNT})W)?(?:(?P<days>{_AMOUNT})D)?"
    rf"(?:T(?=[0-9])(?:(?P<hours>{_AMOUNT})H)?(?:(?P<minutes>{_AMOUNT})M)?(?:(?P<seconds>{_AMOUNT})S)?)?"
)


def parse_date(value: str) -> date | None:
    """Read a date such as ``2026-03-01`` or ``20260301``.

    Returns:
        None if ``value`` has not the form of a date.

    Raises:
        ValueError: If it has the form, but there is no such day.
    """
    if len(value) > MAX_LENGTH:
        return None
    found = _DATE_FORM.fullmatch(value)
    if found is not None:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    try:
        return date.fromisoformat(value) if value.isascii() else None
    except ValueError:
        return None


def parse_time(value: str) -> time | None:
    """Read a time of day such as ``09:15``, ``091500`` or ``09:15:30.25``; an offset after it is left out.

    Returns:
        None if ``value`` has not the form of a time.

    Raises:
        ValueError: If it has the form, but there is no such time.
    """
    if len(value) > MAX_LENGTH:
        return None
    found = _TIME_FORM.fullmatch(value)
    if found is not None:
        return _clock(found)
    try:
        return time.fromisoformat(value).replace(tzinfo=None) if value.isascii() else None
    except ValueError:
        return None


def parse_datetime(value: str) -> datetime | None:
    """Read a date with a time such as ``2026-03-01T09:15:30+02:00``; aware if it names an offset.

    Returns:
        None if ``value`` has not the form of one.

    Raises:
        ValueError: If it has the form, but there is no such moment.
    """
    if len(value) > MAX_LENGTH:
        return None
    found = _MOMENT.fullmatch(value)
    if found is None:
        try:
            return datetime.fromisoformat(value) if value.isascii() else None
        except ValueError:
            return None
    clock = _clock(found)
    moment = datetime.combine(date(int(found["year"]), int(found["month"]), int(found["day"])), clock)
    offset = found["offset"]
    if not offset:
        return moment
    if offset in "zZ":
        return moment.replace(tzinfo=UTC)
    minutes = int(offset[1:3]) * 60 + int(offset[3:].lstrip(":") or 0)
    return moment.replace(tzinfo=get_fixed_timezone(-minutes if offset[0] == "-" else minutes))


def _clock(found: re.Match[str]) -> time:
    fraction = (found["fraction"] or "").ljust(6, "0")
    return time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0), int(fraction))


def parse_duration(value: str) -> timedelta | None:
    """Read a span of time.

    Args:
        value: As Python writes it (``3 days, 1:00:00``, ``[-][DD ][[HH:]MM:]SS[.ffffff]``), as ISO 8601 does (``P1W2DT3H``,
            without years and months, which have no fixed length), or as PostgreSQL does (``3 days 04:05:06``).

    Returns:
        None if ``value`` has none of these forms, or is longer than any `timedelta`.
    """
    if len(value) > MAX_LENGTH:
        return None
    try:
        return _clock_span(value) if (found := _ISO.fullmatch(value)) is None else _iso_span(found)
    except OverflowError:
        return None


def _clock_span(value: str) -> timedelta | None:
    found = _CLOCK.fullmatch(value) or (_INTERVAL.fullmatch(value) if value else None)
    if found is None:
        return None
    rest = timedelta(
        hours=int(found["hours"] or 0),
        minutes=int(found["minutes"] or 0),
        seconds=int(found["seconds"] or 0),
        microseconds=int((found["fraction"] or "").ljust(6, "0")),
    )
    # The sign of the clock is its own: "-1 day +0:00:01" is a second later than "-1 day".
    return timedelta(days=int(found["days"] or 0)) + (-rest if found["sign"] == "-" else rest)


def _iso_span(found: re.Match[str]) -> timedelta | None:
    amounts = {
        unit: float(amount.replace(",", "."))
        for unit in ("weeks", "days", "hours", "minutes", "seconds")
        if (amount := found[unit]) is not None
    }
    if not amounts:
        return None
    span = timedelta(**amounts)
    return -span if found["sign"] == "-" else span
