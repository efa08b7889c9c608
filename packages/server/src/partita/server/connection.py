"""One connection: requests in, responses out, in the same order.

This is an `asyncio.Protocol` because anyio's and asyncio's streams cost more than a hello world does (bench/).
"""

import asyncio
import logging
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from partita import bridge
from partita.http import (
    ClientDisconnected,
    Request,
    RequestTimeout,
    Response,
    StatusError,
)
from partita.http.files import FileBody
from partita.server import access_log
from partita.server.errors import BadMessage, ResponseAborted
from partita.server.message import Message
from partita.server.outgoing import Outgoing
from partita.server.receiving import NEVER as _NEVER
from partita.server.receiving import Receiving
from partita.server.sendfile import kernel_socket, send_file
from partita.server.shared import Shared
from partita.server.tasks import start_task
from partita.server.wire import LINES, TOO_SLOW, address, head, refusal, without_framing

__all__ = ("Connection",)

_log = logging.getLogger("partita.server")

_TIMED_OUT = float("-inf")
_JOIN = 65_536  # a larger body is not copied to its head
_SMALL_FILE = 65_536  # read at once: a thread would take longer
_LINGER = 2.0  # seconds to read on after an early answer, or the client's kernel would throw that answer away
_QUIET = 1.0  # seconds after which we take it that no request is under way


class Connection(Receiving):
    """Speaks HTTP/1.1 over one transport.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = (
        "_begun",
        "_context",
        "_drained",
        "_handler_deadline",
        "_held",
        "_held_size",
        "_lingering",
        "_request",
        "_task",
        "_write_mark",
        "_writer",
    )

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._request: Request | None = None
        self._task: asyncio.Task[Response | None] | asyncio.Task[None] | None = None
        self._begun = 0.0
        self._held: list[bytes] = []
        self._held_size = 0
        self._lingering = False
        self._write_mark = 0
        self._writer: Outgoing | None = None
        self._drained: asyncio.Future[None] | None = None
        self._handler_deadline = _NEVER
        self._context = copy_context()

    # The transport calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = cast("asyncio.Transport", transport)
        self._client = address(transport.get_extra_info("peername"))
        self._server = address(transport.get_extra_info("sockname"))
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._scheme = "https"
            if tls.selected_alpn_protocol() == "h2":
                self._speak_http2(b"")
                return
        self._deadline = self._shared.now + self._shared.options.header_timeout
        self._shared.connections.add(self)
        limit = self._shared.options.max_connections
        if limit and len(self._shared.connections) > limit:
            self._last = True
            self._queue.append(Message("GET", "1.1", BadMessage(503, "Too many connections.")))
            self._advance()

    def arrived_through(self, client: tuple[str, int], server: tuple[str, int] | None) -> None:
        """Take the addresses that a proxy told, instead of those of the socket; before any data."""
        self._told = (client, server)
        self._client, self._server = client, server or self._server

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._lost = True
        self._shared.connections.discard(self)
        self._queue.clear()
        self._held.clear()
        self._buffer = b""
        if self._current is not None and self._current.incoming is not None:
            self._current.incoming.fail(ClientDisconnected("The client went away."))
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ResponseAborted("The client went away."))
        if self._task is not None:
            self._task.cancel()

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`; a client that closes its side is taken to be gone, so its work is cancelled."""
        return False

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = True
        self._write_mark = self._transport.get_write_buffer_size()
        self._deadline = self._shared.now + self._shared.options.write_timeout

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._current is not None or self._lingering:
            if not self._lingering:
                self._deadline = _NEVER
        else:
            self._deadline = self._shared.now + self._shared.options.idle_timeout
            self._consume(b"")
            self._advance()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._last and self._body is None:
            if self._upgrading:
                self._buffer += data  # it is for the WebSocket that is about to open; little, because reading is paused
            return  # we answered our last request, and only wait for the client to notice
        self._consume(data)
        self._advance()

    # Answering.

    def _advance(self) -> None:
        """Answer what waits, as far as that goes without waiting."""
        while self._current is None and self._queue and not self._write_paused and not self._lost:
            message = self._current = self._queue.popleft()
            self._deadline = _NEVER
            if self._shared.options.access_log:
                self._begun = self._shared.loop.time()
            if message.error is not None:
                self._respond(message, refusal(message.error))
                continue
            if self._upgrading and not message.upgrade and not self._queue:
                if self._held:
                    self._send(b"")
                self._speak_http2(self._buffer, message)
                return
            request = self._request = self._make_request(message)
            if message.upgrade and self._upgrading:
                self._upgrade(message, request)
                return
            self._start(message, request)
        if self._held:
            self._send(b"")

    def _start(self, message: Message, request: Request) -> None:
        """Let the application answer; most do at once."""
        shared, outgoing = self._shared, None
        outcome: Any  # of what kind it is, its class says quickest
        self._context = context = shared.context.copy()  # what one request sets, the next one must not see
        try:
            if shared.handler is not None:
                outcome = shared.start(shared.handler(request), context)
            else:
                outgoing = self._outgoing(message) if shared.wants_outgoing else None
                outcome = shared.start(shared.begin(request, outgoing), context)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever the application raises
            self._fail(message, error, outgoing)
            return
        if outcome.__class__ is Response:  # this is the quickest way to know
            self._respond(message, outcome)
        elif asyncio.isfuture(outcome):
            task = self._task = cast("asyncio.Task[Response | None]", outcome)
            if timeout := shared.options.handler_timeout:
                self._handler_deadline, self._writer = shared.now + timeout, outgoing
            task.add_done_callback(partial(self._resume, message, outgoing))
        else:
            self._deliver(message, outcome, outgoing)

    def _upgrade(self, message: Message, request: Request) -> None:
        """Let a WebSocket take over."""
        from partita.server.websocket.upgrade import upgrade  # few servers need it

        if self._held:
            self._send(b"")
        early, self._buffer = self._buffer, b""

        def log(status: int, size: int) -> None:
            if self._shared.options.access_log:
                self._log_access(message, status, size)

        try:
            upgrade(self._shared, self._transport, request, early, log)
        except BadMessage as error:
            self._upgrading = False
            message.error = error
            self._respond(message, refusal(error))
        else:
            self._shared.connections.discard(self)
            self._reading_paused = True

    def _resume(self, message: Message, outgoing: Outgoing | None, task: "asyncio.Task[Response | None]") -> None:
        self._task = None
        try:
            response = task.result()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever the application raises
            self._fail(message, error, outgoing)
        else:
            self._deliver(message, response, outgoing)
        self._advance()

    def _outgoing(self, message: Message) -> Outgoing:
        shared = self._shared
        return Outgoing(
            self._write, self._drain, shared.date, message.version, message.method == "HEAD", self._may_keep(message)
        )

    def _may_keep(self, message: Message) -> bool:
        """Whether another request may follow ``message`` on this connection."""
        shared = self._shared
        return (
            message.keep_alive
            and not shared.stopping
            and (message.incoming is None or message.incoming.complete)
            and (not shared.max_requests or self._count + 1 < shared.max_requests)
        )

    def _fail(self, message: Message, error: BaseException, outgoing: Outgoing | None) -> None:
        """Turn what a handler raised into a response."""
        if isinstance(error, StatusError):
            response = Response.error(error)
        elif isinstance(error, asyncio.CancelledError | ClientDisconnected):
            if self._lost or self._handler_deadline != _TIMED_OUT:
                self._abort(message)
                return
            response = TOO_SLOW
        else:  # the last place where an error of the application can be seen
            _log.error("An error while answering %s %r", message.method, message.path[:200], exc_info=error)
            response = Response.text("Something went wrong here.\n", 500)
        self._deliver(message, response, outgoing)

    def _deliver(self, message: Message, response: Response | None, outgoing: Outgoing | None) -> None:
        """Answer with what a handler gave."""
        self._handler_deadline = _NEVER
        if self._lost:
            self._finish(message, 499, 0, keep=False)
        elif outgoing is not None and outgoing.started:
            if response is None:
                self._finish(message, 200, outgoing.size, outgoing.keep_alive)
            else:
                self._abort(message)  # it failed within its body: the client must not take it for complete
        elif response is None:
            _log.error("The application gave no response to %s %r", message.method, message.path[:200])
            self._respond(message, Response.text("Something went wrong here.\n", 500))
        else:
            self._respond(message, response)

    def _respond(self, message: Message, response: Response) -> None:
        body: Any = response.body  # of what kind it is, its class says quickest
        if body.__class__ is not bytes:
            self._respond_with_other(message, response)
            return
        keep = self._may_keep(message)
        status, size = response.status, len(body)
        fields, close = without_framing(response.headers)
        if close:
            keep = False
        if status == 204 or status == 304 or message.method == "HEAD":
            framing = b"" if status in {204, 304} else b"content-length: %d\r\n" % size
            self._send(head(status, self._shared.date, fields, framing, keep, message.version))
        elif size > _JOIN or not keep or message.version != "1.1":
            framing = b"content-length: %d\r\n" % size
            start = head(status, self._shared.date, fields, framing, keep, message.version)
            if size > _JOIN:
                self._send(start)
                self._send(body)
            else:
                self._send(start + body)
        else:
            data = b"%b%b%bcontent-length: %d\r\n\r\n%b" % (LINES[status], self._shared.date, fields, size, body)
            if self._queue and self._held_size < _JOIN:
                self._held.append(data)  # what was sent ahead together is answered together
                self._held_size += len(data)
            elif self._held:
                self._send(data)
            else:
                self._transport.write(data)
        self._finish(message, status, size, keep)

    def _respond_with_other(self, message: Message, response: Response) -> None:
        """Answer with a body that is not simply bytes."""
        body = response.body
        if not isinstance(body, bytes) and isinstance(body, FileBody) and body.length <= _SMALL_FILE:
            try:
                data = b"".join(body)
            except OSError:
                _log.exception("Cannot read %s", body.path)
                data, response = b"", Response.text("", 500)
            if len(data) != body.length:
                data, response = b"", Response.text("", 500)  # it changed since it was looked at
            body = data
        if isinstance(body, bytes | bytearray):
            self._respond(message, Response(bytes(body), response.status, response.headers))
        else:
            self._stream(message, response)

    def _stream(self, message: Message, response: Response) -> None:
        outgoing = self._outgoing(message)
        bare = message.method == "HEAD" or response.status in {204, 304}
        task = start_task(bridge.drive(self._send_body(response, outgoing, bare)), self._shared.loop, self._context)
        if task.done():
            self._streamed(message, response, task, outgoing)
        else:
            self._task = task
            task.add_done_callback(lambda task: self._resume_streamed(message, response, task, outgoing))

    async def _send_body(self, response: Response, outgoing: Outgoing, bare: bool) -> None:
        file = response.body if isinstance(response.body, FileBody) else None
        outgoing.begin(response.status, response.headers, None if file is None else file.length)
        if file is not None and not bare:
            await asyncio.sleep(0)  # the head leaves at the end of this step of the loop
        if file is not None and not bare and (sock := kernel_socket(self._transport)) is not None:
            outgoing.passed(await send_file(sock, file, self._wait_for_client))
        elif not bare:
            await _send_chunks(response, outgoing)
        outgoing.end()

    def _wait_for_client(self, begins: bool) -> None:
        """The socket is full, or takes more again; the transport does not know, since the kernel writes."""
        if begins:
            self.pause_writing()
        else:
            self.resume_writing()

    def _resume_streamed(
        self, message: Message, response: Response, task: "asyncio.Task[None]", outgoing: Outgoing
    ) -> None:
        self._task = None
        self._streamed(message, response, task, outgoing)
        self._advance()

    def _streamed(self, message: Message, response: Response, task: "asyncio.Task[None]", outgoing: Outgoing) -> None:
        try:
            task.result()
        except (asyncio.CancelledError, ResponseAborted) as error:
            if not self._lost:
                _log.error("The response to %s %r broke off: %s", message.method, message.path[:200], error)
            self._abort(message)
        except Exception:  # noqa: BLE001 - whatever an application's iterator raises
            _log.exception("An error within the body of the response to %s %r", message.method, message.path[:200])
            self._abort(message)
        else:
            self._finish(message, response.status, outgoing.size, outgoing.keep_alive)

    def _finish(self, message: Message, status: int, size: int, keep: bool) -> None:
        """The response is written; go on with the connection or end it."""
        shared = self._shared
        if shared.options.access_log:
            self._log_access(message, status, size)
        if self._request is not None:
            if message.length or message.incoming is not None:
                self._request.close()
            self._request = None
        self._current = None
        self._count += 1
        if self._lost:
            return
        if not keep:
            self._end(message)
            return
        if not self._write_paused:
            self._deadline = shared.now + (shared.options.header_timeout if self._in_head else shared.idle_timeout)
        if self._reading_paused:
            self._resume_reading()
            self._consume(b"")

    def _log_access(self, message: Message, status: int, size: int) -> None:
        client = self._client if self._request is None else self._request.client
        entry = access_log.AccessEntry(
            access_log.now(),
            "-" if client is None else client[0],
            message.method,
            message.path.decode("latin-1"),
            status,
            size,
            round((self._shared.loop.time() - self._begun) * 1000, 3),
            message.values.get(b"referer", b"").decode("latin-1"),
            message.values.get(b"user-agent", b"").decode("latin-1"),
        )
        access_log.write(entry, self._shared.options.access_log)

    def _end(self, message: Message) -> None:
        """Close after what is written has gone out."""
        self._last = True
        self._queue.clear()
        self._buffer = b""
        unread = message.incoming is not None and not message.incoming.complete
        self._body = None
        self._lingering = True
        if (unread or message.error is not None) and self._transport.can_write_eof():
            self._deadline = self._shared.now + _LINGER
            self._transport.write_eof()
            self._resume_reading()
        else:
            self._deadline = self._shared.now + self._shared.options.write_timeout
            self._transport.close()

    def _abort(self, message: Message) -> None:
        self._finish(message, 499, 0, keep=False) if self._lost else self._cut(message)

    def _cut(self, message: Message) -> None:
        """Break the connection, so that nobody takes what was sent for the whole."""
        if self._held:
            self._send(b"")
        self._lost = True
        self._transport.abort()
        self._finish(message, 499, 0, keep=False)

    def _send(self, data: bytes) -> None:
        """Write ``data`` behind the responses that were held back for it; a write is a third of the cost of a hello world."""
        if self._held:
            data = b"".join([*self._held, data])
            self._held.clear()
            self._held_size = 0
        self._transport.write(data)

    def _write(self, data: bytes) -> None:
        if self._lost:
            raise ResponseAborted("The client went away.")
        self._send(data)

    async def _drain(self) -> None:
        if self._lost:
            raise ResponseAborted("The client went away.")
        if self._write_paused:
            self._drained = self._shared.loop.create_future()
            try:
                await self._drained
            finally:
                self._drained = None

    # The server calls these.

    def check_deadline(self, now: float) -> None:
        """End what takes too long."""
        if self._write_paused and not self._lost:
            size = self._transport.get_write_buffer_size()
            options = self._shared.options
            earned = self._deadline + max(self._write_mark - size, 0) / options.min_rate
            self._deadline, self._write_mark = min(earned, now + options.write_timeout), size
        if _TIMED_OUT < self._handler_deadline <= now and self._is_silent and not self._lost and self._task is not None:
            _log.error(
                "The application took too long to answer %r", "" if self._request is None else self._request.path[:200]
            )
            self._handler_deadline = _TIMED_OUT
            self._task.cancel()
        if now < self._deadline or self._lost:
            return
        self._deadline = _NEVER
        if self._write_paused or self._lingering:
            self._transport.abort()
        elif self._current is not None:
            incoming = self._current.incoming
            if incoming is not None and incoming.is_awaited:
                incoming.fail(RequestTimeout())
        elif self._in_head:
            self._refuse(BadMessage(408, "The head of the request took too long to arrive."))
            self._advance()
        else:
            self._transport.close()

    @property
    def _is_silent(self) -> bool:
        """Whether the application has not begun to answer."""
        return self._writer is None or not self._writer.started

    def shut_down(self) -> None:
        """Close once the running request is answered, or soon if there is none.

        A client that has just got an answer may have sent its next request already. It would be lost if we closed now, so
        the connection must have been quiet for a while.
        """
        if (
            self._current is None
            and not self._queue
            and not self._lost
            and not self._write_paused
            and not self._in_head
        ):
            options = self._shared.options
            quiet_since = self._deadline - (options.idle_timeout if self._count else options.header_timeout)
            self._deadline = quiet_since + _QUIET
            self.check_deadline(self._shared.loop.time())

    def cut(self) -> None:
        """Close without waiting for anything."""
        self._transport.abort()


async def _send_chunks(response: Response, outgoing: Outgoing) -> None:
    chunks = response.chunks()
    try:
        async for chunk in chunks:
            await outgoing.write(chunk)
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
