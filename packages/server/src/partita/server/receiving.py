"""The side of a connection of HTTP/1.1 that takes requests in."""

import asyncio
from abc import abstractmethod
from collections import deque
from typing import cast

from partita import bridge
from partita.http import BytesBody, Headers, Request, StatusError, StreamBody
from partita.server.chunked import ChunkedDecoder
from partita.server.errors import BadMessage
from partita.server.incoming import Incoming
from partita.server.message import HeadParser, Message
from partita.server.shared import Shared, mounted
from partita.server.wire import CONTINUE, SWITCHING

__all__ = ("IDLE", "NEVER", "NO_BODY", "TURNS", "Receiving")

NEVER = float("inf")
"""A deadline that is none."""

IDLE = float("-inf")
"""A deadline that the next look at the connection sets: the end of `Options.idle_timeout`. No request has to ask a clock for it."""

TURNS = 32
"""Requests of one connection that are answered at one turn of the event loop, if they came together; then others get theirs."""

NO_BODY = BytesBody()
"""That of requests without one; it never changes."""
_NO_HEADERS = Headers()
_MAX_QUEUE = 16  # requests that were sent ahead and wait for their turn
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Receiving(asyncio.Protocol):
    """Takes what comes apart into messages, and bodies with back-pressure.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_client",
        "_count",
        "_current",
        "_deadline",
        "_decoder",
        "_in_head",
        "_last",
        "_left",
        "_lost",
        "_parser",
        "_queue",
        "_reading_paused",
        "_scheme",
        "_server",
        "_shared",
        "_told",
        "_transport",
        "_upgrading",
        "_write_paused",
        "_yielded",
    )

    _transport: asyncio.Transport

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._told: tuple[tuple[str, int], tuple[str, int] | None] | None = None  # addresses by the PROXY protocol
        self._parser = HeadParser(shared.options.limits)
        self._buffer = b""
        self._queue: deque[Message] = deque()
        self._current: Message | None = None
        self._body: Message | None = None  # whose body is coming in
        self._decoder: ChunkedDecoder | None = None
        self._left = 0
        self._count = 0
        self._in_head = self._last = self._lost = self._upgrading = False
        self._reading_paused = self._write_paused = False
        self._yielded = False  # others have their turn, and what is here waits
        self._deadline = NEVER
        self._client: tuple[str, int] | None = None
        self._server: tuple[str, int] | None = None
        self._scheme = "http"

    @abstractmethod
    def _advance(self) -> None:
        """Answer what waits, as far as that goes without waiting."""

    @abstractmethod
    def _send(self, data: bytes) -> None:
        """Write ``data`` behind what was held back."""

    def _consume(self, data: bytes) -> None:
        """Take messages apart, as many as may wait."""
        if self._buffer:
            data = self._buffer + data
        try:
            while data:
                if self._body is not None:
                    data = self._take_body(self._body, data)
                elif self._last:
                    if self._upgrading:
                        break
                    data = b""
                elif len(self._queue) >= _MAX_QUEUE or (self._queue and self._write_paused):
                    self._pause_reading()
                    break
                else:
                    end = data.find(b"\r\n\r\n")
                    if data.startswith(b"\r\n"):
                        data = data[2:]  # RFC 9112, section 2.2
                    elif end < 0:
                        self._wait_for_head(data)
                        break
                    elif end + 4 == len(data):
                        self._take_head(data, b"")
                        data = b""
                    else:
                        data = self._take_head(data[: end + 4], data[end + 4 :])
        except BadMessage as error:
            if self._may_be_http2 and _PREFACE.startswith(data[:24]):
                self._speak_http2(data)
                return
            data = b""
            self._refuse(error)
        self._buffer = data

    @property
    def _may_be_http2(self) -> bool:
        """Whether nothing but HTTP/2 may have begun: a client may know beforehand that we speak it (RFC 9113, section 3.3)."""
        return not self._count and self._current is None and not self._queue and self._shared.options.http2

    def _speak_http2(self, data: bytes, asking: Message | None = None) -> None:
        """Hand over to HTTP/2, which is also to answer the request that asked for it, if there is one."""
        from partita.server.http2.connection import (
            Http2Connection,
        )  # it takes 20 ms, and few servers get such connections

        self._last = True
        self._buffer = b""
        self._shared.connections.discard(self)
        successor = Http2Connection(self._shared)
        self._transport.set_protocol(successor)
        if asking is not None:
            self._transport.write(SWITCHING)
        successor.connection_made(self._transport)
        if self._told is not None:
            successor.arrived_through(*self._told)
        if asking is not None:
            from partita.server.http2.upgrade import first_request, wished_settings

            successor.take_first(first_request(asking), wished_settings(asking) or b"")
            self._transport.resume_reading()
        if data:
            successor.data_received(data)

    def _wants_http2(self, message: Message) -> bool:
        from partita.server.http2.upgrade import wished_settings  # few servers allow it

        in_the_clear = self._transport.get_extra_info("sslcontext") is None
        return in_the_clear and self._shared.options.http2 and wished_settings(message) is not None

    def _wait_for_head(self, data: bytes) -> None:
        if data != b"\r":  # an empty line before a request, cut in two
            self._parser.check_unfinished(data)
        if not self._in_head:
            self._in_head = True
            if self._current is None:
                self._deadline = self._shared.time() + self._shared.options.header_timeout

    def _take_head(self, data: bytes, rest: bytes) -> bytes:
        """Take a head, and the body if that has come, too; return what is behind them."""
        self._in_head = False
        message = self._parser.parse(data)
        length = message.length
        if length and length <= len(rest):
            message.content, rest = rest[:length], rest[length:]
            self._last = not message.keep_alive
        elif length or message.chunked:
            incoming = Incoming(self._shared.loop, self._wait_for_body, self._resume_reading)
            message.incoming, self._body, self._left = incoming, message, length
            self._decoder = ChunkedDecoder(incoming.feed) if message.chunked else None
        elif not message.keep_alive:
            self._last = True
            if message.upgrade:
                if self._shared.websocket is None:
                    raise BadMessage(400, "WebSockets are not served here.")
                self._upgrading = True
                self._pause_reading()
            elif self._shared.options.http2_upgrade and self._wants_http2(message):
                self._upgrading = True
                self._pause_reading()
        self._queue.append(message)
        return rest

    def _take_body(self, message: Message, data: bytes) -> bytes:
        """Give bytes to the body; return those behind it."""
        incoming = cast("Incoming", message.incoming)
        if self._decoder is not None:
            rest = self._decoder.feed(data)
            if incoming.received > max(self._shared.options.limits.max_upload, self._shared.options.limits.max_body):
                raise BadMessage(413, "The body is too large.")
            complete = self._decoder.complete
        else:
            rest = data[self._left :]
            incoming.feed(data[: self._left] if rest else data)
            self._left -= len(data) - len(rest)
            complete = not self._left
        if complete:
            self._body = self._decoder = None
            self._last = not message.keep_alive
            if message is self._current:
                self._deadline = NEVER
            incoming.finish()
        else:
            if self._deadline != NEVER and not self._write_paused:
                options = self._shared.options
                earned = self._deadline + len(data) / options.min_rate
                self._deadline = min(earned, self._shared.time() + options.body_timeout)
            if incoming.is_full:
                self._pause_reading()
                if not self._write_paused:
                    self._deadline = NEVER  # now it is the application that takes its time
        return rest

    def _wait_for_body(self) -> None:
        """The application wants bytes that have not come."""
        message = self._current
        if message is not None and message.expects_continue:
            message.expects_continue = False
            # Behind the head of the answer it would stand in the body (RFC 9110, section 10.1.1).
            if message.outgoing is None or not message.outgoing.started:
                self._send(CONTINUE)
        if self._deadline == NEVER:
            self._deadline = self._shared.time() + self._shared.options.body_timeout
        self._resume_reading()

    def _refuse(self, error: BadMessage) -> None:
        """Answer ``error`` when its turn comes; nothing behind it is read."""
        if self._body is not None:
            # The application may be in the midst of reading it; whoever reads on learns it from there.
            incoming = cast("Incoming", self._body.incoming)
            self._body.keep_alive = False
            incoming.fail(StatusError(error.status, error.reason))
            self._body = None
            if self._current is not None or self._queue:
                self._last = True
                return
        self._last = True
        self._queue.append(Message("GET", "1.1", error))

    def _yield_turn(self) -> None:
        """Let others have their turn; what has come waits for the next one."""
        if not self._yielded:
            self._yielded = True
            self._pause_reading()
            self._shared.loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._yielded = False
        if self._lost:
            return
        if not self._upgrading:
            self._resume_reading()
        if self._current is None and not self._queue and not self._write_paused:
            data, self._buffer = self._buffer, b""
            self.data_received(data)
        else:
            self._consume(b"")
            self._advance()

    def _pause_reading(self) -> None:
        if not self._reading_paused and not self._lost:
            self._reading_paused = True
            self._transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused and not self._lost:
            self._reading_paused = False
            self._transport.resume_reading()

    def _make_request(self, message: Message) -> Request:
        shared, headers, path, raw_path = self._shared, message.headers, message.text, message.path
        if headers is None:
            headers = _NO_HEADERS
        client, scheme, root_path = self._client, self._scheme, shared.root_path
        if shared.proxies is not None:
            client, scheme, headers = shared.proxies.apply(client, scheme, headers)
        if root_path:
            path, raw_path = mounted(path, raw_path, root_path)
        return Request(
            message.method,
            path,
            raw_path,
            message.query,
            headers,
            message.version,
            scheme,
            client,
            self._server,
            NO_BODY if message.content is None and message.incoming is None else self._body_of(message),
            shared.limits,
            root_path,
        )

    def _body_of(self, message: Message) -> BytesBody | StreamBody:
        incoming = message.incoming
        if incoming is None:
            return BytesBody(message.content or b"")
        if incoming.complete:
            return BytesBody(incoming.take())
        length = None if message.chunked else message.length
        return StreamBody(incoming.receive, bridge.wait, self._shared.loop, length)
