"""Lines to the server that break, stall and lie idle: everything or nothing is kept, and the pool is usable at once.

``PARTITA_KILL_ROUNDS`` has lines cut at every byte.
"""

import asyncio
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from partita import bridge
from partita.orm import Database, OperationalError, atomic, connect

EVERY_BYTE = "PARTITA_KILL_ROUNDS" in os.environ
PLACES = 24  # where a line is cut, of all its bytes
PORTS = {"postgresql": 5432, "mysql": 3306}


class Line:
    """A proxy between clients and a server, with a loop in a thread of its own; the next connection may get a fault.

    Attributes:
        sent: Bytes of the last connection, to the server and from it.
        cut_at: Of which direction (0 to the server, 1 from it), after how many bytes, and whether by a reset; None for never.
        stalled: Nothing passes while this is not set.
    """

    def __init__(self, host: str, port: int) -> None:
        self.server = host, port
        self.sent = [0, 0]
        self.cut_at: tuple[int, int, bool] | None = None
        self.loop = asyncio.new_event_loop()
        self.flows = threading.Event()
        self.flows.set()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(ready,))
        self.thread.start()
        ready.wait(30)

    def _serve(self, ready: threading.Event) -> None:
        async def main() -> None:
            self.over = asyncio.Event()
            server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self.over.wait()
            server.close()

        self.loop.run_until_complete(main())
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()

    def close(self) -> None:
        """End it."""
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fault, self.cut_at = self.cut_at, None
        counts = self.sent = [0, 0]
        there, to_there = await asyncio.open_connection(*self.server)
        both = (writer, to_there)
        await asyncio.gather(
            self._carry(reader, to_there, counts, 0, fault, both), self._carry(there, writer, counts, 1, fault, both)
        )

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        counts: list[int],
        way: int,
        fault: tuple[int, int, bool] | None,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                while not self.flows.is_set():
                    await asyncio.sleep(0.01)
                if fault is not None and fault[0] == way and counts[way] + len(data) >= fault[1]:
                    writer.write(data[: fault[1] - counts[way]])
                    with suppress(OSError):
                        await writer.drain()
                    for each in both:
                        if fault[2]:
                            each.get_extra_info("socket").setsockopt(
                                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                            )
                        each.close()
                    return
                counts[way] += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


@pytest.fixture
def line(session_database: Database) -> Iterator[Line]:
    """A line to the tests' server."""
    if session_database.vendor == "sqlite":
        pytest.skip("platform: SQLite has no line")
    line = Line(session_database.url.host or "127.0.0.1", session_database.url.port or PORTS[session_database.vendor])
    yield line
    line.close()


@pytest.fixture
def far(session_database: Database, line: Line) -> Iterator[Database]:
    """The database at the other end of the line, with a table."""
    init: tuple[str, ...] = ()
    if session_database.vendor == "postgresql":
        init = (f"SET search_path TO {session_database.execute('SELECT current_schema()')[0][0]}",)
    session_database.execute("CREATE TABLE far_ledger (n integer, half integer)")
    database = connect(session_database.url.set(host="127.0.0.1", port=line.port), pool_size=2, init=init)
    yield database
    database.close()
    session_database.execute("DROP TABLE far_ledger")


def write(database: Database, number: int) -> None:
    """Write two rows that belong together."""
    with atomic(database):
        database.execute("INSERT INTO far_ledger VALUES (%s, 1)", [number])
        database.execute("INSERT INTO far_ledger VALUES (%s, 2)", [number])


def halves(database: Database) -> dict[int, list[int]]:
    """Return what is there, read over another line."""
    found: dict[int, list[int]] = {}
    for number, half in database.execute("SELECT n, half FROM far_ledger ORDER BY half"):
        found.setdefault(number, []).append(half)
    return found


def in_way(database: Database, way: str) -> Callable[..., Any]:
    """Return how to run sync code: here, or beneath the bridge in a loop whose connections end with it."""
    if way == "blocking":
        return lambda work, *arguments: work(*arguments)

    async def main(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            return await bridge.run(work, *arguments)
        finally:
            await database.aclose_native()

    return lambda work, *arguments: asyncio.run(main(work, arguments))


@pytest.mark.parametrize("way", ["blocking", "awaiting"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("direction", [0, 1], ids=["to the server", "from the server"])
def test_a_line_may_be_cut_at_each_of_its_bytes(
    session_database: Database, far: Database, line: Line, way: str, direction: int, *, reset: bool
) -> None:
    call = in_way(far, way)
    call(write, far, 0)
    far.close()
    length = line.sent[direction]
    step = 1 if EVERY_BYTE else max(1, length // PLACES)
    kept, unknown = {0}, set()

    def attempt(number: int) -> None:
        try:
            write(far, number)
        except OperationalError:  # and no other
            unknown.add(number)
        else:
            kept.add(number)
        assert far.pool().in_use == 0
        assert far.execute("SELECT 1") == [(1,)], "the pool gave out what is broken"

    for place in range(1, length, step):
        line.cut_at = direction, place, reset
        call(attempt, place)
        line.cut_at = None
        far.close()
    found = halves(session_database)
    assert unknown, "no cut was noticed"
    assert all(both == [1, 2] for both in found.values()), "half a transaction, or one twice"
    assert kept <= set(found) <= kept | unknown


@pytest.mark.parametrize("way", ["blocking", "awaiting"])
def test_a_line_may_stall_and_go_on(session_database: Database, far: Database, line: Line, way: str) -> None:
    call = in_way(far, way)

    def work() -> None:
        far.execute("SELECT 1")
        line.flows.clear()
        line.loop.call_soon_threadsafe(line.loop.call_later, 0.5, line.flows.set)
        write(far, 1)
        assert far.pool().in_use == 0

    call(work)
    assert halves(session_database) == {1: [1, 2]}


def test_whoever_leaves_a_stalled_line_leaves_nothing_behind(
    session_database: Database, far: Database, line: Line
) -> None:
    async def main() -> None:
        await far.aexecute("SELECT 1")
        line.flows.clear()
        for number in range(4):  # more than there are connections
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await bridge.run(write, far, number)
        pool = await bridge.run(far.pool)
        assert pool.in_use == 0
        line.flows.set()
        assert await far.aexecute("SELECT 1") == [(1,)]
        await bridge.run(write, far, 7)
        await far.aclose_native()
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    asyncio.run(main())
    assert halves(session_database)[7] == [1, 2]
    assert all(both == [1, 2] for both in halves(session_database).values())
