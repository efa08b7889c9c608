"""The body of a request as a file that is read while it comes."""

import io
from collections.abc import Iterator
from typing import Any, cast

from partita.http.body import Body

__all__ = ("LimitedStream", "open_body")


class _Chunks(io.RawIOBase):
    """Chunks as an unbuffered file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from the next chunk."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def open_body(body: Body) -> io.BufferedReader:
    """Return ``body`` as a file; it can be read once."""
    return io.BufferedReader(_Chunks(iter(body)))


class LimitedStream(io.IOBase):
    """The first bytes of a file that does not end by itself, as servers give them to WSGI applications.

    Args:
        stream: Open for reading bytes.
        limit: Bytes of it that are ours.
    """

    def __init__(self, stream: Any, limit: int) -> None:
        self._read, self._readline, self._left = stream.read, stream.readline, limit

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, all that are left by default."""
        return self._take(self._read, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the rest of the line."""
        return self._take(self._readline, size)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def _take(self, read: Any, size: int | None) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        if not wanted:
            return b""
        data = cast("bytes", read(wanted))
        self._left -= len(data)
        return data
