"""A task is cancelled at each of its waits, one after the other: nothing leaks, nothing is half done, nobody warns."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

import pytest

from partita import bridge
from partita.orm import CharField, Database, IntegerField, Model, Registry, atomic, connect, on_commit

PATIENT = {"connect_timeout": 300.0, "pool_timeout": 300.0}  # this is not about how busy the machine is
Steps = Callable[[Database], Any]
tally = Registry()


class Entry(Model):
    """Written by the operation that is cancelled; two by two."""

    name = CharField(max_length=40, unique=True)
    value = IntegerField(default=0)

    class Meta:
        registry = tally
        app_label = "tally"


class Cut:
    """Awaits something, and cancels the task at one of its waits.

    Args:
        steps: What is awaited.
        number: At which wait, from 1 on.
        late: Not as the wait begins but as its answer is there, in the same turn of the loop; the answer is then lost.
    """

    def __init__(self, steps: Awaitable[Any], number: int, *, late: bool) -> None:
        self.steps, self.number, self.late = steps, number, late
        self.count = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        task: Any = asyncio.current_task()
        inner: Any = self.steps.__await__()
        step: Callable[[], Any] = partial(inner.send, None)
        while True:
            try:
                waits = step()
            except StopIteration as stop:
                return stop.value
            self.count += 1
            if self.count == self.number:
                if self.late and waits is not None:
                    waits.add_done_callback(lambda _: task.cancel())
                else:
                    task.cancel()
            try:
                sent = yield waits
            except BaseException as error:  # noqa: BLE001 -- it belongs to what is awaited
                step = partial(inner.throw, error)
            else:
                step = partial(inner.send, sent)


async def ask(database: Database) -> None:
    await database.aexecute("SELECT 1")


async def write(database: Database) -> None:
    async def hook() -> None:
        await Entry.objects.acount()

    async with atomic(database):
        await Entry.objects.acreate(name="one")
        async with atomic(database):
            await Entry.objects.filter(name="one").aupdate(value=1)
        on_commit(hook, database)
        await Entry.objects.acreate(name="two")


async def write_by_hand(database: Database) -> None:
    await Entry.objects.abulk_create([Entry(name=f"{number}") for number in range(4)], batch_size=2)


async def copy(database: Database) -> None:
    await Entry.objects.abulk_create([Entry(name=f"{number}") for number in range(790)])


async def read_in_pieces(database: Database) -> None:
    await Entry.objects.abulk_create([Entry(name=f"{number}") for number in range(6)])
    async with atomic(database):
        async for entry in Entry.objects.aiterator(chunk_size=2):
            await Entry.objects.filter(pk=entry.pk).aexists()


async def make_unless_there(database: Database) -> None:
    await Entry.objects.aget_or_create(name="one", defaults={"value": 1})
    await Entry.objects.aupdate_or_create(name="one", defaults={"value": 2})
    await Entry.objects.aupdate_or_create(name="two", defaults={"value": 2})


async def share(database: Database) -> None:
    async with atomic(database):
        await asyncio.gather(*(Entry.objects.acount() for _ in range(4)))
        await Entry.objects.acreate(name="one")
        await Entry.objects.acreate(name="two")


OPERATIONS: dict[str, tuple[Steps, Callable[[int], bool]]] = {
    "ask": (ask, lambda count: count == 0),
    "write": (write, lambda count: count in (0, 2)),
    "bulk": (write_by_hand, lambda count: count in (0, 4)),
    "copy": (copy, lambda count: count in (0, 790)),
    "stream": (read_in_pieces, lambda count: count in (0, 6)),
    "get or create": (make_unless_there, lambda count: count in (0, 1, 2)),
    "share": (share, lambda count: count in (0, 2)),
}


@pytest.fixture
def small(session_database: Database) -> Any:
    """The database with two connections; SQLite in memory has one, and is that."""
    if session_database.is_memory:
        database = connect("sqlite://:memory:")
    else:
        init = (
            (f"SET search_path TO {session_database.execute('SELECT current_schema()')[0][0]}",)
            if session_database.vendor == "postgresql"
            else ()
        )
        database = connect(session_database.url, pool_size=2, init=init, **PATIENT)
    with database:
        database.create_all(Entry)
        yield database
        database.drop_all(Entry)
    database.close()


@pytest.mark.parametrize(
    ("name", "warm"), [("ask", False), *[(name, True) for name in OPERATIONS]], ids=["first connection", *OPERATIONS]
)
@pytest.mark.parametrize("late", [False, True], ids=["at once", "with the answer"])
def test_an_operation_may_be_cancelled_at_each_of_its_waits(
    small: Database, name: str, *, late: bool, warm: bool
) -> None:
    operation, is_whole = OPERATIONS[name]
    unheard: list[dict[str, Any]] = []

    async def one(number: int) -> bool:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: unheard.append(told))
        if warm:
            await asyncio.gather(ask(small), ask(small))
        cut = Cut(operation(small), number, late=late)
        task = asyncio.ensure_future(_awaited(cut))
        await asyncio.wait([task])
        ended = task.cancelled()
        if not ended and (error := task.exception()) is not None:
            raise error
        pool = await bridge.run(small.pool)
        assert pool.in_use == 0, f"wait {number}: a connection was not given back"
        assert small.held.get() is None
        found = await asyncio.gather(*(small.aexecute("SELECT %s + 0", [n]) for n in (7, 8, 9)))
        assert [int(rows[0][0]) for rows in found] == [7, 8, 9], f"wait {number}: a wrong answer"
        await small.aclose_native()  # a statement that was given up may be at work until then
        async with atomic(small):
            if small.vendor == "postgresql":
                await small.aexecute("LOCK TABLE tally_entry IN ACCESS EXCLUSIVE MODE")  # and even a little longer
            count = await Entry.objects.acount()
            await Entry.objects.all().adelete()
        assert is_whole(count), f"wait {number}: {count} rows"
        await small.aclose_native()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        # A generator that was given up in the midst is closed by a task of the event loop, which has to end by itself.
        pending = (await asyncio.wait(others, timeout=60))[1] if others else set()
        assert not pending, f"wait {number}: {pending}"
        return cut.count >= number

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        number = 1
        while asyncio.run(one(number)):
            number += 1
        gc.collect()  # what nobody asked for its error tells of it then
    assert not unheard
    assert number > 1


async def _awaited(cut: Cut) -> None:
    await cut


_ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"


def test_a_database_in_memory_outlives_whoever_stops_waiting_for_it() -> None:
    """It ends with its connection, which must neither be closed nor stay in a transaction."""
    database = connect("sqlite://:memory:")

    def work() -> None:
        with atomic(database):
            Entry.objects.create(name="one")
            database.execute(_ENDLESS)

    async def main() -> None:
        task = asyncio.create_task(bridge.in_thread(work))
        while not database.pool().in_use:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        while database.pool().in_use:
            await asyncio.sleep(0.01)
        assert await Entry.objects.acount() == 0
        await write(database)

    with database:
        database.create_all(Entry)
        asyncio.run(main())
        assert Entry.objects.count() == 2
    database.close()
