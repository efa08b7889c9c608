"""Queries made out of several."""

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from partita.orm.errors import FieldError
from partita.orm.expressions import Scope
from partita.orm.nodes import Group, asks_nothing, condition, is_never
from partita.orm.query import Annotation, Query
from partita.orm.queryset.loading import QueryLoading

if TYPE_CHECKING:
    from partita.orm.ctes import CTE, CTEColumn
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
        queries = tuple([part.query for part in cast("tuple[QuerySet[Any], ...]", (self, *others))])
        if (self.query.empty and kind == "difference") or (
            kind == "intersection" and any(query.empty for query in queries)
        ):
            return self._copy(self.query.having(empty=True))
        queries = tuple([query for query in queries if not query.empty])
        if not queries:
            return self._copy()
        if len(queries) == 1:
            [only] = queries
            if kind == "union_all" or only.combined is not None:
                return self._copy(only)
            if not only.is_sliced:
                return self._copy(only.having(distinct=only.distinct or True))
            queries = (only, only)  # equal rows come once, and there is nothing else to combine it with
            kind = "union"
        if len({query.related for query in queries}) > 1:  # rows of all parts have the same columns
            queries = tuple([query.having(related=()) for query in queries])
        made = Query(self.model, order=(), combined=(kind, queries), columns=None, backwards=self.query.backwards)
        return self._copy(made)

    def with_cte(self, cte: "CTE", *, outer: bool = False, **on: "CTEColumn") -> Self:
        """Join the rows of a common table expression (WITH); its columns can then be used in every step.

        ``Artist.objects.with_cte(sales, id=sales.col.artist).annotate(sold=sales.col.total)``

        Args:
            cte: The expression.
            outer: Keep rows for which it has none; its columns are NULL there.
            on: Names of fields, and the column of the expression that each is equal to.

        Raises:
            FieldError: If nothing says what is equal, or something else than a column of the expression was given.
        """
        from partita.orm.ctes import CTEColumn, JoinedCTE  # which came with the expression: few programs have one

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
        if self.query.is_sliced or other.query.is_sliced:
            raise TypeError("Cannot combine queries once a slice has been taken.")
        self._check_combinable(other)
        if _is_none(self.query) or _is_none(other.query):
            return self.none()
        mine, theirs = self._knowing(other.query), other.query
        # What both begin with is asked once, as where one goes on from the other.
        begun = list(takewhile(lambda pair: pair[0] is pair[1], zip(mine.where, theirs.where, strict=False)))
        asked = theirs.where[len(begun) :] if _knows(mine, theirs) else (self._by_key(theirs),)
        return self._combined_by(mine, (*mine.where, *asked), theirs, empty=mine.empty or theirs.empty)

    def __or__(self, other: "QuerySet[Any]") -> Self:
        self._check_combinable(other)
        if _is_none(self.query):
            return cast("Self", other._copy())
        if other.query.empty:
            return self._copy()
        query = self._knowing(other.query)
        mine, theirs = self._asked(query, self.query), self._asked(query, other.query)
        either = (Group((Group(mine), Group(theirs)), "OR"),) if mine and theirs else ()
        return self._combined_by(query, either, other.query)

    def __xor__(self, other: "QuerySet[Any]") -> Self:
        self._check_combinable(other)
        if _is_none(self.query):
            return cast("Self", other._copy())
        if other.query.empty:
            return self._copy()
        query = self._knowing(other.query)
        mine, theirs = self._asked(query, self.query), self._asked(query, other.query)
        if not (mine or theirs):
            return self.none()
        if mine and theirs:
            one = Group((Group(mine), Group(theirs)), "XOR")
        else:  # every row, but not those that are in both; XOR counts what is NULL for not fulfilled
            part = self.query if mine else other.query
            if any(map(_sees_filters, part.annotations)):  # in a negated one rows are joined that nobody else sees
                mine = theirs = (self._by_key(part),)
            one = Group((Group(mine or theirs),), "XOR", negated=True)
        return self._combined_by(query, (one,), other.query)

    def _combined_by(self, query: Query, where: tuple[Any, ...], other: Query, *, empty: bool = False) -> Self:
        """Return the rows that are chosen so, in the order that the later of the two gives."""
        changes: dict[str, Any] = {"where": where, "limit": None, "offset": None, "empty": empty}
        last = len(where)
        if last < len(query.where):  # now one condition stands in the place of several
            changes["annotations"] = tuple([each._replace(after=min(each.after, last)) for each in query.annotations])
            changes["columns_after"] = min(query.columns_after, last)
        if other.order and _knows(query, other):
            changes.update(order=other.order, backwards=other.backwards)
        return self._copy(query.having(**changes))

    def _knowing(self, other: Query) -> Query:
        """Return this query with what another computes of each row, to be asked but not selected."""
        query = self.query
        known = {annotation.name for annotation in query.annotations}
        more = [each for each in other.annotations if each.name not in known]
        if any(each.source.multiple or each.source.contains_aggregate for each in more):
            return query
        added = [each._replace(after=len(query.where), selected=False) for each in more]
        wider = query.having(annotations=(*query.annotations, *added)) if added else query
        return wider if _knows(wider, other) else query

    def _asked(self, query: Query, part: Query) -> tuple[Any, ...]:
        """Return the conditions of a part of what ``query`` becomes; none if they are all made of `Q()`."""
        if not _knows(query, part):
            return (self._by_key(part),)
        if part.is_sliced:
            return (*part.where, self._by_key(part))
        return () if all(map(asks_nothing, part.where)) else part.where

    def _by_key(self, query: Query) -> Any:
        """Return the condition that a row's key is among those of a query."""
        if query.grouped is not None:
            raise TypeError("Cannot combine groups of rows with others than groups by the same values.")
        ordered = {} if query.is_sliced else {"order": ()}
        keys: Any = QueryCombining(self.model, query.having(columns=None, form="instances", lock=None, **ordered))
        return Group((condition(Scope(self.model, {}), "pk__in", keys),))

    def _check_combinable(self, other: "QuerySet[Any]") -> None:
        if self.query.combined is not None or other.query.combined is not None:
            raise TypeError(
                "Cannot combine queries that union(), intersection() or difference() made; combine them with those."
            )
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


def _is_none(query: Query) -> bool:
    """Return whether `none` was called, so that there is nothing else to know; a condition may hold for no row as well."""
    return query.empty and not any(map(is_never, query.where))


def _knows(query: Query, other: Query) -> bool:
    """Return whether all that the conditions of another query may name means the same in this one."""
    if not (other.annotations or other.filtered or other.ctes or other.plain):
        return True
    if (other.plain and not query.plain) or not set(other.tables) <= set(query.tables):
        return False
    if not all(each in query.filtered for each in other.filtered) or not all(each in query.ctes for each in other.ctes):
        return False
    known = {annotation.name: annotation for annotation in query.annotations}
    same = all(_same(known.get(each.name), query, each, other) for each in other.annotations)
    return same and query.grouped == other.grouped


def _same(mine: Annotation | None, query: Query, theirs: Annotation, other: Query) -> bool:
    """Return whether two annotations of one name mean the same: over many rows that depends on the filters before them."""
    if mine is None or mine.source != theirs.source:
        return False
    if not (_sees_filters(mine) or _sees_filters(theirs)):
        return True
    return mine.after == theirs.after and query.where[: mine.after] == other.where[: theirs.after]


def _sees_filters(annotation: Annotation) -> bool:
    """Return whether an annotation is over rows that filters before it joined."""
    return annotation.after > 0 and (annotation.source.multiple or annotation.source.contains_aggregate)
