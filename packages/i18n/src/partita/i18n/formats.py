"""How languages write dates and numbers, from CLDR through Babel."""

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from partita.contracts.i18n import TRANSLATOR
from partita.i18n.errors import NumberError
from partita.i18n.languages import babel_locale
from partita.text.formats import ENGLISH, Formats, current_formats

if TYPE_CHECKING:
    from babel import Locale

__all__ = ("currency", "formats_of", "parse_number")

MAX_NUMBER = 200  # characters

_PATTERN = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_LETTERS = {
    "y": "Y", "yy": "y", "yyyy": "Y", "M": "n", "MM": "m", "MMM": "M", "MMMM": "F", "L": "n", "LL": "m", "LLL": "M",
    "LLLL": "F", "d": "j", "dd": "d", "E": "D", "EEE": "D", "EEEE": "l", "h": "g", "hh": "h", "H": "G", "HH": "H",
    "m": "i", "mm": "i", "s": "s", "ss": "s", "a": "A", "b": "A", "B": "A",
}  # fmt: skip


def formats_of(language: str) -> Formats:
    """Return the conventions of a language; plain English keeps those of Django.

    Raises:
        LanguageError: If CLDR does not know it.
    """
    locale = babel_locale(language)
    if language == "en":
        return ENGLISH
    symbols = locale.number_symbols["latn"]
    short, medium, long = (locale.date_formats[size].pattern for size in ("short", "medium", "long"))
    clock = locale.time_formats["short"].pattern
    skeletons = locale.datetime_skeletons
    named = {
        "DATE_FORMAT": _letters(long),
        "TIME_FORMAT": _letters(clock),
        "DATETIME_FORMAT": _together(locale, "long", long, clock),
        "YEAR_MONTH_FORMAT": _letters(str(skeletons.get("yMMMM", "MMMM y"))),
        "MONTH_DAY_FORMAT": _letters(str(skeletons.get("MMMMd", "d MMMM"))),
        "SHORT_DATE_FORMAT": _letters(medium if len(medium) < len(long) and not re.search("MMM", medium) else short),
        "SHORT_DATETIME_FORMAT": _together(locale, "short", short, clock),
    }
    grouping = locale.decimal_formats[None].grouping
    return Formats(
        language=language,
        decimal_separator=symbols["decimal"],
        thousand_separator=symbols["group"],
        grouping=(grouping[0], grouping[1]),
        named=named,
        first_day_of_week=(locale.first_week_day + 1) % 7,
        months=tuple(locale.months["format"]["wide"][number] for number in range(1, 13)),
        months_abbreviated=tuple(locale.months["format"]["abbreviated"][number] for number in range(1, 13)),
        months_alone=tuple(locale.months["stand-alone"]["wide"][number] for number in range(1, 13)),
        weekdays=tuple(locale.days["format"]["wide"][number] for number in range(7)),
        weekdays_abbreviated=tuple(locale.days["format"]["abbreviated"][number] for number in range(7)),
    )


def _together(locale: "Locale", size: str, day: str, clock: str) -> str:
    joined = str(locale.datetime_formats[size])
    return _letters(joined.replace("{1}", day).replace("{0}", clock))


def _letters(pattern: str) -> str:
    """Turn a CLDR pattern (``d. MMMM y``) into format letters (``j. F Y``)."""

    def letter(found: re.Match[str]) -> str:
        if found[2]:
            return _LETTERS.get(found[0], _LETTERS.get(found[2], ""))
        text = found[1] if found[1] is not None else found[0]
        if found[0] == "''":
            text = "'"
        return re.sub(r"([A-Za-z])", r"\\\1", text)

    return _PATTERN.sub(letter, pattern)


def currency(amount: Decimal | float, code: str, language: str | None = None) -> str:
    """Write an amount of money.

    Args:
        amount: In units of the currency.
        code: ISO 4217, such as ``EUR``.
        language: By default the one in force, or English.
    """
    from babel.numbers import format_currency

    translator = TRANSLATOR.get()
    tag = language or (translator.language if translator is not None else "en")
    return format_currency(amount, code, locale=babel_locale(tag))


def parse_number(text: str, formats: Formats | None = None) -> Decimal:
    """Read a number as people of the current language write it: in German ``1.234,5``.

    Args:
        text: At most 200 characters.
        formats: The conventions; by default those in force.

    Raises:
        ValueError: If it is no number in this language.
    """
    formats = formats or current_formats()
    plain = text.strip()
    if len(plain) > MAX_NUMBER:
        raise NumberError(text)
    sign = "-" if plain.startswith("-") else ""
    whole, separator, fraction = plain.lstrip("+-").partition(formats.decimal_separator)
    for space in {formats.thousand_separator, *("\xa0\u202f " if formats.thousand_separator.isspace() else "")}:
        whole = whole.replace(space, "") if _grouped(whole, space, formats.grouping) else whole
    if not re.fullmatch(r"[0-9]*", whole + fraction) or not (whole or fraction) or (separator and not fraction):
        raise NumberError(text)
    try:
        return Decimal(f"{sign}{whole or '0'}.{fraction or '0'}") if separator else Decimal(f"{sign}{whole}")
    except InvalidOperation:
        raise NumberError(text) from None


def _grouped(whole: str, space: str, grouping: tuple[int, ...]) -> bool:
    """Whether separators stand where they belong: ``1.5`` is not 15 in German."""
    groups = whole.split(space)
    if len(groups) < 2:
        return False
    last, before = grouping[0], grouping[-1]
    return (
        len(groups[-1]) == last
        and all(len(group) == before for group in groups[1:-1])
        and 1 <= len(groups[0]) <= before
    )
