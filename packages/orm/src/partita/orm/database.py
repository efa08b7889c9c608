"""One database: its pools, its plans, the connection that the current context holds."""

import asyncio
import contextvars
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from sqlalchemy.engine import URL

from partita import bridge
from partita.orm.backends import Backend
from partita.orm.cursors import Cursor
from partita.orm.database_options import parsed_url, read_options, shown_url
from partita.orm.drivers.base import Answer, Link, Row, with_placeholders
from partita.orm.errors import TransactionManagementError
from partita.orm.held import Held
from partita.orm.kinds import kind_of
from partita.orm.moments import keep_moments
from partita.orm.pool import Pool
from partita.orm.pool_statistics import PoolStatistics
from partita.orm.query_log import LoggedQuery, asking_line
from partita.orm.short_reads import Elsewhere, MeasuredRead, ShortReads
from partita.orm.signals import connection_created
from partita.orm.threads import Threads
from partita.orm.work import Work

if TYPE_CHECKING:
    from partita.orm.copying import CopiedRows
    from partita.orm.databases import Databases
    from partita.orm.models import Model

__all__ = ("Database", "LoggedQuery", "connect")

P = ParamSpec("P")
T = TypeVar("T")

_READERS = max(2, os.cpu_count() or 1)


class Database:
    """Runs statements. Blocking code uses the blocking driver; beneath the bridge waits are the event loop's.

    SQLite has no driver that awaits. There reads known to be short run in the loop's thread, over a connection of their own,
    and every other operation in a worker thread.

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
        copy_rows: From how many rows on ``bulk_create`` uses PostgreSQL's COPY; 0 for never.
        init_command: SQL run on each new connection; statements with semicolons between, and none within.
        init: The same as a sequence of statements.
        use_tz: False for naive moments: what is written and read is what clocks in ``time_zone`` show, and nothing is converted.
        time_zone: An IANA name: the zone of moments in columns without one (SQLite, MySQL), and of PostgreSQL's sessions. UTC by
            default; databases of others may keep local time.

    PostgreSQL also takes libpq's options for TLS: ``sslmode`` (``disable``, ``allow``, ``prefer``, ``require``, ``verify-ca``,
    ``verify-full``), ``sslrootcert``, ``sslcert``, ``sslkey`` …; MySQL and MariaDB those of their clients: ``ssl_mode``
    (``disabled``, ``preferred``, ``required``, ``verify_ca``, ``verify_identity``), ``ssl_ca``, ``ssl_cert``, ``ssl_key`` …; see
    `partita.orm.tls`. With ``pool="psycopg"`` code that blocks uses psycopg's own pool instead of ours (``pool_min_size``,
    ``pool_max_idle``); connections that are awaited are asyncpg's, and stay in ours.

    Attributes:
        kind: What is known of databases of its kind; see `partita.orm.kinds.DatabaseKind`.
        kept: What packages remember of this database, each under a key of its own; it ends with the object.
    """

    def __init__(self, url: str | URL, *, alias: str = "default", init: Sequence[str] = (), **options: Any) -> None:
        self.url = parsed_url(url)
        self.alias = alias
        self.kind = kind_of(self.url)
        self._options = read_options(self.url, options, self.kind.options)
        self.blocking, self.native = self.kind.backends(self.url, self._options, init)
        keep_moments((self.blocking, self.native), self._options)
        if self.is_memory:
            self._options["pool_size"] = 1  # every connection to :memory: is a database of its own
        self._pool = self._make_pool(self.blocking)
        self.held: ContextVar[Held | None] = ContextVar(f"partita.orm.held.{alias}", default=None)
        self._short: ShortReads | None = self._make_short_reads()
        self._native_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()
        self._native_last: tuple[weakref.ref[asyncio.AbstractEventLoop], Pool] | None = None
        self._threads: dict[str, Threads] = {}
        self._making = threading.Lock()
        self._log: ContextVar[list[LoggedQuery] | None] = ContextVar(f"partita.orm.log.{alias}", default=None)
        self._asking: ContextVar[str] = ContextVar(f"partita.orm.asking.{alias}", default="")
        self._wrappers: ContextVar[tuple[Callable[..., Any], ...]] = ContextVar(
            f"partita.orm.wrappers.{alias}", default=()
        )
        self._watched = (
            False  # whether anybody ever asked for a log or a wrapper: most statements need not look for one
        )
        self._entered: list[Databases] = []
        self.kept: dict[object, Any] = {}

    def __repr__(self) -> str:
        return f"<Database {self.alias}: {shown_url(self.url)}>"

    @property
    def vendor(self) -> str:
        """``sqlite``, ``postgresql`` or ``mysql``."""
        return self.blocking.name

    @property
    def backend(self) -> Backend:
        """How statements run from here."""
        return self.native if self.native is not None and bridge.active() else self.blocking

    @property
    def is_behind_pooler(self) -> bool:
        """Whether each transaction may go to another server, so that a session keeps nothing between two."""
        return not self._options["prepared_statements"]

    @property
    def is_memory(self) -> bool:
        """Whether it is SQLite in memory, which has one connection."""
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

    async def __aenter__(self) -> Self:
        """Become current, as by ``with``; at the end the running loop's connections close.

        For a whole program, or the life of a server. Each request enters by ``with``, which leaves connections open for the next one.
        """
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()
        await self.aclose_native()

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

    def fetch_unwatched(self, sql: str, params: Sequence[Any] = ()) -> Sequence[Row]:
        """Run one statement as `fetch` does; nobody counts or logs it, for it is about the schema and none of the program's."""
        found: Sequence[Row] = self._bare("fetch", sql, params)
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

    @property
    def copies_from(self) -> int:
        """From how many rows on ``bulk_create`` copies them; 0 for never."""
        return int(self._options["copy_rows"]) if self.vendor == "postgresql" else 0

    def copy_in(self, sql: str, rows: "CopiedRows") -> None:
        """Run PostgreSQL's COPY, inside a transaction."""
        (self._watch if self._watched else self._bare)("copy_in", sql, rows)

    def answer(self, sql: str, params: Sequence[Any] = ()) -> Answer:
        """Run one statement of any kind in the driver's own parameter style; return everything the driver tells about it."""
        found: Answer = (self._watch if self._watched else self._bare)("answer", sql, params)
        return found

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched, or -1."""
        count: int = (self._watch if self._watched else self._bare)("run_many", sql, params)
        return count

    def begin_rows(self, sql: str, params: Sequence[Any], begin: Callable[[str, Sequence[Any]], Any]) -> Any:
        """Begin a statement whose rows come one by one; wrappers and the log see that it begins."""
        return self._watch("stream", sql, params, begin) if self._watched else begin(sql, params)

    def _watch(
        self, kind: str, sql: str, params: Sequence[Any], bare: Callable[[str, Sequence[Any]], Any] | None = None
    ) -> Any:
        """Run one statement inside of this context's wrappers, and note it in this context's log."""
        log = self._log.get()
        started = time.perf_counter()

        def execute(sql: str, params: Sequence[Any], many: bool, context: dict[str, Any]) -> Any:
            return self._bare(kind, sql, params) if bare is None else bare(sql, params)

        run: Any = execute
        for wrapper in self._wrappers.get():
            run = partial(wrapper, run)
        result = run(sql, params, kind == "run_many", {"connection": self})
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
        from partita.orm.raw_values import driver_values

        found = self.fetch(with_placeholders(sql, self.backend.style), driver_values(params, self.vendor))
        return [tuple(row) for row in found]

    def cursor(self) -> Cursor:
        """Return a cursor for SQL of your own, in the manner of PEP 249; best used in a ``with`` or ``async with`` block."""
        return Cursor(self)

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
        if self.native is None and bridge.active() and not (self._short and self._short.is_hand(self.held.get())):
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

    def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `perform`, for code that only reads and can be called twice: where that is quick, it stays in this thread."""
        if self.native is not None or not bridge.active():
            return function(*args, **kwargs)
        held = self.held.get()
        short = self._short
        if short is not None:
            if held is None and short.is_open and not self._is_watched():
                if short.is_tired:
                    bridge.wait(short.turn())
                with suppress(Elsewhere):
                    return short.run(partial(function, *args, **kwargs))
            elif short.is_hand(held):
                return function(*args, **kwargs)
        return bridge.wait(self._hop(partial(function, *args, **kwargs), reads=True))

    async def aread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Async twin of `read`."""
        if self.native is not None:
            if self._log.get() is None:  # as in `arun`, because each coroutine between costs at each wait
                return await bridge.run(function, *args, **kwargs)
            return await self.arun(function, *args, **kwargs)
        call = partial(function, *args, **kwargs)
        short = self._short
        if short is not None and short.is_open and self.held.get() is None and not self._is_watched():
            if short.is_tired:
                await short.turn()
            with suppress(Elsewhere):
                # Beneath the bridge, so that what it asks of other databases does not block either.
                return short.run(call) if bridge.active() else await bridge.run(short.run, call)
        return await self._hop(call, reads=True)

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

    async def _hop(self, function: Callable[[], T], *, lend: bool = True, reads: bool = False) -> T:
        """Run a whole operation in a worker thread, with one connection."""
        held = self.held.get()
        short = self._short
        if short is not None and short.is_hand(held):  # a wait in the midst of a short read
            raise Elsewhere
        context = contextvars.copy_context()
        if self._log.get() is not None:
            context.run(self._asking.set, asking_line())
        link: Link | None = None
        if held is None and lend:
            link = await self._pool.aacquire()
            if reads and short is not None:
                held = MeasuredRead(link, self._pool, short.paces)
            else:
                held = Held(link, self._pool, native=False)
            context.run(self.held.set, held)
        try:
            work = Work(lambda: context.run(function))
            threads = self._workers(reads=reads and link is not None)
            threads.submit(work.run)
            if isinstance(held, MeasuredRead) and short is not None and short.wants_opening():
                threads.submit(short.open)
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

    def _is_watched(self) -> bool:
        # What is watched runs once.
        return self._watched and (self._log.get() is not None or bool(self._wrappers.get()))

    def _workers(self, *, reads: bool) -> Threads:
        """Return threads for reads, or those for everything else.

        One a core for reads: more of them only fight for the interpreter's lock. As many as there are connections for the rest, for
        those wait for one another: what ends a transaction must find a thread while others wait for its lock.
        """
        name = "reads" if reads else "work"
        threads = self._threads.get(name)
        if threads is None:
            with self._making:
                threads = self._threads.get(name)
                if threads is None:
                    size: int = self._options["pool_size"]
                    most = min(_READERS, size) if reads else size + 1
                    threads = self._threads[name] = Threads(most, f"partita-orm-{self.alias}-{name}")
        return threads

    # -- connections ------------------------------------------------------------------------------------------------

    def pool(self) -> Pool:
        """Return the pool for the code that is running."""
        if self.native is None or not bridge.active():
            return self._pool
        loop = asyncio.get_running_loop()
        last = self._native_last
        if last is not None and last[0]() is loop:
            return last[1]
        with self._making:  # loops of several threads
            pool = self._native_pools.get(loop)
            if pool is None:
                pool = self._native_pools[loop] = self._make_pool(self.native)
            self._native_last = weakref.ref(loop), pool
        return pool

    def pool_statistics(self) -> dict[str, PoolStatistics]:
        """Return what the pools have done: ``blocking``, and ``native`` for all event loops that run, where a driver awaits."""
        found = {"blocking": self._pool.statistics}
        if self.native is not None:
            with self._making:
                pools = list(self._native_pools.values())
            found["native"] = PoolStatistics.total(pool.statistics for pool in pools)
        return found

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

    def _make_short_reads(self) -> ShortReads | None:
        if not self.kind.reads_in_loop or self.is_memory:
            return None
        return ShortReads(lambda: self._connected(self.blocking), self._pool, self.held)

    def _connected(self, backend: Backend) -> Link:
        link = backend.connect()
        self._announce()
        return link

    def _announce(self) -> None:
        if connection_created.has_listeners(type(self)):
            connection_created.send(type(self), connection=self)

    def _make_pool(self, backend: Backend) -> Pool:
        options = self._options
        # A database in memory ends with its connection.
        lifetime = 0.0 if self.is_memory else options["max_lifetime"]
        limits = (options["pool_size"], options["pool_timeout"], options["check_after"], lifetime)
        if backend is self.blocking and options.get("pool") == "psycopg":
            from partita.orm.drivers.postgresql_pool import PsycopgPool

            kept = {"min_size": options["pool_min_size"], "max_idle": options["pool_max_idle"]}
            return PsycopgPool(backend.connect, self._announce, self.alias, *limits, **kept)
        return Pool(partial(self._connected, backend), self.alias, *limits)

    def close(self) -> None:
        """Close the connections; those in use close as they come back. The database can be used again."""
        self._pool.close()
        self._pool = self._make_pool(self.blocking)
        if self._short is not None:
            self._short.close()
            self._short = self._make_short_reads()
        with self._making:
            pools, self._native_pools = list(self._native_pools.values()), weakref.WeakKeyDictionary()
            self._native_last = None
            threads, self._threads = self._threads, {}
        for pool in pools:
            pool.close()
        for each in threads.values():
            each.shutdown()

    async def aclose(self) -> None:
        """Async twin of `close`."""
        await self.aclose_native()
        self.close()

    async def aclose_native(self) -> None:
        """Close the connections of the running event loop, which cannot outlive it, and wait for those that already end."""
        with self._making:
            pool = self._native_pools.pop(asyncio.get_running_loop(), None)
            self._native_last = None
        if pool is not None:
            await bridge.run(pool.close)
        if self.native is not None:
            await self.native.ended()

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
