"""Names with a hash of the content, and texts that name other files by those."""

import base64
import hashlib
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from partita.static.errors import StaticReferenceError
from partita.static.files import Found
from partita.static.references import Reference, css_references, js_references

__all__ = ("Fingerprinted", "fingerprint")

_READERS = {".css": css_references, ".js": js_references, ".mjs": js_references}
_DIGITS = 12  # 48 bits of SHA-256: two versions of one file never meet


class Fingerprinted(NamedTuple):
    """One file under its new name."""

    name: str
    hashed: str
    """The name with the hash, such as ``shop/shop.5f2c0e1a9b3d.css``."""
    path: Path
    content: bytes | None
    """What it holds now; None if that is what stands in ``path``."""
    integrity: str
    """For the attribute of that name in HTML (Subresource Integrity)."""


class _Link(NamedTuple):
    reference: Reference
    target: str


class _Text(NamedTuple):
    text: str
    links: Sequence[_Link]


def fingerprint(files: Iterable[Found], url: str = "/static/", *, strict: bool = True) -> list[Fingerprinted]:
    """Give each file a name with a hash of what it holds, and change style sheets and scripts to use those names.

    A file's hash changes when a file that it names changes. Files that name each other in a circle change their hashes together.
    Addresses of other hosts, ``data:`` and those outside of ``url`` are left as they are, and so are names of source maps that
    are not there.

    Args:
        files: All of them.
        url: Where the files are.
        strict: Whether a file that is named and not there is an error; its name stays as it is otherwise.

    Raises:
        StaticReferenceError: If a style sheet or script names a file that is not there.
    """
    paths = {found.name: found.path for found in files}
    texts = {name: _read(name, path, paths, url, strict) for name, path in paths.items() if _suffix(name) in _READERS}
    hashed: dict[str, str] = {}
    done: dict[str, Fingerprinted] = {}
    for name, path in paths.items():
        if name not in texts:
            done[name] = _unchanged(name, path)
            hashed[name] = done[name].hashed
    for group in _groups({name: [link.target for link in text.links] for name, text in texts.items()}):
        first = group[0]
        circle = len(group) > 1 or any(link.target == first for link in texts[first].links)
        if circle:
            # What a file of the circle is called depends on all of them, with the names inside of the circle left alone.
            whole = hashlib.sha256()
            for name in group:
                whole.update(_rewritten(texts[name], hashed).encode("utf-8", "surrogateescape") + b"\0")
            for name in group:
                hashed[name] = _with_hash(name, hashlib.sha256(whole.digest() + name.encode()).hexdigest())
        for name in group:
            content = _rewritten(texts[name], hashed).encode("utf-8", "surrogateescape")
            if not circle:
                hashed[name] = _with_hash(name, hashlib.sha256(content).hexdigest())
            integrity = _integrity(hashlib.sha384(content).digest())
            done[name] = Fingerprinted(name, hashed[name], paths[name], content, integrity)
    return [done[name] for name in sorted(done)]


def _suffix(name: str) -> str:
    return posixpath.splitext(name)[1].lower()


def _with_hash(name: str, digest: str) -> str:
    stem, suffix = posixpath.splitext(name)
    return f"{stem}.{digest[:_DIGITS]}{suffix}"


def _integrity(digest: bytes) -> str:
    return f"sha384-{base64.b64encode(digest).decode('ascii')}"


def _unchanged(name: str, path: Path) -> Fingerprinted:
    short, long = hashlib.sha256(), hashlib.sha384()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            short.update(piece)
            long.update(piece)
    return Fingerprinted(name, _with_hash(name, short.hexdigest()), path, None, _integrity(long.digest()))


def _read(name: str, path: Path, known: Mapping[str, Path], url: str, strict: bool) -> _Text:
    text = path.read_bytes().decode("utf-8", "surrogateescape")  # what is no UTF-8 is written back as it was
    links: list[_Link] = []
    is_script = _suffix(name) != ".css"
    for reference in _READERS[_suffix(name)](text):
        address = text[reference.start : reference.end]
        target = _target(name, address, url, is_script and not reference.is_map)
        if target is None:
            continue
        if target in known:
            links.append(_Link(reference, target))
        elif strict and not reference.is_map:
            raise StaticReferenceError(name, text.count("\n", 0, reference.start) + 1, address, target)
    return _Text(text, links)


def _target(name: str, address: str, url: str, is_import: bool) -> str | None:
    """Return the name of the file that an address means; None if it is none of ours."""
    path = address.partition("#")[0].partition("?")[0]
    if not path or address.startswith("//") or "\\" in path:
        return None
    if _has_scheme(address):
        if not (_has_scheme(url) and path.startswith(url)):
            return None
        return posixpath.normpath(unquote(path[len(url) :]))
    if path.startswith("/"):
        return posixpath.normpath(unquote(path[len(url) :])) if path.startswith(url) else None
    if is_import and not path.startswith(("./", "../")):  # a name that an import map explains
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))


def _has_scheme(address: str) -> bool:
    try:
        return urlsplit(address).scheme != ""
    except ValueError:
        return True  # nothing that we could write


def _rewritten(text: _Text, hashed: Mapping[str, str]) -> str:
    """Return the text with the new names of the files it names, as far as they are known."""
    pieces: list[str] = []
    at = 0
    for (start, end, _), target in text.links:
        if target not in hashed:
            continue
        address = text.text[start:end]
        path = address.partition("#")[0].partition("?")[0]
        # Only the last part changes, so that it stays relative, or on the host it names.
        folder, slash, _ = path.rpartition("/")
        pieces += [text.text[at:start], folder, slash, quote(posixpath.basename(hashed[target]), safe="~@!$+,=")]
        pieces.append(address[len(path) :])
        at = end
    pieces.append(text.text[at:])
    return "".join(pieces)


def _groups(graph: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the names so that each stands after what it names; those in a circle together (Tarjan's algorithm)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    groups: list[list[str]] = []
    for root in graph:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack.append(root)
        waiting.add(root)
        work = [(root, iter(graph[root]))]
        while work:
            name, targets = work[-1]
            for target in targets:
                if target not in graph:
                    continue
                if target not in number:
                    number[target] = lowest[target] = len(number)
                    stack.append(target)
                    waiting.add(target)
                    work.append((target, iter(graph[target])))
                    break
                if target in waiting:
                    lowest[name] = min(lowest[name], number[target])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    group: list[str] = []
                    while True:
                        member = stack.pop()
                        waiting.discard(member)
                        group.append(member)
                        if member == name:
                            break
                    groups.append(sorted(group))
    return groups
