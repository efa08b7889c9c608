"""What every peer does, on the same file, and how it is timed; a peer's script ends with ``run(...)``."""

import asyncio
import gc
import inspect
import json
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE artist (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(100) NOT NULL, country VARCHAR(2) NOT NULL);
CREATE TABLE album (
    id INTEGER PRIMARY KEY AUTOINCREMENT, title VARCHAR(160) NOT NULL, year INTEGER NOT NULL, minutes INTEGER NOT NULL,
    artist_id INTEGER NOT NULL REFERENCES artist (id)
);
CREATE INDEX album_artist ON album (artist_id);
CREATE INDEX album_year ON album (year);
CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(100) NOT NULL, number INTEGER NOT NULL);
"""
ARTISTS, ALBUMS = 1_000, 10_000
SECONDS, PREPARED_CALLS = 0.3, 60  # the best of a few calls would be one of the machine's moods

# The rows of the table, in order; a peer leaves out what it cannot do.
WORK = (
    "get by pk",
    "filter, 100 instances",
    "filter, 10 000 instances",
    "values_list, 10 000",
    "select_related, 1 000",
    "prefetch, 100 x 10",
    "aggregate over 10 000",
    "insert one",
    "save one changed field",
    "bulk insert 10 000",
    "update 1 000",
    "delete 1 000",
)

Call = Callable[[], Any]


def fill(path: str) -> None:
    """Make the file that all peers use."""
    with sqlite3.connect(path) as link:
        link.executescript(TABLES)
        link.executemany(
            "INSERT INTO artist (name, country) VALUES (?, ?)",
            [(f"Artist {number}", "DE" if number % 2 else "FR") for number in range(ARTISTS)],
        )
        link.executemany(
            "INSERT INTO album (title, year, minutes, artist_id) VALUES (?, ?, ?, ?)",
            [(f"Album {n}", 1900 + n % 100, 30 + n % 50, 1 + n // 10) for n in range(ALBUMS)],
        )
        link.execute("INSERT INTO item (name, number) VALUES ('first', -1)")
    link.close()


def items() -> list[tuple[str, int]]:
    """Names and numbers for a bulk insert."""
    return [(f"Item {number}", number) for number in range(10_000)]


def run(work: dict[str, Call], before: dict[str, Call] | None = None) -> None:
    """Time each piece of work and write seconds a call, by name, as JSON.

    Args:
        work: Functions, sync or async, by name.
        before: What has to be done, untimed, before each call of some.
    """
    asyncio.run(measure(work, before or {}))


async def measure(work: dict[str, Call], before: dict[str, Call]) -> None:
    """Like `run`, in a loop that runs already."""
    found = {name: await _seconds(work[name], before.get(name)) for name in WORK if name in work}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


async def _seconds(call: Call, prepare: Call | None) -> float:
    """Return the best time of one call, in groups so long that the clock's step does not count."""
    is_async = inspect.iscoroutinefunction(call)
    group, calls, spent, best = 1, 0, 0.0, float("inf")
    while spent < SECONDS * 3 and (prepare is None or calls < PREPARED_CALLS):
        if prepare is not None:
            await _settled(prepare())
        gc.collect()
        start = time.perf_counter()
        if is_async:
            for _ in range(group):
                await call()
        else:
            for _ in range(group):
                call()
        took = time.perf_counter() - start
        spent += took
        calls += 1
        best = min(best, took / group)
        if prepare is None and took < SECONDS / 3:
            group = max(group + 1, int(group * SECONDS / 3 / max(took, 1e-6)))
    return best


async def _settled(result: Any) -> None:
    if isinstance(result, Awaitable):
        await result


def check(count: int, wanted: int) -> None:
    """Stop if a peer did something else than asked."""
    if count != wanted:
        raise SystemExit(f"{count} instead of {wanted}")


def remove_scratch(path: str) -> None:
    """Empty the table of the writing work but for its first row."""
    with suppress(sqlite3.OperationalError), sqlite3.connect(path) as link:
        link.execute("DELETE FROM item WHERE id > 1")
        link.commit()
    link.close()
