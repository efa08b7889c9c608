"""Names of files: what they may be, and what they become when they are taken or too long."""

import operator
import os
import re
import secrets
import string
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import quote

from partita.storage.errors import SuspiciousFileOperation

__all__ = (
    "alternative_name",
    "checked_name",
    "fitted_name",
    "is_fitting",
    "quoted",
    "valid_filename",
    "validate_file_name",
)

_LETTERS = string.ascii_letters + string.digits
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_KEPT = re.compile(r"[^-\w.]")
_PART_BYTES = 255  # what file systems take as one part of a path


def checked_name(name: str) -> str:
    """Return ``name`` with ``/`` between its parts.

    Raises:
        SuspiciousFileOperation: If it is absolute, climbs by ``..``, ends in no file's name or holds control characters.
    """
    text = str(name).replace("\\", "/")
    if _CONTROL.search(text):
        raise SuspiciousFileOperation(f"The name {_shown(name)} holds a control character.")
    *folders, last = text.split("/")
    if last in ("", ".", ".."):
        raise SuspiciousFileOperation(f"Could not derive file name from {_shown(name)}")
    if ".." in folders or text.startswith("/") or re.match(r"[A-Za-z]:(/|$)", text):
        raise SuspiciousFileOperation(f"Detected path traversal attempt in {_shown(name)}")
    return text


def validate_file_name(name: str, allow_relative_path: bool = False) -> str:
    """Return ``name`` if it names a file; with ``allow_relative_path`` also one in folders.

    Raises:
        SuspiciousFileOperation: If it leads elsewhere, or has folders that are not allowed.
    """
    text = checked_name(name)
    if not allow_relative_path and "/" in text:
        raise SuspiciousFileOperation(f"File name {_shown(name)} includes path elements")
    return name


def valid_filename(name: str) -> str:
    """Return the last part of a name with only letters, digits, ``-``, ``_`` and ``.``; spaces become underscores.

    Raises:
        SuspiciousFileOperation: If nothing is left of it.
    """
    text = _NOT_KEPT.sub("", str(name).strip().replace(" ", "_"))
    if text in ("", ".", ".."):
        raise SuspiciousFileOperation(f"Could not derive file name from {_shown(name)}")
    return text


def alternative_name(root: str, suffix: str) -> str:
    """Return ``root`` with seven random letters before ``suffix``, about 42 bits that nobody can guess."""
    return f"{root}_{''.join(secrets.choice(_LETTERS) for _ in range(7))}{suffix}"


def fitted_name(name: str, max_length: int | None, make: Callable[[str, str], str] = operator.add) -> str:
    """Return a name like ``name`` that is short enough.

    Args:
        name: Checked.
        max_length: Characters of the whole name, at most; None for any.
        make: Makes the last part of stem and suffix.

    Raises:
        SuspiciousFileOperation: If the suffix and the folders alone are too long.
    """
    folder, last = os.path.split(name)
    suffix = "".join(PurePosixPath(last).suffixes)
    if len(suffix.encode()) > _PART_BYTES // 2:  # dots in a long title, and not what kind of file this is
        suffix = PurePosixPath(last).suffix[:20]
    root = last.removesuffix(suffix)
    made = make(root, suffix)
    while too_much := _excess(folder, made, max_length):
        root = root[:-too_much]
        if not root:
            raise SuspiciousFileOperation(
                f"Storage can not find an available filename for {_shown(name)}. Please make sure that the corresponding "
                'file field allows sufficient "max_length".'
            )
        made = make(root, suffix)
    return f"{folder}/{made}" if folder else made


def is_fitting(name: str, max_length: int | None) -> bool:
    """Return whether ``name`` is short enough, for ``max_length`` and for file systems."""
    folder, last = os.path.split(name)
    return not _excess(folder, last, max_length)


def _excess(folder: str, last: str, max_length: int | None) -> int:
    """Return by how many characters the stem is to be cut, at least."""
    whole = len(folder) + 1 + len(last) if folder else len(last)
    excess = 0 if max_length is None else max(0, whole - max_length)
    octets = len(last.encode(errors="surrogatepass")) - _PART_BYTES
    return max(excess, -(-octets // 4) if octets > 0 else 0)  # a character has four bytes at most


def quoted(name: str) -> str:
    """Return ``name`` as a part of a URL, without slashes at its beginning."""
    return quote(name.replace("\\", "/"), safe="/~!*()'").lstrip("/")


def _shown(name: object) -> str:
    return repr(str(name)[:100])
