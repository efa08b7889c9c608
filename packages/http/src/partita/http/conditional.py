"""Conditional and partial answers (RFC 9110, sections 13 and 14)."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime

from partita.http.dates import parse_date
from partita.http.errors import HeaderSyntaxError, PreconditionFailed, RangeNotSatisfiable
from partita.http.etag import ETag, parse_etag, parse_etags
from partita.http.files import FileBody
from partita.http.headers import Headers
from partita.http.ranges import ByteRange, parse_range
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("check_preconditions", "is_unchanged", "respond_to")

_SAFE = ("GET", "HEAD")
# What says nothing about a 304. ``Content-Location`` is not among it (RFC 9110, section 15.4.5), nor is any policy.
_OF_CONTENT = frozenset(
    f"content-{name}".encode()
    for name in ("digest", "disposition", "encoding", "language", "length", "md5", "range", "type")
)


def check_preconditions(request: Request, etag: ETag | None, modified: datetime | None = None) -> None:
    """Check ``If-Match`` or else ``If-Unmodified-Since`` before a change.

    Args:
        etag: Of what is there now; None if there is nothing.
        modified: When that was last changed, with a time zone.

    Raises:
        PreconditionFailed: If the client saw something else than what is there, or (``If-None-Match``) wants nothing there.
    """
    headers = request.headers
    if (wanted := headers.get("if-match")) is not None:
        if not _listed(wanted, etag, strong=True):
            raise PreconditionFailed
    elif (since := headers.get("if-unmodified-since")) is not None and modified is not None:
        moment = parse_date(since)
        if moment is not None and modified.replace(microsecond=0) > moment:
            raise PreconditionFailed
    unwanted = headers.get("if-none-match")
    if unwanted is not None and request.method not in _SAFE and _listed(unwanted, etag):
        raise PreconditionFailed


def is_unchanged(request: Request, etag: ETag | None, modified: datetime | None = None) -> bool:
    """Tell whether a GET or HEAD can be answered with 304: ``If-None-Match``, or else ``If-Modified-Since``."""
    if request.method not in _SAFE:
        return False
    if (known := request.headers.get("if-none-match")) is not None:
        return _listed(known, etag)
    since = request.headers.get("if-modified-since")
    moment = parse_date(since) if since is not None else None
    return moment is not None and modified is not None and modified.replace(microsecond=0) <= moment


def respond_to(
    request: Request, response: Response, new_boundary: Callable[[], str] = lambda: os.urandom(16).hex()
) -> Response:
    """Return what the conditions of ``request`` make of ``response``: itself, 304, 206, 412 or 416.

    Only a 200 to GET or HEAD is changed, and only by the ``ETag``, ``Last-Modified`` and ``Accept-Ranges`` it carries.

    Args:
        request: What was asked.
        response: The whole answer.
        new_boundary: Makes the text that separates several ranges.
    """
    if response.status != 200 or request.method not in _SAFE:
        return response
    headers = response.headers
    etag, modified = _etag_of(headers), parse_date(headers.get("last-modified", ""))
    try:
        check_preconditions(request, etag, modified)
        if is_unchanged(request, etag, modified):
            return Response.empty(
                304, Headers.from_raw([field for field in headers.raw if field[0] not in _OF_CONTENT])
            )
        wanted = request.headers.get("range")
        if wanted is None or request.method != "GET" or headers.get("accept-ranges") != "bytes":
            return response
        return _partial(request, response, wanted, etag, new_boundary)
    except (PreconditionFailed, RangeNotSatisfiable) as error:
        return Response.error(error)


def _partial(
    request: Request, response: Response, wanted: str, etag: ETag | None, new_boundary: Callable[[], str]
) -> Response:
    body = response.body
    if not isinstance(body, bytes | FileBody) or not _if_range_holds(request.headers, response.headers, etag):
        return response
    size = len(body) if isinstance(body, bytes) else body.size
    ranges = parse_range(wanted, size)
    if ranges is None:
        return response
    headers = response.headers.without("content-length")
    if len(ranges) == 1:
        start, stop = ranges[0]
        headers = headers.with_header("content-range", f"bytes {start}-{stop - 1}/{size}")
        part = body[start:stop] if isinstance(body, bytes) else body.part(start, stop)
        return Response(part, 206, headers)
    boundary = new_boundary()
    chunks = _byteranges(body, ranges, size, boundary, response.content_type)
    kind = f"multipart/byteranges; boundary={boundary}"
    return Response.stream(chunks, 206, headers.with_header("content-type", kind))


def _byteranges(
    body: bytes | FileBody, ranges: list[ByteRange], size: int, boundary: str, content_type: str
) -> Iterator[bytes]:
    for start, stop in ranges:
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        yield f"--{boundary}\r\n{kind}Content-Range: bytes {start}-{stop - 1}/{size}\r\n\r\n".encode("latin-1")
        if isinstance(body, bytes):
            yield body[start:stop]
        else:
            yield from body.part(start, stop)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")


def _if_range_holds(request: Headers, response: Headers, etag: ETag | None) -> bool:
    value = request.get("if-range")
    if value is None:
        return True
    if value.startswith(('"', "W/")):
        return etag is not None and _listed(value, etag, strong=True)
    return value == response.get("last-modified")


def _etag_of(headers: Headers) -> ETag | None:
    try:
        return parse_etag(headers.get("etag", ""))
    except HeaderSyntaxError:
        return None


def _listed(value: str, etag: ETag | None, strong: bool = False) -> bool:
    try:
        tags = parse_etags(value)
    except HeaderSyntaxError:
        return False
    return etag is not None and (tags is None or any(tag.matches(etag, strong) for tag in tags))
