"""Secret keys: where they come from, and how one of them makes a key for each purpose."""

import hmac
from collections.abc import Sequence

from partita.contracts.current import require
from partita.contracts.key import Key
from partita.signing.errors import UnusableKeys

__all__ = ("SIGNING_KEYS", "Keys", "Salt", "derive", "key_list")

Keys = str | Sequence[str]
"""One secret, or several with the newest first: the newest signs, all of them verify."""
Salt = str | Sequence[str]
"""What a token is for, such as ``shop.voucher``; several parts stay apart, so ("ab", "c") is not ("a", "bc")."""

SIGNING_KEYS = Key[tuple[str, ...]]("partita.signing.keys")
"""An application's secrets, the newest first."""


def key_list(keys: Keys | None) -> tuple[str, ...]:
    """Return ``keys`` as a tuple.

    Args:
        keys: If None, those of the current application.

    Raises:
        UnusableKeys: If there is none, or one is empty.
        LookupError: If ``keys`` is None and no application is current.
    """
    if keys is None:
        keys = require(SIGNING_KEYS)
    found = (keys,) if isinstance(keys, str) else tuple(keys)
    if not found:
        raise UnusableKeys("No key was given")
    if not all(isinstance(key, str) and key for key in found):
        raise UnusableKeys("A key is empty or not a string")
    return found


def derive(key: str, purpose: str, salt: Salt) -> bytes:
    """Return the 32 bytes that ``key`` stands for where ``purpose`` and ``salt`` meet (HKDF-SHA-256, RFC 5869).

    Each part goes in with its length in front, so no two different lists of parts give the same key
    (the fault behind CVE-2026-6873, where a cookie's name and its salt ran into each other).
    """
    parts = (purpose, salt) if isinstance(salt, str) else (purpose, *salt)
    info = bytearray()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        info += len(raw).to_bytes(8, "big") + raw
    # One block of output is all we need, so the expand step is one HMAC; test_keys.py holds it to RFC 5869.
    extracted = hmac.digest(b"partita.signing".ljust(32, b"\0"), key.encode("utf-8", "surrogatepass"), "sha256")
    return hmac.digest(extracted, bytes(info) + b"\x01", "sha256")
