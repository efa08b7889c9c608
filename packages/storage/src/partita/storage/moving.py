"""Moving files so that nobody ever sees half of one."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

__all__ = ("Draft", "file_move_safe")

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EINVAL})
_PART = ".partita-"


def file_move_safe(
    old_file_name: str | os.PathLike[str],
    new_file_name: str | os.PathLike[str],
    chunk_size: int = 65_536,
    allow_overwrite: bool = False,
) -> None:
    """Move a file, to another file system too; under the new name there is the whole file or nothing.

    Args:
        old_file_name: The file.
        new_file_name: Where to.
        chunk_size: Bytes copied at once, where copying is needed.
        allow_overwrite: Whether a file that is there is replaced.

    Raises:
        FileExistsError: If there is one, which stays.
    """
    old, new = os.fspath(old_file_name), os.fspath(new_file_name)
    if os.path.exists(new) and os.path.samefile(old, new):
        return
    try:
        publish(old, new, overwrite=allow_overwrite)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    with open(old, "rb") as source, Draft(os.path.dirname(new) or ".", 0o600) as draft:
        while chunk := source.read(chunk_size):
            draft.write(chunk)
        with suppress(OSError):  # a file system without them
            shutil.copystat(old, draft.place)
        draft.publish(new, overwrite=allow_overwrite)
    os.remove(old)


def publish(old: str, new: str, *, overwrite: bool) -> None:
    """Give the file ``old`` the name ``new`` in one step; without ``overwrite`` only if nobody has that name."""
    if overwrite:
        os.replace(old, new)
        return
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # No links here: reserve the name, then take the place of what reserved it.
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.replace(old, new)
    else:
        os.remove(old)


class Draft:
    """A file that is being written and has no name yet, or a hidden one where the system has no nameless files.

    What is not published is gone when the block ends; a nameless one also when the process is killed.

    Args:
        folder: Where it will lie.
        mode: Its permissions, to which the process's umask applies.
    """

    __slots__ = ("_descriptor", "_named", "_path")

    def __init__(self, folder: str | os.PathLike[str], mode: int) -> None:
        self._path = os.path.join(folder, f"{_PART}{secrets.token_hex(8)}.part")
        self._descriptor = _nameless(folder, mode)
        self._named = self._descriptor < 0
        if self._named:
            flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, mode)

    @property
    def place(self) -> Any:
        """What functions of `os` take for it: a path, or the number of an open file."""
        return self._path if self._named else self._descriptor

    def write(self, data: bytes) -> None:
        """Add all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def chmod(self, mode: int) -> None:
        """Set the permissions, whatever the umask."""
        os.chmod(self.place, mode)

    def publish(self, path: str, *, overwrite: bool) -> None:
        """Give it its name.

        Raises:
            FileExistsError: If the name is taken and ``overwrite`` is False.
        """
        if not self._named and not overwrite:
            self._link(path)
            return
        if not self._named:
            self._link(self._path)
            self._named = True
        os.close(self._descriptor)
        self._descriptor = -1
        publish(self._path, path, overwrite=overwrite)
        self._named = False

    def _link(self, path: str) -> None:
        # The directory's descriptor makes Python call linkat(), which alone follows /proc's link to the nameless file.
        folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            own = f"/proc/self/fd/{self._descriptor}"
            os.link(own, os.path.basename(path), dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        if self._named:
            with suppress(FileNotFoundError):
                os.remove(self._path)


def _nameless(folder: str | os.PathLike[str], mode: int) -> int:
    """Return the number of an open file without a name in ``folder``, or -1 where there are no such files."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not os.path.isdir("/proc/self/fd"):
        return -1
    try:
        return os.open(folder, flag | os.O_RDWR, mode)
    except OSError as error:
        if error.errno in (*_NO_LINKS, errno.EISDIR):
            return -1
        raise


def without_drafts(names: Iterator[str]) -> Iterator[str]:
    """Leave out files that are still being written."""
    return (name for name in names if not (name.startswith(_PART) and name.endswith(".part")))
