"""Frames of the WebSocket protocol, read and written without any I/O (RFC 6455, section 5)."""

import codecs
import struct

import msgspec

from partita.server.errors import ServerError
from partita.server.websocket.deflate import Deflate, MessageTooLarge

__all__ = (
    "BINARY",
    "CLOSE",
    "PING",
    "PONG",
    "TEXT",
    "Close",
    "Event",
    "FrameError",
    "FrameReader",
    "Ping",
    "Pong",
    "close_payload",
    "frame",
)

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN, _RSV1, _RSV23, _MASK = 0x80, 0x40, 0x30, 0x80
_FREE_FRAGMENTS = 1024
_LEAST = 8  # bytes of a fragment on average, beyond those that are free: each costs us about a microsecond
_utf8 = codecs.getincrementaldecoder("utf-8")


class FrameError(ServerError, ValueError):
    """The peer broke the protocol, or a limit.

    Args:
        code: To close with (RFC 6455, section 7.4.1).
        reason: For the person at the other end; at most 123 bytes.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason

    def __str__(self) -> str:
        return f"{self.reason} (close code {self.code})"


class Ping(msgspec.Struct, frozen=True):
    """Asks for a `Pong` with the same payload of at most 125 bytes."""

    payload: bytes


class Pong(msgspec.Struct, frozen=True):
    """Answers a `Ping`."""

    payload: bytes


class Close(msgspec.Struct, frozen=True):
    """Ends the connection; code 1005 stands for a frame that has none."""

    code: int
    reason: str


Event = str | bytes | Ping | Pong | Close


class FrameReader:
    """Turns bytes of a client into messages and control frames.

    Text is checked while it comes, so an error is found at the first byte that makes it one. Nothing that a peer sends
    makes it hold more than one message and one frame's head.

    Args:
        max_size: Bytes of one message, after decompression.
        deflate: The extension as negotiated, if it was.
    """

    __slots__ = (
        "_buffer",
        "_compressed",
        "_decoder",
        "_deflate",
        "_fin",
        "_fragments",
        "_in_frame",
        "_left",
        "_mask",
        "_max_size",
        "_message",
        "_opcode",
    )

    def __init__(self, max_size: int, deflate: Deflate | None = None) -> None:
        self._max_size, self._deflate = max_size, deflate
        self._buffer = bytearray()
        self._message: bytearray | None = None  # None between messages
        self._decoder: codecs.IncrementalDecoder | None = None
        self._opcode = self._left = self._fragments = 0
        self._mask = b""
        self._in_frame = self._fin = self._compressed = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self._buffer += data

    def with_deflate(self, deflate: Deflate | None) -> "FrameReader":
        """Return the same bytes under an extension that was agreed on after they came."""
        reader = FrameReader(self._max_size, deflate)
        reader.feed(bytes(self._buffer))
        return reader

    def next(self) -> Event | None:
        """Return the next message or control frame, or None if it has not come as a whole.

        Raises:
            FrameError: If the peer broke a rule; nothing can be read after that.
        """
        while True:
            if self._in_frame:
                if self._left and not self._buffer:
                    return None
                if self._take_payload():
                    return self._end_message()
                if self._left:
                    return None
                continue
            event = self._take_frame()
            if event is not None:
                return event
            if not self._in_frame:
                return None

    def _take_frame(self) -> Event | None:
        """Read the head of a frame, and the whole of it if that is simple."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode, length, at = first & 0x0F, second & 0x7F, 2
        self._check_head(first, second, opcode, length)
        if length == 126:
            if len(buffer) < 4:
                return None
            (length,) = struct.unpack_from("!H", buffer, 2)
            at = 4
            if length < 126:
                raise FrameError(1002, "A length is not in its shortest form.")
        elif length == 127:
            if len(buffer) < 10:
                return None
            (length,) = struct.unpack_from("!Q", buffer, 2)
            at = 10
            if length < 65_536 or length >> 63:
                raise FrameError(1002, "A length is not in its shortest form.")
        if opcode >= CLOSE:
            if len(buffer) < at + 4 + length:
                return None
            payload = _unmasked(bytes(buffer[at + 4 : at + 4 + length]), bytes(buffer[at : at + 4]))
            del buffer[: at + 4 + length]
            return _control(opcode, payload)
        most = self._max_size
        if first & _RSV1 or (self._message is not None and self._compressed):
            most += (most >> 3) + (most >> 6) + 64  # deflate makes no more of what it cannot make smaller
        if length + (len(self._message) if self._message is not None else 0) > most:
            raise FrameError(1009, f"A message is larger than {self._max_size} bytes.")
        if len(buffer) < at + 4:
            return None
        mask = bytes(buffer[at : at + 4])
        end = at + 4 + length
        if self._message is None and first & _FIN and not first & _RSV1 and len(buffer) >= end:
            payload = _unmasked(bytes(buffer[at + 4 : end]), mask)  # most messages are like this
            del buffer[:end]
            return _text(payload) if opcode == TEXT else payload
        del buffer[: at + 4]
        self._begin_frame(first, opcode, length, mask)
        return None

    def _check_head(self, first: int, second: int, opcode: int, length: int) -> None:
        if first & _RSV23 or (first & _RSV1 and (self._deflate is None or opcode not in {TEXT, BINARY})):
            raise FrameError(1002, "A reserved bit is set.")
        if not second & _MASK:
            raise FrameError(1002, "A frame of a client is not masked.")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise FrameError(1002, f"The opcode {opcode} is reserved.")
            if not first & _FIN or length > 125:
                raise FrameError(1002, "A control frame is fragmented or has more than 125 bytes.")
        elif opcode > BINARY:
            raise FrameError(1002, f"The opcode {opcode} is reserved.")
        elif (opcode == CONTINUATION) is (self._message is None):
            raise FrameError(1002, "A fragment does not belong to the message before it.")

    def _begin_frame(self, first: int, opcode: int, length: int, mask: bytes) -> None:
        if self._message is None:
            self._message = bytearray()
            self._opcode, self._compressed, self._fragments = opcode, bool(first & _RSV1), 0
            if opcode == TEXT:
                self._decoder = _utf8()
        self._fragments += 1
        if (self._fragments - _FREE_FRAGMENTS) * _LEAST > len(self._message) + length:
            raise FrameError(1008, "A message comes in too many small fragments.")
        self._in_frame, self._fin = True, bool(first & _FIN)
        self._left, self._mask = length, mask

    def _take_payload(self) -> bool:
        """Take what has come of a frame; return whether the message is complete."""
        size = min(self._left, len(self._buffer))
        if size:
            data = _unmasked(bytes(self._buffer[:size]), self._mask)
            del self._buffer[:size]
            self._left -= size
            turn = size % 4
            self._mask = self._mask[turn:] + self._mask[:turn]
            self._add(data)
        if self._left:
            return False
        self._in_frame = False
        return self._fin

    def _add(self, data: bytes) -> None:
        message = self._message
        assert message is not None
        if self._compressed and self._deflate is not None:
            data = self._inflated(data, len(message))
        if self._decoder is not None:
            try:
                self._decoder.decode(data)
            except UnicodeDecodeError as error:
                raise FrameError(1007, "A text is not UTF-8.") from error
        message += data

    def _inflated(self, data: bytes, before: int) -> bytes:
        assert self._deflate is not None
        try:
            return self._deflate.inflate(data, self._max_size - before)
        except MessageTooLarge as error:
            raise FrameError(1009, f"A message is larger than {self._max_size} bytes.") from error
        except ValueError as error:
            raise FrameError(1007, "A compressed message cannot be decompressed.") from error

    def _end_message(self) -> str | bytes:
        if self._compressed and self._deflate is not None:
            self._add(b"\x00\x00\xff\xff")  # RFC 7692, section 7.2.2
            self._deflate.end_inflate()
        data = bytes(self._message or b"")
        self._message = self._decoder = None
        return _text(data) if self._opcode == TEXT else data


def frame(opcode: int, payload: bytes, *, compressed: bool = False) -> bytes:
    """Return one whole frame as a server sends it: not masked, not fragmented.

    Args:
        opcode: Such as `TEXT`.
        payload: At most 125 bytes for `CLOSE`, `PING` and `PONG`.
        compressed: Whether ``payload`` comes from `Deflate.deflate`.
    """
    first = _FIN | opcode | (_RSV1 if compressed else 0)
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def close_payload(code: int, reason: str = "") -> bytes:
    """Return the payload of a close frame; a reason beyond 123 bytes is cut at the end of a character."""
    if code == 1005:
        return b""
    return struct.pack("!H", code) + reason.encode()[:123].decode("utf-8", "ignore").encode()


def _unmasked(data: bytes, mask: bytes) -> bytes:
    # One XOR of two large integers: about 1 GB/s here; byte by byte in Python it would be 10 MB/s.
    size = len(data)
    if not size:
        return data
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(key, "little")).to_bytes(size, "little")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise FrameError(1007, "A text is not UTF-8.") from error


def _control(opcode: int, payload: bytes) -> Event:
    if opcode == PING:
        return Ping(payload)
    if opcode == PONG:
        return Pong(payload)
    if not payload:
        return Close(1005, "")
    if len(payload) == 1:
        raise FrameError(1002, "A close code has two bytes.")
    code = int.from_bytes(payload[:2], "big")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise FrameError(1002, f"The close code {code} must not be sent.")
    return Close(code, _text(payload[2:]))
