"""The body of a request as a file that is read while it comes."""

import io
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any, cast

from partita.http.body import Body, BytesBody
from partita.http.errors import ContentTooLarge

__all__ = ("FileInput", "LimitedStream", "open_body")

_CHUNK = 65_536


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


class FileInput:
    """A file as the body of a request; it is read from where it stands.

    Args:
        file: Open for reading bytes.
    """

    __slots__ = ("_data", "_file")

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._data = file, b""

    def read(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        if not self._data:
            if limit is not None and self._left() > limit:
                raise ContentTooLarge(f"The body has more than {limit} bytes.")
            self._data = self._file.read(-1 if limit is None else limit + 1)
        return BytesBody(self._data).read(limit)

    async def aread(self, limit: int | None = None) -> bytes:
        """Async twin of `read`; the file is read without waiting."""
        return self.read(limit)

    def __iter__(self) -> Iterator[bytes]:
        if self._data:
            yield self._data
        while chunk := self._file.read(_CHUNK):
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def _left(self) -> int:
        if not self._file.seekable():
            return 0
        here = self._file.tell()
        end = self._file.seek(0, io.SEEK_END)
        self._file.seek(here)
        return end - here
