"""One database: its pools, its plans, the connection that the current context holds."""

import asyncio
import contextvars
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, Self, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from partita import bridge
from partita.orm.backends import Backend, backends_for
from partita.orm.drivers.base import Link, Row, with_placeholders
from partita.orm.errors import NoDatabaseError, TransactionManagementError
from partita.orm.held import Held
from partita.orm.pool import Pool
from partita.orm.signals import connection_created
from partita.orm.threads import Threads
from partita.orm.work import Work

if TYPE_CHECKING:
    from partita.orm.databases import Databases
    from partita.orm.models import Model

__all__ = ("Database", "LoggedQuery", "connect")

P = ParamSpec("P")
T = TypeVar("T")

_OURS = ("partita.orm.", "partita.bridge.", "asyncio.", "concurrent.", "contextlib", "threading")
LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")
_OPTIONS: dict[str, Any] = {
    "pool_size": 10,
    "pool_timeout": 30.0,
    "connect_timeout": 10.0,
    "busy_timeout": 5.0,
    "transaction_mode": "immediate",
    "max_lifetime": 3600.0,
    "check_after": 20.0,
    "statement_timeout": 0.0,
    "isolation": "",
    "prepared_statements": True,
}


class LoggedQuery(NamedTuple):
    """One statement that ran."""

    sql: str
    params: Sequence[Any]
    seconds: float
    where: str = ""
    """File and line of the code that asked, outside of partita.orm; empty where nobody can tell."""


class Database:
    """Runs statements. Blocking code uses the blocking driver; beneath the bridge waits are the event loop's.

    SQLite has no driver that awaits, so there a whole operation runs in a worker thread.

    Args:
        url: ``sqlite:///file``, ``sqlite://:memory:``, ``postgresql://user:password@host/name``, ``mysql://…``;
            options may follow as a query string.
        alias: The name under which models are routed here.
        pool_size: Most connections at a time, per event loop.
        pool_timeout: Seconds to wait for a free one.
        connect_timeout: Seconds to wait for a new one.
        busy_timeout: Seconds SQLite waits for a lock.
        max_lifetime: Seconds after which a connection is replaced; 0 for never.
        check_after: Seconds of idleness after which a connection is asked whether it lives before it is used.
        statement_timeout: Seconds after which the server ends a statement (PostgreSQL, MySQL); 0 for never.
        isolation: The level that transactions begin with, such as ``repeatable read``; the server's own by default.
        prepared_statements: False behind a pooler that hands each transaction to another server, such as PgBouncer in
            transaction mode.
        transaction_mode: How SQLite begins: ``immediate``, ``deferred`` or ``exclusive``.
        init: Statements run on each new connection.
    """

    def __init__(self, url: str | URL, *, alias: str = "default", init: Sequence[str] = (), **options: Any) -> None:
        self.url = _parsed(url)
        self.alias = alias
        unknown = (options.keys() | self.url.query.keys()) - _OPTIONS.keys()
        if unknown:
            raise TypeError(f"Unknown database option {sorted(unknown)[0]!r}; known are {', '.join(_OPTIONS)}.")
        given = {name: _read(_OPTIONS[name], value) for name, value in self.url.query.items()}
        self._options = {**_OPTIONS, **given, **options}
        level = str(self._options["isolation"]).lower()
        if level and level not in LEVELS:
            raise ValueError(f"isolation is one of {', '.join(LEVELS)}, not {level!r:.40}.")
        self._options["isolation"] = level
        self.blocking, self.native = backends_for(self.url, self._options, init)
        if self._is_memory:
            self._options["pool_size"] = 1  # every connection to :memory: is a database of its own
        self._pool = self._make_pool(self.blocking)
        self._native_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()
        self._threads: Threads | None = None
        self._making = threading.Lock()
        self.held: ContextVar[Held | None] = ContextVar(f"partita.orm.held.{alias}", default=None)
        self._log: ContextVar[list[LoggedQuery] | None] = ContextVar(f"partita.orm.log.{alias}", default=None)
        self._asking: ContextVar[str] = ContextVar(f"partita.orm.asking.{alias}", default="")
        self._wrappers: ContextVar[tuple[Callable[..., Any], ...]] = ContextVar(
            f"partita.orm.wrappers.{alias}", default=()
        )
        self._watched = (
            False  # whether anybody ever asked for a log or a wrapper: most statements need not look for one
        )
        self._entered: list[Databases] = []

    def __repr__(self) -> str:
        return f"<Database {self.alias}: {self.url.render_as_string(hide_password=True)}>"

    @property
    def vendor(self) -> str:
        """``sqlite``, ``postgresql`` or ``mysql``."""
        return self.blocking.name

    @property
    def backend(self) -> Backend:
        """How statements run from here."""
        return self.native if self.native is not None and bridge.active() else self.blocking

    @property
    def _is_memory(self) -> bool:
        return self.vendor == "sqlite" and (self.url.database or ":memory:") == ":memory:"

    # -- being current ----------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        from partita.orm.databases import Databases

        databases = Databases({self.alias: self})
        databases.__enter__()
        self._entered.append(databases)
        return self

    def __exit__(self, *_: object) -> None:
        self._entered.pop().__exit__()

    # -- statements -------------------------------------------------------------------------------------------------

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> Sequence[Row]:
        """Run one statement in the driver's own parameter style and return its rows."""
        if self._watched:
            found: Sequence[Row] = self._watch("fetch", sql, params)
            return found
        held = self.held.get()
        if held is not None:
            return self._usable(held).fetch(sql, params)
        pool = self.pool()
        link = pool.acquire()
        try:
            return link.fetch(sql, params)
        finally:
            pool.release(link)

    def fetch_named(self, sql: str, params: Sequence[Any] = ()) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement in the driver's own parameter style and return its columns' names and its rows."""
        if self._watched:
            watched: tuple[Sequence[str], Sequence[Row]] = self._watch("fetch_named", sql, params)
            return watched
        found: tuple[Sequence[str], Sequence[Row]] = self._bare("fetch_named", sql, params)
        return found

    def run(self, sql: str, params: Sequence[Any] = ()) -> tuple[int, int | None]:
        """Run one statement in the driver's own parameter style; return the count of rows and the last key."""
        if self._watched:
            watched: tuple[int, int | None] = self._watch("run", sql, params)
            return watched
        held = self.held.get()
        if held is not None:
            return self._usable(held).run(sql, params)
        pool = self.pool()
        link = pool.acquire()
        try:
            return link.run(sql, params)
        finally:
            pool.release(link)

    def _bare(self, kind: str, sql: str, params: Sequence[Any]) -> Any:
        held = self.held.get()
        if held is not None:
            return getattr(self._usable(held), kind)(sql, params)
        pool = self.pool()
        link = pool.acquire()
        try:
            return getattr(link, kind)(sql, params)
        finally:
            pool.release(link)

    def _watch(self, kind: str, sql: str, params: Sequence[Any]) -> Any:
        """Run one statement inside of this context's wrappers, and note it in this context's log."""
        log = self._log.get()
        started = time.perf_counter()

        def execute(sql: str, params: Sequence[Any], many: bool, context: dict[str, Any]) -> Any:
            return self._bare(kind, sql, params)

        run: Any = execute
        for wrapper in self._wrappers.get():
            run = partial(wrapper, run)
        result = run(sql, params, False, {"connection": self})
        if log is not None:
            seconds = time.perf_counter() - started
            log.append(LoggedQuery(sql, params, seconds, asking_line() or self._asking.get()))
        return result

    @contextmanager
    def execute_wrapper(self, wrapper: Callable[..., Any]) -> Iterator[None]:
        """Call ``wrapper(execute, sql, params, many, context)`` around each statement that runs in this context.

        Args:
            wrapper: Runs the statement by ``execute(sql, params, many, context)``, with what it likes, and returns what that
                returns. ``context["connection"]`` is this database. The one installed last is called first.
        """
        self._watched = True
        token = self._wrappers.set((*self._wrappers.get(), wrapper))
        try:
            yield
        finally:
            self._wrappers.reset(token)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run SQL of your own and return its rows.

        Args:
            sql: With ``%s`` for each parameter, and ``%%`` for a percent sign, whatever the driver.
            params: Values; never paste them into the SQL.
        """
        return self.perform(self._execute, sql, params)

    async def aexecute(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Async twin of `execute`."""
        return await self.arun(self._execute, sql, params)

    def _execute(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.fetch(with_placeholders(sql, self.backend.style), params)]

    @contextmanager
    def query_log(self) -> Iterator[list[LoggedQuery]]:
        """Collect the statements that run in this context, and in threads and tasks started from it."""
        log: list[LoggedQuery] = []
        self._watched = True
        outer = self._log.get()
        token = self._log.set(log)
        try:
            yield log
        finally:
            self._log.reset(token)
            if outer is not None:
                outer.extend(log)

    # -- whole operations -------------------------------------------------------------------------------------------

    def perform(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call sync code that uses this database, from wherever we are, without blocking an event loop."""
        if self.native is None and bridge.active():
            return bridge.wait(self._hop(lambda: function(*args, **kwargs)))
        return function(*args, **kwargs)

    async def arun(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call sync code that uses this database, and await it."""
        if self.native is None:
            return await self._hop(lambda: function(*args, **kwargs))
        if self._log.get() is None:
            return await bridge.run(function, *args, **kwargs)
        token = self._asking.set(asking_line())  # the bridge's stack begins anew
        try:
            return await bridge.run(function, *args, **kwargs)
        finally:
            self._asking.reset(token)

    def bare(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `perform`, for a function that brings its own connection."""
        if self.native is None and bridge.active():
            return bridge.wait(self._hop(lambda: function(*args, **kwargs), lend=False))
        return function(*args, **kwargs)

    async def abare(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `arun`, for a function that brings its own connection."""
        if self.native is None:
            return await self._hop(lambda: function(*args, **kwargs), lend=False)
        return await bridge.run(function, *args, **kwargs)

    async def _hop(self, function: Callable[[], T], *, lend: bool = True) -> T:
        """Run a whole operation in a worker thread, with one connection."""
        held = self.held.get()
        context = contextvars.copy_context()
        if self._log.get() is not None:
            context.run(self._asking.set, asking_line())
        link: Link | None = None
        if held is None and lend:
            link = await self._pool.aacquire()
            held = Held(link, self._pool, native=False)
            context.run(self.held.set, held)
        try:
            work = Work(lambda: context.run(function))
            self._workers().submit(work.run)
            try:
                return await work.answer
            except asyncio.CancelledError:
                # The thread must have let go of the connection before anybody else may have it.
                if held is not None and not work.over:
                    held.link.interrupt()
                await work.end()
                raise
        finally:
            if link is not None:
                self._pool.release(link)

    def _workers(self) -> Threads:
        threads = self._threads
        if threads is None:
            with self._making:
                threads = self._threads
                if threads is None:
                    name = f"partita-orm-{self.alias}"
                    threads = self._threads = Threads(self._options["pool_size"] + 1, name)
        return threads

    # -- connections ------------------------------------------------------------------------------------------------

    def pool(self) -> Pool:
        """Return the pool for the code that is running."""
        if self.native is None or not bridge.active():
            return self._pool
        loop = asyncio.get_running_loop()
        with self._making:  # loops of several threads
            pool = self._native_pools.get(loop)
            if pool is None:
                pool = self._native_pools[loop] = self._make_pool(self.native)
        return pool

    def hold(self) -> Held:
        """Borrow a connection for a transaction; whoever does gives it back to its pool."""
        pool = self.pool()
        return Held(pool.acquire(), pool, native=self.native is not None and bridge.active())

    async def ahold(self) -> Held:
        """Async twin of `hold`."""
        if self.native is not None:
            return await bridge.run(self.hold)
        return Held(await self._pool.aacquire(), self._pool, native=False)

    def _usable(self, held: Held) -> Held:
        if held.native and not bridge.active():
            raise TransactionManagementError(
                f"The transaction on {self.alias!r} belongs to an event loop, but this code blocks. "
                "Use the a-methods inside `async with atomic():`, or run sync code with partita.bridge.run."
            )
        return held

    def _make_pool(self, backend: Backend) -> Pool:
        def make() -> Link:
            link = backend.connect()
            if connection_created.has_listeners(type(self)):
                connection_created.send(type(self), connection=self)
            return link

        options = self._options
        # A database in memory ends with its connection.
        lifetime = 0.0 if self._is_memory else options["max_lifetime"]
        return Pool(make, self.alias, options["pool_size"], options["pool_timeout"], options["check_after"], lifetime)

    def close(self) -> None:
        """Close the connections; those in use close as they come back. The database can be used again."""
        self._pool.close()
        self._pool = self._make_pool(self.blocking)
        with self._making:
            pools, self._native_pools = list(self._native_pools.values()), weakref.WeakKeyDictionary()
            threads, self._threads = self._threads, None
        for pool in pools:
            pool.close()
        if threads is not None:
            threads.shutdown()

    async def aclose(self) -> None:
        """Async twin of `close`."""
        await self.aclose_native()
        self.close()

    async def aclose_native(self) -> None:
        """Close the connections of the running event loop, which cannot outlive it."""
        with self._making:
            pool = self._native_pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await bridge.run(pool.close)

    # -- tables -----------------------------------------------------------------------------------------------------

    def create_all(self, *models: "type[Model]") -> None:
        """Create the tables of ``models``, or of every model of the default registry, unless they exist."""
        from partita.orm.schema import create_all

        self.perform(create_all, self, models)

    async def acreate_all(self, *models: "type[Model]") -> None:
        """Async twin of `create_all`."""
        from partita.orm.schema import create_all

        await self.arun(create_all, self, models)

    def drop_all(self, *models: "type[Model]") -> None:
        """Drop the tables of ``models``, or of every model of the default registry, if they exist."""
        from partita.orm.schema import drop_all

        self.perform(drop_all, self, models)


def connect(url: str | URL, **options: Any) -> Database:
    """Return a database for ``url``; connections open as they are needed.

    Raises:
        NoDatabaseError: If the URL names no database we have a driver for.
    """
    return Database(url, **options)


def asking_line() -> str:
    """Return file and line of the innermost frame that is neither ours nor the interpreter's machinery."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if not name.startswith(_OURS) and not frame.f_code.co_filename.startswith("<"):
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _read(usual: Any, text: Any) -> Any:
    """Return an option of a URL as the type of its usual value."""
    if isinstance(usual, bool):
        return str(text).lower() in ("1", "true", "yes", "on")
    return type(usual)(text)


def _parsed(url: str | URL) -> URL:
    if isinstance(url, str) and url.startswith("sqlite://:memory:"):
        url = "sqlite:///:memory:" + url.removeprefix("sqlite://:memory:")
    try:
        return make_url(url)
    except ArgumentError:
        raise NoDatabaseError("A database URL looks like sqlite:///file or postgresql://user@host/name.") from None
