"""Databases are found through the context, never through a global; their pools are bounded."""

import asyncio
import contextvars
import threading
import time
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT
from partita.contracts.key import ExtensionPoint, Key, Name
from partita.contracts.lifecycle import SHUTDOWN
from partita.contracts.models import MODEL_PACKAGES
from partita.contracts.testing.app import SimpleRegistrar
from partita.orm import (
    DATABASES,
    Databases,
    NoDatabaseError,
    OperationalError,
    PoolTimeout,
    atomic,
    connect,
    current_databases,
)
from partita.orm.integration import check, setup

T = TypeVar("T")


class App:
    """Just enough of an application to be set up."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings, self.values, self.lists = settings, {}, {}  # type: ignore[var-annotated]  # of any kind

    def provide(self, key: Key[T], factory: Any) -> None:
        self.values[key] = factory()

    def require(self, key: Name[T]) -> T:
        found: T = self.values[key]
        return found

    def find(self, key: Name[T]) -> T | None:
        return self.values.get(key)

    def add(self, point: ExtensionPoint[T], value: T) -> None:
        self.lists.setdefault(point, []).append(value)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        return tuple(self.lists.get(point, ()))

    def section(self, name: str, kind: type[T]) -> T:
        found: T = self.settings.get(name, {})
        return found


def test_two_databases_do_not_see_each_other(models: SimpleNamespace) -> None:
    one, two = connect("sqlite://:memory:"), connect("sqlite://:memory:")
    for database in (one, two):
        database.create_all(models.Genre)
    with one:
        models.Genre.objects.create(name="one")
        with two:
            assert models.Genre.objects.count() == 0
        assert models.Genre.objects.count() == 1
        assert models.Genre.objects.using(two).count() == 0


def test_without_a_database_the_error_says_how_to_get_one(models: SimpleNamespace) -> None:
    with pytest.raises(NoDatabaseError, match="with connect"):
        contextvars.Context().run(models.Genre.objects.count)
    with pytest.raises(NoDatabaseError, match="oracle"):
        connect("oracle://x")
    with pytest.raises(NoDatabaseError, match="no database 'other'"):
        Databases({"default": "sqlite://:memory:"})["other"]
    with pytest.raises(TypeError, match="Unknown database option 'poolsize'"):
        connect("sqlite://:memory:?poolsize=3")


def test_an_application_gets_its_databases_from_settings(models: SimpleNamespace) -> None:
    app = App({"databases": {"default": "sqlite://:memory:", "archive": "sqlite://:memory:"}})
    setup(app)
    token = CURRENT.set(app)
    try:
        app.require(DATABASES)["default"].create_all(models.Genre)
        models.Genre.objects.create(name="app")
        assert list(app.require(DATABASES)) == ["default", "archive"]
        assert models.Genre.objects.get().name == "app"
    finally:
        CURRENT.reset(token)
    assert app.all(CHECKS) == (check,)
    assert [command.name for command in app.all(COMMANDS)] == ["inspectdb", "refreshviews", "reencrypt"]
    app.add(MODEL_PACKAGES, "nobodys.package")  # what other tests declare is of no concern to this application
    assert list(check(app)) == []

    async def shut_down() -> None:
        await app.all(SHUTDOWN)[0]()

    asyncio.run(shut_down())


def test_routers_choose(models: SimpleNamespace) -> None:
    class Router:
        def db_for_read(self, model: type, **hints: object) -> str | None:
            return "replica" if model is models.Genre else None

    databases = Databases({"default": "sqlite://:memory:", "replica": "sqlite://:memory:"}, routers=[Router()])
    for database in databases.values():
        database.create_all(models.Genre)
    with databases:
        models.Genre.objects.create(name="primary")
        assert models.Genre.objects.count() == 0
        assert models.Genre.objects.using("default").count() == 1


def test_whoever_comes_too_late_waits_in_line_and_then_times_out() -> None:
    database = connect("sqlite://:memory:", pool_timeout=0.2)
    with database, atomic():
        errors: list[BaseException] = []

        def work() -> None:
            try:
                database.execute("SELECT 1")
            except PoolTimeout as error:
                errors.append(error)

        thread = threading.Thread(target=contextvars.Context().run, args=(work,))
        thread.start()
        thread.join()
    assert "all 1 connections" in str(errors[0])
    assert database.execute("SELECT 1") == [(1,)]


def test_threads_and_tasks_share_one_connection_in_turn(models: SimpleNamespace) -> None:
    database = connect("sqlite://:memory:")
    with database:
        database.create_all(models.Genre)
        context = contextvars.copy_context
        threads = [
            threading.Thread(target=context().run, args=(lambda n=n: models.Genre.objects.create(name=str(n)),))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        async def main() -> None:
            async with atomic():
                others = [asyncio.ensure_future(outside(n)) for n in range(20)]
                await models.Genre.objects.acreate(name="inside")
                await asyncio.sleep(0.01)
                await models.Genre.objects.acount()
            await asyncio.gather(*others)

        async def outside(number: int) -> None:
            database.held.set(None)
            await models.Genre.objects.acreate(name=f"outside {number}")

        started = time.monotonic()
        asyncio.run(main())
        assert time.monotonic() - started < 5
        assert models.Genre.objects.count() == 41


def test_a_killed_connection_is_replaced(database: Any, sessions: Any) -> None:
    kill = "SELECT pg_terminate_backend(%s, 5000)" if database.vendor == "postgresql" else "KILL %s"
    whoami = "SELECT pg_backend_pid()" if database.vendor == "postgresql" else "SELECT CONNECTION_ID()"
    other = connect(database.url)
    mine = connect(database.url, pool_size=1)
    ((number,),) = mine.execute(whoami)
    other.execute(kill, [number])
    time.sleep(0.01)
    assert mine.execute("SELECT 1") == [(1,)]  # what the server sends when it goes is seen before anything is asked
    assert mine.execute(whoami) != [(number,)]
    assert mine.pool_statistics()["blocking"].dead == 1

    async def awaited() -> None:
        ((number,),) = await mine.aexecute(whoami)
        other.execute(kill, [number])
        time.sleep(0.01)  # the loop has not looked either
        assert await mine.aexecute("SELECT 1") == [(1,)]
        ((number,),) = await mine.aexecute(whoami)
        other.execute(kill, [number])
        await asyncio.sleep(0.01)
        assert await mine.aexecute("SELECT 1") == [(1,)]
        await mine.aclose_native()

    asyncio.run(awaited())
    mine.close()
    other.close()


@pytest.mark.parametrize("given_up", [False, True])
def test_connections_of_a_closed_loop_are_closed(sessions: Any, given_up: bool) -> None:
    mine = connect(sessions.url, pool_size=1)
    whoami = "SELECT pg_backend_pid()" if mine.vendor == "postgresql" else "SELECT CONNECTION_ID()"
    running = "pg_stat_activity WHERE pid" if mine.vendor == "postgresql" else "information_schema.processlist WHERE id"

    async def ask() -> int:
        ((number,),) = await mine.aexecute(whoami)
        return int(number)

    number = asyncio.run(ask())
    (pool,) = mine._native_pools.values()
    link: Any
    (link,) = pool._idle
    transport = link.raw._transport
    if given_up and mine.vendor == "postgresql":
        link._abandoned = True  # then the server is told first, by a loop
    mine.close()
    mine.close()
    assert transport._sock is None  # the garbage collector need not close it, with a warning
    for _ in range(500):
        if sessions.execute(f"SELECT count(*) FROM {running} = {number}") == [(0,)]:
            return
        time.sleep(0.01)
    pytest.fail("the server still serves it")


def test_a_connection_lost_in_the_midst_is_not_asked_twice(database: Any, sessions: Any) -> None:
    kill = "SELECT pg_terminate_backend(%s)" if database.vendor == "postgresql" else "KILL %s"
    whoami = "SELECT pg_backend_pid()" if database.vendor == "postgresql" else "SELECT CONNECTION_ID()"
    sleep = "SELECT pg_sleep(5)" if database.vendor == "postgresql" else "SELECT SLEEP(5)"
    other = connect(database.url)
    mine = connect(database.url, pool_size=1)
    ((number,),) = mine.execute(whoami)
    killer = threading.Timer(0.2, lambda: other.execute(kill, [number]))
    killer.start()
    with pytest.raises(OperationalError):
        mine.execute(sleep)
    killer.join()
    assert mine.execute("SELECT 1") == [(1,)]
    mine.close()
    other.close()


def test_many_queries_overlap_on_native_drivers(database: Any, run: Any) -> None:
    if database.vendor == "sqlite":
        pytest.skip("platform: SQLite runs one statement a thread")
    sleep = "SELECT pg_sleep(0.2)" if database.vendor == "postgresql" else "SELECT SLEEP(0.2)"

    async def work() -> float:
        await asyncio.gather(*(database.aexecute("SELECT 1") for _ in range(10)))
        started = time.monotonic()
        await asyncio.gather(*(database.aexecute(sleep) for _ in range(10)))
        return time.monotonic() - started

    assert run(work()) < 1.0


def test_what_was_entered_last_is_current() -> None:
    outer, inner, own = (Databases({"default": "sqlite://:memory:"}) for _ in range(3))
    app = SimpleRegistrar()
    app.provide(DATABASES, lambda: own)
    with outer:
        token = CURRENT.set(app)
        try:
            assert current_databases() is own
            with inner:
                assert current_databases() is inner
            assert current_databases() is own
        finally:
            CURRENT.reset(token)
        assert current_databases() is outer
