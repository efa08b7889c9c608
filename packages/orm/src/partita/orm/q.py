"""Conditions that can be combined: ``Q(name="x") | ~Q(year__lt=1990)``."""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Literal

from partita.orm.expressions import Expression, Scope
from partita.orm.expressions.identity import identity_of
from partita.orm.nodes import Group, condition

__all__ = ("Connector", "Q")

Connector = Literal["AND", "OR", "XOR"]
REFUSED = frozenset({"_connector", "_negated"})
"""Keywords by which a dictionary from outside would change what is asked."""


class Q:
    """Look-ups joined by AND, OR or XOR, perhaps negated.

    Keywords are names of fields and nothing else: a dictionary that came from outside cannot change how they are joined.
    """

    __slots__ = ("children", "connector", "negated")
    AND: Literal["AND"] = "AND"
    OR: Literal["OR"] = "OR"
    XOR: Literal["XOR"] = "XOR"
    conditional = True
    contains_aggregate = False
    windowed = False
    multiple = False

    def __init__(self, *children: Any, **lookups: Any) -> None:
        if REFUSED & lookups.keys():
            name = min(REFUSED & lookups.keys())
            raise TypeError(f"Q takes no {name}. Combine with &, |, ^ and ~, or use Q.create().")
        self.children: tuple[Any, ...] = (*children, *sorted(lookups.items()))
        self.connector: Connector = "AND"
        self.negated = False

    @classmethod
    def create(cls, children: Iterable[Any] = (), connector: Connector = "AND", negated: bool = False) -> "Q":
        """Return a Q of given children; each is a Q, an expression, or a pair of name and value.

        Raises:
            ValueError: If ``connector`` is none of AND, OR, XOR.
        """
        if connector not in ("AND", "OR", "XOR"):
            raise ValueError(f"Q joins with AND, OR or XOR, not {connector!r:.80}.")
        made = cls()
        made.children, made.connector, made.negated = tuple(children), connector, negated
        return made

    def _join(self, other: Any, connector: Connector) -> "Q":
        if not getattr(other, "conditional", False) and not isinstance(other, Expression):
            raise TypeError(f"{other!r:.80} is no condition.")
        if not self:
            return other.copy() if isinstance(other, Q) else Q(other)
        if isinstance(other, Q) and not other:
            return self.copy()
        children: list[Any] = []
        for side in (self, other):
            if isinstance(side, Q) and not side.negated and (side.connector == connector or len(side.children) == 1):
                children.extend(side.children)
            else:
                children.append(side)
        return Q.create(children, connector)

    def __and__(self, other: Any) -> "Q":
        return self._join(other, "AND")

    def __or__(self, other: Any) -> "Q":
        return self._join(other, "OR")

    def __xor__(self, other: Any) -> "Q":
        return self._join(other, "XOR")

    def __invert__(self) -> "Q":
        if len(self.children) == 1 and not self.negated and isinstance(self.children[0], Q):
            return Q.create([self.children[0]], "AND", True)
        return Q.create(self.children, self.connector, not self.negated)

    def copy(self) -> "Q":
        """Return another Q of the same conditions."""
        return Q.create(self.children, self.connector, self.negated)

    def __bool__(self) -> bool:
        return bool(self.children)

    def __str__(self) -> str:
        joined = (
            f"({self.connector}: {', '.join(map(_shown, self.children))})" if self.children else f"({self.connector}: )"
        )
        return f"(NOT {joined})" if self.negated else joined

    def __repr__(self) -> str:
        return f"<Q: {self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Q) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def identity(self) -> Hashable:
        """How the conditions are joined, and which they are."""
        return (self.connector, self.negated, identity_of(self.children))

    def flatten(self) -> Iterator[Any]:
        """Yield this Q, then every expression and value in it, from the outside to the inside."""
        yield self
        for child in self.children:
            inner = child[1] if isinstance(child, tuple) else child
            if hasattr(inner, "flatten"):
                yield from inner.flatten()
            else:
                yield inner

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return path, positional and keyword arguments that make an equal Q with `Q.create`, or Q itself where that does."""
        if self.connector == "AND" and not self.negated:
            return "partita.orm.Q", self.children, {}
        return (
            "partita.orm.Q.create",
            (self.children,),
            {"connector": self.connector, **({"negated": True} if self.negated else {})},
        )

    def resolve(self, scope: Scope) -> Group:
        """Return the condition with its names bound to columns."""
        return Group(
            tuple(
                condition(scope, *child) if isinstance(child, tuple) else _expression(child).resolve(scope)
                for child in self.children
            ),
            self.connector,
            self.negated,
        )


def _expression(child: Any) -> Any:
    if not hasattr(child, "resolve") or isinstance(child, type):
        raise TypeError(
            f"{child!r:.80} is no condition. Name the field, as in title='Emma' or Q(title='Emma'), "
            "and spread a dictionary, as in **conditions."
        )
    return child


def _shown(child: Any) -> str:
    return str(child) if isinstance(child, Q) else repr(child)
