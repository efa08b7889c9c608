"""What goes out on a connection of HTTP/2: header blocks and DATA, as windows and settings allow (RFC 9113, sections 5.2 and 6.5)."""

import asyncio
import struct

from hpack import Encoder

from partita.server.http2 import codes
from partita.server.http2.budget import Budget
from partita.server.http2.frames import (
    DATA,
    END_STREAM,
    MAX_FRAME,
    MAX_WINDOW,
    WINDOW_UPDATE,
    ConnectionFailed,
    frame,
    header_frames,
)
from partita.server.http2.stream import Stream
from partita.server.shared import Shared

__all__ = ("CONNECTION_WINDOW", "Sending", "expect")

CONNECTION_WINDOW = 1_048_576
"""Bytes of all bodies together that may come before somebody reads them."""
# What a client may ask for in vain: frames that cost us something and lead to nothing. Work that was worth it gives back.
_FRAMES, _FRAMES_RATE = 2000.0, 200.0


class Sending(asyncio.Protocol):
    """The sending side of a connection, which its streams share.

    Args:
        shared: What it has in common with the other connections.
    """

    STREAM_WINDOW = 65_535
    """Bytes of a body that may come before somebody reads them."""

    __slots__ = (
        "_closing",
        "_encoder",
        "_frames",
        "_initial_window",
        "_lost",
        "_max_frame",
        "_receive_window",
        "_send_window",
        "_streams",
        "_time",
        "_transport",
        "_write_paused",
        "shared",
    )

    _transport: asyncio.Transport

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self._encoder = Encoder()
        self._streams: dict[int, Stream] = {}
        self._initial_window = self._send_window = 65_535
        self._receive_window = CONNECTION_WINDOW
        self._max_frame = MAX_FRAME
        self._time = shared.time
        self._frames = Budget(_FRAMES, _FRAMES_RATE, self._time())
        self._closing = self._lost = self._write_paused = False

    def _apply_settings(self, payload: bytes) -> None:
        # The same again changes nothing, and there may be thousands: of each pair the last one is enough.
        pairs = dict.fromkeys(reversed([*struct.iter_unpack("!HL", payload)]))
        for name, value in reversed(pairs):
            if name == 0x1:
                self._set_table_size(min(value, 4096))
            elif name == 0x2:
                expect(value <= 1, codes.PROTOCOL_ERROR, "SETTINGS_ENABLE_PUSH is 0 or 1.")
            elif name == 0x4:
                self._set_initial_window(value)
            elif name == 0x5:
                expect(MAX_FRAME <= value < 2**24, codes.PROTOCOL_ERROR, "SETTINGS_MAX_FRAME_SIZE is out of range.")
                self._max_frame = min(value, 65_536)

    def _set_table_size(self, size: int) -> None:
        self._encoder.header_table_size = size
        changes = self._encoder.table_size_changes
        if len(changes) > 1:
            # Of all that the next block would say, the smallest and the last (RFC 7541, section 4.2).
            changes[:] = [min(changes), size] if min(changes) < size else [size]

    def _set_initial_window(self, value: int) -> None:
        expect(value <= MAX_WINDOW, codes.FLOW_CONTROL_ERROR, "SETTINGS_INITIAL_WINDOW_SIZE is out of range.")
        difference, self._initial_window = value - self._initial_window, value
        for stream in self._streams.values():
            stream.send_window += difference
            expect(stream.send_window <= MAX_WINDOW, codes.FLOW_CONTROL_ERROR, "A window is larger than allowed.")
        if difference > 0:
            self._wake()

    def send_headers(self, stream: Stream, fields: list[tuple[bytes, bytes]], end: bool) -> None:
        """Write a header block; in the order of calls, since each changes the table of the next."""
        if self._lost or stream.reset:
            return
        block = self._encoder.encode(fields)
        self._transport.write(header_frames(stream.number, block, end, min(self._max_frame, MAX_FRAME)))
        if end:
            stream.local_closed = True

    def room(self, stream: Stream) -> int:
        """Return how many bytes of DATA may go out now."""
        if self._write_paused or stream.reset:
            return 0
        return min(stream.send_window, self._send_window, self._max_frame)

    def send_data(self, stream: Stream, data: bytes, end: bool) -> None:
        """Write one frame of DATA, for which there is room."""
        if self._lost or stream.reset:
            return
        stream.send_window -= len(data)
        self._send_window -= len(data)
        self._transport.write(frame(DATA, END_STREAM if end else 0, stream.number, data))
        self._frames.give(2)  # each may bring two updates of windows
        if end:
            stream.local_closed = True

    def give_window(self, stream: Stream, size: int) -> None:
        """Bytes of a body have been read: let as many come."""
        self._give_back(size)
        stream.receive_window += size
        if not stream.remote_closed and not stream.reset and not self._lost:
            self._transport.write(frame(WINDOW_UPDATE, 0, stream.number, struct.pack("!L", size)))

    def _give_back(self, size: int) -> None:
        self._receive_window += size
        if size and not self._lost and not self._closing:
            self._transport.write(frame(WINDOW_UPDATE, 0, 0, struct.pack("!L", size)))

    def _wake(self) -> None:
        for stream in [*self._streams.values()]:
            stream.wake()


def expect(holds: bool, code: int, reason: str) -> None:
    """Raise `ConnectionFailed` unless a rule holds."""
    if not holds:
        raise ConnectionFailed(code, reason)
