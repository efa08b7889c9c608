"""Numbers as text, with the separators of the current language."""

import math
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation

from partita.contracts.i18n import gettext, ngettext
from partita.text.formats import Formats, current_formats

__all__ = ("file_size", "float_format", "number_format")

MAX_DIGITS = 200
"""Numbers with more digits are shown with an exponent: 1e200000000 must not become 200 MB of zeros."""
MAX_BITS = 660
"""Integers of more bits have more than `MAX_DIGITS` digits, and turning all of those into text costs quadratic time."""
_UNITS = ("%s KB", "%s MB", "%s GB", "%s TB", "%s PB")
_PRECISION = Context(prec=MAX_DIGITS * 2 + 20, rounding=ROUND_HALF_EVEN)
_SHORT = Context(prec=19)


def number_format(
    value: float | Decimal | str,
    places: int | None = None,
    group: bool | None = None,
    formats: Formats | None = None,
) -> str:
    """Write a number for people.

    Args:
        value: The number; text has to be one.
        places: Digits after the separator, cut or filled with zeros; None keeps those that are there.
        group: Whether thousands are set apart; None leaves it to the language's setting.
        formats: The conventions; by default those in force.

    Returns:
        The text. Numbers of more than 200 digits get an exponent, infinity and NaN stay words.
    """
    formats = formats or current_formats()
    group = formats.group_numbers if group is None else group
    if isinstance(value, int):  # and bool, which is a number to Python
        if value.bit_length() > MAX_BITS:
            return _exponent(_big(value), places).replace(".", formats.decimal_separator)
        text = str(int(value))
    elif isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        text = _plain(Decimal(repr(value)), places)
    elif isinstance(value, Decimal):
        if not value.is_finite():
            return str(value)
        text = _plain(value, places)
    else:
        text = str(value)
    if "e" in text or "E" in text:
        return text.replace(".", formats.decimal_separator)
    sign = "-" if text.startswith("-") else ""
    whole, _, fraction = text.removeprefix("-").partition(".")
    if places is not None:
        fraction = fraction[:places].ljust(places, "0")
        if sign and not (whole + fraction).strip("0"):
            sign = ""  # cutting has made it zero
    if group:
        whole = _grouped(whole, formats)
    return f"{sign}{whole}{formats.decimal_separator}{fraction}" if fraction else sign + whole


def _plain(value: Decimal, places: int | None) -> str:
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and abs(exponent) + len(digits) > MAX_DIGITS:
        if places is not None and value.adjusted() < -places - 1 and abs(exponent) > MAX_DIGITS:
            return "0" if value >= 0 else "-0"
        return _exponent(value, places)
    return format(value, "f")


def _exponent(value: Decimal, places: int | None) -> str:
    if places is None:
        return format(value, "e") if len(value.as_tuple().digits) <= MAX_DIGITS else format(value, f".{MAX_DIGITS}e")
    return format(value, f".{min(places, MAX_DIGITS)}e")


def _big(value: int) -> Decimal:
    """Return a very large integer to about 19 digits."""
    shift = abs(value).bit_length() - 64
    rounded = _SHORT.multiply(Decimal(abs(value) >> shift), _SHORT.power(Decimal(2), Decimal(shift)))
    return rounded if value > 0 else -rounded


def _grouped(digits: str, formats: Formats) -> str:
    """Set groups of digits apart, from the right; the last size repeats (3, 2 is Indian), and nothing does after -1."""
    # As in C's `localeconv`, a 0 at the end says that the size before it repeats.
    sizes = (
        formats.grouping[:-1] if len(formats.grouping) > 1 and formats.grouping[-1] == 0 else formats.grouping or (3,)
    )
    parts: list[str] = []
    end = len(digits)
    at = 0
    while end > 0:
        size = sizes[min(at, len(sizes) - 1)]
        if size <= 0:
            parts.append(digits[:end])
            break
        parts.append(digits[max(0, end - size) : end])
        end -= size
        at += 1
    return formats.thousand_separator.join(reversed(parts))


def float_format(value: object, argument: object = -1) -> str:
    """Round to a number of places, as the filter ``floatformat`` does.

    Args:
        value: A number, or text that is one.
        argument: Places; negative ones leave out a fraction of zero. A suffix ``g`` groups, ``u`` keeps the plain
            format whatever the language.

    Returns:
        The text, or nothing if ``value`` is no number. Text that stands for more than 200 digits comes back as it is.
    """
    group, plain = None, False
    if isinstance(argument, str):
        text = str(argument)
        while text and text[-1] in "gu":
            group = True if text[-1] == "g" else group
            plain = plain or text[-1] == "u"
            text = text[:-1]
        argument = text or -1
    formats = Formats() if plain else current_formats()
    try:
        number = _decimal(value) if isinstance(value, int) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        try:
            number = Decimal(repr(float(str(value))))
        except (ValueError, InvalidOperation, OverflowError):
            return ""
    try:
        places = int(str(argument))
    except ValueError:
        return str(value)
    if not number.is_finite():
        return str(value)
    _, digits, exponent = number.as_tuple()
    large = isinstance(exponent, int) and abs(exponent) + len(digits) > MAX_DIGITS
    if large and isinstance(value, str):
        return str(value)
    if places < 0 and number == number.to_integral_value(context=_PRECISION):
        places = 0
    places = min(abs(places), MAX_DIGITS)
    if large:
        return number_format(number, places, group, formats)
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _PRECISION)
    return number_format(rounded, places, group, formats)


def file_size(count: object) -> str:
    """Write a number of bytes for people, in powers of 1024, with spaces that do not break.

    Args:
        count: Bytes; what is no number counts as 0.
    """
    try:
        size = int(count)  # type: ignore[call-overload] # whatever it is, the except clause takes it
    except (TypeError, ValueError, OverflowError):
        size = 0
    sign = "-" if size < 0 else ""
    size = abs(size)
    if size < 1024:
        text = ngettext("%(size)d byte", "%(size)d bytes", size) % {"size": size}
    else:
        power = min((size.bit_length() - 1) // 10, len(_UNITS))
        scaled = _PRECISION.divide(_decimal(size), 1024**power)
        if scaled.adjusted() < MAX_DIGITS:
            scaled = scaled.quantize(Decimal("0.1"), context=_PRECISION)
        text = gettext(_UNITS[power - 1]) % number_format(scaled, 1)
    return sign + text.replace(" ", "\xa0")


def _decimal(value: int) -> Decimal:
    return Decimal(value) if value.bit_length() <= MAX_BITS else _big(value)
