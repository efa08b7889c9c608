"""Dates, times and numbers as the current language writes them in forms: what is read, and what is shown."""

from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Final

from partita.text.formats import Formats, chosen_formats, current_formats

__all__ = ("date_input_formats", "datetime_input_formats", "time_input_formats", "write_value")

_DIRECTIVES: Final = {
    "d": "%d", "j": "%d", "m": "%m", "n": "%m", "Y": "%Y", "y": "%y", "H": "%H", "G": "%H", "h": "%I", "g": "%I", "i": "%M",
    "s": "%S", "A": "%p", "a": "%p",
}  # fmt: skip
_CLOCKS: Final = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")


def date_input_formats() -> tuple[str, ...] | None:
    """Return the formats of days in the current language, the first for showing; None if no language is in force."""
    formats = _formats()
    return None if formats is None else _days(formats.named["SHORT_DATE_FORMAT"], formats.named["DATE_FORMAT"])


def time_input_formats() -> tuple[str, ...] | None:
    """Return the formats of times of day, see `date_input_formats`."""
    formats = _formats()
    return None if formats is None else _clocks(formats.named["TIME_FORMAT"])


def datetime_input_formats() -> tuple[str, ...] | None:
    """Return the formats of days with a time of day, and of days alone, see `date_input_formats`."""
    days, clocks = date_input_formats(), time_input_formats()
    return None if days is None or clocks is None else _both(days, clocks)


def write_value(value: object) -> str:
    """Return ``value`` as the current language writes it, so that the field reads it back."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        return text.replace(".", current_formats().decimal_separator)
    for kind, formats, plain in (
        (datetime, datetime_input_formats, "%Y-%m-%d %H:%M:%S"),
        (date, date_input_formats, "%Y-%m-%d"),
        (time, time_input_formats, "%H:%M:%S"),
    ):
        if isinstance(value, kind):
            return value.strftime((formats() or (plain,))[0])
    return str(value)


def _formats() -> Formats | None:
    formats = chosen_formats()
    return None if formats is None or formats.language == "en" else formats


@lru_cache(maxsize=128)
def _days(short: str, long: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for pattern in filter(None, map(_directives, (short, long))):
        if "%d" not in pattern or "%m" not in pattern or "%y" not in pattern.lower():
            continue  # a format for something less than a day
        found |= {pattern.replace("%y", "%Y"): None, pattern.replace("%Y", "%y"): None}
    return tuple(found) or ("%Y-%m-%d",)


@lru_cache(maxsize=128)
def _clocks(clock: str) -> tuple[str, ...]:
    pattern = _directives(clock)
    own: tuple[str, ...] = ()
    if pattern is not None and "%M" in pattern and "%p" not in pattern:
        mark = pattern[pattern.index("%M") - 1]
        own = tuple(pattern.replace("%M", f"%M{rest}") for rest in (f"{mark}%S", f"{mark}%S.%f", ""))
    elif pattern is not None:
        own = (pattern,)
    # The way with seconds and colons comes first if the language has it: it loses nothing when it is shown again.
    return tuple(dict.fromkeys((*own, *_CLOCKS) if pattern is None or ":" not in pattern else (*_CLOCKS, *own)))


@lru_cache(maxsize=128)
def _both(days: tuple[str, ...], clocks: tuple[str, ...]) -> tuple[str, ...]:
    return (*(f"{day}{mark}{clock}" for day in days for clock in clocks for mark in (" ", ", ")), *days)


def _directives(pattern: str) -> str | None:
    """Turn letters of `partita.text.dates.format_date` into directives of `strptime`; None if names of months are needed."""
    parts, literal = [], False
    for letter in pattern:
        if literal or not (letter.isascii() and letter.isalpha()):
            if letter == "\\" and not literal:
                literal = True
                continue
            parts.append("%%" if letter == "%" else letter)
            literal = False
        elif letter in _DIRECTIVES:
            parts.append(_DIRECTIVES[letter])
        else:
            return None
    return "".join(parts)
