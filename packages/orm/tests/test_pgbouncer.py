"""Behind PgBouncer in transaction mode, where each transaction may go to another server."""

import asyncio
import contextvars
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from sqlalchemy.engine import make_url

from partita.orm import Database, OperationalError, atomic, connect
from partita.orm.clusters import pgbouncer

POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
SERVERS = 3


@pytest.fixture(scope="module")
def bouncer() -> Iterator[str]:
    """The URL of a pooler before the tests' own server, with a role of its own."""
    if make_url(POSTGRESQL).query:
        pytest.skip("platform: the tests' own server is behind a pooler already")
    role = f"partita_{uuid.uuid4().hex[:8]}"
    direct = connect(POSTGRESQL, connect_timeout=3.0)
    try:
        direct.execute(f"CREATE ROLE {role} SUPERUSER LOGIN")
    except OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL at {POSTGRESQL}: {error}")
    # What a session would be told has to be the role's, for its sessions are shared.
    direct.execute(f"ALTER ROLE {role} SET search_path TO {role}")
    direct.execute(f"ALTER ROLE {role} SET timezone TO 'Asia/Tokyo'")
    try:
        with pgbouncer(POSTGRESQL, SERVERS) as url:
            yield make_url(url).set(username=role, query={}).render_as_string(hide_password=False)
    except OperationalError as error:
        if os.environ.get("CI") == "true" or "There is no pgbouncer" not in str(error):
            raise
        pytest.skip(str(error))
    finally:
        direct.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role])
        direct.execute(f"DROP ROLE {role}")
        direct.close()


@pytest.fixture
def pooled(bouncer: str, models: SimpleNamespace) -> Iterator[Database]:
    """A database behind the pooler, with tables in a schema of its own."""
    role = make_url(bouncer).username
    direct = connect(make_url(POSTGRESQL).set(username=role))
    direct.execute(f"CREATE SCHEMA {role}")
    with direct:
        direct.create_all(models.Artist, models.Genre, models.Album)
    database = connect(bouncer, prepared_statements=False, pool_size=20)
    with database:
        yield database
    database.close()
    direct.execute(f"DROP SCHEMA {role} CASCADE")
    direct.close()


def test_many_tasks_get_their_own_answers(pooled: Database, models: SimpleNamespace) -> None:
    genres = models.Genre.objects

    async def one(number: int) -> None:
        name = f"genre {number}"
        made = await genres.acreate(name=name)
        assert (await genres.aget(pk=made.pk)).name == name
        assert await genres.filter(name=name).acount() == 1
        async with atomic():
            assert await genres.filter(pk=made.pk).aupdate(name=f"{name}!") == 1
            async with atomic():
                assert (await genres.aget(pk=made.pk)).name == f"{name}!"
        assert await genres.filter(name=f"{name}!").aexists()
        assert [row async for row in genres.filter(pk=made.pk).aiterator()] == [made]
        cursor = pooled.cursor()
        await cursor.aexecute("SELECT name FROM shop_genre WHERE id = %(id)s", {"id": made.pk})
        assert cursor.fetchall() == [(f"{name}!",)]

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(100)))
        await pooled.aclose_native()

    asyncio.run(main())
    assert genres.count() == 100


def test_many_threads_get_their_own_answers(pooled: Database, models: SimpleNamespace) -> None:
    genres = models.Genre.objects

    def one(number: int) -> None:
        for turn in range(8):  # statements would be prepared by the sixth time
            name = f"genre {number} {turn}"
            made = genres.create(name=name)
            assert genres.get(pk=made.pk).name == name
            with atomic():
                assert genres.filter(pk=made.pk).update(name=f"{name}!") == 1
            assert genres.filter(name=f"{name}!").exists()
            assert list(genres.filter(pk=made.pk).iterator()) == [made]

    contexts = [contextvars.copy_context() for _ in range(30)]
    with ThreadPoolExecutor(15) as threads:
        list(threads.map(lambda number: contexts[number].run(one, number), range(30)))
    assert genres.count() == 240


def test_streams_read_all_rows_while_others_use_the_servers(pooled: Database, models: SimpleNamespace) -> None:
    genres = models.Genre.objects
    genres.bulk_create([models.Genre(name=f"g{number}") for number in range(500)])

    async def read() -> int:
        count = 0
        async for _ in genres.aiterator(chunk_size=50):
            count += 1
        return count

    async def main() -> list[int]:
        found = await asyncio.gather(*(read() for _ in range(SERVERS * 2)), *(genres.acount() for _ in range(20)))
        await pooled.aclose_native()
        return list(found)

    assert set(asyncio.run(main())) == {500}
    assert sum(1 for _ in genres.iterator(chunk_size=50)) == 500


def test_sessions_count_in_utc_all_the_same(pooled: Database) -> None:
    assert {pooled.execute("SHOW timezone")[0][0] for _ in range(10)} == {"UTC"}

    async def zones() -> set[str]:
        found = await asyncio.gather(*(pooled.aexecute("SHOW timezone") for _ in range(30)))
        await pooled.aclose_native()
        return {rows[0][0] for rows in found}

    assert asyncio.run(zones()) == {"UTC"}


def test_what_only_a_session_can_keep_is_refused(bouncer: str) -> None:
    for option in ({"statement_timeout": 3.0}, {"isolation": "serializable"}):
        database = connect(bouncer, prepared_statements=False, **option)
        with pytest.raises(OperationalError, match="unsupported startup parameter"):
            database.execute("SELECT 1")

        async def ask(database: Database = database) -> None:
            await database.aexecute("SELECT 1")

        with pytest.raises(OperationalError, match="unsupported startup parameter"):
            asyncio.run(ask())
