"""Kinds of databases: how each is opened, looked into, made, dropped and talked to by hand; packages may bring more."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from sqlalchemy.engine import URL

from partita.orm.backends import Backend, mysql_backends, postgresql_backends, sqlite_backend
from partita.orm.errors import NoDatabaseError
from partita.orm.features import has_features
from partita.orm.tls import MYSQL_TLS, POSTGRESQL_TLS, MysqlTls, PostgresqlTls

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from partita.orm.database import Database

__all__ = ("Client", "DatabaseKind", "kind_of")

_GROUP = "partita.orm.backends"
_POSTGRESQL_POOL: Mapping[str, Any] = MappingProxyType({"pool": "partita", "pool_min_size": 1, "pool_max_idle": 600.0})


class Client(NamedTuple):
    """A program to talk to a database by hand: its arguments, and what it needs in its environment, such as a password."""

    arguments: Sequence[str]
    environment: Mapping[str, str]


class DatabaseKind(ABC):
    """One kind of database. A package offers its own as an entry point in ``partita.orm.backends``, named as the URL's scheme.

    Everything above the driver is written for three families of SQL, and a kind belongs to one of them: what its dialect of
    SQLAlchemy writes differently (types, functions, DDL) is the dialect's affair, and what its driver does differently that of
    the `Link`. `partita.orm.testing_kinds.KindSuite` has the tests that it must pass.

    Attributes:
        vendor: The family: ``sqlite``, ``postgresql`` or ``mysql``.
        display_name: What people call it.
        gains: Features of `partita.orm.features.FEATURES` that it has and its family has not.
        lacks: Features that its family has and it has not.
        options: Options of its own with what is usual for each, given as keywords or in the URL's query.
        reads_in_loop: Whether short reads may run in an event loop's thread; only for links made by `SqliteLink`.
    """

    vendor: ClassVar[str]
    display_name: ClassVar[str]
    gains: ClassVar[frozenset[str]] = frozenset()
    lacks: ClassVar[frozenset[str]] = frozenset()
    options: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    reads_in_loop: ClassVar[bool] = False

    # -- operations -------------------------------------------------------------------------------------------------

    @abstractmethod
    def backends(self, url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend | None]:
        """Return how statements run blocking and, if there is a driver that awaits, how they run natively.

        Args:
            url: Where the database is.
            options: All options, those of `Database` and the kind's own.
            init: SQL to run on each new connection.
        """

    # -- features ---------------------------------------------------------------------------------------------------

    def has(self, *features: str) -> bool:
        """Return whether it has all of these features."""
        return all(
            name in self.gains or (name not in self.lacks and has_features(self.vendor, (name,))) for name in features
        )

    # -- introspection ----------------------------------------------------------------------------------------------

    @abstractmethod
    def engine(self, raw: Any) -> "Engine":
        """Return an engine of SQLAlchemy over one open connection of the blocking driver, by which tables are looked into."""

    @abstractmethod
    def table_names(self, database: "Database") -> set[str]:
        """Return the names of the tables that unqualified names mean."""

    # -- creation ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def create(self, url: URL) -> None:
        """Make an empty database.

        Raises:
            DatabaseError: If there is one already, or it cannot be made.
        """

    @abstractmethod
    def drop(self, url: URL) -> None:
        """Drop a database with everything in it, if it is there."""

    # -- client -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def client(self, url: URL) -> Client:
        """Return the program that talks to it by hand."""

    # -- schema -----------------------------------------------------------------------------------------------------

    def ddl(self, statements: Sequence[str]) -> list[str]:
        """Return statements that change tables as this kind takes them: as its dialect wrote them, unless overridden."""
        return list(statements)


def kind_of(url: URL) -> DatabaseKind:
    """Return the kind of database that a URL's scheme names.

    Raises:
        NoDatabaseError: If nobody knows it, or the package that offers it cannot be imported or offers something else.
    """
    scheme = url.drivername.partition("+")[0]
    if scheme in _BUILT_IN:
        return _BUILT_IN[scheme]
    from importlib.metadata import entry_points  # slow to import, and rarely needed

    offers = entry_points(group=_GROUP, name=scheme)
    if not offers:
        raise NoDatabaseError(
            f"No driver for {scheme}://. Use sqlite:///, postgresql:// or mysql://, or install the package that offers it."
        )
    offer = min(offers, key=lambda each: each.value)
    try:
        found = offer.load()
    except (ImportError, AttributeError) as error:
        raise NoDatabaseError(
            f"The driver for {scheme}:// is {offer.value}, which cannot be imported: {error}."
        ) from error
    kind = found() if isinstance(found, type) else found
    if not isinstance(kind, DatabaseKind):
        raise NoDatabaseError(f"The driver for {scheme}:// is {offer.value}, which is no DatabaseKind.")
    return kind


def _engine(dialect: str, raw: Any) -> "Engine":
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    return create_engine(dialect, creator=lambda: raw, poolclass=StaticPool)


def _names(database: "Database", sql: str) -> set[str]:
    return {str(row[0]) for row in database.fetch(sql)}


def _run_beside(url: URL, beside: str | None, sql: str) -> None:
    """Run one statement on the server, in another database than the one that it is about."""
    from partita.orm.database import Database

    server = Database(url.set(database=beside), pool_size=1)
    try:
        server.run(sql, ())
    finally:
        server.close()


class _Sqlite(DatabaseKind):
    vendor = "sqlite"
    display_name = "SQLite"
    reads_in_loop = True

    def backends(self, url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend | None]:
        return sqlite_backend(url, options, init), None

    def engine(self, raw: Any) -> "Engine":
        return _engine("sqlite://", raw)

    def table_names(self, database: "Database") -> set[str]:
        return _names(database, "SELECT name FROM sqlite_master WHERE type = 'table'")

    def create(self, url: URL) -> None:
        """Nothing is to do: opening makes the file."""

    def drop(self, url: URL) -> None:
        if url.database and url.database != ":memory:":
            for suffix in ("", "-wal", "-shm", "-journal"):
                Path(url.database + suffix).unlink(missing_ok=True)

    def client(self, url: URL) -> Client:
        return Client(["sqlite3", url.database or ":memory:"], {})


class _Postgresql(DatabaseKind):
    vendor = "postgresql"
    display_name = "PostgreSQL"
    options = MappingProxyType({**_POSTGRESQL_POOL, **POSTGRESQL_TLS})

    def backends(self, url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend | None]:
        return postgresql_backends(url, options, init)

    def engine(self, raw: Any) -> "Engine":
        return _engine("postgresql+psycopg://", raw)

    def table_names(self, database: "Database") -> set[str]:
        return _names(database, "SELECT tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false))")

    def create(self, url: URL) -> None:
        _run_beside(url, "postgres", f"CREATE DATABASE {_quoted(url, chr(34))}")

    def drop(self, url: URL) -> None:
        _run_beside(url, "postgres", f"DROP DATABASE IF EXISTS {_quoted(url, chr(34))} WITH (FORCE)")

    def client(self, url: URL) -> Client:
        given = (("--host", url.host), ("--port", url.port), ("--username", url.username), ("--dbname", url.database))
        arguments = [f"{name}={value}" for name, value in given if value]
        secret = {"PGPASSWORD": str(url.password)} if url.password else {}
        return Client(["psql", *arguments], {**secret, **PostgresqlTls(_own(url, self)).for_psql()})


class _Mysql(DatabaseKind):
    vendor = "mysql"
    display_name = "MySQL"
    options = MYSQL_TLS

    def backends(self, url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend | None]:
        return mysql_backends(url, options, init)

    def engine(self, raw: Any) -> "Engine":
        return _engine("mysql+pymysql://", raw)

    def table_names(self, database: "Database") -> set[str]:
        return _names(database, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")

    def create(self, url: URL) -> None:
        _run_beside(url, "information_schema", f"CREATE DATABASE {_quoted(url, '`')}")

    def drop(self, url: URL) -> None:
        _run_beside(url, "information_schema", f"DROP DATABASE IF EXISTS {_quoted(url, '`')}")

    def client(self, url: URL) -> Client:
        given = (("--host", url.host), ("--port", url.port), ("--user", url.username), ("--database", url.database))
        arguments = [f"{name}={value}" for name, value in given if value]
        mariadb = url.drivername.startswith("mariadb")
        own = _own(url, self)
        if any(own[name] for name in MYSQL_TLS):
            arguments += MysqlTls(own).for_client(mariadb=mariadb)
        return Client(
            ["mariadb" if mariadb else "mysql", *arguments], {"MYSQL_PWD": str(url.password)} if url.password else {}
        )


def _own(url: URL, kind: DatabaseKind) -> Mapping[str, Any]:
    """Return the kind's own options as they stand in the URL; other options there are no concern of clients."""
    return {**kind.options, **{name.replace("-", "_"): value for name, value in url.query.items()}}


def _quoted(url: URL, mark: str) -> str:
    name = url.database or ""
    if not name or "\x00" in name:
        raise NoDatabaseError("The URL names no database to make or drop.")
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


_BUILT_IN: Mapping[str, DatabaseKind] = MappingProxyType(
    {
        "sqlite": _Sqlite(),
        "postgresql": (_postgresql := _Postgresql()),
        "postgres": _postgresql,
        "mysql": (_mysql := _Mysql()),
        "mariadb": _mysql,
    }
)
