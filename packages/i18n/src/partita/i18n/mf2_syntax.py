"""The syntax of MessageFormat 2, read into a data model (Unicode LDML, part 9, of version 47 on)."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from unicodedata import normalize

from partita.i18n.errors import MessageSyntaxError

__all__ = (
    "CATCH_ALL",
    "Declaration",
    "Expression",
    "Function",
    "Markup",
    "Message",
    "Pattern",
    "Value",
    "Variable",
    "Variant",
    "parse_mf2",
)

MAX_MESSAGE = 20_000
"""Characters of one message."""

_SPACE = "\t\n\r \u3000"
_MARKS = "\u061c\u200e\u200f\u2066-\u2069"
_OPTIONAL = re.compile(f"[{_SPACE}{_MARKS}]*")
_REQUIRED = re.compile(f"[{_MARKS}]*[{_SPACE}][{_SPACE}{_MARKS}]*")
_START = (
    "a-zA-Z+_\xa1-\u061b\u061d-\u167f\u1681-\u1fff\u200b-\u200d\u2010-\u2027\u2030-\u205e\u2060-\u2065\u206a-\u2fff"
    "\u3001-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010fffd"
)
_NAME = re.compile(f"[{_MARKS}]?([{_START}][{_START}0-9.\\-]*)[{_MARKS}]?")
_UNQUOTED = re.compile(f"[{_START}0-9.\\-]+")
_QUOTED = re.compile(r"\|((?:[^\\|\0]++|\\[\\{|}])*+)\|")
_TEXT = re.compile(r"(?:[^\\{}\0]++|\\[\\{|}])++")
_ESCAPE = re.compile(r"\\([\\{|}])")


class Variable(NamedTuple):
    """A value from outside or from a declaration, by name."""

    name: str


Value = str | Variable
"""A literal, or a variable."""


class Function(NamedTuple):
    """What makes text of a value, such as ``:number maximumFractionDigits=2``."""

    name: str
    options: Mapping[str, Value]


class Expression(NamedTuple):
    """A placeholder for text; ``operand`` or ``function`` is there."""

    operand: Value | None
    function: Function | None


class Markup(NamedTuple):
    """A placeholder for an element, such as ``{#link}`` and ``{/link}``; it makes no text."""

    kind: Literal["open", "standalone", "close"]
    name: str
    options: Mapping[str, Value]


Pattern = tuple[str | Expression | Markup, ...]


class _CatchAll:
    """The key ``*``, which fits whatever no other key fits."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "*"


CATCH_ALL = _CatchAll()


class Declaration(NamedTuple):
    """``.input {$count :number}`` or ``.local $name = {...}``."""

    name: str
    expression: Expression


class Variant(NamedTuple):
    """One pattern to choose from."""

    keys: "tuple[str | _CatchAll, ...]"
    pattern: Pattern


class Message(NamedTuple):
    """A whole message; without selectors it has one variant without keys."""

    declarations: tuple[Declaration, ...]
    selectors: tuple[str, ...]
    variants: tuple[Variant, ...]


def parse_mf2(source: str) -> Message:
    """Read a message. The time is proportional to its length, and nothing nests.

    Args:
        source: At most 20 000 characters.

    Raises:
        MessageSyntaxError: If it is no message, or a message that nothing could be chosen from.
    """
    if len(source) > MAX_MESSAGE:
        raise MessageSyntaxError(source, MAX_MESSAGE, f"at most {MAX_MESSAGE} characters")
    return _Parser(source).message()


class _Parser:
    """A cursor over a source."""

    __slots__ = ("_at", "_source")

    def __init__(self, source: str) -> None:
        self._source, self._at = source, 0

    # -- steps ------------------------------------------------------------------------------------------------------

    def _fail(self, expected: str) -> MessageSyntaxError:
        return MessageSyntaxError(self._source, self._at, expected)

    def _looks_at(self, text: str) -> bool:
        return self._source.startswith(text, self._at)

    def _takes(self, text: str) -> bool:
        found = self._looks_at(text)
        if found:
            self._at += len(text)
        return found

    def _needs(self, text: str) -> None:
        if not self._takes(text):
            raise self._fail(repr(text))

    def _space(self) -> None:
        found = _OPTIONAL.match(self._source, self._at)
        if found:
            self._at = found.end()

    def _has_space(self) -> bool:
        found = _REQUIRED.match(self._source, self._at)
        if found:
            self._at = found.end()
        return found is not None

    def _matched(self, pattern: "re.Pattern[str]") -> str | None:
        found = pattern.match(self._source, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[found.lastindex or 0]

    # -- messages ---------------------------------------------------------------------------------------------------

    def message(self) -> Message:
        self._space()
        if not (self._looks_at(".") or self._looks_at("{{")):
            self._at = 0  # space at the beginning of a simple message belongs to it
            pattern = self._pattern()
            if self._at < len(self._source):
                raise self._fail("text; a brace or backslash of the text itself is written \\{, \\} or \\\\")
            return Message((), (), (Variant((), pattern),))
        declarations: list[Declaration] = []
        while self._looks_at(".input") or self._looks_at(".local"):
            declarations.append(self._declaration())
            self._space()
        _check_declarations(self, declarations)
        if self._takes(".match"):
            message = self._matcher(tuple(declarations))
        else:
            message = Message(tuple(declarations), (), (Variant((), self._quoted_pattern()),))
        self._space()
        if self._at < len(self._source):
            raise self._fail("nothing behind the message")
        return message

    def _declaration(self) -> Declaration:
        if self._takes(".input"):
            self._space()
            self._needs("{")
            expression = self._placeholder()
            if not isinstance(expression, Expression) or not isinstance(expression.operand, Variable):
                raise self._fail("a variable in .input, such as .input {$count :number}")
            return Declaration(expression.operand.name, expression)
        self._needs(".local")
        if not self._has_space():
            raise self._fail("space")
        self._needs("$")
        name = self._name()
        self._space()
        self._needs("=")
        self._space()
        self._needs("{")
        expression = self._placeholder()
        if not isinstance(expression, Expression) or Variable(name) in _values(expression):
            raise self._fail(f"an expression that does not speak of ${name} itself")
        return Declaration(name, expression)

    def _matcher(self, declarations: tuple[Declaration, ...]) -> Message:
        selectors: list[str] = []
        while (spaced := self._has_space()) and self._takes("$"):
            selectors.append(self._name())
        if not selectors:
            raise self._fail("a variable to choose by, such as .match $count")
        self._check_selectors(selectors, declarations)
        if not spaced:
            raise self._fail("space between selectors and variants")
        variants: list[Variant] = []
        while self._at < len(self._source):
            variants.append(self._variant(len(selectors)))
            self._space()
        keys = [variant.keys for variant in variants]
        if len(set(keys)) < len(keys):
            raise self._fail("variants of different keys")
        if (CATCH_ALL,) * len(selectors) not in keys:
            raise self._fail(f"a variant for everything else: {' '.join('*' * len(selectors))} {{{{...}}}}")
        return Message(declarations, tuple(selectors), tuple(variants))

    def _check_selectors(self, selectors: list[str], declarations: tuple[Declaration, ...]) -> None:
        made_by = {declaration.name: declaration.expression for declaration in declarations}
        for name in selectors:
            seen = name
            # A declaration speaks only of those before it, so this way has an end.
            while (expression := made_by.get(seen)) is not None and expression.function is None:
                if not isinstance(expression.operand, Variable) or expression.operand.name == seen:
                    break
                seen = expression.operand.name
            if expression is None or expression.function is None:
                raise self._fail(f"a declaration that says what ${name} is, such as .input {{${name} :number}}")

    def _variant(self, count: int) -> Variant:
        keys: list[str | _CatchAll] = []
        spaced = True
        while not self._looks_at("{{"):
            if not spaced:
                raise self._fail("space between keys")
            keys.append(CATCH_ALL if self._takes("*") else normalize("NFC", self._literal()))
            spaced = self._has_space()
            self._space()
        if len(keys) != count:
            raise self._fail(f"{count} keys, one for each selector")
        return Variant(tuple(keys), self._quoted_pattern())

    # -- patterns ---------------------------------------------------------------------------------------------------

    def _quoted_pattern(self) -> Pattern:
        self._needs("{{")
        pattern = self._pattern()
        self._needs("}}")
        return pattern

    def _pattern(self) -> Pattern:
        parts: list[str | Expression | Markup] = []
        while self._at < len(self._source):
            text = self._matched(_TEXT)
            if text is not None:
                parts.append(_ESCAPE.sub(r"\1", text))
            elif self._takes("{"):
                parts.append(self._placeholder())
            else:
                break
        return tuple(parts)

    def _placeholder(self) -> Expression | Markup:
        """Read what stands behind an opening brace, with the closing one."""
        self._space()
        if self._takes("#"):
            return self._markup("open")
        if self._takes("/"):
            return self._markup("close")
        operand = None if self._looks_at(":") else self._value()
        function: Function | None = None
        spaced = self._has_space() if operand is not None else True
        if spaced and self._takes(":"):
            name = self._identifier()
            options, spaced = self._options()
            function = Function(name, options)
        self._attributes(spaced)
        self._needs("}")
        return Expression(operand, function)

    def _markup(self, kind: Literal["open", "close"]) -> Markup:
        name = self._identifier()
        options, spaced = self._options()
        self._attributes(spaced)
        alone = kind == "open" and self._takes("/")
        self._needs("}")
        return Markup("standalone" if alone else kind, name, options)

    def _options(self) -> tuple[dict[str, Value], bool]:
        """Read options; tell whether space stands behind the last of them, too."""
        options: dict[str, Value] = {}
        while spaced := self._has_space():
            if self._at >= len(self._source) or self._source[self._at] in "@/}":
                break
            name = self._identifier()
            if name in options:
                raise self._fail(f"the option {name} once")
            self._space()
            self._needs("=")
            self._space()
            options[name] = self._value()
        return options, spaced

    def _attributes(self, spaced: bool) -> None:
        """Pass over attributes, which are for tools and not for those who read the message."""
        while spaced and self._takes("@"):
            self._identifier()
            back = self._at
            self._space()
            if self._takes("="):
                self._space()
                self._literal()
            else:
                self._at = back
            spaced = self._has_space()
        self._space()

    # -- words ------------------------------------------------------------------------------------------------------

    def _value(self) -> Value:
        return Variable(self._name()) if self._takes("$") else self._literal()

    def _literal(self) -> str:
        quoted = self._matched(_QUOTED)
        if quoted is not None:
            return _ESCAPE.sub(r"\1", quoted)
        unquoted = self._matched(_UNQUOTED)
        if unquoted is None:
            raise self._fail("a value, such as 12, word, |two words| or $name")
        return unquoted

    def _identifier(self) -> str:
        name = self._name()
        return f"{name}:{self._name()}" if self._takes(":") else name

    def _name(self) -> str:
        name = self._matched(_NAME)
        if name is None:
            raise self._fail("a name of letters, digits and _.+-, beginning with no digit")
        return normalize("NFC", name)


def _check_declarations(parser: _Parser, declarations: list[Declaration]) -> None:
    """Refuse a variable that is declared twice, or spoken of before it is declared."""
    seen: set[str] = set()
    for name, expression in declarations:
        used = {value.name for value in _values(expression) if isinstance(value, Variable)}
        if name in seen:
            raise parser._fail(f"one declaration of ${name}, before it is spoken of")
        seen |= {name, *used}


def _values(expression: Expression) -> tuple[Value | None, ...]:
    return (expression.operand, *(expression.function.options.values() if expression.function else ()))
