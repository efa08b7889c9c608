"""One open WebSocket between its transport and an ASGI application."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import copy_context
from typing import Any

from partita.http import Headers
from partita.server.errors import ResponseAborted
from partita.server.shared import Shared
from partita.server.tasks import start_task
from partita.server.websocket.carrier import Opening, Transport
from partita.server.websocket.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Close,
    FrameError,
    FrameReader,
    Ping,
    Pong,
    close_payload,
    frame,
)

__all__ = ("WebSocketSession",)

_log = logging.getLogger("partita.server")
Message = MutableMapping[str, Any]  # ASGI's own type
_NEVER = float("inf")
_JUST_NOW = float("inf")  # a time that the next look at the connection sets, so that no message has to ask a clock
_CONNECTING, _OPEN, _CLOSING, _CLOSED = range(4)
_QUEUE = 32  # messages that wait for the application
_QUEUE_BYTES = 65_536
_WORTH_IT = 64  # bytes; what is shorter hardly shrinks


class WebSocketSession(asyncio.Protocol):
    """Frames on one side, ASGI's messages on the other.

    Args:
        shared: What all connections of the server have in common.
        transport: Carries the bytes; reading is paused until the application has accepted.
        opening: Answers the request.
        on_end: Called once, with the status for the log and the bytes sent, when both the transport and the application are done.
    """

    __slots__ = (
        "_busy",
        "_close_code",
        "_close_reason",
        "_deadline",
        "_drained",
        "_ending",
        "_last_heard",
        "_lost",
        "_on_end",
        "_opening",
        "_paused",
        "_ping_sent",
        "_pong_due",
        "_queue",
        "_queued",
        "_reader",
        "_serving",
        "_shared",
        "_size",
        "_state",
        "_status",
        "_task",
        "_transport",
        "_waiter",
        "_write_mark",
        "_write_paused",
    )

    def __init__(
        self, shared: Shared, transport: Transport, opening: Opening, on_end: Callable[[int, int], None]
    ) -> None:
        self._shared, self._transport, self._opening, self._on_end = shared, transport, opening, on_end
        self._state = _CONNECTING
        self._reader: FrameReader | None = None
        self._queue: deque[str | bytes] | None = None
        self._queued = self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._close_code, self._close_reason = 1006, ""
        self._status = 0
        self._serving = True  # the application has not ended
        self._lost = self._paused = self._write_paused = False
        self._busy = True  # the application has taken a message and not asked for the next one
        self._ending: Close | FrameError | None = None  # what to do once the messages before it are answered
        self._pong_due: bytes | None = None
        self._ping_sent = 0.0
        self._last_heard = _JUST_NOW
        self._deadline = _NEVER
        self._write_mark = 0

    def run(self, app: Callable[..., Awaitable[None]], scope: Message, early: bytes = b"") -> None:
        """Begin: call the application.

        Args:
            app: Of ASGI.
            scope: For it.
            early: Bytes that came behind the request.
        """
        self._shared.connections.add(self)
        self._pause_reading()
        if early:
            self._reader = FrameReader(self._shared.options.websocket_max_message)
            self._reader.feed(early)
        task = self._task = start_task(self._serve(app, scope), self._shared.loop, copy_context())
        if task.done():
            self._app_ended(task)
        else:
            task.add_done_callback(self._app_ended)

    async def _serve(self, app: Callable[..., Awaitable[None]], scope: Message) -> None:
        first: list[Message] = [{"type": "websocket.connect"}]

        async def receive() -> Message:
            return first.pop() if first else await self._receive()

        try:
            await app(scope, receive, self._send)
        except ResponseAborted:
            pass  # it sent something that the peer did not wait for
        except Exception:
            _log.exception("An error in the WebSocket %r", scope["path"][:200])
            raise

    def _app_ended(self, task: "asyncio.Task[None]") -> None:
        self._task, self._serving = None, False
        failed = task.cancelled() or task.exception() is not None
        if self._state == _CONNECTING:
            if not self._lost:
                if not failed:
                    _log.error("The application neither accepted nor refused a WebSocket")
                self._refuse(500)
        elif self._state == _OPEN:
            self._begin_close(1011 if failed else 1000)
            self._act_on_ending()
        elif self._status != 101 and failed and not self._lost:
            self._transport.abort()  # within a refusal: nobody may take it for complete
        self._maybe_end()

    def _maybe_end(self) -> None:
        if self._lost and not self._serving:
            self._shared.connections.discard(self)
            status, self._status = self._status, -1
            if status >= 0:
                self._on_end(status or 499, self._size)

    # The application calls these.

    async def _receive(self) -> Message:
        self._busy = False
        while True:
            if self._queue:
                self._busy = True
                data = self._queue.popleft()
                self._queued -= len(data)
                if self._paused and self._state == _OPEN and not self._is_full():
                    self._pump()
                if isinstance(data, str):
                    return {"type": "websocket.receive", "text": data, "bytes": None}
                return {"type": "websocket.receive", "bytes": data, "text": None}
            if self._ending is not None:
                self._act_on_ending()
            if self._state == _CLOSED or self._lost:
                return {"type": "websocket.disconnect", "code": self._close_code, "reason": self._close_reason}
            self._waiter = self._shared.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if self._lost or (self._status == 101 and self._state != _OPEN):
            raise ResponseAborted("The WebSocket is closed.")
        if self._state == _CONNECTING and self._status == 0:
            self._answer(kind, message)
        elif self._state == _CONNECTING and kind == "websocket.http.response.body":
            more = message.get("more_body", False)
            await self._opening.deny_more(bytes(message.get("body", b"")), more)
            if not more:
                self._end_refusal()
        elif self._state == _OPEN and kind == "websocket.send":
            self._send_message(message.get("text"), message.get("bytes"))
        elif self._state == _OPEN and kind == "websocket.close":
            self._begin_close(message.get("code", 1000), message.get("reason") or "")
        else:
            raise RuntimeError(f"The ASGI application sent {kind!r} where that is not allowed.")
        await self.drain()

    def _answer(self, kind: str, message: Message) -> None:
        if kind == "websocket.accept":
            self._opening.accept(message.get("subprotocol"), _fields(message))
            self._status, self._state = 101, _OPEN
            early = self._reader
            self._reader = FrameReader(self._shared.options.websocket_max_message, self._opening.deflate)
            if early is not None:
                self._reader = early.with_deflate(self._opening.deflate)
            self._last_heard = _JUST_NOW
            self._pump()
            if self._shared.stopping:
                self.shut_down()
        elif kind == "websocket.close":
            self._refuse(403)
        elif kind == "websocket.http.response.start":
            status = message["status"]
            self._opening.deny(status, Headers(_fields(message)), None)
            self._status = status
        else:
            raise RuntimeError(f"The ASGI application sent {kind!r} before it accepted the WebSocket.")

    def _send_message(self, text: str | None, data: bytes | None) -> None:
        if (text is None) is (data is None):
            raise RuntimeError("A message of websocket.send has either text or bytes.")
        payload = text.encode() if text is not None else bytes(data or b"")
        opcode = TEXT if text is not None else BINARY
        self._size += len(payload)
        deflate = self._opening.deflate
        if deflate is not None and len(payload) >= _WORTH_IT:
            self._transport.write(frame(opcode, deflate.deflate(payload), compressed=True))
        else:
            self._transport.write(frame(opcode, payload))

    async def drain(self) -> None:
        """Wait while the peer is slower than the application.

        Raises:
            ResponseAborted: If it went away.
        """
        if self._write_paused and not self._lost:
            self._drained = self._drained or self._shared.loop.create_future()
            await asyncio.shield(self._drained)

    def _refuse(self, status: int) -> None:
        self._opening.deny(status, Headers({"content-type": "text/plain; charset=utf-8"}), b"")
        self._status = status
        self._end_refusal()

    def _end_refusal(self) -> None:
        self._state = _CLOSED
        self._deadline = self._shared.time() + self._shared.options.websocket_close_timeout
        self._transport.close()
        self._wake()

    # Closing.

    def _begin_close(self, code: int, reason: str = "") -> None:
        """Send a close frame and wait for the peer's."""
        if self._state != _OPEN:
            return
        self._state = _CLOSING
        self._transport.write(frame(CLOSE, close_payload(code, reason)))
        self._deadline = self._shared.time() + self._shared.options.websocket_close_timeout
        self._set_code(code, reason)
        self._resume_reading()

    def _fail(self, error: FrameError) -> None:
        """The peer broke a rule: say so, and read nothing more (RFC 6455, section 7.1.7)."""
        if self._state == _OPEN:
            self._transport.write(frame(CLOSE, close_payload(error.code, error.reason)))
        self._set_code(error.code, error.reason)
        self._reader = None
        if self._transport.can_write_eof():
            # What is still to be read would make the kernel throw our close frame away, so read on until the peer ends, too.
            self._state = _CLOSED
            self._deadline = self._shared.time() + self._shared.options.websocket_close_timeout
            self._transport.write_eof()
            self._resume_reading()
            self._wake()
        else:
            self._end()

    def _end(self) -> None:
        self._state = _CLOSED
        self._deadline = self._shared.time() + self._shared.options.websocket_close_timeout
        self._transport.close()
        self._wake()

    def _set_code(self, code: int, reason: str) -> None:
        if self._close_code == 1006:
            self._close_code, self._close_reason = code, reason

    # The transport calls these.

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._last_heard = _JUST_NOW
        self._ping_sent = 0.0
        if self._state == _CONNECTING:
            if self._reader is None:
                self._reader = FrameReader(self._shared.options.websocket_max_message)
            self._reader.feed(data)
        elif self._reader is not None:
            self._reader.feed(data)
            self._pump()

    def _pump(self) -> None:
        """Take messages out of what has come, as many as the application has room for."""
        reader = self._reader
        try:
            while reader is not None and self._reader is reader and self._state in {_OPEN, _CLOSING}:
                if self._state == _OPEN and self._is_full():
                    self._pause_reading()
                    return
                event = reader.next()
                if event is None:
                    break
                self._take(event)
        except FrameError as error:
            self._end_with(error)
            return
        if self._ending is None:
            self._resume_reading()

    def _end_with(self, ending: Close | FrameError) -> None:
        """End once the application has answered what came before, or has had time enough for it."""
        self._ending, self._reader = ending, None
        if self._state == _OPEN and (self._queue or self._busy):
            self._deadline = min(self._deadline, self._shared.time() + self._shared.options.websocket_close_timeout)
            self._pause_reading()
        else:
            self._act_on_ending()

    def _act_on_ending(self) -> None:
        ending, self._ending = self._ending, None
        if isinstance(ending, FrameError):
            self._fail(ending)
        elif ending is not None:
            self._set_code(ending.code, ending.reason)
            if self._state == _OPEN:
                self._transport.write(frame(CLOSE, close_payload(ending.code)))
            self._end()

    def _take(self, event: str | bytes | Ping | Pong | Close) -> None:
        if isinstance(event, str | bytes):
            if self._state == _OPEN and self._serving:
                if self._queue is None:
                    self._queue = deque()
                self._queue.append(event)
                self._queued += len(event)
                self._wake()
        elif isinstance(event, Ping):
            if self._state == _OPEN:
                if self._write_paused:
                    self._pong_due = event.payload  # only the newest needs an answer (section 5.5.3)
                else:
                    self._transport.write(frame(PONG, event.payload))
        elif isinstance(event, Close):
            self._end_with(event)

    def _is_full(self) -> bool:
        return self._queue is not None and (len(self._queue) >= _QUEUE or self._queued >= _QUEUE_BYTES)

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._lost = True
        self._state = _CLOSED
        self._reader = None
        self._release(ResponseAborted("The client went away."))
        self._wake()
        self._maybe_end()

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = True
        self._write_mark = self._transport.get_write_buffer_size()
        if self._state == _OPEN:
            self._deadline = self._shared.time() + self._shared.options.write_timeout

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = False
        if self._state == _OPEN:
            self._deadline = _NEVER
            if self._pong_due is not None:
                payload, self._pong_due = self._pong_due, None
                self._transport.write(frame(PONG, payload))
        self._release(None)

    def _release(self, error: Exception | None) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            if error is None:
                drained.set_result(None)
            else:
                drained.set_exception(error)
                drained.exception()  # perhaps nobody waits any more

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _pause_reading(self) -> None:
        if not self._paused and not self._lost:
            self._paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._paused and not self._lost:
            self._paused = False
            self._transport.resume_reading()

    # The server calls these.

    def check_deadline(self, now: float) -> None:
        """End what takes too long; ask silent peers whether they are there."""
        if self._lost:
            return
        if self._last_heard == _JUST_NOW:
            self._last_heard = now
        options = self._shared.options
        if self._write_paused and self._state == _OPEN:
            size = self._transport.get_write_buffer_size()
            earned = self._deadline + max(self._write_mark - size, 0) / options.min_rate
            self._deadline, self._write_mark = min(earned, now + options.write_timeout), size
        if now >= self._deadline:
            self._deadline = _NEVER
            if self._ending is not None and self._state == _OPEN and not self._write_paused:
                self._act_on_ending()
            else:
                self._transport.abort()
        elif self._state == _OPEN and options.websocket_ping_interval and not self._paused and not self._write_paused:
            if self._ping_sent:
                if now >= self._ping_sent + options.websocket_ping_timeout:
                    self._fail(FrameError(1011, "No answer to a ping."))
            elif now >= self._last_heard + options.websocket_ping_interval:
                self._ping_sent = now
                self._transport.write(frame(PING, b"partita"))

    def shut_down(self) -> None:
        """Tell the peer that the server goes away."""
        self._begin_close(1001, "The server goes away.")

    def cut(self) -> None:
        """End without waiting for anything."""
        self._transport.abort()
        if self._task is not None:
            self._task.cancel()


def _fields(message: Message) -> list[tuple[str, str]]:
    return [
        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in message.get("headers", ())
    ]
