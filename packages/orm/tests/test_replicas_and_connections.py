"""Replicas, routers, wrappers around statements, options of connections, kinds of transactions."""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Databases,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ReplicaRouter,
    atomic,
    connect,
    get_rollback,
    on_commit,
    savepoint,
    savepoint_commit,
    savepoint_rollback,
    set_rollback,
)
from partita.orm.errors import InternalError, TransactionManagementError


class Clock:
    """A time that tests turn."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def family(models: SimpleNamespace, clock: Clock) -> tuple[Databases, ReplicaRouter]:
    router = ReplicaRouter("default", ["one", "two"], sticky=5, clock=clock)
    databases = Databases(
        {"default": "sqlite://:memory:", "one": "sqlite://:memory:", "two": "sqlite://:memory:"}, [router]
    )
    for alias, database in databases.items():
        with databases:
            database.create_all(models.Artist, models.Album, models.Genre)
            models.Genre.objects.using(alias).create(name=alias)
    return databases, router


def names(models: SimpleNamespace) -> list[str]:
    return [models.Genre.objects.get().name for _ in range(4)]


def test_reads_go_to_replicas_in_turn_and_follow_ones_own_writes(models: SimpleNamespace) -> None:
    clock = Clock()
    databases, router = family(models, clock)
    with databases:
        assert sorted(names(models)) == ["one", "one", "two", "two"]
        row = models.Genre.objects.using("default").get()
        row.name = "written"
        row.save()
        assert names(models) == ["written"] * 4
        clock.now = 4.9
        assert names(models) == ["written"] * 4
        clock.now = 5.1
        assert "written" not in names(models)
        with router.pinned():
            assert names(models) == ["written"] * 4
        with atomic():
            assert names(models) == ["written"] * 4  # a transaction sees what it is about to change
        assert "written" not in names(models)


def test_a_write_in_one_task_pins_that_task_alone(models: SimpleNamespace) -> None:
    databases, _ = family(models, Clock())

    async def writer() -> str:
        await models.Genre.objects.all().aupdate(name="written")
        return str((await models.Genre.objects.aget()).name)

    async def reader() -> str:
        return str((await models.Genre.objects.aget()).name)

    async def main() -> None:
        assert await asyncio.create_task(writer()) == "written"
        assert await asyncio.create_task(reader()) in ("one", "two")

    with databases:
        asyncio.run(main())


def test_rows_of_a_family_may_be_related_and_others_not(models: SimpleNamespace) -> None:
    databases, router = family(models, Clock())
    with databases:
        here = models.Genre.objects.using("one").get()
        album = models.Album(title="x")
        album._state.database = databases["default"]
        assert databases.allow_relation(here, album)
        assert not databases.allow_migrate("one", "shop")
        assert databases.allow_migrate("default", "shop")
    plain = Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"})
    with plain:
        for database in plain.values():
            database.create_all(models.Artist, models.Album, models.Genre)
        artist = models.Artist.objects.using("other").create(name="a")
        album = models.Album.objects.create(title="t", artist=models.Artist.objects.create(name="b"))
        with pytest.raises(ValueError, match="router prevents this relation"):
            album.artist = artist
        with pytest.raises(ValueError, match='value is on database "other"'):
            album.genres.add(models.Genre.objects.using("other").create(name="g"))
    with pytest.raises(ValueError, match="at least one replica"):
        ReplicaRouter("default", [])
    assert router.db_for_read(models.Genre) in router.replicas
    assert ReplicaRouter("default", ["one"], models=["other"]).db_for_read(models.Genre) is None


def test_wrappers_see_every_statement_of_their_context(database: Any, models: SimpleNamespace) -> None:
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Sequence[Any], many: bool, context: dict[str, Any]) -> Any:
        seen.append(sql)
        assert context["connection"] is database
        assert not many
        return execute(sql, params, many, context)

    def block(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        raise RuntimeError(f"no statements here: {sql[:6]}")

    with database.execute_wrapper(note):
        models.Genre.objects.create(name="x")
        with database.execute_wrapper(block), pytest.raises(RuntimeError, match="no statements"):
            models.Genre.objects.count()
        assert models.Genre.objects.count() == 1
    models.Genre.objects.count()
    assert [sql.split()[0] for sql in seen] == ["INSERT", "SELECT"]


def test_a_read_only_transaction_refuses_to_write(database: Any, models: SimpleNamespace) -> None:
    with atomic(read_only=True):
        assert models.Genre.objects.count() == 0
    with pytest.raises((OperationalError, InternalError)), atomic(read_only=True):
        models.Genre.objects.create(name="x")
    models.Genre.objects.create(name="y")  # the connection writes again
    with pytest.raises(TransactionManagementError, match="outermost"), atomic(), atomic(read_only=True):
        pass
    with pytest.raises(ValueError, match="deferrable needs"):
        atomic(deferrable=True)
    exact = atomic(isolation="serializable", read_only=True, deferrable=True)
    if database.vendor == "postgresql":
        with exact:
            assert models.Genre.objects.get().name == "y"
    else:
        with pytest.raises(NotSupportedError), exact:
            pass


def test_savepoints_by_name(database: Any, models: SimpleNamespace) -> None:
    called: list[str] = []
    assert savepoint() is None
    with atomic():
        models.Genre.objects.create(name="kept")
        sid = savepoint()
        models.Genre.objects.create(name="lost")
        on_commit(lambda: called.append("lost"))
        savepoint_rollback(sid)
        again = savepoint()
        models.Genre.objects.create(name="more")
        on_commit(lambda: called.append("more"))
        savepoint_commit(again)
        with pytest.raises(ValueError, match="is no savepoint"):
            savepoint_rollback("x; DROP TABLE shop_genre")
        assert not get_rollback()
    assert set(models.Genre.objects.values_list("name", flat=True)) == {"kept", "more"}
    assert called == ["more"]
    with atomic():
        models.Genre.objects.create(name="gone")
        set_rollback(True)
        assert get_rollback()
    assert models.Genre.objects.count() == 2
    with pytest.raises(TransactionManagementError):
        get_rollback()


def test_the_server_ends_what_takes_too_long(database: Any, sessions: Any) -> None:
    short = connect(database.url, statement_timeout=0.2, isolation="serializable", prepared_statements=False)
    sleep = "SELECT pg_sleep(30)" if database.vendor == "postgresql" else "SELECT SLEEP(30)"
    started = time.monotonic()
    try:
        if database.vendor == "postgresql":
            with pytest.raises(OperationalError):
                short.execute(sleep)
            assert short.execute("SHOW transaction_isolation") == [("serializable",)]
        else:
            with pytest.raises(OperationalError):
                short.execute(sleep)
            assert short.execute("SELECT @@tx_isolation") == [("SERIALIZABLE",)]

        async def main() -> None:
            with pytest.raises(OperationalError):
                await short.aexecute(sleep)
            assert await short.aexecute("SELECT 1") == [(1,)]
            await short.aclose_native()

        asyncio.run(main())
    finally:
        short.close()
    assert time.monotonic() - started < 30  # the server's word, not ours: nothing here measures speed
    with pytest.raises(ValueError, match="isolation is one of"):
        connect(database.url, isolation="chaos")


def test_connections_are_replaced_when_they_are_old(database: Any, sessions: Any) -> None:
    whoami = "SELECT pg_backend_pid()" if database.vendor == "postgresql" else "SELECT CONNECTION_ID()"
    young = connect(database.url, pool_size=1, max_lifetime=3600.0)
    old = connect(database.url, pool_size=1, max_lifetime=1e-9)
    try:
        assert young.execute(whoami) == young.execute(whoami)
        assert old.execute(whoami) != old.execute(whoami)
    finally:
        young.close()
        old.close()


def test_one_lost_connection_makes_the_pool_look_at_the_others(
    database: Any, sessions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whoami = "SELECT pg_backend_pid()" if database.vendor == "postgresql" else "SELECT CONNECTION_ID()"
    kill = "SELECT pg_terminate_backend(%s)" if database.vendor == "postgresql" else "KILL %s"
    mine, other = connect(database.url, pool_size=5), connect(database.url)
    try:
        links = [mine.pool().acquire() for _ in range(5)]
        numbers = [link.fetch(whoami, ())[0][0] for link in links]
        for link in links:
            mine.pool().release(link)
        monkeypatch.setattr(type(links[0]), "has_news", lambda link: False)  # a network that tells nothing
        for number in numbers:
            other.execute(kill, [number])
        failures = 0
        for _ in range(10):
            try:
                mine.execute("SELECT 1")
            except OperationalError:
                failures += 1
        assert failures == 1
    finally:
        mine.close()
        other.close()


def test_an_error_at_the_end_of_a_transaction_leaves_nothing(database: Any, models: SimpleNamespace) -> None:
    # At COMMIT, or at once in MySQL; either way the whole transaction is undone.
    with pytest.raises(IntegrityError), atomic():
        models.Genre.objects.create(name="x")
        models.Album.objects.create(title="t", artist_id=999_999)
    assert not models.Genre.objects.exists()
