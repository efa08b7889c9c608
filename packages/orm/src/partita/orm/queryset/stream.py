"""Rows of one statement, some at a time."""

import itertools
from collections.abc import Sequence
from typing import Any

from partita.orm.database import Database
from partita.orm.drivers.base import Row
from partita.orm.errors import DatabaseError, InterfaceError
from partita.orm.held import Held

__all__ = ("Stream",)

_numbers = itertools.count(1)


class Stream:
    """The rows of a statement. In PostgreSQL a cursor of the server keeps them, else they are all here already.

    Outside of a transaction the cursor is one WITH HOLD, on a connection that is kept until `close`.
    """

    __slots__ = ("_held", "_name", "_own", "_place", "_rows", "database", "load")

    def __init__(self, database: Database, sql: str, params: Sequence[Any], load: Any) -> None:
        self.database, self.load = database, load
        self._rows: Sequence[Row] = ()
        self._place = 0
        self._own: Held | None = None
        self._held: Held | None = None
        self._name = ""
        if database.vendor != "postgresql":
            self._rows = database.fetch(sql, params)
            return
        held = database.held.get()
        if held is None:
            held = self._own = database.hold()
        name = f"partita_{next(_numbers)}"
        hold = "WITHOUT HOLD" if held.depth else "WITH HOLD"
        try:
            self._run(held, f"DECLARE {name} NO SCROLL CURSOR {hold} FOR {sql}", params)
        except BaseException:
            self.close()
            raise
        self._held, self._name = held, name

    def next_rows(self, count: int) -> Sequence[Row]:
        """Return the next rows, at most ``count``; none at the end."""
        if self._held is not None:
            return self._held.fetch(f"FETCH FORWARD {int(count)} FROM {self._name}", ())
        place = self._place
        self._place = place + count
        return self._rows[place : self._place]

    def close(self) -> None:
        """Let the cursor and the connection go."""
        held, self._held, self._rows = self._held, None, ()
        try:
            if held is not None:
                self._run(held, f"CLOSE {self._name}", ())
        except (DatabaseError, InterfaceError):
            if self._own is None:  # the transaction is broken, or over, and its cursors with it
                return
            self._own.link.broken = True
        finally:
            own, self._own = self._own, None
            if own is not None:
                own.pool.release(own.link)

    @staticmethod
    def _run(held: Held, sql: str, params: Sequence[Any]) -> None:
        held.run(sql, params)
