"""Compiled templates kept on disk, so that a new process need not compile them again."""

import marshal
import os
import sys
from collections.abc import Iterable
from types import CodeType
from typing import Protocol

__all__ = ("BytecodeCache", "DiskBytecode", "bytecode_key")

_DIGEST = 32  # bytes of a SHA-256


class BytecodeCache(Protocol):
    """Keeps code objects by key. An entry may vanish at any time."""

    def load(self, key: str) -> CodeType | None:
        """Return the code, or None if it is absent."""
        ...

    def store(self, key: str, code: CodeType) -> None:
        """Keep the code. Fails silently: it can always be compiled again."""


class DiskBytecode:
    """Code objects in files.

    The key of an entry comes from what it was compiled from, so an entry is never stale; those of templates that have
    changed stay until `clear`.

    Args:
        folder: Made if it is not there, for its owner alone: whoever can write to it can run code in this process.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.path.abspath(folder)

    def load(self, key: str) -> CodeType | None:
        """See `BytecodeCache.load`."""
        try:
            with open(self._path(key), "rb") as file:
                content = file.read()
        except OSError:
            return None
        # A file cut short by a full disk must not reach `marshal`, which trusts what it reads.
        if _digest(content[_DIGEST:]) != content[:_DIGEST]:
            return None
        code = marshal.loads(content[_DIGEST:])
        return code if isinstance(code, CodeType) else None

    def store(self, key: str, code: CodeType) -> None:
        """See `BytecodeCache.store`. Other processes see the whole file or none."""
        content = marshal.dumps(code)
        path = self._path(key)
        passing = f"{path}.{os.getpid()}"
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            with open(passing, "wb") as file:
                file.write(_digest(content) + content)
            os.replace(passing, path)
        except OSError:
            return

    def clear(self) -> None:
        """Remove every entry."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return
        for name in names:
            if name.endswith(".partita"):
                os.unlink(os.path.join(self.folder, name))

    def _path(self, key: str) -> str:
        return os.path.join(self.folder, f"{key}.partita")


def bytecode_key(filename: str, source: str, positions: Iterable[tuple[int, int, int]]) -> str:
    """Return the key of what is compiled from Python ``source`` for the template in ``filename``."""
    # `marshal` writes equal values alike; writing the positions as text took half of the time from the cache.
    parts = (sys.implementation.cache_tag or "", sys.hexversion, filename, source, list(positions))
    return _digest(marshal.dumps(parts, 2)).hex()


def _digest(content: bytes) -> bytes:
    from hashlib import sha256  # most engines keep no bytecode, and this import is slow

    return sha256(content).digest()
