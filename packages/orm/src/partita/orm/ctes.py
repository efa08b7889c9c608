"""Common table expressions: queries that get a name, so that others join them, also such that go on from themselves."""

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError
from partita.orm.expressions import Expression, Leaf, checked_alias
from partita.orm.expressions.subqueries import check_database
from partita.orm.fields import Field

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.query import Selected

__all__ = ("CTE", "CTEColumn", "JoinedCTE", "define")


class CTE:
    """A query with a name, for ``WITH``; `QuerySet.with_cte` joins it, and ``cte.col.total`` is one of its columns.

    Args:
        rows: A QuerySet with ``values()`` or ``values_list()``, whose names the columns get; all fields of one for instances.
        name: Its name in SQL: letters, digits and underscores.

    Raises:
        FieldError: If the name is no such name.
    """

    def __init__(self, rows: Any, name: str = "cte") -> None:
        self.name = checked_alias(name)
        self.first: Any = _with_columns(rows)
        self.using: Any = rows._using
        self.following: Any = None
        self.distinct = False
        self.begun: CTE = self  # of which a reference inside of itself goes on
        self.fields: Mapping[str, Field[Any]] = {each.name: each.source.output for each in _columns_of(self.first)}

    @classmethod
    def recursive(
        cls, first: Any, following: "Callable[[CTE], Any]", name: str = "cte", *, distinct: bool = False
    ) -> "CTE":
        """Return one that goes on from itself (WITH RECURSIVE).

        Args:
            first: The rows to begin with: a QuerySet with ``values()``.
            following: Gets this expression as it stands for the rows found last, and returns a QuerySet that joins it by
                ``with_cte()`` and has as many ``values()`` as ``first``. It is asked again as long as there are new rows.
            name: Its name in SQL.
            distinct: Take equal rows once, so that circles come to an end.

        Raises:
            FieldError: If the two have not the same count of columns.
        """
        made = cls(first, name)
        itself = object.__new__(cls)
        itself.__dict__.update(made.__dict__, first=None, begun=made)
        made.following, made.distinct = _with_columns(following(itself)), distinct
        count = len(_columns_of(made.following))
        if count != len(made.fields):
            raise FieldError(f"The rows to begin with have {len(made.fields)} columns, those that follow {count}.")
        return made

    @property
    def col(self) -> "_Columns":
        """The columns, as attributes."""
        return _Columns(self)

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """Append the values to ``leaves`` and return the rest."""
        if self.first is None:
            return (CTE, self.name)
        following = None if self.following is None else self.following.shape(leaves)
        return (CTE, self.name, self.using, self.distinct, self.first.shape(leaves), following)


class _Columns:
    """What ``cte.col`` gives."""

    def __init__(self, cte: CTE) -> None:
        self._cte = cte

    def __getattr__(self, name: str) -> "CTEColumn":
        if name not in self._cte.fields:
            raise FieldError(
                f"{self._cte.name!r} has no column {name!r:.80}. Choices are: {', '.join(sorted(self._cte.fields))}."
            )
        return CTEColumn(self._cte, name)


class CTEColumn(Expression):
    """A column of a common table expression that the query joins."""

    def __init__(self, cte: CTE, name: str) -> None:
        self.cte, self.name = cte, name
        self.output_field = cte.fields[name]

    @property
    def identity(self) -> Hashable:
        """Which one, of which."""
        return (CTEColumn, id(self.cte.begun), self.name)

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The names; the expression itself is part of the query's shape."""
        return (CTEColumn, self.cte.name, self.name)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The column of the table that the query, or one around it, joins."""
        return compiler.cte_column(self.cte, self.name)

    def __repr__(self) -> str:
        return f"{self.cte.name}.{self.name}"


class JoinedCTE(msgspec.Struct, frozen=True):
    """How a query joins one: pairs of columns that are equal, and whether rows stay that find nothing."""

    cte: CTE
    on: tuple[tuple[Expression, str], ...]
    outer: bool

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The expression's shape, and that of the columns."""
        return (self.cte.shape(leaves), tuple([(source.shape(leaves), name) for source, name in self.on]), self.outer)


def define(cte: CTE, compiler: "Compiler") -> Any:
    """Return the table of a common table expression in the statement that is being compiled, defined once."""
    made = compiler.ctes
    known = made.get(id(cte.begun))
    if known is not None:
        return known[1]
    if cte.first is None:
        raise FieldError(
            f"{cte.name!r} stands for the rows found last, which only the query that follows them can join."
        )
    check_database(cte.using, compiler)
    if any(name == cte.name for name, _ in made.values()):
        raise FieldError(f"Two common table expressions are called {cte.name!r}; give one of them another name.")
    is_recursive = cte.following is not None
    first = compiler.part_of_cte(cte.first, exact=is_recursive)
    # A statement that changes rows begins with its own word, for SQLite does not count what one that begins by WITH changes.
    table = first.cte(cte.name, recursive=is_recursive, nesting=compiler.changes_rows)
    made[id(cte)] = (cte.name, table)
    if cte.following is not None:
        part = compiler.part_of_cte(cte.following, exact=True)
        table = table.union(part) if cte.distinct else table.union_all(part)
        del made[id(cte)]  # those that it joins are defined before it
        made[id(cte)] = (cte.name, table)
    return table


def _with_columns(rows: Any) -> Any:
    query = rows.query
    first = query if query.combined is None else query.combined[1][0]
    return rows.values().query if first.columns is None else query


def _columns_of(query: Any) -> "tuple[Selected, ...]":
    columns: tuple[Selected, ...] = (query if query.combined is None else query.combined[1][0]).columns
    return columns
