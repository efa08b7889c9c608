"""Text from messages in MessageFormat 2: variants are chosen and placeholders filled as a language has it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from partita.i18n.languages import babel_locale
from partita.i18n.mf2_syntax import (
    CATCH_ALL,
    Expression,
    Markup,
    Message,
    Value,
    Variable,
    parse_mf2,
)

if TYPE_CHECKING:
    from babel import Locale

__all__ = ("Mf2Message",)

MAX_DIGITS = 40
"""Digits of a number on either side of its point; what has more is no operand of ``:number``."""
_CONTEXT = Context(prec=2 * MAX_DIGITS + 10, rounding=ROUND_HALF_EVEN)
_STYLES = ("short", "medium", "long", "full")
_FIRST, _POP = "\u2068", "\u2069"

Options: TypeAlias = Mapping[str, object]


class _Resolved(NamedTuple):
    """A value with how it is written and how well keys fit it."""

    value: object
    options: Options
    text: str
    choose: "Callable[[str], int | None] | None" = None
    """Returns how well a key fits, the less the better, or None if it does not."""


class _BadOperand(Exception):
    """The value is nothing that the function can write."""


class Mf2Message:
    """One message, ready to be filled.

    Args:
        source: The message; see `parse_mf2`.
        language: The tag of the language that it is in.
        use_isolating: Whether what is filled in is wrapped in the invisible marks U+2068 and U+2069, so that a name written
            from left to right does not mix up a sentence written from right to left.

    Raises:
        MessageSyntaxError: If ``source`` is no message.
        LanguageError: If CLDR does not know the language.
    """

    __slots__ = ("_isolating", "_locale", "_message")

    def __init__(self, source: str, language: str = "en", *, use_isolating: bool = True) -> None:
        self._message: Message = parse_mf2(source)
        self._locale = babel_locale(language)
        self._isolating = use_isolating

    def format(self, arguments: Mapping[str, object] | None = None) -> str:
        """Return the text.

        Args:
            arguments: Strings, numbers, dates and times by name. One that is missing or that its function cannot write is
                shown by its name in braces: a page with a gap is better than none.
        """
        scope = _Scope(arguments or {}, self._locale)
        for name, expression in self._message.declarations:
            scope.declare(name, expression)
        pattern = self._message.variants[0].pattern
        if self._message.selectors:
            pattern = self._chosen([scope.variable(name) for name in self._message.selectors])
        return "".join(self._shown(part, scope) for part in pattern)

    def _shown(self, part: str | Expression | Markup, scope: "_Scope") -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Markup):
            return ""
        text = scope.expression(part).text
        return f"{_FIRST}{text}{_POP}" if self._isolating else text

    def _chosen(self, selectors: "Sequence[_Resolved]") -> tuple[str | Expression | Markup, ...]:
        """Return the best variant: by the first selector, among equals by the next (section "Pattern Selection")."""
        best: tuple[list[int], tuple[str | Expression | Markup, ...]] | None = None
        for variant in self._message.variants:
            ranks: list[int] = []
            for key, selector in zip(variant.keys, selectors, strict=True):
                if not isinstance(key, str):
                    ranks.append(_WORST)
                    continue
                rank = selector.choose(key) if selector.choose is not None else None
                if rank is None:
                    break
                ranks.append(rank)
            else:
                if best is None or ranks < best[0]:
                    best = ranks, variant.pattern
        assert best is not None, f"parse_mf2 asks for a variant of {CATCH_ALL} alone"
        return best[1]


_WORST = 9


class _Scope:
    """The values that a message may name."""

    __slots__ = ("_arguments", "_declared", "_locale")

    def __init__(self, arguments: Mapping[str, object], locale: "Locale") -> None:
        self._arguments, self._locale = arguments, locale
        self._declared: dict[str, _Resolved] = {}

    def declare(self, name: str, expression: Expression) -> None:
        self._declared[name] = self.expression(expression)

    def variable(self, name: str) -> _Resolved:
        found = self._declared.get(name)
        if found is not None:
            return found
        if name not in self._arguments:
            return _missing(f"${name}")
        return _write(None, self._arguments[name], {}, self._locale, f"${name}")

    def expression(self, expression: Expression) -> _Resolved:
        operand, function = expression
        source = _source(operand) if operand is not None else f":{function.name if function else ''}"
        options: dict[str, object] = {}
        value: object = None
        if operand is not None:
            resolved = self.variable(operand.name) if isinstance(operand, Variable) else None
            if resolved is not None and resolved.value is _MISSING:
                return resolved
            if function is None:
                return resolved if resolved is not None else _write(None, str(operand), {}, self._locale, source)
            value, options = (resolved.value, dict(resolved.options)) if resolved is not None else (operand, {})
        if function is None:
            return _missing(source)
        for name, option in function.options.items():
            options[name] = self.variable(option.name).value if isinstance(option, Variable) else option
        return _write(function.name, value, options, self._locale, source)


class _Missing:
    __slots__ = ()


_MISSING = _Missing()


def _missing(source: str) -> _Resolved:
    return _Resolved(_MISSING, {}, f"{{{source}}}")


def _source(operand: Value) -> str:
    if isinstance(operand, Variable):
        return f"${operand.name}"
    escaped = operand.replace("\\", "\\\\").replace("|", "\\|")
    return f"|{escaped}|"


def _write(function: str | None, value: object, options: Options, locale: "Locale", source: str) -> _Resolved:
    if function is None:
        function = _function_for(value)
    writer = _FUNCTIONS.get(function)
    if writer is None:
        return _missing(source)  # a function of another program
    try:
        return writer(value, options, locale)
    except (_BadOperand, ValueError, KeyError, LookupError, ArithmeticError):
        return _missing(source)


def _function_for(value: object) -> str:
    """Return the function for a value that a message names without one."""
    if isinstance(value, bool):
        return "string"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "datetime"
    return "date" if isinstance(value, date) else "time" if isinstance(value, time) else "string"


# -- functions (section "Default Functions") --------------------------------------------------------------------------------


def _string(value: object, options: Options, locale: "Locale") -> _Resolved:
    text = "" if value is None else str(value)
    return _Resolved(text, options, text, lambda key: 0 if key == text else None)


def _number(value: object, options: Options, locale: "Locale") -> _Resolved:
    return _numeric(_decimal(value), options, locale, least=0, most=3)


def _integer(value: object, options: Options, locale: "Locale") -> _Resolved:
    whole = _decimal(value).quantize(Decimal(1), context=_CONTEXT)
    kept = {
        name: each for name, each in options.items() if name not in {"minimumFractionDigits", "maximumFractionDigits"}
    }
    return _numeric(whole, kept, locale, least=0, most=0)


def _offset(value: object, options: Options, locale: "Locale") -> _Resolved:
    number = _decimal(value)
    if ("add" in options) == ("subtract" in options):
        raise _BadOperand
    moved = number + _whole(options.get("add", 0)) - _whole(options.get("subtract", 0))
    rest = {name: each for name, each in options.items() if name not in {"add", "subtract"}}
    return _numeric(moved, rest, locale, least=0, most=3)


def _percent(value: object, options: Options, locale: "Locale") -> _Resolved:
    from babel.numbers import format_percent

    number = _decimal(value)
    most = _whole(options.get("maximumFractionDigits", options.get("minimumFractionDigits", 0)))
    pattern = str(locale.percent_formats[None].pattern)
    least = _whole(options.get("minimumFractionDigits", 0))
    text = format_percent(number, pattern.replace("0", f"0{_fraction(least, most)}", 1) if most else None, locale)
    return _chosen_by_number(number * 100, number, options, text, locale)


def _currency(value: object, options: Options, locale: "Locale") -> _Resolved:
    from babel.numbers import format_currency

    number, code = _decimal(value), str(options["currency"])
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise _BadOperand
    text = format_currency(number, code.upper(), locale=locale)
    return _Resolved(value, options, text)  # money chooses nothing


def _date(value: object, options: Options, locale: "Locale") -> _Resolved:
    from babel.dates import format_date

    found = _moment(value, date.fromisoformat)
    if not isinstance(found, date):
        raise _BadOperand
    return _Resolved(found, options, format_date(found, _style(options, "dateStyle"), locale))


def _time(value: object, options: Options, locale: "Locale") -> _Resolved:
    from babel.dates import format_time

    found = _moment(value, _read_time)
    if not isinstance(found, time | datetime):
        raise _BadOperand
    return _Resolved(found, options, format_time(found, _style(options, "timeStyle", "short"), _zone(found), locale))


def _datetime(value: object, options: Options, locale: "Locale") -> _Resolved:
    from babel.dates import format_datetime

    found = _moment(value, datetime.fromisoformat)
    if not isinstance(found, datetime):
        raise _BadOperand
    return _Resolved(found, options, format_datetime(found, _style(options, "dateStyle"), _zone(found), locale))


_FUNCTIONS: dict[str, Callable[[object, Options, "Locale"], _Resolved]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "offset": _offset,
    "percent": _percent,
    "currency": _currency,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
}


def _decimal(value: object) -> Decimal:
    """Return a number of bounded length."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _BadOperand
    if isinstance(value, int) and value.bit_length() > 4 * MAX_DIGITS:
        raise _BadOperand
    if isinstance(value, str) and len(value) > 2 * MAX_DIGITS:
        raise _BadOperand
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise _BadOperand from None
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > 2 * MAX_DIGITS:
        raise _BadOperand
    return number


def _whole(option: object) -> int:
    number = int(str(option)[:MAX_DIGITS])
    if not 0 <= number <= MAX_DIGITS:
        raise _BadOperand
    return number


def _fraction(least: int, most: int) -> str:
    return f".{'0' * least}{'#' * (max(least, most) - least)}" if max(least, most) else ""


def _numeric(number: Decimal, options: Options, locale: "Locale", *, least: int, most: int) -> _Resolved:
    from babel.numbers import format_decimal

    if options.get("style") == "percent":
        return _percent(number, options, locale)
    least = _whole(options.get("minimumFractionDigits", least))
    most = _whole(options.get("maximumFractionDigits", max(least, most)))
    shown = number.quantize(Decimal(1).scaleb(-max(least, most)), context=_CONTEXT)
    while -int(shown.as_tuple().exponent) > least and shown.as_tuple().digits[-1] == 0:  # zeros nobody asked for
        shown = shown.quantize(Decimal(1).scaleb(int(shown.as_tuple().exponent) + 1), context=_CONTEXT)
    pattern = str(locale.decimal_formats[None].pattern).split(";")[0]
    groups = pattern.partition(".")[0]
    places = -int(shown.as_tuple().exponent)
    text = format_decimal(
        shown,
        f"{groups}{_fraction(places, places)}",
        locale,
        group_separator=options.get("useGrouping") != "never",
    )
    if options.get("signDisplay") == "always" and shown >= 0:
        text = f"{locale.number_symbols['latn'].get('plusSign', '+')}{text}"
    return _chosen_by_number(shown, number, options, text, locale)


def _chosen_by_number(shown: Decimal, number: Decimal, options: Options, text: str, locale: "Locale") -> _Resolved:
    """Return a number that keys such as ``1`` and ``few`` fit; the categories depend on the digits that are shown."""
    select = options.get("select", "plural")
    category = None
    if select != "exact":
        category = locale.ordinal_form(shown) if select == "ordinal" else locale.plural_form(shown)

    def choose(key: str) -> int | None:
        if key[:1] in "-0123456789" and len(key) <= MAX_DIGITS:
            try:
                return 0 if Decimal(key) == number else None
            except InvalidOperation:
                return None
        return 1 if key == category else None

    return _Resolved(number, options, text, choose)


def _moment(value: object, read: Callable[[str], object]) -> object:
    if isinstance(value, str):
        return read(value[:64])
    return value


def _read_time(text: str) -> object:
    return datetime.fromisoformat(text) if "-" in text.partition("T")[0] else time.fromisoformat(text)


def _zone(value: datetime | time) -> tzinfo | None:
    return value.tzinfo


def _style(options: Options, name: str, usual: str = "medium") -> str:
    style = str(options.get(name, options.get("style", options.get("length", usual))))
    if style not in _STYLES:
        raise _BadOperand
    return style
