"""Conditions of one SELECT: which rows, and which groups."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Numeric, Select, false, literal_column, select
from sqlalchemy.sql.elements import Tuple

from partita.orm.compiler.joins import Element, Joins
from partita.orm.errors import FieldError
from partita.orm.expressions import Column, Expression, Param, Subquery
from partita.orm.expressions.subqueries import check_database
from partita.orm.fields import DateField, DateTimeField, DecimalField
from partita.orm.lookups import LOOKUPS, Comparison, Key, Lookup
from partita.orm.nodes import Condition, Group
from partita.orm.query import Query
from partita.orm.sql_elements import and_, case, cast, not_, or_

__all__ = ("Conditions",)

_TEXT_NAMES = (
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "regex",
    "iregex",
)
_OF_TEXT: Mapping[str, Comparison] = MappingProxyType({name: LOOKUPS[name] for name in _TEXT_NAMES})


class Conditions(Joins):
    """Compiles what must hold."""

    def where(self, node: Any, *, negated: bool, strict: bool) -> Element:
        """Return a condition.

        Args:
            node: What must hold.
            negated: Whether an odd count of NOTs stands around it.
            strict: Whether the row is out unless this holds, so that its joins may be inner ones.
        """
        if isinstance(node, Condition):
            return self._condition(node, negated, strict)
        if isinstance(node, Group):
            return self._joined(node, negated, strict)
        if isinstance(node, Lookup):
            return self._custom(node, negated, strict)
        element: Element = node.compile(self.whole)
        return element

    def _custom(self, node: Lookup, negated: bool, strict: bool) -> Element:
        lhs = node.lhs
        if negated and lhs.multiple and self.own is not None:
            return self._any_row(node)
        result = node.compile(self.whole)
        if strict and isinstance(lhs, Column) and lhs.path:
            self._need(self.join(lhs.path))
        if negated and lhs.nullable:
            result = and_(result, lhs.compile(self.whole).is_not(None))
        return result

    def _joined(self, group: Group, negated: bool, strict: bool) -> Element:
        inside = negated != group.negated
        strict = strict and not inside and (group.connector == "AND" or len(group.children) == 1)
        parts = [self.where(child, negated=inside, strict=strict) for child in group.children]
        if not parts:
            return literal_column("1") == literal_column("1") if not group.negated else false()
        if group.connector == "AND":
            joined: Element = and_(*parts)
        elif group.connector == "OR":
            joined = or_(*parts)
        else:
            one: Element = literal_column("1")
            zero: Element = literal_column("0")
            count: Any = case((parts[0], one), else_=zero)
            for part in parts[1:]:
                count = count.op("+")(case((part, one), else_=zero))
            joined = count.op("%")(literal_column("2")) == one
        return not_(joined.self_group()) if group.negated else joined

    def _condition(self, node: Condition, negated: bool, strict: bool) -> Element:
        lhs = node.target.lhs
        # Within an annotation the joins are those of what is annotated, also for what is negated.
        if negated and lhs.multiple and self.own is not None:
            return self._any_row(node)
        field = lhs.output
        left = self._left(node)
        rhs = self._right(node)
        if self.vendor == "sqlite" and isinstance(field, DecimalField) and not isinstance(lhs, Column):
            rhs = self._as_numbers(rhs)
        if (
            self.vendor == "sqlite"
            and isinstance(node.rhs, Expression)
            and isinstance(field, DateField | DateTimeField)
        ):
            left, rhs = _alike(left, field, rhs, node.rhs)
        result: Element = node.target.lookup.compile(self.whole, left, rhs, field)
        is_null = node.target.lookup.name == "isnull"
        if strict and isinstance(lhs, Column) and lhs.path and not (is_null and node.rhs is True):
            self._need(self.join(lhs.path))
        if negated and not is_null and lhs.nullable:
            # NOT (NULL = x) is NULL and would drop the row; with this it is true.
            result = and_(result, (next(iter(left.clauses)) if isinstance(left, Tuple) else left).is_not(None))
        return result

    def _as_numbers(self, bound: Any) -> Any:
        """Return decimals as numbers: they travel to SQLite as text, which is larger than any number that it computes."""
        if isinstance(bound, tuple):
            return tuple(self._as_numbers(one) for one in bound)
        return cast(bound, Numeric()) if self.is_bound(bound) else bound

    def _left(self, node: Condition) -> Element:
        lhs = node.target.lhs
        if isinstance(lhs, Key) and node.target.lookup is _OF_TEXT.get(node.target.lookup.name):
            return lhs.as_text(self.whole)
        name = node.target.lookup.name
        if isinstance(lhs, Key) and (name == "isnull" or (name == "keynull" and self.vendor == "sqlite")):
            return lhs.as_type(self.whole)
        return lhs.compile(self.whole)

    def _right(self, node: Condition) -> Any:
        rhs = node.rhs
        if isinstance(rhs, tuple):
            return tuple(self.param(leaf) if type(leaf) is Param else leaf.compile(self.whole) for leaf in rhs)
        if isinstance(rhs, bool):
            return rhs
        if isinstance(rhs, Subquery) and node.target.lookup.name == "in":
            check_database(rhs.using, self.whole)
            return self._operand(rhs.query)
        return rhs.compile(self.whole) if isinstance(rhs, Expression) else self.param(rhs)

    def _operand(self, query: Query) -> Any:
        inner = self.nested(query)
        if self.vendor == "mysql" and query.is_sliced:  # MySQL takes no LIMIT directly inside of IN
            return select(inner.subquery(self._alias()))
        return inner

    def _any_row(self, node: Condition | Lookup) -> Element:
        """Return whether any of the many related rows matches: what NOT over a relation to many rows must negate."""
        inner = type(self)(self.backend, Query(self.query.model, annotations=self.query.annotations), self.leaves, self)
        inner.own = 1
        found = inner.where(node, negated=False, strict=True)
        keys = [inner.base.c[column.name] == self.base.c[column.name] for column in self.base.primary_key]
        statement: Any = select(literal_column("1")).select_from(inner.froms()).where(*keys, found)
        found_any: Element = statement.correlate(self.base, *inner.correlated).exists()
        return found_any

    def nested(self, query: Query, *, only_exists: bool = False) -> Any:
        """Return a query inside of this one."""
        inner = type(self)(self.backend, query, self.leaves, self).whole
        if only_exists:
            statement = inner.statement([literal_column("1")], ordered=False)
        else:
            statement, _ = inner.select()
        return (
            statement.correlate(*inner.correlated) if inner.correlated and isinstance(statement, Select) else statement
        )

    # -- statements -------------------------------------------------------------------------------------------------

    def conditions(self) -> tuple[list[Element], list[Element]]:
        """Return the conditions on rows, and those on groups."""
        if self._conditions is None:
            self._conditions = self._new_conditions()
        return self._conditions

    def _new_conditions(self) -> tuple[list[Element], list[Element]]:
        where: list[Element] = [false()] if self.query.empty else []
        late: list[tuple[int, Any]] = []
        for number, node in enumerate(self.query.where, 1):
            for part in _parts(node):
                if part.windowed or part.contains_aggregate:
                    late.append((number, part))
                else:
                    self.own = number
                    where.append(self.where(part, negated=False, strict=True))
        having: list[Element] = []
        for number, part in late:
            self.own = number
            (self.over if part.windowed else having).append(self.where(part, negated=False, strict=False))
        self.own = None
        self.reach = len(self.query.where)
        return where, having


def _parts(node: Any) -> list[Any]:
    """Return what must hold, one by one."""
    if isinstance(node, Group) and node.connector == "AND" and not node.negated:
        return [part for child in node.children for part in _parts(child)]
    return [node]


def _alike(left: Any, field: Any, right: Any, source: Expression) -> tuple[Any, Any]:
    """Return a date and a moment as two moments: SQLite keeps both as text, of which the shorter would be the smaller."""
    other = _type_or_none(source)
    if isinstance(field, DateField) and isinstance(other, DateTimeField):
        return left.op("||")(_MIDNIGHT), right
    if isinstance(field, DateTimeField) and isinstance(other, DateField):
        return left, right.op("||")(_MIDNIGHT)
    return left, right


def _type_or_none(source: Expression) -> Any:
    try:
        return source.output
    except FieldError:
        return None


_MIDNIGHT: Any = literal_column("' 00:00:00'")
