"""Heads of responses as bytes."""

from http import HTTPStatus

from partita.http import Headers

__all__ = ("CONTINUE", "framing_length", "head", "without_framing")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_LINES = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, _PHRASES.get(status, "Status").encode()) for status in range(200, 600)
}
_FRAMING = frozenset({b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding", b"upgrade"})


def head(status: int, date: bytes, fields: bytes, framing: bytes, keep_alive: bool, version: str) -> bytes:
    """Return the head of a response.

    Args:
        status: From 200 to 599.
        date: The whole ``date`` line.
        fields: Lines of the application's fields.
        framing: The line that says where the body ends, or nothing.
        keep_alive: Whether the connection stays open.
        version: Of the request; 1.0 needs to be told of connections that stay open.
    """
    if not keep_alive:
        connection = b"connection: close\r\n\r\n"
    else:
        connection = b"\r\n" if version == "1.1" else b"connection: keep-alive\r\n\r\n"
    return b"%b%b%b%b%b" % (_LINES[status], date, fields, framing, connection)


def without_framing(headers: Headers) -> tuple[bytes, bool]:
    """Return the lines of ``headers`` without those that are the server's to write, and whether they asked to close.

    An application's ``Date`` stays out too, so that there is one.
    """
    for name, _ in headers.raw:
        if name in _FRAMING:
            break
    else:
        return headers.wire, False
    kept = b"".join([b"%b: %b\r\n" % field for field in headers.raw if field[0] not in _FRAMING])
    return kept, headers.get("connection", "").lower() == "close"


def framing_length(headers: Headers) -> int | None:
    """Return the length that the application announced for a stream, if any."""
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None
