"""Files in memory, for tests and for what need not last."""

import threading
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from typing import Any

from partita.storage.base import Storage, listed_path, media_url, octets, with_slash
from partita.storage.files import File
from partita.storage.names import checked_name

__all__ = ("InMemoryStorage",)


class _Node:
    """What is known about one file."""

    __slots__ = ("accessed", "created", "data", "modified")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.created = self.modified = self.accessed = datetime.now(UTC)


class _Opened(BytesIO):
    """The content of a node; what is written goes there when it is flushed or closed."""

    def __init__(self, node: _Node, mode: str) -> None:
        super().__init__(b"" if "w" in mode else node.data)
        self._node, self._changed = node, "w" in mode
        self._writes, self._adds = any(letter in mode for letter in "wa+"), "a" in mode
        if self._adds:
            self.seek(0, 2)
        node.accessed = datetime.now(UTC)

    def writable(self) -> bool:
        return self._writes

    def write(self, data: Any) -> int:
        if not self._writes:
            raise OSError("The file was opened for reading.")
        if self._adds:
            self.seek(0, 2)
        self._changed = True
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        self._changed = True
        return super().truncate(size)

    def flush(self) -> None:
        super().flush()
        if self._changed:
            self._node.data, self._node.modified, self._changed = self.getvalue(), datetime.now(UTC), False

    def close(self) -> None:
        if not self.closed:
            self.flush()
        super().close()


class _MemoryFile(File):
    """A file whose reading waits for nothing."""

    async def aread(self, size: int = -1) -> Any:
        return self.read(size)

    async def aclose(self) -> None:
        self.close()


class InMemoryStorage(Storage):
    """Files that are gone with the process; safe under threads.

    Args:
        base_url: What addresses of files begin with; None if browsers cannot get them.
        allow_overwrite: Whether a file of the same name is replaced, instead of the new one getting another name.
    """

    def __init__(self, base_url: str | None = "/media/", *, allow_overwrite: bool = False) -> None:
        self.base_url = with_slash(base_url)
        self.allow_overwrite = allow_overwrite
        self._nodes: dict[str, _Node] = {}
        self._changing = threading.Lock()

    def _open(self, name: str, mode: str = "rb") -> File:
        with self._changing:
            node = self._nodes.get(name)
            if node is None:
                if not any(letter in mode for letter in "wa"):
                    raise FileNotFoundError(f"There is no file {name!r}.")
                self._check_folders(name)
                node = self._nodes[name] = _Node(b"")
        opened: Any = _Opened(node, mode)
        return _MemoryFile(opened if "b" in mode else TextIOWrapper(opened, "utf-8", write_through=True), name)

    def _save(self, name: str, content: Any) -> str:
        data = b"".join(octets(content))
        with self._changing:
            if name in self._nodes and not self.allow_overwrite:
                raise FileExistsError(name)
            self._check_folders(name)
            self._nodes[name] = _Node(data)
        return name

    def _check_folders(self, name: str) -> None:
        folder = name.rpartition("/")[0]
        while folder:
            if folder in self._nodes:
                raise NotADirectoryError(f"{folder} exists and is not a directory.")
            folder = folder.rpartition("/")[0]

    async def _asave(self, name: str, content: Any) -> str:
        return self._save(name, content)

    async def _aopen(self, name: str, mode: str = "rb") -> File:
        return self._open(name, mode)

    def _node(self, name: str) -> _Node:
        try:
            return self._nodes[checked_name(name)]
        except KeyError:
            raise FileNotFoundError(f"There is no file {name!r}.") from None

    def delete(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it; what is not there is no error."""
        name = checked_name(name)
        with self._changing:
            for known in [known for known in self._nodes if known == name or known.startswith(f"{name}/")]:
                del self._nodes[known]

    def exists(self, name: str) -> bool:
        """Return whether there is a file, or a folder, of that name."""
        name = checked_name(name)
        return name in self._nodes or any(known.startswith(f"{name}/") for known in list(self._nodes))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files directly in the folder ``path``; an empty text is the top."""
        folder = listed_path(path)
        prefix = f"{folder}/" if folder else ""
        below = [name.removeprefix(prefix) for name in list(self._nodes) if name.startswith(prefix)]
        folders = dict.fromkeys(name.partition("/")[0] for name in below if "/" in name)
        return list(folders), [name for name in below if "/" not in name]

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return len(self._node(name).data)

    def url(self, name: str | None) -> str:
        """Return the address below ``base_url``."""
        return media_url(self.base_url, name)

    def get_accessed_time(self, name: str) -> datetime:
        """Return when the file was last opened, in UTC."""
        return self._node(name).accessed

    def get_created_time(self, name: str) -> datetime:
        """Return when the file was made, in UTC."""
        return self._node(name).created

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was last written, in UTC."""
        return self._node(name).modified

    async def adelete(self, name: str) -> None:
        """Async twin of `delete`, without a thread."""
        self.delete(name)

    async def aexists(self, name: str) -> bool:
        """Async twin of `exists`, without a thread."""
        return self.exists(name)
