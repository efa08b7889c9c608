"""Names of the query around, bound within a query inside once the one around is known."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from partita.orm.expressions.base import Expression
from partita.orm.expressions.names import Outer, OuterRef

if TYPE_CHECKING:
    from partita.orm.expressions.scope import Scope

__all__ = ("bound", "rebuilt")

Change = Callable[[Any], Expression]


def bound(query: Any, scope: "Scope") -> tuple[Any, bool]:
    """Return a query inside of another whose `OuterRef`s know what they stand for, and so of which type they are.

    Besides, return whether one of them stands for something that is reached over many rows.

    Args:
        query: The query inside.
        scope: What names mean in the one around it.
    """

    multiple = False

    def bind(outer: Outer) -> Expression:
        nonlocal multiple
        found = known(outer)
        multiple = multiple or (found.source is not None and found.source.multiple)
        return found

    def known(outer: Outer) -> Outer:
        if outer.source is not None:  # perhaps by what a query further out has, which is known only now
            source = rebuilt(outer.source, bind)
            return outer if source is outer.source else outer.of(source)
        name: Any = outer.name
        return outer.of(name.resolve(scope) if isinstance(name, OuterRef) else scope.column(name))

    return _rebuilt_query(query, bind), multiple


def rebuilt(node: Any, change: Change, wanted: type[Expression] = Outer) -> Any:
    """Return an expression, or several, with each name of the query around changed; the same object if there is none.

    With ``wanted`` expressions of another class are changed, and those in queries inside stay.
    """
    if isinstance(node, wanted):
        return change(node)
    if isinstance(node, tuple):
        kind: Any = type(node)
        parts = [rebuilt(part, change, wanted) for part in node]
        if all(new is old for new, old in zip(parts, node, strict=True)):
            return node
        return kind._make(parts) if hasattr(kind, "_make") else kind(parts)
    if not isinstance(node, Expression):
        return node.rebuilt(change, wanted) if hasattr(node, "rebuilt") else node
    changed = {}
    for name, part in node.__dict__.items():
        if name == "query":
            new = _rebuilt_query(part, change) if wanted is Outer else part
        else:
            new = rebuilt(part, change, wanted)
        if new is not part:
            changed[name] = new
    if not changed:
        return node
    copy = node.copy()
    copy.__dict__.update(changed)
    copy.check_types()
    return copy


def _rebuilt_query(query: Any, change: Change) -> Any:
    changes = {}
    for name in ("where", "order", "annotations", "columns", "grouped", "distinct", "filtered", "combined"):
        part = getattr(query, name)
        new = _rebuilt_combined(part, change) if name == "combined" and part is not None else rebuilt(part, change)
        if new is not part:
            changes[name] = new
    return query.having(**changes) if changes else query


def _rebuilt_combined(combined: Any, change: Change) -> Any:
    kind, queries = combined
    parts = tuple([_rebuilt_query(query, change) for query in queries])
    return combined if all(new is old for new, old in zip(parts, queries, strict=True)) else (kind, parts)
