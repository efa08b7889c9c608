"""The chunked transfer coding (RFC 9112, section 7.1), decoded without any leniency."""

import re
from collections.abc import Callable

from partita.server.errors import BadMessage

__all__ = ("ChunkedDecoder",)

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;%b(?:=(?:%b|%b))?)*" % (_TOKEN, _TOKEN, _QUOTED))
_FIELD = re.compile(rb"%b:[\t -~\x80-\xff]*" % _TOKEN)
_MAX_LINE = 256
_MAX_TRAILERS = 8192


class ChunkedDecoder:
    """Takes the bytes of a chunked body and gives those of its content.

    Args:
        on_data: Gets the content, piece by piece.
    """

    __slots__ = ("_left", "_on_data", "_rest", "_step", "_trailers", "complete")

    def __init__(self, on_data: Callable[[bytes], None]) -> None:
        self._on_data = on_data
        self._rest = b""
        self._left = 0
        self._trailers = 0
        self._step: Callable[[bytes, int], int] = self._size
        self.complete = False

    def feed(self, data: bytes) -> bytes:
        """Take bytes; return those behind the end of the body.

        Raises:
            BadMessage: If the coding is broken, or wraps little content in long lines.
        """
        if self._rest:
            data = self._rest + data
        at = 0
        while not self.complete and at < len(data):
            after = self._step(data, at)
            if after < 0:
                break
            at = after
        self._rest = b"" if self.complete else data[at:]
        return data[at:] if self.complete else b""

    # Each step returns where it got to, or -1 if it needs more bytes.

    def _size(self, data: bytes, at: int) -> int:
        end = _line_end(data, at)
        if end < 0:
            return -1
        found = _SIZE.fullmatch(data, at, end)
        if found is None:
            raise BadMessage(400, "The size of a chunk cannot be read.")
        self._left = int(found[1], 16)
        self._step = self._content if self._left else self._trailer
        return end + 2

    def _content(self, data: bytes, at: int) -> int:
        piece = data[at : at + self._left]
        self._left -= len(piece)
        self._on_data(piece)
        if not self._left:
            self._step = self._after_content
        return at + len(piece)

    def _after_content(self, data: bytes, at: int) -> int:
        end = data[at : at + 2]
        if end == b"\r\n":
            self._step = self._size
            return at + 2
        if end == b"\r":
            return -1
        raise BadMessage(400, "A chunk is longer than its size says.")

    def _trailer(self, data: bytes, at: int) -> int:
        end = _line_end(data, at, _MAX_TRAILERS)
        if end < 0:
            return -1
        if end == at:
            self.complete = True
        elif not _FIELD.fullmatch(data, at, end):
            raise BadMessage(400, "A trailer field cannot be read.")
        self._trailers += end + 2 - at
        if self._trailers > _MAX_TRAILERS:
            raise BadMessage(431, "The trailer is too long.")
        return end + 2  # trailers are checked and dropped: nothing here may change what the head said


def _line_end(data: bytes, at: int, limit: int = _MAX_LINE) -> int:
    end = data.find(b"\n", at, at + limit + 2)
    if end < 0:
        if len(data) - at >= limit + 2:
            raise BadMessage(400, "A line of the chunked coding is too long.")
        return -1
    if end == at or data[end - 1] != 0x0D:
        raise BadMessage(400, "A line of the chunked coding does not end with CR LF.")
    return end - 1
