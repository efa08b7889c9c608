"""Tags that change or make output."""

import re
from collections import namedtuple
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.library import Library, parse_arguments
from partita.templates.nodes import Node, NodeList, TextNode
from partita.templates.parser import Parser
from partita.templates.tokens import Token
from partita.text.dates import date_format
from partita.text.formats import clock_zone
from partita.text.html import escape

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("register",)

register = Library()
_BETWEEN_TAGS = re.compile(r">\s+<")
_MARKS = {"openblock": "{%", "closeblock": "%}", "openvariable": "{{", "closevariable": "}}", "openbrace": "{",
          "closebrace": "}", "opencomment": "{#", "closecomment": "#}"}  # fmt: skip


class EmptyNode(Node):
    """Shows nothing."""

    uses_context = False

    def compile(self, generator: "Generator") -> None:
        pass


class AutoescapeNode(Node):
    """``{% autoescape %}``."""

    uses_context = False

    def __init__(self, on: bool, nodelist: NodeList) -> None:
        self.on, self.nodelist = on, nodelist

    def compile(self, generator: "Generator") -> None:
        before, family = generator.autoescape, generator.family
        dynamic = self.nodelist.needs_context()
        number = generator.number()
        if dynamic:
            generator.line(f"a{number} = c.autoescape; c.autoescape = {self.on}")
            generator.line(f"F{number} = {family}.variant({self.on}, {generator.streaming})")
            generator.family = f"F{number}"
        generator.autoescape = self.on
        generator.nodes(self.nodelist)
        generator.autoescape, generator.family = before, family
        if dynamic:
            generator.line(f"c.autoescape = a{number}")


@register.tag
def autoescape(parser: Parser, token: Token) -> Node:
    """``{% autoescape off %} ... {% endautoescape %}``."""
    words = token.split_contents()
    if len(words) != 2 or words[1] not in {"on", "off"}:
        raise TemplateSyntaxError("'autoescape' takes 'on' or 'off'")
    nodelist = parser.parse(("endautoescape",))
    parser.delete_first_token()
    return AutoescapeNode(words[1] == "on", nodelist)


@register.tag
def comment(parser: Parser, token: Token) -> Node:
    """``{% comment "why" %} ... {% endcomment %}``."""
    parser.skip_past("endcomment")
    return EmptyNode()


@register.tag
def verbatim(parser: Parser, token: Token) -> Node:
    """``{% verbatim name %} ... {% endverbatim name %}``: the lexer has left what is between them as text."""
    closing = f"end{token.contents}"
    text: list[str] = []
    while True:
        if not parser.tokens:
            raise TemplateSyntaxError(f"'verbatim' is not closed: expected {{% {closing} %}}")
        piece = parser.next_token()
        if piece.kind == "block" and piece.contents == closing:
            return TextNode("".join(text))
        text.append(piece.source)


@register.tag
def load(parser: Parser, token: Token) -> Node:
    """``{% load a b %}`` or ``{% load name other from library %}``."""
    words = token.contents.split()
    if len(words) >= 4 and words[-2] == "from":
        library = parser.library(words[-1])
        for name in words[1:-2]:
            found = False
            if name in library.tags:
                parser.tags[name] = library.tags[name]
                found = True
            if name in library.filters:
                parser.filters[name] = library.filters[name]
                found = True
            if not found:
                raise TemplateSyntaxError(f"{name!r} is not a valid tag or filter in tag library {words[-1]!r}")
    else:
        for name in words[1:]:
            parser.add_library(parser.library(name))
    return EmptyNode()


class FilterNode(Node):
    """``{% filter %}``."""

    own_names = frozenset({"var"})
    uses_context = False

    def __init__(self, expression: FilterExpression, nodelist: NodeList) -> None:
        self.filter_expr, self.nodelist = expression, nodelist

    def compile(self, generator: "Generator") -> None:
        with generator.captured() as output:
            generator.nodes(self.nodelist)
        local = generator.temporary()
        generator.line(f"{local} = joined({output})")
        with generator.local({"var": local}):
            generator.put(f"str({self.filter_expr.code(generator)})")


@register.tag("filter")
def compile_filter_tag(parser: Parser, token: Token) -> Node:
    """``{% filter upper|cut:"x" %} ... {% endfilter %}``."""
    _, _, rest = token.contents.partition(" ")
    expression = parser.compile_filter(f"var|{rest}")
    for name, _, _ in expression.filters:
        if name in {"escape", "safe"}:
            raise TemplateSyntaxError(f"'filter' does not take {name!r}: use {{% autoescape %}}")
    nodelist = parser.parse(("endfilter",))
    parser.delete_first_token()
    return FilterNode(expression, nodelist)


class SpacelessNode(Node):
    """``{% spaceless %}``."""

    uses_context = False

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def compile(self, generator: "Generator") -> None:
        with generator.captured() as output:
            generator.nodes(self.nodelist)
        generator.put(f"{generator.constant(spaceless_text)}({output})")


def spaceless_text(parts: list[str]) -> str:
    """Take out the white space between tags."""
    return _BETWEEN_TAGS.sub("><", "".join(parts).strip())


@register.tag
def spaceless(parser: Parser, token: Token) -> Node:
    """``{% spaceless %} ... {% endspaceless %}``."""
    nodelist = parser.parse(("endspaceless",))
    parser.delete_first_token()
    return SpacelessNode(nodelist)


class CallNode(Node):
    """A call of a function with values of the template, shown or stored."""

    def __init__(self, function: Any, values: list[FilterExpression], target: str | None, missing: str = "''") -> None:
        self.function, self.values, self.target, self.missing = function, values, target, missing
        self.uses_context = target is not None

    def compile(self, generator: "Generator") -> None:
        values = ", ".join(value.code(generator, self.missing) for value in self.values)
        call = f"{generator.constant(self.function)}({values})"
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = {call}")
        else:
            generator.put(f"{'show' if generator.autoescape else 'raw'}({call})")


@register.tag
def now(parser: Parser, token: Token) -> Node:
    """``{% now "Y-m-d" as name %}``."""
    words = token.split_contents()
    target = None
    if len(words) == 4 and words[-2] == "as":
        target = words[-1]
        del words[-2:]
    if len(words) != 2:
        raise TemplateSyntaxError("'now' takes one format")
    return CallNode(current_time, [parser.compile_filter(words[1])], target)


def current_time(letters: str) -> str:
    """Return the current time in the current zone."""
    zone = clock_zone()
    moment = datetime.now(UTC)
    return date_format(moment.astimezone(zone), letters)


class RegroupNode(Node):
    """``{% regroup %}``."""

    own_names = frozenset({"item"})
    uses_context = True

    def __init__(self, source: FilterExpression, key: FilterExpression, target: str) -> None:
        self.source, self.key, self.target = source, key, target

    def compile(self, generator: "Generator") -> None:
        function = generator.temporary()
        local = generator.temporary()
        with generator.indented(f"def {function}({local}):"), generator.local({"item": local}):
            generator.line(f"return {self.key.code(generator, 'None')}")
        grouped = generator.constant(groups)
        generator.line(f"c[{self.target!r}] = {grouped}(items({self.source.code(generator, 'None')}), {function})")


GroupedResult = namedtuple("GroupedResult", ("grouper", "list"))
"""The items that share a value, one of those that ``{% regroup %}`` makes."""


def groups(values: Any, key: Any) -> Any:
    """Group neighbours by ``key``."""
    return [GroupedResult(value, list(members)) for value, members in groupby(values, key)]


@register.tag
def regroup(parser: Parser, token: Token) -> Node:
    """``{% regroup people by city as cities %}``."""
    words = token.split_contents()
    if len(words) != 6 or words[2] != "by" or words[4] != "as":
        raise TemplateSyntaxError("'regroup' should be {% regroup list by attribute as name %}")
    return RegroupNode(parser.compile_filter(words[1]), parser.compile_filter(f"item.{words[3]}"), words[5])


@register.tag
def templatetag(parser: Parser, token: Token) -> Node:
    """``{% templatetag openblock %}``."""
    words = token.contents.split()
    if len(words) != 2 or words[1] not in _MARKS:
        raise TemplateSyntaxError(f"'templatetag' takes one of {', '.join(_MARKS)}")
    return TextNode(_MARKS[words[1]])


@register.tag
def widthratio(parser: Parser, token: Token) -> Node:
    """``{% widthratio value maximum width as name %}``."""
    words = token.split_contents()
    target = None
    if len(words) == 6 and words[4] == "as":
        target = words[5]
        del words[4:]
    if len(words) != 4:
        raise TemplateSyntaxError("'widthratio' takes a value, its maximum and the width")
    return CallNode(ratio, [parser.compile_filter(word) for word in words[1:]], target)


def ratio(value: Any, maximum: Any, width: Any) -> str:
    """Return ``value`` of ``maximum`` as a part of ``width``."""
    try:
        width = int(width)
    except (ValueError, TypeError):
        raise TemplateSyntaxError(f"'widthratio' needs a whole number as width, got {width!r}") from None
    try:
        return str(round(float(value) / float(maximum) * width))
    except ZeroDivisionError:
        return "0"
    except (ValueError, TypeError, OverflowError):
        return ""


class QuerystringNode(Node):
    """``{% querystring %}``."""

    uses_context = True

    def __init__(
        self, source: list[FilterExpression], changes: dict[str, FilterExpression], target: str | None
    ) -> None:
        self.source, self.changes, self.target = source, changes, target

    def compile(self, generator: "Generator") -> None:
        sources = "".join(f"{value.code(generator, 'None')}, " for value in self.source)
        changes = ", ".join(f"{name!r}: {value.code(generator, 'None')}" for name, value in self.changes.items())
        call = f"{generator.constant(query_string)}(c, ({sources}), {{{changes}}})"
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = {call}")
        else:
            generator.put(f"{'show' if generator.autoescape else 'raw'}({call})")


def query_string(context: Context, sources: tuple[Any, ...], changes: Mapping[str, Any]) -> str:
    """Return the request's query, or that of ``sources``, with ``changes``: None removes, a list repeats."""
    query: dict[str, list[str]] = {}
    for source in sources:
        if not hasattr(source, "items"):
            raise TemplateSyntaxError(
                f"querystring requires mappings for positional arguments (got {source!r:.80} instead)."
            )
    if not sources:
        request = context.get("request", context.request)
        if request is None:
            raise TemplateSyntaxError("'querystring' needs the request in the context, or a mapping as its argument")
        sources = (getattr(request, "query", None) or getattr(request, "GET", {}),)
    for source in (*sources, changes):
        for name, values in _lists(source):
            if values is None:
                query.pop(name, None)
            else:
                query[name] = values
    text = urlencode([(name, value) for name, values in query.items() for value in values])
    return f"?{text}"


def _lists(source: Any) -> list[tuple[str, list[str] | None]]:
    """Return names with their values; None takes a name out, and so does a list with nothing but None in it."""
    lists = getattr(source, "lists", None)
    pairs: list[tuple[str, list[str] | None]] = []
    for name, value in lists() if lists is not None else (source or {}).items():
        if not isinstance(name, str):
            raise TemplateSyntaxError(f"querystring requires strings for mapping keys (got {name!r:.80} instead).")
        values = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        kept = [str(each) for each in values if each is not None]
        pairs.append((name, kept or None))
    return pairs


@register.tag
def querystring(parser: Parser, token: Token) -> Node:
    """``{% querystring page=2 color=None as name %}``."""
    words = token.split_contents()[1:]
    target = None
    if len(words) >= 2 and words[-2] == "as":
        target = words[-1]
        del words[-2:]
    source, changes = parse_arguments(parser, words, "querystring")
    return QuerystringNode(source, changes, target)


@register.simple_tag(takes_context=True)
def debug(context: Context) -> Markup:
    """``{% debug %}``: the names of the context, escaped; nothing unless the engine is in debug mode."""
    if context.engine is None or not context.engine.debug:
        return Markup("")
    return escape("\n".join(f"{name}: {value!r:.500}" for name, value in sorted(context.vars.items())))


MAX_LOREM = 100


@register.tag
def lorem(parser: Parser, token: Token) -> Node:
    """``{% lorem 3 p random %}``: filler text in words, paragraphs of HTML, or plain paragraphs."""
    words = token.split_contents()[1:]
    common = not (words and words[-1] == "random")
    if not common:
        words.pop()
    method = words.pop() if words and words[-1] in {"w", "p", "b"} else "b"
    count = parser.compile_filter(words.pop() if words else "1")
    if words:
        raise TemplateSyntaxError(
            "Incorrect format for 'lorem' tag: it takes a number, one of 'w', 'p' and 'b', and 'random'"
        )
    return CallNode(partial({"w": lorem_words, "p": lorem_html, "b": lorem_text}[method], common), [count], None)


def _count(value: Any, most: int) -> int:
    try:
        return max(0, min(int(value), most))
    except (TypeError, ValueError):
        return 1


def lorem_words(common: bool, count: Any) -> str:
    """Return words of filler text."""
    from partita.text.lorem import words

    return words(_count(count, MAX_LOREM * 100), common)


def lorem_text(common: bool, count: Any) -> str:
    """Return plain paragraphs of filler text."""
    return "\n\n".join(_paragraphs(common, count))


def lorem_html(common: bool, count: Any) -> Markup:
    """Return paragraphs of filler text."""
    return Markup("\n\n".join([f"<p>{text}</p>" for text in _paragraphs(common, count)]))


def _paragraphs(common: bool, count: Any) -> list[str]:
    from partita.text.lorem import paragraphs

    return paragraphs(_count(count, MAX_LOREM), common)
