"""MariaDB and MySQL: PyMySQL where code blocks, asyncmy beneath the bridge."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import asyncmy
import asyncmy.errors
import pymysql  # type: ignore[import-untyped]  # it has no types

from partita.bridge import wait
from partita.orm.drivers.base import Link, Row, by_pep249_name
from partita.orm.errors import IntegrityError, NotSupportedError, OperationalError, OrmError

__all__ = ("AsyncmyLink", "PymysqlLink", "connect_asyncmy", "connect_pymysql")

T = TypeVar("T")
# ANSI_QUOTES stays off, because SQLAlchemy's dialect quotes with backticks. FOUND_ROWS (2): an update counts rows it found.
_MODE = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"
_LOST = {2006, 2013, 2055, 4031}
_INTEGRITY = {1048, 1364, 4025, 3819}


class PymysqlLink(Link):
    """A blocking connection in autocommit mode."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self.raw = raw

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

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        for statement in _begin(isolation, read_only, deferrable):
            self._execute(statement, ())

    def close(self) -> None:
        """End the connection."""
        self.raw._force_close()

    def _execute(self, sql: str, params: Sequence[Any]) -> Any:
        cursor = self.raw.cursor()
        try:
            cursor.execute(sql, params)
        except (pymysql.Error, OSError) as error:
            self.broken = not self.raw.open or _lost(error)
            raise _translated(error) from error
        except BaseException:  # interrupted in the midst of the protocol
            self.broken = True
            raise
        return cursor


class AsyncmyLink(Link):
    """A connection of the running event loop; each wait is the loop's."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self.raw = raw

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        return wait_for(self, self._fetch(sql, params))[1]

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        return wait_for(self, self._fetch(sql, params))

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        return wait_for(self, self._run(sql, params))

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        for statement in _begin(isolation, read_only, deferrable):
            self.run(statement, ())

    def close(self) -> None:
        """End the connection at once."""
        self.raw.close()

    async def _fetch(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        async with self.raw.cursor() as cursor:
            await cursor.execute(sql, params)
            return [column[0] for column in cursor.description or ()], await cursor.fetchall()

    async def _run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        async with self.raw.cursor() as cursor:
            await cursor.execute(sql, params)
            return cursor.rowcount, cursor.lastrowid


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
    except BaseException:  # cancelled in the midst of the protocol
        link.broken = True
        raise


def connect_pymysql(options: dict[str, Any], init: Sequence[str]) -> PymysqlLink:
    """Open a blocking connection."""
    try:
        raw = pymysql.connect(
            host=options["host"],
            port=options["port"],
            user=options["user"],
            password=options["password"] or "",
            database=options["database"],
            connect_timeout=int(options["connect_timeout"]),
            charset="utf8mb4",
            autocommit=True,
            client_flag=2,
        )
    except (pymysql.Error, OSError) as error:
        raise OperationalError(*error.args) from error
    link = PymysqlLink(raw)
    for statement in (*_session(options, raw.get_server_info()), *init):
        link.run(statement, ())
    return link


def connect_asyncmy(options: dict[str, Any], init: Sequence[str]) -> AsyncmyLink:
    """Open a connection of the running event loop."""
    try:
        raw = wait(
            asyncmy.connect(
                host=options["host"],
                port=options["port"],
                user=options["user"],
                password=options["password"] or "",
                database=options["database"],
                connect_timeout=int(options["connect_timeout"]),
                charset="utf8mb4",
                autocommit=True,
                client_flag=2,
            )
        )
    except (asyncmy.errors.Error, OSError) as error:
        raise OperationalError(*error.args) from error
    link = AsyncmyLink(raw)
    for statement in (*_session(options, raw.get_server_info()), *init):
        link.run(statement, ())
    return link


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
