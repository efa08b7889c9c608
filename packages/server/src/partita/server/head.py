"""Rules for the head of a request that go beyond the parser's (RFC 9112), as pure functions."""

import re
from collections.abc import Sequence

from partita.server.errors import BadMessage

__all__ = ("METHODS", "PLAIN_METHODS", "check_fields", "check_start", "check_target", "read_line", "split_target")

# One space, visible ASCII in the target, nothing but these two versions: whatever is ambiguous is refused.
_START = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/([0-9])\.([0-9])")
_METHOD_SO_FAR = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}(?: |\Z)")
_TARGET = re.compile(rb"[!$-;=?-\[\]_a-z~]+")  # visible ASCII but # " < > \ ^ ` { | }
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Those that nearly all requests have."""
_METHODS = {name.encode(): name for name in METHODS}
PLAIN_METHODS = {raw: name for raw, name in _METHODS.items() if name != "HEAD"}
"""Those whose answers have a body, by what they look like on the wire."""
# What nearly all request lines are, read in one go: a target in origin form with none but the characters of `_TARGET`.
read_line = re.compile(
    rb"(GET|POST|PUT|PATCH|DELETE|OPTIONS) (/[!$-;=@-\[\]_a-z~]*)(?:\?([!$-;=?-\[\]_a-z~]*))? HTTP/1\.1"
).match
# What follows the host begins a path or a query: `a@b` is no host `a` with a path, but somebody else's host.
_ABSOLUTE = re.compile(rb"https?://([^/?#@]+)((?:[/?][^#]*)?)", re.IGNORECASE)
_SINGLE = frozenset({b"host", b"content-type", b"content-length", b"transfer-encoding", b"expect"})
_HOST = re.compile(rb"(?:[A-Za-z0-9._\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def check_start(head: bytes, end: int, max_target: int) -> tuple[str, bytes, str]:
    """Check the request line in ``head[:end]``, before the parser sees it.

    Args:
        head: Begins with the request line.
        end: Where its line break stands; -1 if it has not come.
        max_target: Bytes.

    Returns:
        Method, target and version; nothing but empty ones if the line is not complete.

    Raises:
        BadMessage: With 400, 414, 501 or 505.
    """
    if end < 0:
        if not _METHOD_SO_FAR.match(head):
            raise BadMessage(400, "This is not a request of HTTP/1.1.")
        if len(head) > max_target + 80:
            raise BadMessage(414, f"The target is longer than {max_target} bytes.")
        return "", b"", ""
    parts = head[:end].split(b" ")
    if len(parts) == 3 and (known := _METHODS.get(parts[0])) is not None and parts[2] == b"HTTP/1.1":
        target = parts[1]
        if len(target) <= max_target and _TARGET.fullmatch(target):
            return known, target, "1.1"  # nearly all; whatever is not as usual goes the long way
    found = _START.fullmatch(head, 0, end)
    if found is None:
        raise BadMessage(400, "The request line is not METHOD TARGET HTTP/1.1.")
    method, target, major, minor = found.groups()
    if major != b"1" or minor not in b"01":
        raise BadMessage(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
    if len(target) > max_target:
        raise BadMessage(414, f"The target is longer than {max_target} bytes.")
    if not _TARGET.fullmatch(target):
        raise BadMessage(400, "The target holds characters that must be escaped.")
    if method == b"CONNECT":
        raise BadMessage(501, "This server is no proxy.")
    if method == b"PRI":
        raise BadMessage(501, "PRI only begins HTTP/2 (RFC 9113, section 11.6).")
    return method.decode("ascii"), target, "1.1" if minor == b"1" else "1.0"


def check_target(target: bytes, max_target: int) -> None:
    """Check the characters and the length of a target that did not come in a request line.

    Raises:
        BadMessage: With 400 or 414.
    """
    if len(target) > max_target:
        raise BadMessage(414, f"The target is longer than {max_target} bytes.")
    if not _TARGET.fullmatch(target):
        raise BadMessage(400, "The target holds characters that must be escaped.")


def split_target(method: str, target: bytes, host: bytes | None) -> tuple[bytes, bytes]:
    """Return path and query of a target.

    Args:
        method: Decides whether ``*`` is one.
        target: In origin form, or in absolute form with the same host as the header.
        host: Value of the ``Host`` header.

    Raises:
        BadMessage: If it is in no form that stands for a resource here.
    """
    if target[:1] != b"/":
        if target == b"*" and method == "OPTIONS":
            return b"*", b""
        found = _ABSOLUTE.fullmatch(target)
        if found is None:
            raise BadMessage(400, "The target must begin with a slash.")
        if host is not None and found[1].lower() != host.lower():
            raise BadMessage(400, "The target and the Host header name different hosts.")
        target = found[2] if found[2][:1] == b"/" else b"/" + found[2]
    path, _, query = target.partition(b"?")
    return path, query


def check_fields(fields: Sequence[tuple[bytes, bytes]], version: str) -> dict[bytes, bytes]:
    """Check the fields that decide where a message ends and whom it is for, and return all by name.

    Args:
        fields: Names in lower case.
        version: ``1.0`` or ``1.1``.

    Returns:
        The last value of each field.

    Raises:
        BadMessage: If fields contradict each other or could be read in two ways.
    """
    values = dict(fields)
    if len(values) != len(fields):
        names = [name for name, _ in fields]
        for name in _SINGLE:
            if names.count(name) > 1:
                raise BadMessage(400, f"There is more than one {name.decode('ascii')} field.")
    coding = values.get(b"transfer-encoding")
    if coding is not None:
        if version == "1.0" or b"content-length" in values:
            raise BadMessage(400, "Transfer-Encoding is not allowed here.")
        if coding.lower() != b"chunked":
            raise BadMessage(501, "The only transfer coding read here is chunked.")
    length = values.get(b"content-length")
    if length is not None and not (length.isdigit() and len(length) <= 15):
        raise BadMessage(400, "Content-Length is not a number.")
    host = values.get(b"host")
    if host is None:
        if version == "1.1":
            raise BadMessage(400, "HTTP/1.1 needs a Host field.")
    elif not _HOST.fullmatch(host):
        raise BadMessage(400, "The Host field is not a host name.")
    return values
