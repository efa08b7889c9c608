"""PostgreSQL: psycopg where code blocks, asyncpg beneath the bridge."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it has no types
import psycopg
from psycopg.types.string import TextLoader

from partita.bridge import wait
from partita.orm.drivers.base import (
    Answer,
    Link,
    Row,
    Rows,
    by_pep249_name,
    by_sqlstate,
    is_closing,
    let_go,
    number_in_loop,
    set_up,
)
from partita.orm.errors import InterfaceError, OperationalError, OrmError

__all__ = ("AsyncpgLink", "PsycopgLink", "connect_asyncpg", "connect_psycopg")

T = TypeVar("T")

_SECONDS_TO_CANCEL = 5.0

_numbers = itertools.count(1)


class _ServerCursor:
    """A cursor that the server keeps, with its rows."""

    __slots__ = ("_link", "_name")

    def __init__(self, link: Link, sql: str, params: Sequence[Any], *, hold: bool) -> None:
        self._link, self._name = link, f"partita_{next(_numbers)}"
        kind = "WITH HOLD" if hold else "WITHOUT HOLD"
        link.run(f"DECLARE {self._name} NO SCROLL CURSOR {kind} FOR {sql}", params)

    def next(self, count: int) -> Sequence[Row]:
        """Return at most ``count`` rows; none at the end."""
        return self._link.fetch(f"FETCH FORWARD {int(count)} FROM {self._name}", ())

    def close(self) -> None:
        """Let the rest go."""
        self._link.run(f"CLOSE {self._name}", ())


class PsycopgLink(Link):
    """A blocking connection in autocommit mode."""

    __slots__ = ("raw",)

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        super().__init__()
        self.raw = raw

    def fileno(self) -> int:
        """Return the number of the socket."""
        return -1 if self.raw.closed else self.raw.fileno()

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        cursor = self._execute(sql, params)
        return [] if cursor.description is None else _rows_of(cursor)

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        cursor = self._execute(sql, params)
        if cursor.description is None:
            return [], []
        return [column.name for column in cursor.description], _rows_of(cursor)

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows."""
        return self._execute(sql, params).rowcount, None

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        cursor = self._execute(sql, params)
        if cursor.description is None:
            return Answer((), (), cursor.rowcount)
        return Answer([column.name for column in cursor.description], _rows_of(cursor), cursor.rowcount)

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched."""

        def run() -> "psycopg.Cursor[Any]":
            cursor = self.raw.cursor()
            cursor.executemany(sql.encode(), params)
            return cursor

        return self._guarded(run).rowcount

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Run one statement whose rows the server keeps."""
        return _ServerCursor(self, sql, params, hold=hold)

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        self._execute(_begin(isolation, read_only, deferrable), ())

    def copy_in(self, sql: str, rows: Any) -> None:
        """Run COPY."""
        try:
            with self.raw.cursor() as cursor, cursor.copy(sql.encode()) as copy:
                copy.write(rows.text)
        except psycopg.Error as error:
            self.broken = self.raw.broken or self.raw.closed
            raise _translated(error, error.sqlstate) from error
        except BaseException:  # interrupted in the midst of the protocol
            self.broken = True
            raise

    def close(self) -> None:
        """End the connection."""
        self.raw.close()

    def interrupt(self) -> None:
        """Ask the server to stop the statement that runs here."""
        self.raw.cancel_safe(timeout=_SECONDS_TO_CANCEL)

    def _execute(self, sql: str, params: Sequence[Any]) -> "psycopg.Cursor[Any]":
        return self._guarded(lambda: self.raw.execute(sql.encode(), params))

    def _guarded(self, run: "Callable[[], psycopg.Cursor[Any]]") -> "psycopg.Cursor[Any]":
        try:
            try:
                return run()
            except psycopg.errors.FeatureNotSupported:
                idle = self.raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
                if not idle or self.raw.prepare_threshold is None:
                    raise
                # A table may have changed since the statement was prepared; it has done nothing, and is prepared anew.
                self.raw.execute(b"DEALLOCATE ALL")
                return run()
        except psycopg.Error as error:
            self.broken = self.raw.broken or self.raw.closed
            raise _translated(error, error.sqlstate) from error
        except UnicodeEncodeError as error:  # half of a character cannot be sent, and nothing was
            raise by_pep249_name(error) from error
        except BaseException:  # interrupted in the midst of the protocol
            self.broken = True
            raise


def _rows_of(cursor: "psycopg.Cursor[Any]") -> Sequence[Row]:
    """Return the rows, which are all here: what Python cannot say of them, such as a moment at infinity, is no fault of the line."""
    try:
        return cursor.fetchall()
    except (psycopg.Error, ValueError, OverflowError) as error:
        raise by_pep249_name(error) from error


class AsyncpgLink(Link):
    """A connection of the running event loop; each wait is the loop's.

    Args:
        raw: The driver's connection.
        endings: Where what ends the connection in the background is kept as long as it runs.
    """

    __slots__ = ("_abandoned", "_endings", "raw")

    def __init__(self, raw: Any, endings: "set[asyncio.Task[None]]") -> None:
        super().__init__()
        self.raw, self._endings = raw, endings
        self._abandoned = False  # a statement may still run on the server

    def fileno(self) -> int:
        """Return the number of the socket, which asyncpg keeps to itself."""
        return number_in_loop(self.raw)

    def has_news(self) -> bool:
        """Return whether the other side sent something that nobody asked for, or the loop has heard that it is gone."""
        return is_closing(self.raw) or super().has_news()

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        rows: Sequence[Row] = self._await(self.raw.fetch(sql, *params))
        return rows

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names, which only rows know, and its rows."""
        rows: Sequence[Any] = self._await(self.raw.fetch(sql, *params))
        return (list(rows[0].keys()) if rows else []), rows

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows."""
        return _count(self._await(self.raw.execute(sql, *params))), None

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        return self._await(self._answer(sql, params))

    async def _answer(self, sql: str, params: Sequence[Any]) -> Answer:
        statement = await self.raw.prepare(sql, name="")  # nameless: it runs once
        names = [attribute.name for attribute in statement.get_attributes()]
        rows: Sequence[Row] = await statement.fetch(*params)
        return Answer(names, rows, _count(statement.get_statusmsg()))

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; asyncpg tells no count."""
        self._await(self.raw.executemany(sql, params))
        return -1

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Run one statement whose rows the server keeps."""
        return _ServerCursor(self, sql, params, hold=hold)

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        self._await(self.raw.execute(_begin(isolation, read_only, deferrable)))

    def copy_in(self, sql: str, rows: Any) -> None:
        """Run COPY; asyncpg writes the statement itself."""
        self._await(self.raw.copy_to_table(rows.table, source=BytesIO(rows.text), columns=rows.columns))

    def close(self) -> None:
        """End the connection: at once, unless the server has to be told first to stop what it does for it."""
        try:
            if self._abandoned:
                ending = asyncio.get_running_loop().create_task(self._end())
                self._endings.add(ending)
                ending.add_done_callback(self._endings.discard)
            else:
                self.raw.terminate()
        except RuntimeError:  # the loop is closed, or does not run
            with suppress(RuntimeError):
                self.raw.terminate()
            let_go(self.raw)

    async def _end(self) -> None:
        # asyncpg asks the server to cancel the statement over a connection of its own, and `terminate` would cancel that asking.
        try:
            await self.raw.close(timeout=_SECONDS_TO_CANCEL)
        except Exception:  # noqa: BLE001 - the server does not answer, in whatever way; then it is left alone
            self.raw.terminate()

    def _await(self, statement: Awaitable[T]) -> T:
        try:
            return wait(statement)
        except asyncpg.PostgresError as error:
            self.broken = self.raw.is_closed()
            raise _translated(error, str(getattr(error, "sqlstate", ""))) from error
        except asyncpg.InterfaceError as error:
            self.broken = self.raw.is_closed()
            raise (OperationalError if self.broken else _client_error(error))(*error.args) from error
        except (OSError, asyncpg.InternalClientError) as error:  # the second: the server spoke while nobody had asked
            self.broken = True
            raise OperationalError(str(error)) from error
        except (ValueError, OverflowError) as error:  # asyncpg reads on to the end of the answer before it tells
            self.broken = self.raw.is_closed()
            raise by_pep249_name(error) from error
        except BaseException:  # cancelled in the midst of the protocol
            self.broken = self._abandoned = True
            raise


def _count(status: str) -> int:
    """Return the count of rows in what the server says at the end, such as ``INSERT 0 3``."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else -1


def connect_psycopg(options: dict[str, Any], init: Sequence[str]) -> PsycopgLink:
    """Open a blocking connection."""
    try:
        raw = psycopg.connect(
            host=options["host"],
            port=options["port"],
            user=options["user"],
            password=options["password"],
            dbname=options["database"],
            connect_timeout=int(options["connect_timeout"]),
            autocommit=True,
            options=_startup(options),
            # A pooler that hands each transaction to another server knows no statements prepared on the last one.
            prepare_threshold=5 if options["prepared_statements"] else None,
            **options["tls"].for_libpq(),
        )
    except psycopg.Error as error:
        raise OperationalError(str(error).strip()) from error
    for name in ("json", "jsonb"):
        raw.adapters.register_loader(name, TextLoader)
    link = PsycopgLink(raw)
    # A pooler refuses start-up options, but keeps track of this one for each of its clients.
    own = () if options["prepared_statements"] else (f"SET TIME ZONE '{_zone(options)}'",)
    set_up(link, (*own, *init))
    return link


def connect_asyncpg(options: dict[str, Any], init: Sequence[str], endings: "set[asyncio.Task[None]]") -> AsyncpgLink:
    """Open a connection of the running event loop; see `AsyncpgLink` for ``endings``."""
    cache: dict[str, Any] = {} if options["prepared_statements"] else {"statement_cache_size": 0}
    try:
        raw = wait(
            _opened(
                endings,
                host=options["host"],
                port=options["port"],
                user=options["user"],
                password=options["password"],
                database=options["database"],
                timeout=options["connect_timeout"],
                server_settings=_settings(options),
                **cache,
                **options["tls"].for_asyncpg(),
            )
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # the second: files of TLS that are not there
        raise OperationalError(*error.args) from error
    except (OSError, TimeoutError) as error:
        why = str(error) or f"no answer in {options['connect_timeout']:g} s"
        raise OperationalError(f"Cannot reach {options['host']}:{options['port']}: {why}") from error
    link = AsyncpgLink(raw, endings)
    set_up(link, init)
    return link


async def _opened(endings: "set[asyncio.Task[None]]", **where: Any) -> Any:
    """Connect. If the task is cancelled meanwhile, the connection is closed in the background as soon as it is there.

    To cancel asyncpg itself here makes it forget a future, whose error Python then complains of; the server has begun by then in any case.
    """
    opening: asyncio.Task[Any] = asyncio.ensure_future(asyncpg.connect(**where))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        ending = asyncio.get_running_loop().create_task(_closed(opening))
        endings.add(ending)
        ending.add_done_callback(endings.discard)
        raise


async def _closed(opening: "asyncio.Task[Any]") -> None:
    with suppress(Exception):  # there is none, and nobody waits for the reason
        (await opening).terminate()


def _begin(isolation: str | None, read_only: bool, deferrable: bool) -> str:
    parts = ["BEGIN"]
    if isolation is not None:
        parts.append(f"ISOLATION LEVEL {isolation.upper()}")
    if read_only:
        parts.append("READ ONLY")
    if deferrable:
        parts.append("DEFERRABLE")
    return " ".join(parts)


def _startup(options: dict[str, Any]) -> str:
    """Return what libpq is to tell the server; a pooler refuses all of it, and must refuse what a session cannot keep there."""
    settings = _settings(options)
    if not options["prepared_statements"] and len(settings) == 1:
        return ""
    return " ".join("-c " + f"{name}={value}".replace(" ", "\\ ") for name, value in settings.items())


def _settings(options: dict[str, Any]) -> dict[str, str]:
    """Return what the server is told about the session."""
    settings = {"timezone": _zone(options)}
    if options["statement_timeout"]:
        settings["statement_timeout"] = str(int(options["statement_timeout"] * 1000))
    if options["isolation"]:
        settings["default_transaction_isolation"] = options["isolation"]
    return settings


def _zone(options: dict[str, Any]) -> str:
    return options.get("time_zone") or "UTC"  # an IANA name: others were refused with the options


def _translated(error: Exception, state: str | None) -> OrmError:
    if state:
        return by_sqlstate(error, state)
    # psycopg found the fault itself, or lost the server.
    return by_pep249_name(error) if isinstance(error, psycopg.Error) else OperationalError(*error.args)


def _client_error(error: Exception) -> type[OrmError]:
    from partita.orm.errors import DataError

    return DataError if isinstance(error, ValueError) else InterfaceError
