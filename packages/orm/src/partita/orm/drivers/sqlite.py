"""SQLite through the standard library's driver."""

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from partita.orm.drivers.base import Link, Row, by_pep249_name

__all__ = ("SqliteLink", "connect_sqlite")

_PARTS = {
    "week": lambda moment: moment.isocalendar().week,
    "iso_year": lambda moment: moment.isocalendar().year,
    "iso_week_day": lambda moment: moment.isoweekday(),
    "week_day": lambda moment: moment.isoweekday() % 7 + 1,
    "quarter": lambda moment: (moment.month - 1) // 3 + 1,
}


class SqliteLink(Link):
    """A connection used by one thread at a time, not always the same one."""

    __slots__ = ("mode", "raw")

    def __init__(self, raw: sqlite3.Connection, mode: str) -> None:
        super().__init__()
        self.raw, self.mode = raw, mode

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

    def begin(self, isolation: str | None = None) -> None:
        """Begin; by default the write lock is taken at once, because taking it later cannot wait for others."""
        if isolation not in (None, "serializable"):
            super().begin(isolation)
        self.run(f"BEGIN {self.mode}", ())

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
    raw.create_function("REGEXP", 2, _regexp, deterministic=True)
    raw.create_function("PARTITA_PART", 2, _part, deterministic=True)
    raw.create_function("PARTITA_SHIFT", 2, _shift, deterministic=True)
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


def _regexp(pattern: str | None, text: Any) -> bool | None:
    return None if pattern is None or text is None else re.search(pattern, str(text)) is not None


def _part(kind: str, text: str | None) -> int | None:
    return None if text is None else _PARTS[kind](dt.datetime.fromisoformat(text))


def _shift(text: str | None, microseconds: int | None) -> str | None:
    if text is None or microseconds is None:
        return None
    return (dt.datetime.fromisoformat(text) + dt.timedelta(microseconds=microseconds)).isoformat(" ")
