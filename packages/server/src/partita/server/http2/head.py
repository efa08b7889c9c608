"""From the header list of a stream to the head of a request (RFC 9113, section 8)."""

import re
from collections.abc import Sequence

from partita.http import Headers, Limits
from partita.server.errors import BadMessage
from partita.server.head import check_fields, check_target, split_target
from partita.server.http2 import codes
from partita.server.http2.frames import StreamFailed
from partita.server.message import Message

__all__ = ("Field", "read_head", "read_trailers")

Field = tuple[bytes, bytes]

_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")  # no capitals: section 8.2.1
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\A[ \t]|[ \t]\Z")
_PSEUDO = frozenset({b":method", b":scheme", b":authority", b":path", b":protocol"})
_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})


def read_head(stream: int, headers: Sequence[Field], limits: Limits, connect: bool = False) -> Message:
    """Check a request and put it into the form in which requests of HTTP/1.1 come.

    Args:
        stream: Its number, for errors.
        headers: As decoded.
        limits: On them.
        connect: Whether the extended CONNECT of RFC 8441 is served.

    Returns:
        Its head; one with ``error`` if it is a request, but one to refuse with a status.

    Raises:
        StreamFailed: If it is malformed (section 8.1.1).
    """
    pseudo, fields = _split(stream, headers)
    method, path, authority = pseudo.get(b":method"), pseudo.get(b":path"), pseudo.get(b":authority")
    if method is None or not _METHOD.fullmatch(method):
        raise _malformed(stream, "There is no method.")
    protocol = pseudo.get(b":protocol")
    if protocol is not None and not (connect and method == b"CONNECT"):
        raise _malformed(stream, ":protocol belongs to a CONNECT that was agreed on.")
    message = Message(method.decode("ascii"), "2")
    message.keep_alive = True
    if method == b"CONNECT" and protocol is None:
        if path is not None or b":scheme" in pseudo or not authority:
            raise _malformed(stream, "CONNECT has an authority, and neither scheme nor path.")
        message.error = BadMessage(501, "This server is no proxy.")
        return message
    if not path or pseudo.get(b":scheme", b"").lower() not in {b"http", b"https"}:
        raise _malformed(stream, "There is no path, or the scheme is not that of HTTP.")
    if authority is not None:
        if any(value != authority for name, value in fields if name == b"host"):
            raise _malformed(stream, "host and :authority differ.")
        fields = [(b"host", authority), *[field for field in fields if field[0] != b"host"]]
    try:
        _fill(message, path, fields, limits)
    except BadMessage as error:
        if error.status == 400:
            raise _malformed(stream, error.reason) from error
        message.error = error
    message.upgrade = protocol == b"websocket"
    if protocol is not None and not message.upgrade and message.error is None:
        message.error = BadMessage(501, "The only protocol served over CONNECT is websocket.")
    return message


def _fill(message: Message, path: bytes, fields: list[Field], limits: Limits) -> None:
    check_target(path, limits.max_target)
    if path[:1] != b"/" and path != b"*":
        raise BadMessage(400, "The path must begin with a slash.")
    if len(fields) > limits.max_headers:
        raise BadMessage(431, f"There are more than {limits.max_headers} header fields.")
    if sum(len(name) + len(value) + 4 for name, value in fields) > limits.max_header_bytes:
        raise BadMessage(431, f"The header fields are longer than {limits.max_header_bytes} bytes.")
    values = message.values = check_fields(fields, "1.1")
    message.fields = [field for field in fields if b"_" not in field[0]]  # as in HTTP/1.1 (CVE-2026-3902)
    if len(message.fields) != len(fields):
        message.values = values = dict(message.fields)
    message.headers = Headers.from_raw(message.fields, values if len(values) == len(message.fields) else None)
    message.path, message.query = split_target(message.method, path, values.get(b"host"))
    message.length = int(values.get(b"content-length", b"-1"))
    if message.length > max(limits.max_upload, limits.max_body):
        raise BadMessage(413, "The body is too large.")
    if (expect := values.get(b"expect")) is not None:
        if expect.lower() != b"100-continue":
            raise BadMessage(417, "The only expectation met here is 100-continue.")
        message.expects_continue = True


def read_trailers(stream: int, headers: Sequence[Field]) -> None:
    """Check trailers; they are dropped, since nothing here may change what the head said.

    Raises:
        StreamFailed: If they are malformed.
    """
    pseudo, _ = _split(stream, headers)
    if pseudo:
        raise _malformed(stream, "Trailers have no pseudo-header fields.")


def _split(stream: int, headers: Sequence[Field]) -> tuple[dict[bytes, bytes], list[Field]]:
    pseudo: dict[bytes, bytes] = {}
    fields: list[Field] = []
    for name, value in headers:
        if _BAD_VALUE.search(value):
            raise _malformed(stream, "A value holds a control character, or space around it.")
        if name[:1] == b":":
            if fields or name in pseudo or name not in _PSEUDO:
                raise _malformed(stream, f"The pseudo-header field {name[:20]!r} has no place here.")
            pseudo[name] = value
        elif not _NAME.fullmatch(name):
            raise _malformed(stream, "The name of a field is no token in lower case.")
        elif name in _CONNECTION or (name == b"te" and value.lower() != b"trailers"):
            raise _malformed(stream, f"The field {name.decode('ascii')} belongs to HTTP/1.1.")
        else:
            fields.append((name, value))
    return pseudo, fields


def _malformed(stream: int, reason: str) -> StreamFailed:
    return StreamFailed(stream, codes.PROTOCOL_ERROR, reason)
