"""Unpacking zip and tar archives from anywhere, without writing outside of a folder."""

import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from partita.storage.errors import ArchiveError, ArchiveTooLarge, SuspiciousFileOperation

__all__ = ("extract",)

_PIECE = 1 << 16
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    gzip.BadGzipFile,
    OSError,
    ValueError,
)


class _Member(NamedTuple):
    name: str
    is_folder: bool
    mode: int
    """Permissions; 0 if the archive says none."""
    size: int
    """Bytes, as the archive says."""
    open: Callable[[], IO[bytes]]


def extract(
    path: str | os.PathLike[str], to: str | os.PathLike[str], *, max_size: int = 1 << 30, max_files: int = 100_000
) -> None:
    """Unpack an archive into a folder.

    A folder that all members share is left out, as of ``project-1.0/...``. Links and devices are refused, since a member behind a link
    would land elsewhere. Of permissions only those to execute are kept.

    Args:
        path: A zip or tar archive; tar also with gzip, bzip2 or LZMA.
        to: The folder; made if it is not there. What is in it already is replaced where names are the same.
        max_size: Bytes that may come out, counted as they do: what the archive says about itself is not believed.
        max_files: Members that it may have.

    Raises:
        SuspiciousFileOperation: If a member leads out of the folder, or is no plain file or folder.
        ArchiveTooLarge: If more comes out than allowed.
        ArchiveError: If it is no archive, or is damaged.
    """
    root = Path(os.path.realpath(to))
    with _opened(path) as members:
        listed: list[_Member] = []
        said = 0
        for member in members:
            said += member.size
            if said > max_size:  # before a tar is read up to its next member
                raise ArchiveTooLarge(os.fspath(path), f"more than {max_size} bytes")
            if len(listed) == max_files:
                raise ArchiveTooLarge(os.fspath(path), f"more than {max_files} members")
            listed.append(member)
        leading = _leading(listed)
        places = [_place(root, member.name, leading) for member in listed]  # all are looked at before any is written
        root.mkdir(parents=True, exist_ok=True)
        left = max_size
        for member, place in zip(listed, places, strict=True):
            if member.is_folder:
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.realpath(place.parent) != str(place.parent):  # by a link that was in the folder before
                raise SuspiciousFileOperation(f"Archive contains invalid path: {member.name[:200]!r}")
            left = _write(member, place, left, os.fspath(path), max_size)


def _write(member: _Member, place: Path, left: int, archive: str, max_size: int) -> int:
    """Write one file; return how many bytes may still come."""
    place.unlink(missing_ok=True)  # writing through a link that was there would change another file
    # Made with the permissions it shall have, less those that the umask takes, which belongs to all threads.
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o777 if member.mode & 0o100 else 0o666)
    with open(handle, "wb") as file, member.open() as source:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise ArchiveTooLarge(archive, f"more than {max_size} bytes")
            file.write(piece)
    return left


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[Iterator[_Member]]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                yield _of_zip(packed)
        else:
            with tarfile.open(path) as tape:
                yield _of_tar(tape)
    except (SuspiciousFileOperation, ArchiveError, FileNotFoundError, PermissionError):
        raise
    except (*_BROKEN, RuntimeError, NotImplementedError) as error:  # the last two: passwords, unknown compression
        raise ArchiveError(os.fspath(path), str(error)) from error


def _of_zip(packed: zipfile.ZipFile) -> Iterator[_Member]:
    for info in packed.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise SuspiciousFileOperation(f"Archive contains a link or device: {info.filename[:200]!r}")
        mode = stat.S_IMODE(info.external_attr >> 16)
        yield _Member(info.filename, info.is_dir(), mode, info.file_size, partial(packed.open, info))


def _of_tar(tape: tarfile.TarFile) -> Iterator[_Member]:
    for info in tape:
        if not (info.isfile() or info.isdir()):
            raise SuspiciousFileOperation(f"Archive contains a link or device: {info.name[:200]!r}")
        yield _Member(info.name, info.isdir(), stat.S_IMODE(info.mode), info.size, partial(_content, tape, info))


def _content(tape: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tape.extractfile(info)
    assert content is not None  # it is a file
    return content


def _leading(members: list[_Member]) -> str:
    """Return the folder that all members share, with a slash; empty if there is none."""
    names = [member.name.removeprefix("./").rstrip("/") for member in members]
    shared = names[0].partition("/")[0] if names else ""
    inside = [name for name in names if name.startswith(f"{shared}/")]
    itself = all(member.is_folder for member, name in zip(members, names, strict=True) if name == shared)
    all_there = len(inside) + names.count(shared) == len(names)
    return f"{shared}/" if shared not in {"", ".", ".."} and inside and itself and all_there else ""


def _place(root: Path, name: str, leading: str) -> Path:
    inner = f"{name}/".removeprefix("./").removeprefix(leading).rstrip("/") if leading else name
    # Backslashes, drives and streams mean folders on another system; a path that begins with the root is absolute, too.
    if "\0" in inner or "\\" in inner or ":" in inner.split("/")[0] or inner.startswith("/"):
        raise SuspiciousFileOperation(f"Archive contains invalid path: {inner[:200]!r}")
    place = os.path.normpath(os.path.join(root, inner))
    if os.path.commonpath((root, place)) != str(root) or ".." in inner.split("/"):
        raise SuspiciousFileOperation(f"Archive contains invalid path: {inner[:200]!r}")
    return Path(place)
