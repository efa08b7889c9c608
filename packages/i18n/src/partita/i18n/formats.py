"""How languages write dates and numbers, from CLDR through Babel."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from partita.contracts.i18n import current_translator
from partita.i18n.languages import babel_locale
from partita.text.formats import ENGLISH, Formats
from partita.text.number_parsing import parse_number

if TYPE_CHECKING:
    from babel import Locale

__all__ = ("adapted", "currency", "formats_of", "parse_number")

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
        # CLDR's short forms may end in two digits, which leave open which century, or which of three parts, is the year.
        "SHORT_DATE_FORMAT": _whole_year(
            _letters(medium if len(medium) < len(long) and not re.search("MMM", medium) else short)
        ),
        "SHORT_DATETIME_FORMAT": _whole_year(_together(locale, "short", short, clock)),
    }
    grouping = locale.decimal_formats[None].grouping
    return Formats(
        language=language,
        decimal_separator=symbols["decimal"],
        thousand_separator=symbols["group"],
        grouping=(grouping[0], grouping[1]),
        named=named,
        input=_input_formats(locale),
        first_day_of_week=(locale.first_week_day + 1) % 7,
        months=tuple(locale.months["format"]["wide"][number] for number in range(1, 13)),
        months_abbreviated=tuple(locale.months["format"]["abbreviated"][number] for number in range(1, 13)),
        months_alone=tuple(locale.months["stand-alone"]["wide"][number] for number in range(1, 13)),
        weekdays=tuple(locale.days["format"]["wide"][number] for number in range(7)),
        weekdays_abbreviated=tuple(locale.days["format"]["abbreviated"][number] for number in range(7)),
    )


def _whole_year(letters: str) -> str:
    return re.sub(r"(?<!\\)y", "Y", letters)


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


def currency(amount: Decimal | float, code: str | None = None, language: str | None = None) -> str:
    """Write an amount of money.

    Args:
        amount: In units of the currency.
        code: ISO 4217, such as ``EUR``; by default the site's, ``[i18n] currency``.
        language: By default the one in force, or English.

    Raises:
        ValueError: If the site has no currency, and ``code`` does not say one.
    """
    from babel.numbers import format_currency

    from partita.i18n.translations import current_translations

    if code is None:
        translations = current_translations()
        code = None if translations is None else translations.currency
        if code is None:
            raise ValueError('no currency: pass one, such as "EUR", or set [i18n] currency = "EUR"')
    translator = current_translator()
    tag = language or (translator.language if translator is not None else "en")
    return format_currency(amount, code, locale=babel_locale(tag))


_TYPED = {"y": "%Y", "yy": "%y", "yyyy": "%Y", "M": "%m", "MM": "%m", "d": "%d", "dd": "%d"}
_CLOCKS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")


def _input_formats(locale: "Locale") -> dict[str, tuple[str, ...]]:
    """Return how people type dates: the numeric forms of CLDR with the whole year, then with two digits, then ISO."""
    days: list[str] = []
    for size in ("short", "medium"):
        pattern = str(locale.date_formats[size].pattern)
        typed = _typed(pattern)
        if typed:
            days += [typed.replace("%y", "%Y"), typed.replace("%Y", "%y")]
    days = list(dict.fromkeys([*days, "%Y-%m-%d"]))
    clocks = list(_CLOCKS)
    if "H" not in str(locale.time_formats["short"].pattern):
        clocks += ["%I:%M:%S %p", "%I:%M %p"]
    moments = tuple(f"{day} {clock}" for day in days for clock in clocks)
    return {"DATE_INPUT_FORMATS": tuple(days), "TIME_INPUT_FORMATS": tuple(clocks), "DATETIME_INPUT_FORMATS": moments}


def _typed(pattern: str) -> str | None:
    """Turn a numeric CLDR pattern (``dd.MM.yy``) into one of `datetime.strptime`; None if it has words."""
    shown: list[str] = []
    # Marks of direction stand in right-to-left patterns; nobody types them.
    for found in _PATTERN.finditer(re.sub("[\u200e\u200f\u061c]", "", pattern)):
        if found[2] is None:
            shown.append((found[1] if found[1] is not None else found[0]).replace("%", "%%"))
        elif found[0] in _TYPED:
            shown.append(_TYPED[found[0]])
        else:
            return None
    return "".join(shown).strip() or None


def adapted(formats: Formats, own: Mapping[str, object]) -> Formats:
    """Return ``formats`` with the fields of ``own`` in place; named and input formats are added to those there are.

    Raises:
        ValueError: If `Formats` has no such field.
    """
    if not own:
        return formats
    unknown = own.keys() - set(Formats._fields)
    if unknown:
        raise ValueError(
            f"formats: no field {', '.join(sorted(unknown))}; expected some of {', '.join(Formats._fields)}"
        )
    changed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in own.items()}
    for name, there in (("named", formats.named), ("input", formats.input)):
        if name in changed:
            given = {key: tuple(value) if isinstance(value, list) else value for key, value in changed[name].items()}
            changed[name] = {**there, **given}
    return formats._replace(**changed)
