"""Where a request's body comes from: read whole or chunk by chunk, sync or async."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Protocol, TypeVar

from partita.http.errors import BodyError, ContentTooLarge

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop  # loading it takes 25 ms, and only streams need it

__all__ = ("Body", "BytesBody", "StreamBody", "Wait")

T = TypeVar("T")

LARGE = 4 * 2**20
"""Bytes up to which a body is collected as the buffer sees fit, which is in up to an eighth more than it needs."""


class Wait(Protocol):
    """Awaits on behalf of sync code; `partita.bridge.wait` is one."""

    def __call__(self, awaitable: Awaitable[T], /) -> T:
        """Return what ``awaitable`` gives."""
        ...


class Body(Protocol):
    """The bytes of a request; whoever makes the request gives one."""

    def read(self, limit: int | None = None) -> bytes:
        """Return all of it; again and again, if it was not streamed.

        Args:
            limit: Bytes; a longer body raises `ContentTooLarge` without being read to its end.
        """
        ...

    async def aread(self, limit: int | None = None) -> bytes:
        """Async twin of `read`."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Give the chunks as they come; once, and nothing is kept."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Async twin of ``__iter__``."""
        ...


class BytesBody:
    """A body that is here already."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    def read(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        if limit is not None and len(self._data) > limit:
            raise ContentTooLarge(f"The body has more than {limit} bytes.")
        return self._data

    async def aread(self, limit: int | None = None) -> bytes:
        """Async twin of `read`."""
        return self.read(limit)

    def __iter__(self) -> Iterator[bytes]:
        if self._data:
            yield self._data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._data:
            yield self._data


class StreamBody:
    """A body that arrives while it is read.

    The limits count bytes that came, not those that a header announced (CVE-2026-33034).

    Args:
        receive: Awaited for the next chunk; None ends the body.
        wait: Awaits for sync code that runs on the event loop's own thread, such as `partita.bridge.wait`. Sync code on
            other threads needs none.
        loop: The event loop that ``receive`` belongs to; the running one by default.
        length: Bytes that were announced, if any; so `read` refuses what is too long before any of it has come.
        drains: Whether it reads up to the limit all the same, and keeps nothing: some servers close what was not read, and then the
            answer is lost while the client still sends.
    """

    __slots__ = ("_data", "_drains", "_length", "_loop", "_receive", "_started", "_wait")

    def __init__(
        self,
        receive: Callable[[], Awaitable[bytes | None]],
        wait: Wait | None = None,
        loop: "AbstractEventLoop | None" = None,
        length: int | None = None,
        *,
        drains: bool = False,
    ) -> None:
        self._receive = receive
        self._drains = drains
        self._wait = wait
        self._loop = loop or _running_loop()
        self._length = length
        self._data: bytes | None = None
        self._started = False

    async def aread(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        if self._data is None:
            is_refused = limit is not None and self._length is not None and self._length > limit
            if is_refused and not self._drains:
                raise ContentTooLarge(f"The body has more than {limit} bytes.")
            self._start()
            size, room = 0, self._length if self._length is not None and limit is not None and not is_refused else 0
            data = collecting(room)
            while (chunk := await self._receive()) is not None:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise ContentTooLarge(f"The body has more than {limit} bytes.")
                if is_refused:
                    continue
                if size > LARGE and size > room and limit is not None:
                    room = make_room(data, size, limit)
                data.write(chunk)
            if is_refused:  # no server lets a body end before its length
                raise ContentTooLarge(f"The body was announced to have more than {limit} bytes.")
            if size > LARGE or room > LARGE:
                data.truncate()
            self._data = data.getvalue()
            return self._data
        return BytesBody(self._data).read(limit)

    def read(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        data = self._data
        if data is None:
            return self._await(self.aread, limit)
        return BytesBody(data).read(limit)  # somebody has awaited it, so nobody has to wait

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._data is not None:
            yield self._data
            return
        self._start()
        while (chunk := await self._receive()) is not None:
            yield chunk

    def __iter__(self) -> Iterator[bytes]:
        if self._data is not None:
            yield self._data
            return
        self._start()
        while (chunk := self._await(self._next)) is not None:
            yield chunk

    async def _next(self) -> bytes | None:
        return await self._receive()

    def _start(self) -> None:
        if self._started:
            raise BodyError("The body has been streamed or refused already, and nothing of it was kept.")
        self._started = True

    def _await(self, function: Callable[..., "Awaitable[T]"], *args: object) -> T:
        import asyncio

        try:
            running: AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is not self._loop:
            return asyncio.run_coroutine_threadsafe(_as_coroutine(function(*args)), self._loop).result()
        if self._wait is None:
            raise BodyError(
                "Sync code on the event loop's thread cannot wait for the body here. Use the async twin (`aread`, "
                "`ajson`, `aform`), or serve the application with a `wait` such as partita.bridge.wait."
            )
        return self._wait(function(*args))


def collecting(length: int) -> BytesIO:
    """Return the buffer for a body, which gives its bytes without a copy of them.

    One for a large body has its size from the beginning; the kernel gives no memory for it before it is written to.

    Args:
        length: Bytes that were announced, and that the limit allows; 0 if nobody knows.
    """
    return BytesIO(bytes(length)) if length > LARGE else BytesIO()


def make_room(data: BytesIO, size: int, limit: int) -> int:
    """Let a buffer grow by half, and in the end to the limit and no further; return the bytes that it has room for.

    Args:
        data: Holds what has come; ``truncate()`` takes away what is not needed in the end.
        size: Bytes that it has to have room for.
        limit: Bytes that it will hold at most.
    """
    room = size + size // 2
    if room + room // 2 > limit:  # a last step that is small would be rounded up, beyond the limit
        room = limit
    here = data.tell()
    data.seek(room - 1)
    data.write(b"\0")
    data.seek(here)
    return room


def _running_loop() -> "AbstractEventLoop":
    import asyncio

    return asyncio.get_running_loop()


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable
