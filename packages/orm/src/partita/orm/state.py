"""Where an instance came from; shared by the rows of one query."""

import weakref
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.orm.prefetch_modes import FetchMode

__all__ = ("DEFERRED", "NEW", "OfOwners", "Peers", "State", "our_version")


class _Deferred:
    """Stands for a value that is not loaded."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Deferred field>"

    def __reduce__(self) -> str:
        return "DEFERRED"


DEFERRED = _Deferred()
"""Given to a model in the place of a value, it leaves the field to be loaded when it is asked for."""


@cache
def our_version() -> str:
    """Return the version of this package, which pickled instances tell."""
    return version("partita-orm")


class OfOwners:
    """The rows that were prefetched together, found by way of their owners, which keep them.

    A weak reference for each row would cost a tenth of the time that it takes to prefetch them.

    Args:
        owners: Instances.
        name: Of the relation.
    """

    __slots__ = ("_name", "_owners")

    def __init__(self, owners: Sequence[Any], name: str) -> None:
        self._owners, self._name = tuple(map(weakref.ref, owners)), name

    def __iter__(self) -> Iterator[Any]:
        for ref in self._owners:
            owner = ref()
            rows = None if owner is None else owner.__dict__.get("_prefetched", {}).get(self._name)
            if rows is not None:
                yield from rows._result or ()


class Joined(OfOwners):
    """The rows that came with others by way of ``select_related``, found through those; they need no references of their own.

    Args:
        roots: Weak references to the rows of the query.
        way: The relations that lead from each of them.
    """

    __slots__ = ("_way",)

    def __init__(self, roots: tuple[Any, ...], way: tuple[str, ...]) -> None:
        self._owners, self._way = roots, way

    def __iter__(self) -> Iterator[Any]:
        for ref in self._owners:
            row = ref()
            for name in self._way:
                row = None if row is None else row.__dict__.get(name)
            if row is not None:
                yield row


Peers = tuple[Any, ...] | OfOwners
"""Weak references to the rows fetched together, or what knows these rows."""


class State:
    """Database, newness, and the rows fetched together, which are asked when a relation is missing."""

    __slots__ = ("adding", "database", "peers")

    def __init__(self, database: Any = None, adding: bool = False, peers: Peers = ()) -> None:
        self.database, self.adding, self.peers = database, adding, peers

    @property
    def db(self) -> str | None:
        """The database's alias; None for an instance that was never saved."""
        return self.database if self.database is None or isinstance(self.database, str) else self.database.alias

    @db.setter
    def db(self, alias: str | None) -> None:
        self.database = alias

    @property
    def fetch_mode(self) -> "FetchMode":
        """What happens when something is asked for that was not loaded."""
        from partita.orm.prefetch_modes import mode_of

        return mode_of(self.peers)

    def own(self) -> "State":
        """Return a copy for one instance alone."""
        return State(self.database, self.adding, self.peers)

    def __reduce__(self) -> tuple[Any, ...]:
        return (State, (self.db, self.adding))


NEW = State(None, True)
"""The state of every instance that was never saved; `Model._state` gives an instance one of its own before anybody changes it."""
