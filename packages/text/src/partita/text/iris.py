"""Addresses with letters of any script (IRIs, RFC 3987), and the URIs that stand for them (RFC 3986)."""

import re
from os import PathLike
from typing import overload

__all__ = ("escape_uri_path", "filepath_to_uri", "iri_to_uri", "uri_to_iri")

_RESERVED = "/#%[]=:;$&()+,!?*@'~"
_PATH = "/:@&+$,-_.~*'()!"  # what RFC 3986 lets a segment hold, without what starts a parameter or a query
_FILE = "/~!*()'"
_RUN = re.compile("(?:%[0-9A-Fa-f]{2})++")  # possessive: a long run needs no memory to go back
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@overload
def iri_to_uri(iri: None) -> None: ...  # None is an object, too  # pyright: ignore[reportOverlappingOverload]
@overload
def iri_to_uri(iri: object) -> str: ...
def iri_to_uri(iri: object) -> str | None:
    """Return an address with everything that a URI may not hold percent-encoded; what is encoded already stays, and None too."""
    if iri is None:
        return None
    from urllib.parse import quote  # `urllib.parse` costs more to import than this package

    return quote(str(iri), safe=_RESERVED)


@overload
def uri_to_iri(uri: None) -> None: ...
@overload
def uri_to_iri(uri: str) -> str: ...
def uri_to_iri(uri: str | None) -> str | None:
    """Return an address for people to read: encoded letters are decoded.

    Reserved characters, spaces, controls and bytes that are not UTF-8 stay encoded, so that `iri_to_uri` leads back. None
    stays None.
    """
    return None if uri is None else _RUN.sub(_decoded, uri)


def _decoded(found: re.Match[str]) -> str:
    run = found[0]
    raw = bytes.fromhex(run.replace("%", ""))
    shown: list[str] = []
    at = 0
    for char in raw.decode("utf-8", "surrogateescape"):
        if "\udc80" <= char <= "\udcff":  # a byte that is no part of a character
            shown.append(f"%{ord(char) & 0xFF:02X}")
            at += 1
        elif char < "\x80":
            shown.append(char if char in _UNRESERVED else run[at * 3 : at * 3 + 3])
            at += 1
        else:
            shown.append(char)
            at += len(char.encode())
    return "".join(shown)


def escape_uri_path(path: str) -> str:
    """Return ``path`` with everything encoded that would not be part of a path: ``?``, ``#``, ``;``, ``=``, ``%``."""
    from urllib.parse import quote

    return quote(path, safe=_PATH)


@overload
def filepath_to_uri(path: None) -> None: ...
@overload
def filepath_to_uri(path: str | PathLike[str]) -> str: ...
def filepath_to_uri(path: str | PathLike[str] | None) -> str | None:
    """Return the path of a file, relative or absolute, as the path of a URL; backslashes become slashes, None stays None."""
    if path is None:
        return None
    from os import fspath
    from urllib.parse import quote

    return quote(fspath(path).replace("\\", "/"), safe=_FILE)
