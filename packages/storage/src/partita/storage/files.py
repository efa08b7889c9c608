"""Files as objects: a thin hull around whatever reads and writes."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from functools import cached_property
from io import BytesIO, StringIO
from types import TracebackType
from typing import Any, Self

__all__ = ("ContentFile", "File")


class File:
    """Something that reads and writes, with a name, a size, and its content in pieces.

    Args:
        file: The thing itself: open, with ``read`` and ``seek``.
        name: What it is called; that of ``file`` if left out.
    """

    DEFAULT_CHUNK_SIZE = 65_536
    file: Any
    name: str | None
    mode: str

    def __init__(self, file: Any, name: str | None = None) -> None:
        self.file = file
        self.name = getattr(file, "name", None) if name is None else name
        if hasattr(file, "mode"):
            self.mode = file.mode

    def __str__(self) -> str:
        return self.name or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self or 'None'}>"

    def __bool__(self) -> bool:
        return bool(self.name)

    def __len__(self) -> int:
        return self.size

    @cached_property
    def size(self) -> int:
        """Bytes.

        Raises:
            AttributeError: If nothing tells.
        """
        if hasattr(self.file, "size"):
            return int(self.file.size)
        path = getattr(self.file, "name", None)
        if isinstance(path, str | os.PathLike) and os.path.isfile(path):
            return os.path.getsize(path)
        if hasattr(self.file, "tell") and hasattr(self.file, "seek"):
            place = self.file.tell()
            size: int = self.file.seek(0, os.SEEK_END)
            self.file.seek(place)
            return size
        raise AttributeError("Unable to determine the file's size.")

    # -- content in pieces ------------------------------------------------------------------------------------------

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Give the content from the beginning.

        Args:
            chunk_size: Bytes of a piece, at most.
        """
        size = chunk_size or self.DEFAULT_CHUNK_SIZE
        self._rewind()
        while chunk := self.read(size):
            yield chunk

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Return whether `chunks` gives more than one piece."""
        return self.size > (chunk_size or self.DEFAULT_CHUNK_SIZE)

    def __iter__(self) -> Iterator[Any]:
        """Give line by line, whatever ends the lines."""
        rest: Any = None
        for chunk in self.chunks():
            *lines, rest = (chunk if rest is None else rest + chunk).splitlines(True)
            yield from lines
            newline: Any = b"\n" if isinstance(rest, bytes) else "\n"
            if rest.endswith(newline):  # a lone \r may be the first half of a line's end
                yield rest
                rest = None
        if rest:
            yield rest

    def _rewind(self) -> None:
        try:
            self.seek(0)
        except (AttributeError, OSError, ValueError) as error:
            if getattr(self.file, "closed", False):
                raise ValueError("The file cannot be read: it is closed.") from error

    # -- what the thing inside does ---------------------------------------------------------------------------------

    def read(self, size: int = -1) -> Any:
        """Return the next bytes, all that are left unless ``size`` is given."""
        return self.file.read(size)

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes and return how many they are."""
        return int(self.file.readinto(buffer))

    def readline(self, size: int = -1) -> Any:
        """Return the rest of the line at the position."""
        return self.file.readline(size)

    def readlines(self, hint: int = -1) -> list[Any]:
        """Return the lines that are left."""
        return list(self.file.readlines(hint))

    def write(self, data: Any) -> int:
        """Write at the position."""
        return int(self.file.write(data))

    def writelines(self, lines: Iterable[Any]) -> None:
        """Write one after the other."""
        self.file.writelines(lines)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position and return it."""
        return int(self.file.seek(offset, whence))

    def tell(self) -> int:
        """Return the position."""
        return int(self.file.tell())

    def truncate(self, size: int | None = None) -> int:
        """Cut the content at ``size``, or at the position."""
        return int(self.file.truncate(size))

    def flush(self) -> None:
        """Write what waits to be written."""
        self.file.flush()

    def fileno(self) -> int:
        """Return the number by which the system knows it."""
        return int(self.file.fileno())

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return bool(self.file.isatty())

    def readable(self) -> bool:
        """Return whether it can be read."""
        if self.closed:
            return False
        return bool(self.file.readable()) if hasattr(self.file, "readable") else True

    def writable(self) -> bool:
        """Return whether it can be written."""
        if self.closed:
            return False
        if hasattr(self.file, "writable"):
            return bool(self.file.writable())
        return any(letter in getattr(self.file, "mode", "") for letter in "wxa+")

    def seekable(self) -> bool:
        """Return whether it has positions."""
        if self.closed:
            return False
        return bool(self.file.seekable()) if hasattr(self.file, "seekable") else True

    @property
    def encoding(self) -> str | None:
        """Of a file of text."""
        return getattr(self.file, "encoding", None)

    @property
    def newlines(self) -> Any:
        """What ended the lines read so far, of a file of text."""
        return getattr(self.file, "newlines", None)

    # -- open and closed --------------------------------------------------------------------------------------------

    @property
    def closed(self) -> bool:
        """Whether it can no longer be read."""
        return not self.file or bool(self.file.closed)

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the beginning; open a file on disk again if it is closed.

        Raises:
            ValueError: If it is closed and not on disk.
        """
        if not self.closed:
            self.seek(0)
        elif self.name and os.path.exists(self.name):
            self.file = open(self.name, mode or self.mode, *args, **kwargs)  # noqa: SIM115 - lives as long as this
        else:
            raise ValueError("The file cannot be reopened.")
        return self

    def close(self) -> None:
        """Let go of it."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- async ------------------------------------------------------------------------------------------------------

    async def aread(self, size: int = -1) -> Any:
        """Async twin of `read`; a file on disk is read in a thread."""
        return await asyncio.to_thread(self.read, size)

    async def aclose(self) -> None:
        """Async twin of `close`."""
        await asyncio.to_thread(self.close)

    async def achunks(self, chunk_size: int | None = None) -> AsyncIterator[Any]:
        """Async twin of `chunks`."""
        size = chunk_size or self.DEFAULT_CHUNK_SIZE
        self._rewind()
        while chunk := await self.aread(size):
            yield chunk

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


class ContentFile(File):
    """Text or bytes in memory as a file.

    Args:
        content: Text or bytes.
        name: What it is called.
    """

    def __init__(self, content: str | bytes, name: str | None = None) -> None:
        super().__init__(StringIO(content) if isinstance(content, str) else BytesIO(bytes(content)), name)
        self.size = len(content)

    def __str__(self) -> str:
        return "Raw content"

    def __bool__(self) -> bool:
        return True

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the beginning."""
        self.seek(0)
        return self

    def close(self) -> None:
        """Keep the content: there is nothing to let go of."""

    def write(self, data: Any) -> int:
        """Write at the position."""
        self.__dict__.pop("size", None)
        return super().write(data)

    async def aread(self, size: int = -1) -> Any:
        """Async twin of `read`, without a thread."""
        return self.read(size)

    async def aclose(self) -> None:
        """Async twin of `close`."""
