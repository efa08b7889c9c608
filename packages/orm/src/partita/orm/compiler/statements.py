"""Whole statements: rows, counts, aggregates, updates, deletions; as text at once where that is possible."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Column as TableColumn
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from partita.orm.aggregates import Max, Min
from partita.orm.backends import Backend
from partita.orm.compiler import by_sqlalchemy
from partita.orm.compiler.direct import Direct, NotPlain
from partita.orm.errors import FieldError
from partita.orm.expressions import Column, Expression, Leaf
from partita.orm.fields.base import Field
from partita.orm.plans import Plan
from partita.orm.query import Query

__all__ = (
    "compile_aggregate",
    "compile_aggregate_of_rows",
    "compile_count",
    "compile_delete",
    "compile_exists",
    "compile_select",
    "compile_update",
)


def compile_select(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for its rows."""
    with suppress(NotPlain):
        return Direct(backend, query, leaves).rows()
    return by_sqlalchemy.rows(backend, query, leaves)


def compile_exists(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for whether it has rows."""
    with suppress(NotPlain):
        return Direct(backend, query, leaves).exists()
    return by_sqlalchemy.exists(backend, query, leaves)


def compile_count(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for the count of its rows."""
    with suppress(NotPlain):
        return Direct(backend, query, leaves).count()
    return by_sqlalchemy.count(backend, query, leaves)


def compile_aggregate(
    backend: Backend, query: Query, leaves: Sequence[Leaf], aggregates: Sequence[tuple[str, Expression]]
) -> Plan:
    """Compile a query for one row of aggregates."""
    if query.is_sliced or query.distinct or query.aggregates or query.combined is not None:
        raise FieldError("aggregate() over slices, distinct rows, groups or combined queries goes through a subquery.")
    with suppress(NotPlain):
        return Direct(backend, query, leaves).aggregate(aggregates, _ends_of_indexes(backend, query, aggregates))
    return by_sqlalchemy.aggregate(backend, query, leaves, aggregates)


def compile_aggregate_of_rows(
    backend: Backend,
    query: Query,
    leaves: Sequence[Leaf],
    places: Mapping[str, int],
    aggregates: Sequence[tuple[str, Expression]],
) -> Plan:
    """Compile one row of aggregates over the rows that a query gives.

    Args:
        backend: Where it runs.
        query: Gives the rows.
        leaves: Values.
        places: What the aggregates call the query's columns, and the places of these.
        aggregates: Expressions by name, resolved to annotations with those names.
    """
    with suppress(NotPlain):
        return Direct(backend, query, leaves).aggregate_of_rows(places, aggregates)
    return by_sqlalchemy.aggregate_of_rows(backend, query, leaves, places, aggregates)


def compile_update(
    backend: Backend,
    query: Query,
    leaves: Sequence[Leaf],
    values: Sequence[tuple[Field[Any], Expression]],
    wanted: Sequence[Field[Any]] = (),
) -> Plan:
    """Compile an UPDATE of the rows of a query; ``wanted`` are columns that it gives back."""
    if not wanted:
        with suppress(NotPlain):
            return Direct(backend, query, leaves, bare=True).update(values)
    return by_sqlalchemy.update(backend, query, leaves, values, wanted)


def compile_delete(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a DELETE of the rows of a query."""
    with suppress(NotPlain):
        return Direct(backend, query, leaves, bare=True).delete()
    return by_sqlalchemy.delete(backend, query, leaves)


def _ends_of_indexes(backend: Backend, query: Query, aggregates: Sequence[tuple[str, Expression]]) -> frozenset[str]:
    """Return the names of the aggregates of a whole table that stand at an end of an index.

    SQLite looks there only if a query asks for nothing else; beside others it compares row by row, which takes as long as a sum.
    """
    meta = query.model._meta.concrete_model._meta
    chosen = query.where or query.tables or query.ctes
    if backend.name != "sqlite" or chosen or not meta.managed or len(aggregates) < 2:
        return frozenset()
    return frozenset([name for name, source in aggregates if _is_end(source, meta)])


def _is_end(source: Expression, meta: Any) -> bool:
    if type(source) not in (Max, Min):
        return False
    extreme: Any = source
    column = extreme.sources[0]
    if extreme.distinct or extreme.filter is not None or extreme.default is not None or type(column) is not Column:
        return False
    return not column.path and column.field.column in _first_of_indexes(meta)


def _first_of_indexes(meta: Any) -> frozenset[str]:
    """Return the columns that an index of all rows begins with."""
    known: frozenset[str] | None = meta._loaders.get("first of indexes")
    if known is None:
        table = meta.table
        keys = [key for key in table.constraints if isinstance(key, PrimaryKeyConstraint | UniqueConstraint)]
        whole = [index for index in table.indexes if index.dialect_options["sqlite"]["where"] is None]
        begun = [[*key.columns][:1] for key in keys] + [[*index.expressions][:1] for index in whole]
        names = [first.name for columns in begun for first in columns if isinstance(first, TableColumn)]
        known = meta._loaders["first of indexes"] = frozenset(names)
    return known
