"""Many clients at once: on few connections, without threads, on statements prepared once, for rows that others hold."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from partita import bridge
from partita.orm import Database, F, NotSupportedError, OperationalError, Value, atomic, connect
from partita.orm.functions import Concat
from partita.orm.retrying import until_kept

CLIENTS = 500


@pytest.fixture
def wide(database: Database) -> Iterator[Database]:
    """The same database with more connections; PostgreSQL's only, which has sessions enough and tells about each."""
    if database.vendor != "postgresql":
        pytest.skip("platform: this looks into PostgreSQL's own tables")
    schema = database.execute("SELECT current_schema()")[0][0]
    wide = connect(database.url, pool_size=50, pool_timeout=60.0, init=(f"SET search_path TO {schema}",))
    with wide:
        yield wide
    wide.close()


def in_threads(count: int, work: Callable[[int], Any], workers: int = 32) -> list[Any]:
    """Call ``work`` with each number in threads that see what is current here."""
    contexts = [contextvars.copy_context() for _ in range(count)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda number: contexts[number].run(work, number), range(count)))


def test_five_hundred_tasks_share_fifty_connections(
    wide: Database, music: SimpleNamespace, models: SimpleNamespace
) -> None:
    async def ask(number: int) -> int:
        async with atomic():
            await models.Genre.objects.acreate(name=f"genre {number}")
            return int((await models.Genre.objects.aget(name=f"genre {number}")).name.split()[1])

    async def work() -> tuple[list[int], int, int]:
        before = threading.active_count()
        answers = await asyncio.gather(*(ask(number) for number in range(CLIENTS)))
        pool = await bridge.run(wide.pool)
        counts = pool.open, threading.active_count() - before
        assert pool.in_use == 0
        await wide.aclose_native()
        return answers, *counts

    answers, connections, threads = asyncio.run(work())
    assert answers == list(range(CLIENTS))
    assert 10 < connections <= 50
    assert threads <= 0


def test_five_hundred_pieces_of_blocking_work_share_fifty_connections(
    wide: Database, music: SimpleNamespace, models: SimpleNamespace
) -> None:
    def work(number: int) -> int:
        with atomic():
            models.Genre.objects.create(name=f"genre {number}")
            return int(models.Genre.objects.get(name=f"genre {number}").name.split()[1])

    assert in_threads(CLIENTS, work, workers=64) == list(range(CLIENTS))
    assert wide.pool().open <= 50
    assert wide.pool().in_use == 0


def test_a_thousand_awaits_need_no_threads_and_no_more_connections_than_allowed(
    music: SimpleNamespace, database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    async def work() -> None:
        threads = set(threading.enumerate())
        albums = [models.Album.objects.aget(pk=pk) for pk in (music.low.pk, music.blue.pk) * 500]
        found = await asyncio.gather(*albums)
        assert [album.title for album in found] == ["Low", "Kind of Blue"] * 500
        pool = (await bridge.run(database.pool)) if database.native is not None else database.pool()
        assert pool.open <= 10
        assert pool.in_use == 0
        new = set(threading.enumerate()) - threads
        assert len(new) <= (0 if database.native is not None else max(2, os.cpu_count() or 1)), new

    run(work())


def test_connections_of_a_loop_that_is_gone_close_without_a_word(database: Database, models: SimpleNamespace) -> None:
    again = connect(database.url)

    async def work() -> None:
        await again.aexecute("SELECT 1")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(work())
    loop.close()
    again.close()
    assert again.execute("SELECT 1") == [(1,)]
    again.close()


def test_statements_are_prepared_once_and_used_again(
    wide: Database, sessions: Database, models: SimpleNamespace
) -> None:
    async def work() -> list[tuple[Any, ...]]:
        async with atomic():  # one connection
            for number in range(20):
                await models.Genre.objects.filter(name=f"{number}").aexists()
            found = await wide.aexecute(_PREPARED)
        await wide.aclose_native()
        return found

    found = asyncio.run(work())
    assert [count for sql, count in found if "shop_genre" in sql] == [20]
    with atomic():
        for number in range(20):
            models.Genre.objects.filter(name=f"{number}").exists()
        found = wide.execute(_PREPARED)
    assert [count for sql, count in found if "shop_genre" in sql] == [15]  # prepared after it was seen five times
    schema = wide.execute("SELECT current_schema()")[0][0]
    plain = connect(wide.url, prepared_statements=False, init=(f"SET search_path TO {schema}",))

    async def plainly() -> list[tuple[Any, ...]]:
        async with atomic():
            for number in range(20):
                await models.Genre.objects.filter(name=f"{number}").aexists()
            found = await plain.aexecute(_PREPARED)
        await plain.aclose_native()
        return found

    with plain:
        assert not [sql for sql, _ in asyncio.run(plainly()) if "shop_genre" in sql]
        with atomic():
            for number in range(20):
                models.Genre.objects.filter(name=f"{number}").exists()
            assert plain.execute(_PREPARED) == []
    plain.close()


_PREPARED = "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements"


def test_many_threads_that_get_or_create_make_one_row(
    request: pytest.FixtureRequest, database: Database, models: SimpleNamespace
) -> None:
    def get(number: int) -> tuple[int, bool]:
        genre, created = models.Genre.objects.get_or_create(name="One", defaults={})
        return genre.pk, created

    if database.url.database == ":memory:":
        pytest.skip("platform: a database in memory has one connection, which makes no races")
    answers = in_threads(40, get, workers=8)
    assert len({pk for pk, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    assert models.Genre.objects.filter(name="One").count() == 1


def test_many_threads_that_update_or_create_lose_no_update(database: Database, models: SimpleNamespace) -> None:
    if database.url.database == ":memory:":
        pytest.skip("platform: a database in memory has one connection, which makes no races")
    artist = models.Artist.objects.create(name="A")
    models.Album.objects.create(artist=artist, title="T", year=0)

    def change(number: int) -> bool:
        _, created = models.Album.objects.update_or_create(
            defaults={"year": F("year") + 1}, create_defaults={"year": 0}, artist=artist, title="T"
        )
        return bool(created)

    assert not any(in_threads(30, change, workers=6))
    assert models.Album.objects.get().year == 30


@pytest.mark.parametrize("way", ["blocking", "awaiting"])
def test_many_that_get_and_update_or_create_the_same_new_rows_all_succeed(
    database: Database, models: SimpleNamespace, run: Callable[..., Any], way: str
) -> None:
    """Locks on gaps, where rows are not yet, make them meet in deadlocks: MariaDB gives all of them up but one."""
    if database.url.database == ":memory:":
        pytest.skip("platform: a database in memory has one connection, which makes no races")
    artist = models.Artist.objects.create(name="A")
    albums, genres = models.Album.objects, models.Genre.objects

    def change(number: int) -> bool:
        genres.get_or_create(name=f"g{number % 3}")
        _, created = albums.update_or_create(defaults={"year": number}, artist=artist, title=f"{number % 4}")
        return bool(created)

    async def achange(number: int) -> bool:
        await genres.aget_or_create(name=f"g{number % 3}")
        _, created = await albums.aupdate_or_create(defaults={"year": number}, artist=artist, title=f"{number % 4}")
        return bool(created)

    async def all_at_once() -> list[bool]:
        return list(await asyncio.gather(*(achange(number) for number in range(40))))

    made = in_threads(40, change, workers=8) if way == "blocking" else run(all_at_once())
    assert sum(made) == 4
    assert albums.count() == 4
    assert genres.count() == 3


def test_a_transaction_that_was_given_up_is_done_anew_but_never_that_of_the_caller(
    database: Database, models: SimpleNamespace
) -> None:
    if database.vendor == "sqlite":
        pytest.skip("platform: SQLite has one writer at a time, and gives up nobody")
    artists = models.Artist.objects
    keys = [artists.create(name=name).pk for name in ("one", "two")]
    calls: list[int] = []
    meet = threading.Barrier(2)

    def lock_both(first: int, second: int) -> None:
        calls.append(first)
        with atomic():
            artists.filter(pk=first).update(email=Concat("email", Value("1")))
            if calls.count(first) == 1:  # both have one now, and want the other
                meet.wait(30)
            artists.filter(pk=second).update(email=Concat("email", Value("2")))

    def one(number: int) -> None:
        until_kept(database, lambda: lock_both(keys[number], keys[1 - number]))

    in_threads(2, one, workers=2)
    assert len(calls) == 3
    assert [sorted(artist.email) for artist in artists.all()] == [["1", "2"]] * 2

    def fail() -> None:
        calls.append(-1)
        raise OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")

    with pytest.raises(OperationalError), atomic():
        until_kept(database, fail)
    assert calls.count(-1) == 1


def test_create_defaults_are_for_new_rows_only(database: Database, models: SimpleNamespace) -> None:
    row, created = models.Artist.objects.update_or_create(
        name="New", defaults={"email": "changed@example.com"}, create_defaults={"email": "made@example.com"}
    )
    assert (row.email, created) == ("made@example.com", True)
    row, created = models.Artist.objects.update_or_create(
        name="New", defaults={"email": "changed@example.com"}, create_defaults={"email": "made@example.com"}
    )
    assert (row.email, created) == ("changed@example.com", False)


class Holder:
    """Holds a row in a transaction of another thread."""

    def __init__(self, query: Callable[[], Any]) -> None:
        self.holds, self.may_go = threading.Event(), threading.Event()
        context = contextvars.copy_context()
        self.thread = threading.Thread(target=context.run, args=(self._hold, query))

    def _hold(self, query: Callable[[], Any]) -> None:
        with atomic():
            list(query())
            self.holds.set()
            self.may_go.wait(30)

    def __enter__(self) -> "Holder":
        self.thread.start()
        assert self.holds.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.may_go.set()
        self.thread.join()


def test_rows_that_others_hold_are_waited_for_refused_or_left_out(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    if database.vendor == "sqlite":
        pytest.skip("platform: SQLite locks whole databases")
    albums = models.Album.objects
    with Holder(lambda: albums.select_for_update().filter(pk=music.low.pk)) as holder:
        with pytest.raises(OperationalError), atomic():
            albums.select_for_update(nowait=True).get(pk=music.low.pk)
        with atomic():
            free = albums.select_for_update(skip_locked=True).order_by("title")
            assert [album.title for album in free] == ["Bitches Brew", "Kind of Blue"]
        waited: list[str] = []

        def wait() -> None:
            with atomic():
                waited.append(albums.select_for_update().get(pk=music.low.pk).title)

        waiter = threading.Thread(target=contextvars.copy_context().run, args=(wait,))
        waiter.start()
        waiter.join(0.2)
        assert not waited, "it did not wait"
        holder.may_go.set()
        waiter.join(30)
        assert waited == ["Low"]


def test_which_tables_rows_are_locked_can_be_said(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    albums = models.Album.objects.select_related("artist")
    if database.vendor == "sqlite":
        with atomic():
            assert albums.select_for_update(of=("self",)).get(title="Low") == music.low
        return
    if database.vendor == "mysql":
        for options in ({"of": ("self",)}, {"no_key": True}):
            with pytest.raises(NotSupportedError, match="PostgreSQL's"), atomic():
                albums.select_for_update(**options).get(title="Low")
        return
    with Holder(lambda: albums.select_for_update(of=("self",)).filter(title="Low")), atomic():
        assert models.Artist.objects.select_for_update(nowait=True).get(name="David Bowie")
        with pytest.raises(OperationalError), atomic():
            list(models.Album.objects.select_for_update(nowait=True).filter(title="Low"))
    with Holder(lambda: models.Artist.objects.select_for_update(no_key=True).filter(name="David Bowie")):
        # A key that others point to may be shared while the rest of the row changes.
        made = models.Album.objects.create(title="Heroes", artist=music.bowie)
    assert made.pk is not None


def test_all_async_twins_answer_like_the_others(
    music: SimpleNamespace, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    albums = models.Album.objects

    async def work() -> None:
        assert [a.title async for a in albums.aiterator(chunk_size=2)] == [a.title for a in albums.iterator()]
        genre, made = await models.Genre.objects.aget_or_create(name="Soul")
        assert (genre.name, made) == ("Soul", True)
        genre, made = await models.Genre.objects.aupdate_or_create(name="Soul", defaults={"name": "Funk"})
        assert (genre.name, made) == ("Funk", False)
        new = await models.Genre.objects.abulk_create([models.Genre(name="a"), models.Genre(name="b")])
        assert len(new) == 2
        rows = [g async for g in models.Genre.objects.filter(name__in=("a", "b"))]
        for row in rows:
            row.name += row.name
        assert await models.Genre.objects.abulk_update(rows, ["name"]) == 2
        assert await models.Genre.objects.filter(name__in=("aa", "bb")).acount() == 2
        assert set(await albums.ain_bulk([music.low.pk])) == {music.low.pk}
        assert await albums.acontains(music.low)
        assert (await albums.aearliest("year")).title == "Kind of Blue"
        assert (await albums.alatest("year")).title == "Low"
        assert (await albums.order_by("year").afirst()).title == "Kind of Blue"
        assert (await albums.order_by("year").alast()).title == "Low"
        assert await albums.filter(year=1977).aexists()
        assert await albums.filter(year=1977).aexplain()
        assert await albums.filter(year=1977).aupdate(year=1978) == 1
        assert (await models.Genre.objects.filter(name="aa").adelete())[0] == 1
        with pytest.raises(models.Album.DoesNotExist):
            await albums.aget(title="none")

    run(work())
