"""Rows of one statement, some at a time."""

from collections.abc import Sequence
from typing import Any

from partita.orm.database import Database
from partita.orm.drivers.base import Row, Rows
from partita.orm.errors import DatabaseError, InterfaceError, OrmError
from partita.orm.held import Held

__all__ = ("Stream",)


class Stream:
    """The rows of a statement, which stay with the database until they are asked for.

    Within a transaction they come over its connection; MySQL can run nothing else there meanwhile, so there they are all
    fetched at once. So are those of a database in memory, which has one connection.

    Args:
        database: Where the statement runs.
        own: A connection for these rows alone, which goes back to its pool at the end; None within a transaction.
    """

    __slots__ = ("_begun", "_fetched", "_held", "_own", "_place", "_rows", "database", "load")

    def __init__(self, database: Database, own: Held | None) -> None:
        self.database, self._own = database, own
        self.load: Any = None
        self._held: Held | None = None
        self._rows: Rows | None = None
        self._fetched: Sequence[Row] = ()
        self._place = 0
        self._begun = False

    @staticmethod
    def needs_connection(database: Database) -> bool:
        """Return whether a stream that begins here needs a connection of its own."""
        return database.held.get() is None and not database.is_memory

    def open(self, sql: str, params: Sequence[Any], load: Any) -> None:
        """Run the statement; ``load`` makes instances of rows."""
        database, self.load = self.database, load
        held = self._own or database.held.get()
        if held is None or (self._own is None and database.vendor == "mysql"):
            self._fetched = database.fetch(sql, params)
            return
        if self._own is not None and database.is_behind_pooler:
            # The next statement outside of a transaction may go to another server, which knows no such cursor.
            self._own.link.begin()
            self._begun = True

        def begin(sql: str, params: Sequence[Any]) -> Rows:
            with held.lock:
                return held.link.stream(sql, params, hold=held.depth == 0 and not self._begun)

        self._rows = database.begin_rows(sql, params, begin)
        self._held = held

    def next_rows(self, count: int) -> Sequence[Row]:
        """Return the next rows, at most ``count``; none at the end."""
        if self._rows is not None and self._held is not None:
            with self._held.lock:
                return self._rows.next(count)
        place = self._place
        self._place = place + count
        return self._fetched[place : self._place]

    def close(self) -> None:
        """Let the rows and the connection go."""
        rows, self._rows, self._fetched = self._rows, None, ()
        try:
            if rows is not None and self._held is not None:
                with self._held.lock:
                    rows.close()
            if self._begun and self._own is not None:
                self._own.link.run("COMMIT", ())
        except (DatabaseError, InterfaceError, OrmError):
            if self._own is not None:  # else the transaction is broken, or over, and its cursors with it
                self._own.link.broken = True
        except BaseException:
            if self._own is not None:
                self._own.link.broken = True
            raise
        finally:
            own, self._own = self._own, None
            if own is not None:
                own.pool.release(own.link)
