"""What a WebSocket session asks of what carries it, be it a connection of HTTP/1.1 or a stream of HTTP/2."""

from typing import Protocol

from partita.http import Headers
from partita.server.websocket.deflate import Deflate

__all__ = ("Opening", "Transport")


class Transport(Protocol):
    """What carries the bytes: a transport of asyncio, or a stream of HTTP/2."""

    def write(self, data: bytes) -> None:
        """Send bytes after those before them."""

    def close(self) -> None:
        """End once everything has been sent."""

    def abort(self) -> None:
        """End at once."""

    def pause_reading(self) -> None:
        """Let the peer wait."""

    def resume_reading(self) -> None:
        """Go on reading."""

    def can_write_eof(self) -> bool:
        """Tell whether one side can end before the other."""
        ...

    def write_eof(self) -> None:
        """End this side."""

    def get_write_buffer_size(self) -> int:
        """Return the bytes that have not gone out."""
        ...


class Opening(Protocol):
    """Answers the request that asked for the WebSocket."""

    deflate: Deflate | None

    def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Write the answer that opens it."""

    def deny(self, status: int, headers: Headers, body: bytes | None) -> None:
        """Begin another answer, and end it if ``body`` is its whole."""

    async def deny_more(self, body: bytes, more: bool) -> None:
        """Write a piece of that answer."""
