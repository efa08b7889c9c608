"""Real databases for the tests: SQLite always; PostgreSQL and MariaDB where they answer, each session in a schema of its own."""

import asyncio
import datetime as dt
import os
import re
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from sqlalchemy.engine import URL

from partita.orm import (
    CASCADE,
    PROTECT,
    SET_NULL,
    BinaryField,
    BooleanField,
    CharField,
    CheckConstraint,
    Database,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    FloatField,
    ForeignKey,
    Index,
    IntegerField,
    JSONField,
    Manager,
    ManyToManyField,
    Model,
    OneToOneField,
    OperationalError,
    Q,
    QuerySet,
    Registry,
    TextChoices,
    TextField,
    TimeField,
    UniqueConstraint,
    UUIDField,
    connect,
)
from partita.orm.backends import Backend
from partita.orm.clusters import new_schema
from partita.orm.compiler import by_sqlalchemy
from partita.orm.compiler.direct import Direct
from partita.orm.expressions import Leaf
from partita.orm.plans import Plan
from partita.orm.query import Query

T = TypeVar("T")
POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")
shop = Registry()


class Format(TextChoices):
    """What music comes on."""

    VINYL = "lp", "Long player"
    DISC = "cd", "Compact disc"


class Stamped(Model):
    """Knows when it was made."""

    created = DateTimeField(auto_now_add=True)
    changed = DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        registry = shop
        app_label = "shop"


class Artist(Model):
    """Makes albums."""

    name = CharField(max_length=100)
    email = EmailField(blank=True)
    born = DateField(null=True, blank=True)
    manager = ForeignKey("self", SET_NULL, null=True, blank=True, related_name="managed")

    class Meta:
        registry = shop
        app_label = "shop"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Genre(Model):
    """A kind of music."""

    name = CharField(max_length=40, unique=True)

    class Meta:
        registry = shop
        app_label = "shop"

    def __str__(self) -> str:
        return self.name


class AlbumRows(QuerySet["Album"]):
    """Albums, with questions of our own."""

    def cheap(self) -> "AlbumRows":
        """Keep what costs less than ten."""
        return self.filter(price__lt=10)


class Album(Model):
    """Has tracks."""

    title = CharField(max_length=100)
    artist = ForeignKey(Artist, CASCADE, related_name="albums")
    producer = ForeignKey(Artist, SET_NULL, null=True, blank=True, related_name="produced")
    genres = ManyToManyField(Genre, related_name="albums", blank=True)
    format = CharField(max_length=2, choices=Format, default=Format.VINYL)
    price = DecimalField(max_digits=8, decimal_places=2, default=Decimal("9.90"))
    year = IntegerField(null=True, blank=True)
    released = DateTimeField(null=True, blank=True)
    data = JSONField(null=True, blank=True)

    objects = Manager.from_queryset(AlbumRows)()

    class Meta:
        registry = shop
        app_label = "shop"
        ordering = ("title",)
        indexes = (Index(fields=("year", "-price"), name="shop_album_year_price"),)
        constraints = (
            CheckConstraint(condition=Q(price__gte=0), name="shop_album_price_positive"),
            UniqueConstraint(fields=("artist", "title"), name="shop_album_once"),
        )

    def __str__(self) -> str:
        return self.title


class Track(Model):
    """Part of an album."""

    album = ForeignKey(Album, CASCADE, related_name="tracks")
    number = IntegerField()
    name = CharField(max_length=100)
    length = DurationField(default=dt.timedelta(minutes=3))

    class Meta:
        registry = shop
        app_label = "shop"
        unique_together = ("album", "number")
        ordering = ("album", "number")

    def __str__(self) -> str:
        return self.name


class Sleeve(Model):
    """The cover of one album."""

    album = OneToOneField(Album, CASCADE, related_name="sleeve")
    colour = CharField(max_length=20)

    class Meta:
        registry = shop
        app_label = "shop"


class Sale(Stamped):
    """An album that was sold, and may not be deleted any more."""

    album = ForeignKey(Album, PROTECT, related_name="sales")
    number = UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta(Stamped.Meta):
        abstract = False


class Everything(Model):
    """One column of each kind."""

    text = TextField(default="")
    flag = BooleanField(default=False)
    real = FloatField(null=True)
    day = DateField(null=True)
    moment = DateTimeField(null=True)
    clock = TimeField(null=True)
    span = DurationField(null=True)
    amount = DecimalField(max_digits=12, decimal_places=4, null=True)
    key = UUIDField(null=True)
    blob = BinaryField(null=True)
    data = JSONField(null=True)

    class Meta:
        registry = shop
        app_label = "shop"


MODELS: tuple[type[Model], ...] = (Artist, Genre, Album, Track, Sleeve, Sale, Everything)


@pytest.fixture(scope="session")
def models() -> SimpleNamespace:
    """The models of a record shop."""
    return SimpleNamespace(**{model.__name__: model for model in MODELS}, Format=Format, Stamped=Stamped, registry=shop)


def unreachable(url: str, error: Exception) -> None:
    """Skip on a laptop, fail in CI."""
    text = f"no database at {url}: {error}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session", params=["sqlite", "sqlite-file", "postgresql", "mysql"])
def session_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the shop's tables, for the whole session."""
    name = f"partita_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        if request.param == "sqlite":
            database = connect("sqlite://:memory:")
        elif request.param == "sqlite-file":
            database = connect(f"sqlite:///{tmp_path_factory.mktemp('orm') / 'shop.sqlite3'}")
        else:
            url = POSTGRESQL if request.param == "postgresql" else MYSQL
            place = new_schema if request.param == "postgresql" else new_database
            try:
                where, init = stack.enter_context(place(url, name))
            except (OperationalError, ImportError) as error:
                unreachable(url, error)
            database = connect(where, init=init)
        with database:
            database.create_all(*MODELS)
        yield database
        database.close()


@contextmanager
def new_database(url: str, name: str) -> Iterator[tuple[URL, tuple[str, ...]]]:
    """Make a database on a server of MySQL, and drop it at the end."""
    outer = connect(url, connect_timeout=3.0)
    outer.execute(f"CREATE DATABASE {name}")
    yield outer.url.set(database=name), ()
    outer.execute(f"DROP DATABASE {name}")
    outer.close()


@pytest.fixture
def database(session_database: Database) -> Iterator[Database]:
    """The session's database, current, with empty tables."""
    with session_database:
        yield session_database
        assert session_database.held.get() is None
        tables = ["shop_album_genres", *(model._meta.db_table for model in reversed(MODELS))]
        if session_database.vendor == "sqlite" and session_database.url.database == ":memory:":
            session_database.execute("PRAGMA foreign_keys = OFF")
        for table in tables:
            if table == "shop_artist":
                session_database.execute("UPDATE shop_artist SET manager_id = NULL")
            session_database.execute(f"DELETE FROM {table}")
        if session_database.vendor == "sqlite" and session_database.url.database == ":memory:":
            session_database.execute("PRAGMA foreign_keys = ON")


@pytest.fixture
def tables(database: Database) -> Iterator[Callable[..., None]]:
    """Make tables for the length of a test."""
    made: list[type[Model]] = []

    def make(*models: type[Model]) -> None:
        made.extend(models)
        database.create_all(*models)

    yield make
    if made:  # without any it would be all there are
        database.drop_all(*made)


@pytest.fixture
def run(database: Database) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine in a fresh event loop, and end the loop's connections with it."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        async def main() -> T:
            try:
                return await coroutine
            finally:
                await database.aclose_native()

        return asyncio.run(main())

    return run


@pytest.fixture
def sessions(database: Database) -> Database:
    """The database, where each connection has a session of its own on the server, which can be told apart and killed."""
    if database.vendor == "sqlite":
        pytest.skip("platform: SQLite has no server")
    if database.is_behind_pooler:
        pytest.skip("platform: behind a pooler sessions belong to nobody")
    return database


@pytest.fixture
def music(database: Database, models: SimpleNamespace) -> SimpleNamespace:
    """Two artists, three albums, five tracks, three genres."""
    jazz, rock, modal = (models.Genre.objects.create(name=name) for name in ("Jazz", "Rock", "Modal"))
    miles = models.Artist.objects.create(name="Miles Davis", born=dt.date(1926, 5, 26))
    bowie = models.Artist.objects.create(name="David Bowie", manager=miles)
    when = dt.datetime(1959, 8, 17, 12, 30, 15, 250000, tzinfo=dt.UTC)
    blue = models.Album.objects.create(
        title="Kind of Blue", artist=miles, producer=bowie, price=Decimal("12.50"), year=1959, released=when
    )
    brew = models.Album.objects.create(title="Bitches Brew", artist=miles, price=Decimal("9.90"), year=1970)
    low = models.Album.objects.create(title="Low", artist=bowie, price=Decimal("7.00"), year=1977, format="cd")
    blue.genres.add(jazz, modal)
    brew.genres.add(jazz, rock)
    for number, name in enumerate(("So What", "Freddie Freeloader", "Blue in Green"), 1):
        models.Track.objects.create(album=blue, number=number, name=name, length=dt.timedelta(minutes=number + 4))
    models.Track.objects.create(album=low, number=1, name="Speed of Life")
    models.Track.objects.create(album=low, number=2, name="Sound and Vision")
    return SimpleNamespace(jazz=jazz, rock=rock, modal=modal, miles=miles, bowie=bowie, blue=blue, brew=brew, low=low)


class Alike:
    """Holds what is written as text to what SQLAlchemy writes.

    Attributes:
        backends: Those of all dialects, which only compile.
    """

    def __init__(self) -> None:
        postgresql, mysql = (Database(f"{url}://nobody@127.0.0.1/none") for url in ("postgresql", "mysql"))
        self.backends: dict[str, Any] = {
            "sqlite": Database("sqlite://").blocking,
            "postgresql": postgresql.blocking,
            "asyncpg": postgresql.native,
            "mysql": mysql.blocking,
        }

    def same(self, backend: Backend, query: Query) -> None:
        """Write the rows, their count and whether there are any by both ways."""
        leaves: list[Leaf] = []
        query.shape(leaves)
        found = Direct(backend, query, leaves).rows()
        self.compare(backend, by_sqlalchemy.rows(backend, query, leaves), found, leaves)
        plain = query.having(related=(), only=None)
        for mine, theirs in ((Direct.count, by_sqlalchemy.count), (Direct.exists, by_sqlalchemy.exists)):
            self.compare(backend, theirs(backend, plain, leaves), mine(Direct(backend, plain, leaves)), leaves)

    def compare(self, backend: Backend, expected: Plan, found: Plan, leaves: list[Leaf]) -> None:
        """See that the SQL is the same but for names that nobody reads, and has the same values in the same places."""
        written = re.sub(r"\s+", " ", re.sub(r" AS ([\"`]?)\w+_\d+\b\1", "", expected.sql)).strip()
        sql = self.filled(backend, Plan(written, expected.bind), leaves).replace(" LIMIT ALL", "")
        sql = re.sub(r" OFFSET 0(?=\)|$)", "", sql)  # SQLAlchemy writes it for SQLite where nobody asked
        sql = re.sub(r"(\d)::INTEGER (?=PRECEDING|FOLLOWING)", r"\1 ", sql)  # which text has as numbers
        assert self.filled(backend, found, leaves) == re.sub(r"(?<!INNER|OUTER) JOIN", " INNER JOIN", sql)

    def filled(self, backend: Backend, plan: Plan, leaves: list[Leaf]) -> str:
        """Return the SQL with the values in the places that they go to."""
        values = plan.bind(leaves)
        if backend.style == "numeric":
            assert {int(number) for number in re.findall(r"\$(\d+)", plan.sql)} == set(range(1, len(values) + 1))
            return re.sub(r"\$(\d+)", lambda mark: repr(values[int(mark[1]) - 1]), plan.sql)
        parts = re.split(r"(?<!%)%s" if backend.style == "format" else r"\?", plan.sql)
        assert len(parts) == len(values) + 1
        return "".join([part for pair in zip(parts, [*map(repr, values), ""], strict=True) for part in pair])


@pytest.fixture(scope="session")
def alike() -> Alike:
    """Holds the two ways of writing SQL to one another."""
    return Alike()
