"""The parser: tokens to nodes. Custom tags meet it in its Django shape."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.library import Library
    from partita.templates.sources import Source

__all__ = ("Parser",)

MAX_DEPTH = 45  # Python compiles at most 100 levels of indentation, and a loop takes two

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
        self.components: dict[str, Any] = {}
        self.source = source
        self.origin = source.origin if source is not None else None
        self.extra_data: dict[object, Any] = {}
        self.failed: Token | None = None
        """What could not be parsed."""
        self._open: list[tuple[str, Token]] = []
        for library in builtins:
            self.add_library(library)

    def add_library(self, library: "Library") -> None:
        """Make the tags and filters of ``library`` known from here on."""
        self.tags.update(library.tags)
        self.filters.update(library.filters)
        self.components.update(library.components)

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
                        raise TemplateSyntaxError(
                            f"Empty variable tag on line {token.lineno}: expected a name between {{{{ and }}}}"
                        )
                    self._extend(nodes, VariableNode(self.compile_filter(token.contents)), token)
                elif token.kind == "block":
                    words = token.contents.split(None, 1)
                    if not words:
                        raise TemplateSyntaxError(
                            f"Empty block tag on line {token.lineno}: expected a name between {{% and %}}"
                        )
                    if words[0] in until:
                        self.tokens.append(token)
                        return nodes
                    self._tag(nodes, words[0], token, until)
            except Exception as error:  # a tag's own function may raise anything
                if self.failed is None:
                    self.failed = token
                if isinstance(error, TemplateSyntaxError):
                    self._locate(error, token)
                raise
        if until:
            self._unclosed(until)
        return nodes

    def _tag(self, nodes: NodeList, name: str, token: Token, until: tuple[str, ...]) -> None:
        function = self.tags.get(name)
        if function is None:
            raise TemplateSyntaxError(self._unknown_tag(name, token.lineno, until))
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
        node.token, node.origin = token, self.origin
        nodes.append(node)

    def _unknown_tag(self, name: str, line: int, until: tuple[str, ...]) -> str:
        expected = f", expected {_either(until)}" if until else ""
        if name.startswith("end") and not until:
            hint = f" Here it closes nothing: no {name[3:]!r} is open."
        else:
            hint = _similar(name, (*until, *self.tags))
        return (
            f"Invalid block tag on line {line}: {name!r}{expected}. Did you forget to register or load this tag?{hint}"
        )

    def _unclosed(self, until: tuple[str, ...]) -> None:
        name, token = self._open[-1] if self._open else ("", None)
        line = token.lineno if token is not None else 0
        error = TemplateSyntaxError(f"Unclosed tag on line {line}: {name!r}. Looking for one of: {', '.join(until)}.")
        if token is not None:
            self.failed = self.failed or token
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
                f"Invalid filter: {name!r}. Expected a built-in one or one that is loaded.{_similar(name, self.filters)}"
            )
        return function

    def library(self, name: str) -> "Library":
        """Return the library that ``{% load name %}`` means.

        Raises:
            TemplateSyntaxError: If there is none.
        """
        load = self.libraries.get(name)
        if load is None:
            known = "\n".join(sorted(self.libraries)) or "(none is known)"
            raise TemplateSyntaxError(f"{name!r} is not a registered tag library. Must be one of:\n{known}")
        return load()


def _similar(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name[:50], known, 1)
    return f" (did you mean {found[0]!r}?)" if found else ""


def _either(names: tuple[str, ...]) -> str:
    quoted = [repr(name) for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
