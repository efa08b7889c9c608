"""The body of a request while it comes in, with back-pressure."""

import asyncio
from collections.abc import Callable

__all__ = ("Incoming",)

_HIGH_WATER = 65_536


class Incoming:
    """Bytes between a connection and whoever reads the body; holds little more than 64 KiB.

    Args:
        loop: The running event loop.
        on_wait: Called before waiting for bytes that have not come; sends ``100 Continue`` where it is awaited.
        on_drained: Called when there is room again.
    """

    __slots__ = ("_buffer", "_error", "_loop", "_on_drained", "_on_wait", "_waiter", "complete", "received")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_wait: Callable[[], None], on_drained: Callable[[], None]
    ) -> None:
        self._loop, self._on_wait, self._on_drained = loop, on_wait, on_drained
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self.complete = False
        self.received = 0

    @property
    def is_full(self) -> bool:
        """Whether the connection should stop reading for a while."""
        return len(self._buffer) > _HIGH_WATER

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for bytes right now."""
        return self._waiter is not None

    def feed(self, data: bytes) -> None:
        """Take bytes from the connection."""
        self._buffer += data
        self.received += len(data)
        self._wake()

    def finish(self) -> None:
        """Say that the body is complete."""
        self.complete = True
        self._wake()

    def fail(self, error: BaseException) -> None:
        """Let reading raise ``error`` after what has come."""
        if not self.complete and self._error is None:
            self._error = error
            self._wake()

    def take(self) -> bytes:
        """Return what is there, without waiting."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    async def receive(self) -> bytes | None:
        """Return the next bytes, or None at the end."""
        while not self._buffer:
            if self.complete:
                return None
            if self._error is not None:
                raise self._error
            self._on_wait()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        was_full = self.is_full
        data = self.take()
        if was_full:
            self._on_drained()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
