"""SQLite through the standard library's driver."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from partita.orm.drivers.base import Link, Row, by_pep249_name
from partita.orm.errors import NotSupportedError
from partita.orm.functions.sqlite import add_functions

__all__ = ("SqliteLink", "connect_sqlite")


class SqliteLink(Link):
    """A connection used by one thread at a time, not always the same one."""

    __slots__ = ("mode", "raw", "read_only")

    def __init__(self, raw: sqlite3.Connection, mode: str) -> None:
        super().__init__()
        self.raw, self.mode = raw, mode
        self.read_only = False

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        try:
            return self.raw.execute(sql, params).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise by_pep249_name(error) from error

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        try:
            cursor = self.raw.execute(sql, params)
            rows = cursor.fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise by_pep249_name(error) from error
        return [column[0] for column in cursor.description or ()], rows

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        try:
            cursor = self.raw.execute(sql, params)
        except (sqlite3.Error, OverflowError) as error:
            raise by_pep249_name(error) from error
        return cursor.rowcount, cursor.lastrowid

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin; by default the write lock is taken at once, because taking it later cannot wait for others."""
        if isolation not in (None, "serializable"):
            raise NotSupportedError("SQLite has one isolation level only, serializable.")
        if deferrable:
            raise NotSupportedError("Deferrable transactions are PostgreSQL's.")
        if read_only:
            self.run("PRAGMA query_only = ON", ())
            self.read_only = True
        try:
            self.run("BEGIN DEFERRED" if read_only else f"BEGIN {self.mode}", ())
        except BaseException:
            self.ended()
            raise

    def ended(self) -> None:
        """Allow writing again."""
        if self.read_only:
            self.read_only = False
            self.run("PRAGMA query_only = OFF", ())

    def close(self) -> None:
        """End the connection."""
        self.raw.close()

    def interrupt(self) -> None:
        """Ask a statement that runs in another thread to stop."""
        self.raw.interrupt()


def connect_sqlite(path: str, *, timeout: float, mode: str, init: Sequence[str]) -> SqliteLink:
    """Open a database file, or ``:memory:``."""
    try:
        raw = sqlite3.connect(
            path, timeout=timeout, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        raw.execute("PRAGMA foreign_keys = ON")
        if path != ":memory:":
            _use_wal(raw, timeout)
            raw.execute("PRAGMA synchronous = NORMAL")
        for statement in init:
            raw.execute(statement)
    except sqlite3.Error as error:
        raise by_pep249_name(error) from error
    add_functions(raw)
    return SqliteLink(raw, mode)


def _use_wal(raw: sqlite3.Connection, timeout: float) -> None:
    """Switch a file to WAL; the switch does not wait for others by itself, as statements do."""
    give_up = time.monotonic() + timeout
    while raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.005)
