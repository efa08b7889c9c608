"""Slices that are taken of the rows of each owner apart, as prefetching needs them."""

from typing import Any

from partita.orm.compiler.groups import default_order
from partita.orm.expressions import BIG, Column, OrderBy, Param, Ref, Scope
from partita.orm.lookups import LOOKUPS
from partita.orm.nodes import Condition, Target
from partita.orm.paths import Path
from partita.orm.query import Annotation, Query

__all__ = ("sliced_for_each",)

_PLACE = "place_of_row"


def sliced_for_each(query: Query, path: Path, field: Any) -> Query:
    """Return a query whose slice counts the rows of each owner from the start, by a window.

    Args:
        query: A sliced one.
        path: The joins to what tells the owner.
        field: The column there, or a key of several.
    """
    from partita.orm.windows import RowNumber, Window

    owner = [Column(path, part) for part in (field.fields if field.is_tuple else (field,))]
    order: Any = default_order(query.model) if query.order is None else query.order
    if query.backwards:
        order = [term.reversed() for term in order]
    order = order or [OrderBy(Column((), part)) for part in query.model._meta.pk_fields]
    place = Window(RowNumber(), partition_by=owner, order_by=order).resolve(
        Scope(query.model, query.sources, query.ways)
    )
    low = 0 if query.offset is None else query.offset.value
    limits = [Condition(Target(Ref(_PLACE, place), LOOKUPS["gt"], None, kept=False), Param(low, BIG))]
    if query.limit is not None:
        last = Param(low + query.limit.value, BIG)
        limits.append(Condition(Target(Ref(_PLACE, place), LOOKUPS["lte"], None, kept=False), last))
    return query.having(
        limit=None,
        offset=None,
        annotations=(*query.annotations, Annotation(_PLACE, place, len(query.where), selected=False)),
        where=(*query.where, *limits),
    )
