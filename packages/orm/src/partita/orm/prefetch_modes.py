"""What happens when a field or a relation is asked for that was not loaded."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from partita.orm.errors import FieldError
from partita.orm.state import Peers

__all__ = ("FETCH_ONE", "FETCH_PEERS", "FETCH_RAISE", "FetchMode", "FieldFetchBlocked", "mode_of", "set_mode")


class FieldFetchBlocked(FieldError):
    """A field or a relation was asked for that was not loaded, and the query said that this is an error."""


class FetchMode(Enum):
    """What happens when something is asked for that was not loaded."""

    ONE = "one"
    PEERS = "peers"
    RAISE = "raise"


FETCH_ONE = FetchMode.ONE
"""It is loaded for this row."""
FETCH_PEERS = FetchMode.PEERS
"""It is loaded for all rows that came with this one, in one query; the default."""
FETCH_RAISE = FetchMode.RAISE
"""It is an error."""


class Blocked(tuple[Any, ...]):
    """No peers, and no loading either."""

    __slots__ = ()


class Alone(tuple[Any, ...]):
    """No peers, because that was asked for."""

    __slots__ = ()


def mode_of(peers: Peers) -> FetchMode:
    """Return the mode that rows with such peers have."""
    return FETCH_RAISE if isinstance(peers, Blocked) else FETCH_ONE if isinstance(peers, Alone) else FETCH_PEERS


def set_mode(rows: Iterable[Any], mode: FetchMode, related: dict[str, Any]) -> None:
    """Give rows of one query, and those that select_related loaded with them, a mode other than peers.

    Args:
        rows: Instances.
        mode: One or raise.
        related: The names of relations loaded, as a tree.
    """
    peers = Blocked() if mode is FETCH_RAISE else Alone()
    for row in rows:
        values = row.__dict__
        values["_s"].peers = peers
        for name, inner in related.items():
            if values.get(name) is not None:
                set_mode((values[name],), mode, inner)
