"""Files on disk as bodies of responses."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from os import PathLike

import msgspec

from partita.http.dates import format_date
from partita.http.disposition import content_disposition
from partita.http.etag import ETag
from partita.http.file_types import content_type_of
from partita.http.headers import Headers, encode_field

__all__ = ("FileBody", "file_headers")

_CHUNK = 262_144


class FileBody(msgspec.Struct, frozen=True):
    """A regular file, or one range of it.

    Args:
        path: Where it lies.
        size: Bytes of the whole file when it was looked at.
        modified: Nanoseconds since 1970.
        start: First byte to send.
        stop: One beyond the last byte to send.
    """

    path: str
    size: int
    modified: int
    start: int
    stop: int

    @classmethod
    def open(cls, path: "str | PathLike[str]") -> "FileBody":
        """Look at the file.

        Raises:
            OSError: If it is not there or is not a regular file.
        """
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(f"{os.fspath(path)} is not a regular file")
        return cls(os.fspath(path), found.st_size, found.st_mtime_ns, 0, found.st_size)

    @property
    def length(self) -> int:
        """Bytes to send."""
        return self.stop - self.start

    @property
    def etag(self) -> ETag:
        """Changes with size and time of modification; strong, since both come from the kernel."""
        return ETag(f"{self.modified:x}-{self.size:x}")

    def part(self, start: int, stop: int) -> "FileBody":
        """Return the range of bytes from ``start`` up to, not with, ``stop``."""
        return msgspec.structs.replace(self, start=start, stop=stop)

    def __iter__(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            file.seek(self.start)
            left = self.length
            while left > 0 and (chunk := file.read(min(left, _CHUNK))):
                left -= len(chunk)
                yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        chunks = iter(self)
        while (chunk := await asyncio.to_thread(next, chunks, b"")) != b"":
            yield chunk


def file_headers(body: FileBody, content_type: str | None, filename: str | None, as_attachment: bool) -> Headers:
    """Return the fields that describe ``body``."""
    fields = [
        encode_field("content-type", content_type or content_type_of(filename or body.path)),
        (b"etag", str(body.etag).encode()),
        (b"last-modified", format_date(body.modified // 1_000_000_000).encode()),
        (b"accept-ranges", b"bytes"),
    ]
    if as_attachment or filename:
        name = filename or os.path.basename(body.path)
        fields.append(encode_field("content-disposition", content_disposition(name, as_attachment)))
    return Headers.from_raw(fields)
