"""MariaDB and MySQL: PyMySQL where code blocks, asyncmy beneath the bridge."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import asyncmy.connection
import asyncmy.cursors
import asyncmy.errors
import pymysql.cursors  # type: ignore[import-untyped]  # it has no types

from partita.bridge import wait
from partita.orm.drivers.base import Answer, Link, Row, Rows, by_pep249_name, is_closing, let_go, number_in_loop, set_up
from partita.orm.errors import IntegrityError, NotSupportedError, OperationalError, OrmError

if TYPE_CHECKING:
    from partita.orm.tls import MysqlTls

__all__ = ("AsyncmyLink", "PymysqlLink", "connect_asyncmy", "connect_pymysql")

T = TypeVar("T")
_PYMYSQL: Any = pymysql.Connection
_ASYNCMY: Any = asyncmy.connection.Connection
# ANSI_QUOTES stays off, because SQLAlchemy's dialect quotes with backticks.
_MODE = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"
_SECONDS_TO_KILL = 5.0
_LOST = {2006, 2013, 2055, 4031}
_INTEGRITY = {1048, 1364, 4025, 3819}
_FOUND_ROWS = 2  # CLIENT_FOUND_ROWS: an update counts the rows it found
_TLS = 2048  # CLIENT_SSL
_TLS_FAILED = 2026  # CR_SSL_CONNECTION_ERROR


class _MysqlLink(Link):
    """What both kinds of connections do: they see that the server knows the time zones that statements name.

    It gives NULL for what is converted to others, and says nothing.
    """

    __slots__ = ("_zones",)

    def __init__(self, zones: set[str]) -> None:
        super().__init__()
        self._zones = zones

    def _check_zones(self, sql: str) -> None:
        for name in [name for name in tuple(self._zones) if f"'{name}'" in sql]:
            if self.fetch("SELECT CONVERT_TZ('2000-01-01', '+00:00', %s)", (name,))[0][0] is None:
                raise OperationalError(
                    f"The database server does not know the time zone {name!r}: it would give NULL. Load the names of zones into it, "
                    "as with: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql -u root mysql"
                )
            self._zones.discard(name)


class PymysqlLink(_MysqlLink):
    """A blocking connection in autocommit mode.

    Args:
        raw: The driver's connection.
        another: Opens one like it, over which the server is told to stop what this one does.
        zones: The names of time zones that the server was not seen to know.
    """

    __slots__ = ("_another", "raw")

    def __init__(self, raw: Any, another: Callable[[], Any], zones: set[str]) -> None:
        super().__init__(zones)
        self.raw, self._another = raw, another

    def fileno(self) -> int:
        """Return the number of the socket, which PyMySQL keeps to itself."""
        found = getattr(self.raw, "_sock", None)
        return -1 if found is None else int(found.fileno())

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        rows: Sequence[Row] = self._execute(sql, params).fetchall()
        return rows

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        cursor = self._execute(sql, params)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        cursor = self._execute(sql, params)
        return cursor.rowcount, cursor.lastrowid

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        cursor = self._execute(sql, params)
        names, rows = [column[0] for column in cursor.description or ()], cursor.fetchall()
        answer = Answer(names, rows, cursor.rowcount, cursor.lastrowid)
        while cursor.nextset():  # a procedure ends with an answer of its own
            pass
        return answer

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched."""
        if self._zones:
            self._check_zones(sql)
        count: int = self._guarded(lambda cursor: cursor.executemany(sql, params)).rowcount
        return count

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Run one statement whose rows come as they are asked for; until the last one came, nothing else can run here."""
        if self._zones:
            self._check_zones(sql)
        cursor = self.raw.cursor(pymysql.cursors.SSCursor)
        return _PymysqlRows(self, self._guarded(lambda cursor: cursor.execute(sql, params), cursor))

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        for statement in _begin(isolation, read_only, deferrable):
            self._execute(statement, ())

    def close(self) -> None:
        """End the connection."""
        self.raw._force_close()

    def interrupt(self) -> None:
        """Ask the server to stop the statement that runs here."""
        other = self._another()
        try:
            other.cursor().execute(f"KILL QUERY {int(self.raw.thread_id())}")
        finally:
            other._force_close()

    def _execute(self, sql: str, params: Sequence[Any]) -> Any:
        if self._zones:
            self._check_zones(sql)
        return self._guarded(lambda cursor: cursor.execute(sql, params))

    def _guarded(self, run: Callable[[Any], object], cursor: Any = None) -> Any:
        cursor = self.raw.cursor() if cursor is None else cursor
        try:
            run(cursor)
        except (pymysql.Error, OSError) as error:
            self.broken = not self.raw.open or _lost(error)
            raise _translated(error) from error
        except UnicodeEncodeError as error:  # half of a character cannot be sent, and nothing was
            raise by_pep249_name(error) from error
        except BaseException:  # interrupted in the midst of the protocol
            self.broken = True
            raise
        return cursor


class _PymysqlRows:
    __slots__ = ("_cursor", "_link")

    def __init__(self, link: PymysqlLink, cursor: Any) -> None:
        self._link, self._cursor = link, cursor

    def next(self, count: int) -> Sequence[Row]:
        """Return at most ``count`` rows; none at the end."""
        rows: list[Row] = []
        self._link._guarded(lambda cursor: rows.extend(cursor.fetchmany(count)), self._cursor)
        return rows

    def close(self) -> None:
        """Let the rest go, which the server has sent or will send: a new connection is cheaper than to read it all."""
        result = self._cursor._result
        if result is not None and result.unbuffered_active:
            result.unbuffered_active = False  # or it reads them all when it is forgotten
            self._link.broken = True
            return
        self._cursor.close()


class AsyncmyLink(_MysqlLink):
    """A connection of the running event loop; each wait is the loop's."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any, zones: set[str]) -> None:
        super().__init__(zones)
        self.raw = raw

    def fileno(self) -> int:
        """Return the number of the socket, which asyncmy keeps to itself."""
        return number_in_loop(self.raw)

    def has_news(self) -> bool:
        """Return whether the other side sent something that nobody asked for, or the loop has heard that it is gone."""
        return is_closing(self.raw) or super().has_news()

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        if self._zones:
            self._check_zones(sql)
        return wait_for(self, self._fetch(sql, params))[1]

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        if self._zones:
            self._check_zones(sql)
        return wait_for(self, self._fetch(sql, params))

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        if self._zones:
            self._check_zones(sql)
        return wait_for(self, self._run(sql, params))

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        return wait_for(self, self._answer(sql, params))

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched."""
        if self._zones:
            self._check_zones(sql)
        return wait_for(self, self._run_many(sql, params))

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        """Run one statement whose rows come as they are asked for; until the last one came, nothing else can run here."""
        if self._zones:
            self._check_zones(sql)
        cursor = self.raw.cursor(asyncmy.cursors.SSCursor)
        wait_for(self, cursor.execute(sql, params))
        return _AsyncmyRows(self, cursor)

    async def _answer(self, sql: str, params: Sequence[Any]) -> Answer:
        async with self.raw.cursor() as cursor:
            await cursor.execute(sql, params)
            names, rows = [column[0] for column in cursor.description or ()], await cursor.fetchall()
            return Answer(names, rows, cursor.rowcount, cursor.lastrowid)

    async def _run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        async with self.raw.cursor() as cursor:
            await cursor.executemany(sql, params)
            count: int = cursor.rowcount
            return count

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        for statement in _begin(isolation, read_only, deferrable):
            self.run(statement, ())

    def close(self) -> None:
        """End the connection at once."""
        try:
            self.raw.close()
        except RuntimeError:  # the loop is closed
            let_go(self.raw)

    async def _fetch(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        async with self.raw.cursor() as cursor:
            await cursor.execute(sql, params)
            return [column[0] for column in cursor.description or ()], await cursor.fetchall()

    async def _run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        async with self.raw.cursor() as cursor:
            await cursor.execute(sql, params)
            return cursor.rowcount, cursor.lastrowid


class _AsyncmyRows:
    __slots__ = ("_cursor", "_ended", "_link")

    def __init__(self, link: AsyncmyLink, cursor: Any) -> None:
        self._link, self._cursor, self._ended = link, cursor, False

    def next(self, count: int) -> Sequence[Row]:
        """Return at most ``count`` rows; none at the end."""
        rows: Sequence[Row] = wait_for(self._link, self._cursor.fetchmany(count))
        self._ended = len(rows) < count
        return rows

    def close(self) -> None:
        """Let the rest go, which the server has sent or will send: a new connection is cheaper than to read it all."""
        if not self._ended:
            self._link.broken = True
            return
        wait_for(self._link, self._cursor.close())


def wait_for(link: AsyncmyLink, statement: Awaitable[T]) -> T:
    """Wait for a statement, and learn from its error whether the connection can go on."""
    try:
        return wait(statement)
    except (asyncmy.errors.Error, pymysql.Error) as error:
        link.broken = _lost(error)
        raise _translated(error) from error
    except (OSError, RuntimeError) as error:
        link.broken = True
        raise OperationalError(str(error)) from error
    except UnicodeEncodeError as error:  # half of a character cannot be sent, and nothing was
        raise by_pep249_name(error) from error
    except BaseException:  # cancelled in the midst of the protocol
        link.broken = True
        raise


def connect_pymysql(options: dict[str, Any], init: Sequence[str], zones: set[str]) -> PymysqlLink:
    """Open a blocking connection."""
    raw = _opened_pymysql(options)
    link = PymysqlLink(raw, lambda: _opened_pymysql({**options, "connect_timeout": _SECONDS_TO_KILL}), zones)
    set_up(link, (*_session(options, raw.get_server_info()), *init))
    return link


def _opened_pymysql(options: dict[str, Any]) -> Any:
    tls: MysqlTls = options["tls"]
    secure = {"ssl": tls.context()} if tls.is_needed else {"ssl_disabled": not tls.is_wanted}
    try:
        raw: Any = _PYMYSQL(**_whereabouts(options), **secure, defer_connect=True)
        if tls.is_wanted and not tls.is_needed:  # the driver asks what the server can, but knows no certificates then
            raw.ctx = tls.context()
        raw.connect()
    except (pymysql.Error, OSError) as error:
        raise OperationalError(*error.args) from error
    return raw


def connect_asyncmy(options: dict[str, Any], init: Sequence[str], zones: set[str]) -> AsyncmyLink:
    """Open a connection of the running event loop."""
    tls: MysqlTls = options["tls"]
    try:
        raw = _Connection(tls, **_whereabouts(options))
        wait(_connected(raw))
    except (asyncmy.errors.Error, OSError) as error:
        raise OperationalError(*error.args) from error
    link = AsyncmyLink(raw, zones)
    set_up(link, (*_session(options, raw.get_server_info()), *init))
    return link


async def _connected(raw: Any) -> None:
    """Connect. A task that is cancelled meanwhile hears of it: before Python 3.12 ``asyncio.wait_for``, which the driver uses, loses that
    if the connection is there in the same moment.
    """
    task = asyncio.current_task()
    before = 0 if task is None else task.cancelling()
    await raw.connect()
    if task is not None and task.cancelling() > before:
        raw.close()
        raise asyncio.CancelledError


class _Connection(_ASYNCMY):  # type: ignore[misc]  # what it has of types leaves out what is overridden here
    """A connection that looks whether the server can encrypt: asyncmy would send the request for it in any case."""

    def __init__(self, tls: "MysqlTls", **where: Any) -> None:
        super().__init__(**where, ssl=tls.context() if tls.is_wanted else None)
        self._tls = tls

    async def _get_server_information(self) -> None:
        await super()._get_server_information()
        if self._tls.is_wanted and not self.server_capabilities & _TLS:
            if self._tls.is_needed:
                raise asyncmy.errors.OperationalError(
                    _TLS_FAILED, "the server does not encrypt, and ssl_mode asks for it"
                )
            self._ssl_context = None
            self._client_flag &= ~_TLS


def _whereabouts(options: dict[str, Any]) -> dict[str, Any]:
    return {
        "host": options["host"],
        "port": options["port"],
        "user": options["user"],
        "password": options["password"] or "",
        "database": options["database"],
        "connect_timeout": int(options["connect_timeout"]),
        "charset": "utf8mb4",
        "autocommit": True,
        "client_flag": _FOUND_ROWS,
    }


def _begin(isolation: str | None, read_only: bool, deferrable: bool) -> tuple[str, ...]:
    if deferrable:
        raise NotSupportedError("Deferrable transactions are PostgreSQL's.")
    start = "START TRANSACTION READ ONLY" if read_only else "START TRANSACTION"
    if isolation is None:
        return (start,)
    return (f"SET TRANSACTION ISOLATION LEVEL {isolation.upper()}", start)


def _session(options: dict[str, Any], server: str) -> list[str]:
    """Return the statements that set up a session."""
    statements = [_MODE]
    if options["isolation"]:
        statements.append(f"SET SESSION TRANSACTION ISOLATION LEVEL {options['isolation'].upper()}")
    if seconds := options["statement_timeout"]:
        if "mariadb" in server.lower():
            statements.append(f"SET SESSION max_statement_time = {float(seconds)}")
        else:
            statements.append(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
    return statements


def _lost(error: BaseException) -> bool:
    return isinstance(error, OSError) or (bool(error.args) and error.args[0] in _LOST)


def _translated(error: Exception) -> OrmError:
    if isinstance(error, OSError):
        return OperationalError(str(error))
    if error.args and error.args[0] in _INTEGRITY:
        return IntegrityError(*error.args)
    return by_pep249_name(error)
