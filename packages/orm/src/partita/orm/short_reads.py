"""Short reads of SQLite in the event loop's own thread, on a connection that neither waits nor writes."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from partita.orm.drivers.base import Link, Row
from partita.orm.held import Held
from partita.orm.pool import Pool

__all__ = ("Elsewhere", "MeasuredRead", "Pace", "Paces", "ShortReads")

T = TypeVar("T")
SHORT = 300e-6
"""Seconds that a statement may take to count as short, on average."""
TURN = 300e-6
"""Seconds of reading after which the loop has its turn before the next read."""
STEP = 20e-9
"""Seconds that a step of SQLite's machine takes, about."""
_ROW = 1e-6  # seconds until a row is in Python, about
_WORTH_A_TRY = 2e-3  # seconds in a thread, where it may take ten times as long as alone
_SAMPLE = 16
_MOST = 2048
_SETTLED = 0.1  # seconds within which a read in another thread is over, unless it waits for this one


class Elsewhere(BaseException):
    """The read that was begun is none for the loop's thread.

    Not an `Exception`, for no code between the statement and `ShortReads.run` may take it for an error of its own.
    """


class Pace:
    """How long one statement takes.

    The clock does not tell: where threads and processes crowd, it runs on while others work, and what then went to threads would
    make the crowd larger. So steps and rows are counted, and now and then the processor's time is read.

    Attributes:
        counted: Seconds by its steps and rows, a moving average.
        here: Seconds of processor time in the loop's thread, a moving average of samples.
        there: Seconds of processor time in worker threads, a moving average.
        wait: How often it must run elsewhere before it is tried here again.
        penance: How often that will be after the next failure.
    """

    __slots__ = ("_runs", "counted", "here", "penance", "there", "wait")

    def __init__(self) -> None:
        self.counted = self.here = 2 * SHORT
        self.there = 0.0
        self.wait, self.penance, self._runs = 1, 1, 0

    def may_run_here(self) -> bool:
        """Return whether it is short, as far as we know; now and then what was long may show that it is no more."""
        if self.counted < SHORT and self.here < 1.5 * SHORT:
            return True
        self.wait -= 1
        return self.wait < 0 and self.there < _WORTH_A_TRY

    def wants_sample(self) -> bool:
        """Return whether the processor's time should be read around its next run in the loop's thread."""
        self._runs += 1
        return self._runs % _SAMPLE == 1 or self.wait < 0

    def ran_here(self, steps: int, rows: int, seconds: float | None) -> None:
        """Take into account that it ran in the loop's thread, and the processor's time if it was read."""
        self.counted = _average(self.counted, steps * STEP + rows * _ROW)
        if seconds is not None:
            self.here = _average(self.here, seconds)
        if self.counted < SHORT and self.here < 1.5 * SHORT:
            self.wait = 0
        else:
            self._do_penance()

    def failed_here(self) -> None:
        """Take into account that it was stopped, or found a lock."""
        self.counted += (2 * SHORT - self.counted) / 4
        if self.counted >= SHORT:
            self._do_penance()

    def ran_there(self, seconds: float) -> None:
        """Take into account that it ran in a worker thread."""
        self.there += (seconds - self.there) / 8 if self.there else seconds

    def _do_penance(self) -> None:
        self.wait, self.penance = self.penance, min(2 * self.penance, 1024)


def _average(before: float, seconds: float) -> float:
    if before > SHORT > seconds:
        return seconds  # nothing was known, or it was too long: this is news
    return before + (min(seconds, 2 * SHORT) - before) / 8


class Paces:
    """How long statements take, by their SQL; of the two thousand that came last."""

    __slots__ = ("_paces",)

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def get(self, sql: str) -> Pace | None:
        """Return what is known about a statement."""
        return self._paces.get(sql)

    def ran_there(self, sql: str, seconds: float) -> None:
        """Take into account that a statement took so many seconds of processor time in a worker thread."""
        pace = self._paces.get(sql)
        if pace is None:
            if len(self._paces) >= _MOST:
                self._paces.pop(next(iter(self._paces)), None)
            pace = self._paces[sql] = Pace()
        pace.ran_there(seconds)

    def __len__(self) -> int:
        return len(self._paces)


class MeasuredRead(Held):
    """A connection in a worker thread, for one read, whose statements are timed."""

    __slots__ = ("_paces",)

    def __init__(self, link: Link, pool: Pool, paces: Paces) -> None:
        super().__init__(link, pool, native=False)
        self._paces = paces

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        """Run one statement and return its rows."""
        started = time.thread_time()  # and not the clock: under load a thread waits most of the time
        rows = super().fetch(sql, params)
        self._paces.ran_there(sql, time.thread_time() - started)
        return rows


class ShortReads:
    """Runs reads that are known to be short where they are asked for; all others are refused by `Elsewhere`.

    A hop to a thread and back costs more than a short read itself, and under load the thread has to win the interpreter's
    lock anew for each row. A read is known to be short by what it took before, first in a thread. One that takes longer
    than it used to is stopped; one that finds a lock does not wait for it; and one that would write cannot.

    Args:
        connect: Opens a connection.
        pool: Whose connections the reads would use else.
        held: Where the code that runs finds its connection.
    """

    __slots__ = (
        "_closed",
        "_connect",
        "_counts",
        "_hand",
        "_held",
        "_line",
        "_lock",
        "_loop",
        "_opening",
        "_pool",
        "_spent",
        "_usual",
        "paces",
    )

    def __init__(self, connect: Callable[[], Link], pool: Pool, held: "ContextVar[Held | None]") -> None:
        self._connect, self._pool, self._held = connect, pool, held
        self.paces = Paces()
        self._hand: Held | None = None
        self._opening = self._closed = False
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._line: deque[asyncio.Future[None]] = deque()
        self._spent, self._usual = 0.0, TURN / 10
        self._counts = False

    @property
    def is_open(self) -> bool:
        """Whether reads may be tried from the running loop; the first that does has them for itself."""
        if self._hand is None:
            return False
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                return False
            self._loop, self._line, self._spent, self._counts = loop, deque(), 0.0, False
        return True

    @property
    def is_tired(self) -> bool:
        """Whether the loop should have a turn first."""
        return self._spent > TURN or bool(self._line)

    async def turn(self) -> None:
        """Let the loop have its turn, and those who asked before."""
        place = asyncio.get_running_loop().create_future()
        self._line.append(place)
        await place

    def is_hand(self, held: Held | None) -> bool:
        """Return whether ``held`` is the connection of these reads."""
        return held is not None and held is self._hand

    def wants_opening(self) -> bool:
        """Return True once; whoever hears it calls `open` in a thread."""
        wanted, self._opening = not self._opening, True
        return wanted

    def open(self) -> None:
        """Open the connection; without one, reads go on in threads."""
        from partita.orm.drivers.sqlite import ShortReadLink

        with suppress(Exception):  # also what listens to connection_created may raise: threads go on without it
            hand = Held(ShortReadLink(self._connect(), self.paces), self._pool, native=False)
            with self._lock:
                if not self._closed:
                    self._hand = hand
                    return
            hand.link.close()

    def close(self) -> None:
        """Close the connection, now or as soon as the read in progress is over; none is opened again."""
        self._closed = self._opening = True
        hand, self._hand = self._hand, None
        if hand is not None and self._lock.acquire(timeout=_SETTLED):
            hand.link.close()
            self._lock.release()

    def run(self, function: Callable[[], T]) -> T:
        """Call ``function``, whose reads are short, in the thread of the running loop.

        Raises:
            Elsewhere: If they are not, or nobody knows; it must be called anew in another thread.
        """
        hand = self._hand
        if hand is None or not self._lock.acquire(blocking=False):
            raise Elsewhere
        token = self._held.set(hand)
        started = time.perf_counter()
        try:
            return function()
        finally:
            self._spend(time.perf_counter() - started)
            self._held.reset(token)
            self._lock.release()
            if self._hand is not hand:  # closed meanwhile
                hand.link.close()

    def _spend(self, seconds: float) -> None:
        self._spent += seconds
        self._usual += (seconds - self._usual) / 8
        if not self._counts and self._loop is not None:
            self._counts = True
            self._loop.call_soon(self._turned)

    def _turned(self) -> None:
        """Begin to count anew, and wake as many as will fill the turn."""
        line = self._line
        self._spent, self._counts = 0.0, bool(line)
        for _ in range(min(len(line), int(TURN / max(self._usual, 1e-6)) + 1)):
            place = line.popleft()
            if not place.done():  # cancelled
                place.set_result(None)
        if self._counts and self._loop is not None:
            self._loop.call_soon(self._turned)
