"""Copying all static files into one folder, for a web server or a content delivery network."""

import fnmatch
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from partita.static.errors import StaticError
from partita.static.files import Found, StaticFiles
from partita.static.fingerprints import fingerprint
from partita.static.manifest import MANIFEST_NAME, Manifest

__all__ = ("COMMON_IGNORED", "Collected", "collect")

COMMON_IGNORED = ("CVS", ".*", "*~")
"""What editors and version control leave behind."""
_COMPRESSIBLE = {".css", ".js", ".mjs", ".svg", ".html", ".json", ".txt", ".xml", ".map", ".wasm"}


class Collected(NamedTuple):
    """What `collect` did, by name of file."""

    copied: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    hidden: tuple[Found, ...] = ()
    """Files that were left out because one in an earlier folder has the same name."""


class _Job(NamedTuple):
    name: str
    path: Path
    content: bytes | None
    """What to write; None for what is in ``path``."""
    final: bool
    """Whether the content never changes under this name."""


def collect(
    files: StaticFiles,
    target: Path,
    *,
    clear: bool = False,
    dry_run: bool = False,
    compress: bool = False,
    link: bool = False,
    ignore: Collection[str] = (),
    manifest: bool = False,
    strict: bool = True,
) -> Collected:
    """Copy files that are new or have changed.

    Args:
        files: What to copy.
        target: The folder; made if it is not there.
        clear: Whether to remove files there that are no longer among ``files``.
        dry_run: Whether to change nothing and only tell.
        compress: Whether to write a ``.gz``, and a ``.br`` if the package brotli is installed, beside texts that become smaller.
        link: Whether to make links instead of copies.
        ignore: Patterns such as ``*.scss``, compared with the whole name and with each part of it.
        manifest: Whether to write each file under a name with a hash as well, and the list of those names; see `fingerprint`.
        strict: Whether a style sheet or script that names a file that is not there is an error.

    Raises:
        StaticError: If ``target`` is one of the folders that are collected.
        StaticReferenceError: If ``strict``, and a file is named that is not there.
    """
    real = target.resolve()
    for folder in files.dirs:
        if real == folder.resolve() or real in folder.resolve().parents or folder.resolve() in real.parents:
            raise StaticError(f"{target} overlaps with {folder}, which is collected from. Choose another folder.")
    found = [each for each in sorted(files.list()) if not _is_ignored(each.name, ignore)]
    copied: list[str] = []
    unchanged: list[str] = []
    kept: set[Path] = {target / MANIFEST_NAME} if manifest else set()
    jobs, names = _jobs(found, files.url, manifest, strict)
    for job in jobs:
        to = target / job.name
        kept |= {to, *(to.with_name(to.name + suffix) for suffix in (".gz", ".br"))}
        if _is_there(job, to, link):
            unchanged.append(job.name)
            continue
        copied.append(job.name)
        if not dry_run:
            _put(job, to, link)
            if compress and not to.is_symlink():
                _compress(to)
    if names is not None and not dry_run:
        names.write(target / MANIFEST_NAME)  # last: whatever it names is there by now
    stale = sorted(each for each in target.rglob("*") if not each.is_dir() and each not in kept) if clear else []
    for each in stale:
        if not dry_run:
            each.unlink()
    hidden = sorted(each for each in files.hidden() if not _is_ignored(each.name, ignore))
    removed = tuple(each.relative_to(target).as_posix() for each in stale)
    return Collected(tuple(copied), tuple(unchanged), removed, tuple(hidden))


def _jobs(found: Iterable[Found], url: str, manifest: bool, strict: bool) -> tuple[Iterator[_Job], Manifest | None]:
    plain = (_Job(each.name, each.path, None, False) for each in found)
    if not manifest:
        return plain, None
    prints = fingerprint(found, url, strict=strict)
    hashed = (_Job(each.hashed, each.path, each.content, True) for each in prints)
    return (job for jobs in (plain, hashed) for job in jobs), Manifest.of(prints)


def _is_ignored(name: str, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(each, pattern) for pattern in patterns for each in (name, *name.split("/")))


def _is_there(job: _Job, to: Path, link: bool) -> bool:
    if to.is_symlink():
        return link and job.content is None and to.exists() and to.samefile(job.path)
    if link and job.content is None:
        return False
    try:
        there, here = to.stat(), job.path.stat()
    except FileNotFoundError:
        return False
    if job.content is not None:
        return there.st_size == len(job.content)
    return there.st_size == here.st_size and (job.final or int(there.st_mtime) >= int(here.st_mtime))


def _put(job: _Job, to: Path, link: bool) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    if link or to.is_symlink():
        to.unlink(missing_ok=True)  # writing through an old link would change the source
    if job.content is not None:
        part = to.with_name(f".{to.name}.part")  # whoever is served meanwhile never sees half of it
        part.write_bytes(job.content)
        os.replace(part, to)
    elif link:
        to.symlink_to(job.path)
    else:
        from shutil import copy2  # it brings all compressions along, and servers do without it

        copy2(job.path, to)


def _compress(path: Path) -> None:
    if path.suffix.lower() not in _COMPRESSIBLE:
        return
    plain = path.read_bytes()
    for suffix, pack in _packers():
        packed = pack(plain)
        copy = path.with_name(path.name + suffix)
        if len(packed) < len(plain):
            copy.write_bytes(packed)
        else:
            copy.unlink(missing_ok=True)


def _packers() -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    import gzip

    yield ".gz", lambda plain: gzip.compress(plain, 9, mtime=0)
    if find_spec("brotli") is not None:
        brotli = import_module("brotli")  # it has no types
        yield ".br", lambda plain: bytes(brotli.compress(plain, quality=11))
