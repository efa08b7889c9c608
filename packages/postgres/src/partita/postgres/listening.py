"""Messages through the database: NOTIFY tells, LISTEN hears; across processes and machines, with the transaction."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from partita.orm import Database, NotSupportedError, OperationalError, current_databases
from partita.orm.drivers.base import Link

__all__ = ("Listener", "Notification", "alisten", "anotify", "listen", "notify")

_LONGEST = 7999  # bytes of a payload that PostgreSQL takes
_WAITING = 10_000


class Notification(NamedTuple):
    """One message.

    Attributes:
        channel: Where it was told.
        payload: What was told.
        pid: The process of the server that served who told it.
    """

    channel: str
    payload: str
    pid: int


def notify(channel: str, payload: str = "", *, using: str = "default") -> None:
    """Tell whoever listens; inside a transaction when, and only if, it is kept.

    Args:
        channel: At most 63 bytes.
        payload: Text of at most 7999 bytes; send a key and let listeners look up the rest.
        using: Alias of the database.

    Raises:
        ValueError: If one of them is too long.
        NotSupportedError: If the database is not PostgreSQL.
    """
    _postgresql(using).execute("SELECT pg_notify(%s, %s)", [_channel(channel), _payload(payload)])


async def anotify(channel: str, payload: str = "", *, using: str = "default") -> None:
    """Async twin of `notify`."""
    await _postgresql(using).aexecute("SELECT pg_notify(%s, %s)", [_channel(channel), _payload(payload)])


class Listener:
    """A connection of its own that hears some channels; made by `listen`."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def wait(self, timeout: float | None = None) -> Notification | None:
        """Return the next message; None if none came in ``timeout`` seconds.

        Raises:
            OperationalError: If the connection is lost; messages may have been, too.
        """
        import psycopg

        try:
            for told in self._raw.notifies(timeout=timeout, stop_after=1):
                return Notification(told.channel, told.payload, told.pid)
        except psycopg.Error as error:
            raise OperationalError(str(error)) from error
        return None

    def __iter__(self) -> Iterator[Notification]:
        while True:
            told = self.wait()
            if told is not None:
                yield told

    def within(self, seconds: float) -> Iterator[Notification]:
        """Yield the messages of the next so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            told = self.wait(left)
            if told is not None:
                yield told


@contextmanager
def listen(*channels: str, using: str = "default") -> Iterator[Listener]:
    """Listen to channels for the length of the block, on a connection of its own.

    ``for message in listener`` waits for messages without end; `Listener.wait` for one, so many seconds.

    Raises:
        ValueError: If there is no channel, or one has a name that is too long.
        NotSupportedError: If the database is not PostgreSQL, or is behind a pooler that keeps no sessions.
    """
    database = _postgresql(using)
    statements = _statements(database, channels)
    link = database.blocking.connect()
    try:
        for statement in statements:
            link.run(statement, ())
        raw: Any = link
        yield Listener(raw.raw)
    finally:
        link.close()


@asynccontextmanager
async def alisten(*channels: str, using: str = "default") -> AsyncIterator[AsyncIterator[Notification]]:
    """Listen to channels for the length of the block: ``async with alisten("a") as messages: async for message in messages``.

    Messages that nobody takes wait in memory, at most 10 000; beyond that the listener ends with an error.

    Raises:
        ValueError: If there is no channel, or one has a name that is too long.
        NotSupportedError: If the database is not PostgreSQL, or is behind a pooler that keeps no sessions.
    """
    from partita import bridge

    database = _postgresql(using)
    statements = _statements(database, channels)
    native = database.native
    assert native is not None  # PostgreSQL has a driver that awaits
    waiting: asyncio.Queue[Notification | None] = asyncio.Queue(_WAITING)

    def heard(_: Any, pid: int, channel: str, payload: object) -> None:
        if not waiting.full():
            waiting.put_nowait(Notification(channel, str(payload), pid))
        if waiting.full():
            raw.terminate()

    def ended(_: Any) -> None:
        if not waiting.full():
            waiting.put_nowait(None)

    async def messages() -> AsyncIterator[Notification]:
        while True:
            if waiting.empty() and raw.is_closed():
                raise OperationalError(
                    "The connection that listened is lost. Listen again, and look up what was missed."
                )
            told = await waiting.get()
            if told is not None:
                yield told

    link: Link = await bridge.run(native.connect)
    connection: Any = link
    raw = connection.raw
    raw.add_termination_listener(ended)
    try:
        for channel, statement in zip(channels, statements, strict=True):
            await raw.add_listener(channel, heard)
            await raw.execute(statement)  # asyncpg leaves out what it believes to listen to already
        yield messages()
    finally:
        link.close()


def _postgresql(using: str) -> Database:
    database = current_databases()[using]
    if database.vendor != "postgresql":
        raise NotSupportedError(f"LISTEN and NOTIFY need PostgreSQL; {using!r} is {database.vendor}.")
    return database


def _statements(database: Database, channels: tuple[str, ...]) -> list[str]:
    if not channels:
        raise ValueError("Name at least one channel to listen to.")
    if database.is_behind_pooler:
        raise NotSupportedError(
            "A pooler in transaction mode keeps no session, so nothing would be heard. Listen by the alias of a database whose URL leads "
            "to the server itself."
        )
    return [f"LISTEN {database.blocking.quote(_channel(channel))}" for channel in channels]


def _channel(channel: str) -> str:
    if not 0 < len(channel.encode()) <= 63 or "\0" in channel:
        raise ValueError(f"A channel's name has 1 to 63 bytes and no zero byte, unlike {channel!r:.80}.")
    return channel


def _payload(payload: str) -> str:
    if len(payload.encode()) > _LONGEST or "\0" in payload:
        raise ValueError(
            "A message has at most 7999 bytes and no zero byte. Send a key, and let listeners look up the rest."
        )
    return payload
