"""Heads of responses as bytes."""

from http import HTTPStatus
from typing import Any

from partita.http import Headers, Response, StatusError
from partita.server.errors import BadMessage

__all__ = (
    "CONTINUE",
    "LINES",
    "SWITCHING",
    "TOO_SLOW",
    "Prepared",
    "address",
    "framing_length",
    "head",
    "is_framing",
    "phrase",
    "prepared",
    "refusal",
)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
TOO_SLOW = Response.text("This takes too long. Try again later.\n", 503, headers={"retry-after": "5"})
"""The answer when the application gives none in time."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
LINES = {
    status: b"HTTP/1.1 %d %b\r\n" % (status, _PHRASES.get(status, "Status").encode()) for status in range(200, 600)
}
"""Status lines."""
_FRAMING = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-connection",
        b"transfer-encoding",
        b"upgrade",
    }
)


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
    return b"%b%b%b%b%b" % (LINES[status], date, fields, framing, connection)


class Prepared:
    """What a response's fields look like on the wire, kept with them: many responses share theirs.

    Attributes:
        fields: Lines without those that are the server's to write. An application's ``Date`` is one, so that there is one.
        close: Whether the application asked to close the connection.
        status: That of `begun`.
        date: That of `begun`.
        begun: What `start` gave last.
    """

    __slots__ = ("begun", "close", "date", "fields", "status")

    def __init__(self, fields: bytes, close: bool) -> None:
        self.fields, self.close = fields, close
        self.status, self.date, self.begun = 0, b"", b""

    def start(self, status: int, date: bytes) -> bytes:
        """Return a head up to the number of ``content-length``; the same until the next second.

        Args:
            status: From 200 to 599.
            date: The whole ``date`` line.
        """
        if self.date is not date or self.status != status:
            self.status, self.date = status, date
            self.begun = b"%b%b%bcontent-length: " % (LINES[status], date, self.fields)
        return self.begun


def prepared(headers: Headers) -> Prepared:
    """Return the fields of a response as they are written."""
    found: Any = headers.memo
    if found is None:
        found = headers.memo = _prepare(headers)
    return found  # type: ignore[no-any-return]  # nobody else writes there


def _prepare(headers: Headers) -> Prepared:
    for name, _ in headers.raw:
        if name in _FRAMING:
            break
    else:
        return Prepared(headers.wire, close=False)
    kept = b"".join([b"%b: %b\r\n" % field for field in headers.raw if field[0] not in _FRAMING])
    return Prepared(kept, close=headers.get("connection", "").lower() == "close")


def phrase(status: int) -> bytes:
    """Return the reason phrase of a status, from a fixed table: an application's own could hold a line break."""
    return _PHRASES.get(status, "Status").encode()


def is_framing(name: bytes) -> bool:
    """Tell whether a field is the server's to write, or has no meaning beyond one connection."""
    return name in _FRAMING


def address(name: object) -> tuple[str, int] | None:
    """Return host and port of a socket's name; None for UNIX sockets."""
    return (name[0], name[1]) if isinstance(name, tuple) and len(name) >= 2 else None


def framing_length(headers: Headers) -> int | None:
    """Return the length that the application announced for a stream, if any."""
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None


def refusal(error: BadMessage) -> Response:
    """Return the answer to a message that is refused."""
    response = Response.error(StatusError(error.status, error.reason))
    if error.status == 426:
        return response.with_header("sec-websocket-version", "13")  # RFC 6455, section 4.4
    return response
