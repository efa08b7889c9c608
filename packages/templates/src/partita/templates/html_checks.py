"""Looks at the HTML of templates: elements that are not closed, and variables where escaping for HTML does not help."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from partita.templates.html_places import HtmlReader, Place, Tag
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode

if TYPE_CHECKING:
    from partita.templates.expressions import FilterExpression
    from partita.templates.tokens import Token

__all__ = ("HtmlProblem", "check_html")

MAX_OPEN = 300  # elements looked through for the one that an end tag closes
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
# Elements whose end tags may be left out (HTML standard, section 13.1.2.4).
OPTIONAL = frozenset({
    "html", "head", "body", "li", "dt", "dd", "p", "rt", "rp", "optgroup", "option", "colgroup", "caption", "thead", "tbody", "tfoot",
    "tr", "td", "th",
})  # fmt: skip
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset"})
_SAFE_IN_SCRIPT = frozenset({"escapejs", "json_script", "floatformat", "length", "yesno", "wordcount", "divisibleby"})


class HtmlProblem(NamedTuple):
    """Something in the HTML of a template."""

    id: str
    line: int
    column: int
    """From 1."""
    text: str
    hint: str = ""


class _Open(NamedTuple):
    name: str
    line: int
    column: int


class _Checker:
    def __init__(self) -> None:
        self.problems: list[HtmlProblem] = []
        self.loose: Counter[str] = Counter()
        """Elements that are opened or closed in one branch of a condition only: nothing is said about them."""

    def nodes(self, nodes: NodeList, reader: HtmlReader, stack: list[_Open]) -> HtmlReader:
        """Read nodes one after the other; return the reader at their end."""
        for node in nodes:
            if isinstance(node, TextNode):
                self.text(node, reader, stack)
            elif isinstance(node, VariableNode):
                self.variable(node, node.filter_expression, reader.place())
                reader.something()
            else:
                reader = self.inner(node, reader, stack)
        return reader

    def inner(self, node: Node, reader: HtmlReader, stack: list[_Open]) -> HtmlReader:
        """Read what is inside a tag: each part begins where the tag stands, and has to leave open what was open."""
        if node.uses_context and not any(True for _ in node.children()):
            reader.something()
        ends: list[HtmlReader] = []
        effects: list[tuple[list[str], list[str]]] = []
        for part in node.children():
            inside: list[_Open] = list(stack)
            ends.append(self.nodes(part, reader.copy(), inside))
            common = 0
            while common < min(len(stack), len(inside)) and stack[common] is inside[common]:
                common += 1
            effects.append(([each.name for each in stack[common:]], [each.name for each in inside[common:]]))
        changed = [effect for effect in effects if effect != ([], [])]
        for closed, opened in changed:
            self.loose.update([*closed, *opened])
        if not ends:
            reader.something()
            return reader
        return next((end for end in ends if end.mode == reader.mode), ends[0])

    def text(self, node: TextNode, reader: HtmlReader, stack: list[_Open]) -> None:
        """Read text and keep account of its elements."""
        for end, tag in reader.read(node.s):
            line, column = _position(node.token, node.s, end)
            if not tag.closing:
                if tag.name not in VOID and not tag.alone:
                    stack.append(_Open(tag.name, line, column))
            elif tag.name not in VOID:
                self.close(tag, line, column, stack)

    def close(self, tag: Tag, line: int, column: int, stack: list[_Open]) -> None:
        """Take the element that an end tag closes from the stack."""
        at = len(stack) - 1
        last = max(0, len(stack) - MAX_OPEN)
        while at >= last and stack[at].name != tag.name and (stack[at].name in OPTIONAL or self.loose[stack[at].name]):
            at -= 1
        if at >= last and stack[at].name == tag.name:
            del stack[at:]
        elif any(each.name == tag.name for each in stack[last:]):
            inner = stack[max(at, last)]
            self.add("templates.W003", inner.line, inner.column, f"<{inner.name}> is not closed before </{tag.name}>", tag.name,
                     inner.name)  # fmt: skip
            while stack.pop().name != tag.name:
                continue
        elif tag.name not in {"html", "head", "body"}:  # a footer that is included closes the page
            self.add("templates.W003", line, column, f"</{tag.name}> closes nothing that is opened here", tag.name)

    def add(self, code: str, line: int, column: int, text: str, *names: str) -> None:
        """Note a problem about elements."""
        self.problems.append(HtmlProblem(code, line, column, text, "\0".join(names)))

    def variable(self, node: Node, expression: "FilterExpression", place: Place) -> None:
        """Say if escaping for HTML is not enough where a variable stands."""
        told = _told(expression, place)
        if told is not None and node.token is not None:
            self.problems.append(HtmlProblem(told[0], node.token.lineno, node.token.column + 1, told[1], told[2]))

    def finish(self, stack: list[_Open]) -> Iterator[HtmlProblem]:
        """Give what was found, but for elements about which nothing can be said."""
        for each in stack:
            if each.name not in OPTIONAL:
                self.add("templates.W003", each.line, each.column, f"<{each.name}> is not closed", each.name)
        for problem in sorted(self.problems, key=lambda problem: (problem.line, problem.column)):
            if problem.id != "templates.W003":
                yield problem
            elif not any(self.loose[name] for name in problem.hint.split("\0")):
                yield problem._replace(hint="")


def check_html(nodes: NodeList) -> Iterator[HtmlProblem]:
    """Check nodes that make up HTML of their own: a template, a block, a partial.

    Args:
        nodes: Of one template.
    """
    checker = _Checker()
    stack: list[_Open] = []
    checker.nodes(nodes, HtmlReader(), stack)
    yield from checker.finish(stack)


def _told(expression: "FilterExpression", place: Place) -> tuple[str, str, str] | None:
    shown = f"{{{{ {expression.token[:60]} }}}}"
    names = {name for name, _, _ in expression.filters}
    if expression.var.constant or expression.var.path[:1] == ("forloop",):
        return None
    if place.mode in {"unquoted", "before value"}:
        return (
            "templates.W004",
            f"{shown} stands in the attribute {place.attribute!r} without quotes around it",
            "A space in the value ends the attribute, and what follows becomes attributes. Put quotes around the value.",
        )
    if place.mode == "quoted" and place.attribute.startswith("on") and not names & _SAFE_IN_SCRIPT:
        return (
            "templates.W005",
            f"{shown} stands in JavaScript, in the attribute {place.attribute!r}",
            "Escaping for HTML is undone before the script runs. Use |escapejs, or a data attribute and an event listener.",
        )
    if place.mode == "quoted" and place.attribute in _URL_ATTRIBUTES:
        scheme = place.value.strip().lower()
        if scheme.startswith(("javascript:", "vbscript:", "data:text/html")):
            return (
                "templates.W006",
                f"{shown} stands in a {scheme.partition(':')[0]}: URL",
                "Escaping for HTML is undone before the script runs. Use an event listener.",
            )
    if place.mode == "raw" and place.element == "script" and not names & _SAFE_IN_SCRIPT:
        return (
            "templates.W005",
            f"{shown} stands in a script",
            "Escaping for HTML does not make values safe in JavaScript. Use |json_script, or |escapejs inside quotes.",
        )
    if place.mode == "raw" and place.element == "style":
        return (
            "templates.W007",
            f"{shown} stands in a style sheet",
            "Escaping for HTML does not make values safe in CSS. Use a class, or a custom property set from a list of values.",
        )
    return None


def _position(token: "Token | None", text: str, end: int) -> tuple[int, int]:
    """Return line and column, from 1, of the tag that ends before ``end``."""
    at = text.rfind("<", 0, end)
    at = 0 if at == -1 else at
    line, column = (token.lineno, token.column) if token is not None else (1, 0)
    breaks = text.count("\n", 0, at)
    if breaks:
        return line + breaks, at - text.rfind("\n", 0, at)
    return line, column + at + 1
