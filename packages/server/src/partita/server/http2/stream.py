"""One request and its response on a connection of HTTP/2."""

import asyncio
import logging
from typing import TYPE_CHECKING

from partita import bridge
from partita.http import (
    BytesBody,
    ClientDisconnected,
    Headers,
    Request,
    RequestTimeout,
    Response,
    StatusError,
    StreamBody,
)
from partita.http.files import FileBody
from partita.server import access_log
from partita.server.errors import BadMessage, ResponseAborted
from partita.server.http2 import codes
from partita.server.incoming import Incoming
from partita.server.message import Message
from partita.server.shared import CLIENT_LEFT
from partita.server.tasks import start_task
from partita.server.wire import TOO_SLOW, framing_length, is_framing, refusal

if TYPE_CHECKING:
    from partita.server.http2.connection import Http2Connection

__all__ = ("Stream",)

_log = logging.getLogger("partita.server")
_NEVER = float("inf")
_TIMED_OUT = float("-inf")
_NO_BODY = BytesBody()
_NO_HEADERS = Headers()
_BURST = 65_536  # bytes after which other streams get their turn


class Stream:
    """Runs the application for one request, and writes what it answers.

    Args:
        connection: That it belongs to.
        number: Its identifier.
        message: The head of the request.
        complete: Whether the request has no body.
    """

    __slots__ = (
        "_begun",
        "_burst",
        "_connection",
        "_deadline",
        "_handler_deadline",
        "_left",
        "_message",
        "_patience",
        "_request",
        "_room",
        "_room_deadline",
        "_task",
        "_unread",
        "bare",
        "incoming",
        "keep_alive",
        "local_closed",
        "number",
        "receive_window",
        "remote_closed",
        "reset",
        "send_window",
        "size",
        "started",
        "status",
    )

    def __init__(
        self, connection: "Http2Connection", number: int, message: Message, complete: bool, window: int
    ) -> None:
        self._connection, self.number, self._message = connection, number, message
        self.send_window, self.receive_window = window, connection.STREAM_WINDOW
        self.remote_closed, self.local_closed, self.reset = complete, False, False
        self.incoming: Incoming | None = None
        if not complete:
            self.incoming = Incoming(connection.shared.loop, self._on_wait, _nothing)
        self._unread = 0  # bytes that came and that nobody has read
        self._task: asyncio.Task[None] | None = None
        self._request: Request | None = None
        self._room: asyncio.Future[None] | None = None
        self._left: int | None = None
        self._burst = 0
        self._deadline = self._room_deadline = _NEVER
        self._patience = connection.shared.options.write_timeout  # seconds that may still be spent in waiting for room
        self._begun = connection.shared.time()
        timeout = connection.shared.options.handler_timeout
        self._handler_deadline = self._begun + timeout if timeout else _NEVER
        self.bare = message.method == "HEAD"
        self.keep_alive = True  # that of a connection has no end here
        self.started = False
        self.size = self.status = 0

    @property
    def is_tunnel(self) -> bool:
        """Whether its two bodies are a WebSocket, to which the limits on bodies do not apply."""
        return self._message.upgrade

    @property
    def is_running(self) -> bool:
        """Whether the application is at work on it."""
        return self._task is not None

    def run(self) -> None:
        """Call the application."""
        shared = self._connection.shared
        task = self._task = start_task(bridge.drive(self._answer()), shared.loop, shared.context.copy())
        if task.done():
            self._ended(task)
        else:
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("An error while answering %r", self._message.path[:200], exc_info=error)
        if not self.local_closed and not self.reset:
            self._connection.reset_stream(self, codes.INTERNAL_ERROR)
        if self._connection.shared.options.access_log:
            self._log_access()
        if self._request is not None:
            self._request.close()
        if not self.remote_closed and not self.reset:
            self._connection.reset_stream(self, codes.NO_ERROR)  # section 8.1: the rest of the body is not wanted
        self._give_unread()
        self._connection.forget(self)

    async def _answer(self) -> None:
        shared = self._connection.shared
        if self._message.error is not None:
            await self._respond(refusal(self._message.error))
            return
        request = self._request = self._make_request()
        if self.is_tunnel:
            await self._carry_websocket(request)
            return
        try:
            response = await shared.begin(request, self if shared.wants_outgoing else None)
        except StatusError as error:
            response = Response.error(error)
        except ClientDisconnected:
            return
        except asyncio.CancelledError:
            if self.reset or self._handler_deadline != _TIMED_OUT:
                raise
            response = TOO_SLOW
        except ResponseAborted:
            if not self.reset:
                raise
            return
        except Exception:  # noqa: BLE001 - the last place where an error of the application can be seen
            _log.exception("An error while answering %s %r", self._message.method, self._message.path[:200])
            response = Response.text("Something went wrong here.\n", 500)
        self._handler_deadline = _NEVER
        if self.started:
            return  # either it is complete, or it is reset now, so that nobody takes it for complete
        if response is None:
            _log.error("The application gave no response to %s %r", self._message.method, self._message.path[:200])
            response = Response.text("Something went wrong here.\n", 500)
        try:
            await self._respond(response)
        except ResponseAborted as error:
            if not self.reset:
                _log.error("The response to %s %r broke off: %s", self._message.method, self._message.path[:200], error)

    async def _carry_websocket(self, request: Request) -> None:
        from partita.server.http2.websocket import carry  # few connections need it

        self._handler_deadline = _NEVER
        try:
            await carry(self, self._connection.shared, request)
        except BadMessage as error:
            await self._respond(refusal(error))

    def _make_request(self) -> Request:
        connection, message = self._connection, self._message
        body: BytesBody | StreamBody = _NO_BODY
        if self.incoming is not None:
            length = message.length if message.length >= 0 else None
            body = StreamBody(self.receive, bridge.wait, connection.shared.loop, length)
        return connection.make_request(message, message.headers or _NO_HEADERS, body)

    # The body of the request.

    def take_data(self, data: bytes, padding: int) -> None:
        """Take bytes of the body; what is padding has been read already."""
        self.receive_window -= len(data) + padding
        if padding:
            self._connection.give_window(self, padding)
        self._unread += len(data)
        if self.incoming is not None and data:
            self.incoming.feed(data)
        if self._deadline != _NEVER:
            options = self._connection.shared.options
            earned = self._deadline + len(data) / options.min_rate
            self._deadline = min(earned, self._connection.shared.time() + options.body_timeout)

    def end_data(self) -> None:
        """Say that the body is complete."""
        self.remote_closed = True
        self._deadline = _NEVER
        if self.incoming is not None:
            self.incoming.finish()

    def fits_length(self, complete: bool) -> bool:
        """Tell whether the bytes so far fit the length that was announced."""
        length = self._message.length
        received = 0 if self.incoming is None else self.incoming.received
        return length < 0 or (received == length if complete else received <= length)

    async def receive(self) -> bytes | None:
        """Return the next bytes of the body, or None at its end; as they are read, the client may send more.

        Raises:
            ClientDisconnected: If the client reset the stream.
        """
        if self.incoming is None:
            return None
        data = await self.incoming.receive()
        self._deadline = _NEVER
        if data and self._unread:  # else it was given back when the stream ended
            self._unread -= len(data)
            self._connection.give_window(self, len(data))
        return data

    def _on_wait(self) -> None:
        if self.is_tunnel:
            return  # silence is its good right
        if self._message.expects_continue:
            self._message.expects_continue = False
            self.inform(100, [])
        self._deadline = self._connection.shared.time() + self._connection.shared.options.body_timeout

    # The response; these names are those of `Outgoing`.

    def begin(self, status: int, headers: Headers, length: int | None = None) -> None:
        """See `Outgoing.begin`."""
        if status in {204, 304}:
            self.bare, self._left = True, None
        else:
            self._left = framing_length(headers) if length is None else length
        self._send_head(status, headers, self._left, end=False)

    def _send_head(self, status: int, headers: Headers, length: int | None, end: bool) -> None:
        fields = [(b":status", b"%d" % status), (b"date", self._connection.shared.date[6:-2])]
        fields += [field for field in headers.raw if not is_framing(field[0])]
        if length is not None:
            fields.append((b"content-length", b"%d" % length))
        self.started, self.status = True, status
        self._connection.send_headers(self, fields, end)

    async def write(self, chunk: bytes) -> None:
        """See `Outgoing.write`."""
        if self.bare or not chunk:
            return
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise ResponseAborted("The body is longer than its Content-Length.")
        self.size += len(chunk)
        await self._send_data(chunk, end=False)

    def end(self) -> None:
        """See `Outgoing.end`."""
        if self._left and not self.bare:
            raise ResponseAborted("The body is shorter than its Content-Length.")
        if not self.local_closed and not self.reset:
            self._connection.send_data(self, b"", end=True)

    def end_with_trailers(self, fields: list[tuple[bytes, bytes]]) -> None:
        """See `Outgoing.end_with_trailers`."""
        if self._left and not self.bare:
            raise ResponseAborted("The body is shorter than its Content-Length.")
        if not self.reset:
            kept = [field for field in fields if not is_framing(field[0])]
            self._connection.send_headers(self, kept, end=True)

    def inform(self, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        """See `Outgoing.inform`."""
        if not self.reset and not self.started:
            self._connection.send_headers(self, [(b":status", b"%d" % status), *fields], end=False)

    async def _respond(self, response: Response) -> None:
        body, status = response.body, response.status
        bare = self.bare or status in {204, 304}
        if isinstance(body, bytes):
            length = None if status in {204, 304} else len(body)
            self._send_head(status, response.headers, length, end=bare or not body)
            if not bare and body:
                self.size = len(body)
                await self._send_data(body, end=True)
            return
        self.begin(status, response.headers, body.length if isinstance(body, FileBody) else None)
        if not self.bare:
            chunks = response.chunks()
            try:
                async for chunk in chunks:
                    await self.write(chunk)
            finally:
                await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
        self._end_bare() if self.bare else self.end()

    def _end_bare(self) -> None:
        self._connection.send_data(self, b"", end=True)

    async def _send_data(self, data: bytes, end: bool) -> None:
        at, size = 0, len(data)
        options = self._connection.shared.options
        while at < size:
            room = min(self._connection.room(self), size - at)
            if room <= 0:
                await self._wait_for_room()
                continue
            last = end and at + room == size
            self._connection.send_data(self, data[at : at + room], last)
            at += room
            self._burst += room
            if self._patience < options.write_timeout:
                self._patience = min(self._patience + room / options.min_rate, options.write_timeout)
            if self._burst >= _BURST and at < size:
                self._burst = 0
                await asyncio.sleep(0)

    async def _wait_for_room(self) -> None:
        if self.reset:
            raise ResponseAborted("The client does not want the rest.")
        shared = self._connection.shared
        # Whoever asks for a byte at a time earns the time of a byte (CVE-2019-9511).
        deadline = self._room_deadline = shared.time() + self._patience
        self._room = shared.loop.create_future()
        try:
            await self._room
        finally:
            self._room = None
            self._room_deadline = _NEVER
            self._patience = max(deadline - shared.time(), 0.0)
        if self.reset:
            raise ResponseAborted("The client does not want the rest.")

    def wake(self) -> None:
        """There may be room to send."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # The connection calls these.

    def cancel(self, code: int) -> None:
        """End it early, from our side."""
        self._connection.reset_stream(self, code)

    def stop(self, gone: bool) -> None:
        """The stream is no more; so is what runs for it.

        Args:
            gone: Whether the client ended it.
        """
        self.reset = True
        self._give_unread()
        if self.incoming is not None:
            self.incoming.fail(ClientDisconnected("The client went away."))
        if self._task is not None and gone:
            self._task.cancel(CLIENT_LEFT)
        else:
            self.wake()

    def _give_unread(self) -> None:
        """Nobody will read the rest; without this, the window of the connection would be used up some day."""
        if self._unread:
            self._connection.give_window(self, self._unread)
            self._unread = 0

    def check_deadline(self, now: float) -> None:
        """End what takes too long."""
        if _TIMED_OUT < self._handler_deadline <= now and self._task is not None and not self.started:
            _log.error(
                "The application took too long to answer %r", "" if self._request is None else self._request.path[:200]
            )
            self._handler_deadline = _TIMED_OUT
            self._task.cancel()
        if now >= self._room_deadline:
            self._room_deadline = _NEVER
            self._connection.reset_stream(self, codes.CANCEL)  # too little was taken of it for too long
        elif now >= self._deadline:
            self._deadline = _NEVER
            if self.incoming is not None and self.incoming.is_awaited:
                self.incoming.fail(RequestTimeout())

    def _log_access(self) -> None:
        request, message = self._request, self._message
        entry = access_log.AccessEntry(
            access_log.now(),
            "-" if request is None or request.client is None else request.client[0],
            message.method,
            message.path.decode("latin-1"),
            499 if self.reset and not self.local_closed else self.status,
            self.size,
            round((self._connection.shared.time() - self._begun) * 1000, 3),
            message.values.get(b"referer", b"").decode("latin-1"),
            message.values.get(b"user-agent", b"").decode("latin-1"),
        )
        access_log.write(entry, self._connection.shared.options.access_log)


def _nothing() -> None:
    """Windows are given back byte by byte, so there is nothing to do when a buffer has room again."""
