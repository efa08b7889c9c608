"""Files wherever fsspec reaches: S3, Google Cloud, Azure, FTP, SFTP, WebDAV … (needs the extra ``fsspec``)."""

import asyncio
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from partita.storage.base import Storage, listed_path, media_url, octets, with_slash
from partita.storage.files import File
from partita.storage.names import checked_name, is_fitting

__all__ = ("FsspecStorage",)

_PAUSE = 0.005  # seconds between two looks at whether a name is still being written
_IN_MEMORY = 8_388_608  # bytes of a file that are gathered in memory before they are sent


class _OpenedFile(File):
    """A file that fsspec opened; it knows itself whether it is closed, because not every file system tells."""

    _is_closed = False

    @property
    def closed(self) -> bool:
        return self._is_closed

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            if self.file is not None:
                self.file.close()

    def read(self, size: int = -1) -> Any:
        if self._is_closed:
            raise ValueError("The file is closed.")
        return super().read(size)


class _AwaitedFile(_OpenedFile):
    """A file that an awaiting file system reads by parts; sync reading opens it in fsspec's way."""

    def __init__(self, name: str, size: int, cat: Callable[..., Any], opened: Callable[[], Any]) -> None:
        super().__init__(None, name)
        self.size, self._cat, self._opened = size, cat, opened
        self._place = 0

    def read(self, size: int = -1) -> Any:
        if self.file is None and not self._is_closed:
            self.file = self._opened()
            self.file.seek(self._place)
        return super().read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if self.file is not None:
            return int(self.file.seek(offset, whence))
        self._place = max(0, offset + {0: 0, 1: self._place, 2: self.size}[whence])
        return self._place

    def tell(self) -> int:
        return self._place if self.file is None else int(self.file.tell())

    async def aread(self, size: int = -1) -> Any:
        if self._is_closed:
            raise ValueError("The file is closed.")
        if self.file is not None:
            return await super().aread(size)
        start = self._place
        stop = self.size if size < 0 else min(start + size, self.size)
        if start >= stop:
            return b""
        data = await self._cat(start=start, end=stop)
        self._place = start + len(data)
        return data

    async def aclose(self) -> None:
        self.close()


class FsspecStorage(Storage):
    """Files behind an fsspec URL. If the file system awaits (S3, Google Cloud, Azure, HTTP), so do the async methods: no thread.

    Args:
        root: Where the files are, such as ``s3://bucket/media``.
        base_url: What addresses of files begin with; None for addresses signed by the store, where it signs.
        expires: Seconds that a signed address is good for.
        allow_overwrite: Whether a file of the same name is replaced, instead of the new one getting another name. Stores
            that can create only what is not there (S3) are told to, so that other processes' files are safe, too.
        options: What fsspec's file system takes: keys, endpoints and so on.
    """

    def __init__(
        self,
        root: str,
        *,
        base_url: str | None = None,
        expires: int = 3600,
        allow_overwrite: bool = False,
        options: dict[str, Any] | None = None,
    ) -> None:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it brings no types

        self.root, self.expires, self.allow_overwrite = root, expires, allow_overwrite
        self.base_url = with_slash(base_url)
        self._options = dict(options or {})
        self.fs, folder = url_to_fs(root, **{"use_listings_cache": False, **self._options})
        self._folder = folder.rstrip("/")
        self._awaiting: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._claims: set[str] = set()
        self._claiming = threading.Lock()

    def __repr__(self) -> str:
        return f"<FsspecStorage {self.root!r}>"

    def _full(self, name: str) -> str:
        return f"{self._folder}/{checked_name(name)}"

    def _native(self) -> Any:
        """Return the file system that awaits in this loop; None if it has to run in threads."""
        if not self.fs.async_impl:
            return None
        loop = asyncio.get_running_loop()
        known = self._awaiting.get(loop)
        if known is None:
            kind = type(self.fs)
            known = kind(**{**self.fs.storage_options, "asynchronous": True, "skip_instance_cache": True})
            self._awaiting[loop] = known
        return known

    # -- saving and opening -----------------------------------------------------------------------------------------

    def _save(self, name: str, content: Any) -> str:
        path = self._full(name)
        while not self._claim(path):
            time.sleep(_PAUSE)
        try:
            if not self.allow_overwrite and self.fs.exists(path):
                raise FileExistsError(name)
            self.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            with _Staged(content) as staged:
                send = getattr(self.fs, staged.method)
                send(*staged.arguments(path), **self._how(send))
        finally:
            self._claims.discard(path)
        return name

    async def _asave(self, name: str, content: Any) -> str:
        native = self._native()
        if native is None:
            return await super()._asave(name, content)
        path = self._full(name)
        while not self._claim(path):  # noqa: ASYNC110 - who writes it may be a thread, or a task of another loop
            await asyncio.sleep(_PAUSE)
        try:
            if not self.allow_overwrite and await native._exists(path):
                raise FileExistsError(name)
            with _Staged(content) as staged:
                send = getattr(native, f"_{staged.method}")
                await send(*staged.arguments(path), **self._how(send))
        finally:
            self._claims.discard(path)
        return name

    def _claim(self, path: str) -> bool:
        """Make sure that nobody else in this process writes ``path`` now; return whether that is so.

        Raises:
            FileExistsError: If somebody does, and what comes second has to get another name.
        """
        with self._claiming:
            if path not in self._claims:
                self._claims.add(path)
                return True
        if not self.allow_overwrite:
            raise FileExistsError(path)
        return False

    def _how(self, send: Any) -> dict[str, str]:
        """Return what tells a store to create and never to replace, where it knows."""
        import inspect

        if self.allow_overwrite or "mode" not in inspect.signature(send).parameters:
            return {}
        return {"mode": "create"}

    def _open(self, name: str, mode: str = "rb") -> File:
        return _OpenedFile(self.fs.open(self._full(name), mode), name)

    async def _aopen(self, name: str, mode: str = "rb") -> File:
        native = self._native()
        if native is None or mode != "rb":
            return await super()._aopen(name, mode)
        path = self._full(name)
        size = int((await native._info(path))["size"])
        return _AwaitedFile(name, size, partial(native._cat_file, path), partial(self.fs.open, path, "rb"))

    # -- names and facts --------------------------------------------------------------------------------------------

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Return whether ``name`` is free, or may be overwritten, and short enough; one that is being written is not free."""
        return super().is_name_available(name, max_length) and not self._is_being_written(name)

    async def _ais_name_available(self, name: str, max_length: int | None) -> bool:
        if not is_fitting(name, max_length):
            return False
        return self.allow_overwrite or not (self._is_being_written(name) or await self.aexists(name))

    def _is_being_written(self, name: str) -> bool:
        return not self.allow_overwrite and self._full(name) in self._claims

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        path = self._full(name)
        with suppress(FileNotFoundError):
            self.fs.rm_file(path)
        self.fs.invalidate_cache()

    async def adelete(self, name: str) -> None:
        """Async twin of `delete`."""
        native = self._native()
        if native is None:
            await super().adelete(name)
            return
        with suppress(FileNotFoundError):
            await native._rm_file(self._full(name))

    def exists(self, name: str) -> bool:
        """Return whether there is a file, or a folder, of that name."""
        path = self._full(name)
        self.fs.invalidate_cache()
        return bool(self.fs.exists(path))

    async def aexists(self, name: str) -> bool:
        """Async twin of `exists`."""
        native = self._native()
        return await super().aexists(name) if native is None else bool(await native._exists(self._full(name)))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files directly in the folder ``path``; an empty text is the top."""
        folder = self._listed(path)
        self.fs.invalidate_cache()
        try:
            return _sorted(folder, self.fs.ls(folder, detail=True))
        except FileNotFoundError:
            return [], []

    async def alistdir(self, path: str) -> tuple[list[str], list[str]]:
        """Async twin of `listdir`."""
        native = self._native()
        if native is None:
            return await super().alistdir(path)
        folder = self._listed(path)
        native.invalidate_cache()
        try:
            return _sorted(folder, await native._ls(folder, detail=True))
        except FileNotFoundError:
            return [], []

    def _listed(self, path: str) -> str:
        inside = listed_path(path)
        return f"{self._folder}/{inside}" if inside else self._folder

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return int(self.fs.info(self._full(name))["size"])

    async def asize(self, name: str) -> int:
        """Async twin of `size`."""
        native = self._native()
        return await super().asize(name) if native is None else int((await native._info(self._full(name)))["size"])

    def url(self, name: str | None) -> str:
        """Return the address below ``base_url``, or one that the store signs.

        Raises:
            ValueError: If there is no ``base_url`` and the store signs none.
        """
        if self.base_url is not None or not name:
            return media_url(self.base_url, name)
        try:
            return str(self.fs.sign(self._full(name), expiration=self.expires))
        except NotImplementedError:
            raise ValueError(f"{self!r} signs no addresses; give it a base_url.") from None

    async def aurl(self, name: str | None) -> str:
        """Async twin of `url`."""
        native = self._native()
        if native is None or not hasattr(native, "_url") or self.base_url is not None or not name:
            return await asyncio.to_thread(self.url, name)
        return str(await native._url(self._full(name), expires=self.expires))

    def get_created_time(self, name: str) -> datetime:
        """Return when the file was made; where the store does not know that, when it was last written; in UTC."""
        try:
            return _in_utc(self.fs.created(self._full(name)))
        except (NotImplementedError, KeyError):
            return self.get_modified_time(name)

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was last written, in UTC."""
        return _in_utc(self.fs.modified(self._full(name)))


class _Staged:
    """Content gathered before it is sent, so that half of it never is: in memory, or in a temporary file if it is long."""

    def __init__(self, content: Any) -> None:
        self._data = bytearray()
        self._disk: Any = None
        try:
            for chunk in octets(content):
                self._take(chunk)
        except BaseException:
            self.__exit__()
            raise
        if self._disk is not None:
            self._disk.flush()

    def _take(self, chunk: bytes) -> None:
        if self._disk is None and len(self._data) + len(chunk) <= _IN_MEMORY:
            self._data += chunk
            return
        if self._disk is None:
            from tempfile import NamedTemporaryFile  # not needed by those who keep files on disk

            self._disk = NamedTemporaryFile(suffix=".upload")  # noqa: SIM115 - closed at the end of the block
            self._disk.write(self._data)
            self._data.clear()
        self._disk.write(chunk)

    @property
    def method(self) -> str:
        """The method of a file system that takes it."""
        return "pipe_file" if self._disk is None else "put_file"

    def arguments(self, path: str) -> tuple[Any, str] | tuple[str, Any]:
        """Return what that method takes."""
        return (path, bytes(self._data)) if self._disk is None else (self._disk.name, path)

    def __enter__(self) -> "_Staged":
        return self

    def __exit__(self, *_: object) -> None:
        if self._disk is not None:
            self._disk.close()


def _sorted(folder: str, entries: Any) -> tuple[list[str], list[str]]:
    folders: list[str] = []
    files: list[str] = []
    for entry in entries:
        path = entry["name"].rstrip("/")
        if path.strip("/") != folder.strip("/"):  # some stores list a folder as being in itself
            (folders if entry["type"] == "directory" else files).append(path.rpartition("/")[2])
    return folders, files


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
