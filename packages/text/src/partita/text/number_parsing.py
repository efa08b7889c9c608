"""Numbers read as people of a language write them."""

import unicodedata
from decimal import Decimal
from typing import Any, NamedTuple

from partita.text.errors import NumberError
from partita.text.formats import Formats, current_formats

__all__ = ("parse_number", "plain_number")

MAX_NUMBER = 200  # characters of a number for `parse_number`
MAX_PLAIN = 1000  # characters; what is longer `plain_number` leaves alone
_SPACES = "\xa0\u202f\u2009 "
_APOSTROPHES = "'\u2019"
# Marks of direction stand around what is copied from a page written from right to left; nobody sees them.
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
_MINUS = "-\u2212"


class _Read(NamedTuple):
    negative: bool
    whole: str
    separator: bool
    fraction: str


def parse_number(text: str, formats: Formats | None = None) -> Decimal:
    """Read a number as people of the current language write it: in German ``1.234,5``.

    Digits may be those of any script, such as Arabic ones, but of one script only; with Arabic digits the Arabic separators
    (``٫`` and ``٬``) are understood in every language. At most one sign stands in front.

    Args:
        text: At most 200 characters.
        formats: The conventions; by default those in force.

    Raises:
        ValueError: If it is no number in this language.
    """
    read = _read(text, formats or current_formats()) if len(text) <= MAX_NUMBER else None
    if read is None or (read.separator and not read.fraction):
        raise NumberError(text)
    sign = "-" if read.negative else ""
    return Decimal(f"{sign}{read.whole or '0'}.{read.fraction}" if read.separator else f"{sign}{read.whole}")


def plain_number(value: Any, formats: Formats | None = None) -> Any:
    """Return a number of the current language as Python writes it: in German ``1.234,5`` becomes ``1234.5``.

    Args:
        value: Text. What is no number of the language stays as it is, so ``1.5`` is one and a half in German too, as browsers
            send it from a control of numbers, while ``1.500`` is fifteen hundred. Other values than text come back.
        formats: The conventions; by default those in force.
    """
    if not isinstance(value, str) or len(value) > MAX_PLAIN:
        return value
    read = _read(value, formats or current_formats())
    if read is None:
        return value
    sign = "-" if read.negative else ""
    return f"{sign}{read.whole}.{read.fraction}" if read.separator else sign + read.whole


def _read(text: str, formats: Formats) -> _Read | None:
    plain = text.translate(_UNSEEN).strip()
    sign = plain[:1] if plain[:1] in (*_MINUS, "+") else ""
    whole, separator, fraction = _split(plain[len(sign) :], formats)
    digits = _ascii(whole + fraction)
    if digits is None:
        return None
    return _Read(sign in _MINUS if sign else False, digits[: len(whole)], separator, digits[len(whole) :])


def _split(unsigned: str, formats: Formats) -> tuple[str, bool, str]:
    """Return what stands before the decimal separator without groups, whether there is one, and what stands behind."""
    thousand = formats.thousand_separator
    if "\u066b" in unsigned or "\u066c" in unsigned:  # no language means anything else by them
        decimal, thousand = "\u066b", "\u066c"
    else:
        decimal = formats.decimal_separator
    whole, separator, fraction = unsigned.partition(decimal)
    marks = [thousand]
    if thousand.isspace():
        marks += _SPACES
    elif thousand in _APOSTROPHES:
        marks += _APOSTROPHES
    for mark in marks:
        if mark and mark in whole and _is_grouped(whole.split(mark), formats.grouping or (3,)):
            whole = whole.replace(mark, "")
            break
    return whole, bool(separator), fraction


def _ascii(digits: str) -> str | None:
    """Return decimal digits of one script as 0 to 9, or None if there is anything else, or nothing."""
    if not digits.isdecimal():
        return None
    if digits.isascii():
        return digits
    zero = ord(digits[0]) - unicodedata.decimal(digits[0])
    values = [ord(digit) - zero for digit in digits]
    # Digits of two scripts in one number deceive: the Bengali four looks like an eight.
    return "".join(map(str, values)) if all(0 <= value <= 9 for value in values) else None


def _is_grouped(groups: list[str], grouping: tuple[int, ...]) -> bool:
    """Whether separators stand where they belong: ``1.5`` is not 15 in German."""
    last, before = grouping[0], grouping[-1]
    return (
        len(groups[-1]) == last
        and all(len(group) == before for group in groups[1:-1])
        and 1 <= len(groups[0]) <= before
    )
