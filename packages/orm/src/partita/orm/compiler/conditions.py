"""Conditions of one SELECT: which rows, and which groups."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import Numeric, Select, false, literal_column, select
from sqlalchemy.dialects.postgresql import array_agg
from sqlalchemy.sql.elements import Tuple

from partita.orm.compiler.joins import Element, Joins
from partita.orm.errors import FieldError
from partita.orm.expressions import Column, Exists, Expression, Leaf, Param, Ref, Subquery
from partita.orm.expressions.subqueries import check_database
from partita.orm.fields import DateField, DateTimeField, DecimalField
from partita.orm.lookups import LOOKUPS, Comparison, Key, Lookup
from partita.orm.lookups.json import JSON_LOOKUPS, KEY_LOOKUPS, NamedKey, of_one_kind
from partita.orm.lookups.tuples import parts_of
from partita.orm.nodes import Condition, Group, asks_nothing
from partita.orm.query import Query
from partita.orm.sql_elements import and_, case, cast, func, not_, or_

__all__ = ("Conditions", "columns_of")

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
_OF_JSON = frozenset((*JSON_LOOKUPS.values(), *KEY_LOOKUPS.values()))
_OF_TEXT: Mapping[str, Comparison] = MappingProxyType({name: LOOKUPS[name] for name in _TEXT_NAMES})


class Conditions(Joins):
    """Compiles what must hold."""

    def where(self, node: Any, *, negated: int, strict: bool) -> Element:
        """Return a condition.

        Args:
            node: What must hold.
            negated: How many NOTs stand around it.
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

    def _custom(self, node: Lookup, negated: int, strict: bool) -> Element:
        lhs = node.lhs
        if negated and lhs.multiple and self.own is not None:
            return self._any_row(node)
        result = node.compile(self.whole)
        if strict and isinstance(lhs, Column) and lhs.path:
            self._need(self.join(lhs.path))
        if negated % 2 and lhs.nullable:
            result = and_(result, lhs.compile(self.whole).is_not(None))
        return result

    def _joined(self, group: Group, negated: int, strict: bool) -> Element:
        inside = negated + group.negated
        strict = strict and not inside and (group.connector == "AND" or len(group.children) == 1)
        parts = [
            self.where(child, negated=inside, strict=strict) for child in group.children if not asks_nothing(child)
        ]
        if not parts:  # also where that is negated
            return literal_column("1") == literal_column("1")
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

    def _condition(self, node: Condition, negated: int, strict: bool) -> Element:
        lhs = node.target.lhs
        # Within an annotation the joins are those of what is annotated, also for what is negated.
        if negated and lhs.multiple and self.own is not None:
            return self._any_row(node)
        field = lhs.output
        left = self._left(node)
        rhs = self._right(node)
        if self.vendor == "sqlite" and isinstance(field, DecimalField) and not isinstance(lhs, Column):
            rhs = self._as_numbers(rhs)
        if self.vendor == "sqlite" and isinstance(field, DateField | DateTimeField):
            left, rhs = _alike(left, field, rhs, node.rhs, node.target.lookup.name)
        of_group = self.asking and isinstance(lhs, NamedKey) and self.vendor == "mysql"
        if isinstance(lhs, Key) and self.vendor != "postgresql" and self._is_given(node) and not of_group:
            result = self._of_key(lhs, left, rhs)
        else:
            result = node.target.lookup.compile(self.whole, left, rhs, field)
        is_null = node.target.lookup.name == "isnull"
        if strict and isinstance(lhs, Column) and lhs.path and not (is_null and node.rhs is True):
            self._need(self.join(lhs.path))
        if negated % 2 and not is_null and lhs.nullable:
            # NOT (NULL = x) is NULL and would drop the row; with this it is true.
            result = and_(result, (next(iter(left.clauses)) if isinstance(left, Tuple) else left).is_not(None))
        if negated % 2 and isinstance(node.rhs, Column | Ref) and node.rhs.nullable and not node.rhs.output.is_tuple:
            result = and_(result, rhs.is_not(None))
        return result

    def _is_given(self, node: Condition) -> bool:
        """Return whether something is compared with values, for being equal."""
        several = node.rhs if isinstance(node.rhs, tuple) else (node.rhs,)
        return (
            node.target.lookup.name in ("exact", "in")
            and bool(several)
            and all(type(one) is Param or (isinstance(one, Key) and self.vendor == "sqlite") for one in several)
        )

    def _of_key(self, key: Key, left: Element, rhs: Any) -> Element:
        """Return whether a value inside of JSON is one of those given, and of the same type."""
        several = rhs if isinstance(rhs, tuple) else (rhs,)
        exact = KEY_LOOKUPS["exact"]
        found = [
            and_(exact.compile(self.whole, left, one, key.output), of_one_kind(self.whole, key, one)) for one in several
        ]
        return or_(*found) if len(found) > 1 else found[0]

    def _as_numbers(self, bound: Any) -> Any:
        """Return decimals as numbers: they travel to SQLite as text, which is larger than any number that it computes."""
        if isinstance(bound, tuple):
            return tuple(self._as_numbers(one) for one in bound)
        return cast(bound, Numeric()) if self.is_bound(bound) else bound

    def _left(self, node: Condition) -> Element:
        lhs = node.target.lhs
        if self.asking and (ref := self._of_group(lhs)) is not None:
            return ref
        if isinstance(lhs, Key) and node.target.lookup is _OF_TEXT.get(node.target.lookup.name):
            return lhs.as_text(self.whole)
        name = node.target.lookup.name
        if isinstance(lhs, Key) and (name == "isnull" or (name == "keynull" and self.vendor == "sqlite")):
            return lhs.as_type(self.whole)
        return lhs.compile(self.whole)

    def _right(self, node: Condition) -> Any:
        rhs = node.rhs
        if isinstance(rhs, tuple):
            return tuple(self.param(one) if type(one) is Param else self._other(node, one) for one in rhs)
        if isinstance(rhs, bool):
            return rhs
        if isinstance(rhs, Subquery) and node.target.lookup.name == "in":
            check_database(rhs.using, self.whole)
            return self._operand(rhs.query)
        return self._other(node, rhs) if isinstance(rhs, Expression) else self.param(rhs)

    def _other(self, node: Condition, rhs: Expression) -> Element:
        """Return what something is compared with: a value inside of JSON as JSON, where that is what is compared."""
        if self.vendor == "sqlite" and isinstance(rhs, Key) and node.target.lookup in _OF_JSON:
            return rhs.as_json(self.whole)
        if self.asking and (ref := self._of_group(rhs)) is not None:
            return ref
        element: Element = rhs.compile(self.whole)
        return element

    def _operand(self, query: Query) -> Any:
        inner = self.nested(query)
        if self.vendor == "mysql" and query.is_sliced:  # MySQL takes no LIMIT directly inside of IN
            return select(inner.subquery(self._alias()))
        return inner

    def _any_row(self, node: Condition | Lookup) -> Element:
        """Return whether any of the many related rows matches: what NOT over a relation to many rows must negate."""
        inner = type(self)(self.backend, Query(self.query.model, annotations=self.query.annotations), self.leaves, self)
        inner.own = 1
        found = inner.where(node, negated=0, strict=True)
        keys = [inner.base.c[column.name] == self.base.c[column.name] for column in self.base.primary_key]
        statement: Any = select(literal_column("1")).select_from(inner.froms()).where(*keys, found)
        found_any: Element = statement.correlate(self.base, *inner.correlated).exists()
        return found_any

    @property
    def names_of_groups(self) -> frozenset[str]:
        """The annotations that rows are grouped by."""
        return frozenset([each.source.name for each in self.query.grouped or () if isinstance(each.source, Ref)])

    def _of_group(self, source: Any) -> Element | None:
        """Return what all rows of a group have in common, as HAVING takes it; None for something else."""
        ref = source.ref if isinstance(source, NamedKey) else source
        if not isinstance(ref, Ref) or ref.name not in self.names_of_groups:
            return None
        element = ref.compile(self.whole)
        if self.vendor == "mysql":  # which knows no columns there but those that it groups by
            return func.min(element)
        leaves: list[Leaf] = []
        ref.source.shape(leaves)
        return self.first_of(element) if leaves and self.vendor == "postgresql" else element

    def first_of(self, element: Any) -> Element:
        """Return any of a group's values, to PostgreSQL, where two equal parameters would not be the same to it."""
        found: Element = _ARRAY_OF(element)[1]
        return found

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
                    where.append(self.where(part, negated=0, strict=True))
        having: list[Element] = []
        for number, part in late:
            self.own, self.asking = number, not part.windowed
            (self.over if part.windowed else having).append(self.where(part, negated=0, strict=False))
            self.asking = False
            if not part.windowed:
                self._ask(part)
        self.own = None
        self.reach = len(self.query.where)
        self._widen(counted=bool(having))
        return where, having

    def _ask(self, part: Any) -> None:
        """Let groups be told apart by what a condition on them asks beside aggregates."""
        base = self.query.grouped is None  # then its columns are the same for all rows of a group anyway
        columns, inside = _asked(part, 0, self.names_of_groups)
        if self.vendor == "mysql":
            self.beside_aggregates += [part for column in columns for part in parts_of(column.compile(self.whole))]
        self.asked += [column.compile(self.whole) for column in columns if column.path or not base]
        if inside and not base:
            self.asked += self.keys_of(self.base, self.query.model)

    def _widen(self, *, counted: bool) -> None:
        """Make the joins of what is computed over many rows: they tell how many rows there are, whether or not it is selected.

        Args:
            counted: Whether a condition looks at an aggregate, which sees the joins of all others.
        """
        query = self.query
        for annotation in query.annotations:
            if annotation.source.multiple and (counted or not annotation.source.contains_aggregate):
                self.annotation(annotation.name)
        for selected in query.columns or ():
            if selected.source.multiple and not selected.source.contains_aggregate:
                self.chosen(selected.source)

    def widen_for_aggregates(self) -> None:
        """Make the joins of all aggregates where one is selected: it is the same with and without a condition on groups."""
        query = self.query
        if query.columns is None:
            seen = any(a.selected and a.source.contains_aggregate for a in query.annotations)
        else:
            seen = any(selected.source.contains_aggregate for selected in query.columns)
        if seen:
            self._widen(counted=True)


def columns_of(part: Any, known: Collection[str] = ()) -> list[Column]:
    """Return the columns that a condition on groups asks beside aggregates, out of all functions around them.

    Args:
        part: The condition, or what stands in it.
        known: Names that groups are told apart by: the columns behind them would tell apart more.
    """
    found: list[Column] = []
    for inner in part.get_group_by_cols():
        parts: Sequence[Any] = ()
        if isinstance(inner, Column):
            found.append(inner)
        elif isinstance(inner, Ref):
            parts = () if inner.name in known else (inner.source,)
        elif isinstance(inner, Group):
            parts = inner.children
        elif isinstance(inner, Condition):
            sides = (inner.target.lhs, *(inner.rhs if isinstance(inner.rhs, tuple) else (inner.rhs,)))
            parts = [side for side in sides if isinstance(side, Expression)]
        elif not isinstance(inner, Subquery | Exists):
            parts = [source for source in inner.get_source_expressions() if source]
        found += [column for each in parts for column in columns_of(each, known)]
    return found


def _asked(node: Any, negated: int, known: Collection[str]) -> tuple[list[Column], bool]:
    """Return the columns that a condition on groups asks, and whether a query inside, which the key leads to, asks others."""
    if isinstance(node, Group):
        found = [_asked(child, negated + node.negated, known) for child in node.children]
        return [column for columns, _ in found for column in columns], any(inside for _, inside in found)
    lhs = node.target.lhs if isinstance(node, Condition) else node.lhs if isinstance(node, Lookup) else None
    if negated and lhs is not None and lhs.multiple:
        return [], True
    return columns_of(node, known), False


def _parts(node: Any) -> list[Any]:
    """Return what must hold, one by one."""
    if isinstance(node, Group) and node.connector == "AND" and not node.negated:
        return [part for child in node.children for part in _parts(child)]
    return [node]


def _alike(left: Any, field: Any, right: Any, given: Any, asked: str) -> tuple[Any, Any]:
    """Return dates and moments as moments: SQLite keeps both as text, of which the shorter would be the smaller."""
    several = isinstance(given, tuple)
    kinds = [_type_or_none(one, field) for one in (given if several else (given,))]
    if len({isinstance(kind, DateTimeField) for kind in (field, *kinds) if kind is not None}) < 2:
        return left, right
    if isinstance(field, DateTimeField) and isinstance(given, Subquery) and asked == "in":
        return func.replace(left, _MIDNIGHT, literal_column("''")), right  # its rows cannot be changed, one by one
    ends = [
        end.op("||")(_MIDNIGHT) if isinstance(kind, DateField) else end
        for end, kind in zip(right if several else (right,), kinds, strict=True)
    ]
    return left.op("||")(_MIDNIGHT) if isinstance(field, DateField) else left, tuple(ends) if several else ends[0]


def _type_or_none(given: Any, field: Any) -> Any:
    """Return whether ``given`` is a date or a moment, by its field; None for what is neither."""
    try:
        kind = given.output if isinstance(given, Expression) else field if type(given) is Param else None
    except FieldError:
        return None
    return kind if isinstance(kind, DateField | DateTimeField) else None


_ARRAY_OF: Any = array_agg  # SQLAlchemy gives it no types
_MIDNIGHT: Any = literal_column("' 00:00:00'")
