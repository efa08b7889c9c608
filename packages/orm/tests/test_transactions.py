"""Blocks keep everything or nothing, in sync code, in async code, and where one calls the other."""

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita import bridge
from partita.orm import Database, IntegrityError, TransactionManagementError, atomic, on_commit


def names(models: SimpleNamespace) -> list[str]:
    return sorted(models.Genre.objects.values_list("name", flat=True))


def test_an_error_leaves_nothing(database: Database, models: SimpleNamespace) -> None:
    with pytest.raises(ZeroDivisionError), atomic():
        models.Genre.objects.create(name="a")
        1 / 0
    assert names(models) == []
    with atomic():
        models.Genre.objects.create(name="b")
    assert names(models) == ["b"]


def test_an_inner_block_fails_alone(database: Database, models: SimpleNamespace) -> None:
    with atomic():
        models.Genre.objects.create(name="outer")
        with pytest.raises(IntegrityError), atomic():
            models.Genre.objects.create(name="inner")
            models.Genre.objects.create(name="outer")
        with atomic():
            models.Genre.objects.create(name="second")
    assert names(models) == ["outer", "second"]


def test_a_block_without_savepoint_takes_the_outer_one_with_it(database: Database, models: SimpleNamespace) -> None:
    with atomic():
        models.Genre.objects.create(name="outer")
        with pytest.raises(ZeroDivisionError), atomic(savepoint=False):
            1 / 0
        with pytest.raises(TransactionManagementError):
            models.Genre.objects.count()
    assert names(models) == []


def test_a_durable_block_stands_alone_and_levels_are_checked(database: Database, models: SimpleNamespace) -> None:
    with atomic(), pytest.raises(TransactionManagementError, match="durable"), atomic(durable=True):
        pass
    with pytest.raises(ValueError, match="isolation"):
        atomic(isolation="serializable; DROP TABLE x")
    with atomic(isolation="serializable"):
        models.Genre.objects.create(name="a")
        if database.vendor == "postgresql":
            assert database.execute("SHOW transaction_isolation") == [("serializable",)]


def test_hooks_run_once_everything_is_kept(database: Database, models: SimpleNamespace) -> None:
    ran: list[str] = []
    with atomic():
        on_commit(lambda: ran.append("outer"))
        with pytest.raises(ZeroDivisionError), atomic():
            on_commit(lambda: ran.append("lost"))
            1 / 0
        with atomic():
            on_commit(lambda: ran.append("inner"))
        assert ran == []
    assert ran == ["outer", "inner"]
    on_commit(lambda: ran.append("at once"))
    with pytest.raises(ZeroDivisionError), atomic():
        on_commit(lambda: ran.append("never"))
        1 / 0
    assert ran == ["outer", "inner", "at once"]


def test_functions_can_be_atomic(database: Database, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    @atomic
    def fail() -> None:
        models.Genre.objects.create(name="a")
        1 / 0

    @atomic(durable=True)
    async def afail() -> None:
        await models.Genre.objects.acreate(name="b")
        1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(ZeroDivisionError):
        run(afail())
    assert names(models) == []


def test_async_blocks_nest_and_roll_back(database: Database, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    ran: list[str] = []

    async def hook() -> None:
        ran.append("hook")

    async def work() -> None:
        async with atomic():
            await models.Genre.objects.acreate(name="outer")
            try:
                async with atomic():
                    await models.Genre.objects.acreate(name="inner")
                    1 / 0
            except ZeroDivisionError:
                pass
            await bridge.run(sync_part)
            on_commit(hook)
            assert ran == []
        try:
            async with atomic():
                await models.Genre.objects.acreate(name="lost")
                1 / 0
        except ZeroDivisionError:
            pass

    def sync_part() -> None:
        with atomic():
            models.Genre.objects.create(name="sync")
        with pytest.raises(ZeroDivisionError), atomic():
            models.Genre.objects.create(name="sync lost")
            1 / 0

    run(work())
    assert names(models) == ["outer", "sync"]
    assert ran == ["hook"]


def test_tasks_have_transactions_of_their_own(
    database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    async def one(number: int) -> None:
        async with atomic():
            await models.Genre.objects.acreate(name=f"{number:02}")
            await asyncio.sleep(0.001)
            if number % 2:
                raise ValueError(number)

    async def work() -> list[Any]:
        return await asyncio.gather(*(one(number) for number in range(20)), return_exceptions=True)

    results = run(work())
    assert [type(result) for result in results] == [type(None), ValueError] * 10
    assert names(models) == [f"{number:02}" for number in range(0, 20, 2)]


def test_tasks_inside_a_block_take_turns(database: Database, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    async def work() -> None:
        async with atomic():
            await asyncio.gather(*(models.Genre.objects.acreate(name=f"{number}") for number in range(8)))
            assert await models.Genre.objects.acount() == 8

    run(work())
    assert len(names(models)) == 8


def test_a_cancelled_query_closes_its_connection(
    database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    if database.vendor == "sqlite":
        slow = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT max(i) FROM n"
        )
    else:
        slow = "SELECT pg_sleep(5)" if database.vendor == "postgresql" else "SELECT SLEEP(5)"

    async def work() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.aexecute(slow)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), atomic():
                await models.Genre.objects.acreate(name="half")
                await database.aexecute(slow)
        assert database.held.get() is None
        assert await models.Genre.objects.acount() == 0
        await models.Genre.objects.acreate(name="whole")

    run(work())
    assert names(models) == ["whole"]


def test_an_overridden_save_is_what_asave_runs(
    database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    class Loud(models.Genre):  # type: ignore[name-defined,misc]  # a class out of a fixture
        class Meta:
            proxy = True
            registry = models.Genre._meta.registry.__class__()
            app_label = "loud"

        def save(self, **options: Any) -> None:
            self.name: str = self.name.upper()
            super().save(**options)

    async def work() -> None:
        await Loud(name="ska").asave()
        await Loud.objects.acreate(name="dub")

    run(work())
    assert names(models) == ["DUB", "SKA"]


def test_a_lazy_relation_in_async_code_does_not_block(
    music: SimpleNamespace, database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    ticks: list[int] = []

    async def tick() -> None:
        while True:
            ticks.append(1)
            await asyncio.sleep(0)

    async def view() -> list[str]:
        return [album.artist.name for album in models.Album.objects.all()]

    async def work() -> list[str]:
        ticking = asyncio.ensure_future(tick())
        await asyncio.sleep(0)
        before = len(ticks)
        found = await bridge.drive(view())
        assert len(ticks) > before
        ticking.cancel()
        return found

    assert run(work()) == ["Miles Davis", "Miles Davis", "David Bowie"]


def test_native_drivers_start_no_threads(
    music: SimpleNamespace, database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    if database.vendor == "sqlite":
        pytest.skip("platform: SQLite has no driver that awaits; each operation takes one hop to a thread")

    async def work() -> int:
        before = threading.active_count()
        await asyncio.gather(*(models.Album.objects.aget(pk=music.low.pk) for _ in range(200)))
        assert 1 < (await bridge.run(database.pool)).open <= 10
        return threading.active_count() - before

    assert run(work()) <= 0  # those of other tests may end meanwhile


def test_what_fails_after_the_end_undoes_nothing_and_a_robust_one_stops_nobody(
    database: Database, models: SimpleNamespace, run: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    async def fails_later() -> None:
        await models.Genre.objects.acount()
        raise ValueError("a hook's own")

    def fails() -> None:
        raise ValueError("a hook's own")

    async def nested() -> None:
        async with atomic():
            await models.Genre.objects.acreate(name="by a hook")
            on_commit(lambda: ran.append("nested"))

    async def asynchronously(robust: bool) -> None:
        async with atomic():
            await models.Genre.objects.acreate(name=f"async {robust}")
            on_commit(fails_later, robust=robust)
            on_commit(nested)

    run(asynchronously(True))
    with atomic():
        models.Genre.objects.create(name="sync True")
        on_commit(fails, robust=True)
        on_commit(fails_later, robust=True)
        on_commit(lambda: ran.append("after"))
    assert ran == ["nested", "after"]
    assert len(caplog.records) == 3
    with pytest.raises(ValueError, match="a hook's own"):
        run(asynchronously(False))
    with pytest.raises(ValueError, match="a hook's own"), atomic():
        models.Genre.objects.create(name="sync False")
        on_commit(fails)
        on_commit(lambda: ran.append("never"))
    assert ran == ["nested", "after"]
    names = {genre.name for genre in models.Genre.objects.all()}
    assert names == {"async True", "by a hook", "sync True", "async False", "sync False"}
    assert database.pool().in_use == 0
