"""Frames of HTTP/2 as bytes (RFC 9113, sections 4 and 6)."""

import struct
from collections.abc import Iterator

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
    """Cuts what comes into frames; it holds no more than one of them."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a frame has come."""
        return not self._buffer

    def feed(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Take bytes; give type, flags, stream and payload of each frame that is complete.

        Raises:
            ConnectionFailed: If a frame is longer than we allow.
        """
        if self._buffer:
            data = self._buffer + data
        at, end = 0, len(data)
        try:
            while end - at >= 9:
                high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
                size = high << 16 | low
                if size > MAX_FRAME:
                    raise ConnectionFailed(codes.FRAME_SIZE_ERROR, f"A frame has more than {MAX_FRAME} bytes.")
                if end - at < 9 + size:
                    break
                payload = data[at + 9 : at + 9 + size]
                at += 9 + size
                yield kind, flags, stream & 0x7FFFFFFF, payload
        finally:
            self._buffer = data[at:]


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
