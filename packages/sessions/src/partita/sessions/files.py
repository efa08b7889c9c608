"""Sessions as files in one folder, for a site on one machine."""

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from partita.sessions.errors import SessionFolderError, SessionInterrupted
from partita.sessions.stores import Change

__all__ = ("FileStore",)

_SUFFIX = ".session"


class FileStore:
    """Keeps each session in a file of its own; processes of one machine share them.

    A file is named by the hash of its token, so no token names a path, and whoever reads the folder's names learns no token. It
    is replaced as a whole, so nobody reads half of one; changes of one session wait for each other.

    Args:
        folder: Made if it is not there, for its owner only.
        clock: Seconds since 1970.

    Raises:
        SessionFolderError: If the folder cannot be written to.
    """

    __slots__ = ("_clock", "folder")

    def __init__(self, folder: str | Path, clock: Callable[[], float] = time.time) -> None:
        self.folder, self._clock = Path(folder), clock
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SessionFolderError(str(folder), error.strerror or str(error)) from error
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise SessionFolderError(str(folder), "it is not writable")

    def load(self, token: str) -> bytes | None:
        """See `Store.load`."""
        return self._read(self._path(token))

    async def aload(self, token: str) -> bytes | None:
        """Async twin of `load`."""
        return await asyncio.to_thread(self.load, token)

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """See `Store.save`."""
        until = int(self._clock() + lifetime)
        if token is None:
            token = secrets.token_urlsafe(32)
            self._write(self._path(token), until, change.apply(b"{}"))
            return token
        path = self._path(token)
        with self._locked(path):
            stored = self._read(path)
            if stored is None:
                raise SessionInterrupted
            self._write(path, until, change.apply(stored))
        return token

    async def asave(self, token: str | None, change: Change, lifetime: float) -> str:
        """Async twin of `save`."""
        return await asyncio.to_thread(self.save, token, change, lifetime)

    def delete(self, token: str) -> None:
        """See `Store.delete`."""
        path = self._path(token)
        with self._locked(path):
            path.unlink(missing_ok=True)

    async def adelete(self, token: str) -> None:
        """Async twin of `delete`."""
        await asyncio.to_thread(self.delete, token)

    def clear_expired(self) -> int:
        """See `Store.clear_expired`."""
        count = 0
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with self._locked(path):
                if path.exists() and self._read(path) is None:
                    path.unlink()
                    count += 1
        return count

    async def aclear_expired(self) -> int:
        """Async twin of `clear_expired`."""
        return await asyncio.to_thread(self.clear_expired)

    def _path(self, token: str) -> Path:
        return self.folder / f"{sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()}{_SUFFIX}"

    def _read(self, path: Path) -> bytes | None:
        try:
            until, _, data = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        return data if int(until) > self._clock() else None

    def _write(self, path: Path, until: int, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder)  # readable by its owner only
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(b"%d\n%s" % (until, data))
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        # One of 256 lock files, so that their number stays bounded; threads exclude each other too, each has its own handle.
        with (self.folder / f"{path.name[:2]}.lock").open("ab") as file:
            _lock(file.fileno())
            yield  # closing unlocks


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
