"""psycopg's own pool in place of ours, for code that blocks: it opens connections in the background and keeps some ready."""

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import psycopg

from partita.orm.drivers.base import Link
from partita.orm.drivers.postgresql import PsycopgLink
from partita.orm.errors import NotSupportedError, OperationalError, OrmError, PoolTimeout
from partita.orm.pool import Pool
from partita.orm.pool_statistics import PoolStatistics

try:
    import psycopg_pool
except ImportError as error:  # pragma: no cover - the extra is part of the tests
    raise OperationalError('pool=psycopg needs psycopg_pool: pip install "partita-orm[postgresql-pool]".') from error

__all__ = ("PsycopgPool",)


class PsycopgPool(Pool):
    """Lends what a ``psycopg_pool.ConnectionPool`` opens and keeps.

    A server that cannot be reached is tried again and again for as long as whoever asks is willing to wait, so the error comes
    later than from our own pool.

    Args:
        make: Opens a connection of psycopg.
        announce: Told of each new connection, by whoever is the first to get it.
        name: For errors and the names of threads.
        size: Most connections at a time.
        timeout: Seconds to wait in line.
        check_after: Seconds of idleness after which a connection is asked whether it lives.
        max_lifetime: Seconds after which a connection is replaced; 0 for no limit.
        min_size: Connections that are kept open even if nobody uses them.
        max_idle: Seconds after which one that is not needed is closed.
    """

    __slots__ = ("_announce", "_failure", "_links", "_new", "_psycopg")

    def __init__(
        self,
        make: Callable[[], Link],
        announce: Callable[[], None],
        name: str,
        size: int,
        timeout: float,
        check_after: float = 20.0,
        max_lifetime: float = 0.0,
        *,
        min_size: int = 1,
        max_idle: float = 600.0,
    ) -> None:
        super().__init__(make, name, size, timeout, check_after, max_lifetime)
        self._announce = announce
        self._failure: OrmError | None = None  # why the last connection could not be opened
        self._links: WeakKeyDictionary[psycopg.Connection[Any], PsycopgLink] = WeakKeyDictionary()
        self._new: set[int] = set()
        pool = self

        class Opened(psycopg.Connection[Any]):
            """What the pool calls to have a connection opened: it gets one with everything done that we do to new ones."""

            @classmethod
            def connect(cls, *_: Any, **__: Any) -> Any:
                return pool._raw()

        self._psycopg: psycopg_pool.ConnectionPool[Any] = psycopg_pool.ConnectionPool(
            connection_class=Opened,
            min_size=min(min_size, size),
            max_size=size,
            timeout=timeout,
            max_lifetime=max_lifetime or 10 * 365 * 86400.0,  # it knows no "never"
            max_idle=max_idle,
            check=self._check,
            name=f"partita-orm-{name}",
            open=False,
        )

    @property
    def open(self) -> int:
        """Connections that exist, borrowed or idle."""
        return self._psycopg.get_stats().get("pool_size", 0)

    @property
    def in_use(self) -> int:
        """Connections that somebody has borrowed."""
        counts = self._psycopg.get_stats()
        return counts.get("pool_size", 0) - counts.get("pool_available", 0)

    @property
    def statistics(self) -> PoolStatistics:
        """What it has done since it was made; times are whole milliseconds added up."""
        counts = self._psycopg.get_stats()
        opened = counts.get("connections_num", 0) - counts.get("connections_errors", 0)
        taken = counts.get("requests_num", 0) - counts.get("requests_errors", 0)
        with self._lock:
            return PoolStatistics(
                size=self._size,
                open=counts.get("pool_size", 0),
                in_use=counts.get("pool_size", 0) - counts.get("pool_available", 0),
                waiting=counts.get("requests_waiting", 0),
                opened=opened,
                reused=max(taken - opened, 0),
                dead=self._dead,
                waits=counts.get("requests_queued", 0),
                timeouts=self._timeouts,
                opening_seconds=counts.get("connections_ms", 0) / 1000,
                waiting_seconds=counts.get("requests_wait_ms", 0) / 1000,
                longest_wait=self._longest_wait,
            )

    def _acquire(self) -> Link:
        """Borrow a link, as `acquire` does.

        Raises:
            PoolTimeout: If none came free in time.
            OperationalError: If none could be opened in time; with the reason.
        """
        self._psycopg.open()  # nothing happens if it is
        started = time.perf_counter()
        try:
            raw = self._psycopg.getconn()
        except psycopg_pool.PoolTimeout as error:
            with self._lock:
                self._timeouts += 1
            if self._failure is not None:
                raise OperationalError(*self._failure.args) from error
            raise PoolTimeout(self._name, self._size, self._timeout) from error
        finally:
            with self._lock:
                self._longest_wait = max(self._longest_wait, time.perf_counter() - started)
        link = self._links[raw]
        with self._lock:
            is_new = id(link) in self._new
            self._new.discard(id(link))
        if is_new:
            self._announce()
        return link

    async def aacquire(self) -> Link:
        """Refuse.

        Raises:
            NotSupportedError: Always: whoever awaits uses asyncpg, whose connections our own pool keeps.
        """
        raise NotSupportedError("psycopg's pool is for code that blocks.")

    def release(self, link: Link) -> None:
        """Give a link back; a broken one is closed."""
        assert isinstance(link, PsycopgLink)
        if link.stop is not None:
            stop, link.stop = link.stop, None
            link.broken |= stop.forget(link)
        if link.broken:
            self._suspect = time.monotonic()
            link.close()  # the pool sees it, and opens another
        link.idle_since = time.monotonic()
        self._psycopg.putconn(link.raw)

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back."""
        self._psycopg.close()

    def _raw(self) -> "psycopg.Connection[Any]":
        try:
            link = self._make()
        except OrmError as error:
            self._failure = error
            raise
        assert isinstance(link, PsycopgLink)
        link.idle_since = time.monotonic()
        with self._lock:
            self._failure = None
            self._links[link.raw] = link
            self._new.add(id(link))
        return link.raw

    def _check(self, raw: "psycopg.Connection[Any]") -> None:
        link = self._links[raw]
        if self._is_doubtful(link) and not link.ping():
            with self._lock:
                self._dead += 1
            link.close()
            raise OperationalError("The connection no longer answers.")
