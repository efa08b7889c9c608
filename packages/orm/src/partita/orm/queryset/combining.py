"""Queries made out of several."""

from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from partita.orm.ctes import CTE, CTEColumn, JoinedCTE
from partita.orm.errors import FieldError
from partita.orm.nodes import Group
from partita.orm.query import Query
from partita.orm.queryset.loading import QueryLoading

if TYPE_CHECKING:
    from partita.orm.queryset import QuerySet

__all__ = ("QueryCombining",)

R = TypeVar("R")


class QueryCombining(QueryLoading[R]):
    """Joins queries as sets of rows, or their conditions."""

    def union(self, *others: "QuerySet[Any]", all: bool = False) -> Self:
        """Return rows of any of the queries, equal ones once unless ``all``."""
        return self._combine("union_all" if all else "union", others)

    def intersection(self, *others: "QuerySet[Any]") -> Self:
        """Return rows that all the queries have."""
        return self._combine("intersection", others)

    def difference(self, *others: "QuerySet[Any]") -> Self:
        """Return rows that only this query has."""
        return self._combine("difference", others)

    def _combine(self, kind: str, others: "tuple[QuerySet[Any], ...]") -> Self:
        queries = tuple(
            part.query
            for part in cast("tuple[QuerySet[Any], ...]", (self, *others))
            if not part.query.empty or kind != "union"
        )
        if len(queries) == 1 and kind.startswith("union"):
            return self._copy(queries[0])
        return self._copy(Query(self.model, order=(), combined=(kind, queries), columns=None))

    def with_cte(self, cte: CTE, *, outer: bool = False, **on: CTEColumn) -> Self:
        """Join the rows of a common table expression (WITH); its columns can then be used in every step.

        ``Artist.objects.with_cte(sales, id=sales.col.artist).annotate(sold=sales.col.total)``

        Args:
            cte: The expression.
            outer: Keep rows for which it has none; its columns are NULL there.
            on: Names of fields, and the column of the expression that each is equal to.

        Raises:
            FieldError: If nothing says what is equal, or something else than a column of the expression was given.
        """
        self._refuse_combined("with_cte")
        if self.query.is_sliced:
            raise TypeError("Cannot join anything once a slice has been taken.")
        if not on:
            raise FieldError(f"with_cte() needs to know what is equal: with_cte({cte.name}, id={cte.name}.col.…).")
        if any(joined.cte.begun is cte.begun for joined in self.query.ctes):
            raise FieldError(f"The query joins {cte.name!r} already.")
        scope = self._scope
        pairs = []
        for name, column in on.items():
            if not isinstance(column, CTEColumn) or column.cte.begun is not cte.begun:
                raise FieldError(f"{name}={column!r:.80} is no column of {cte.name!r}; give {cte.name}.col.…")
            pairs.append((scope.column(name), column.name))
        return self._copy(self.query.having(ctes=(*self.query.ctes, JoinedCTE(cte, tuple(pairs), outer))))

    def __and__(self, other: "QuerySet[Any]") -> Self:
        self._check_combinable(other)
        if self.query.empty or other.query.empty:
            return self.none()
        return self._copy(self.query.having(where=(*self.query.where, *other.query.where)))

    def __or__(self, other: "QuerySet[Any]") -> Self:
        self._check_combinable(other)
        if self.query.empty:
            return cast("Self", other._copy())
        if other.query.empty or not self.query.where:
            return self._copy()
        if not other.query.where:
            return cast("Self", other._copy())
        either = Group((Group(self.query.where), Group(other.query.where)), "OR")
        return self._copy(self.query.having(where=(either,)))

    def __xor__(self, other: "QuerySet[Any]") -> Self:
        self._check_combinable(other)
        if self.query.empty:
            return cast("Self", other._copy())
        if other.query.empty:
            return self._copy()
        one = Group((Group(self.query.where), Group(other.query.where)), "XOR")
        return self._copy(self.query.having(where=(one,)))

    def _check_combinable(self, other: "QuerySet[Any]") -> None:
        if self.query.combined is not None or other.query.combined is not None:
            raise TypeError(
                "Cannot combine queries that union(), intersection() or difference() made; combine them with those."
            )
        if self.query.is_sliced or other.query.is_sliced:
            raise TypeError("Cannot combine queries once a slice has been taken.")
        if self.query.model is not other.query.model:
            raise TypeError("Cannot combine queries on two different base models.")
        if (self.query.distinct is True) != (other.query.distinct is True):
            raise TypeError("Cannot combine a unique query with a non-unique query.")
        if isinstance(self.query.distinct, tuple) or isinstance(other.query.distinct, tuple):
            raise TypeError("Cannot combine queries with different distinct fields.")
        if (self.query.columns is None) != (other.query.columns is None) or (
            [column.name for column in self.query.columns or ()]
            != [column.name for column in other.query.columns or ()]
        ):
            raise TypeError("Merging 'QuerySet' classes must involve the same values in each case.")
