"""Loading related rows for many instances at once."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from partita.orm.databases import current_databases

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("Prefetch", "aprefetch_related_objects", "prefetch", "prefetch_related_objects")


class Prefetch:
    """A relation to load, with the rows to choose from.

    Args:
        lookup: The relation, or several with two underscores between.
        queryset: Rows to choose from; all by default.
        to_attr: Keep the rows as a list under this name.
    """

    __slots__ = ("lookup", "queryset", "to_attr")

    def __init__(self, lookup: str, queryset: Any = None, to_attr: str | None = None) -> None:
        if queryset is not None and (not hasattr(queryset, "query") or queryset.query.columns is not None):
            raise ValueError("Prefetch querysets cannot use raw(), values(), and values_list().")
        self.lookup, self.queryset, self.to_attr = lookup, queryset, to_attr


def prefetch(rows: Sequence[Any], lookups: Sequence["str | Prefetch"], database: "Database") -> None:
    """Load the relations ``lookups`` for ``rows``."""
    done: dict[str, list[Any]] = {}
    for lookup in lookups:
        given = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        _follow(list(rows), given, database, done)


def prefetch_related_objects(instances: Iterable[Any], *lookups: "str | Prefetch") -> None:
    """Load relations for instances you have."""
    rows = list(instances)
    if rows:
        database = _database_of(rows[0])
        database.perform(prefetch, rows, lookups, database)


async def aprefetch_related_objects(instances: Iterable[Any], *lookups: "str | Prefetch") -> None:
    """Async twin of `prefetch_related_objects`."""
    rows = list(instances)
    if rows:
        database = _database_of(rows[0])
        await database.arun(prefetch, rows, lookups, database)


def _database_of(instance: Any) -> "Database":
    database: Database = instance._read_database(type(instance)) or current_databases().for_read(type(instance))
    return database


def _follow(level: list[Any], given: Prefetch, database: "Database", done: dict[str, list[Any]]) -> None:
    parts = given.lookup.split("__")
    for index, part in enumerate(parts):
        if not level:
            return
        is_last = index == len(parts) - 1
        to_attr = given.to_attr if is_last else None
        way = "__".join([*parts[:index], to_attr or part])
        if way in done:
            if is_last and given.queryset is not None:
                raise ValueError(
                    f"{way!r:.80} lookup was already seen with a different queryset. You may need to adjust the ordering of "
                    "your lookups."
                )
            level = done[way]
            continue
        groups = _by_relation(level, part)
        if not any(_accessor(type(rows[0]), part) is not None or hasattr(rows[0], part) for rows in groups):
            raise AttributeError(
                f"Cannot find {part!r:.80} on {type(level[0]).__name__} object, {given.lookup!r:.80} is an invalid "
                "parameter to prefetch_related()"
            )
        if is_last and all(_accessor(type(rows[0]), part) is None for rows in groups):
            raise ValueError(
                f"{given.lookup!r:.80} does not resolve to an item that supports prefetching - this is an invalid parameter "
                "to prefetch_related()."
            )
        if to_attr is not None:
            _check_free(groups, to_attr)
        chosen = given.queryset if is_last else None
        following = [row for rows in groups for row in _related(rows, part, chosen, to_attr, database)]
        if any(_accessor(type(rows[0]), part) is not None for rows in groups):
            done[way] = following
        level = following


def _check_free(groups: list[list[Any]], name: str) -> None:
    for rows in groups:
        model = type(rows[0])
        if model._meta.find(name)[0] is not None or _accessor(model, name) is not None:
            raise ValueError(f"to_attr={name} conflicts with a field on the {model.__name__} model.")


def _by_relation(rows: list[Any], name: str) -> list[list[Any]]:
    """Return rows in groups that share a relation; after a generic one, they are of several models.

    Relations of several models that one query can load say so with an equal ``together``.
    """
    models = {type(row) for row in rows}
    if len(models) == 1:
        return [rows]
    shared = {model: getattr(_accessor(model, name), "together", model) for model in models}
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(shared[type(row)], []).append(row)
    return list(groups.values())


def _related(level: list[Any], part: str, chosen: Any, to_attr: str | None, database: "Database") -> list[Any]:
    """Return what is related to rows by the name ``part``; nothing, if their model has no such relation."""
    accessor = _accessor(type(level[0]), part)
    if accessor is None:  # perhaps a list that an earlier Prefetch put there with to_attr
        return _flat(getattr(row, part) for row in level) if hasattr(level[0], part) else []
    if chosen is None and all(accessor.is_cached(row) for row in level):
        return _flat(_cached(row, part) for row in level)
    rows = accessor.rows() if chosen is None else chosen
    where = rows if chosen is not None and getattr(chosen, "_using", None) is not None else rows.using(database)
    found: list[Any] = accessor.prefetch(level, where, to_attr)
    return found


def _accessor(model: Any, name: str) -> Any:
    for kind in model.__mro__:
        found = kind.__dict__.get(name)
        if hasattr(found, "prefetch"):
            return found
    return None


def _cached(row: Any, name: str) -> Any:
    known = row.__dict__.get("_prefetched")
    if known is not None and name in known:
        return known[name]
    related = row.__dict__.get(name)
    return [] if related is None else [related]


def _flat(groups: Any) -> list[Any]:
    rows: dict[int, Any] = {}
    for group in groups:
        for row in group if isinstance(group, list) or hasattr(group, "query") else [group]:
            if row is not None:
                rows[id(row)] = row
    return list(rows.values())
