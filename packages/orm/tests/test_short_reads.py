"""Reads of SQLite in the event loop's own thread: which go there, which never do, and that the loop goes on."""

import asyncio
import contextvars
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from partita.bridge import run as beneath_bridge
from partita.orm import (
    CASCADE,
    CharField,
    Database,
    ForeignKey,
    IntegerField,
    Model,
    OperationalError,
    Registry,
    atomic,
    connect,
)
from partita.orm.drivers.sqlite import ShortReadLink, SqliteLink
from partita.orm.short_reads import SHORT, Elsewhere, Pace, Paces
from partita.orm.testing import assert_num_queries

registry = Registry()


class Known(Model):
    """Knows in which thread it was made of a row."""

    name = CharField(max_length=50)
    number = IntegerField(db_index=True)
    parent = ForeignKey("self", CASCADE, null=True, related_name="children")

    class Meta:
        registry = registry
        app_label = "short"

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any) -> Any:
        made: Any = super().from_db(db, field_names, values)
        made.thread = threading.current_thread()
        return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = connect(f"sqlite:///{tmp_path / 'short.sqlite3'}", busy_timeout=5.0)
    with database:
        database.create_all(Known)
        first = Known.objects.create(name="first", number=0)
        Known.objects.bulk_create(Known(name=f"n{n}", number=n, parent=first) for n in range(1, 30_000))
        yield database
    database.close()


def in_loop(work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work()

    return asyncio.run(main())


async def known(**lookups: Any) -> Any:
    """Return a row by a query that has run often enough to be known, once the connection for short reads is open."""
    for _ in range(2000):
        row = await Known.objects.aget(**lookups)
        if here(row):
            break
        await asyncio.sleep(0.002)
    return row


def here(row: Any) -> bool:
    return row.thread is threading.main_thread()


def test_a_short_read_comes_to_stay_in_the_loops_thread(database: Database) -> None:
    async def work() -> None:
        assert not here(await Known.objects.aget(number=5)), "nobody knows yet that it is short"
        assert here(await known(number=5))
        assert here(await Known.objects.aget(number=6)), "the same plan with another value"
        lazy = await beneath_bridge(lambda: [Known.objects.get(number=7) for _ in range(20)])
        assert here(lazy[-1]), "and from sync code beneath the bridge"

    in_loop(work)


def test_what_is_long_with_another_value_is_stopped_and_answered_by_a_thread(database: Database) -> None:
    async def rows(below: int) -> list[Any]:
        return [row async for row in Known.objects.filter(number__lt=below)]

    async def work() -> None:
        await known(number=5)
        for _ in range(20):
            few = await rows(10)
        assert len(few) == 10
        assert here(few[0])
        many = await rows(30_000)
        assert len(many) == 30_000
        assert not here(many[0])

    in_loop(work)


def test_a_count_that_is_one_step_for_sqlite_is_known_to_be_long_by_its_time() -> None:
    paces = Paces()
    for _ in range(3):
        paces.ran_there("SELECT count(*) FROM big", 0.5)
    pace = paces.get("SELECT count(*) FROM big")
    assert pace is not None
    assert not any(pace.may_run_here() for _ in range(100))


def test_a_lock_is_never_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite3"  # with a rollback journal, where whoever writes keeps readers out
    mine = sqlite3.connect(path, isolation_level=None, timeout=3600)
    mine.execute("CREATE TABLE t (a)")
    paces = Paces()
    link = ShortReadLink(SqliteLink(mine, "IMMEDIATE"), paces)
    for _ in range(2):
        paces.ran_there("SELECT a FROM t", SHORT / 10)
        with suppress(Elsewhere):
            assert link.fetch("SELECT a FROM t", ()) == []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Elsewhere):
        link.fetch("SELECT a FROM t", ())
    other.execute("ROLLBACK")
    assert link.fetch("SELECT a FROM t", ()) == []
    other.close()
    link.close()


def test_nothing_but_known_reads_runs_on_its_connection(tmp_path: Path) -> None:
    link = ShortReadLink(SqliteLink(sqlite3.connect(tmp_path / "a.sqlite3"), "IMMEDIATE"), Paces())
    for refused in (
        lambda: link.run("CREATE TABLE t (a)", ()),
        lambda: link.fetch_named("SELECT 1", ()),
        lambda: link.fetch("SELECT 1", ()),
        link.begin,
    ):
        with pytest.raises(Elsewhere):
            refused()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        link.raw.execute("CREATE TABLE t (a)")
    link.close()


def test_many_short_reads_leave_the_loop_its_turns(database: Database) -> None:
    async def work() -> None:
        await known(number=5)
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.ensure_future(tick())
        for _ in range(1000):
            assert here(await Known.objects.aget(number=5))
        one_by_one, turns = turns, 0
        rows = await asyncio.gather(*(Known.objects.aget(number=number) for number in range(1000)))
        ticking.cancel()
        assert [row.number for row in rows] == list(range(1000))
        assert all(here(row) for row in rows)
        assert one_by_one > 10
        assert turns > 10

    in_loop(work)


def test_transactions_read_what_they_wrote_and_nobody_else_does(database: Database) -> None:
    async def work() -> None:
        await known(number=5)

        async def name() -> str:
            return str((await Known.objects.aget(number=5)).name)

        with pytest.raises(ZeroDivisionError):
            async with atomic():
                await Known.objects.filter(number=5).aupdate(name="changed")
                assert await name() == "changed"
                outside = asyncio.create_task(name(), context=outer)
                assert await outside == "n5"
                raise ZeroDivisionError
        assert await name() == "n5"
        await Known.objects.filter(number=5).aupdate(name="kept")
        assert await name() == "kept"

    outer = contextvars.copy_context()
    in_loop(work)


def test_writes_never_stay(database: Database) -> None:
    async def work() -> None:
        for number in range(30):
            made = await Known.objects.acreate(name="new", number=-number)
            await made.arefresh_from_db()
        assert await Known.objects.filter(name="new").acount() == 30

    in_loop(work)


def test_related_rows_are_loaded_on_the_spot_and_prefetched(database: Database) -> None:
    async def work() -> None:
        await known(number=5)
        for _ in range(20):
            rows = [row async for row in Known.objects.filter(number__in=(3, 4)).prefetch_related("parent")]
        assert [row.parent.name for row in rows] == ["first", "first"]
        assert here(rows[0])
        assert here(rows[0].parent)
        row = await known(number=5)
        parents = await beneath_bridge(lambda: [Known.objects.get(pk=row.pk).parent for _ in range(20)])
        assert here(parents[-1])

    in_loop(work)


def test_what_is_counted_runs_once(database: Database) -> None:
    async def work() -> None:
        await known(number=5)
        with assert_num_queries(2, database):
            await Known.objects.aget(number=5)
            await Known.objects.filter(number=6).aget()

    in_loop(work)


def test_errors_are_those_of_the_database(database: Database) -> None:
    async def work() -> None:
        await known(number=5)
        database.execute("ALTER TABLE short_known RENAME TO elsewhere")
        with pytest.raises(OperationalError, match="no such table"):
            await Known.objects.aget(number=5)

    in_loop(work)


def test_a_closed_database_begins_anew(database: Database) -> None:
    async def work() -> None:
        await known(number=5)
        await database.aclose()
        assert not here(await Known.objects.aget(number=5))
        assert here(await known(number=5))
        await database.aclose()

    in_loop(work)


def test_loops_in_several_threads_do_not_wait_for_one_another(database: Database) -> None:
    results: list[int] = []

    def work() -> None:
        async def main() -> None:
            with database:
                for _ in range(50):
                    results.append((await Known.objects.aget(number=5)).number)

        asyncio.run(main())

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [5] * 300


def test_a_statement_that_fails_here_is_tried_ever_less_often() -> None:
    pace = Pace()
    tries = 0
    for _ in range(2000):
        if pace.may_run_here():
            tries += 1
            pace.failed_here()
        pace.ran_there(SHORT)
    assert 5 < tries < 15
    while not pace.may_run_here():
        pace.ran_there(SHORT)
    pace.ran_here(100, 1, SHORT / 10)
    assert all(pace.may_run_here() for _ in range(100))


def test_one_slow_run_does_not_send_a_statement_away_but_several_do() -> None:
    pace = Pace()
    pace.ran_here(0, 10, SHORT / 10)
    pace.failed_here()
    assert pace.may_run_here()
    for _ in range(5):
        pace.failed_here()
    assert not pace.may_run_here()


def test_paces_are_bounded() -> None:
    paces = Paces()
    for number in range(5000):
        paces.ran_there(f"SELECT {number}", 0.1)
    assert len(paces) <= 2048
    assert paces.get("SELECT 4999") is not None
