"""Names for what rows are grouped by, so that orders and conditions mean the same value and not its columns."""

from typing import Any

from partita.orm.expressions import Column, OrderBy, Ref, Scope
from partita.orm.query import Annotation, Query, Selected

__all__ = ("by_names_of_groups", "scope_of_combined", "with_named_groups")


def with_named_groups(query: Query) -> Query:
    """Return a query of columns with all of them that are no aggregates as its groups; computed ones get an alias.

    ``values("day__year").annotate(n=Count("pk"))`` has the year as an annotation from here on, as if it had been
    ``values(year=F("day__year"))``: whoever orders by it again must not tell groups apart by their days.
    """
    columns = query.columns or ()
    computed = {
        each.name: each.source
        for each in columns
        if not (isinstance(each.source, Column | Ref) or each.source.contains_aggregate)
    }
    if computed:
        named = [Annotation(name, source, query.columns_after, False) for name, source in computed.items()]
        columns = tuple([_by_name(each) if each.name in computed else each for each in columns])
        query = query.having(columns=columns, annotations=(*query.annotations, *named))
    query = query.having(grouped=tuple([each for each in columns if not each.source.contains_aggregate]))
    return query if not query.order else query.having(order=by_names_of_groups(query, query.order))


def by_names_of_groups(query: Query, order: tuple[OrderBy, ...]) -> tuple[OrderBy, ...]:
    """Return an order in which what rows are grouped by stands by its name, also where it was written out again."""
    computed = [each.source for each in query.grouped or () if isinstance(each.source, Ref)]
    if not computed:
        return order
    return tuple([_named(term, computed) for term in order])


def scope_of_combined(query: Query) -> Scope:
    """Return what names mean where queries that are combined are ordered: columns of the first, by what they are called."""
    while query.combined is not None:
        query = query.combined[1][0]
    names = {a.name: a.source for a in query.annotations if a.selected and query.columns is None}
    for name, source in query.columns or ():
        if not isinstance(source, Column) or source.path:
            names[name] = source.source if isinstance(source, Ref) else source
    return Scope(query.model, names)


def _by_name(selected: Selected) -> Selected:
    return Selected(selected.name, Ref(selected.name, selected.source))


def _named(term: OrderBy, computed: list[Any]) -> OrderBy:
    source = term.sources[0]
    if isinstance(source, Column | Ref):
        return term
    known = next((ref for ref in computed if ref.source == source), None)
    return term if known is None else term._with((known,))
