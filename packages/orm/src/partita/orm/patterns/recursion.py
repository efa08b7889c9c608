"""Rows found by following a relation of a model to itself, as far as it leads: WITH RECURSIVE, in one statement."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, select

from partita.orm.errors import FieldError
from partita.orm.expressions import Expression, Leaf
from partita.orm.expressions.subqueries import identity_of_query
from partita.orm.queryset import QuerySet

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Reached", "ancestors", "descendants")

R = TypeVar("R")


class Reached(Expression):
    """The keys of rows, and of all that are reached from them: for the right side of ``__in``.

    ``Category.objects.filter(pk__in=Reached(Category.objects.filter(name="Music"), "parent"))`` is a whole branch. Rows that
    lead back to themselves do no harm: each is taken once.

    Args:
        rows: A query for the rows to begin with.
        by: The foreign key of the model to itself.
        upwards: Follow it from each row to the one it points to, instead of to those that point to it.

    Raises:
        FieldError: If ``by`` is no such foreign key, or ``rows`` is no query for instances.
    """

    def __init__(self, rows: QuerySet[Any], by: str = "parent", *, upwards: bool = False) -> None:
        model = rows.model
        field = model._meta.find(by)[0]
        if field is None or not (field.concrete and field.is_relation) or field.related_model is not model:
            raise FieldError(f"{model.__name__}.{by:.80} is no foreign key of {model.__name__} to itself.")
        if rows.query.columns is not None or rows.query.combined is not None:
            raise FieldError("Begin with a query for instances, neither values() nor a combined one.")
        self.query, self.field, self.upwards = rows.query.having(related=(), only=None).as_operand(), field, upwards
        self.output_field = model._meta.pk

    @property
    def identity(self) -> Hashable:
        """The kind, the relation, and the query with its values."""
        return (Reached, self.field, self.upwards, identity_of_query(self.query))

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The relation and the query's shape."""
        return (Reached, self.field, self.upwards, self.query.shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """A SELECT of keys from a common table expression."""
        pk = self.field.model._meta.pk
        first = compiler.nested(self.query)
        column = next(iter(first.selected_columns)).label("k0")
        begin: Any = first.with_only_columns(column, maintain_column_froms=True)
        if self.query.is_sliced:  # no part of a UNION has an end of its own, unless it is a table
            begin = select(begin.subquery(compiler._alias()).c.k0)
        else:
            begin = begin.order_by(None)
        known = begin.cte(compiler._alias(), recursive=True, nesting=True)
        table = self.field.model._meta.alias(compiler._alias())
        here, there = table.c[pk.column], table.c[self.field.column]
        if self.upwards:
            step = select(there).select_from(table.join(known, here == known.c.k0)).where(there.is_not(None))
        else:
            step = select(here).select_from(table.join(known, there == known.c.k0))
        found: Any = select(known.union(step).c.k0)
        return found  # type: ignore[no-any-return]  # what stands right of IN


def descendants(rows: QuerySet[R], by: str = "parent") -> QuerySet[R]:
    """Return the rows of a query and all below them, in one statement.

    Args:
        rows: A query for instances.
        by: The foreign key of the model to itself.

    Raises:
        FieldError: If ``by`` is no such foreign key.
    """
    return _reached(rows, Reached(rows, by))


def ancestors(rows: QuerySet[R], by: str = "parent") -> QuerySet[R]:
    """Return the rows of a query and all above them, in one statement.

    Args:
        rows: A query for instances.
        by: The foreign key of the model to itself.

    Raises:
        FieldError: If ``by`` is no such foreign key.
    """
    return _reached(rows, Reached(rows, by, upwards=True))


def _reached(rows: QuerySet[R], keys: Reached) -> QuerySet[R]:
    every: QuerySet[R] = QuerySet(rows.model, using=rows._using)
    return every.filter(pk__in=keys)
