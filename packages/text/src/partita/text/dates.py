"""Dates and times as text, in Django's (and PHP's) format letters."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from partita.contracts.i18n import gettext, pgettext
from partita.text.formats import Formats, clock_zone, current_formats

__all__ = ("date_format", "format_date", "time_format")

_LETTER = re.compile(r"(?<!\\)([aAbcdDeEfFgGhHiIjlLmMnNoOPrsStTUuwWyYzZ])")
_ESCAPED = re.compile(r"\\(.)")
_TIME_LETTERS = frozenset("aAefgGhHiOPsTuZ")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_MONTHS_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS_AP = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_date(value: date | time, letters: str) -> str:
    """Write a date or a time as ``letters`` say.

    Args:
        value: What to write.
        letters: Each letter stands for a part, for example ``j. F Y, H:i``; a backslash takes its meaning away.

    Raises:
        TypeError: If a letter asks for a part that the value has not.
    """
    pieces = _LETTER.split(letters)
    return "".join(
        _part(value, piece) if at % 2 else _ESCAPED.sub(r"\1", piece) if piece else ""
        for at, piece in enumerate(pieces)
    )


def _part(value: Any, letter: str) -> str:
    if letter not in _TIME_LETTERS and not isinstance(value, date):
        raise TypeError(f"format letter {letter!r} needs a date, got a time")
    if letter in "cU" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat() if letter == "c" else str((value - date(1970, 1, 1)).days * 86400)
    if letter in _TIME_LETTERS and not isinstance(value, datetime | time):
        raise TypeError(f"format letter {letter!r} needs a time, got a date")
    if letter in "IOrTUZ" and isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=clock_zone())  # these letters speak of the current zone if the value has none
        if letter in "IOTZ" and _is_unclear(value):
            return ""
    return str(_PARTS[letter](value))


def _is_unclear(value: datetime) -> bool:
    """Whether the clock shows this time twice, or skips it: nobody said which offset is meant."""
    return value.replace(fold=0).utcoffset() != value.replace(fold=1).utcoffset()


def _twelve(value: Any) -> int:
    return value.hour % 12 or 12


def _clock(value: Any) -> str:
    return f"{_twelve(value)}:{value.minute:02}" if value.minute else str(_twelve(value))


def _press_time(value: Any) -> str:
    if value.minute == 0 and value.hour == 0:
        return gettext("midnight")
    if value.minute == 0 and value.hour == 12:
        return gettext("noon")
    return f"{_clock(value)} {_half_of_day(value)}"


def _half_of_day(value: Any) -> str:
    return gettext("p.m.") if value.hour > 11 else gettext("a.m.")


def _offset(value: Any) -> str:
    seconds = _offset_seconds(value)
    if seconds == "":
        return ""
    minutes = int(seconds) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _offset_seconds(value: Any) -> str:
    offset = value.utcoffset() if isinstance(value, datetime | time) else None
    return "" if offset is None else str(int(offset.total_seconds()))


def _zone_name(value: Any) -> str:
    try:
        return value.tzname() or "" if value.tzinfo is not None else ""
    except NotImplementedError:  # what `datetime.tzinfo` does in a subclass without the method
        return ""


def _month(value: Any, names: str, english: tuple[str, ...]) -> str:
    known: tuple[str, ...] = getattr(current_formats(), names)
    return known[value.month - 1] if known else gettext(english[value.month - 1])


def _weekday(value: Any, names: str, english: tuple[str, ...]) -> str:
    known: tuple[str, ...] = getattr(current_formats(), names)
    return known[value.weekday()] if known else gettext(english[value.weekday()])


def _ordinal(value: Any) -> str:
    if value.day in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(value.day % 10, "th")


def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _unix(value: Any) -> int:
    return (value - _EPOCH) // timedelta(seconds=1) if value.tzinfo is not None else int(value.timestamp())


def _rfc5322(value: Any) -> str:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=clock_zone())
    clock, offset = f"{value:%H:%M:%S}", _offset(value) or "+0000"
    month = _MONTHS_SHORT[value.month - 1].title()
    return f"{_WEEKDAYS_SHORT[value.weekday()]}, {value.day:02} {month} {value.year} {clock} {offset}"


def _alternative_month(value: Any) -> str:
    known = current_formats().months
    return known[value.month - 1] if known else pgettext("alt. month", _MONTHS[value.month - 1])


def _ap_month(value: Any) -> str:
    known = current_formats().months_abbreviated
    return known[value.month - 1] if known else pgettext("abbrev. month", _MONTHS_AP[value.month - 1])


_PARTS: dict[str, Callable[[Any], object]] = {
    "a": _half_of_day,
    "A": lambda value: gettext("PM") if value.hour > 11 else gettext("AM"),
    "b": lambda value: _month(value, "months_abbreviated", _MONTHS_SHORT),
    "c": lambda value: value.isoformat(),
    "d": lambda value: f"{value.day:02}",
    "D": lambda value: _weekday(value, "weekdays_abbreviated", _WEEKDAYS_SHORT),
    "e": _zone_name,
    "E": _alternative_month,
    "f": _clock,
    "F": lambda value: _month(value, "months", _MONTHS),
    "g": _twelve,
    "G": lambda value: value.hour,
    "h": lambda value: f"{_twelve(value):02}",
    "H": lambda value: f"{value.hour:02}",
    "i": lambda value: f"{value.minute:02}",
    "I": lambda value: "" if _dst(value) is None else "1" if _dst(value) else "0",
    "j": lambda value: value.day,
    "l": lambda value: _weekday(value, "weekdays", _WEEKDAYS),
    "L": lambda value: _month_days(value.year, 2) == 29,
    "m": lambda value: f"{value.month:02}",
    "M": lambda value: _month(value, "months_abbreviated", _MONTHS_SHORT).title(),
    "n": lambda value: value.month,
    "N": _ap_month,
    "o": lambda value: value.isocalendar()[0],
    "O": _offset,
    "P": _press_time,
    "r": _rfc5322,
    "s": lambda value: f"{value.second:02}",
    "S": _ordinal,
    "t": lambda value: str(_month_days(value.year, value.month)),
    "T": lambda value: _zone_name(value) or _offset(value),
    "u": lambda value: f"{value.microsecond:06}",
    "U": _unix,
    "w": lambda value: (value.weekday() + 1) % 7,
    "W": lambda value: value.isocalendar()[1],
    "y": lambda value: f"{value.year % 100:02}",
    "Y": lambda value: f"{value.year:04}",
    "z": lambda value: value.timetuple().tm_yday,
    "Z": _offset_seconds,
}


def _dst(value: Any) -> object:
    return value.dst() if isinstance(value, datetime) and value.tzinfo is not None else None


def date_format(value: date | time, name: str | None = None, formats: Formats | None = None) -> str:
    """Write a date.

    Args:
        value: What to write.
        name: Letters, or the name of one of the language's formats such as ``SHORT_DATE_FORMAT``; by default
            ``DATE_FORMAT``.
        formats: The conventions; by default those in force.
    """
    return format_date(value, _letters(name or "DATE_FORMAT", formats))


def time_format(value: time | datetime, name: str | None = None, formats: Formats | None = None) -> str:
    """Write a time; as `date_format`, with ``TIME_FORMAT``."""
    letters = _letters(name or "TIME_FORMAT", formats)
    return format_date(value, letters)


def _letters(name: str, formats: Formats | None) -> str:
    return (formats or current_formats()).named.get(name, name)
