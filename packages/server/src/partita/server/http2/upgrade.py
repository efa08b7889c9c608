"""From a request of HTTP/1.1 to a connection of HTTP/2 in the clear (RFC 7540, section 3.2, which RFC 9113 has dropped)."""

import base64
import re

from partita.http import Headers
from partita.server.errors import BadMessage
from partita.server.message import Message

__all__ = ("first_request", "wished_settings")

# Settings of six octets each, a hundred at most, so there is no padding; the decoder would read the other alphabet as well.
_SETTINGS = re.compile(rb"(?:[A-Za-z0-9_-]{8}){0,100}")
_HOPS = frozenset({b"connection", b"upgrade", b"http2-settings", b"keep-alive", b"proxy-connection"})


def wished_settings(message: Message) -> bytes | None:
    """Return the payload of SETTINGS in a request that asks for HTTP/2, or None if it does not ask as it should.

    Raises:
        BadMessage: If the field cannot be read.
    """
    found = [value for name, value in message.fields if name == b"http2-settings"]
    options = [option.strip(b" \t") for option in message.values.get(b"connection", b"").lower().split(b",")]
    if len(found) != 1 or b"http2-settings" not in options or message.values.get(b"upgrade", b"").lower() != b"h2c":
        return None
    if not _SETTINGS.fullmatch(found[0]):
        raise BadMessage(
            400, "HTTP2-Settings must be the payload of a SETTINGS frame in base64, in the alphabet for URLs."
        )
    return base64.urlsafe_b64decode(found[0])


def first_request(message: Message) -> Message:
    """Return the request as it is on stream 1: without what concerned the connection."""
    first = message.again()
    first.fields = [field for field in message.fields if field[0] not in _HOPS]
    first.values = dict(first.fields)
    first.headers = Headers.from_raw(first.fields)
    first.keep_alive = True
    first.upgrade = False
    first.length = -1
    return first
