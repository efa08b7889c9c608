"""Whole statements by way of SQLAlchemy's expressions, for what is not written as text."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, literal_column, select, tuple_
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update

from partita.orm.backends import Backend
from partita.orm.compiler import Compiler
from partita.orm.compiler.joins import Element
from partita.orm.errors import FieldError
from partita.orm.expressions import Column, Expression, Leaf
from partita.orm.expressions.reading import reader
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, values_loader
from partita.orm.plans import Plan
from partita.orm.query import Query

__all__ = (
    "aggregate",
    "aggregate_of_rows",
    "changed_rows",
    "count",
    "delete",
    "exists",
    "rows",
    "update",
)


def rows(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for its rows."""
    compiler = Compiler(backend, query, leaves)
    statement, loader = compiler.select()
    return compiler.plan(statement, loader)


def exists(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for whether it has rows."""
    compiler = Compiler(backend, query, leaves)
    if query.combined is not None:
        inner, _ = compiler.select()
        return compiler.plan(select(literal_column("1")).select_from(inner.subquery("counted")).limit(1))
    if query.counts_columns:
        elements = [column.element for column in compiler._selection()[0]]
        return compiler.plan(compiler.statement(elements, ordered=False))
    return compiler.plan(compiler.statement([literal_column("1")], ordered=False))


def count(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for the count of its rows."""
    compiler = Compiler(backend, query, leaves)
    star = func.count(literal_column("*"))
    windows = any(node.windowed for node in query.where)
    if windows or query.combined is not None or query.is_sliced or query.distinct or query.aggregates:
        if query.combined is not None:
            inner, _ = compiler.select()
            inner = inner.order_by(None) if not query.is_sliced else inner
        elif query.counts_columns:
            inner = compiler.statement([column.element for column in compiler._selection()[0]], ordered=False)
        else:
            keys = [compiler.base.c[column.name] for column in compiler.base.primary_key]
            if query.grouped is not None:
                keys = [literal_column("1").label("one")]
            compiler.conditions()
            inner = compiler.statement(keys, ordered=False)
        return compiler.plan(select(star).select_from(_unique_names(inner).subquery("counted")))
    return compiler.plan(compiler.statement([star], ordered=False))


def _unique_names(statement: Any) -> Any:
    if not isinstance(statement, Select):
        return statement
    selected: Any = statement.selected_columns
    columns = [column.label(f"k{index}") for index, column in enumerate(selected)]
    return statement.with_only_columns(*columns, maintain_column_froms=True)


def aggregate(
    backend: Backend, query: Query, leaves: Sequence[Leaf], aggregates: Sequence[tuple[str, Expression]]
) -> Plan:
    """Compile a query for one row of aggregates."""
    compiler = Compiler(backend, query, leaves)
    compiler.conditions()
    elements = [source.compile(compiler) for _, source in aggregates]
    cells = [Cell(index, name, reader(source, compiler.vendor)) for index, (name, source) in enumerate(aggregates)]
    plain = query.having(annotations=tuple(a for a in query.annotations if not a.source.contains_aggregate))
    compiler.query = plain
    return compiler.plan(compiler.statement(elements, ordered=False), values_loader(cells, len(cells)))


def aggregate_of_rows(
    backend: Backend,
    query: Query,
    leaves: Sequence[Leaf],
    places: Mapping[str, int],
    aggregates: Sequence[tuple[str, Expression]],
) -> Plan:
    """Compile one row of aggregates over the rows that a query gives; see `statements.compile_aggregate_of_rows`."""
    inner = Compiler(backend, query, leaves)
    if query.combined is None:
        columns, _ = inner._selection()
        labelled = [column.element.label(f"k{place}") for place, column in enumerate(columns)]
        statement = inner.statement(labelled, ordered=False)
    else:
        statement, _ = inner.select()
    rows = statement.subquery("found")
    outer = Compiler(backend, Query(query.model), leaves, table=rows, bare=True)
    outer._annotations = {name: rows.c[f"k{place}"] for name, place in places.items()}
    if query.combined is None and query.grouped is None:
        own = [field for field in query.model._meta.fields if field.attname in places]
        outer.columns_of_rows = {field.column: rows.c[f"k{places[field.attname]}"] for field in own}
    try:
        elements = [source.compile(outer) for _, source in aggregates]
    except KeyError as error:
        raise FieldError(f"The rows have no column {error}; aggregates can use {', '.join(places)}.") from None
    cells = [Cell(index, name, reader(source, outer.vendor)) for index, (name, source) in enumerate(aggregates)]
    return outer.plan(select(*elements).select_from(rows), values_loader(cells, len(cells)))


def update(
    backend: Backend,
    query: Query,
    leaves: Sequence[Leaf],
    values: Sequence[tuple[Field[Any], Expression]],
    wanted: Sequence[Field[Any]] = (),
) -> Plan:
    """Compile an UPDATE of the rows of a query; ``wanted`` are columns that it gives back."""
    compiler, where = changed_rows(backend, query, leaves)
    assigned = {field.column: source.compile(compiler) for field, source in values}
    if compiler.joins and not where:
        raise FieldError("Joined field references are not permitted in this query")
    for _, source in values:
        if isinstance(source, Column) and source.path:
            raise FieldError("Joined field references are not permitted in this query")
    statement = sql_update(compiler.base).where(*where).values(assigned)
    if wanted:
        statement = statement.returning(*[compiler.base.c[field.column] for field in wanted])
    return compiler.plan(statement)


def delete(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a DELETE of the rows of a query."""
    compiler, where = changed_rows(backend, query, leaves)
    return compiler.plan(sql_delete(compiler.base).where(*where))


def changed_rows(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> tuple[Compiler, list[Element]]:
    """Return a compiler on the bare table, and the conditions; joins go into a subquery of keys."""
    plain = query.having(order=(), related=(), only=None)
    compiler = Compiler(backend, plain, leaves, bare=True)
    windows = any(node.windowed for node in plain.where)
    if not (plain.is_sliced or plain.aggregates or plain.distinct or windows):
        where, _ = compiler.conditions()
        if not (compiler.joins or plain.ctes):
            return compiler, where
    outer = Compiler(backend, Query(query.model), leaves, bare=True)
    operand = (plain if not plain.is_sliced else plain.having(order=query.order)).having(columns=None).as_operand()
    inner = Compiler(backend, operand, leaves, outer)
    statement, _ = inner.select()
    if backend.name == "mysql":  # MySQL does not read from the table it changes, unless through a derived one
        statement = select(statement.subquery("chosen"))
    keys = list(outer.base.primary_key)
    key: Any = keys[0] if len(keys) == 1 else tuple_(*keys)
    return outer, [key.in_(statement)]
