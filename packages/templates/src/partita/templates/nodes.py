"""The tree of a template, in classes that custom tags may inherit from."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, TypeVar

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.expressions import FilterExpression
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.codegen import Generator
    from partita.templates.sources import Origin, Source

__all__ = ("Node", "NodeList", "TextNode", "VariableNode")

N = TypeVar("N", bound="Node")


class Node:
    """One tag, variable or text.

    A custom tag defines `render`. The tags of this package define `compile` in its place.
    """

    must_be_first: ClassVar[bool] = False
    child_nodelists: ClassVar[tuple[str, ...]] = ("nodelist",)
    token: Token | None = None
    origin: "Origin | None" = None
    """Where the template is from that the node stands in."""
    uses_context: bool = True
    """Whether the node reads or writes the context beyond the variables it names. If not, loops around it keep their
    variables in Python's locals, which is what makes them fast."""

    own_names: ClassVar[frozenset[str]] = frozenset()
    """Names that the expressions of this node use beside those of the context, for the static checker."""
    stateful: bool = False
    """Whether it keeps notes from one time it is shown to the next, which end with the template it stands in."""

    def render(self, context: Context) -> str:
        """Return the output, escaped where it has to be."""
        return NodeList([self]).render(context)

    def compile(self, generator: "Generator") -> None:
        """Write Python that produces the output."""
        generator.call_node(self)

    def problems(self) -> Iterable[str]:
        """Say what can be seen to be wrong before the node is rendered, for the static checker; by default nothing."""
        return ()

    def children(self) -> Iterator["NodeList"]:
        """Iterate over the lists of nodes inside this one."""
        for name in self.child_nodelists:
            nodes = getattr(self, name, None)
            if isinstance(nodes, NodeList):
                yield nodes

    def needs_context(self) -> bool:
        """Whether this node or one inside it uses the context."""
        return self.uses_context or any(nodes.needs_context() for nodes in self.children())

    def get_nodes_by_type(self, kind: type[N]) -> list[N]:
        """Return this node and those inside it that are of ``kind``."""
        found: list[N] = [self] if isinstance(self, kind) else []
        for nodes in self.children():
            found.extend(nodes.get_nodes_by_type(kind))
        return found


class NodeList(list[Node]):
    """Nodes one after the other.

    Args:
        nodes: What it begins with.
        source: The template they come from, for tracebacks.
    """

    def __init__(self, nodes: Iterable[Node] = (), source: "Source | None" = None) -> None:
        super().__init__(nodes)
        self.source = source
        self.contains_nontext = False
        self._functions: dict[bool, Any] = {}

    def render(self, context: Context) -> Markup:
        """Return the output of all of them, for tags that have a body."""
        function = self._functions.get(context.autoescape)
        if function is None:
            from partita.templates.codegen import compile_nodes

            function = self._functions[context.autoescape] = compile_nodes(self, context.autoescape, context.engine)
        output: list[str] = []
        mark = context.mark()
        try:
            function(context, output, context.family, 0)
        finally:
            context.rewind(mark)
        return Markup("".join(output))

    def needs_context(self) -> bool:
        """Whether a node in it uses the context."""
        return any(node.needs_context() for node in self)

    def get_nodes_by_type(self, kind: type[N]) -> list[N]:
        """Return the nodes of ``kind`` in it, at any depth."""
        return [found for node in self for found in node.get_nodes_by_type(kind)]

    def __getitem__(self, at: SupportsIndex | slice) -> Any:
        return list.__getitem__(self, at)


class TextNode(Node):
    """Text that is put out as it is."""

    uses_context = False

    def __init__(self, text: str) -> None:
        self.s = text

    def compile(self, generator: "Generator") -> None:
        generator.text(self.s)

    def __repr__(self) -> str:
        return f"<TextNode: {self.s[:25]!r}>"


class VariableNode(Node):
    """``{{ ... }}``."""

    uses_context = False
    escaper: "Callable[[Any], str] | None" = None
    """What makes the value safe where the variable stands, if that is not what does so anywhere else in HTML."""

    def __init__(self, expression: FilterExpression) -> None:
        self.filter_expression = expression

    def compile(self, generator: "Generator") -> None:
        expression = self.filter_expression
        if expression.var.path == ("block", "super") and not expression.filters and generator.block:
            generator.call_super()
        else:
            generator.show(expression, self.escaper)

    def __repr__(self) -> str:
        return f"<Variable Node: {self.filter_expression}>"
