"""Frames of HTTP/2 as bytes (RFC 9113, sections 4 and 6)."""

import struct

from partita.server.errors import ServerError
from partita.server.http2 import codes

__all__ = ("ConnectionFailed", "FrameReader", "StreamFailed", "frame", "header_frames", "settings_payload", "unpadded")

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x1, 0x4, 0x8, 0x20
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_FRAME = 16_384
MAX_WINDOW = 2**31 - 1

_HEAD = struct.Struct("!BHBBL")


class ConnectionFailed(ServerError, ValueError):
    """The peer broke a rule that concerns the whole connection (section 5.4.1).

    Args:
        code: For GOAWAY.
        reason: For the person at the other end.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class StreamFailed(ServerError, ValueError):
    """The peer broke a rule that concerns one stream (section 5.4.2).

    Args:
        stream: Its number.
        code: For RST_STREAM.
        reason: For the log.
    """

    def __init__(self, stream: int, code: int, reason: str) -> None:
        super().__init__(stream, code, reason)
        self.stream, self.code, self.reason = stream, code, reason


class FrameReader:
    """Cuts what comes into frames."""

    __slots__ = ("_at", "_buffer")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0  # where the next frame begins: cutting off each frame would copy all the others

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a frame has come."""
        return self._at == len(self._buffer)

    @property
    def has_frame(self) -> bool:
        """Whether `next` has something to give, or to say."""
        left = len(self._buffer) - self._at
        return left >= 9 and ((size := self._size()) > MAX_FRAME or left >= 9 + size)

    def add(self, data: bytes) -> None:
        """Take bytes."""
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def next(self) -> tuple[int, int, int, bytes] | None:
        """Return type, flags, stream and payload of the next frame; None if none is complete.

        Raises:
            ConnectionFailed: If it is longer than we allow.
        """
        data, at = self._buffer, self._at
        if len(data) - at < 9:
            self._keep_rest()
            return None
        high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
        size = high << 16 | low
        if size > MAX_FRAME:
            raise ConnectionFailed(codes.FRAME_SIZE_ERROR, f"A frame has more than {MAX_FRAME} bytes.")
        end = at + 9 + size
        if len(data) < end:
            self._keep_rest()
            return None
        self._at = end
        return kind, flags, stream & 0x7FFFFFFF, data[at + 9 : end]

    def _keep_rest(self) -> None:
        """Let go of what has been read; many connections wait for a long time."""
        if self._at:
            self._buffer, self._at = self._buffer[self._at :], 0

    def _size(self) -> int:
        return int.from_bytes(self._buffer[self._at : self._at + 3], "big")


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return one frame."""
    size = len(payload)
    return _HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def header_frames(stream: int, block: bytes, end_stream: bool, max_frame: int) -> bytes:
    """Return a header block as HEADERS and as many CONTINUATION as it takes.

    Args:
        stream: Its number.
        block: As HPACK gives it.
        end_stream: Whether nothing follows it.
        max_frame: Bytes of one payload that the peer takes.
    """
    flags = END_STREAM if end_stream else 0
    if len(block) <= max_frame:
        return frame(HEADERS, flags | END_HEADERS, stream, block)
    frames = [frame(HEADERS, flags, stream, block[:max_frame])]
    for at in range(max_frame, len(block), max_frame):
        last = END_HEADERS if at + max_frame >= len(block) else 0
        frames.append(frame(CONTINUATION, last, stream, block[at : at + max_frame]))
    return b"".join(frames)


def settings_payload(settings: dict[int, int]) -> bytes:
    """Return the payload of SETTINGS."""
    return b"".join([struct.pack("!HL", name, value) for name, value in settings.items()])


def unpadded(flags: int, payload: bytes) -> bytes:
    """Return a payload without its padding (section 6.1).

    Raises:
        ConnectionFailed: If the padding is as long as the payload.
    """
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ConnectionFailed(codes.PROTOCOL_ERROR, "A frame has more padding than payload.")
    return payload[1 : len(payload) - payload[0]]
