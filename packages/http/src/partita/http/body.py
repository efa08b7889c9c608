"""Where a request's body comes from: read whole or chunk by chunk, sync or async."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Protocol, TypeVar

from partita.http.errors import BodyError, ContentTooLarge

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop  # loading it takes 25 ms, and only streams need it

__all__ = ("Body", "BytesBody", "StreamBody", "Wait")

T = TypeVar("T")


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
    """

    __slots__ = ("_data", "_length", "_loop", "_receive", "_started", "_wait")

    def __init__(
        self,
        receive: Callable[[], Awaitable[bytes | None]],
        wait: Wait | None = None,
        loop: "AbstractEventLoop | None" = None,
        length: int | None = None,
    ) -> None:
        self._receive = receive
        self._wait = wait
        self._loop = loop or _running_loop()
        self._length = length
        self._data: bytes | None = None
        self._started = False

    async def aread(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        if self._data is None:
            if limit is not None and self._length is not None and self._length > limit:
                raise ContentTooLarge(f"The body has more than {limit} bytes.")
            self._start()
            data = BytesIO()  # gives its bytes without a copy of them
            size = 0
            while (chunk := await self._receive()) is not None:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise ContentTooLarge(f"The body has more than {limit} bytes.")
                data.write(chunk)
            self._data = data.getvalue()
        elif limit is not None and len(self._data) > limit:
            raise ContentTooLarge(f"The body has more than {limit} bytes.")
        return self._data

    def read(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        return self._await(self.aread, limit)

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


def _running_loop() -> "AbstractEventLoop":
    import asyncio

    return asyncio.get_running_loop()


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable
