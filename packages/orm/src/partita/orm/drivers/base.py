"""What the ORM asks of a connection, whatever the driver."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from partita.orm.errors import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    OrmError,
    ProgrammingError,
)

__all__ = ("Answer", "Link", "Row", "Rows", "by_pep249_name", "by_sqlstate", "set_up", "with_placeholders")

Row = Sequence[Any]


class Answer(NamedTuple):
    """Everything a driver tells about one statement.

    Attributes:
        names: The names of the columns; empty for a statement that gives no rows.
        rows: All rows.
        total: How many rows there are or were touched; -1 where the driver does not tell.
        last: The key last made, where the driver tells it.
    """

    names: Sequence[str]
    rows: Sequence[Row]
    total: int
    last: int | None = None


_BY_NAME: dict[str, type[OrmError]] = {
    kind.__name__: kind
    for kind in (
        DataError,
        OperationalError,
        IntegrityError,
        InternalError,
        ProgrammingError,
        NotSupportedError,
        DatabaseError,
        InterfaceError,
    )
}
_BY_STATE: dict[str, type[DatabaseError]] = {
    "08": OperationalError,
    "0A": NotSupportedError,
    "22": DataError,
    "23": IntegrityError,
    "25": InternalError,
    "26": ProgrammingError,
    "28": OperationalError,
    "2B": InternalError,
    "2D": InternalError,
    "3D": ProgrammingError,
    "3F": ProgrammingError,
    "40": OperationalError,
    "42": ProgrammingError,
    "53": OperationalError,
    "54": OperationalError,
    "55": OperationalError,
    "57": OperationalError,
    "58": OperationalError,
    "XX": InternalError,
}


class Rows(Protocol):
    """Rows of one statement that are still with the database."""

    def next(self, count: int) -> Sequence[Row]:
        """Return at most ``count`` rows; none at the end."""
        ...

    def close(self) -> None:
        """Let the rest go."""


class Link(ABC):
    """One connection. Blocking ones block; native ones wait through the bridge.

    ``broken`` is set once the protocol's state is unknown or the other side is gone; such a link is closed, never reused.
    """

    __slots__ = ("broken", "expires", "idle_since")

    def __init__(self) -> None:
        self.broken = False
        self.idle_since = self.expires = 0.0

    @abstractmethod
    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""

    @abstractmethod
    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names, where it gives rows at all, and its rows."""

    @abstractmethod
    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows touched and the key last made, if the driver tells it."""

    @abstractmethod
    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""

    @abstractmethod
    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched, or -1."""

    @abstractmethod
    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> "Rows":
        """Run one statement whose rows are asked for some at a time.

        Args:
            sql: A query.
            params: Its values.
            hold: Whether the rows must outlive the transaction, because there is none.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection; never waits and never fails."""

    @abstractmethod
    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        """Begin a transaction.

        Args:
            isolation: A level that the caller has checked; None for the connection's own.
            read_only: Refuse to write.
            deferrable: Wait for a moment from which a serializable, read-only transaction cannot fail (PostgreSQL).
        """

    def copy_in(self, sql: str, rows: Any) -> None:
        """Run PostgreSQL's COPY with `partita.orm.copying.CopiedRows`.

        Raises:
            NotSupportedError: Elsewhere.
        """
        raise NotSupportedError("Only PostgreSQL knows COPY.")

    def ended(self) -> None:
        """Hear that the transaction is over."""
        return

    def ping(self) -> bool:
        """Return whether the other side still answers."""
        try:
            self.fetch("SELECT 1", ())
        except (DatabaseError, InterfaceError):
            return False
        return True

    def interrupt(self) -> None:
        """Ask a statement that runs in another thread to stop; those of an event loop are cancelled instead."""
        return


def set_up(link: Link, statements: Iterable[str]) -> None:
    """Run what a session begins with; a link for which that fails is closed, for nobody else knows of it."""
    try:
        for statement in statements:
            link.run(statement, ())
    except BaseException:
        link.close()
        raise


def by_pep249_name(error: Exception) -> OrmError:
    """Return our error for one that a PEP 249 driver raised."""
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__](*error.args)
    return DatabaseError(*error.args)


def by_sqlstate(error: Exception, state: str | None) -> OrmError:
    """Return our error for an SQLSTATE (ISO 9075)."""
    return _BY_STATE.get((state or "")[:2], DatabaseError)(*error.args)


def with_placeholders(sql: str, style: str) -> str:
    """Write SQL that has ``%s`` for parameters and ``%%`` for percent signs in another style."""
    if style == "format":
        return sql
    count = 0

    def replace(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        count += 1
        return "?" if style == "qmark" else f"${count}"

    return re.sub(r"%s|%%", replace, sql)
