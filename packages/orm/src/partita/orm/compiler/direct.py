"""Statements written as text at once, so that what is asked for the first time need not wait for SQLAlchemy's expressions."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.sql import operators

from partita.orm.compiler.text_select import TextSelect
from partita.orm.expressions import Expression
from partita.orm.expressions.reading import reader
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, Loader, values_loader
from partita.orm.plans import Plan, make_binder
from partita.orm.query import Query
from partita.orm.written import PERCENT, NotPlain, Written, joined, text_of

__all__ = ("Direct", "NotPlain")

_MARK = re.compile("\x02(\\d+)\x03")


class Direct(TextSelect):
    """Writes one statement.

    Raises:
        NotPlain: From every method, if the query asks for more than is written as text.
    """

    def rows(self) -> Plan:
        """The plan of the rows."""
        statement, load = self.select()
        return self.finished(statement.sql, load)

    def one(self, what: str) -> Plan:
        """The plan of one value, a constant of the code, over the rows or for each."""
        return self.finished(self.statement([self._constant(what)], ordered=False).sql)

    def exists(self) -> Plan:
        """The plan of whether there are rows."""
        if self.query.combined is None:
            if self.query.counts_columns:
                return self.finished(
                    self.statement([column.element for column in self._selection()[0]], ordered=False).sql
                )
            return self.one("1")
        return self.finished(f"SELECT 1 FROM ({self._combined()[0].sql}) AS counted LIMIT 1")

    def count(self) -> Plan:
        """The plan of the count of rows."""
        query = self.query
        windows = any(node.windowed for node in query.where)
        if not (query.combined or query.is_sliced or query.distinct or query.aggregates or windows):
            return self.one("count(*)")
        if query.combined is not None:
            inner = self._combined(ordered=query.is_sliced)[0].sql
        else:
            if query.counts_columns:
                columns = [column.element for column in self._selection()[0]]
            else:
                self.conditions()
                grouped = query.grouped is not None
                columns = [self._constant("1")] if grouped else self.keys_of(self.base, query.model)
            inner = self.statement(columns, ordered=False, labelled=True).sql
        return self.finished(f"SELECT count(*) FROM ({inner}) AS counted")

    def aggregate(self, aggregates: Sequence[tuple[str, Expression]], alone: Collection[str] = frozenset()) -> Plan:
        """The plan of one row of aggregates over the rows.

        Args:
            aggregates: Expressions by name.
            alone: The names of those of a whole table that are cheaper in queries of their own; they stay among the others where
                tables are joined.
        """
        where, _ = self.conditions()
        if self.over:
            raise NotPlain
        elements: list[Any] = [source.compile(self) for _, source in aggregates]
        if alone and not (where or self.joins):
            elements = [
                Written(f"(SELECT {element.sql} FROM {self._from})", self) if name in alone else element
                for (name, _), element in zip(aggregates, elements, strict=True)
            ]
            if len(alone) == len(aggregates):  # nothing is left that a table would be read for
                return self.finished(
                    f"SELECT {', '.join([each.sql for each in elements])}", self._loader_of(aggregates)
                )
        self.query = self.query.having(
            annotations=tuple(each for each in self.query.annotations if not each.source.contains_aggregate)
        )
        return self.finished(self.statement(elements, ordered=False).sql, self._loader_of(aggregates))

    def aggregate_of_rows(self, places: Mapping[str, int], aggregates: Sequence[tuple[str, Expression]]) -> Plan:
        """The plan of one row of aggregates over what this query gives; ``places`` are those of its columns, by name."""
        if self.query.combined is None:
            columns = [column.element for column in self._selection()[0]]
            inner = self.statement(columns, ordered=False, labelled=True)
        else:
            inner, _ = self._combined()
        outer = Direct(self.backend, Query(self.query.model), self.leaves, self, table=inner)
        outer._annotations = {name: outer.derived(place) for name, place in places.items()}
        elements = [source.compile(outer) for _, source in aggregates]
        return self.finished(outer.statement(elements, ordered=False).sql, self._loader_of(aggregates))

    def update(self, values: Sequence[tuple[Field[Any], Expression]]) -> Plan:
        """The plan of giving fields of all rows new values."""
        outer, where = self._changed()
        assigned = [f"{self._quote(field.column)}={text_of(source.compile(outer), None)}" for field, source in values]
        if outer.joins:
            raise NotPlain
        return outer.finished(f"UPDATE {outer.base} SET {', '.join(assigned)}{where}")

    def delete(self) -> Plan:
        """The plan of deleting all rows."""
        outer, where = self._changed()
        return outer.finished(f"DELETE FROM {outer.base}{where}")

    def _changed(self) -> "tuple[Direct, str]":
        """Return who writes the change, and its WHERE; joins go into a subquery of keys."""
        backend, leaves = self.backend, self.leaves
        query = self.query.having(related=(), only=None, **({} if self.query.is_sliced else {"order": ()}))
        if not (query.is_sliced or query.aggregates or query.distinct):
            where, _ = self.conditions()
            if self.over:
                raise NotPlain
            if not self.joins:
                return self, f" WHERE {joined(where, 'AND', operators.and_)}" if where else ""
        outer = Direct(backend, Query(query.model), leaves, bare=True)
        inner = Direct(backend, query.having(columns=None).as_operand(), leaves, outer)
        keys = self.keys_of(outer.base, query.model)
        if len(keys) > 1:
            raise NotPlain
        columns = [column.element for column in inner._selection()[0]]
        if self.vendor == "mysql":  # which does not read from the table it changes, unless through a derived one
            found = f"SELECT chosen.k0 FROM ({inner.statement(columns, labelled=True).sql}) AS chosen"
        else:
            found = inner.statement(columns).sql
        return outer, f" WHERE {keys[0].sql} IN ({found})"

    def finished(self, sql: str, load: Loader | None = None) -> Plan:
        """Return the plan of a statement."""
        order: list[int] = []
        mark, numbered = self.backend.placeholder, self.backend.style == "numeric"
        known: dict[str, str] = {}

        def placed(found: re.Match[str]) -> str:
            index = found[1]
            if numbered and index in known:  # the same value needs no second number
                return known[index]
            order.append(int(index))
            known[index] = mark(len(order) - 1)
            return known[index]

        if self.ctes:
            tables = [table for _, table in self.ctes.values()]
            word = "WITH RECURSIVE" if any(table.is_recursive for table in tables) else "WITH"
            sql = f"{word} {', '.join([table.definition for table in tables])} {sql}"
        text = sql.replace(PERCENT, "%%" if self._doubled else "%")
        return Plan(_MARK.sub(placed, text), make_binder(order, self.converters), load)

    def _loader_of(self, sources: Sequence[tuple[str, Expression]]) -> Loader:
        cells = [Cell(index, name, reader(source, self.vendor)) for index, (name, source) in enumerate(sources)]
        return values_loader(cells, len(cells))
