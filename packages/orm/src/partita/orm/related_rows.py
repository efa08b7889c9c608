"""Rows that belong to many owners, found with few queries and handed to each owner."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from partita.orm.errors import FieldError
from partita.orm.paths import Path
from partita.orm.state import OfOwners

__all__ = ("forget_rows", "in_chunks", "keep_groups", "known_rows", "of_each_owner", "of_one_owner", "rows_above")

_AT_ONCE = 1000


def rows_above(instance: Any) -> Iterator[Any]:
    """Give the rows in the tables of parents that were loaded together with an instance."""
    for link in instance._meta.concrete_model._meta.parents.values():
        parent = None if link is None else instance.__dict__.get(link.name)
        if parent is not None:
            yield parent
            yield from rows_above(parent)


def known_rows(instance: Any, accessor: str) -> Any:
    """Return the rows that were prefetched for an instance, or for its parents' rows; None if none were."""
    cached = instance.__dict__.get("_prefetched")
    if cached is not None and accessor in cached:
        return cached[accessor]
    for parent in rows_above(instance):
        cached = parent.__dict__.get("_prefetched")
        if cached is not None and accessor in cached:
            return cached[accessor]
    return None


def forget_rows(instance: Any, accessor: str) -> None:
    """Forget what was prefetched for an instance, and for its parents' rows."""
    for row in (instance, *rows_above(instance)):
        row.__dict__.get("_prefetched", {}).pop(accessor, None)


def in_chunks(
    rows: Any, lookup: str, keys: Sequence[Any], owner: Any = None, peers: OfOwners | None = None
) -> list[Any]:
    """Return what ``rows`` has for ``keys``, with a bounded count of parameters a query.

    Args:
        rows: A query; a slice is taken of the rows of each owner.
        lookup: The name to find keys by.
        keys: Values.
        owner: The field that tells to whom a row belongs, if there may be several for each.
        peers: What knows the rows afterwards, so that they need not know one another.
    """
    if rows.query.is_sliced:
        if owner is None:
            raise FieldError("A sliced queryset cannot be prefetched here: there is one row at most for each.")
        rows = of_each_owner(rows, (), owner)
    found: list[Any] = []
    for start in range(0, len(keys), _AT_ONCE):
        part = rows.filter(**{lookup: keys[start : start + _AT_ONCE]})
        if peers is not None:
            part._acquainted = False
        some = part._rows()
        if peers is not None and some:
            some[0].__dict__["_s"].peers = peers
        found += some
    return found


def of_each_owner(rows: Any, path: Path, field: Any) -> Any:
    """Return rows of which a slice, if there is one, is taken of those of each owner.

    Args:
        rows: A query.
        path: The joins to what tells the owner.
        field: The relation's field there.
    """
    if not rows.query.is_sliced:
        return rows
    from partita.orm.queryset.slices import sliced_for_each

    return rows._copy(sliced_for_each(rows.query, path, getattr(field, "own_field", field)))


def of_one_owner(rows: Any, path: Path, field: Any, narrowed: Callable[[Any], Any]) -> Any:
    """Return the rows of one owner, of which a slice, if there is one, is taken; more steps may follow.

    Args:
        rows: A query.
        path: The joins to what tells the owner.
        field: The relation's field there.
        narrowed: Returns those rows of a query that belong to the owner.
    """
    query = rows.query
    if not query.is_sliced:
        return narrowed(rows)
    whole = narrowed(rows._copy(query.having(limit=None, offset=None)))
    return of_each_owner(whole._copy(whole.query.having(limit=query.limit, offset=query.offset)), path, field)


def keep_groups(
    instances: Sequence[Any],
    attname: str,
    groups: dict[Any, list[Any]],
    name: str,
    to_attr: str | None,
    rows: Any,
    of_owner: Callable[[Any, Any], Any],
) -> None:
    """Give each instance its rows: as a list under ``to_attr``, else behind its manager.

    ``of_owner`` returns a query for those of ``rows`` that belong to a key.
    """
    if to_attr is not None:
        for instance in instances:
            setattr(instance, to_attr, groups[getattr(instance, attname)])
        return
    behind_manager = rows._for_owners()
    for instance in instances:
        key = getattr(instance, attname)
        known = instance.__dict__.setdefault("_prefetched", {})
        known[name] = behind_manager(groups[key], partial(of_owner, rows, key))
