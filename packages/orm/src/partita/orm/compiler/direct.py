"""Plain SELECTs, written as text at once, so that what is asked for the first time need not wait for SQLAlchemy's expressions.

Columns of tables that are joined by keys, compared with values, in an order: most queries are nothing else. What is more raises
`NotPlain`, and SQLAlchemy writes it; tests hold the two to one another (docs/decisions/0010).
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.sql import operators

from partita.orm.backends import Backend
from partita.orm.compiler import Compiler
from partita.orm.compiler.joins import Join
from partita.orm.compiler.select import default_order
from partita.orm.expressions import Column, Leaf, OrderBy, Param, Value
from partita.orm.fields.base import Field
from partita.orm.lookups.plain import LOOKUPS
from partita.orm.nodes import Condition, Group
from partita.orm.paths import ColumnsStep, Path, Step
from partita.orm.plans import Plan, make_binder
from partita.orm.query import Query

__all__ = ("Direct", "NotPlain")

_ORDERED = frozenset(id(LOOKUPS[name]) for name in ("exact", "gt", "gte", "lt", "lte"))
_COMPARED = _ORDERED | {id(LOOKUPS[name]) for name in ("in", "range", "isnull")}
_LIKE = frozenset(
    id(LOOKUPS[name])
    for name in ("iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
)
_SIGNS: Mapping[Any, str] = MappingProxyType(
    {
        operators.eq: "=",
        operators.gt: ">",
        operators.ge: ">=",
        operators.lt: "<",
        operators.le: "<=",
    }
)
_LIBRARIES = ("sqlalchemy.", "partita.")
_ALL = 18446744073709551615  # what MySQL's manual names for "all the rest"


class NotPlain(Exception):
    """The query asks for more than is written here."""


class Written(str):
    """SQL that answers as SQLAlchemy's elements do, as far as plain comparisons ask.

    Attributes:
        loose: What it needs brackets beside: AND, or both AND and OR.
    """

    loose: frozenset[str] = frozenset()

    def operate(self, operator: Any, other: Any) -> "Written":
        """A comparison of two values."""
        return Written(f"{self} {_SIGNS[operator]} {other}")

    def op(self, name: str, is_comparison: bool) -> Callable[[Any], "Written"]:
        """A comparison by its name."""
        return lambda other: _loose(f"{self} {name} {other}", "AND", "OR")

    def in_(self, several: Sequence[str]) -> "Written":
        """One of several values."""
        return Written(f"{self} IN ({', '.join(several)})")

    def between(self, low: str, high: str) -> "Written":
        """From one value to another."""
        return Written(f"{self} BETWEEN {low} AND {high}")

    def is_(self, nothing: None) -> "Written":
        """NULL."""
        return Written(f"{self} IS NULL")

    def is_not(self, nothing: None) -> "Written":
        """Not NULL."""
        return Written(f"{self} IS NOT NULL")

    def like(self, pattern: str, escape: str = "") -> "Written":
        """A pattern; the escape is one character of ours."""
        end = f" ESCAPE '{escape}'" if escape else ""
        return Written(f"{self} LIKE {pattern}{end}")

    def ilike(self, pattern: str, escape: str) -> "Written":
        """A pattern, without regard to case."""
        end = f" ESCAPE '{escape}'"
        return Written(f"{self} ILIKE {pattern}{end}")

    def asc(self) -> "Written":
        """Smallest first."""
        return Written(f"{self} ASC")

    def desc(self) -> "Written":
        """Greatest first."""
        return Written(f"{self} DESC")

    def nulls_first(self) -> "Written":
        """NULL before others."""
        return Written(f"{self} NULLS FIRST")

    def nulls_last(self) -> "Written":
        """NULL after others."""
        return Written(f"{self} NULLS LAST")


class Direct(Compiler):
    """Writes one plain SELECT, UPDATE or DELETE.

    Args:
        backend: Where it runs.
        query: What is asked.
        leaves: Its values.
        bare: Whether the table keeps its name, as where rows are changed.

    Raises:
        NotPlain: From every method, if the query asks for more.
    """

    def __init__(self, backend: Backend, query: Query, leaves: Sequence[Leaf], *, bare: bool = False) -> None:
        if (
            query.annotations
            or query.lock is not None
            or query.combined is not None
            or query.empty
            or query.filtered
            or query.tables
            or query.plain
            or query.ctes
            or query.ctes
            or query.grouped is not None
            or type(query.distinct) is tuple
        ):
            raise NotPlain
        super().__init__(backend, query, leaves, bare=bare)
        preparer: Any = backend.dialect.identifier_preparer
        self._quoted, self._table_name = preparer.quote, preparer.format_table
        self._name_of_base: str = self._table_name(self.base) if bare else self.base.name
        self._tables: dict[str, str] = {}
        self._bound: list[int] = []

    # -- statements -------------------------------------------------------------------------------------------------

    def rows(self) -> Plan:
        """The plan of the rows."""
        query = self.query
        if query.columns is not None:
            for _, source in query.columns:
                if type(source) is not Column or source.field.is_tuple:
                    raise NotPlain
        columns, load = self._selection()
        if not all(self._ours(column.field) for column in columns):
            raise NotPlain
        distinct = "DISTINCT " if query.distinct else ""
        sql = self._select(f"{distinct}{', '.join([str(column.element) for column in columns])}", ordered=True)
        return Plan(sql, make_binder(self._bound, self.converters), load)

    def one(self, what: str) -> Plan:
        """The plan of one value, a constant of the code, over the rows or for each."""
        if self.query.distinct:
            raise NotPlain
        return Plan(self._select(what, ordered=False), make_binder(self._bound, self.converters))

    def update(self, values: Sequence[tuple[Field[Any], Any]]) -> Plan:
        """The plan of giving fields of all rows new values."""
        assigned = []
        for field, source in values:
            if type(source) is not Value:
                raise NotPlain
            assigned.append(f"{self._quoted(field.column)}={'NULL' if source.value is None else self.param(source)}")
        return self._change(f"UPDATE {self._name_of_base} SET {', '.join(assigned)}")

    def delete(self) -> Plan:
        """The plan of deleting all rows."""
        return self._change(f"DELETE FROM {self._name_of_base}")

    def _change(self, what: str) -> Plan:
        if self.query.is_sliced or self.query.distinct:
            raise NotPlain
        where, having = self.conditions()
        if having or self.over or self.joins:
            raise NotPlain
        sql = f"{what} WHERE {_joined(where, 'AND')}" if where else what
        return Plan(sql, make_binder(self._bound, self.converters))

    def _select(self, what: str, *, ordered: bool) -> str:
        query = self.query
        where, having = self.conditions()
        if having or self.over:
            raise NotPlain
        order = self._ordered() if ordered or query.is_sliced else []
        parts = [f"SELECT {what} FROM {self._table_name(query.model._meta.table)} AS {self._name_of_base}"]
        for join in self.joins.values():
            kind = "LEFT OUTER JOIN" if join.outer else "INNER JOIN"
            parts.append(f"{kind} {self._tables[join.alias]} AS {join.alias} ON {join.on}")
        if where:
            parts.append(f"WHERE {_joined(where, 'AND')}")
        if order:
            parts.append(f"ORDER BY {', '.join(order)}")
        return " ".join([*parts, *self._slice()])

    def _ordered(self) -> list[Any]:
        query = self.query
        for term in default_order(query.model) if query.order is None else query.order:
            source = term.sources[0]
            if type(term) is not OrderBy or type(source) is not Column or source.field.is_tuple:
                raise NotPlain
        return self.order()

    def _slice(self) -> list[str]:
        limit, offset = self.query.limit, self.query.offset
        if self.vendor == "mysql" and offset is not None:
            start = self.param(offset)  # which comes first there
            return [f"LIMIT {start}, {_ALL if limit is None else self.param(limit)}"]
        parts = []
        if limit is not None:
            parts.append(f"LIMIT {self.param(limit)}")
        elif offset is not None and self.vendor == "sqlite":
            parts.append("LIMIT -1")
        if offset is not None:
            parts.append(f"OFFSET {self.param(offset)}")
        return parts

    # -- parts ------------------------------------------------------------------------------------------------------

    def where(self, node: Any, *, negated: bool, strict: bool) -> Any:
        """A comparison of a column with values or another column, or several joined by AND and OR."""
        if type(node) is Group and node.connector != "XOR" and node.children:
            if negated and node.negated:
                raise NotPlain
            inside = negated or node.negated
            strict = strict and not inside and (node.connector == "AND" or len(node.children) == 1)
            joined = _joined(
                [self.where(child, negated=inside, strict=strict) for child in node.children], node.connector
            )
            return Written(f"NOT ({joined})") if node.negated else joined
        if type(node) is not Condition:
            raise NotPlain
        lhs, lookup, rhs = node.target.lhs, node.target.lookup, node.rhs
        if type(lhs) is not Column or lhs.field.is_tuple or not self._ours(lhs.field) or (negated and lhs.multiple):
            raise NotPlain
        if id(lookup) not in _COMPARED and not (id(lookup) in _LIKE and lhs.field.is_text):
            raise NotPlain
        if type(rhs) is tuple:
            if not rhs or any(type(one) is not Param for one in rhs):
                raise NotPlain
        elif type(rhs) is Column:
            if type(rhs.field) is not type(lhs.field) or id(lookup) not in _ORDERED or not self._ours(rhs.field):
                raise NotPlain
        elif type(rhs) is not Param and type(rhs) is not bool:
            raise NotPlain
        found: Any = self._condition(node, False, strict)
        if negated and lhs.nullable and type(rhs) is not bool:  # as with SQLAlchemy's elements: NOT (NULL = x) is NULL
            found = Written(f"{found} AND {self.column(lhs.path, lhs.field.column)} IS NOT NULL")
        return found

    def column(self, path: Path, name: str) -> Any:
        """A column over joins."""
        alias = self.joins[self.join(path)].alias if path else self._name_of_base
        return Written(f"{alias}.{self._quoted(name)}")

    def is_bound(self, element: Any) -> bool:
        """Return True: columns are compared with values only."""
        return True

    def param(self, leaf: Leaf) -> Any:
        """The mark of a parameter; each is written once, in the order in which they stand."""
        marks = self._marks(leaf.field)
        if marks is None:
            raise NotPlain
        index = self.indices[id(leaf)]
        before, after = marks
        self._bound.append(index)
        return Written(f"{before}{self.backend.placeholder(len(self._bound) - 1)}{after}")

    def _new_join(self, source: Any, step: Step, outer: bool) -> Join:
        if type(step) is ColumnsStep:
            pairs: Sequence[tuple[str, str]] = step.pairs
        elif type(step) is Step:
            pairs = ((step.left, step.right),)
        else:
            raise NotPlain
        alias, start = self._alias(), source if type(source) is str else source.name
        self._tables[alias] = self._table_name(step.model._meta.concrete_model._meta.table)
        quoted = self._quoted
        on: Any = " AND ".join([f"{start}.{quoted(left)} = {alias}.{quoted(right)}" for left, right in pairs])
        return Join(alias, on, outer)

    def _ours(self, field: Field[Any]) -> bool:
        """Return whether a column's type writes no SQL of its own."""
        return self._marks(field) is not None

    def _marks(self, field: Field[Any]) -> tuple[str, str] | None:
        """Return what SQLAlchemy writes around a parameter of this type, or None for types of somebody else."""
        marks = self.backend.marks
        if field in marks:
            return marks[field]
        kind = field.sql_type()
        found = None
        if type(kind).__module__.startswith(_LIBRARIES):
            written = str(bindparam("p0", type_=kind).compile(dialect=self.backend.dialect))
            before, _, after = written.partition(self.backend.placeholder(0))
            found = (before, after)
        marks[field] = found
        return found


def _loose(sql: str, *beside: str) -> Written:
    written = Written(sql)
    written.loose = frozenset(beside)
    return written


def _joined(parts: Sequence[Any], connector: str) -> Any:
    if len(parts) == 1:
        return parts[0]
    text = f" {connector} ".join([f"({part})" if connector in part.loose else part for part in parts])
    return _loose(text, "AND") if connector == "OR" else Written(text)
