"""`iterator()`: rows that stay with the database, in bounded memory, whatever is written meanwhile."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import CharField, Database, IntegerField, Model, Registry, atomic, connect
from partita.orm.drivers import mysql
from partita.orm.queryset.stream import Stream

registry = Registry()


class Row(Model):
    """A row of some size."""

    text = CharField(max_length=200)
    number = IntegerField()

    class Meta:
        registry = registry
        app_label = "streams"


@pytest.fixture
def many(database: Database) -> Iterator[Database]:
    """A table with many rows."""
    database.create_all(Row)
    Row.objects.bulk_create([Row(text=f"{number:0200}", number=number) for number in range(20_000)])
    yield database
    database.drop_all(Row)


def peak(work: Callable[[], Any]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def consumed() -> None:
    for number, row in enumerate(Row.objects.order_by("number").iterator(chunk_size=100)):
        assert row.number == number
    assert number == 19_999


async def aconsumed() -> None:
    number = -1
    async for row in Row.objects.order_by("number").aiterator(chunk_size=100):
        number += 1
        assert row.number == number
    assert number == 19_999


def test_memory_stays_flat(many: Database, run: Callable[..., Any]) -> None:
    if many.is_memory:
        pytest.skip("platform: a database in memory gives all rows at once, for it has one connection")
    consumed()
    few = 3_000_000  # the rows as tuples alone take more than five
    assert peak(lambda: list(Row.objects.values_list("text", "number"))) > few
    assert peak(consumed) < few
    assert peak(lambda: run(aconsumed())) < few


def test_writes_in_between_do_no_harm(many: Database, run: Callable[..., Any]) -> None:
    def write(row: Any) -> None:
        Row.objects.filter(pk=row.pk).update(number=-1)
        Row.objects.create(text="new", number=1_000_000)

    seen = []
    for number, row in enumerate(Row.objects.order_by("number").iterator(chunk_size=50)):
        seen.append(row.number)
        if number % 1000 == 0:
            write(row)
    assert seen == list(range(20_000))
    assert Row.objects.filter(number=-1).count() == 20
    Row.objects.filter(number__in=(-1, 1_000_000)).delete()

    async def work() -> list[int]:
        numbers = []
        async for row in Row.objects.order_by("number").aiterator(chunk_size=50):
            numbers.append(row.number)
            if len(numbers) % 1000 == 0:
                await Row.objects.filter(pk=row.pk).aupdate(text="changed")
        return numbers

    assert len(run(work())) == 19_980
    assert Row.objects.filter(text="changed").count() == 19


def test_a_stream_within_a_transaction(many: Database, run: Callable[..., Any]) -> None:
    with atomic():
        Row.objects.filter(number=0).update(text="mine")
        rows = Row.objects.order_by("number").iterator(chunk_size=10)
        assert next(rows).text == "mine"
        assert Row.objects.filter(number__lt=100).count() == 100
        assert sum(1 for _ in rows) == 19_999

    async def work() -> int:
        async with atomic():
            await Row.objects.filter(number=1).aupdate(text="mine")
            return sum([1 async for row in Row.objects.aiterator() if row.text == "mine"])

    assert run(work()) == 2


def test_a_stream_that_is_left_early_gives_its_connection_back(many: Database, run: Callable[..., Any]) -> None:
    rows = Row.objects.iterator(chunk_size=10)
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # a generator
    assert many.pool().in_use == 0
    assert Row.objects.count() == 20_000

    async def work() -> None:
        stream: Any = Row.objects.aiterator(chunk_size=10)
        async for _ in stream:
            break
        await stream.aclose()
        assert await Row.objects.acount() == 20_000

    run(work())
    assert many.pool().in_use == 0


def test_a_cancelled_stream_gives_its_connection_back(many: Database, run: Callable[..., Any]) -> None:
    async def work() -> None:
        async def read() -> None:
            async for _ in Row.objects.aiterator(chunk_size=1):
                await asyncio.sleep(0)

        for wait in (0, 0.001, 0.01):
            reading = asyncio.ensure_future(read())
            await asyncio.sleep(wait)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        assert await Row.objects.acount() == 20_000

    run(work())
    assert many.pool().in_use == 0


def test_a_cancellation_that_the_driver_loses_while_it_connects_is_not_lost(
    many: Database, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if many.vendor != "mysql":
        pytest.skip("platform: the driver of another database")
    connect_as_ever = mysql._Connection.connect

    async def losing(self: Any) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        await connect_as_ever(self)

    async def work() -> None:
        reading = asyncio.ensure_future(Row.objects.acount())
        await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        monkeypatch.undo()
        assert await Row.objects.acount() == 20_000

    many.close()
    monkeypatch.setattr(mysql._Connection, "connect", losing)
    run(work())
    assert many.pool().in_use == 0


def test_streams_side_by_side_beyond_the_threads(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 's.sqlite3'}", pool_size=3)
    with database:
        database.create_all(Row)
        Row.objects.bulk_create([Row(text="x", number=number) for number in range(500)])

        async def read() -> int:
            return sum([1 async for _ in Row.objects.aiterator(chunk_size=20)])

        async def main() -> list[int]:
            return list(await asyncio.gather(*(read() for _ in range(20))))

        assert asyncio.run(main()) == [500] * 20
    database.close()


def test_behind_a_pooler_a_stream_is_a_transaction(database: Database, models: SimpleNamespace) -> None:
    if database.vendor != "postgresql":
        pytest.skip("platform: poolers that hand each transaction to another server are PostgreSQL's")
    models.Genre.objects.bulk_create([models.Genre(name=f"g{number}") for number in range(100)])
    schema = database.execute("SELECT current_schema()")[0][0]
    pooled = connect(database.url, prepared_statements=False, init=(f"SET search_path TO {schema}",))
    with pooled:
        with pooled.query_log():
            rows = models.Genre.objects.iterator(chunk_size=10)
            next(rows)
            held = database.execute(
                "SELECT state FROM pg_stat_activity WHERE query LIKE %s", ["FETCH FORWARD 10 FROM partita_%"]
            )
            assert ("idle in transaction",) in held
            assert sum(1 for _ in rows) == 99
        held = database.execute("SELECT state FROM pg_stat_activity WHERE query LIKE %s", ["COMMIT%"])
        assert ("idle in transaction",) not in held
    pooled.close()


def test_a_database_in_memory_needs_no_connection_of_its_own() -> None:
    with connect("sqlite://:memory:") as database:
        assert not Stream.needs_connection(database)
