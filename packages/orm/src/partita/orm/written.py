"""SQL as text that answers as SQLAlchemy's elements do, so that the same code makes either (docs/decisions/0010).

Whatever is not known here raises `NotPlain`, also when text gets among elements of SQLAlchemy.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, Protocol

from sqlalchemy import Boolean
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnClause, Null
from sqlalchemy.sql.functions import Function, count

__all__ = (
    "OWN_WORDS",
    "PERCENT",
    "Bound",
    "Directed",
    "Grouped",
    "JoinedTable",
    "Named",
    "NotPlain",
    "Place",
    "Writer",
    "Written",
    "WrittenCTE",
    "WrittenSelect",
    "joined",
    "listed",
    "named",
    "text_of",
)

PERCENT = "\x04"
"""Stands for a percent sign in text, which some drivers want doubled."""

_SIGNS: dict[Any, str] = {
    operators.eq: "=",
    operators.gt: ">",
    operators.ge: ">=",
    operators.lt: "<",
    operators.le: "<=",
}
OWN_WORDS = frozenset(  # which take no brackets, or mean something else to SQLAlchemy
    {
        "aggregate_strings",
        "cube",
        "current_date",
        "current_time",
        "current_timestamp",
        "current_user",
        "grouping_sets",
        "localtime",
        "localtimestamp",
        "next_value",
        "now",
        "rollup",
        "session_user",
        "sysdate",
        "user",
    }
)
_OWN_SOMEWHERE = OWN_WORDS | {"char_length", "random", "substring"}
_CUSTOM: Any = operators.custom_op("")  # as weak as every operator that is known by its sign only
_is_precedent: Callable[[Any, Any], bool] = operators.is_precedent


class NotPlain(Exception):
    """The query asks for more than is written as text."""


class Writer(Protocol):
    """Who writes the statement."""

    def has_own_way(self, function: str) -> bool:
        """Return whether SQLAlchemy writes a function for this database in a way of its own."""
        ...

    def around_cast(self, kind: Any) -> tuple[str, str]:
        """Return what stands before and after something that is cast to a type."""
        ...

    def quoted(self, name: str) -> str:
        """Return a name as SQL has it."""
        ...


class Written:
    """SQL text that answers as SQLAlchemy's elements do.

    Args:
        sql: The text.
        home: Who writes the statement.
        operator: SQLAlchemy's operator between its parts, which tells where it needs brackets; None if it never does.
    """

    __slots__ = ("home", "operator", "sql")

    def __init__(self, sql: str, home: Writer, operator: Any = None) -> None:
        self.sql, self.home, self.operator = sql, home, operator

    def __clause_element__(self) -> NoReturn:
        """Refuse to be part of SQLAlchemy's elements: they would take it for a value."""
        raise NotPlain

    def __getattr__(self, name: str) -> NoReturn:
        raise NotPlain

    def beside(self, operator: Any) -> str:
        """Return the text as it stands beside an operator."""
        own = self.operator
        return self.sql if own is None or not _is_precedent(own, operator) else f"({self.sql})"

    def self_group(self, against: Any = None) -> "Written":
        """Return this in brackets, if it needs them."""
        own = self.operator
        return self if own is None or not _is_precedent(own, against) else Grouped(f"({self.sql})", self.home)

    def _binary(self, sign: str, other: Any, operator: Any) -> "Written":
        return Written(f"{self.beside(operator)} {sign} {text_of(other, operator)}", self.home, operator)

    def operate(self, operator: Any, other: Any) -> "Written":
        """A comparison of two values."""
        if operator not in _SIGNS or isinstance(other, Null):
            raise NotPlain
        return self._binary(_SIGNS[operator], other, operator)

    def __eq__(self, other: object) -> "Written":  # type: ignore[override]  # as SQLAlchemy's elements
        return self.operate(operators.eq, other)

    def __gt__(self, other: object) -> "Written":
        return self.operate(operators.gt, other)

    __hash__ = object.__hash__

    def _refuse(self, *others: object) -> NoReturn:
        raise NotPlain

    # What SQLAlchemy makes of these depends on types, which text does not know.
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __lshift__ = __rshift__ = _refuse
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = _refuse
    __and__ = __or__ = __xor__ = __rand__ = __ror__ = __rxor__ = __neg__ = __invert__ = _refuse
    __lt__ = __le__ = __ge__ = __getitem__ = __iter__ = __contains__ = __len__ = __call__ = __bool__ = __str__ = _refuse
    __ne__ = _refuse

    def op(
        self, name: str, precedence: int = 0, is_comparison: bool = False, return_type: Any = None, **more: Any
    ) -> Callable[[Any], "Written"]:
        """An operator by its sign."""
        if precedence or more or return_type is Boolean or isinstance(return_type, Boolean):
            raise NotPlain
        return lambda other: self._binary(name.replace("%", PERCENT), other, _CUSTOM)

    def in_(self, several: Any) -> "Written":
        """One of several values, or of the rows of a query."""
        if isinstance(several, WrittenSelect):
            inner = several.sql
        elif isinstance(several, Sequence) and several:
            inner = listed(several)
        else:
            raise NotPlain
        return Written(f"{self.beside(operators.in_op)} IN ({inner})", self.home, operators.in_op)

    def between(self, low: Any, high: Any, symmetric: bool = False) -> "Written":
        """From one value to another."""
        if symmetric:
            raise NotPlain
        ends = f"{text_of(low, operators.comma_op)} AND {text_of(high, operators.comma_op)}"
        return Written(f"{self.beside(operators.between_op)} BETWEEN {ends}", self.home, operators.between_op)

    def is_(self, nothing: object) -> "Written":
        """NULL."""
        if nothing is not None:
            raise NotPlain
        return Written(f"{self.beside(operators.is_)} IS NULL", self.home, operators.is_)

    def is_not(self, nothing: object) -> "Written":
        """Not NULL."""
        if nothing is not None:
            raise NotPlain
        return Written(f"{self.beside(operators.is_not)} IS NOT NULL", self.home, operators.is_not)

    def like(self, pattern: Any, escape: str | None = None) -> "Written":
        """A pattern; the escape is one character of ours."""
        found = self._binary("LIKE", pattern, operators.like_op)
        found.sql += f" ESCAPE '{escape}'" if escape else ""
        return found

    def ilike(self, pattern: Any, escape: str | None = None) -> "Written":
        """A pattern, without regard to case."""
        if escape is None:
            raise NotPlain
        found = self._binary("ILIKE", pattern, operators.ilike_op)
        found.sql += f" ESCAPE '{escape}'"
        return found

    def asc(self) -> "Directed":
        """Smallest first."""
        return Directed(self, self.beside(operators.asc_op), " ASC")

    def desc(self) -> "Directed":
        """Greatest first."""
        return Directed(self, self.beside(operators.desc_op), " DESC")

    def filter(self, condition: Any, *more: Any) -> "Written":
        """An aggregate of some rows only."""
        if more:
            raise NotPlain
        inner = text_of(condition, operators.comma_op)
        return Written(f"{self.sql} FILTER (WHERE {inner})", self.home, operators.filter_op)


class Grouped(Written):
    """Text in brackets."""

    __slots__ = ()


class Named(Written):
    """A column of a table."""

    __slots__ = ()


class Bound(Written):
    """The mark of a parameter."""

    __slots__ = ()


class Place(Written):
    """The number of what is selected in some place, counted from one."""

    __slots__ = ()


class Directed(Written):
    """What rows are ordered by, with its direction.

    Attributes:
        bare: What it is without the direction.
    """

    __slots__ = ("_direction", "bare")

    def __init__(self, bare: Written, sql: str, direction: str) -> None:
        super().__init__(f"{sql}{direction}", bare.home)
        self.bare, self._direction = bare, direction

    @property
    def is_place(self) -> bool:
        """Whether it is the place of what is selected."""
        return type(self.bare) is Place

    def again(self, name: str) -> Written:
        """Return something else in the same direction."""
        return Written(f"{name}{self._direction}", self.home)

    def nulls_first(self) -> "Directed":
        """NULL before others."""
        return Directed(self.bare, self.sql.removesuffix(self._direction), f"{self._direction} NULLS FIRST")

    def nulls_last(self) -> "Directed":
        """NULL after others."""
        return Directed(self.bare, self.sql.removesuffix(self._direction), f"{self._direction} NULLS LAST")


class WrittenSelect(Written):
    """A query.

    Attributes:
        width: How many columns it gives.
    """

    __slots__ = ("width",)

    def __init__(self, sql: str, home: Writer, width: int = 1) -> None:
        super().__init__(sql, home)
        self.width = width

    def scalar_subquery(self) -> Written:
        """The single value that it gives."""
        return Grouped(f"({self.sql})", self.home)

    def cte(self, name: str, recursive: bool = False, nesting: bool = False) -> "WrittenCTE":
        """A common table expression, whose columns are called k0, k1 and so on."""
        if nesting:
            raise NotPlain
        return WrittenCTE(self.home.quoted(name), self, recursive)


class WrittenCTE:
    """A query with a name.

    Attributes:
        is_recursive: Whether it goes on from itself.
    """

    __slots__ = ("_name", "_select", "is_recursive")

    def __init__(self, name: str, select: WrittenSelect, is_recursive: bool) -> None:
        self._name, self._select, self.is_recursive = name, select, is_recursive

    @property
    def definition(self) -> str:
        """What stands after WITH."""
        columns = ", ".join([f"k{place}" for place in range(self._select.width)])
        return f"{self._name}{f'({columns})' if self.is_recursive else ''} AS ({self._select.sql})"

    def union(self, following: WrittenSelect) -> "WrittenCTE":
        """The same with rows that follow; of equal ones the first."""
        return self._with(following, "UNION")

    def union_all(self, following: WrittenSelect) -> "WrittenCTE":
        """The same with rows that follow."""
        return self._with(following, "UNION ALL")

    def _with(self, following: WrittenSelect, word: str) -> "WrittenCTE":
        first = self._select
        both = WrittenSelect(f"{first.sql} {word} {following.sql}", first.home, first.width)
        return WrittenCTE(self._name, both, self.is_recursive)

    def alias(self, name: str) -> "JoinedTable":
        """It under another name."""
        return JoinedTable(f"{self._name} AS {name}", name, self._select.home)


class JoinedTable:
    """A table that a query joins.

    Attributes:
        sql: The table and its name in the query.
    """

    __slots__ = ("_home", "_name", "sql")

    def __init__(self, sql: str, name: str, home: Writer) -> None:
        self.sql, self._name, self._home = sql, name, home

    @property
    def c(self) -> "JoinedTable":
        """Its columns by their names."""
        return self

    def __getitem__(self, name: str) -> Named:
        return Named(f"{self._name}.{name}", self._home)


def text_of(element: Any, operator: Any) -> str:
    """Return an element as text beside an operator of SQLAlchemy's.

    Raises:
        NotPlain: If it is neither text, nor a constant of the code, nor a function of nothing.
    """
    if isinstance(element, Written):
        return element.beside(operator)
    if isinstance(element, ColumnClause) and element.is_literal and element.table is None:
        text: str = element.name
        if "\x02" in text or PERCENT in text:
            raise NotPlain
        return text.replace("%", PERCENT)
    if isinstance(element, Null):
        return "NULL"
    if (
        isinstance(element, Function | count)
        and not element.packagenames
        and element.name.lower() not in _OWN_SOMEWHERE
    ):
        return f"{named(element.name)}({listed(element.clauses)})"
    raise NotPlain


def joined(parts: Sequence[Any], word: str, operator: Any) -> str:
    """Return conditions with AND or OR between."""
    if len(parts) == 1:
        return text_of(parts[0], operators.comma_op)
    return f" {word} ".join([text_of(part, operator) for part in parts])


def listed(parts: Iterable[Any]) -> str:
    """Return elements with commas between."""
    return ", ".join([text_of(part, operators.comma_op) for part in parts])


def named(name: str) -> str:
    """Return the name of a function, if it needs no quotes."""
    if not (name.isascii() and name.isidentifier()):  # SQLAlchemy would quote it
        raise NotPlain
    return name
