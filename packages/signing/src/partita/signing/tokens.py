"""JSON values as signed tokens that fit into a URL or a cookie."""

import base64
import json
import time
import zlib
from datetime import timedelta

from partita.signing.errors import BadSignature, NotSerializable
from partita.signing.keys import Keys, Salt
from partita.signing.signer import Clock, TimestampSigner

__all__ = ("dumps", "loads")

_COMPRESSED = "."  # not in the alphabet of base64url


def dumps(
    value: object,
    *,
    keys: Keys | None = None,
    salt: Salt = "partita.signing.dumps",
    compress: bool = True,
    clock: Clock = time.time,
) -> str:
    """Write a value as a token of ASCII letters, digits and ``-_.:``; everybody can read it, nobody can change it.

    Args:
        value: What JSON knows: None, bool, numbers, str, lists, and mappings with str keys.
        keys: The newest signs. None means those of the current application.
        salt: What the token is for; `loads` must be given the same.
        compress: Deflate it if that makes it shorter. Switch this off where somebody else chooses a part of the
            value and can see the token's length beside a secret in it.
        clock: Says what time it is.

    Raises:
        NotSerializable: If JSON does not know ``value``.
    """
    try:
        raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise NotSerializable(type(value).__name__, str(error)) from error
    mark = ""
    if compress and len(smaller := zlib.compress(raw)) < len(raw):
        mark, raw = _COMPRESSED, smaller
    text = mark + base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
    return _TokenSigner(keys, salt, clock).sign(text)


def loads(
    token: str,
    *,
    keys: Keys | None = None,
    salt: Salt = "partita.signing.dumps",
    max_age: float | timedelta | None = None,
    max_size: int = 1_048_576,
    clock: Clock = time.time,
) -> object:
    """Read a token that `dumps` wrote.

    Args:
        token: From anywhere; nothing of it is looked into before the signature matched.
        keys: All of them verify. None means those of the current application.
        salt: What the token is for.
        max_age: Seconds since `dumps`, or None for any age.
        max_size: Bytes that the token, and the JSON in it, may have.
        clock: Says what time it is.

    Raises:
        SignatureExpired: If it is older than ``max_age``.
        BadSignature: If it is anything but a token of ours for this ``salt``, or too long.
    """
    if len(token) > max_size * 2:
        raise BadSignature("it is too long")
    text = _TokenSigner(keys, salt, clock).unsign(token, max_age)
    packed = text.startswith(_COMPRESSED)
    raw = base64.urlsafe_b64decode(text[packed:] + "===")
    if packed:
        # The one who signed may have been generous, or an older release of ours: bounded all the same.
        inflater = zlib.decompressobj()
        raw = inflater.decompress(raw, max_size + 1)
    if len(raw) > max_size:
        raise BadSignature("it is too long")
    value: object = json.loads(raw)
    return value


class _TokenSigner(TimestampSigner):
    """Keeps tokens apart from timestamped text under the same salt, so what verifies is always JSON of ours."""

    __slots__ = ()
    _purpose = "token"
