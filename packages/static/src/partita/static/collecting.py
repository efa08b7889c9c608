"""Copying all static files into one folder, for a web server or a content delivery network."""

import gzip
import shutil
from pathlib import Path
from typing import NamedTuple

from partita.static.errors import StaticError
from partita.static.files import StaticFiles

__all__ = ("Collected", "collect")

_COMPRESSIBLE = {".css", ".js", ".mjs", ".svg", ".html", ".json", ".txt", ".xml", ".map", ".wasm"}


class Collected(NamedTuple):
    """What `collect` did, by name of file."""

    copied: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def collect(
    files: StaticFiles, target: Path, *, clear: bool = False, dry_run: bool = False, compress: bool = False
) -> Collected:
    """Copy files that are new or have changed.

    Args:
        files: What to copy.
        target: The folder; made if it is not there.
        clear: Whether to remove files there that are no longer among ``files``.
        dry_run: Whether to change nothing and only tell.
        compress: Whether to write a ``.gz`` beside texts that become smaller by it.

    Raises:
        StaticError: If ``target`` is one of the folders that are collected.
    """
    real = target.resolve()
    for folder in files.dirs:
        if real == folder.resolve() or real in folder.resolve().parents or folder.resolve() in real.parents:
            raise StaticError(f"{target} overlaps with {folder}, which is collected from. Choose another folder.")
    copied: list[str] = []
    unchanged: list[str] = []
    kept: set[Path] = set()
    for name, path in sorted(files.list()):
        to = target / name
        kept |= {to, to.with_name(f"{to.name}.gz")}
        if _same(path, to):
            unchanged.append(name)
            continue
        copied.append(name)
        if not dry_run:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to)
            if compress:
                _compress(to)
    stale = sorted(each for each in target.rglob("*") if each.is_file() and each not in kept) if clear else []
    for each in stale:
        if not dry_run:
            each.unlink()
    return Collected(tuple(copied), tuple(unchanged), tuple(each.relative_to(target).as_posix() for each in stale))


def _same(path: Path, to: Path) -> bool:
    try:
        there, here = to.stat(), path.stat()
    except FileNotFoundError:
        return False
    return there.st_size == here.st_size and int(there.st_mtime) >= int(here.st_mtime)


def _compress(path: Path) -> None:
    if path.suffix.lower() not in _COMPRESSIBLE:
        return
    plain = path.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0)
    copy = path.with_name(f"{path.name}.gz")
    if len(packed) < len(plain):
        copy.write_bytes(packed)
    else:
        copy.unlink(missing_ok=True)
