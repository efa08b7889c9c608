"""The body of a response while it goes out, framed by length, by chunks or by the end of the connection."""

from collections.abc import Awaitable, Callable

from partita.http import Headers
from partita.server.errors import ResponseAborted
from partita.server.wire import framing_length, head, phrase, prepared

__all__ = ("Outgoing",)


class Outgoing:
    """Writes one response piece by piece.

    Args:
        write: Takes bytes for the wire.
        drain: Awaited after each piece; waits while the client is slower than we are.
        date: The whole ``date`` line.
        version: Of the request.
        bare: Whether the body is left out, as in the answer to HEAD.
    """

    __slots__ = ("_bare", "_chunked", "_date", "_drain", "_left", "_version", "_write", "keep_alive", "size", "started")

    def __init__(
        self,
        write: Callable[[bytes], None],
        drain: Callable[[], Awaitable[None]],
        date: bytes,
        version: str,
        bare: bool,
        keep_alive: bool,
    ) -> None:
        self._write, self._drain, self._date, self._version, self._bare = write, drain, date, version, bare
        self._chunked = False
        self._left: int | None = None
        self.keep_alive = keep_alive
        self.started = False
        self.size = 0

    def begin(self, status: int, headers: Headers, length: int | None = None) -> None:
        """Write the head.

        Args:
            status: Of the response.
            headers: Of the response.
            length: Bytes that will come, if that is known; else what the headers announce.
        """
        lines = prepared(headers)
        if status in {204, 304}:
            self._bare, framing = True, b""
        else:
            self._left = framing_length(headers) if length is None else length
            if self._left is not None:
                framing = b"content-length: %d\r\n" % self._left
            elif self._version == "1.1":
                self._chunked, framing = True, b"transfer-encoding: chunked\r\n"
            else:
                self.keep_alive, framing = self.keep_alive and self._bare, b""
        self.keep_alive = self.keep_alive and not lines.close
        self.started = True
        self._write(head(status, self._date, lines.fields, framing, self.keep_alive, self._version))

    async def write(self, chunk: bytes) -> None:
        """Write a piece of the body.

        Raises:
            ResponseAborted: If it goes beyond the length announced.
        """
        if self._bare or not chunk:
            return
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise ResponseAborted("The body is longer than its Content-Length.")
        self.size += len(chunk)
        self._write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk)
        await self._drain()

    def passed(self, size: int) -> None:
        """Count bytes of the body that went past us, from a file to the socket; only with a length that is known."""
        self._left = (self._left or 0) - size
        self.size += size

    def end(self) -> None:
        """Say that the body is complete.

        Raises:
            ResponseAborted: If it is shorter than announced; the connection must break then, or the client would wait.
        """
        if self._left and not self._bare:
            raise ResponseAborted("The body is shorter than its Content-Length.")
        if self._chunked and not self._bare:
            self._write(b"0\r\n\r\n")

    def end_with_trailers(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Say that the body is complete, with fields behind it as far as the coding has room for them.

        Args:
            fields: Checked.

        Raises:
            ResponseAborted: See `end`.
        """
        if self._chunked and not self._bare:
            self._write(b"0\r\n%b\r\n" % b"".join([b"%b: %b\r\n" % field for field in fields]))
        else:
            self.end()

    def inform(self, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        """Write an interim response, such as 103 Early Hints.

        Args:
            status: From 102 to 199.
            fields: Checked.
        """
        if self._version == "1.1" and not self.started:
            lines = b"".join([b"%b: %b\r\n" % field for field in fields])
            self._write(b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase(status), lines))
