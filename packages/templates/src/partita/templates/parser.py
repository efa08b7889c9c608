"""The parser: tokens to nodes. Custom tags meet it in its Django shape."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.library import Library
    from partita.templates.template import Source

__all__ = ("Parser",)

MAX_DEPTH = 60  # Python compiles at most 100 levels of indentation

TagFunction = Callable[["Parser", Token], Node]


class Parser:
    """Turns tokens into nodes.

    Args:
        tokens: From `tokenize`.
        libraries: What ``{% load %}`` may name.
        builtins: Libraries that are loaded from the start.
        source: The template, for errors.
    """

    def __init__(
        self,
        tokens: Iterable[Token],
        libraries: "Mapping[str, Callable[[], Library]] | None" = None,
        builtins: "Iterable[Library]" = (),
        source: "Source | None" = None,
    ) -> None:
        self.tokens = list(reversed(list(tokens)))
        self.libraries = dict(libraries or {})
        self.tags: dict[str, TagFunction] = {}
        self.filters: dict[str, Callable[..., Any]] = {}
        self.source = source
        self.extra_data: dict[object, Any] = {}
        self._open: list[tuple[str, Token]] = []
        for library in builtins:
            self.add_library(library)

    def add_library(self, library: "Library") -> None:
        """Make the tags and filters of ``library`` known from here on."""
        self.tags.update(library.tags)
        self.filters.update(library.filters)

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        """Parse up to a tag in ``parse_until``, which stays the next token, or to the end.

        Raises:
            TemplateSyntaxError: If the template does not follow the language, with its line.
        """
        until = tuple(parse_until or ())
        nodes = NodeList(source=self.source)
        while self.tokens:
            token = self.tokens.pop()
            try:
                if token.kind == "text":
                    self._extend(nodes, TextNode(token.contents), token)
                elif token.kind == "variable":
                    if not token.contents:
                        raise TemplateSyntaxError("empty variable: expected a name between {{ and }}")
                    self._extend(nodes, VariableNode(self.compile_filter(token.contents)), token)
                elif token.kind == "block":
                    words = token.contents.split(None, 1)
                    if not words:
                        raise TemplateSyntaxError("empty tag: expected a name between {% and %}")
                    if words[0] in until:
                        self.tokens.append(token)
                        return nodes
                    self._tag(nodes, words[0], token, until)
            except TemplateSyntaxError as error:
                self._locate(error, token)
                raise
        if until:
            self._unclosed(until)
        return nodes

    def _tag(self, nodes: NodeList, name: str, token: Token, until: tuple[str, ...]) -> None:
        function = self.tags.get(name)
        if function is None:
            raise TemplateSyntaxError(self._unknown_tag(name, until))
        if len(self._open) >= MAX_DEPTH:
            raise TemplateSyntaxError(f"tags are nested too deep: expected at most {MAX_DEPTH} levels")
        self._open.append((name, token))
        node = function(self, token)
        self._open.pop()
        self._extend(nodes, node, token)

    def _extend(self, nodes: NodeList, node: Node, token: Token) -> None:
        if node.must_be_first and nodes.contains_nontext:
            raise TemplateSyntaxError(f"{{% {token.contents[:80]} %}} must be the first tag in the template")
        if not isinstance(node, TextNode):
            nodes.contains_nontext = True
        node.token = token
        nodes.append(node)

    def _unknown_tag(self, name: str, until: tuple[str, ...]) -> str:
        if until:
            return f"unexpected tag {name!r}: expected {_either(until)}, or a tag that is loaded ({{% load %}})"
        if name.startswith("end"):
            return f"{name!r} closes nothing: no {name[3:]!r} is open here"
        return f"unknown tag {name!r}: expected a built-in tag or one that is loaded ({{% load %}}){_similar(name, self.tags)}"

    def _unclosed(self, until: tuple[str, ...]) -> None:
        name, token = self._open[-1] if self._open else ("", None)
        error = TemplateSyntaxError(f"{name!r} is not closed: expected {_either(until)}")
        if token is not None:
            self._locate(error, token)
        raise error

    def _locate(self, error: TemplateSyntaxError, token: Token) -> None:
        error.locate(self.source.name if self.source is not None else "", token.lineno, token.source)

    def next_token(self) -> Token:
        """Take the next token."""
        return self.tokens.pop()

    def prepend_token(self, token: Token) -> None:
        """Put a token back."""
        self.tokens.append(token)

    def delete_first_token(self) -> None:
        """Drop the next token, most often the closing tag."""
        del self.tokens[-1]

    def skip_past(self, endtag: str) -> None:
        """Drop everything up to and with the tag ``endtag``."""
        while self.tokens:
            token = self.tokens.pop()
            if token.kind == "block" and token.contents == endtag:
                return
        self._unclosed((endtag,))

    def compile_filter(self, token: str) -> FilterExpression:
        """Parse a variable with its filters."""
        return FilterExpression(token, self.find_filter)

    def find_filter(self, name: str) -> Callable[..., Any]:
        """Return the function of the filter ``name``.

        Raises:
            TemplateSyntaxError: If no loaded library has it.
        """
        function = self.filters.get(name)
        if function is None:
            raise TemplateSyntaxError(
                f"unknown filter {name!r}: expected a built-in one or one that is loaded{_similar(name, self.filters)}"
            )
        return function

    def library(self, name: str) -> "Library":
        """Return the library that ``{% load name %}`` means.

        Raises:
            TemplateSyntaxError: If there is none.
        """
        load = self.libraries.get(name)
        if load is None:
            known = ", ".join(sorted(self.libraries)) or "none"
            raise TemplateSyntaxError(f"no tag library {name!r}; known: {known}")
        return load()


def _similar(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name[:50], known, 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"{{% {name} %}}" for name in names)
