"""Statements that carry values from query to table: INSERT … SELECT, UPDATE over joins, RETURNING."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from partita.orm.backends import Backend
from partita.orm.compiler import Compiler
from partita.orm.compiler.by_sqlalchemy import changed_rows
from partita.orm.expressions import Column, Expression, Leaf
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, Loader, Node, instance_loader
from partita.orm.plans import Plan
from partita.orm.query import Query, Selected

__all__ = ("compile_changed_rows", "compile_insert_from", "compile_update_over_joins")

Assigned = Sequence[tuple[Field[Any], Expression]]


def compile_insert_from(
    backend: Backend, meta: Any, query: Query, fields: Sequence[Field[Any]], rest: Assigned, leaves: Sequence[Leaf]
) -> Plan:
    """Compile an INSERT of what a query gives.

    Args:
        backend: Where it runs.
        meta: The options of the model whose table gets the rows.
        query: Gives a value for each of ``fields``.
        fields: Where they go.
        rest: What goes into other columns, the same for all rows.
        leaves: Values.
    """
    outer = Compiler(backend, Query(meta.model), leaves, bare=True)
    inner = Compiler(backend, query.having(related=(), only=None), leaves, outer)
    statement, _ = inner.select()
    if rest:
        rows = _labelled(statement).subquery("chosen")
        statement = select(*rows.c, *[source.compile(outer) for _, source in rest])
    columns = [field.column for field in (*fields, *[field for field, _ in rest])]
    return outer.plan(insert(outer.base).from_select(columns, statement, include_defaults=False))


def compile_update_over_joins(backend: Backend, query: Query, leaves: Sequence[Leaf], assigned: Assigned) -> Plan:
    """Compile an UPDATE of the rows of a query whose values may stand in other tables."""
    outer, statement = _update(backend, query, leaves, assigned)
    return outer.plan(statement)


def compile_changed_rows(backend: Backend, query: Query, leaves: Sequence[Leaf], assigned: Assigned | None) -> Plan:
    """Compile an UPDATE, or a DELETE if nothing is assigned, that gives back the rows."""
    if assigned is None:
        outer, where = changed_rows(backend, query, leaves)
        statement: Any = delete(outer.base).where(*where)
    else:
        outer, statement = _update(backend, query, leaves, assigned)
    model = query.model
    columns = [outer.base.c[field.column] for field in model._meta.fields]
    return outer.plan(statement.returning(*columns), _instances(model, backend.name))


def _update(backend: Backend, query: Query, leaves: Sequence[Leaf], assigned: Assigned) -> tuple[Compiler, Any]:
    keys = query.model._meta.pk_fields
    outer = Compiler(backend, Query(query.model), leaves, bare=True)
    columns = [Selected(field.attname, Column((), field)) for field in keys]
    columns += [Selected(field.attname, source) for field, source in assigned]
    plain = query.having(order=(), related=(), only=None, columns=tuple(columns), form="tuples")
    statement, _ = Compiler(backend, plain, leaves, outer).select()
    # A table of keys and new values: joins that find nothing stay outer ones, and MySQL may read what it changes.
    rows = _labelled(statement).subquery("chosen")
    values = {field.column: rows.c[f"k{place}"] for place, (field, _) in enumerate(assigned, len(keys))}
    chosen = [outer.base.c[field.column] == rows.c[f"k{place}"] for place, field in enumerate(keys)]
    return outer, update(outer.base).values(values).where(*chosen)


def _labelled(statement: Any) -> Any:
    columns = [column.label(f"k{place}") for place, column in enumerate(statement.selected_columns)]
    return statement.with_only_columns(*columns, maintain_column_froms=True)


def _instances(model: Any, dialect: str) -> Loader:
    meta = model._meta
    cells = [Cell(place, field.attname, field.from_driver(dialect)) for place, field in enumerate(meta.fields)]
    key = meta.fields.index(meta.pk_fields[0])
    return instance_loader(Node(model, cells, key, "", None, []), (), len(cells))
