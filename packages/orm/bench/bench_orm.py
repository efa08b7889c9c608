"""Common work in partita.orm and in Django's ORM, on SQLite in WAL mode and on PostgreSQL; writes a Markdown table.

Both run in one process, turn by turn, and the best run of each counts. The bare drivers stand beside some work,
for nothing can be faster. PostgreSQL's rows are there where a server answers at PARTITA_TEST_POSTGRESQL.
"""

import asyncio
import gc
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.db import connection, connections, transaction
from django.db import models as dj
from sqlalchemy.engine import make_url

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
SCHEMA = f"partita_bench_{uuid.uuid4().hex[:8]}"
_POSTGRESQL = make_url(POSTGRESQL)
WAL = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "django.sqlite3",
            "OPTIONS": {"init_command": WAL, "transaction_mode": "IMMEDIATE"},
        },
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _POSTGRESQL.database,
            "USER": _POSTGRESQL.username,
            "PASSWORD": _POSTGRESQL.password or "",
            "HOST": _POSTGRESQL.host,
            "PORT": _POSTGRESQL.port or 5432,
            "OPTIONS": {"options": f"-c search_path={SCHEMA}"},
        },
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
        "values_list with a moment, 10 000",
        2,
        lambda s: lambda: list(s.album.objects.values_list("id", "title", "made")),
    ),
    ("values_list of all columns, 10 000", 2, lambda s: lambda: list(s.album.objects.values_list())),
    (
        "values_list, named, 10 000",
        2,
        lambda s: lambda: list(s.album.objects.values_list("id", "title", "year", named=True)),
    ),
    ("values, 10 000", 2, lambda s: lambda: list(s.album.objects.values("id", "title", "year"))),
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


_COLUMNS = "id, title, year, price, made, artist_id FROM bench_album"
BARE = [  # what nothing can be faster than, where rows come as tuples of strings and numbers
    ("filter, 100 instances", 100, f"SELECT {_COLUMNS} WHERE year >= 100 AND year < 200"),
    ("filter, 10 000 instances", 2, f"SELECT {_COLUMNS} WHERE year < 10000"),
    ("values_list, 10 000", 2, "SELECT id, title, year FROM bench_album"),
    ("values_list with a moment, 10 000", 2, "SELECT id, title, made FROM bench_album"),
    ("values_list of all columns, 10 000", 2, f"SELECT {_COLUMNS}"),
    ("aggregate over 10 000", 50, "SELECT sum(year), avg(price), max(year) FROM bench_album"),
]


def row(name: str, mine: float, other: float) -> str:
    """Return one line of the table."""
    return f"| {name} | {_time(mine)} | {_time(other)} | {other / mine:.1f}× |\n"


def _time(value: float) -> str:
    return f"{value * 1e6:.0f} µs" if value < 1e-3 else f"{value * 1e3:.1f} ms"


Call = Callable[[], Awaitable[Any]]
AWAITED: list[tuple[str, int, Callable[[Any], Call]]] = [
    ("get by pk", 500, lambda rows: lambda: rows.aget(pk=500)),
    ("filter, 100 instances", 100, lambda rows: lambda: _all(rows.filter(year__gte=100, year__lt=200))),
    ("count", 500, lambda rows: lambda: rows.filter(year__lt=100).acount()),
]


async def _all(rows: Any) -> list[Any]:
    return [row async for row in rows]


async def awaited(calls: list[Call], count: int, rounds: int = 5) -> list[float]:
    """Return the best run of each, in seconds an awaited call; they take turns."""
    best = [1e9] * len(calls)
    for _ in range(rounds):
        for place, call in enumerate(calls):
            for _ in range(3):  # threads and connections are there
                await call()
            gc.collect()
            started = time.perf_counter()
            for _ in range(count):
                await call()
            best[place] = min(best[place], (time.perf_counter() - started) / count)
    return best


def bare(link: sqlite3.Connection, sql: str) -> Callable[[], Any]:
    """Ask the driver alone."""
    return lambda: link.execute(sql).fetchall()


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


def first_use(side: Side) -> Callable[[], Any]:
    """Ask something with two joins' worth of SQL."""
    return lambda: list(side.album.objects.filter(year__gte=100, year__lt=101, artist__name="a1").order_by("-title"))


def cold(database: Database, side: Side) -> Callable[[], Any]:
    """Ask the same as if for the first time: plans are compiled anew. Django keeps no plans."""
    ask = first_use(side)

    def work() -> None:
        database.backend.plans.clear()
        ask()

    return work


def postgresql(write: Callable[[str], Any]) -> None:
    """Measure awaited queries: ours through asyncpg, Django's, and asyncpg alone."""
    try:
        with connect(POSTGRESQL, connect_timeout=2.0) as outer:
            outer.execute(f"CREATE SCHEMA {SCHEMA}")
    except (OrmError, ImportError):
        return
    database = connect(POSTGRESQL, init=(f"SET search_path TO {SCHEMA}",))
    try:
        with database:
            database.create_all(Artist, Album)
            fill(Artist, Album)
            with connections["postgresql"].schema_editor() as editor:
                editor.create_model(DjArtist)
                editor.create_model(DjAlbum)
            fill(_Using(DjArtist), _Using(DjAlbum))
            # Else the server's plans depend on whether it has done so by itself by then.
            for model in (Artist, Album, DjArtist, DjAlbum):
                database.execute(f"ANALYZE {model._meta.db_table}")
            write(
                "\n| PostgreSQL, awaited | partita | Django | Django ÷ partita | asyncpg alone | of its speed |\n"
                "| --- | --: | --: | --: | --: | --: |\n"
            )
            asyncio.run(_postgresql(write, database))
    finally:
        database.close()
        connections["postgresql"].close()
        with connect(POSTGRESQL) as outer:
            outer.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


class _Using:
    """One of Django's models in PostgreSQL."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.objects = model.objects.using("postgresql")

    def __call__(self, **values: Any) -> Any:
        return self.model(**values)


async def _postgresql(write: Callable[[str], Any], database: Database) -> None:
    import asyncpg

    link = await asyncpg.connect(POSTGRESQL, server_settings={"search_path": SCHEMA})
    columns = "SELECT id, title, year, price, made, artist_id FROM bench_album WHERE"
    alone: list[Call] = [
        lambda: link.fetch(f"{columns} id = $1 LIMIT 21", 500),
        lambda: link.fetch(f"{columns} year >= $1 AND year < $2", 100, 200),
        lambda: link.fetch("SELECT count(*) FROM bench_album WHERE year < $1", 100),
    ]
    theirs = DjAlbum.objects.using("postgresql")
    for (name, count, make), floor in zip(AWAITED, alone, strict=True):
        mine, other, least = await awaited([make(Album.objects), make(theirs), floor], count)
        write(
            f"| {name} | {_time(mine)} | {_time(other)} | {other / mine:.1f}× | {_time(least)} | {least / mine:.0%} |\n"
        )
    await link.close()
    await database.aclose_native()


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
        link = sqlite3.connect(FOLDER / "partita.sqlite3")
        write("| SQLite (WAL) | partita | sqlite3 alone | of its speed |\n| --- | --: | --: | --: |\n")
        for name, count, sql in BARE:
            make = next(make for case, _, make in CASES if case == name)
            mine, least = seconds([make(ours), bare(link, sql)], count)
            write(f"| {name} | {_time(mine)} | {_time(least)} | {least / mine:.0%} |\n")
        link.close()
        write(
            f"\n| SQLite (WAL) | partita | Django {django.__version__} | Django ÷ partita |\n| --- | --: | --: | --: |\n"
        )
        for name, count, make in CASES:
            mine, other = seconds([make(ours), make(theirs)], count)
            write(row(name, mine, other))
        mine, other = seconds([cold(database, ours), first_use(theirs)], 50)
        write(row("first use of a shape", mine, other))
        used, others = memory(Album), memory(DjAlbum)
        write(f"| memory, 10 000 instances | {used / 1e6:.1f} MB | {others / 1e6:.1f} MB | {others / used:.1f}× |\n")

        async def measure_awaited() -> None:
            for name, count, make in AWAITED:
                mine, other = await awaited([make(Album.objects), make(DjAlbum.objects)], count)
                write(row(f"awaited: {name}", mine, other))
            await database.aclose_native()

        asyncio.run(measure_awaited())
    database.close()
    postgresql(write)
    shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
