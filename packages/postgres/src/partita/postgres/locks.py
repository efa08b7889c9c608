"""Advisory locks: one holder at a time of something that only the application knows."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from partita.orm import Database, NotSupportedError, atomic, current_databases

__all__ = ("aadvisory_lock", "advisory_lock")


@contextmanager
def advisory_lock(
    name: str | int, *, wait: bool = True, shared: bool = False, using: str = "default"
) -> Iterator[bool]:
    """Hold a lock for the length of the block, which is one transaction; it ends with it, whatever happens.

    Args:
        name: Any text, or a number of 64 bits; the same name is the same lock in the whole database.
        wait: Wait until whoever holds it lets go; else go on at once and tell.
        shared: Others may hold it as well, if they share it too.
        using: Alias of the database.

    Returns:
        Whether the lock is held; False only with ``wait=False``.

    Raises:
        NotSupportedError: If the database is not PostgreSQL.
        TypeError: If the name is neither text nor a number.
        ValueError: If the number has more than 64 bits.
    """
    database = _postgresql(using)
    with atomic(using):
        rows = database.execute(*_statement(name, wait, shared))
        yield wait or bool(rows[0][0])


@asynccontextmanager
async def aadvisory_lock(
    name: str | int, *, wait: bool = True, shared: bool = False, using: str = "default"
) -> AsyncIterator[bool]:
    """Async twin of `advisory_lock`: the wait is the event loop's."""
    database = _postgresql(using)
    async with atomic(using):
        rows = await database.aexecute(*_statement(name, wait, shared))
        yield wait or bool(rows[0][0])


def _postgresql(using: str) -> Database:
    database = current_databases()[using]
    if database.vendor != "postgresql":
        raise NotSupportedError(f"Advisory locks need PostgreSQL; {using!r} is {database.vendor}.")
    return database


def _statement(name: str | int, wait: bool, shared: bool) -> tuple[str, list[int]]:
    function = f"pg_{'' if wait else 'try_'}advisory_xact_lock{'_shared' if shared else ''}"
    return f"SELECT {function}(%s)", [_key(name)]


def _key(name: str | int) -> int:
    if isinstance(name, int):
        if not -(2**63) <= name < 2**63:
            raise ValueError(f"A lock's number has 64 bits; {name} has more.")
        return name
    if not isinstance(name, str):
        raise TypeError(f"A lock's name is text or a number, not {type(name).__name__}.")
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
