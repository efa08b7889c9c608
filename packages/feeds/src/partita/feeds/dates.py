"""Moments as feeds write them."""

from datetime import UTC, date, datetime, time, tzinfo

from partita.contracts.current import find
from partita.contracts.settings import TIME_ZONE

__all__ = ("application_zone", "rfc2822_date", "rfc3339_date")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def application_zone() -> tzinfo:
    """Return the application's zone, in which times without one are."""
    name = find(TIME_ZONE)
    if not name or name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # most do without

    return ZoneInfo(name)


def rfc2822_date(moment: date) -> str:
    """Return a moment as in ``Fri, 01 May 2026 12:00:00 +0200`` (RFC 2822, section 3.3), whatever the locale; ``-0000`` without a zone.

    A day without a time begins at midnight.

    `email.utils` does the same, but takes as long to import as the rest of this package.
    """
    moment = _with_time(moment)
    offset = f"{moment:%z}"[:5] or "-0000"
    day = f"{_DAYS[moment.weekday()]}, {moment.day:02} {_MONTHS[moment.month - 1]} {moment.year:04}"
    return f"{day} {moment:%H:%M:%S} {offset}"


def rfc3339_date(moment: date) -> str:
    """Return a moment as in ``2026-05-01T12:00:00+02:00`` (RFC 3339); ``Z`` is UTC, and what has no zone."""
    moment = _with_time(moment)
    text = moment.isoformat(timespec="seconds")
    return f"{text}Z" if moment.utcoffset() is None else text.replace("+00:00", "Z")


def _with_time(moment: date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time())
