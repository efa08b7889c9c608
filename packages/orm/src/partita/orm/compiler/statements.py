"""Whole statements: rows, counts, aggregates, updates, deletions; as text at once where that is possible."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from partita.orm.backends import Backend
from partita.orm.compiler import by_sqlalchemy
from partita.orm.compiler.direct import Direct, NotPlain
from partita.orm.errors import FieldError
from partita.orm.expressions import Expression, Leaf
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
        return Direct(backend, query, leaves).aggregate(aggregates)
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
