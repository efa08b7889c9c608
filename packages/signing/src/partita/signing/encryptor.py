"""Encrypted text: readable, and made, only by who has the key."""

import base64
import binascii
import hmac
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from partita.signing.errors import DecryptionFailed
from partita.signing.keys import Keys, Salt, derive, key_list

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ("Encryptor",)

_VERSION = b"\x01"
_SEED, _NONCE, _TAG = 16, 12, 16
_HEAD = 1 + _SEED + _NONCE


class Encryptor:
    """Encrypts and authenticates bytes or text (AES-256-GCM, NIST SP 800-38D).

    A random nonce of 96 bits alone would be good for 2**32 messages under one key. So each message has a key of
    its own, made from the key for this salt and 16 random bytes, and the number of messages needs no counting.

    Args:
        keys: The newest encrypts, all decrypt. None means those of the current application.
        salt: What the text is for; what was encrypted for one salt cannot be read under another.
        randomness: Returns so many unpredictable bytes.
        deterministic: Whether equal data with equal contexts look equal, so that they can be looked for where they are stored.
            Whoever sees two of them learns whether they are equal, and how often each occurs; nothing else. The random bytes
            are replaced by a keyed hash of data and context, as in SIV (RFC 5297), so that no nonce serves two messages.
    """

    __slots__ = ("_hashing", "_keys", "_randomness")

    def __init__(
        self,
        keys: Keys | None = None,
        salt: Salt = "partita.signing",
        randomness: Callable[[int], bytes] = os.urandom,
        *,
        deterministic: bool = False,
    ) -> None:
        given = key_list(keys)
        self._keys = tuple(derive(key, "encrypt", salt) for key in given)
        self._hashing = tuple(derive(key, "encrypt deterministically", salt) for key in given) if deterministic else ()
        self._randomness = randomness

    def encrypt(self, data: bytes, context: bytes = b"") -> bytes:
        """Return ``data`` encrypted; 45 bytes longer.

        Args:
            data: Anything.
            context: Is not in the result, but must be the same at `decrypt`, such as the row that holds it.
        """
        return self._encrypt(0, data, context)

    def _encrypt(self, place: int, data: bytes, context: bytes) -> bytes:
        if self._hashing:
            length = len(context).to_bytes(8, "big")  # or ("ab", "c") would be ("a", "bc")
            drawn = hmac.digest(self._hashing[place], length + context + data, "sha256")[: _SEED + _NONCE]
        else:
            drawn = self._randomness(_SEED + _NONCE)
        seed, nonce = drawn[:_SEED], drawn[_SEED:]
        return _VERSION + drawn + _cipher(self._keys[place], seed).encrypt(nonce, data, _VERSION + context)

    def decrypt(self, data: bytes, context: bytes = b"") -> bytes:
        """Return what `encrypt` was given.

        Raises:
            DecryptionFailed: If it was not encrypted here for this salt and ``context``, or was changed.
        """
        return self._decrypt(data, context)[1]

    def _decrypt(self, data: bytes, context: bytes) -> tuple[int, bytes]:
        """Return which key opened it, and what was in it."""
        from cryptography.exceptions import InvalidTag

        if len(data) < _HEAD + _TAG or data[:1] != _VERSION:
            raise DecryptionFailed("it does not have the form of one")
        seed, nonce, body = data[1 : 1 + _SEED], data[1 + _SEED : _HEAD], data[_HEAD:]
        for place, key in enumerate(self._keys):
            try:
                return place, _cipher(key, seed).decrypt(nonce, body, _VERSION + context)
            except InvalidTag:
                continue
        raise DecryptionFailed

    def encrypt_text(self, text: str, context: bytes = b"") -> str:
        """Return ``text`` encrypted, in letters, digits, ``-`` and ``_``."""
        return _as_text(self.encrypt(text.encode("utf-8", "surrogatepass"), context))

    def decrypt_text(self, token: str, context: bytes = b"") -> str:
        """Return what `encrypt_text` was given.

        Raises:
            DecryptionFailed: As `decrypt`; also if the token is spelled in any way but ours.
        """
        return self.decrypt(_from_text(token), context).decode("utf-8", "surrogatepass")

    def candidates(self, text: str, context: bytes = b"") -> tuple[str, ...]:
        """Return what `encrypt_text` makes, or made, of ``text`` under each key, the newest first: what to look for in a store.

        Raises:
            TypeError: If this encryptor is not deterministic, so that nothing it makes can be found again.
        """
        if not self._hashing:
            raise TypeError("Only an Encryptor with deterministic=True makes what can be looked for.")
        data = text.encode("utf-8", "surrogatepass")
        return tuple([_as_text(self._encrypt(place, data, context)) for place in range(len(self._keys))])

    def renewed_text(self, token: str, context: bytes = b"") -> str:
        """Return the token encrypted with the newest key; ``token`` itself if it is already, and made as this encryptor makes them.

        Raises:
            DecryptionFailed: As `decrypt_text`.
        """
        place, data = self._decrypt(_from_text(token), context)
        if place == 0 and not self._hashing:
            return token
        return _as_text(self._encrypt(0, data, context))  # a deterministic one that is new already comes out as it was


def _as_text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _from_text(token: str) -> bytes:
    try:
        given = token.encode("ascii")
        sealed = base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise DecryptionFailed("it does not have the form of one") from None
    if base64.urlsafe_b64encode(sealed).rstrip(b"=") != given:  # one message, one spelling
        raise DecryptionFailed("it does not have the form of one")
    return sealed


def _cipher(key: bytes, seed: bytes) -> "AESGCM":
    # 6 MB of memory, which who only signs does without.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key, seed, "sha256"))
