"""What every storage has in common: names are checked here, at the door, and nowhere else."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self, final

from partita.storage.errors import StorageError, SuspiciousFileOperation
from partita.storage.files import ContentFile, File
from partita.storage.names import alternative_name, checked_name, fitted_name, is_fitting, quoted, valid_filename

__all__ = ("Storage",)

_TRIES = 200  # names to try until one is free; each has 42 random bits
_DOORS = ("save", "asave")


class Storage:
    """Base of storages. One of your own has ``_open``, ``_save``, ``delete``, ``exists``, ``listdir``, ``size`` and ``url``.

    ``save`` cannot be overridden, so that no name goes by its checks; put what is your own in ``_save(name,
    content)``, which returns the name it used and raises FileExistsError if the name was taken meanwhile, and in
    ``_open(name, mode)``. The async twins run these in a thread; a storage whose driver awaits has ``_asave`` and ``_aopen``.
    """

    allow_overwrite: bool = False
    _made_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        made._made_with = (args, kwargs)
        return made

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in _DOORS:
            if name in cls.__dict__:
                raise StorageError(
                    f"{cls.__name__} overrides {name}(), which checks names. Override _{name}() instead."
                )

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other) and self._made_with == other._made_with if isinstance(other, Storage) else False
        )

    def __hash__(self) -> int:
        return hash(type(self))

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return import path, positional and keyword arguments that make an equal storage."""
        kind = type(self)
        module = "partita.storage" if kind.__module__.startswith("partita.storage.") else kind.__module__
        return f"{module}.{kind.__qualname__}", *self._made_with

    # -- saving and opening -----------------------------------------------------------------------------------------

    @final
    def save(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Keep ``content`` and return the name it got, which is another one if ``name`` is taken.

        Args:
            name: The name wanted; that of ``content`` if None.
            content: Something with ``chunks()``, a file open for reading, text or bytes.
            max_length: Characters of the name returned, at most.

        Raises:
            SuspiciousFileOperation: If the name leads elsewhere, or no name of that length is free.
        """
        wanted, content = _prepared(name, content)
        if not self.is_name_available(wanted, max_length):
            wanted = checked_name(self.get_available_name(wanted, max_length))
        for _ in range(_TRIES):
            try:
                return checked_name(self._save(wanted, content))
            except FileExistsError:  # somebody was faster
                wanted = checked_name(self.get_available_name(wanted, max_length))
        raise StorageError(f"No name like {wanted[:100]!r} was free in {_TRIES} tries.")

    @final
    async def asave(self, name: str | None, content: Any, max_length: int | None = None) -> str:
        """Async twin of `save`."""
        wanted, content = _prepared(name, content)
        if not await self._ais_name_available(wanted, max_length):
            wanted = checked_name(await self._aget_available_name(wanted, max_length))
        for _ in range(_TRIES):
            try:
                return checked_name(await self._asave(wanted, content))
            except FileExistsError:
                wanted = checked_name(await self._aget_available_name(wanted, max_length))
        raise StorageError(f"No name like {wanted[:100]!r} was free in {_TRIES} tries.")

    def open(self, name: str, mode: str = "rb") -> File:
        """Open a file.

        Raises:
            FileNotFoundError: If there is none.
            SuspiciousFileOperation: If the name leads elsewhere.
        """
        return self._open(checked_name(name), mode)

    async def aopen(self, name: str, mode: str = "rb") -> File:
        """Async twin of `open`."""
        return await self._aopen(checked_name(name), mode)

    def _save(self, name: str, content: Any) -> str:
        raise StorageError(f"{type(self).__name__} cannot save: it has no _save(name, content).")

    def _open(self, name: str, mode: str = "rb") -> File:
        raise StorageError(f"{type(self).__name__} cannot open: it has no _open(name, mode).")

    async def _asave(self, name: str, content: Any) -> str:
        return await asyncio.to_thread(self._save, name, content)

    async def _aopen(self, name: str, mode: str = "rb") -> File:
        return await asyncio.to_thread(self._open, name, mode)

    # -- names ------------------------------------------------------------------------------------------------------

    def get_valid_name(self, name: str) -> str:
        """Return ``name``, the last part of one, as this storage can keep it."""
        return valid_filename(name)

    def get_alternative_name(self, file_root: str, file_ext: str) -> str:
        """Return another name for ``file_root`` + ``file_ext``, both without folders."""
        return alternative_name(file_root, file_ext)

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Return whether ``name`` is free, or may be overwritten, and short enough."""
        return is_fitting(name, max_length) and (self.allow_overwrite or not self.exists(name))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return ``name``, or one like it that is free; the stem is cut if need be, never the suffix.

        Raises:
            SuspiciousFileOperation: If no name can be that short.
        """
        name = checked_name(name)
        made = fitted_name(name, max_length)
        for _ in range(_TRIES):
            if self.is_name_available(made, max_length):
                return made
            made = checked_name(fitted_name(name, max_length, self.get_alternative_name))
        raise StorageError(f"No name like {str(name)[:100]!r} was free in {_TRIES} tries.")

    def generate_filename(self, filename: str) -> str:
        """Return ``filename`` with a last part that is valid.

        Raises:
            SuspiciousFileOperation: If it leads elsewhere.
        """
        folder, _, last = checked_name(filename).rpartition("/")
        parts = [part for part in folder.split("/") if part not in ("", ".")]
        return "/".join([*parts, self.get_valid_name(last)])

    def path(self, name: str) -> str:
        """Return where the file is on this machine's disk.

        Raises:
            StorageError: If it is on no disk.
        """
        raise StorageError("This backend doesn't support absolute paths.")

    # -- what subclasses have ---------------------------------------------------------------------------------------

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        raise StorageError(f"{type(self).__name__} cannot delete: it has no delete(name).")

    def exists(self, name: str) -> bool:
        """Return whether there is a file, or a folder, of that name."""
        raise StorageError(f"{type(self).__name__} has no exists(name).")

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files directly in the folder ``path``; an empty text is the top."""
        raise StorageError(f"{type(self).__name__} cannot list: it has no listdir(path).")

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        raise StorageError(f"{type(self).__name__} has no size(name).")

    def url(self, name: str | None) -> str:
        """Return where a browser gets the file."""
        raise StorageError(f"{type(self).__name__} gives no addresses: it has no url(name).")

    def get_accessed_time(self, name: str) -> datetime:
        """Return when the file was last read."""
        raise StorageError(f"{type(self).__name__} does not know when files were read.")

    def get_created_time(self, name: str) -> datetime:
        """Return when the file was made."""
        raise StorageError(f"{type(self).__name__} does not know when files were made.")

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was last written."""
        raise StorageError(f"{type(self).__name__} does not know when files were written.")

    # -- async ------------------------------------------------------------------------------------------------------

    async def adelete(self, name: str) -> None:
        """Async twin of `delete`."""
        await asyncio.to_thread(self.delete, name)

    async def aexists(self, name: str) -> bool:
        """Async twin of `exists`."""
        return await asyncio.to_thread(self.exists, name)

    async def alistdir(self, path: str) -> tuple[list[str], list[str]]:
        """Async twin of `listdir`."""
        return await asyncio.to_thread(self.listdir, path)

    async def asize(self, name: str) -> int:
        """Async twin of `size`."""
        return await asyncio.to_thread(self.size, name)

    async def aurl(self, name: str | None) -> str:
        """Async twin of `url`."""
        return self.url(name)

    async def aget_accessed_time(self, name: str) -> datetime:
        """Async twin of `get_accessed_time`."""
        return await asyncio.to_thread(self.get_accessed_time, name)

    async def aget_created_time(self, name: str) -> datetime:
        """Async twin of `get_created_time`."""
        return await asyncio.to_thread(self.get_created_time, name)

    async def aget_modified_time(self, name: str) -> datetime:
        """Async twin of `get_modified_time`."""
        return await asyncio.to_thread(self.get_modified_time, name)

    async def _ais_name_available(self, name: str, max_length: int | None) -> bool:
        return await asyncio.to_thread(self.is_name_available, name, max_length)

    async def _aget_available_name(self, name: str, max_length: int | None) -> str:
        return await asyncio.to_thread(self.get_available_name, name, max_length)


def octets(content: Any) -> Iterator[bytes]:
    """Give the pieces of ``content`` as bytes; text as UTF-8."""
    for chunk in content.chunks():
        yield chunk.encode() if isinstance(chunk, str) else chunk


def media_url(base_url: str | None, name: str | None) -> str:
    """Return the address of a file below ``base_url``.

    Raises:
        ValueError: If there is none.
    """
    if base_url is None:
        raise ValueError("This file is not accessible via a URL.")
    return base_url + (quoted(name) if name else "")


def with_slash(base_url: str | None) -> str | None:
    """Return ``base_url`` with a slash at its end."""
    return base_url if base_url is None or base_url.endswith("/") else f"{base_url}/"


def listed_path(path: str) -> str:
    """Return the folder ``path`` without slashes at its ends; empty for the top.

    Raises:
        SuspiciousFileOperation: If it leads elsewhere.
    """
    text = str(path).replace("\\", "/").rstrip("/")
    return "" if text in ("", ".") and not str(path).startswith("/") else checked_name(text)


def _prepared(name: str | None, content: Any) -> tuple[str, Any]:
    wanted = getattr(content, "name", None) if name is None else name
    if not wanted:
        raise SuspiciousFileOperation("A file needs a name: give one to save(), or content that has one.")
    wanted = checked_name(wanted)
    if isinstance(content, str | bytes):
        content = ContentFile(content, wanted)
    return wanted, content if hasattr(content, "chunks") else File(content, wanted)
