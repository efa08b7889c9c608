"""One connection: requests in, responses out, in the same order.

This is an `asyncio.Protocol` because anyio's and asyncio's streams cost more than a hello world does (bench/).
"""

import asyncio
import logging
from contextvars import copy_context
from functools import partial
from typing import Any, cast

from partita.http import ClientDisconnected, Request, RequestTimeout, Response, StatusError
from partita.server.errors import BadMessage, ResponseAborted
from partita.server.message import Message
from partita.server.outgoing import Outgoing
from partita.server.quick import Quick
from partita.server.receiving import IDLE as _IDLE
from partita.server.receiving import NEVER as _NEVER
from partita.server.receiving import TURNS
from partita.server.shared import CLIENT_LEFT, Shared
from partita.server.wire import TOO_SLOW, address, refusal

__all__ = ("Connection",)

_log = logging.getLogger("partita.server")

_TIMED_OUT = float("-inf")
_QUIET = 1.0  # seconds after which we take it that no request is under way


class Connection(Quick):
    """Speaks HTTP/1.1 over one transport.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = ("_handler_deadline", "_write_mark", "_writer")

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._write_mark = 0
        self._writer: Outgoing | None = None
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
        self._deadline = self._shared.time() + self._shared.options.header_timeout
        self._shared.connections.add(self)
        if self._shared.is_crowded:
            self._last = True
            if self._shared.is_overcrowded:
                self._transport.abort()
                return
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
            self._task.cancel(CLIENT_LEFT)

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`; a client that closes its side is taken to be gone, so its work is cancelled."""
        return False

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = True
        self._write_mark = self._transport.get_write_buffer_size()
        self._deadline = self._shared.time() + self._shared.options.write_timeout

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._current is not None or self._lingering:
            if not self._lingering:
                self._deadline = _NEVER
        else:
            self._deadline = _IDLE
            self._consume(b"")
            self._advance()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        before = self._parser.before
        # Programs and proxies ask for the same or the like again and again.
        if (
            before is not None
            and self._current is None
            and self._shared.is_plain
            and not (self._last or self._write_paused or self._lost or self._yielded)
            and (not self._buffer or self._in_head)
        ):
            whole = self._buffer + data if self._buffer else data
            left = self._answer_known(before, whole)
            if left is None:  # nearly always
                if self._in_head:
                    self._in_head, self._buffer = False, b""
                return
            if self._yielded:
                self._in_head, self._buffer = False, left
                return
            if len(left) < len(whole):  # the clock goes on for a head that has not come to its end
                self._in_head, self._buffer = False, b""
                if not (left or self._held):
                    return
                data = left
        if self._last and self._body is None:
            if self._upgrading:
                self._buffer += data  # it is for the WebSocket that is about to open; little, because reading is paused
            return  # we answered our last request, and only wait for the client to notice
        self._consume(data)
        self._advance()

    # Answering.

    def _advance(self) -> None:
        """Answer what waits, as far as that goes without waiting."""
        turns = TURNS
        while self._current is None and self._queue and not self._write_paused and not self._lost:
            if turns <= 0:
                self._yield_turn()
                break
            turns -= 1
            message = self._current = self._queue.popleft()
            self._deadline = _NEVER
            if self._shared.options.access_log:
                self._begun = self._shared.time()
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
        else:
            self._settle(message, outcome, outgoing)

    def _settle(self, message: Message, outcome: Any, outgoing: Outgoing | None) -> None:
        """Go on after the first step of a handler that gave no plain response: mostly it waits, and is a task now."""
        shared = self._shared
        if asyncio.isfuture(outcome):
            task = self._task = cast("asyncio.Task[Response | None]", outcome)
            if timeout := shared.options.handler_timeout:
                self._handler_deadline, self._writer = shared.time() + timeout, outgoing
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
        if self._deadline == _IDLE:
            self._deadline = now + self._shared.idle_timeout
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
            options, now = self._shared.options, self._shared.time()
            quiet_since = now  # at most since the last look, so it is quiet for a little longer
            if self._deadline != _IDLE:
                quiet_since = self._deadline - (options.idle_timeout if self._count else options.header_timeout)
            self._deadline = quiet_since + _QUIET
            self.check_deadline(now)

    def cut(self) -> None:
        """Close without waiting for anything."""
        self._transport.abort()
