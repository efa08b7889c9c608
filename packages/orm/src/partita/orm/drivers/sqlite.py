"""SQLite through the standard library's driver."""

import sqlite3
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partita.orm.drivers.base import Answer, Link, Row, Rows, by_pep249_name
from partita.orm.errors import NotSupportedError, OperationalError
from partita.orm.functions.sqlite import add_functions
from partita.orm.garbage import without_collector
from partita.orm.short_reads import Elsewhere, Paces

__all__ = ("ShortReadLink", "SqliteLink", "connect_sqlite")

_FEW = 600  # rows, each of which the garbage collector counts until they are instances; it looks after 700
_ATTEMPTS = 100  # to end a transaction while somebody else asks again and again that whatever runs stops
_STEPS = 500  # of SQLite's machine between two looks: some 10 us
_LOOKS = 16  # after which a read that was believed to be short is stopped
_STALLED = 0.02  # seconds after which it is stopped because of a slow disk


class SqliteLink(Link):
    """A connection used by one thread at a time, not always the same one."""

    __slots__ = ("_streams", "mode", "raw", "read_only")

    interrupts_late = False

    def __init__(self, raw: sqlite3.Connection, mode: str) -> None:
        super().__init__()
        self.raw, self.mode = raw, mode
        self.read_only = False
        self._streams: weakref.WeakSet[_SqliteRows] = weakref.WeakSet()

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        try:
            cursor = self.raw.execute(sql, params)
            rows = cursor.fetchmany(_FEW)
            return rows if len(rows) < _FEW else rows + without_collector(cursor.fetchall)
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        try:
            cursor = self.raw.execute(sql, params)
            rows = cursor.fetchall()
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error
        return [column[0] for column in cursor.description or ()], rows

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        try:
            cursor = self.raw.execute(sql, params)
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error
        return cursor.rowcount, cursor.lastrowid

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        try:
            cursor = self.raw.execute(sql, params)
            rows = cursor.fetchall()
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error
        if cursor.description is None:
            return Answer((), (), cursor.rowcount, cursor.lastrowid)
        return Answer([column[0] for column in cursor.description], rows, len(rows), cursor.lastrowid)

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched."""
        try:
            return self.raw.executemany(sql, params).rowcount
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Run one statement whose rows are made as they are asked for; what others write meanwhile does not show."""
        try:
            rows = _SqliteRows(self.raw.execute(sql, params))
        except (sqlite3.Error, OverflowError, UnicodeEncodeError) as error:
            raise by_pep249_name(error) from error
        self._streams.add(rows)
        return rows

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

    def roll_back(self) -> None:
        """Undo the transaction. It must not stay open, and a database in memory ends with its connection; so this does not give up."""
        for rows in self._streams:
            rows.close()  # or an interruption lasts until the last of them ends
        for attempt in range(_ATTEMPTS, -1, -1):
            if not self.raw.in_transaction:  # some errors end it
                return
            try:
                self.run("ROLLBACK", ())
            except OperationalError:
                if not attempt:
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


class _SqliteRows:
    __slots__ = ("__weakref__", "_cursor")

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    def next(self, count: int) -> Sequence[Row]:
        """Return at most ``count`` rows; none at the end."""
        try:
            return self._cursor.fetchmany(count)
        except sqlite3.Error as error:
            raise by_pep249_name(error) from error

    def close(self) -> None:
        """Let the rest go."""
        self._cursor.close()


class ShortReadLink(SqliteLink):
    """A connection for short reads in an event loop's thread: it stops what takes too long, and never waits for a lock.

    Args:
        link: A new connection, which belongs to this from now on.
        paces: What is known to be short.
    """

    __slots__ = ("_looks", "_paces", "_stop_at")

    def __init__(self, link: Link, paces: Paces) -> None:
        assert isinstance(link, SqliteLink)
        super().__init__(link.raw, link.mode)
        self._paces, self._looks, self._stop_at = paces, 0, 0.0
        for pragma in ("busy_timeout = 0", "query_only = ON"):
            super().run(f"PRAGMA {pragma}", ())
        self.raw.set_progress_handler(self._look, _STEPS)

    def _look(self) -> bool:
        """Return whether the statement is to be stopped."""
        self._looks += 1
        return self._looks > _LOOKS or time.perf_counter() > self._stop_at

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement that is known to be short."""
        pace = self._paces.get(sql)
        if pace is None or not pace.may_run_here():
            raise Elsewhere
        started = time.thread_time() if pace.wants_sample() else None
        self._looks, self._stop_at = 0, time.perf_counter() + _STALLED
        try:
            rows = self.raw.execute(sql, params).fetchall()
        except (
            sqlite3.Error,
            OverflowError,
            UnicodeEncodeError,
        ):  # stopped, locked, or an error that it will meet there, too
            pace.failed_here()
            raise Elsewhere from None
        pace.ran_here(self._looks * _STEPS, len(rows), None if started is None else time.thread_time() - started)
        return rows

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Refuse: only queries of our own making are known to read."""
        raise Elsewhere

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Refuse to write."""
        raise Elsewhere

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Refuse: it may write."""
        raise Elsewhere

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Refuse to write."""
        raise Elsewhere

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Refuse: it would stay open."""
        raise Elsewhere

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Refuse to begin a transaction."""
        raise Elsewhere


def connect_sqlite(path: str, *, timeout: float, mode: str, init: Sequence[str]) -> SqliteLink:
    """Open a database file, or ``:memory:``."""
    raw: sqlite3.Connection | None = None
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
        refused = by_pep249_name(error)
        if raw is None:
            refused.args = (f"{error}: {path}",)
            if not Path(path).absolute().parent.is_dir():
                refused.args = (f"{error}: {path}. Its folder does not exist; SQLite makes files, not folders.",)
        raise refused from error
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
