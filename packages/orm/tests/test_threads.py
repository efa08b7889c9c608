"""What models and databases make at their first use is made once, however many threads come at the same time."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Count,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    ModelError,
    OneToOneField,
    Registry,
    connect,
)
from partita.orm.backends import PlanCache

THREADS = 16


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Change threads as often as the interpreter can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def fresh_models() -> SimpleNamespace:
    """Models that nobody has used yet."""
    shop = Registry()

    class Base(Model):
        name = CharField(max_length=40)

        class Meta:
            abstract = True
            registry = shop
            app_label = "shop"

    class Genre(Base):
        pass

    class Artist(Base):
        born = IntegerField(default=1900)

    class Album(Base):
        artist = ForeignKey(Artist, CASCADE, related_name="albums")
        genres = ManyToManyField(Genre, related_name="albums")

    class Sleeve(Base):
        album = OneToOneField(Album, CASCADE, related_name="sleeve")

    return SimpleNamespace(Genre=Genre, Artist=Artist, Album=Album, Sleeve=Sleeve, registry=shop)


def together(work: Callable[[int], Any]) -> list[Any]:
    """Do ``work`` in many threads that begin at the same moment."""
    barrier = threading.Barrier(THREADS)

    def begin(number: int) -> Any:
        barrier.wait(30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def test_many_threads_may_use_fresh_models_at_the_same_time(tmp_path: Path) -> None:
    for number in range(4):
        models = fresh_models()
        database = connect(f"sqlite:///{tmp_path / f'{number}.sqlite3'}", pool_size=THREADS)
        database.create_all(*models.registry.get_models())
        with database:
            artist = models.Artist(name="Miles")
            artist.save()

        def work(number: int, models: SimpleNamespace = models, database: Any = database, key: Any = artist.pk) -> int:
            with database:
                album = models.Album.objects.create(name=f"{number}", artist_id=key)
                album.genres.add(models.Genre.objects.create(name=f"{number}"))
                models.Sleeve.objects.create(name="red", album=album)
                chosen = models.Album.objects.filter(
                    artist__name="Miles", genres__name=f"{number}", sleeve__name="red"
                ).select_related("artist", "sleeve")
                (found,) = chosen.annotate(many=Count("genres")).order_by("artist__name")
                assert (found.artist.name, found.sleeve.name, found.many) == ("Miles", "red", 1)
                assert [genre.name for genre in found.genres.all()] == [f"{number}"]
                assert found in list(models.Artist.objects.get(pk=key).albums.all())
                return int(models.Album.objects.filter(pk=album.pk).update(name="x"))

        assert together(work) == [1] * THREADS
        database.close()


def _steps(relation: Any, number: int) -> Any:
    return relation.steps()


def test_the_joins_of_a_relation_are_made_once() -> None:
    models = fresh_models()
    relations = [
        models.Album._meta.get_field("artist"),
        models.Album._meta.get_field("genres"),
        models.Artist._meta.get_field("albums"),
        models.Genre._meta.get_field("albums"),
        models.Album._meta.get_field("sleeve"),
    ]
    for relation in relations:
        steps = together(partial(_steps, relation))
        assert len({id(step) for step in steps}) == 1
    assert len({id(table) for table in together(lambda number: models.Album._meta.table)}) == 1


def test_a_shape_is_compiled_once_for_all_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = fresh_models()
    database = connect(f"sqlite:///{tmp_path / 'db.sqlite3'}", pool_size=THREADS)
    database.create_all(*models.registry.get_models())
    made: list[Any] = []
    put = PlanCache.put

    def counted(cache: PlanCache, shape: Any, plan: Any) -> None:
        made.append(shape)
        put(cache, shape, plan)

    monkeypatch.setattr(PlanCache, "put", counted)

    def work(number: int) -> int:
        with database:
            return int(models.Album.objects.filter(artist__born__gt=number).count())

    assert together(work) == [0] * THREADS
    assert len(made) == 1
    database.close()


def test_a_table_that_could_not_be_built_can_be_built_later() -> None:
    shop = Registry()

    class Album(Model):
        artist = ForeignKey("shop.Artist", CASCADE)

        class Meta:
            registry = shop
            app_label = "shop"

    with pytest.raises(ModelError, match="does not exist"):
        _ = Album._meta.table

    class Artist(Model):
        class Meta:
            registry = shop
            app_label = "shop"

    assert Album._meta.table.name == "shop_album"
    assert Artist._meta.table.name == "shop_artist"


def test_a_proxy_shares_the_table_whichever_is_used_first() -> None:
    models = fresh_models()
    shop = models.registry
    artist: type[Model] = models.Artist

    class Band(artist):  # type: ignore[valid-type,misc]  # a class known at run time only
        class Meta:
            proxy = True
            registry = shop

    assert Band._meta.table is models.Artist._meta.table


def test_event_loops_in_many_threads_share_one_set_of_workers(tmp_path: Path) -> None:
    models = fresh_models()
    database = connect(f"sqlite:///{tmp_path / 'db.sqlite3'}", pool_size=4)
    database.create_all(*models.registry.get_models())

    def work(number: int) -> int:
        async def main() -> int:
            with database:
                artist = await models.Artist.objects.acreate(name=f"{number}")
                return int(await models.Artist.objects.filter(pk=artist.pk).acount())

        return asyncio.run(main())

    before = threading.active_count()
    assert together(work) == [1] * THREADS
    assert (
        threading.active_count() - before <= 5 + 4
    )  # pool_size and one more that write, and pool_size at most that read
    database.close()


def test_the_cache_of_plans_keeps_those_in_use_and_stays_bounded() -> None:
    plans = PlanCache(size=8)
    plans.put("hot", "plan")
    for number in range(100):
        plans.put(number, number)
        assert plans.get("hot") == "plan"
        assert len(plans) <= 8
    assert plans.get(0) is None
    assert plans.get(99) == 99


def test_a_task_that_is_cancelled_twice_keeps_its_connection_until_the_thread_is_done(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'db.sqlite3'}", pool_size=1)
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        may_end.wait(30)
        ended.set()

    async def main() -> None:
        task = asyncio.ensure_future(database.arun(slow))
        while not begun.is_set():
            await asyncio.sleep(0)
        for _ in range(3):
            task.cancel()
            for _ in range(5):
                await asyncio.sleep(0)
        assert not task.done()
        assert database.pool().in_use == 1
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()
        assert database.pool().in_use == 0
        assert await database.aexecute("SELECT 1") == [(1,)]

    asyncio.run(main())
    database.close()


def test_what_a_thread_raises_reaches_the_task(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'db.sqlite3'}")

    def stop() -> None:
        raise StopIteration

    def fail() -> None:
        raise LookupError("nothing there")

    async def main() -> None:
        with pytest.raises(LookupError, match="nothing there"):
            await database.arun(fail)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.arun(stop)

    asyncio.run(main())
    database.close()
