"""What the ORM asks of a connection, whatever the driver."""

import re
import select
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

from partita.bridge import Stop
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

__all__ = (
    "NOBODY_WAITS",
    "Answer",
    "Link",
    "Row",
    "Rows",
    "by_pep249_name",
    "by_sqlstate",
    "is_closing",
    "let_go",
    "number_in_loop",
    "set_up",
    "with_placeholders",
)

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


_ABORTED = "25P02"  # in_failed_sql_transaction
_WHY_ABORTED = "An earlier statement of this transaction failed; what may fail belongs in an atomic() block of its own."
_NO_TABLE, _MYSQL_NO_TABLE = "42P01", 1146
_MAKE_TABLES = "Tables are made by migrations (`partita migrate`), or in scripts and tests by database.create_all()."


NOBODY_WAITS = "Nobody waits for this thread any more: the client has left, or the time for its answer is over."
_POLL: Any = getattr(select, "poll", None)  # Windows has none


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

    __slots__ = ("broken", "expires", "idle_since", "stop")

    interrupts_late: ClassVar[bool] = True
    """Whether what `interrupt` asked for may hit a later statement, so that the connection is not to be used again."""

    def __init__(self) -> None:
        self.broken = False
        self.stop: Stop | None = None  # of the thread that has borrowed it, if somebody may stop waiting for that
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

    def roll_back(self) -> None:
        """Undo the transaction."""
        self.run("ROLLBACK", ())

    def ended(self) -> None:
        """Hear that the transaction is over."""
        return

    def fileno(self) -> int:
        """Return the number of the socket; -1 where there is none to look at."""
        return -1

    def has_news(self) -> bool:
        """Return whether the other side sent something that nobody asked for: as a rule, that it is gone."""
        number = self.fileno()
        if number < 0:
            return False
        if _POLL is None:
            return bool(select.select([number], [], [], 0)[0])
        look = _POLL()
        look.register(number, select.POLLIN)
        return bool(look.poll(0))

    def ping(self) -> bool:
        """Return whether the other side still answers."""
        try:
            self.fetch("SELECT 1", ())
        except (DatabaseError, InterfaceError):
            return False
        return True

    def interrupt(self) -> None:
        """Ask a statement that runs in another thread to stop; those of an event loop are cancelled instead.

        Where that may come to pass late, as `interrupts_late` tells, the connection is not to be used for anything else afterwards.
        """
        return


def number_in_loop(raw: Any) -> int:
    """Return the number of the socket of a connection that an event loop serves; -1 where the driver hides it."""
    transport = getattr(raw, "_transport", None)
    found = None if transport is None else transport.get_extra_info("socket")
    return -1 if found is None else int(found.fileno())


def is_closing(raw: Any) -> bool:
    """Return whether the loop has heard that the other side of a connection is gone."""
    transport = getattr(raw, "_transport", None)
    return transport is not None and bool(transport.is_closing())


def let_go(raw: Any) -> None:
    """Close the socket of a connection whose event loop is closed: the loop will not do it, nor would the server hear of it otherwise.

    asyncio closes a transport's socket when its loop next runs, which is never; garbage collection does it then, with a warning.
    """
    transport: Any = getattr(raw, "_transport", None)
    encrypted: Any = getattr(transport, "_ssl_protocol", None)
    several: tuple[Any, ...] = (transport, getattr(encrypted, "_transport", None))
    for each in several:
        sock, loop = getattr(each, "_sock", None), getattr(each, "_loop", None)
        if sock is not None and (loop is None or loop.is_closed()):
            sock.close()
            each._sock = None  # as the transport itself has it once it is closed


def set_up(link: Link, statements: Iterable[str]) -> None:
    """Run what a session begins with; a link for which that fails is closed, for nobody else knows of it."""
    try:
        for statement in statements:
            link.run(statement, ())
    except BaseException:
        link.close()
        raise


def by_pep249_name(error: Exception) -> OrmError:
    """Return our error for one that a PEP 249 driver raised, or Python while it read or wrote a value for the driver."""
    if isinstance(error, ValueError | OverflowError):
        return DataError(str(error))  # its arguments would be the whole text
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _noted(_BY_NAME[kind.__name__](*error.args))
    return DatabaseError(*error.args)


def by_sqlstate(error: Exception, state: str | None) -> OrmError:
    """Return our error for an SQLSTATE (ISO 9075)."""
    kind = _BY_STATE.get((state or "")[:2], DatabaseError)
    if state == _ABORTED:
        return kind(f"{error}. {_WHY_ABORTED}")
    return _noted(kind(*error.args), missing_table=state == _NO_TABLE)


def _noted(error: OrmError, *, missing_table: bool = False) -> OrmError:
    """Add how to mend it, where that is known."""
    first = error.args[0] if error.args else None
    if missing_table or first == _MYSQL_NO_TABLE or (isinstance(first, str) and first.startswith("no such table")):
        error.add_note(_MAKE_TABLES)
    return error


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
