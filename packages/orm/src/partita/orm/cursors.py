"""Cursors in the manner of PEP 249, for SQL of one's own."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import Token
from typing import TYPE_CHECKING, Any, Self

from partita.orm.drivers.base import Answer, with_placeholders
from partita.orm.errors import NotSupportedError, ProgrammingError
from partita.orm.held import Held

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("Cursor",)

_NAMED = r"%\((\w+)\)s|%%"
_PROCEDURE = r"[^\W\d]\w*(\.[^\W\d]\w*)?"
Params = Sequence[Any] | Mapping[str, Any] | None


class Cursor:
    """Runs SQL of one's own on a database, and gives what it answered.

    In a ``with`` or ``async with`` block every statement of the context, those of models too, runs on one connection, so that
    temporary tables and settings of a session are there; without, each call takes a connection of its own. The rows of a
    statement are all here once it ran.
    """

    __slots__ = ("_answer", "_database", "_entered", "_place", "arraysize")

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._answer: Answer | None = None
        self._place = 0
        self._entered: tuple[Held, Token[Held | None]] | None = None
        self.arraysize = 1

    # -- its connection ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._database.held.get() is None:
            self._enter(self._database.hold())
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    async def __aenter__(self) -> Self:
        if self._database.held.get() is None:
            self._enter(await self._database.ahold())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    def _enter(self, held: Held) -> None:
        self._entered = held, self._database.held.set(held)

    def _leave(self) -> None:
        self.close()
        if self._entered is not None:
            (held, token), self._entered = self._entered, None
            self._database.held.reset(token)
            held.pool.release(held.link)

    def close(self) -> None:
        """Forget the rows."""
        self._answer = None

    # -- statements -------------------------------------------------------------------------------------------------

    def execute(self, sql: str, params: Params = None) -> Self:
        """Run one statement.

        Args:
            sql: With ``%s`` for each parameter, or ``%(name)s`` if ``params`` is a mapping, and ``%%`` for a percent sign, whatever
                the driver. Without ``params`` a percent sign stands for itself.
            params: Values; never paste them into the SQL.
        """
        return self._took(self._database.perform(self._execute, sql, params))

    async def aexecute(self, sql: str, params: Params = None) -> Self:
        """Async twin of `execute`."""
        return self._took(await self._database.arun(self._execute, sql, params))

    def executemany(self, sql: str, params: Iterable[Sequence[Any] | Mapping[str, Any]]) -> Self:
        """Run one statement with each set of parameters, all or nothing."""
        return self._took(self._database.perform(self._execute_many, sql, list(params)))

    async def aexecutemany(self, sql: str, params: Iterable[Sequence[Any] | Mapping[str, Any]]) -> Self:
        """Async twin of `executemany`."""
        return self._took(await self._database.arun(self._execute_many, sql, list(params)))

    def callproc(self, name: str, params: Sequence[Any] = ()) -> Sequence[Any]:
        """Call a function of PostgreSQL or a procedure of MySQL; its rows are what is fetched next.

        Args:
            name: Its name, maybe with its schema.
            params: Values.

        Returns:
            The parameters.

        Raises:
            NotSupportedError: On SQLite, which has none.
        """
        self.execute(self._call(name, len(params)), params)
        return params

    async def acallproc(self, name: str, params: Sequence[Any] = ()) -> Sequence[Any]:
        """Async twin of `callproc`."""
        await self.aexecute(self._call(name, len(params)), params)
        return params

    # -- rows -------------------------------------------------------------------------------------------------------

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """Seven items for each column, of which the first is its name; None if the statement gives no rows."""
        if self._answer is None or not self._answer.names:
            return None
        return [(name, None, None, None, None, None, None) for name in self._answer.names]

    @property
    def rowcount(self) -> int:
        """How many rows the last statement gave or touched; -1 if nobody knows."""
        return -1 if self._answer is None else self._answer.total

    @property
    def lastrowid(self) -> int | None:
        """The key that the last statement made (SQLite, MySQL)."""
        return None if self._answer is None else self._answer.last

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Return the next ``size`` rows, or fewer at the end; ``arraysize`` unless given."""
        start = self._place
        rows = self._rows()[start : start + (self.arraysize if size is None else size)]
        self._place = start + len(rows)
        return [tuple(row) for row in rows]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        return self.fetchmany(len(self._rows()))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while (row := self.fetchone()) is not None:
            yield row

    def _rows(self) -> Sequence[Sequence[Any]]:
        if self._answer is None:
            raise ProgrammingError("There are no rows: the cursor has run no statement yet, or is closed.")
        return self._answer.rows

    def _took(self, answer: Answer) -> Self:
        self._answer, self._place = answer, 0
        return self

    def _execute(self, sql: str, params: Params) -> Answer:
        database = self._database
        style = database.backend.style
        if params is None:
            return database.answer(sql.replace("%", "%%") if style == "format" else sql)
        text, names = self._positional(sql, params)
        return database.answer(with_placeholders(text, style), _values(params, names, database.vendor))

    def _execute_many(self, sql: str, params: Sequence[Sequence[Any] | Mapping[str, Any]]) -> Answer:
        from partita.orm.transactions import atomic

        if not params:
            return Answer((), (), 0)
        text, names = self._positional(sql, params[0])
        database = self._database
        with atomic(database, savepoint=False):
            made = [_values(each, names, database.vendor) for each in params]
            return Answer((), (), database.run_many(with_placeholders(text, database.backend.style), made))

    @staticmethod
    def _positional(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> tuple[str, list[str] | None]:
        """Return SQL with a place for each parameter, and whose value goes where if they have names."""
        if not isinstance(params, Mapping):
            return sql, None
        names: list[str] = []

        def replace(found: re.Match[str]) -> str:
            if found[1] is None:
                return "%%"
            names.append(found[1])
            return "%s"

        return re.sub(_NAMED, replace, sql), names

    def _call(self, name: str, count: int) -> str:
        vendor = self._database.vendor
        if vendor == "sqlite":
            raise NotSupportedError("SQLite has no procedures.")
        if re.fullmatch(_PROCEDURE, name) is None:
            raise ValueError(
                f"{name!r:.80} is no name of a procedure: letters, digits and underscores, maybe after a schema."
            )
        quoted = ".".join(self._database.backend.quote(part) for part in name.split("."))
        places = ", ".join(["%s"] * count)
        return f"SELECT * FROM {quoted}({places})" if vendor == "postgresql" else f"CALL {quoted}({places})"


def _values(params: Sequence[Any] | Mapping[str, Any], names: list[str] | None, vendor: str) -> Sequence[Any]:
    from partita.orm.raw_values import driver_values

    if names is None:
        return driver_values(tuple(params), vendor)
    assert isinstance(params, Mapping)
    try:
        return driver_values([params[name] for name in names], vendor)
    except KeyError as error:
        raise ProgrammingError(f"There is no value for the parameter %({error.args[0]})s.") from None
