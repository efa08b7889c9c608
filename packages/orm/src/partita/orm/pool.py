"""A bounded set of connections that threads and tasks borrow from."""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from partita import bridge
from partita.bridge import STOP, Stop
from partita.orm.drivers.base import NOBODY_WAITS, Link
from partita.orm.errors import OperationalError, PoolTimeout
from partita.orm.pool_statistics import PoolStatistics

__all__ = ("Pool",)

_NEWS = 0.002  # seconds of rest after which a connection is looked at; one that is reused at once would pay for the system call


class Pool:
    """Hands out links; whoever comes too late waits in line.

    Args:
        make: Opens a connection.
        name: For errors.
        size: Most connections at a time.
        timeout: Seconds to wait in line.
        check_after: Seconds of idleness after which a connection is asked whether it lives.
        max_lifetime: Seconds after which a connection that comes back is closed, give or take a tenth, so that not all
            of them end at once; 0 for no limit.
    """

    __slots__ = (
        "_check_after",
        "_closed",
        "_count",
        "_dead",
        "_idle",
        "_line",
        "_lock",
        "_longest_wait",
        "_make",
        "_max_lifetime",
        "_name",
        "_opened_count",
        "_opening_seconds",
        "_reused",
        "_size",
        "_suspect",
        "_timeout",
        "_timeouts",
        "_waiting_seconds",
        "_waits",
    )

    def __init__(
        self,
        make: Callable[[], Link],
        name: str,
        size: int,
        timeout: float,
        check_after: float = 20.0,
        max_lifetime: float = 0.0,
    ) -> None:
        self._make, self._name, self._size = make, name, size
        self._timeout, self._check_after, self._max_lifetime = timeout, check_after, max_lifetime
        self._suspect = 0.0  # when a connection was last found broken: the idle ones may be so too
        self._idle: list[Link] = []
        self._line: deque[Future[Link | None]] = deque()
        self._count = 0
        self._closed = False
        self._lock = threading.Lock()
        self._opened_count = self._reused = self._dead = self._waits = self._timeouts = 0
        self._opening_seconds = self._waiting_seconds = self._longest_wait = 0.0

    @property
    def in_use(self) -> int:
        """Connections that somebody has borrowed."""
        return self._count - len(self._idle)

    @property
    def open(self) -> int:
        """Connections that exist, borrowed or idle."""
        return self._count

    @property
    def statistics(self) -> PoolStatistics:
        """What it has done since it was made, all counts of one moment."""
        with self._lock:
            return PoolStatistics(
                size=self._size,
                open=self._count,
                in_use=self._count - len(self._idle),
                waiting=sum(not place.done() for place in self._line),
                opened=self._opened_count,
                reused=self._reused,
                dead=self._dead,
                waits=self._waits,
                timeouts=self._timeouts,
                opening_seconds=self._opening_seconds,
                waiting_seconds=self._waiting_seconds,
                longest_wait=self._longest_wait,
            )

    def acquire(self) -> Link:
        """Borrow a link; beneath the bridge the wait is the loop's, else it blocks.

        Raises:
            PoolTimeout: If none came free in time.
            OperationalError: If nobody waits for this thread any more.
        """
        link = self._acquire()
        stop = STOP.get()
        if stop is not None:
            self._watch(link, stop)
        return link

    def _watch(self, link: Link, stop: Stop) -> None:
        if not stop.watch(link, link.interrupt):
            self.release(link)
            raise OperationalError(NOBODY_WAITS)
        link.stop = stop

    def _acquire(self) -> Link:
        with self._lock:
            if self._idle:
                self._reused += 1
                place: Link | Future[Link | None] | None = self._idle.pop()
            else:
                place = self._enter()
        if place is None:
            return self._opened()
        if not isinstance(place, Future):  # to ask whether it is a link would take the slow way of abstract classes
            return self._checked(place)
        if bridge.active():
            return self._received(bridge.wait(self._await_place(place)))
        started = time.perf_counter()
        try:
            link = place.result(self._timeout)
        except FutureTimeout:
            link = self._given_up(place)
        except BaseException:
            self._leave_line(place)
            raise
        finally:
            self._note_wait(time.perf_counter() - started)
        return self._received(link)  # out of the block: who fails to open one gives up the room by itself

    async def aacquire(self) -> Link:
        """Async twin of `acquire`, for a link that is then used in a thread."""
        with self._lock:
            place = self._enter()
        if place is None:
            return self._opened()
        if not isinstance(place, Future):
            return self._checked(place)
        return self._received(await self._await_place(place))

    def release(self, link: Link) -> None:
        """Give a link back; a broken one is closed."""
        if link.stop is not None:
            stop, link.stop = link.stop, None
            link.broken |= stop.forget(link) and link.interrupts_late
        now = time.monotonic()
        if link.broken or self._closed or (self._max_lifetime and now > link.expires):
            if link.broken:
                self._suspect = now
            self._discard(link)
            return
        link.idle_since = now
        with self._lock:
            while self._line:
                place = self._line.popleft()
                if place.set_running_or_notify_cancel():
                    self._reused += 1
                    place.set_result(link)
                    return
            self._idle.append(link)

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            self._count -= len(idle)
        for link in idle:
            link.close()

    def _enter(self) -> "Link | Future[Link | None] | None":
        if self._idle:
            self._reused += 1
            return self._idle.pop()
        if self._count < self._size:
            self._count += 1
            return None
        place: Future[Link | None] = Future()
        self._line.append(place)
        return place

    def _opened(self) -> Link:
        started = time.perf_counter()
        try:
            link = self._make()
        except BaseException:
            self._give_room()
            raise
        if self._max_lifetime:
            link.expires = time.monotonic() + self._max_lifetime * random.uniform(0.9, 1.1)
        with self._lock:
            self._opened_count += 1
            self._opening_seconds += time.perf_counter() - started
        return link

    def _checked(self, link: Link) -> Link:
        if self._is_doubtful(link) and not self._alive(link):
            with self._lock:
                self._dead += 1
                self._reused -= 1  # it was counted when it was taken
            link.close()
            return self._opened()
        return link

    def _is_doubtful(self, link: Link) -> bool:
        """Return whether a connection is to be asked before it is used."""
        idle = time.monotonic() - link.idle_since
        return link.idle_since < self._suspect or idle > self._check_after or (idle > _NEWS and link.has_news())

    def _alive(self, link: Link) -> bool:
        try:
            return link.ping()
        except BaseException:  # cancelled: nobody has the link now
            self._discard(link)
            raise

    def _received(self, link: Link | None) -> Link:
        return self._opened() if link is None else link

    async def _await_place(self, place: "Future[Link | None]") -> Link | None:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.wrap_future(place)
        except TimeoutError:
            return self._given_up(place)
        except BaseException:
            self._leave_line(place)
            raise
        finally:
            self._note_wait(time.perf_counter() - started)

    def _note_wait(self, seconds: float) -> None:
        with self._lock:
            self._waits += 1
            self._waiting_seconds += seconds
            self._longest_wait = max(self._longest_wait, seconds)

    def _given_up(self, place: "Future[Link | None]") -> Link | None:
        if place.cancel() or place.cancelled():
            with self._lock:
                self._timeouts += 1
            raise PoolTimeout(self._name, self._size, self._timeout)
        return place.result()  # it came at the last moment

    def _leave_line(self, place: "Future[Link | None]") -> None:
        if not place.cancel() and not place.cancelled():
            link = place.result()
            if link is None:
                self._give_room()
            else:
                self.release(link)

    def _discard(self, link: Link) -> None:
        link.close()
        self._give_room()

    def _give_room(self) -> None:
        with self._lock:
            while self._line:
                place = self._line.popleft()
                if place.set_running_or_notify_cancel():
                    place.set_result(None)  # the room is theirs; they open a connection themselves
                    return
            self._count -= 1
