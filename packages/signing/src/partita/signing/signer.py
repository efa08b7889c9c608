"""Signed text: readable by everybody, made only by who has the key."""

import base64
import hmac
import time
from collections.abc import Callable
from datetime import timedelta

from partita.signing.errors import BadSignature, SignatureExpired
from partita.signing.keys import Keys, Salt, derive, key_list

__all__ = ("Clock", "Signer", "TimestampSigner")

Clock = Callable[[], float]
"""Returns seconds since 1970, as `time.time` does."""

_SEPARATOR = ":"  # not in the alphabet of base64url, so the last one always starts the signature


class Signer:
    """Puts a signature behind text and checks it (HMAC-SHA-256).

    Args:
        keys: The newest signs, all verify. None means those of the current application.
        salt: What the text is for; a signature made for one salt is worth nothing under another.
    """

    __slots__ = ("_keys",)
    _purpose = "sign"

    def __init__(self, keys: Keys | None = None, salt: Salt = "partita.signing") -> None:
        self._keys = tuple(derive(key, self._purpose, salt) for key in key_list(keys))

    def sign(self, value: str) -> str:
        """Return ``value``, a colon and the signature (43 characters).

        >>> Signer("secret", "shop.voucher").sign("ten percent").startswith("ten percent:")
        True
        """
        return f"{value}{_SEPARATOR}{_signature(self._keys[0], value)}"

    def unsign(self, signed: str) -> str:
        """Return the text without its signature.

        Raises:
            BadSignature: If it was not signed by `sign` with one of the keys and the same salt.
        """
        value, separator, signature = signed.rpartition(_SEPARATOR)
        if not separator:
            raise BadSignature("it has no signature")
        given = signature.encode("utf-8", "surrogatepass")
        matched = False
        for key in self._keys:  # no early exit: which key matched is nobody's business
            matched |= hmac.compare_digest(_signature(key, value).encode(), given)
        if not matched:
            raise BadSignature
        return value


class TimestampSigner(Signer):
    """A signer whose texts can expire: the second of signing is signed along.

    Args:
        keys: As for `Signer`.
        salt: As for `Signer`; plain and timestamped signatures never stand in for each other.
        clock: Says what time it is.
    """

    __slots__ = ("_clock",)
    _purpose = "sign with time"

    def __init__(self, keys: Keys | None = None, salt: Salt = "partita.signing", clock: Clock = time.time) -> None:
        super().__init__(keys, salt)
        self._clock = clock

    def sign(self, value: str) -> str:
        """Return ``value``, the time in hexadecimal seconds, and the signature, with colons between."""
        return super().sign(f"{value}{_SEPARATOR}{int(self._clock()):x}")

    def unsign(self, signed: str, max_age: float | timedelta | None = None) -> str:
        """Return the text alone.

        Args:
            signed: What `sign` returned.
            max_age: Seconds that may have passed since; None for any number.

        Raises:
            SignatureExpired: If it is older than ``max_age``.
            BadSignature: If it was not signed here.
        """
        value, _, second = super().unsign(signed).rpartition(_SEPARATOR)
        if max_age is not None:
            limit = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
            age = self._clock() - int(second, 16)
            if age > limit:
                raise SignatureExpired(age, limit)
        return value


def _signature(key: bytes, value: str) -> str:
    digest = hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest)[:-1].decode("ascii")
