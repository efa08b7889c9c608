"""HTTP dates (RFC 9110, section 5.6.7)."""

import re
from datetime import UTC, datetime

__all__ = ("format_date", "parse_date")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)"
# Compiled when the first date is read: a program that only serves may never read one.
_FIXDATE = rf"[A-Z][a-z]{{2}}, ([0-3][0-9]) ([A-Z][a-z]{{2}}) ([0-9]{{4}}) {_TIME} GMT"
_RFC850 = rf"[A-Z][a-z]{{5,8}}, ([0-3][0-9])-([A-Z][a-z]{{2}})-([0-9]{{2}}) {_TIME} GMT"
_ASCTIME = rf"[A-Z][a-z]{{2}} ([A-Z][a-z]{{2}}) ([ 0-3][0-9]) {_TIME} ([0-9]{{4}})"


def format_date(moment: datetime | float) -> str:
    """Return ``moment`` as in ``Sun, 06 Nov 1994 08:49:37 GMT``.

    Args:
        moment: With a time zone, or seconds since 1970.
    """
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    if moment.tzinfo is None:
        raise ValueError("a date for a header needs a time zone")
    m = moment.astimezone(UTC)
    return f"{_DAYS[m.weekday()]}, {m.day:02} {_MONTHS[m.month - 1]} {m.year:04} {m.hour:02}:{m.minute:02}:{m.second:02} GMT"


def parse_date(value: str, now: datetime | None = None) -> datetime | None:
    """Read any of the three forms of an HTTP date; None if it is none of them, which recipients ignore.

    Args:
        value: Of a header such as ``If-Modified-Since``.
        now: Decides the century of two-digit years; the current time by default.
    """
    if found := re.fullmatch(_FIXDATE, value):
        day, month, year, *time = found.groups()
    elif found := re.fullmatch(_RFC850, value):
        day, month, year, *time = found.groups()
        this = (now or datetime.now(UTC)).year
        year = str(this - this % 100 + int(year) - (100 if int(year) > this % 100 + 50 else 0))
    elif found := re.fullmatch(_ASCTIME, value):
        month, day, *time, year = found.groups()
    else:
        return None
    try:
        hour, minute, second = (int(part) for part in time)
        return datetime(int(year), _NUMBERS[month], int(day), hour, minute, min(second, 59), tzinfo=UTC)
    except (KeyError, ValueError):
        return None
