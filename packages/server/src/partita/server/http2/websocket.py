"""WebSockets over one stream of HTTP/2 (RFC 8441)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from partita.http import ClientDisconnected, Headers, Request
from partita.server.errors import BadMessage, ResponseAborted
from partita.server.http2 import codes
from partita.server.shared import Shared
from partita.server.websocket.deflate import Deflate
from partita.server.websocket.handshake import Handshake, accept_fields, application_fields, read_connect
from partita.server.websocket.session import WebSocketSession
from partita.server.websocket.upgrade import agree, websocket_scope

if TYPE_CHECKING:
    from partita.server.http2.stream import Stream

__all__ = ("carry",)

_HIGH_WATER, _LOW_WATER = 65_536, 16_384  # bytes that wait for windows: then the application waits, too


async def carry(stream: "Stream", shared: Shared, request: Request) -> None:
    """Call the application with the WebSocket that a stream asks for, until both have ended.

    Raises:
        BadMessage: If the request is not fit for it; then nothing has happened.
    """
    app = shared.websocket
    if app is None or stream.incoming is None:
        raise BadMessage(400, "A request for a WebSocket does not end with its head.")
    handshake = read_connect(request.headers)
    opening = _Opening(stream, shared, handshake)
    pipe = _Pipe(stream)
    opening.write = pipe.write
    ended = asyncio.Event()
    session = pipe.session = WebSocketSession(shared, pipe, opening, lambda status, size: ended.set())
    opening.drain = session.drain
    # Not from within the stream's own task: the application gets one, which begins at once.
    shared.loop.call_soon(session.run, app, websocket_scope(shared, request, handshake.subprotocols))
    reading = asyncio.create_task(pipe.read())
    try:
        await pipe.send()
    finally:
        reading.cancel()
        session.connection_lost(None)
    await ended.wait()


class _Pipe:
    """Makes a transport of a stream, which waits for windows where a socket has a buffer."""

    __slots__ = ("_closing", "_news", "_out", "_reading", "_size", "_stream", "session")

    session: WebSocketSession

    def __init__(self, stream: "Stream") -> None:
        self._stream = stream
        self._out: list[bytes] = []
        self._size = 0
        self._closing = False
        self._news = asyncio.Event()  # there is something to send, or no more of it
        self._reading = asyncio.Event()
        self._reading.set()

    async def read(self) -> None:
        """Hand on what the client sends until it ends; it is taken to be gone then, as over a socket."""
        try:
            while (data := await self._stream.receive()) is not None:
                self.session.data_received(data)
                await self._reading.wait()
        except ClientDisconnected:
            pass
        finally:
            self.close()

    async def send(self) -> None:
        """Send what was written, as windows allow, until the session closes."""
        while self._out or not self._closing:
            if not self._out:
                self._news.clear()
                await self._news.wait()
                continue
            data = b"".join(self._out)
            self._out.clear()
            try:
                await self._stream.write(data)
            except ResponseAborted:
                return
            self._size -= len(data)
            if self._size <= _LOW_WATER < self._size + len(data):
                self.session.resume_writing()
        if self._stream.started:
            self._stream.end()

    # What the session asks of its transport.

    def write(self, data: bytes) -> None:
        """See `Transport.write`."""
        was = self._size
        self._out.append(data)
        self._size += len(data)
        self._news.set()
        if was <= _HIGH_WATER < self._size:
            self.session.pause_writing()

    def close(self) -> None:
        """See `Transport.close`."""
        self._closing = True
        self._news.set()

    def abort(self) -> None:
        """See `Transport.abort`."""
        self._out.clear()
        self._stream.cancel(codes.CANCEL)
        self.close()

    def pause_reading(self) -> None:
        """See `Transport.pause_reading`."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """See `Transport.resume_reading`."""
        self._reading.set()

    def can_write_eof(self) -> bool:
        """See `Transport.can_write_eof`; a stream that ends keeps what was sent, so there is no need."""
        return False

    def write_eof(self) -> None:
        """See `Transport.write_eof`."""
        self.close()

    def get_write_buffer_size(self) -> int:
        """See `Transport.get_write_buffer_size`."""
        return self._size


class _Opening:
    """Answers in HTTP/2."""

    __slots__ = ("_handshake", "_shared", "_stream", "deflate", "drain", "write")

    write: Callable[[bytes], None]
    drain: Callable[[], Awaitable[None]]

    def __init__(self, stream: "Stream", shared: Shared, handshake: Handshake) -> None:
        self._stream, self._shared, self._handshake = stream, shared, handshake
        self.deflate: Deflate | None = None
        agree(shared, handshake)  # a field that cannot be read is refused before the application hears of it

    def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """See `Opening.accept`."""
        self.deflate, extension = agree(self._shared, self._handshake)
        self._stream.begin(200, Headers.from_raw(accept_fields(subprotocol, extension, headers)))

    def deny(self, status: int, headers: Headers, body: bytes | None) -> None:
        """See `Opening.deny`."""
        fields = Headers.from_raw(application_fields(headers.items()))
        self._stream.begin(status, fields, None if body is None else len(body))
        if body:
            self.write(body)

    async def deny_more(self, body: bytes, more: bool) -> None:
        """See `Opening.deny_more`."""
        if body:
            self.write(body)
            await self.drain()
