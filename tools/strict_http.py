"""A reader of HTTP/1.1 that is slow and plain, to hold the server's fast one against: byte by byte, from the RFCs' grammar.

It uses no regular expression and no library, and nothing of the server. Besides RFC 9110 and 9112 it knows the rules by which
the server is stricter: each is named where it is applied.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("Bounds", "Chunks", "Head", "Reading", "Refused", "read_chunks", "read_head", "read_stream")

_ALPHA = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGIT = frozenset(b"0123456789")
_HEX = _DIGIT | frozenset(b"abcdefABCDEF")
_TCHAR = _ALPHA | _DIGIT | frozenset(b"!#$%&'*+-.^_`|~")  # RFC 9110, section 5.6.2
_FIELD_BYTE = frozenset([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])  # RFC 9110, section 5.5
_TARGET_BYTE = frozenset(range(0x21, 0x7F)) - frozenset(
    b'#"<>\\^`{|}'
)  # what RFC 3986 lets stand unescaped, no fragment
_QDTEXT = frozenset([0x09, 0x20, 0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)])  # RFC 9110, 5.6.4, without obs-text
_PAIRED = frozenset([0x09, *range(0x20, 0x7F)])
_METHODS = frozenset(
    b"ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH "
    b"POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK "
    b"UNSUBSCRIBE".split()
)
_ONCE = (b"host", b"content-type", b"content-length", b"transfer-encoding", b"expect")


class Refused(Exception):
    """The message is none that may be read; the text says why."""


@dataclass(frozen=True)
class Bounds:
    """How large what may be, in bytes; `headers` counts fields."""

    target: int = 8192
    header_bytes: int = 32_768
    headers: int = 100
    body: int = 104_857_600


@dataclass(frozen=True)
class Head:
    """What one head says."""

    method: bytes
    target: bytes
    version: str
    path: bytes
    query: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    length: int
    chunked: bool
    keep_alive: bool
    expects_continue: bool
    upgrade: bool


@dataclass(frozen=True)
class Chunks:
    """How far a chunked body got: its content, and the bytes behind its end, which is None if it has not come."""

    content: bytes
    rest: bytes | None


@dataclass(frozen=True)
class Reading:
    """What the bytes of one connection say: its requests, and how it ended.

    Args:
        requests: Heads with their bodies; the body of the last one is None if it did not come to its end.
        end: ``open`` if more may follow, ``closed`` after the last request, else why it was refused.
        refused: Whether it was.
    """

    requests: tuple[tuple[Head, bytes | None], ...]
    end: str
    refused: bool = False


def read_stream(data: bytes, bounds: Bounds) -> Reading:
    """Read all that came over one connection."""
    requests: list[tuple[Head, bytes | None]] = []
    while True:
        while data[:2] == b"\r\n":
            data = data[2:]  # RFC 9112, section 2.2
        end = data.find(b"\r\n\r\n") + 4
        if end == 3:
            return Reading(tuple(requests), "open")
        try:
            head = read_head(data[:end], bounds)
            if head.upgrade and not head.length and not head.chunked:
                raise Refused("no WebSockets are served")
        except Refused as refused:
            return Reading(tuple(requests), str(refused), refused=True)
        requests.append((head, None))
        try:
            if head.chunked:
                chunks = read_chunks(data[end:])
                if len(chunks.content) > bounds.body:
                    raise Refused("too long a body")
                body, rest = chunks.content, chunks.rest
            else:
                body = data[end : end + head.length]
                rest = data[end + head.length :] if len(body) == head.length else None
        except Refused as refused:
            return Reading(tuple(requests), str(refused), refused=True)
        if rest is None:
            return Reading(tuple(requests), "open")
        requests[-1] = head, body
        if not head.keep_alive:
            return Reading(tuple(requests), "closed")
        data = rest


def read_head(data: bytes, bounds: Bounds) -> Head:
    """Read one head, up to and with its empty line.

    Raises:
        Refused: If it breaks the grammar, could be read in two ways, or is too large.
    """
    lines = _lines(data)
    method, target, version = _request_line(lines[0], bounds)
    if len(data) - len(lines[0]) > bounds.header_bytes:
        raise Refused("too many bytes of fields")
    every = [_field(line) for line in lines[1:-1]]
    fields = [(name, value) for name, value in every if b"_" not in name]  # they are dropped: CGI takes _ for -
    if len(fields) > bounds.headers:
        raise Refused("too many fields")
    for name in _ONCE:
        if sum(each == name for each, _ in fields) > 1:
            raise Refused("a field that decides stands twice")
    values = dict(fields)
    length, chunked = _framing(values, version, bounds)
    _check_host(values.get(b"host"), version)
    path, query = _path(method, target, values.get(b"host"))
    options = [
        option.strip(b" \t").lower() for name, value in fields if name == b"connection" for option in value.split(b",")
    ]
    keep_alive = b"close" not in options and (version == "1.1" or b"keep-alive" in options)
    upgrade = b"upgrade" in options and b"upgrade" in values
    expect = values.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        raise Refused("an expectation that nobody meets")
    return Head(
        method,
        target,
        version,
        path,
        query,
        tuple(fields),
        length,
        chunked,
        keep_alive and not upgrade,  # what follows might be of another protocol
        expect is not None and version == "1.1",
        upgrade and values[b"upgrade"].lower() == b"websocket",
    )


def _lines(data: bytes) -> list[bytes]:
    """The lines of a head without their CR LF, the last of them empty; no other CR or LF is allowed (stricter than 2.2)."""
    lines, begin, at = [], 0, 0
    while at < len(data):
        if data[at] == 0x0D:
            if data[at + 1 : at + 2] != b"\n":
                raise Refused("a CR alone")
            lines.append(data[begin:at])
            at = begin = at + 2
            continue
        if data[at] == 0x0A:
            raise Refused("a LF alone")
        at += 1
    if begin != len(data) or len(lines) < 2 or lines[-1] or not all(lines[:-1]):
        raise Refused("no empty line at the end, or one before it")
    return lines


def _request_line(line: bytes, bounds: Bounds) -> tuple[bytes, bytes, str]:
    parts = line.split(b" ")  # RFC 9112, section 3: one space between, and none elsewhere
    if len(parts) != 3 or not all(parts):
        raise Refused("not METHOD TARGET VERSION")
    method, target, version = parts
    if version not in {b"HTTP/1.0", b"HTTP/1.1"}:
        raise Refused("a version that is not spoken")
    if method not in _METHODS:
        raise Refused("a method that is not known")
    if len(target) > bounds.target or not _TARGET_BYTE.issuperset(target):
        raise Refused("a target that is too long, or holds what must be escaped")
    return method, target, version[5:].decode()


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or not _TCHAR.issuperset(name) or not _FIELD_BYTE.issuperset(value):
        raise Refused("a line that is no field")
    if name.lower() == b"transfer-encoding" and value.endswith(b"\t"):
        raise Refused("a tab behind a coding, which some take for a part of it")  # stricter
    return name.lower(), value.strip(b" \t")


def _framing(values: dict[bytes, bytes], version: str, bounds: Bounds) -> tuple[int, bool]:
    """RFC 9112, section 6.3, with everything refused that it lets be mended."""
    coding, length = values.get(b"transfer-encoding"), values.get(b"content-length")
    if coding is not None:
        if version == "1.0" or length is not None or coding.lower() != b"chunked":
            raise Refused("a coding that is not chunked alone")
        return 0, True
    if length is None:
        return 0, False
    if not length or len(length) > 15 or not _DIGIT.issuperset(length) or int(length) > bounds.body:
        raise Refused("no length")
    return int(length), False


def _check_host(host: bytes | None, version: str) -> None:
    if host is None:
        if version == "1.1":
            raise Refused("no host")
        return
    if host[:1] == b"[":
        name, bracket, port = host[1:].partition(b"]")
        good = bool(name and bracket) and (_HEX | frozenset(b":.")).issuperset(name)
        if port[:1] not in {b"", b":"}:
            raise Refused("something behind the address of the host")
        port = port[1:] if port else b"0"
    else:
        name, colon, port = host.partition(b":")
        good = bool(name) and (_ALPHA | _DIGIT | frozenset(b"._-")).issuperset(name)
        port = port if colon else b"0"
    if not good or not 1 <= len(port) <= 5 or not _DIGIT.issuperset(port):
        raise Refused("not a host")


def _path(method: bytes, target: bytes, host: bytes | None) -> tuple[bytes, bytes]:
    """Path and query of a target in origin form, in absolute form for the same host, or of the asterisk of OPTIONS."""
    if target == b"*" and method == b"OPTIONS":
        return b"*", b""
    if target[:1] != b"/":
        scheme, colon, rest = target.partition(b"://")
        if scheme.lower() not in {b"http", b"https"} or not colon:
            raise Refused("a target in no form that is known")
        end = min([at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0], default=len(rest))
        authority, target = rest[:end], rest[end:]
        if not authority or b"@" in authority or (host is not None and authority.lower() != host.lower()):
            raise Refused("an authority that is not the host")
        if target[:1] != b"/":
            target = b"/" + target
    path, _, query = target.partition(b"?")
    return path, query


def read_chunks(data: bytes, *, line: int = 256, trailers: int = 8192) -> Chunks:
    """Read a chunked body (RFC 9112, section 7.1) as far as it goes.

    Args:
        data: From the first size on.
        line: Bytes that a line with a size may have.
        trailers: Bytes that all trailer fields may have.

    Raises:
        Refused: If the coding is broken.
    """
    content, at = b"", 0
    while True:
        text, after = _chunk_line(data, at, line)
        if text is None:
            return Chunks(content, None)
        size, at = _chunk_size(text), after
        if size == 0:
            break
        content, at = content + data[at : at + size], at + size
        if at > len(data) or data[at : at + 2] in {b"", b"\r"}:
            return Chunks(content, None)
        if data[at : at + 2] != b"\r\n":
            raise Refused("a chunk longer than its size")
        at += 2
    begin = at
    while True:
        text, after = _chunk_line(data, at, trailers)
        if text is None:
            return Chunks(content, None)
        at = after
        if text:
            _field(text)
        if at - begin > trailers:
            raise Refused("too many trailers")
        if not text:
            return Chunks(content, data[at:])


def _chunk_line(data: bytes, at: int, most: int) -> tuple[bytes | None, int]:
    """The line at a place and where the next begins; None if it has no end yet."""
    end = data.find(b"\n", at)
    if end < 0 or end - at > most + 1:
        if len(data) - at >= most + 2:
            raise Refused("a line that is too long")
        return None, at
    if end == at or data[end - 1] != 0x0D:
        raise Refused("a line that does not end with CR LF")
    return data[at : end - 1], end + 1


def _chunk_size(text: bytes) -> int:
    at = 0
    while at < len(text) and text[at] in _HEX:
        at += 1
    size = text[:at]
    if not 1 <= len(size) <= 15:
        raise Refused("no size")
    while at < len(text):
        at = _extension(text, at)
    return int(size, 16)


def _extension(text: bytes, at: int) -> int:
    """Read ``;name``, ``;name=token`` or ``;name="text"`` and return what is behind; no white space between (stricter)."""
    if text[at] != 0x3B:
        raise Refused("something behind the size")
    at = _token(text, at + 1)
    if text[at : at + 1] != b"=":
        return at
    at += 1
    if text[at : at + 1] != b'"':
        return _token(text, at)
    at += 1
    while text[at : at + 1] != b'"':
        if text[at : at + 1] == b"\\":
            at += 1
            allowed = _PAIRED
        else:
            allowed = _QDTEXT
        if at >= len(text) or text[at] not in allowed:
            raise Refused("a quoted text that is none")
        at += 1
    return at + 1


def _token(text: bytes, at: int) -> int:
    begin = at
    while at < len(text) and text[at] in _TCHAR:
        at += 1
    if at == begin:
        raise Refused("no token")
    return at
