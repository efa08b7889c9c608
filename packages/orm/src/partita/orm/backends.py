"""One way of running SQL: a dialect, the driver's parameter style, the plans compiled for both."""

import asyncio
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as sql_asyncpg
from sqlalchemy.engine import URL, Dialect

from partita.orm.drivers.base import Link
from partita.orm.errors import NoDatabaseError
from partita.orm.tls import MysqlTls, PostgresqlTls

__all__ = ("Backend", "PlanCache", "ddl_backend", "mysql_backends", "postgresql_backends", "sqlite_backend")


_PSYCOPG: Any = postgresql.psycopg.dialect  # SQLAlchemy gives these no types
_ASYNCPG: Any = sql_asyncpg.dialect
_SECONDS_TO_END = 6.0  # for connections that end in the background: longer than drivers wait for the server


class PlanCache:
    """The plans used last, by their shape.

    New and used plans are in one generation; once it is full it becomes the old one, and what nobody asked for since
    the last change goes. So a plan in use costs one look into a dictionary, and no lock.
    """

    __slots__ = ("_lock", "_new", "_old", "size")

    def __init__(self, size: int = 2048) -> None:
        self._new: dict[Hashable, Any] = {}
        self._old: dict[Hashable, Any] = {}
        self._lock = threading.Lock()
        self.size = size

    def get(self, shape: Hashable) -> Any:
        """Return the plan of ``shape``, or None."""
        try:
            plan = self._new.get(shape)
        except TypeError:  # an expression of somebody else that cannot be told apart from others: compiled each time
            return None
        if plan is None and (plan := self._old.get(shape)) is not None:
            self.put(shape, plan)
        return plan

    def put(self, shape: Hashable, plan: Any) -> None:
        """Keep a plan."""
        with self._lock, suppress(TypeError):
            if len(self._new) >= self.size // 2:
                self._old, self._new = self._new, {}
            self._new[shape] = plan
            self._old.pop(shape, None)

    def made(self, shape: Hashable, lock: "threading.RLock", make: Callable[[], Any]) -> Any:
        """Make the plan of ``shape`` under ``lock``, unless another thread was first, and keep it."""
        with lock:
            plan = self.get(shape)
            if plan is None:
                plan = make()
                self.put(shape, plan)
            return plan

    def clear(self) -> None:
        """Forget all plans."""
        with self._lock:
            self._new, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._new) + len(self._old)


class Backend:
    """How statements reach one database in one run mode.

    Attributes:
        name: ``sqlite``, ``postgresql`` or ``mysql``.
        style: ``qmark``, ``format`` or ``numeric``.
        returning: Whether INSERT gives back keys by itself; MySQL proper does not.
        endings: What ends connections in the background, each in its own event loop.
        zones: Names of time zones in statements of MySQL that its server was not yet seen to know.
    """

    __slots__ = (
        "around",
        "connect",
        "dialect",
        "endings",
        "marks",
        "name",
        "ours",
        "plans",
        "returning",
        "style",
        "text_dialect",
        "zones",
    )

    def __init__(self, name: str, dialect: Dialect, style: str, connect: Callable[[], Link], returning: bool) -> None:
        self.name, self.dialect, self.style = name, dialect, style
        self.connect, self.returning = connect, returning
        self.endings: set[asyncio.Task[None]] = set()
        self.zones: set[str] = set()
        self.plans = PlanCache()
        self.marks: WeakKeyDictionary[Any, tuple[str, str] | None] = (
            WeakKeyDictionary()
        )  # around values, by their field
        self.around: dict[Hashable, tuple[str, str]] = {}  # around values and casts, by their type
        # Models whose types have no SQL of their own, with the count of their fields.
        self.ours: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        kind: Any = _PSYCOPG if name == "postgresql" else type(dialect)
        made = kind(paramstyle="format")  # for SQL as users write it, with %s
        self.text_dialect: Dialect = _standard(made) if name == "postgresql" else made

    async def ended(self) -> None:
        """Wait for the connections of the running event loop that still end in the background."""
        loop = asyncio.get_running_loop()
        if mine := [ending for ending in self.endings if ending.get_loop() is loop]:
            _, late = await asyncio.wait(mine, timeout=_SECONDS_TO_END)
            for ending in late:
                ending.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def quote(self, name: str) -> str:
        """Return an identifier, quoted."""
        quoted: str = self.dialect.identifier_preparer.quote_identifier(name)
        return quoted

    def placeholder(self, index: int) -> str:
        """Return the mark for parameter ``index``, counted from 0."""
        return "?" if self.style == "qmark" else "%s" if self.style == "format" else f"${index + 1}"


def ddl_backend(name: str) -> Backend:
    """Return a backend that only compiles, for ``sqlite``, ``postgresql`` or ``mysql``."""

    def connect() -> Link:
        raise NoDatabaseError("This backend only compiles.")

    dialects: dict[str, Any] = {
        "sqlite": sqlite.dialect,
        "postgresql": postgresql.psycopg.dialect,
        "mysql": mysql.pymysql.dialect,
    }
    made = dialects[name](paramstyle="format")
    return Backend(name, _standard(made) if name == "postgresql" else made, "format", connect, returning=False)


def sqlite_backend(url: URL, options: Mapping[str, Any], init: Sequence[str]) -> Backend:
    """Return the backend of SQLite, which only blocks.

    Raises:
        ValueError: If there is no such transaction mode.
    """
    from partita.orm.drivers.sqlite import connect_sqlite

    init = _with_command(options, init)
    path = url.database or ":memory:"
    mode = options["transaction_mode"].upper()
    if mode not in ("DEFERRED", "IMMEDIATE", "EXCLUSIVE"):
        raise ValueError(f"transaction_mode is deferred, immediate or exclusive, not {mode!r}.")
    return Backend(
        "sqlite",
        sqlite.dialect(paramstyle="qmark"),
        "qmark",
        lambda: connect_sqlite(path, timeout=options["busy_timeout"], mode=mode, init=init),
        returning=True,
    )


def _with_command(options: Mapping[str, Any], init: Sequence[str]) -> tuple[str, ...]:
    return (*init, *filter(None, map(str.strip, str(options["init_command"]).split(";"))))


def _server(url: URL, options: Mapping[str, Any], port: int) -> dict[str, Any]:
    names = ("connect_timeout", "statement_timeout", "isolation", "prepared_statements", "time_zone")
    return {
        "host": url.host or "127.0.0.1",
        "port": url.port or port,
        "user": url.username,
        "password": url.password,
        "database": url.database,
        **{name: options[name] for name in names},
    }


def postgresql_backends(url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend]:
    """Return the backends of PostgreSQL: psycopg blocks, asyncpg awaits.

    Raises:
        ValueError: If an option has no such value.
    """
    where, init = _server(url, options, 5432), _with_command(options, init)
    where["tls"] = PostgresqlTls(options)
    if options.get("pool", "partita") not in ("partita", "psycopg"):
        raise ValueError(f"pool is partita or psycopg, not {options['pool']!r:.40}.")

    def blocking() -> Link:
        with _extra("postgresql"):
            from partita.orm.drivers.postgresql import connect_psycopg

        return connect_psycopg(where, init)

    def native() -> Link:
        with _extra("postgresql"):
            from partita.orm.drivers.postgresql import connect_asyncpg

        return connect_asyncpg(where, init, awaiting.endings)

    psycopg = _standard(_PSYCOPG(paramstyle="format"))
    awaiting = Backend("postgresql", _standard(_ASYNCPG()), "numeric", native, returning=True)
    return Backend("postgresql", psycopg, "format", blocking, returning=True), awaiting


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Say which extra brings the drivers that cannot be imported."""
    try:
        yield
    except ImportError as error:
        raise NoDatabaseError(
            f'{name}:// needs {error.name or error}, which cannot be imported. Install it with: pip install "partita-orm[{name}]"'
        ) from error


def _standard(dialect: Any) -> Dialect:
    # SQLAlchemy learns this from a connection; ours never sees one. Backslashes are plain in standard strings.
    dialect._backslash_escapes = False
    made: Dialect = dialect
    return made


def mysql_backends(url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend]:
    """Return the backends of MySQL and MariaDB: PyMySQL blocks, asyncmy awaits.

    Raises:
        ValueError: If an option has no such value.
    """
    where, init = _server(url, options, 3306), _with_command(options, init)
    where["tls"] = MysqlTls(options)

    def blocking() -> Link:
        with _extra("mysql"):
            from partita.orm.drivers.mysql import connect_pymysql

        return connect_pymysql(where, init, made.zones)

    def native() -> Link:
        with _extra("mysql"):
            from partita.orm.drivers.mysql import connect_asyncmy

        return connect_asyncmy(where, init, awaiting.zones)

    made = Backend("mysql", mysql.pymysql.dialect(paramstyle="format"), "format", blocking, returning=False)
    awaiting = Backend("mysql", mysql.asyncmy.dialect(paramstyle="format"), "format", native, returning=False)
    return made, awaiting
