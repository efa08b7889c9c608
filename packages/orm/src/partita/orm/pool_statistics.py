"""What a pool of connections has done since it was made: how much was opened, how much reused, who had to wait."""

from collections.abc import Iterable
from typing import Any

import msgspec

__all__ = ("PoolStatistics",)


class PoolStatistics(msgspec.Struct, frozen=True):
    """Counts of one pool, or of several added up.

    Attributes:
        size: Most connections at a time.
        open: Connections that exist now, borrowed or idle.
        in_use: Connections that somebody has borrowed now.
        waiting: Who stands in line now.
        opened: How many connections were opened.
        reused: How often an open connection was handed out again.
        dead: How many idle connections no longer answered when they were wanted, and were replaced.
        waits: How often somebody had to stand in line, whatever came of it.
        timeouts: How often nobody came to their turn in time.
        opening_seconds: Spent in opening connections.
        waiting_seconds: Spent in line.
        longest_wait: The longest time in line, in seconds.
    """

    size: int
    open: int = 0
    in_use: int = 0
    waiting: int = 0
    opened: int = 0
    reused: int = 0
    dead: int = 0
    waits: int = 0
    timeouts: int = 0
    opening_seconds: float = 0.0
    waiting_seconds: float = 0.0
    longest_wait: float = 0.0

    @property
    def taken(self) -> int:
        """How often a connection was handed out."""
        return self.opened + self.reused

    @classmethod
    def total(cls, several: Iterable["PoolStatistics"]) -> "PoolStatistics":
        """Add up what pools have done, such as one for each event loop."""
        found = list(several)
        sums: dict[str, Any] = {name: sum(getattr(one, name) for one in found) for name in cls.__struct_fields__}
        return cls(**{**sums, "longest_wait": max((one.longest_wait for one in found), default=0.0)})
