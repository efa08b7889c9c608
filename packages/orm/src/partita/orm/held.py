"""A connection that one context holds: for a transaction, or for one operation."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from partita import bridge
from partita.orm.drivers.base import NOBODY_WAITS, Answer, Link, Row
from partita.orm.errors import OperationalError, TransactionManagementError
from partita.orm.pool import Pool

__all__ = ("Held",)


class Held:
    """A link with the state of its transaction; tasks that share it take turns, statement by statement.

    ``depth`` counts open blocks; 0 means no transaction, so statements commit by themselves. ``manual`` says that the outermost is
    none: the code ends its transactions itself.
    """

    __slots__ = ("depth", "hooks", "link", "lock", "manual", "must_roll_back", "native", "owner", "pool", "savepoints")

    def __init__(self, link: Link, pool: Pool, *, native: bool) -> None:
        self.link, self.pool, self.native = link, pool, native
        self.depth = 0
        self.savepoints = 0
        self.hooks: list[tuple[tuple[str, ...], Callable[[], object], bool]] = []
        self.must_roll_back = False
        self.manual = False
        self.lock: _TaskLock | threading.RLock = _TaskLock() if native else threading.RLock()
        self.owner = current_task() if native else None

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        self._check()
        with self.lock:
            return self.link.fetch(sql, params)

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        """Run one statement and return its columns' names and its rows."""
        self._check()
        with self.lock:
            return self.link.fetch_named(sql, params)

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        """Run one statement; return the count of rows and the last key."""
        self._check()
        with self.lock:
            return self.link.run(sql, params)

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        """Run one statement of any kind and return everything the driver tells about it."""
        self._check()
        with self.lock:
            return self.link.answer(sql, params)

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Run one statement with many sets of parameters; return the count of rows touched, or -1."""
        self._check()
        with self.lock:
            return self.link.run_many(sql, params)

    def copy_in(self, sql: str, rows: Any) -> None:
        """Run PostgreSQL's COPY."""
        self._check()
        with self.lock:
            self.link.copy_in(sql, rows)

    def roll_back(self) -> None:
        """Undo the whole transaction, even if nobody waits for it any more."""
        with self.lock:
            self.link.roll_back()

    def _check(self) -> None:
        if self.must_roll_back:
            raise TransactionManagementError(
                "An error inside this transaction was caught outside of the block it broke. "
                "Nothing can run until the end of the outer atomic block."
            )
        if self.link.broken:
            raise TransactionManagementError("This transaction's connection is lost; nothing of it was kept.")
        if self.link.stop is not None and self.link.stop.is_set:
            raise OperationalError(NOBODY_WAITS)


class _TaskLock:
    """A lock for tasks of one loop, taken without a wait while it is free."""

    __slots__ = ("_busy", "_line")

    def __init__(self) -> None:
        self._busy = False
        self._line: deque[asyncio.Future[None]] = deque()

    def __enter__(self) -> None:
        if not self._busy:
            self._busy = True
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(place)
        try:
            bridge.wait(place)
        except BaseException:
            if place.done() and not place.cancelled():
                self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._busy = False


def current_task() -> object:
    """Return the task that runs here, or None."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
