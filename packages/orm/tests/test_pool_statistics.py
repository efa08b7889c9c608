"""Pools tell what they have done: connections opened, reused and replaced, and how long whom waited."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest

from partita import bridge
from partita.orm import Database, PoolTimeout, ProgrammingError, atomic, connect
from partita.orm.drivers.base import Link
from partita.orm.pool import Pool
from partita.orm.pool_statistics import PoolStatistics


@pytest.fixture
def fresh(database: Database) -> Any:
    """The same database with pools that nobody has used."""
    options = {"pool_size": 2, "pool_timeout": 20.0} if database.vendor != "sqlite" else {}
    made = connect(database.url, **options)
    with made:
        yield made
    made.close()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    ready = threading.Event()
    for _ in range(2000):
        if holds():
            return
        ready.wait(0.01)
    raise AssertionError("it never came")


def test_work_one_after_the_other_reuses_one_connection(fresh: Database) -> None:
    for _ in range(50):
        fresh.execute("SELECT 1")
    with atomic():
        fresh.execute("SELECT 1")
        assert fresh.pool_statistics()["blocking"].in_use == 1
    told = fresh.pool_statistics()["blocking"]
    assert (told.opened, told.reused, told.taken) == (1, 50, 51)
    assert (told.open, told.in_use, told.waiting, told.waits, told.timeouts) == (1, 0, 0, 0, 0)
    assert told.opening_seconds > 0
    assert told.waiting_seconds == 0


def test_awaited_work_is_counted_too(fresh: Database) -> None:
    async def main() -> PoolStatistics:
        await asyncio.gather(*(fresh.aexecute("SELECT 1") for _ in range(30)))
        name = "blocking" if fresh.native is None else "native"
        found = fresh.pool_statistics()[name]
        await fresh.aclose_native()
        return found

    told = asyncio.run(main())
    size = told.size
    assert told.taken == 30
    assert 1 <= told.opened <= size
    assert told.reused == 30 - told.opened
    assert told.waits >= 30 - size - told.reused
    assert told.in_use == told.waiting == 0
    if told.waits:
        assert told.waiting_seconds >= told.longest_wait > 0


def test_whoever_waits_is_counted(fresh: Database) -> None:
    pool = fresh._pool
    size = pool.statistics.size
    held = [pool.acquire() for _ in range(size)]
    served: list[Link] = []
    waiters = [
        threading.Thread(target=copy_context().run, args=(lambda: served.append(pool.acquire()),)) for _ in range(2)
    ]
    for waiter in waiters:
        waiter.start()
    until(lambda: pool.statistics.waiting == 2)
    assert (pool.statistics.in_use, pool.statistics.waits) == (size, 0)
    pool.release(held.pop())
    until(lambda: len(served) == 1)
    pool.release(served[0])
    for waiter in waiters:
        waiter.join()
    for link in [served[1], *held]:
        pool.release(link)
    told = pool.statistics
    assert (told.waits, told.waiting, told.in_use, told.timeouts) == (2, 0, 0, 0)
    assert (told.opened, told.reused) == (size, 2)
    assert told.waiting_seconds > 0


def test_whoever_waits_in_vain_is_counted() -> None:
    database = connect("sqlite://:memory:", pool_timeout=0.01)
    link = database.pool().acquire()
    with pytest.raises(PoolTimeout):
        database.execute("SELECT 1")

    async def main() -> None:
        with pytest.raises(PoolTimeout):
            await database.aexecute("SELECT 1")

    asyncio.run(main())
    database.pool().release(link)
    told = database.pool_statistics()["blocking"]
    assert (told.timeouts, told.waits, told.taken) == (2, 2, 1)
    assert told.longest_wait >= 0.01
    database.close()


class Mortal(Link):
    """A link that can be told to be dead; it has no database."""

    __slots__ = ("dead",)

    def __init__(self) -> None:
        super().__init__()
        self.dead = False

    def ping(self) -> bool:
        return not self.dead

    def close(self) -> None:
        self.broken = True

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name}: nobody asks this link anything")

    fetch = fetch_named = run = answer = run_many = stream = begin = __getattr__  # type: ignore[assignment]  # never called


def test_connections_that_died_or_broke_are_replaced_and_counted() -> None:
    pool = Pool(Mortal, "x", 3, 1.0, check_after=-1.0)
    link = pool.acquire()
    assert isinstance(link, Mortal)
    pool.release(link)
    assert pool.acquire() is link
    link.dead = True
    pool.release(link)
    second = pool.acquire()
    assert second is not link
    assert (pool.statistics.dead, pool.statistics.opened, pool.statistics.reused) == (1, 2, 1)
    second.broken = True
    pool.release(second)
    assert (pool.statistics.open, pool.statistics.in_use) == (0, 0)
    pool.release(pool.acquire())
    told = pool.statistics
    assert (told.opened, told.reused, told.taken, told.open) == (3, 1, 4, 1)


def test_pools_of_several_loops_are_added_up(database: Database) -> None:
    if database.native is None:
        pytest.skip("platform: SQLite has no driver that awaits")
    fresh = connect(database.url)
    both, done = threading.Barrier(2), threading.Event()

    def work() -> None:
        async def main() -> None:
            await fresh.aexecute("SELECT 1")
            assert (await bridge.run(fresh.pool)).statistics.opened == 1
            await asyncio.to_thread(both.wait, 30)
            await asyncio.to_thread(done.wait, 30)
            await fresh.aclose_native()

        asyncio.run(main())

    thread = threading.Thread(target=work)
    thread.start()

    async def main() -> PoolStatistics:
        await fresh.aexecute("SELECT 1")
        await fresh.aexecute("SELECT 1")
        await asyncio.to_thread(both.wait, 30)
        found = fresh.pool_statistics()["native"]
        done.set()
        await fresh.aclose_native()
        return found

    told = asyncio.run(main())
    thread.join()
    assert (told.opened, told.reused, told.size) == (2, 1, 20)
    assert fresh.pool_statistics()["native"] == PoolStatistics(size=0)
    fresh.close()


def test_connections_whose_session_cannot_begin_are_closed(database: Database, sessions: Database) -> None:
    if database.vendor != "postgresql":
        pytest.skip("platform: this looks into PostgreSQL's own tables")
    name = "partita-begins-in-vain"
    doomed = connect(database.url, init=(f"SET application_name TO '{name}'", "SELECT nonsense"))

    async def main() -> None:
        with pytest.raises(ProgrammingError, match="nonsense"):
            await doomed.aexecute("SELECT 1")
        await doomed.aclose_native()

    with pytest.raises(ProgrammingError, match="nonsense") as kept:
        doomed.execute("SELECT 1")
    asyncio.run(main())
    mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    until(lambda: database.execute(mine, [name]) == [(0,)])
    assert kept.value.__traceback__ is not None  # garbage collection had no chance to close it
    assert all(told.open == 0 for told in doomed.pool_statistics().values())
    doomed.close()
