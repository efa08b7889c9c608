"""Comparing HTML by what it means: the order of attributes and classes and the breaking of lines do not count."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TypeAlias

__all__ = ("Element", "count_in", "parse_html")

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_BOOLEAN = frozenset(
    (
        *("allowfullscreen", "async", "autofocus", "autoplay", "checked", "controls", "default", "defer", "disabled"),
        *("formnovalidate", "hidden", "inert", "ismap", "itemscope", "loop", "multiple", "muted", "nomodule"),
        *("novalidate", "open", "playsinline", "readonly", "required", "reversed", "selected"),
    )
)
_VERBATIM = frozenset(("pre", "textarea", "script", "style"))


class Element:
    """A tag with its attributes and what is in it; the whole of a text is an element without a tag."""

    __slots__ = ("attributes", "children", "tag")

    def __init__(self, tag: str, attributes: tuple[tuple[str, str | None], ...] = ()) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and (self.tag, self.attributes, self.children) == (
            other.tag,
            other.attributes,
            other.children,
        )

    __hash__ = None  # type: ignore[assignment]  # it grows while it is read

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield it as text, a line each for tags and texts, to be shown side by side."""
        inside = depth
        if self.tag:
            written = "".join(f" {name}" if value is None else f' {name}="{value}"' for name, value in self.attributes)
            yield f"{'  ' * depth}<{self.tag}{written}>"
            inside += 1
        for child in self.children:
            if isinstance(child, str):
                yield f"{'  ' * inside}{child}"
            else:
                yield from child.lines(inside)


Node: TypeAlias = "Element | str"


def parse_html(text: str) -> Element:
    """Read HTML.

    Raises:
        AssertionError: If tags do not match.
    """
    parser = _Parser()
    parser.feed(text)
    parser.close()
    if len(parser.open) > 1:
        raise AssertionError(f"<{parser.open[-1].tag}> is not closed")
    _tidy(parser.open[0])
    return parser.open[0]


def count_in(needle: Element, haystack: Element) -> int:
    """Return how often what is in ``needle`` stands in ``haystack``, at any depth, one thing behind the other."""
    wanted = needle.children
    if not wanted:
        raise AssertionError("there is nothing to look for")
    if len(wanted) == 1 and isinstance(wanted[0], str):
        return sum(text.count(wanted[0]) for text in _texts(haystack))
    found = at = 0
    while at < len(haystack.children):
        if haystack.children[at : at + len(wanted)] == wanted:
            found += 1
            at += len(wanted)
            continue
        child = haystack.children[at]
        if isinstance(child, Element):
            found += count_in(needle, child)
        at += 1
    return found


def _texts(element: Element) -> Iterator[str]:
    for child in element.children:
        if isinstance(child, str):
            yield child
        else:
            yield from _texts(child)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, tuple(sorted(_attribute(name, value) for name, value in attrs)))
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.open[-1].tag != tag:
            line, column = self.getpos()
            wanted = f"</{self.open[-1].tag}>" if self.open[-1].tag else "no end tag"
            raise AssertionError(f"line {line}, column {column}: found </{tag}>, expected {wanted}")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        children = self.open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)


def _attribute(name: str, value: str | None) -> tuple[str, str]:
    if name == "class":
        return name, " ".join(sorted((value or "").split()))
    # checked, checked="" and checked="checked" are the same.
    if name in _BOOLEAN and (not value or value.lower() == name):
        return name, ""
    return name, value or ""


def _tidy(element: Element) -> None:
    kept: list[Node] = []
    for child in element.children:
        if isinstance(child, Element):
            _tidy(child)
            kept.append(child)
        elif element.tag in _VERBATIM:
            kept.append(child)
        elif text := " ".join(child.split()):
            kept.append(text)
    element.children = kept
