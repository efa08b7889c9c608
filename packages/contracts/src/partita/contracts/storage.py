"""What keeps files under names: on disk, in memory, in the cloud."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from partita.contracts.key import Key

__all__ = ("STORAGES", "Content", "Storage", "StoredFile")


class Content(Protocol):
    """What can be saved: something that gives its bytes piece by piece, such as an uploaded file."""

    @property
    def name(self) -> str | None:
        """What it is called, if anything; not to be trusted."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes from the beginning."""
        ...


class StoredFile(Protocol):
    """A file that a storage opened."""

    @property
    def name(self) -> str | None:
        """The name in the storage."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it can no longer be read."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, all that are left unless ``size`` is given."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place in the content and return it."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Give the bytes from the beginning."""
        ...

    def achunks(self) -> AsyncIterator[bytes]:
        """Async twin of `chunks`."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...

    async def aread(self, size: int = -1, /) -> bytes:
        """Async twin of `read`."""
        ...

    async def aclose(self) -> None:
        """Async twin of `close`."""
        ...


class Storage(Protocol):
    """Files under names; names are relative, their parts divided by ``/``.

    A name that leads out of the storage (absolute, with ``..``, with NUL) is refused with a ValueError by every method.
    """

    def save(self, name: str | None, content: Content, max_length: int | None = None) -> str:
        """Keep ``content`` and return the name it got, which is another one if ``name`` is taken.

        The file is there as a whole or not at all, and two savers of one name never overwrite each other, unless the storage
        was told to overwrite.

        Args:
            name: The name wanted; that of ``content`` if None.
            content: What to keep; read from its beginning, not closed.
            max_length: Characters of the name returned, at most.

        Raises:
            ValueError: If the name would lead elsewhere, or no name of that length is free.
        """
        ...

    def open(self, name: str, mode: str = "rb") -> StoredFile:
        """Open a file.

        Args:
            name: Which.
            mode: ``rb`` to read; ``wb`` to write it anew, where the storage can.

        Raises:
            FileNotFoundError: If there is none.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def exists(self, name: str) -> bool:
        """Return whether there is a file, or a folder, of that name."""
        ...

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files directly in the folder ``path``; an empty text is the top."""
        ...

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        ...

    def url(self, name: str | None) -> str:
        """Return where a browser gets the file.

        Raises:
            ValueError: If browsers cannot get it.
        """
        ...

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return ``name``, or one like it that is not taken.

        Args:
            name: The name wanted.
            max_length: Characters of the name returned, at most; the stem is cut, never the suffix.
        """
        ...

    def get_valid_name(self, name: str) -> str:
        """Return ``name``, the last part of one, as this storage can keep it."""
        ...

    def generate_filename(self, filename: str) -> str:
        """Return a name of which the last part is valid.

        Raises:
            ValueError: If it would lead elsewhere.
        """
        ...

    def get_accessed_time(self, name: str) -> datetime:
        """Return when the file was last read, with a time zone."""
        ...

    def get_created_time(self, name: str) -> datetime:
        """Return when the file was made, with a time zone."""
        ...

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was last written, with a time zone."""
        ...

    async def asave(self, name: str | None, content: Content, max_length: int | None = None) -> str:
        """Async twin of `save`."""
        ...

    async def aopen(self, name: str, mode: str = "rb") -> StoredFile:
        """Async twin of `open`."""
        ...

    async def adelete(self, name: str) -> None:
        """Async twin of `delete`."""
        ...

    async def aexists(self, name: str) -> bool:
        """Async twin of `exists`."""
        ...

    async def alistdir(self, path: str) -> tuple[list[str], list[str]]:
        """Async twin of `listdir`."""
        ...

    async def asize(self, name: str) -> int:
        """Async twin of `size`."""
        ...

    async def aurl(self, name: str | None) -> str:
        """Async twin of `url`."""
        ...

    async def aget_accessed_time(self, name: str) -> datetime:
        """Async twin of `get_accessed_time`."""
        ...

    async def aget_created_time(self, name: str) -> datetime:
        """Async twin of `get_created_time`."""
        ...

    async def aget_modified_time(self, name: str) -> datetime:
        """Async twin of `get_modified_time`."""
        ...


STORAGES = Key[Mapping[str, Storage]]("partita.storages")
"""An application's storages by alias; ``default`` is where files go that name no other."""
