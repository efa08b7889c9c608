"""A library with every kind of field, key and relation, in real databases: SQLite always; the others where they answer."""

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar

import pytest

from partita.contenttypes import ContentType, GenericForeignKey
from partita.orm import (
    CASCADE,
    PROTECT,
    AutoField,
    BigIntegerField,
    BinaryField,
    BooleanField,
    CharField,
    CompositePrimaryKey,
    Database,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    F,
    FileField,
    FloatField,
    ForeignKey,
    GeneratedField,
    GenericIPAddressField,
    IntegerChoices,
    IntegerField,
    JSONField,
    Manager,
    ManyToManyField,
    Model,
    OneToOneField,
    OperationalError,
    PositiveIntegerField,
    QuerySet,
    SlugField,
    SmallIntegerField,
    TextField,
    TimeField,
    URLField,
    UUIDField,
    atomic,
    connect,
    registry,
)

T = TypeVar("T")
POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")


class Named(Manager[Any]):
    """Finds rows by their names."""

    def get_by_natural_key(self, *parts: Any) -> Any:
        """Return the row of that natural key."""
        return self.get(**dict(zip(self.model.natural_fields, parts, strict=True)))


class Author(Model):
    """Found by name."""

    name = CharField(max_length=60, unique=True)
    objects: ClassVar[Named] = Named()  # pyright: ignore[reportIncompatibleVariableOverride] # narrower
    natural_fields = ("name",)

    class Meta:
        app_label = "library"

    def natural_key(self) -> tuple[str]:
        """The name."""
        return (self.name,)


class Genre(Model):
    """Has a key that is no number."""

    id = UUIDField(primary_key=True, default=uuid.uuid4)
    name = CharField(max_length=40)

    class Meta:
        app_label = "library"


class Shown(Manager["Book"]):
    """Does not show what is hidden."""

    def get_queryset(self) -> QuerySet["Book"]:
        """Leave out hidden books."""
        return super().get_queryset().filter(hidden=False)

    def get_by_natural_key(self, title: str, author: str) -> "Book":
        """Return a book by title and author."""
        return self.get(title=title, author__name=author)


class Book(Model):
    """Points to rows in every way."""

    title = CharField(max_length=100)
    author = ForeignKey(Author, CASCADE)
    translator = ForeignKey(Author, CASCADE, null=True, related_name="translated")
    genres = ManyToManyField(Genre)
    readers = ManyToManyField(Author, related_name="read")
    hidden = BooleanField(default=False)
    objects: ClassVar[Shown] = Shown()  # pyright: ignore[reportIncompatibleVariableOverride] # narrower

    class Meta:
        app_label = "library"

    def natural_key(self) -> tuple[str, str]:
        """Title and author."""
        return (self.title, *self.author.natural_key())

    natural_key.dependencies = ["library.author"]  # type: ignore[attr-defined]  # functions take attributes


class Picture(Book):
    """A book with a table of its own beside that of books."""

    pages = IntegerField(default=0)
    natural_key = None  # type: ignore[assignment]  # found by its number

    class Meta:
        app_label = "library"


class Copy(Model):
    """Has a key of two columns."""

    pk = CompositePrimaryKey("shelf", "place")
    shelf = CharField(max_length=10)
    place = IntegerField()
    book = ForeignKey(Book, PROTECT)

    class Meta:
        app_label = "library"


class Level(IntegerChoices):
    """How hard a text is."""

    EASY = 1
    HARD = 2


class Sample(Model):
    """Has a field of every kind."""

    chars = CharField(max_length=200, default="")
    text = TextField(default="")
    maybe = TextField(null=True)
    slug = SlugField(default="")
    email = EmailField(default="")
    url = URLField(default="")
    whole = IntegerField(null=True)
    small = SmallIntegerField(default=0, choices=Level)
    big = BigIntegerField(default=0)
    positive = PositiveIntegerField(default=0)
    real = FloatField(default=0.0)
    number = DecimalField(max_digits=30, decimal_places=10, null=True)
    flag = BooleanField(default=False)
    tristate = BooleanField(null=True)
    day = DateField(null=True)
    clock = TimeField(null=True)
    moment = DateTimeField(null=True)
    span = DurationField(null=True)
    raw = BinaryField(default=b"")
    maybe_raw = BinaryField(null=True)
    identity = UUIDField(null=True)
    address = GenericIPAddressField(null=True)
    document = JSONField(default=dict)
    file = FileField(default="")
    twice = GeneratedField(expression=F("small") * 2, output_field=IntegerField(), db_persist=True)

    class Meta:
        app_label = "library"


class Note(Model):
    """Is about a row of any model."""

    text = CharField(max_length=40)
    content_type = ForeignKey(ContentType, CASCADE)
    object_id = CharField(max_length=60)
    about = GenericForeignKey()

    class Meta:
        app_label = "library"


class Hen(Model):
    """Needs an egg, which needs a hen; found by name."""

    id = AutoField(primary_key=True)
    name = CharField(max_length=40, unique=True)
    egg: "ForeignKey[Any]" = ForeignKey("library.Egg", CASCADE, null=True)
    objects: ClassVar[Named] = Named()  # pyright: ignore[reportIncompatibleVariableOverride] # narrower
    natural_fields = ("name",)

    class Meta:
        app_label = "library"

    def natural_key(self) -> tuple[str]:
        """The name."""
        return (self.name,)


class Egg(Model):
    """Has to have a hen."""

    name = CharField(max_length=40, unique=True)
    hen = ForeignKey(Hen, CASCADE)
    objects: ClassVar[Named] = Named()  # pyright: ignore[reportIncompatibleVariableOverride] # narrower
    natural_fields = ("name",)

    class Meta:
        app_label = "library"

    def natural_key(self) -> tuple[str]:
        """The name."""
        return (self.name,)


class Chick(Model):
    """Its key is that of its egg."""

    egg = OneToOneField(Egg, CASCADE, primary_key=True)
    name = CharField(max_length=40)

    class Meta:
        app_label = "library"


class Nest(Model):
    """Points to another and cannot do without it."""

    name = CharField(max_length=40)
    beside: "ForeignKey[Any]" = ForeignKey("self", CASCADE)

    class Meta:
        app_label = "library"


MODELS: tuple[type[Model], ...] = (
    ContentType,
    Author,
    Genre,
    Book,
    Picture,
    Copy,
    Sample,
    Note,
    Hen,
    Egg,
    Chick,
    Nest,
)


@pytest.fixture(scope="session")
def library() -> SimpleNamespace:
    """The models."""
    return SimpleNamespace(**{model.__name__: model for model in MODELS})


def unreachable(url: str, error: Exception) -> None:
    """Skip on a laptop, fail in CI."""
    text = f"no database at {url}: {error}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session", params=["sqlite", "sqlite-file", "postgresql", "mysql"])
def session_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the library's tables, for the whole session."""
    name = f"partita_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    outer: Database | None = None
    if request.param == "sqlite":
        database = connect("sqlite://:memory:")
    elif request.param == "sqlite-file":
        database = connect(f"sqlite:///{tmp_path_factory.mktemp('library') / 'library.sqlite3'}")
    else:
        url = POSTGRESQL if request.param == "postgresql" else MYSQL
        outer = connect(url, connect_timeout=3.0)
        kind = "SCHEMA" if request.param == "postgresql" else "DATABASE"
        try:
            outer.execute(f"CREATE {kind} {name}")
        except (OperationalError, ImportError) as error:
            unreachable(url, error)
        if request.param == "postgresql":
            database = connect(url, init=(f"SET search_path TO {name}",))
        else:
            database = connect(outer.url.set(database=name))
    with database:
        reverses = [reverse.related_model for reverse in ContentType._meta.all_related_objects]
        database.create_all(*MODELS, *[model for model in reverses if model._meta.registry is registry])
    yield database
    database.close()
    if outer is not None:
        outer.execute(f"DROP SCHEMA {name} CASCADE" if request.param == "postgresql" else f"DROP DATABASE {name}")
        outer.close()


@pytest.fixture
def database(session_database: Database) -> Iterator[Database]:
    """The session's database, current, with empty tables."""
    with session_database:
        empty(session_database)
        yield session_database


@pytest.fixture
def memory() -> Iterator[Database]:
    """A database of its own in memory, current: where it does not matter which one it is."""
    database = connect("sqlite://:memory:")
    with database:
        database.create_all(*MODELS)
        yield database
    database.close()


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


def empty(database: Database) -> None:
    """Delete all rows, in one transaction at whose end nothing points anywhere."""
    with atomic(database):
        if database.vendor == "mysql":
            database.execute("SET SESSION foreign_key_checks = 0")
        for model in MODELS:
            for field in model._meta.local_many_to_many:
                database.execute(f"DELETE FROM {field.through._meta.db_table}")
            database.execute(f"DELETE FROM {model._meta.db_table}")
        if database.vendor == "mysql":
            database.execute("SET SESSION foreign_key_checks = 1")
    ContentType.objects.db_manager(database).clear_cache()
