"""One connection of HTTP/2: the rules that its streams share (RFC 9113)."""

import asyncio
import struct
from collections import OrderedDict
from typing import cast

from partita.http import BytesBody, Headers, Request, StreamBody
from partita.http.request import decode_path
from partita.server.http2 import codes
from partita.server.http2.blocks import HeaderBlocks
from partita.server.http2.budget import Budget
from partita.server.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    MAX_WINDOW,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    ConnectionFailed,
    StreamFailed,
    frame,
    settings_payload,
    unpadded,
)
from partita.server.http2.head import read_head, read_trailers
from partita.server.http2.receiving import Receiving
from partita.server.http2.sending import CONNECTION_WINDOW, expect
from partita.server.http2.stream import Stream
from partita.server.message import Message
from partita.server.shared import Shared, mounted
from partita.server.wire import address

__all__ = ("Http2Connection",)

_NEVER = float("inf")
_IDLE = float("-inf")  # until the next look at the connection, which sets it; see `partita.server.receiving`
_LINGER = 0.5  # seconds to read on after GOAWAY, so that the client's kernel does not throw it away
_REMEMBERED = 512  # streams that we reset: what was under way to them is no fault of the client
# Streams that end in a reset, by the client itself (CVE-2023-44487) or provoked from us (CVE-2025-8671). Work that was worth it
# gives back.
_RESETS, _RESETS_RATE = 100.0, 10.0


class Http2Connection(Receiving):
    """Speaks HTTP/2 over one transport.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = (
        "_blocks",
        "_client",
        "_count",
        "_deadline",
        "_first",
        "_going",
        "_in_part",
        "_last",
        "_reset_by_us",
        "_resets",
        "_running",
        "_scheme",
        "_server",
        "_taken",
        "_write_mark",
    )

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._first = True
        self._blocks = HeaderBlocks(shared.options.limits)
        self._running: set[Stream] = (
            set()
        )  # those whose application has not ended, though the client may have reset them
        self._reset_by_us: OrderedDict[int, None] = OrderedDict()
        self._last = 0  # the highest number of a stream that came
        self._taken = 0  # the one for GOAWAY: after the first, it may not grow (section 6.8)
        self._count = 0  # of requests
        self._resets = Budget(_RESETS, _RESETS_RATE, self._time())
        self._going = False
        self._in_part = True  # of a frame, a header block or the preface, whose clock runs
        self._write_mark = 0
        self._deadline = _NEVER
        self._client: tuple[str, int] | None = None
        self._server: tuple[str, int] | None = None
        self._scheme = "http"

    # The transport calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = cast("asyncio.Transport", transport)
        self._client = address(transport.get_extra_info("peername"))
        self._server = address(transport.get_extra_info("sockname"))
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._deadline = self._time() + self.shared.options.header_timeout
        self.shared.connections.add(self)
        limits = self.shared.options.limits
        settings = {0x3: self.shared.options.http2_max_streams, 0x6: limits.max_header_bytes + limits.max_target}
        if self.shared.websocket is not None:
            settings[0x8] = 1  # SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441, section 3)
        self._transport.write(
            frame(SETTINGS, 0, 0, settings_payload(settings))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack("!L", CONNECTION_WINDOW - 65_535))
        )
        if self.shared.is_crowded:
            self._fail(ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many connections."))

    def arrived_through(self, client: tuple[str, int], server: tuple[str, int] | None) -> None:
        """Take the addresses that a proxy told, instead of those of the socket; before any data."""
        self._client, self._server = client, server or self._server

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._lost = True
        self.shared.connections.discard(self)
        self._stop_streams()

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`."""
        return False

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`; a client that takes no answers is not read from, or they would pile up here."""
        self._write_paused = True
        self._write_mark = self._transport.get_write_buffer_size()
        self._deadline = self._time() + self.shared.options.write_timeout
        if not self._closing:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._write_paused = False
        if not self._closing:
            self._rest()
            self._wake()
            self._may_read()
            if self._going and not self._streams:
                self._close()

    def _rest(self) -> None:
        """Wait for the next request, or for the rest of one; what runs has clocks of its own."""
        if self._streams and not self._blocks.is_open:
            self._deadline = _NEVER
        elif self._blocks.is_open or not self._reader.is_empty or self._preface is not None:
            if not self._in_part or self._deadline == _NEVER:
                self._in_part = True
                self._deadline = self._time() + self.shared.options.header_timeout
        else:
            self._in_part = False
            self._deadline = _IDLE

    # Frames.

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if self._first:
            if kind != SETTINGS or flags & ACK:
                raise ConnectionFailed(codes.PROTOCOL_ERROR, "The first frame must be SETTINGS.")
            self._first = False
        if self._blocks.is_open and (kind != CONTINUATION or stream != self._blocks.stream):
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "A header block is interrupted.")
        if kind == DATA:
            self._take_data(flags, stream, payload)
            return
        if kind != CONTINUATION and not self._frames.take(self._time()):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many frames that lead to nothing.")
        if kind == HEADERS:
            self._take_headers(flags, stream, payload)
        elif kind == WINDOW_UPDATE:
            self._take_window(stream, payload)
        elif kind == CONTINUATION:
            self._blocks.go_on(payload)
            if flags & END_HEADERS:
                self._end_block()
        elif kind == SETTINGS:
            self._take_settings(flags, stream, payload)
        elif kind == PING:
            expect(len(payload) == 8, codes.FRAME_SIZE_ERROR, "PING has 8 bytes.")
            expect(stream == 0, codes.PROTOCOL_ERROR, "PING belongs to the connection.")
            if not flags & ACK:
                self._transport.write(frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM:
            self._take_reset(stream, payload)
        elif kind == PRIORITY:
            expect(stream != 0, codes.PROTOCOL_ERROR, "PRIORITY belongs to a stream.")
            if len(payload) != 5:
                # A stream that is idle cannot be reset (section 6.4).
                expect(not self._is_idle(stream), codes.FRAME_SIZE_ERROR, "PRIORITY has 5 bytes.")
                raise StreamFailed(stream, codes.FRAME_SIZE_ERROR, "PRIORITY has 5 bytes.")
        elif kind == GOAWAY:
            expect(stream == 0, codes.PROTOCOL_ERROR, "GOAWAY belongs to the connection.")
            expect(len(payload) >= 8, codes.FRAME_SIZE_ERROR, "GOAWAY has 8 bytes at least.")
        elif kind == PUSH_PROMISE:
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "A client pushes nothing.")

    def _take_data(self, flags: int, number: int, payload: bytes) -> None:
        size = len(payload)
        if self._is_idle(number):
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "DATA comes without HEADERS.")
        self._receive_window -= size
        expect(self._receive_window >= 0, codes.FLOW_CONTROL_ERROR, "The window of the connection is full.")
        data = unpadded(flags, payload)
        if not (data or flags & END_STREAM) and not self._frames.take(self._time()):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many empty frames.")
        stream = self._streams.get(number)
        tunnel = stream is not None and stream.is_tunnel
        if data and size < 64 and not tunnel and not self._frames.take(self._time(), 0.1):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many tiny frames.")  # CVE-2019-9511
        if stream is None or stream.remote_closed:
            self._give_back(size)
            self._late(number, closed=stream is None)
            return
        if size > stream.receive_window:
            self._give_back(size)
            raise StreamFailed(number, codes.FLOW_CONTROL_ERROR, "The window of the stream is full.")
        stream.take_data(data, size - len(data))
        end = bool(flags & END_STREAM)
        if not stream.fits_length(end):
            raise StreamFailed(number, codes.PROTOCOL_ERROR, "The body does not fit its content-length.")
        limits = self.shared.options.limits
        if (
            not tunnel
            and stream.incoming is not None
            and stream.incoming.received > max(limits.max_upload, limits.max_body)
        ):
            raise StreamFailed(number, codes.CANCEL, "The body is too large.")
        if end:
            stream.end_data()

    def _take_headers(self, flags: int, number: int, payload: bytes) -> None:
        expect(number % 2 == 1, codes.PROTOCOL_ERROR, "Requests have odd numbers.")
        self._blocks.begin(flags, number, payload)
        if flags & END_HEADERS:
            self._end_block()
        elif self._deadline == _NEVER:
            self._deadline = self._time() + self.shared.options.header_timeout

    def _end_block(self) -> None:
        headers = self._blocks.end()
        number, end = self._blocks.stream, self._blocks.end_stream
        if self._streams and not self._write_paused:
            self._deadline = _NEVER  # that of a block in pieces, while others run
        stream = self._streams.get(number)
        if stream is not None:
            if stream.remote_closed:
                raise StreamFailed(number, codes.STREAM_CLOSED, "HEADERS come after the end.")
            self._take_trailers(stream, headers, end)
        elif number <= self._last:
            self._late(number, closed=True)
        else:
            self._last = number
            if not self._going:
                self._taken = number
            self._open(number, headers, end)

    def _take_trailers(self, stream: Stream, headers: list[tuple[bytes, bytes]], end: bool) -> None:
        if stream.is_tunnel:
            raise StreamFailed(stream.number, codes.PROTOCOL_ERROR, "A tunnel takes nothing but DATA.")  # section 8.5
        if not end:
            raise StreamFailed(stream.number, codes.PROTOCOL_ERROR, "HEADERS within a body must end it.")
        read_trailers(stream.number, headers)
        if not stream.fits_length(complete=True):
            raise StreamFailed(stream.number, codes.PROTOCOL_ERROR, "The body does not fit its content-length.")
        stream.end_data()

    def _open(self, number: int, headers: list[tuple[bytes, bytes]], end: bool) -> None:
        if self._going:
            # Streams beyond the one that GOAWAY names are the client's to try elsewhere (section 6.8); what follows is no fault.
            self._note_reset(number)
            self._transport.write(frame(RST_STREAM, 0, number, struct.pack("!L", codes.REFUSED_STREAM)))
            return
        message = read_head(number, headers, self.shared.options.limits, self.shared.websocket is not None)
        if end and message.length > 0:
            raise StreamFailed(number, codes.PROTOCOL_ERROR, "The body does not fit its content-length.")
        most = self.shared.options.http2_max_streams
        # What a client resets runs on until it notices; so that is counted, too, and not streams alone.
        if len(self._streams) >= most or len(self._running) >= 2 * most:
            raise StreamFailed(number, codes.REFUSED_STREAM, "Too many requests at once.")
        self._run(number, message, end)

    def _run(self, number: int, message: Message, end: bool) -> None:
        stream = self._streams[number] = Stream(self, number, message, end, self._initial_window)
        if not self._write_paused:
            self._deadline = _NEVER
        self._running.add(stream)
        stream.run()
        self._count += 1
        # A connection that came up while the server stops has not been told of it.
        if self._count == self.shared.max_requests or self.shared.stopping:
            self.shut_down()

    def take_first(self, message: Message, settings: bytes) -> None:
        """Answer the request of HTTP/1.1 that asked for HTTP/2 (RFC 7540, section 3.2); it is stream 1, and complete.

        Args:
            message: The request.
            settings: The payload of SETTINGS that came with it.
        """
        try:
            self._apply_settings(settings)
        except ConnectionFailed as error:
            self._fail(error)
            return
        self._last = self._taken = 1
        self._run(1, message, True)

    def _take_settings(self, flags: int, stream: int, payload: bytes) -> None:
        expect(stream == 0, codes.PROTOCOL_ERROR, "SETTINGS belong to the connection.")
        if flags & ACK:
            expect(not payload, codes.FRAME_SIZE_ERROR, "An acknowledgement of SETTINGS is empty.")
            return
        expect(len(payload) % 6 == 0, codes.FRAME_SIZE_ERROR, "A setting has 6 bytes.")
        if len(payload) > 600 and not self._frames.take(self._time(), len(payload) / 60):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many settings.")
        self._apply_settings(payload)
        self._transport.write(frame(SETTINGS, ACK, 0))

    def _take_window(self, number: int, payload: bytes) -> None:
        expect(len(payload) == 4, codes.FRAME_SIZE_ERROR, "WINDOW_UPDATE has 4 bytes.")
        increment = int.from_bytes(payload, "big") & MAX_WINDOW
        if number == 0:
            expect(increment > 0, codes.PROTOCOL_ERROR, "A window grows by one byte at least.")
            self._send_window += increment
            expect(self._send_window <= MAX_WINDOW, codes.FLOW_CONTROL_ERROR, "A window is larger than allowed.")
            self._wake()
            return
        if self._is_idle(number):
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "WINDOW_UPDATE comes without HEADERS.")
        stream = self._streams.get(number)
        if stream is None:
            return  # it may have been under way when the stream ended
        if not increment:
            raise StreamFailed(number, codes.PROTOCOL_ERROR, "A window grows by one byte at least.")
        stream.send_window += increment
        if stream.send_window > MAX_WINDOW:
            raise StreamFailed(number, codes.FLOW_CONTROL_ERROR, "A window is larger than allowed.")
        stream.wake()

    def _take_reset(self, number: int, payload: bytes) -> None:
        expect(number != 0, codes.PROTOCOL_ERROR, "RST_STREAM belongs to a stream.")
        expect(len(payload) == 4, codes.FRAME_SIZE_ERROR, "RST_STREAM has 4 bytes.")
        if self._is_idle(number):
            raise ConnectionFailed(codes.PROTOCOL_ERROR, "RST_STREAM comes without HEADERS.")
        if not self._resets.take(self._time()):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many streams are reset.")
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.stop(gone=True)

    def _is_idle(self, number: int) -> bool:
        return number == 0 or number % 2 == 0 or number > self._last

    def _late(self, number: int, closed: bool) -> None:
        """A frame came for a stream whose other side has ended."""
        if number in self._reset_by_us:
            return
        if closed:
            raise ConnectionFailed(codes.STREAM_CLOSED, "A frame comes for a stream that is closed.")
        raise StreamFailed(number, codes.STREAM_CLOSED, "DATA comes after the end.")

    # Ending.

    def _fail_stream(self, error: StreamFailed) -> None:
        if not self._resets.take(self._time()):
            raise ConnectionFailed(codes.ENHANCE_YOUR_CALM, "Too many streams are reset.") from error
        stream = self._streams.get(error.stream)
        if stream is not None:
            self.reset_stream(stream, error.code, gone=True)
        else:
            self._note_reset(error.stream)
            self._transport.write(frame(RST_STREAM, 0, error.stream, struct.pack("!L", error.code)))

    def reset_stream(self, stream: Stream, code: int, gone: bool = False) -> None:
        """End one stream early."""
        if self._streams.pop(stream.number, None) is None or self._lost:
            return
        self._note_reset(stream.number)
        self._transport.write(frame(RST_STREAM, 0, stream.number, struct.pack("!L", code)))
        stream.stop(gone)

    def _note_reset(self, number: int) -> None:
        self._reset_by_us[number] = None
        if len(self._reset_by_us) > _REMEMBERED:
            self._reset_by_us.popitem(last=False)

    def forget(self, stream: Stream) -> None:
        """The application is done with a stream."""
        self._running.discard(stream)
        if self._streams.pop(stream.number, None) is not None and not stream.reset:
            self._resets.give(1)
            self._frames.give(4)
        if not self._streams and not self._lost and not self._closing and not self._write_paused:
            self._rest()
            if self._going:
                self._close()

    def _fail(self, error: ConnectionFailed) -> None:
        payload = struct.pack("!LL", self._taken, error.code) + error.reason.encode()
        self._transport.write(frame(GOAWAY, 0, 0, payload))
        self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        self._stop_streams()
        self._deadline = self._time() + _LINGER
        if self._transport.can_write_eof() and not self._write_paused:
            self._transport.write_eof()
        else:
            self._transport.close()

    # Streams call these.

    def make_request(self, message: Message, headers: Headers, body: BytesBody | StreamBody) -> Request:
        """Return the request that a head describes."""
        client, scheme = self._client, self._scheme
        if self.shared.proxies is not None:
            client, scheme, headers = self.shared.proxies.apply(client, scheme, headers)
        raw_path, root_path = message.path, self.shared.root_path
        path = decode_path(raw_path)
        if root_path:
            path, raw_path = mounted(path, raw_path, root_path)
        return Request(
            message.method,
            path,
            raw_path,
            message.query,
            headers,
            "2",
            scheme,
            client,
            self._server,
            body,
            self.shared.options.limits,
            root_path,
        )

    # The server calls these.

    def check_deadline(self, now: float) -> None:
        """End what takes too long."""
        if self._lost:
            return
        for stream in [*self._streams.values()]:
            stream.check_deadline(now)
        if self._write_paused and not self._closing:
            size = self._transport.get_write_buffer_size()
            options = self.shared.options
            earned = self._deadline + max(self._write_mark - size, 0) / options.min_rate
            self._deadline, self._write_mark = min(earned, now + options.write_timeout), size
        if now < self._deadline:
            return
        if self._deadline == _IDLE:
            self._deadline = now + self.shared.options.idle_timeout
            return
        self._deadline = _NEVER
        if self._closing or self._write_paused:
            self._transport.abort()
        elif self._blocks.is_open or not self._reader.is_empty:
            self._fail(ConnectionFailed(codes.ENHANCE_YOUR_CALM, "A frame took too long to arrive."))
        else:
            self._fail(ConnectionFailed(codes.NO_ERROR, ""))

    def shut_down(self) -> None:
        """Take no more requests, and close once those that run are answered."""
        if self._going or self._closing or self._lost:
            return
        self._going = True
        self._transport.write(frame(GOAWAY, 0, 0, struct.pack("!LL", self._taken, codes.NO_ERROR)))
        if not self._streams and not self._write_paused:
            self._close()

    def cut(self) -> None:
        """Close without waiting for anything."""
        self._transport.abort()
