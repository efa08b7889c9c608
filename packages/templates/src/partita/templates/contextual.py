"""Finds where in HTML each variable stands, and gives it the escaping that holds there; for `Engine` with ``contextual``."""

import html
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from partita.templates import place_escaping as escaping
from partita.templates.errors import TemplateSyntaxError
from partita.templates.html_places import HtmlReader, Tag
from partita.templates.js_places import JsMode, JsReader
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode

if TYPE_CHECKING:
    from partita.templates.tags.inheritance import BlockNode
    from partita.templates.template import Template

__all__ = ("settle_places",)

Escaper = Callable[[Any], str]
URLS = frozenset({
    "action", "background", "cite", "data", "formaction", "href", "icon", "longdesc", "manifest", "ping", "poster", "src",
    "srcset", "xlink:href",
})  # fmt: skip
_PLACES = "block places"
_VALUE = "\ufffc"  # stands for a variable in what is remembered of an attribute
_PLAIN_RAW = frozenset({"title", "textarea"})
_JS: dict[JsMode, Escaper] = {
    "code": escaping.js_value, "single": escaping.js_string, "double": escaping.js_string, "template": escaping.js_template,
}  # fmt: skip
_JS_ATTRIBUTE: dict[JsMode, Escaper] = {
    "code": escaping.js_attribute_value, "single": escaping.js_attribute_string, "double": escaping.js_attribute_string,
    "template": escaping.js_attribute_string,
}  # fmt: skip


class PlaceReader(HtmlReader):
    """An `HtmlReader` that reads scripts as well, and remembers where variables stood in an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.script = JsReader()

    def copy(self) -> "PlaceReader":
        """Return a reader that stands at the same point."""
        made = PlaceReader()
        made.__dict__.update(self.__dict__)
        made.script = self.script.copy()
        return made

    def something(self) -> None:
        """Take note that a value stands here."""
        before = self.value if self.mode in {"quoted", "unquoted"} else ""
        super().something()
        if self.mode in {"quoted", "unquoted"}:
            self.value = before + _VALUE
        elif self.mode == "raw" and self.element == "script":
            self.script.something()

    def _in_raw(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        end = super()._in_raw(text, at, tags)
        if self.element == "script":
            if self.mode == "raw":
                self.script.read(text[at:end])
            else:
                self.script = JsReader()
        return end

    def _in_quoted(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        if self.attribute in URLS and self.value.strip() and not self.value.strip().strip(_VALUE):
            end = text.find(self.quote, at)
            scheme = html.unescape(text[at : end if end != -1 else len(text)])
            first = min((scheme.find(mark) for mark in "/?#" if mark in scheme), default=len(scheme))
            if ":" in scheme[:first]:
                raise TemplateSyntaxError(
                    f"the address in {self.attribute!r} begins with a variable and goes on with ':', so anything could be its "
                    f"scheme. Write the scheme out, or put the whole address into one variable"
                )
        return super()._in_quoted(text, at, tags)

    @property
    def is_plain(self) -> bool:
        """Whether escaping for HTML is all that is needed here."""
        if self.mode == "quoted":
            special = self.attribute in URLS or self.attribute in {"style", "srcdoc"} or self.attribute.startswith("on")
            return not special
        return self.mode in {"text", "comment", "declaration"} or (self.mode == "raw" and self.element in _PLAIN_RAW)

    def escaper(self) -> Escaper | None:
        """Return how a variable is escaped here; None as everywhere in HTML.

        Raises:
            TemplateSyntaxError: If nothing makes a variable safe here.
        """
        if self.is_plain:
            return None
        if self.mode == "tag":
            return escaping.attribute_name
        if self.mode == "raw":
            return self._raw()
        if self.attribute.startswith("on"):
            return self._event()
        if self.mode != "quoted":
            if self.attribute in URLS or self.attribute in {"style", "srcdoc"}:
                raise TemplateSyntaxError(f"a variable in {self.attribute!r} needs quotes around the attribute's value")
            return escaping.unquoted
        if self.attribute == "style":
            return escaping.css_value
        return escaping.srcdoc if self.attribute == "srcdoc" else self._address()

    def _raw(self) -> Escaper:
        if self.element == "style":
            return escaping.css_value
        escaper = _JS.get(self.script.mode) if self.element == "script" else None
        if escaper is None:
            raise TemplateSyntaxError(
                f"a variable cannot be made safe here in <{self.element}>: in a comment, a regular expression, or code inside of a "
                "template literal. Put it into a variable of the script first: const name = {{ ... }};"
            )
        return escaper

    def _event(self) -> Escaper:
        reader = JsReader()
        for number, part in enumerate(html.unescape(self.value).split(_VALUE)):
            if number:
                reader.something()
            reader.read(part)
        escaper = _JS_ATTRIBUTE.get(reader.mode)
        if self.mode != "quoted" or escaper is None:
            raise TemplateSyntaxError(
                f"a variable cannot be made safe here in {self.attribute!r}. Put quotes around the attribute, and the variable "
                "into a data attribute"
            )
        return escaper

    def _address(self) -> Escaper:
        before = html.unescape(self.value).strip().lower()
        if "?" in before or "#" in before:
            return escaping.url_query
        if not before or self.attribute == "srcset":
            return escaping.url_start
        if before.startswith(("javascript:", "vbscript:", "data:")):
            raise TemplateSyntaxError(
                f"a variable cannot be made safe in a {before.partition(':')[0]}: address. Use an event listener"
            )
        return escaping.url_part


def settle_places(template: "Template") -> None:
    """Give the variables of a template, and of its parents, their escaping; a second time does nothing.

    Raises:
        TemplateSyntaxError: If nothing makes a variable safe where it stands, or if branches end in different places.
    """
    from partita.templates.checking import known_parents

    if _PLACES in template.extra_data:
        return
    places: dict[str, PlaceReader] = {}
    template.extra_data[_PLACES] = places
    for parent in known_parents(template)[0][1:]:
        settle_places(parent)
        places.update(parent.extra_data[_PLACES])
        template.dependencies.append(parent.loaded)
    walker = _Walker(places)
    if template.extends is None:
        walker.nodes(template.nodelist, PlaceReader())
    else:  # nothing but its blocks is shown
        for block in template.blocks.values():
            walker.block(block)
    for nodes in template.partials.values():
        walker.nodes(nodes, PlaceReader())


class _Walker:
    """Reads nodes in the order in which they are shown.

    Args:
        places: Blocks that stand inside of a tag, among attributes, with the reader as it stands there.
    """

    def __init__(self, places: dict[str, PlaceReader]) -> None:
        self.places = places

    def block(self, block: "BlockNode") -> None:
        """Read the content of a block, which begins in text or among attributes, and ends there."""
        start = self.places.get(block.name) or PlaceReader()
        end = self.nodes(block.nodelist, start.copy())
        if start.mode == "tag" and not _alike(start, end):
            error = TemplateSyntaxError(
                f"the block {block.name!r} begins in a tag and ends in {_told(end)}. Let it end in the tag"
            )
            if block.token is not None and block.nodelist.source is not None:
                error.locate(block.nodelist.source.name, block.token.lineno, block.token.source)
            raise error

    def nodes(self, nodes: NodeList, reader: PlaceReader) -> PlaceReader:
        """Read nodes; return the reader at their end."""
        for node in nodes:
            try:
                reader = self.node(node, reader)
            except TemplateSyntaxError as error:
                if node.token is not None and nodes.source is not None:
                    error.locate(nodes.source.name, node.token.lineno, node.token.source)
                raise
        return reader

    def node(self, node: Node, reader: PlaceReader) -> PlaceReader:
        """Read one node."""
        if isinstance(node, TextNode):
            reader.read(node.s)
            return reader
        if isinstance(node, VariableNode):
            node.escaper = _chosen(node, reader)
            reader.something()
            return reader
        parts = list(node.children())
        if _shows_elsewhere(node):
            return self._apart(node, parts, reader)
        if not parts:
            return self._tag(node, reader)
        return self._inside(node, parts, reader)

    def _apart(self, node: Node, parts: list[NodeList], reader: PlaceReader) -> PlaceReader:
        """Read what may be shown elsewhere, or replaced by another template: it begins in text."""
        from partita.templates.tags.inheritance import BlockNode

        if isinstance(node, BlockNode):
            if reader.mode == "tag":
                self.places[node.name] = reader.copy()
            elif not reader.is_plain:
                raise TemplateSyntaxError(
                    "a block cannot stand in a script, a style, or an attribute that is more than text"
                )
            self.block(node)
            reader.something()
            return reader
        if not reader.is_plain:
            raise TemplateSyntaxError(
                "this tag shows what other templates say, so it cannot stand in a tag, a script or a style"
            )
        for part in parts:
            self.nodes(part, PlaceReader())
        reader.something()
        return reader

    def _tag(self, node: Node, reader: PlaceReader) -> PlaceReader:
        """Read a tag without content: what it shows is escaped for HTML, which is not enough everywhere."""
        if not _shows(node):
            return reader
        if not reader.is_plain and not (reader.mode == "tag" or _is_address(reader)):
            raise TemplateSyntaxError(
                "what this tag shows is escaped for HTML only. Store it with 'as name', and show {{ name }}"
            )
        reader.something()
        return reader

    def _inside(self, node: Node, parts: list[NodeList], reader: PlaceReader) -> PlaceReader:
        ends = [self.nodes(part, reader.copy()) for part in parts]
        ends = [end for part, end in zip(parts, ends, strict=True) if len(part)] or [reader]
        if not (len(ends) > 1 and all(_alike(ends[0], end) for end in ends)):
            for end in ends:
                if not _alike(reader, end):
                    raise TemplateSyntaxError(
                        f"the content of this tag begins in {_told(reader)} and ends in {_told(end)}: variables after it would "
                        "stand in one or the other. Let it end where it begins"
                    )
            ends.append(reader)
        last = ends[0]
        last.value = max((end.value for end in ends), key=_strictness)
        return last


def _chosen(node: VariableNode, reader: PlaceReader) -> Escaper | None:
    names = [name for name, _, _ in node.filter_expression.filters]
    in_script = reader.mode == "raw" and reader.element == "script"
    if in_script and names and names[-1] in {"safe", "escapejs", "json_script"}:
        return None  # whoever writes so has seen to it
    escaper = reader.escaper()
    if escaper in {escaping.url_query, escaping.url_part} and names and names[-1] == "urlencode":
        return None  # to encode it twice would change it
    return escaper


def _shows_elsewhere(node: Node) -> bool:
    from partita.templates.library import InclusionNode
    from partita.templates.tags.components import ComponentNode, SlotNode
    from partita.templates.tags.inheritance import BlockNode, IncludeNode, PartialDefNode, PartialNode
    from partita.templates.tags.output import FilterNode

    # What a filter makes of its content is nobody's guess, so that has to stand in text, too.
    kinds = (BlockNode, IncludeNode, PartialNode, PartialDefNode, ComponentNode, SlotNode, InclusionNode, FilterNode)
    return isinstance(node, kinds)


def _shows(node: Node) -> bool:
    """Whether a tag without content shows anything."""
    from partita.templates.tags.components import SilentNode
    from partita.templates.tags.flow import ResetCycleNode
    from partita.templates.tags.inheritance import ExtendsNode
    from partita.templates.tags.output import EmptyNode, RegroupNode

    silent = isinstance(node, SilentNode | ResetCycleNode | ExtendsNode | EmptyNode | RegroupNode)
    return not silent and getattr(node, "target", None) is None


def _is_address(reader: PlaceReader) -> bool:
    return reader.mode == "quoted" and reader.attribute in URLS


def _alike(one: PlaceReader, other: PlaceReader) -> bool:
    if one.mode != other.mode:
        return False
    if one.mode in {"quoted", "unquoted", "before value"}:
        return one.attribute == other.attribute and (one.mode != "quoted" or one.quote == other.quote)
    if one.mode in {"raw", "tag"} and one.element != other.element:
        return False
    return one.mode != "raw" or one.script.mode == other.script.mode


def _strictness(value: str) -> int:
    """How careful one has to be after ``value`` in an address: most in its query, less at its beginning."""
    if "?" in value or "#" in value:
        return 3
    return 1 if value.strip(_VALUE + " ") else 2


def _told(reader: PlaceReader) -> str:
    if reader.mode in {"quoted", "unquoted", "before value"}:
        return f"the attribute {reader.attribute!r}"
    if reader.mode == "raw":
        return f"<{reader.element}>"
    return "a tag" if reader.mode == "tag" else reader.mode
