"""``Server-Timing``: what an answer spent its time on, for the browser's developer tools (W3C Server Timing)."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from partita.contracts.cache import Cache
from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.http.structured import Item, Token, write_list

__all__ = ("TIMINGS", "MeasuredCache", "Timings", "measure", "server_timing")

_NAME = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z]*")
_UNSENDABLE = re.compile(r"[^ -~]")  # an answer must not fail for what it tells of itself
_MOST = 50  # names; developer tools show no more, and heads stay short


class Timings:
    """Seconds by name; times of one name are added up.

    Args:
        clock: Seconds, never going back.
    """

    __slots__ = ("_clock", "_spent")

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._spent: dict[str, tuple[float, str]] = {}

    def add(self, name: str, seconds: float, description: str = "") -> None:
        """Add time that was measured elsewhere, such as that of a database.

        Args:
            name: A token, such as ``db``; names beyond the fiftieth are left out.
            seconds: What it took.
            description: ASCII for people; a question mark stands for anything else, such as in the names of files.

        Raises:
            ValueError: If ``name`` is no token.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no name of a time; take letters, digits and hyphens")
        if name in self._spent or len(self._spent) < _MOST:
            before, text = self._spent.get(name, (0.0, ""))
            self._spent[name] = (before + seconds, _UNSENDABLE.sub("?", description) or text)

    @contextmanager
    def measure(self, name: str, description: str = "") -> Iterator[None]:
        """Add the time that the block takes; see `add`."""
        begin = self._clock()
        try:
            yield
        finally:
            self.add(name, self._clock() - begin, description)

    def __str__(self) -> str:
        return write_list(
            Item(Token(name), {"dur": seconds * 1000, **({"desc": text} if text else {})})
            for name, (seconds, text) in self._spent.items()
        )


TIMINGS = Slot[Timings]("partita.http.timings")
"""Where views and layers put times; filled by `server_timing`."""
_CURRENT: ContextVar[Timings | None] = ContextVar("partita.http.timings", default=None)


@contextmanager
def measure(request: Any, name: str, description: str = "") -> Iterator[None]:
    """Measure a block for `server_timing`, if it is part of the application; otherwise do nothing.

    Args:
        request: The request, or its draft.
        name: See `Timings.add`.
        description: See `Timings.add`.
    """
    timings = request.state.get(TIMINGS)
    if timings is None:
        yield
        return
    with timings.measure(name, description):
        yield


def server_timing(when: Callable[[Request], bool], clock: Callable[[], float] = time.perf_counter) -> Middleware:
    """Return middleware that sends the times of answers, and the ``total``.

    Args:
        when: Who gets them, such as developers only: times tell attackers what was looked up, so there is no default.
        clock: Seconds, never going back.
    """

    def middleware(handler: Handler) -> Handler:
        async def timed(request: Request) -> Response:
            if not when(request):
                return await handler(request)
            timings = Timings(clock)
            request.state.fill(TIMINGS, timings)
            token = _CURRENT.set(timings)
            try:
                with timings.measure("total"):
                    response = await handler(request)
            finally:
                _CURRENT.reset(token)
            return response.with_added_header("Server-Timing", str(timings))

        return timed

    return middleware


class MeasuredCache:
    """A cache whose time counts as ``cache`` in the answer to the current request, if `server_timing` sends times for it.

    Args:
        cache: What keeps the bytes.
    """

    __slots__ = ("_cache",)

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        with _measured("cache"):
            return self._cache.get(key)

    async def aget(self, key: str) -> bytes | None:
        """Async twin of `get`."""
        with _measured("cache"):
            return await self._cache.aget(key)

    def set(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """See `Cache.set`."""
        with _measured("cache"):
            self._cache.set(key, value, seconds)

    async def aset(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """Async twin of `set`."""
        with _measured("cache"):
            await self._cache.aset(key, value, seconds)

    def delete(self, key: str) -> bool:
        """See `Cache.delete`."""
        with _measured("cache"):
            return self._cache.delete(key)

    async def adelete(self, key: str) -> bool:
        """Async twin of `delete`."""
        with _measured("cache"):
            return await self._cache.adelete(key)


def _measured(name: str) -> AbstractContextManager[None]:
    timings = _CURRENT.get()
    return nullcontext() if timings is None else timings.measure(name)
