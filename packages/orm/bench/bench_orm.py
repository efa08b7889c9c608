"""Common work in partita.orm and in Django's ORM, on SQLite in WAL mode and on PostgreSQL; writes a Markdown table.

Both run in one process, turn by turn, and the best run of each counts. PostgreSQL's rows are there where a server
answers at PARTITA_TEST_POSTGRESQL.
"""

import asyncio
import gc
import os
import shutil
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.db import connection, transaction
from django.db import models as dj

from partita.orm import (
    CASCADE,
    Avg,
    CharField,
    Database,
    DateTimeField,
    F,
    ForeignKey,
    IntegerField,
    Max,
    Model,
    OrmError,
    Sum,
    atomic,
    connect,
)

FOLDER = Path(tempfile.mkdtemp(prefix="partita-bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
WAL = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "django.sqlite3",
            "OPTIONS": {"init_command": WAL, "transaction_mode": "IMMEDIATE"},
        }
    },
    USE_TZ=True,
    INSTALLED_APPS=[],
)
django.setup()


class Artist(Model):
    """Ours."""

    name = CharField(max_length=100)

    class Meta:
        app_label = "bench"


class Album(Model):
    """Ours."""

    title = CharField(max_length=100)
    year = IntegerField(db_index=True)
    price = IntegerField(default=10)
    made = DateTimeField(auto_now_add=True)
    artist = ForeignKey(Artist, CASCADE, related_name="albums")

    class Meta:
        app_label = "bench"


class DjArtist(dj.Model):
    """Django's."""

    name = dj.CharField(max_length=100)

    class Meta:
        app_label = "djbench"


class DjAlbum(dj.Model):
    """Django's."""

    title = dj.CharField(max_length=100)
    year = dj.IntegerField(db_index=True)
    price = dj.IntegerField(default=10)
    made = dj.DateTimeField(auto_now_add=True)
    artist = dj.ForeignKey(DjArtist, dj.CASCADE, related_name="albums")

    class Meta:
        app_label = "djbench"


class Side(NamedTuple):
    """One ORM with its models."""

    artist: Any
    album: Any
    owner: Any
    atomic: Any
    total: Any
    mean: Any
    most: Any
    f: Any


Work = Callable[[Side], Callable[[], Any]]


def fill(artist: Any, album: Any) -> Any:
    """Make a hundred artists, and ten thousand albums of theirs."""
    artists = artist.objects.bulk_create([artist(name=f"a{number}") for number in range(100)])
    album.objects.bulk_create(
        [album(title=f"t{number}", year=number, artist=artists[number % 100]) for number in range(10_000)]
    )
    return artists[0]


def seconds(works: list[Callable[[], Any]], count: int, rounds: int = 5) -> list[float]:
    """Return the best run of each, in seconds a call; they take turns."""
    best = [1e9] * len(works)
    for work in works:
        work()
    for _ in range(rounds):
        for place, work in enumerate(works):
            gc.collect()
            started = time.perf_counter()
            for _ in range(count):
                work()
            best[place] = min(best[place], (time.perf_counter() - started) / count)
    return best


def save_one(side: Side) -> Callable[[], Any]:
    """Change one field of one row, and save it."""
    row = side.album.objects.get(pk=77)

    def work() -> None:
        row.title = "other"
        row.save(update_fields=["title"])

    return work


def bulk(side: Side) -> Callable[[], Any]:
    """Insert ten thousand rows, and take them out again."""

    def work() -> None:
        rows = [side.album(title="b", year=50_000, artist=side.owner) for _ in range(10_000)]
        with side.atomic():
            side.album.objects.bulk_create(rows)

    return work


def insert_and_delete(side: Side) -> Callable[[], Any]:
    """Insert a thousand rows and delete them."""

    def work() -> None:
        with side.atomic():
            side.album.objects.bulk_create([side.album(title="d", year=60_000, artist=side.owner) for _ in range(1000)])
            side.album.objects.filter(year=60_000).delete()

    return work


CASES: list[tuple[str, int, Work]] = [
    ("get by pk", 1000, lambda s: lambda: s.album.objects.get(pk=500)),
    ("filter, 100 instances", 100, lambda s: lambda: list(s.album.objects.filter(year__gte=100, year__lt=200))),
    ("filter, 10 000 instances", 2, lambda s: lambda: list(s.album.objects.filter(year__lt=10_000))),
    ("values_list, 10 000", 2, lambda s: lambda: list(s.album.objects.values_list("id", "title", "year"))),
    (
        "select_related, 1 000",
        10,
        lambda s: lambda: list(s.album.objects.select_related("artist").filter(year__lt=1000)),
    ),
    (
        "prefetch_related, 100 × 100",
        10,
        lambda s: lambda: [list(artist.albums.all()) for artist in s.artist.objects.prefetch_related("albums")],
    ),
    ("count", 1000, lambda s: lambda: s.album.objects.filter(year__lt=100).count()),
    (
        "aggregate over 10 000",
        50,
        lambda s: lambda: s.album.objects.aggregate(a=s.total("year"), b=s.mean("price"), c=s.most("year")),
    ),
    ("create one", 200, lambda s: lambda: s.album.objects.create(title="x", year=40_000, artist=s.owner)),
    ("save one field", 500, save_one),
    ("update 1 000", 20, lambda s: lambda: s.album.objects.filter(year__lt=1000).update(price=s.f("price") + 1)),
    ("bulk_create 10 000", 1, bulk),
    ("bulk_create and delete 1 000", 3, insert_and_delete),
]


def row(name: str, mine: float, other: float) -> str:
    """Return one line of the table."""
    return f"| {name} | {_time(mine)} | {_time(other)} | {other / mine:.1f}× |\n"


def _time(value: float) -> str:
    return f"{value * 1e6:.0f} µs" if value < 1e-3 else f"{value * 1e3:.1f} ms"


def asynchronous(database: Database, pk: Any, count: int = 500) -> float:
    """Return seconds for one awaited get of ours."""

    async def main() -> float:
        with database:
            best = 1e9
            for _ in range(5):
                started = time.perf_counter()
                for _ in range(count):
                    await Album.objects.aget(pk=pk)
                best = min(best, (time.perf_counter() - started) / count)
            await database.aclose()
            return best

    return asyncio.run(main())


def djangos_async(pk: Any, count: int = 500) -> float:
    """Return seconds for one awaited get of Django's."""

    async def main() -> float:
        best = 1e9
        for _ in range(5):
            started = time.perf_counter()
            for _ in range(count):
                await DjAlbum.objects.aget(pk=pk)
            best = min(best, (time.perf_counter() - started) / count)
        return best

    return asyncio.run(main())


def memory(album: Any) -> int:
    """Return the bytes that ten thousand instances take."""
    list(album.objects.filter(year__lt=10))
    gc.collect()
    tracemalloc.start()
    rows = list(album.objects.filter(year__lt=10_000))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(rows) == 10_000
    return used


def cold(database: Database, side: Side) -> float:
    """Return seconds for the first use of a shape: plans are compiled anew each time."""
    best = 1e9
    for _ in range(20):
        database.backend.plans.clear()
        started = time.perf_counter()
        list(side.album.objects.filter(year__gte=100, year__lt=101, artist__name="a1").order_by("-title"))
        best = min(best, time.perf_counter() - started)
    return best


def postgresql(write: Callable[[str], Any]) -> None:
    """Measure awaited queries through asyncpg, beside asyncpg itself."""
    name = f"partita_bench_{uuid.uuid4().hex[:8]}"
    try:
        with connect(POSTGRESQL, connect_timeout=2.0) as outer:
            outer.execute(f"CREATE SCHEMA {name}")
    except (OrmError, ImportError):
        return
    database = connect(POSTGRESQL, init=(f"SET search_path TO {name}",))
    try:
        with database:
            database.create_all(Artist, Album)
            fill(Artist, Album)
            pk = Album.objects.values_list("pk", flat=True).first()
        mine = asynchronous(database, pk)
        bare = asyncio.run(_asyncpg(name, pk))
        write("\n| PostgreSQL, awaited | partita | asyncpg alone | of asyncpg's speed |\n| --- | --: | --: | --: |\n")
        write(f"| get by pk | {_time(mine)} | {_time(bare)} | {bare / mine:.0%} |\n")
    finally:
        database.close()
        with connect(POSTGRESQL) as outer:
            outer.execute(f"DROP SCHEMA {name} CASCADE")


async def _asyncpg(schema: str, pk: Any, count: int = 500) -> float:
    import asyncpg

    link = await asyncpg.connect(POSTGRESQL, server_settings={"search_path": schema})
    sql = "SELECT id, title, year, price, made, artist_id FROM bench_album WHERE id = $1 LIMIT 21"
    best = 1e9
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(count):
            await link.fetch(sql, pk)
        best = min(best, (time.perf_counter() - started) / count)
    await link.close()
    return best


def main() -> None:
    """Measure and write."""
    write: Callable[[str], Any] = sys.stdout.write
    with connection.schema_editor() as editor:
        editor.create_model(DjArtist)
        editor.create_model(DjAlbum)
    database = connect(f"sqlite:///{FOLDER / 'partita.sqlite3'}")
    with database:
        database.create_all(Artist, Album)
        ours = Side(Artist, Album, fill(Artist, Album), atomic, Sum, Avg, Max, F)
        theirs = Side(DjArtist, DjAlbum, fill(DjArtist, DjAlbum), transaction.atomic, dj.Sum, dj.Avg, dj.Max, dj.F)
        write(
            f"| SQLite (WAL) | partita | Django {django.__version__} | Django ÷ partita |\n| --- | --: | --: | --: |\n"
        )
        for name, count, make in CASES:
            mine, other = seconds([make(ours), make(theirs)], count)
            write(row(name, mine, other))
        write(row("first use of a shape", cold(database, ours), first_use(theirs)))
        used, others = memory(Album), memory(DjAlbum)
        write(f"| memory, 10 000 instances | {used / 1e6:.1f} MB | {others / 1e6:.1f} MB | {others / used:.1f}× |\n")
    write(row("awaited get by pk", asynchronous(database, 500), djangos_async(500)))
    database.close()
    postgresql(write)
    shutil.rmtree(FOLDER, ignore_errors=True)


def first_use(side: Side) -> float:
    """Return seconds for the same in Django, which keeps no plans."""

    def work() -> None:
        list(side.album.objects.filter(year__gte=100, year__lt=101, artist__name="a1").order_by("-title"))

    return seconds([work], 20)[0]


if __name__ == "__main__":
    main()
