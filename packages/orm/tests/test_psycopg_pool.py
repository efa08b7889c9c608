"""psycopg's own pool in place of ours."""

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import psycopg_pool
import pytest

from partita.orm import Database, OperationalError, PoolTimeout, TransactionManagementError, atomic, connect
from partita.orm.drivers.postgresql_pool import PsycopgPool
from partita.orm.signals import connection_created


@pytest.fixture
def pooled(database: Database) -> Iterator[Database]:
    """The same database by psycopg's pool."""
    if database.vendor != "postgresql":
        pytest.skip("platform: psycopg is PostgreSQL's")
    schema = database.execute("SELECT current_schema()")[0][0]
    init = (f"SET search_path TO {schema}",)
    made = connect(database.url, pool="psycopg", pool_size=4, pool_min_size=2, pool_timeout=20.0, init=init)
    with made:
        yield made
    made.close()


def test_it_is_psycopgs_and_opens_no_more_than_it_may(pooled: Database, models: SimpleNamespace) -> None:
    pool: Any = pooled.pool()
    assert isinstance(pool, PsycopgPool)
    assert isinstance(pool._psycopg, psycopg_pool.ConnectionPool)

    def work(number: int) -> int:
        with atomic():
            models.Genre.objects.create(name=f"genre {number}")
            return int(models.Genre.objects.get(name=f"genre {number}").name.split()[1])

    contexts = [contextvars.copy_context() for _ in range(100)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: contexts[number].run(work, number), range(100)))
    assert answers == list(range(100))
    told = pooled.pool_statistics()["blocking"]
    assert told.taken >= 100
    assert 1 <= told.opened <= 4
    assert told.reused == told.taken - told.opened
    assert (told.size, told.timeouts, told.dead) == (4, 0, 0)
    assert 2 <= told.open <= 4
    assert pool.open <= 4


def test_a_transaction_that_fails_leaves_a_connection_that_works(pooled: Database, models: SimpleNamespace) -> None:
    for _ in range(6):
        with pytest.raises(RuntimeError), atomic():
            models.Genre.objects.create(name="lost")
            raise RuntimeError
    assert not models.Genre.objects.exists()
    assert pooled.pool_statistics()["blocking"].opened <= 4


def test_a_killed_connection_is_replaced(pooled: Database, database: Database, sessions: Database) -> None:
    ((mine,),) = pooled.execute("SELECT pg_backend_pid()")
    with pytest.raises(TransactionManagementError, match="connection is lost"), atomic(pooled):
        ((held,),) = pooled.execute("SELECT pg_backend_pid()")
        database.execute("SELECT pg_terminate_backend(%s)", [held])
        with pytest.raises(OperationalError):
            pooled.execute("SELECT 1")
    # Whoever is next finds that idle ones may be gone too, and is given one that lives.
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND pid = %s", [mine]
    )
    assert {pooled.execute("SELECT 1")[0][0] for _ in range(8)} == {1}


def test_whoever_comes_too_late_is_told(database: Database) -> None:
    if database.vendor != "postgresql":
        pytest.skip("platform: psycopg is PostgreSQL's")
    small = connect(database.url, pool="psycopg", pool_size=1, pool_timeout=0.2)
    with atomic(small):
        small.execute("SELECT 1")
        errors: list[BaseException] = []

        def work() -> None:
            try:
                small.execute("SELECT 1")
            except PoolTimeout as error:
                errors.append(error)

        thread = threading.Thread(target=contextvars.Context().run, args=(work,))
        thread.start()
        thread.join()
    assert "all 1 connections" in str(errors[0])
    assert small.pool_statistics()["blocking"].timeouts == 1
    small.close()
    assert small.execute("SELECT 1") == [(1,)]  # a new pool
    small.close()


def test_why_no_connection_can_be_opened_is_told() -> None:
    nowhere = connect("postgresql://nobody@127.0.0.1:1/x", pool="psycopg", pool_timeout=1.0, connect_timeout=2.0)
    with pytest.raises(OperationalError, match=r"127\.0\.0\.1") as told:
        nowhere.execute("SELECT 1")
    assert not isinstance(told.value, PoolTimeout)
    nowhere.close()


def test_new_connections_are_announced_where_they_are_first_used(pooled: Database) -> None:
    told: list[Any] = []

    def hear(sender: Any, **given: Any) -> None:
        told.append((given["connection"], threading.current_thread()))

    connection_created.connect(hear)
    try:
        for _ in range(5):
            pooled.execute("SELECT 1")
    finally:
        connection_created.disconnect(hear)
    assert told
    assert set(told) == {(pooled, threading.current_thread())}
    assert len(told) <= pooled.pool_statistics()["blocking"].opened


def test_awaited_work_uses_our_own_pool(pooled: Database) -> None:
    async def main() -> int:
        ((answer,),) = await pooled.aexecute("SELECT 7")
        counts = pooled.pool_statistics()
        await pooled.aclose_native()
        assert (counts["native"].opened, counts["blocking"].taken) == (1, 0)
        return int(answer)

    assert asyncio.run(main()) == 7


def test_other_pools_are_not_known() -> None:
    with pytest.raises(ValueError, match="pool is partita or psycopg, not 'c3p0'"):
        connect("postgresql://db/x?pool=c3p0")
    with pytest.raises(TypeError, match="Unknown database option 'pool'"):
        connect("mysql://db/x?pool=psycopg")
