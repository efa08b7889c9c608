"""Queries inside of queries."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.expressions.base import Expression, Leaf
from partita.orm.expressions.binding import bound
from partita.orm.expressions.identity import identity_of, shape_of_field
from partita.orm.fields import Field
from partita.orm.sql_elements import exists, not_
from partita.orm.value_types import BOOLEAN

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.expressions.scope import Scope

__all__ = ("Exists", "Subquery", "check_database")


class Subquery(Expression):
    """The single value that a query gives."""

    def __init__(self, queryset: Any, output_field: Field[Any] | None = None) -> None:
        self.query = getattr(queryset, "query", queryset)
        self.using = getattr(queryset, "_using", None)
        self.output_field = output_field

    @property
    def identity(self) -> Hashable:
        """The kind, and the query with its values."""
        return (type(self), self.output_field, self.using, identity_of_query(self.query))

    def resolve(self, scope: "Scope") -> Expression:
        """Return the query with its names of the one around bound."""
        query, multiple = bound(self.query, scope)
        if query is self.query:
            return self
        copy = self.copy()
        copy.query, copy.multiple = query, multiple
        return copy

    @property
    def output(self) -> Field[Any]:
        """As given, else as the one column selected."""
        return self.output_field or self.query.single_output()

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The query's shape, and what it is read as."""
        return (type(self), shape_of_field(self.output_field), self.using, self.query.shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The query in brackets."""
        check_database(self.using, compiler)
        inner: ColumnElement[Any] = compiler.nested(self.query).scalar_subquery()
        return inner


class Exists(Expression):
    """Whether a query gives any row."""

    output_field = BOOLEAN

    def __init__(self, queryset: Any, negated: bool = False) -> None:
        self.query = getattr(queryset, "query", queryset)
        self.using = getattr(queryset, "_using", None)
        self.negated = negated

    @property
    def identity(self) -> Hashable:
        """The kind, and the query with its values."""
        return (type(self), self.negated, self.using, identity_of_query(self.query))

    def resolve(self, scope: "Scope") -> Expression:
        """Return the query with its names of the one around bound."""
        query, multiple = bound(self.query, scope)
        if query is self.query:
            return self
        copy = self.copy()
        copy.query, copy.multiple = query, multiple
        return copy

    def __invert__(self) -> "Exists":
        inverse = type(self)(self.query, not self.negated)
        inverse.using = self.using
        return inverse

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The query's shape."""
        return (type(self), self.negated, self.using, self.query.shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """EXISTS."""
        check_database(self.using, compiler)
        found = exists(compiler.nested(self.query, only_exists=True))
        return not_(found.self_group()) if self.negated else found


def check_database(using: Any, compiler: "Compiler") -> None:
    """See that a query inside is asked of the database of the one around it.

    Args:
        using: The database, or its alias, that the query inside was told to use; None if it was told nothing.
        compiler: Of the query around it.

    Raises:
        ValueError: If it was told to use another one.
    """
    if using is None:
        return
    from partita.orm.databases import current_databases

    database = current_databases()[using] if isinstance(using, str) else using
    if compiler.backend is not database.blocking and compiler.backend is not database.native:
        raise ValueError(
            "Subqueries aren't allowed across different databases. Force the inner query to be evaluated using `list(inner_query)`."
        )


def identity_of_query(query: Any) -> Hashable:
    """Return what is equal for queries that ask the same, with the same values."""
    leaves: list[Leaf] = []
    shape = query.shape(leaves)
    return (shape, tuple([identity_of(leaf.value) for leaf in leaves]))
