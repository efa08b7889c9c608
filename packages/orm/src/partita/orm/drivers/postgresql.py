"""PostgreSQL: psycopg where code blocks, asyncpg beneath the bridge."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it has no types
import psycopg
from psycopg.types.string import TextLoader

from partita.bridge import wait
from partita.orm.drivers.base import Link, Row, by_sqlstate
from partita.orm.errors import InterfaceError, OperationalError, OrmError

__all__ = ("AsyncpgLink", "PsycopgLink", "connect_asyncpg", "connect_psycopg")

T = TypeVar("T")


class PsycopgLink(Link):
    """A blocking connection in autocommit mode."""

    __slots__ = ("raw",)

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        super().__init__()
        self.raw = raw

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        cursor = self._execute(sql, params)
        return [] if cursor.description is None else cursor.fetchall()

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        cursor = self._execute(sql, params)
        if cursor.description is None:
            return [], []
        return [column.name for column in cursor.description], cursor.fetchall()

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows."""
        return self._execute(sql, params).rowcount, None

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        self._execute(_begin(isolation, read_only, deferrable), ())

    def close(self) -> None:
        """End the connection."""
        self.raw.close()

    def _execute(self, sql: str, params: Sequence[Any]) -> "psycopg.Cursor[Any]":
        try:
            return self.raw.execute(sql.encode(), params)
        except psycopg.Error as error:
            self.broken = self.raw.broken or self.raw.closed
            raise _translated(error, error.sqlstate) from error
        except BaseException:  # interrupted in the midst of the protocol
            self.broken = True
            raise


class AsyncpgLink(Link):
    """A connection of the running event loop; each wait is the loop's."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self.raw = raw

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
        status: str = self._await(self.raw.execute(sql, *params))
        count = status.rpartition(" ")[2]
        return (int(count) if count.isdigit() else -1), None

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction."""
        self._await(self.raw.execute(_begin(isolation, read_only, deferrable)))

    def close(self) -> None:
        """End the connection at once."""
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
        except OSError as error:
            self.broken = True
            raise OperationalError(str(error)) from error
        except BaseException:  # cancelled in the midst of the protocol
            self.broken = True
            raise


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
            options=" ".join("-c " + f"{k}={v}".replace(" ", "\\ ") for k, v in _settings(options).items()),
            # A pooler that hands each transaction to another server knows no statements prepared on the last one.
            prepare_threshold=5 if options["prepared_statements"] else None,
        )
    except psycopg.Error as error:
        raise OperationalError(str(error).strip()) from error
    for name in ("json", "jsonb"):
        raw.adapters.register_loader(name, TextLoader)
    link = PsycopgLink(raw)
    for statement in init:
        link.run(statement, ())
    return link


def connect_asyncpg(options: dict[str, Any], init: Sequence[str]) -> AsyncpgLink:
    """Open a connection of the running event loop."""
    cache: dict[str, Any] = {} if options["prepared_statements"] else {"statement_cache_size": 0}
    try:
        raw = wait(
            asyncpg.connect(
                host=options["host"],
                port=options["port"],
                user=options["user"],
                password=options["password"],
                database=options["database"],
                timeout=options["connect_timeout"],
                server_settings=_settings(options),
                **cache,
            )
        )
    except asyncpg.PostgresError as error:
        raise OperationalError(*error.args) from error
    except (OSError, TimeoutError) as error:
        raise OperationalError(f"Cannot reach {options['host']}:{options['port']}: {error}") from error
    link = AsyncpgLink(raw)
    for statement in init:
        link.run(statement, ())
    return link


def _begin(isolation: str | None, read_only: bool, deferrable: bool) -> str:
    parts = ["BEGIN"]
    if isolation is not None:
        parts.append(f"ISOLATION LEVEL {isolation.upper()}")
    if read_only:
        parts.append("READ ONLY")
    if deferrable:
        parts.append("DEFERRABLE")
    return " ".join(parts)


def _settings(options: dict[str, Any]) -> dict[str, str]:
    """Return what the server is told about the session."""
    settings = {"timezone": "UTC"}
    if options["statement_timeout"]:
        settings["statement_timeout"] = str(int(options["statement_timeout"] * 1000))
    if options["isolation"]:
        settings["default_transaction_isolation"] = options["isolation"]
    return settings


def _translated(error: Exception, state: str | None) -> OrmError:
    return by_sqlstate(error, state) if state else OperationalError(*error.args)


def _client_error(error: Exception) -> type[OrmError]:
    from partita.orm.errors import DataError

    return DataError if isinstance(error, ValueError) else InterfaceError
