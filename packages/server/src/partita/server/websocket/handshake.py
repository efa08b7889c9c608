"""The opening handshake of a WebSocket over HTTP/1.1 (RFC 6455, section 4) and over HTTP/2 (RFC 8441)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

import msgspec

from partita.http import Headers
from partita.http.headers import encode_field
from partita.server.errors import BadMessage

__all__ = ("Handshake", "accept_fields", "accept_head", "read_connect", "read_handshake")

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Ours to write, or not to be written in a response at all.
_OURS = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-protocol",
        b"transfer-encoding",
        b"upgrade",
    }
)


class Handshake(msgspec.Struct, frozen=True):
    """What a client asks for.

    Args:
        key: As it came; empty over HTTP/2, which has none.
        subprotocols: In the client's order of preference.
        extensions: All offers, joined by commas; empty for none.
    """

    key: bytes
    subprotocols: tuple[str, ...]
    extensions: str


def read_handshake(method: str, version: str, headers: Headers) -> Handshake:
    """Check a request to open a WebSocket.

    Args:
        method: Of the request.
        version: Of HTTP.
        headers: Of the request; ``Connection: upgrade`` and ``Upgrade: websocket`` have been seen in them.

    Raises:
        BadMessage: With 400; with 426 if the client speaks another version of the protocol.
    """
    if method != "GET" or version != "1.1":
        raise BadMessage(400, "A WebSocket is opened with GET and HTTP/1.1.")
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise BadMessage(400, "A request for a WebSocket has no body.")
    asked = read_connect(headers)
    keys = headers.get_all("sec-websocket-key")
    if len(keys) != 1 or not _is_key(keys[0]):
        raise BadMessage(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
    return msgspec.structs.replace(asked, key=keys[0].encode("latin-1"))


def read_connect(headers: Headers) -> Handshake:
    """Read what opens a WebSocket whatever carries it; all there is over HTTP/2 (RFC 8441, section 5).

    Raises:
        BadMessage: With 400; with 426 if the client speaks another version of the protocol.
    """
    if headers.get_all("sec-websocket-version") != ("13",):
        raise BadMessage(426, "The version of WebSockets spoken here is 13.")
    return Handshake(b"", read_subprotocols(headers), ", ".join(headers.get_all("sec-websocket-extensions")))


def read_subprotocols(headers: Headers) -> tuple[str, ...]:
    """Return the names in ``Sec-WebSocket-Protocol``.

    Raises:
        BadMessage: With 400, if one is no token or occurs twice.
    """
    value = ",".join(headers.get_all("sec-websocket-protocol"))
    names = tuple(name.strip(" \t") for name in value.split(",")) if value else ()
    if len(set(names)) != len(names) or not all(_TOKEN.fullmatch(name) for name in names):
        raise BadMessage(400, "Sec-WebSocket-Protocol must be a list of different names.")
    return names


def accept_head(
    key: bytes,
    date: bytes,
    subprotocol: str | None,
    extension: str | None,
    headers: Sequence[tuple[str, str]],
) -> bytes:
    """Return the head of the response that opens the WebSocket.

    Args:
        key: Of the request.
        date: The whole ``date`` line.
        subprotocol: As chosen.
        extension: As agreed.
        headers: More fields, of the application.

    Raises:
        HeaderSyntaxError: If a field is not one.
    """
    digest = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    lines = [
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: %b\r\n"
        % digest,
        date,
    ]
    lines += [b"%b: %b\r\n" % field for field in accept_fields(subprotocol, extension, headers)]
    lines.append(b"\r\n")
    return b"".join(lines)


def accept_fields(
    subprotocol: str | None, extension: str | None, headers: Sequence[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """Return the fields of the answer that do not depend on the version of HTTP; see `accept_head`."""
    fields = application_fields(headers)
    if subprotocol is not None:
        fields.append(encode_field("sec-websocket-protocol", subprotocol))
    if extension is not None:
        fields.append(encode_field("sec-websocket-extensions", extension))
    return fields


def application_fields(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return the fields of an application's answer without those that are the server's."""
    fields = [encode_field(name, value) for name, value in headers]
    return [field for field in fields if field[0] not in _OURS]


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
