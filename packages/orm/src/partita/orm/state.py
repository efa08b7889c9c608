"""Where an instance came from; shared by the rows of one query."""

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.orm.prefetch_modes import FetchMode

__all__ = ("State", "our_version")


@cache
def our_version() -> str:
    """Return the version of this package, which pickled instances tell."""
    return version("partita-orm")


class State:
    """Database, newness, and the rows fetched together, which are asked when a relation is missing."""

    __slots__ = ("adding", "database", "peers")

    def __init__(self, database: Any = None, adding: bool = False, peers: tuple[Any, ...] = ()) -> None:
        self.database, self.adding, self.peers = database, adding, peers

    @property
    def db(self) -> str | None:
        """The database's alias; None for an instance that was never saved."""
        return self.database if self.database is None or isinstance(self.database, str) else self.database.alias

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
