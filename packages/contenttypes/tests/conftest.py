"""Real databases for the tests: SQLite always; PostgreSQL and MariaDB where they answer, each session in a schema of its own."""

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from sqlalchemy.engine import URL

from partita.contenttypes import ContentType, GenericForeignKey, GenericRelation
from partita.orm import (
    CASCADE,
    CharField,
    CompositePrimaryKey,
    Database,
    DateField,
    ForeignKey,
    IntegerField,
    Manager,
    Model,
    OperationalError,
    UUIDField,
    connect,
    registry,
)
from partita.orm.clusters import new_schema

T = TypeVar("T")
POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")


class BigTags(Manager[Any]):
    """Tags that say big."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(word="big")


class Tag(Model):
    """A word on anything."""

    objects = Manager()
    big = BigTags()
    word = CharField(max_length=40)
    content_type = ForeignKey(ContentType, CASCADE, null=True)
    object_id = CharField(max_length=60, null=True)
    content_object = GenericForeignKey()

    class Meta:
        app_label = "zoo"
        ordering = ("word",)

    def __str__(self) -> str:
        return self.word


class Named(Model):
    """Has a name and tags."""

    name = CharField(max_length=40)
    tags = GenericRelation(Tag)

    class Meta:
        app_label = "zoo"
        abstract = True

    def __str__(self) -> str:
        return self.name


class Animal(Named):
    """Lives in the zoo."""

    class Meta:
        app_label = "zoo"
        ordering = ("name",)


class Bird(Animal):
    """An animal with a table of its own."""

    span = IntegerField(default=0)

    class Meta:
        app_label = "zoo"


class Pet(Animal):
    """A proxy."""

    class Meta:
        app_label = "zoo"
        proxy = True


class Stone(Model):
    """Its key is no number."""

    id = UUIDField(primary_key=True, default=uuid.uuid4)
    name = CharField(max_length=40)
    tags = GenericRelation(Tag, related_query_name="stone")

    class Meta:
        app_label = "zoo"

    def __str__(self) -> str:
        return self.name


class Photo(Model):
    """Points to what it shows, with a key that is a number; proxies are told apart."""

    title = CharField(max_length=40)
    kind = ForeignKey(ContentType, CASCADE)
    key = IntegerField()
    subject = GenericForeignKey("kind", "key", for_concrete_model=False)

    class Meta:
        app_label = "zoo"


class Note(Model):
    """Kept in order below what it is on."""

    text = CharField(max_length=40)
    content_type = ForeignKey(ContentType, CASCADE)
    object_id = IntegerField()
    about = GenericForeignKey()

    class Meta:
        app_label = "zoo"
        order_with_respect_to = "about"


class Keeper(Model):
    """Has notes."""

    name = CharField(max_length=40)
    notes = GenericRelation(Note)

    class Meta:
        app_label = "zoo"


class Label(Model):
    """A word on anything whose key is not long."""

    word = CharField(max_length=20)
    content_type = ForeignKey(ContentType, CASCADE)
    object_id = CharField(max_length=200)
    content_object = GenericForeignKey()

    class Meta:
        app_label = "zoo"


class Seat(Model):
    """Told apart by two columns."""

    pk = CompositePrimaryKey("row", "number")
    row = CharField(max_length=20)
    number = IntegerField()
    tags = GenericRelation(Label, related_query_name="seat")

    class Meta:
        app_label = "zoo"


class Visit(Model):
    """Told apart by a row of another table, a date and a UUID."""

    pk = CompositePrimaryKey("stone", "day", "code")
    stone = ForeignKey("zoo.Stone", CASCADE)
    day = DateField()
    code = UUIDField()
    tags = GenericRelation(Label)

    class Meta:
        app_label = "zoo"


MODELS: tuple[type[Model], ...] = (ContentType, Animal, Bird, Stone, Keeper, Tag, Photo, Note, Label, Seat, Visit)

PROXIES: tuple[type[Model], ...] = (Pet,)


@pytest.fixture(scope="session")
def models() -> SimpleNamespace:
    """The models of a zoo."""
    return SimpleNamespace(**{model.__name__: model for model in (*MODELS, *PROXIES)})


def unreachable(url: str, error: Exception) -> None:
    """Skip on a laptop, fail in CI."""
    text = f"no database at {url}: {error}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session", params=["sqlite", "sqlite-file", "postgresql", "mysql"])
def session_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the zoo's tables, for the whole session."""
    name = f"partita_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        if request.param == "sqlite":
            database = connect("sqlite://:memory:")
        elif request.param == "sqlite-file":
            database = connect(f"sqlite:///{tmp_path_factory.mktemp('zoo') / 'zoo.sqlite3'}")
        else:
            url = POSTGRESQL if request.param == "postgresql" else MYSQL
            place = new_schema if request.param == "postgresql" else new_database
            try:
                where, init = stack.enter_context(place(url, name))
            except (OperationalError, ImportError) as error:
                unreachable(url, error)
            database = connect(where, init=init)
        with database:
            # Whoever deletes a content type asks all tables that point to it, also those of other packages loaded by now.
            reverses = [reverse.related_model for reverse in ContentType._meta.all_related_objects]
            database.create_all(*MODELS, *[model for model in reverses if model._meta.registry is registry])
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
        for model in reversed(MODELS):
            session_database.execute(f"DELETE FROM {model._meta.db_table}")
        ContentType.objects.clear_cache()


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
def zoo(database: Database, models: SimpleNamespace) -> SimpleNamespace:
    """Two animals, a bird and a stone, with tags."""
    lion, bear = (models.Animal.objects.create(name=name) for name in ("lion", "bear"))
    crow = models.Bird.objects.create(name="crow", span=90)
    flint = models.Stone.objects.create(name="flint")
    for row, words in ((lion, ("big", "yellow")), (bear, ("big",)), (crow, ("black",)), (flint, ("hard",))):
        for word in words:
            row.tags.create(word=word)
    return SimpleNamespace(lion=lion, bear=bear, crow=crow, flint=flint)
