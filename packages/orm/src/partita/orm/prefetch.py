"""Loading related rows for many instances at once."""

from collections.abc import Sequence
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
        if queryset is not None and queryset.query.columns is not None:
            raise ValueError("Prefetch querysets cannot use values() or values_list().")
        self.lookup, self.queryset, self.to_attr = lookup, queryset, to_attr


def prefetch(rows: Sequence[Any], lookups: Sequence["str | Prefetch"], database: "Database") -> None:
    """Load the relations ``lookups`` for ``rows``."""
    done: dict[str, list[Any]] = {}
    for lookup in lookups:
        given = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        _follow(list(rows), given, database, done)


def prefetch_related_objects(instances: Sequence[Any], *lookups: "str | Prefetch") -> None:
    """Load relations for instances you have."""
    if instances:
        database = _database_of(instances[0])
        database.perform(prefetch, instances, lookups, database)


async def aprefetch_related_objects(instances: Sequence[Any], *lookups: "str | Prefetch") -> None:
    """Async twin of `prefetch_related_objects`."""
    if instances:
        database = _database_of(instances[0])
        await database.arun(prefetch, instances, lookups, database)


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
            level = done[way]
            continue
        accessor: Any = getattr(type(level[0]), part, None)
        accessor = _accessor(type(level[0]), part) if not hasattr(accessor, "prefetch") else accessor
        if accessor is None:
            if hasattr(level[0], part):  # a list that an earlier Prefetch put there with to_attr
                level = _flat(getattr(row, part) for row in level)
                continue
            raise AttributeError(
                f"Cannot find {part!r:.80} on {type(level[0]).__name__} object, {given.lookup!r:.80} is an invalid "
                "parameter to prefetch_related()"
            )
        rows = given.queryset if is_last and given.queryset is not None else accessor.rows()
        if is_last and given.queryset is None and all(accessor.is_cached(row) for row in level):
            following = _flat(_cached(row, part, accessor) for row in level)
        else:
            following = accessor.prefetch(level, rows.using(database), to_attr)
        done[way] = level = following


def _accessor(model: Any, name: str) -> Any:
    for kind in model.__mro__:
        found = kind.__dict__.get(name)
        if hasattr(found, "prefetch"):
            return found
    return None


def _cached(row: Any, name: str, accessor: Any) -> Any:
    from partita.orm.relations import ForwardOne, ReverseOne

    if isinstance(accessor, ForwardOne | ReverseOne):
        related = row.__dict__.get(name)
        return [] if related is None else [related]
    return row.__dict__["_prefetched"][name]


def _flat(groups: Any) -> list[Any]:
    rows: dict[int, Any] = {}
    for group in groups:
        for row in group if isinstance(group, list) or hasattr(group, "query") else [group]:
            if row is not None:
                rows[id(row)] = row
    return list(rows.values())
