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
    """

    __slots__ = ("_keys", "_randomness")

    def __init__(
        self,
        keys: Keys | None = None,
        salt: Salt = "partita.signing",
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._keys = tuple(derive(key, "encrypt", salt) for key in key_list(keys))
        self._randomness = randomness

    def encrypt(self, data: bytes, context: bytes = b"") -> bytes:
        """Return ``data`` encrypted; 45 bytes longer.

        Args:
            data: Anything.
            context: Is not in the result, but must be the same at `decrypt`, such as the row that holds it.
        """
        drawn = self._randomness(_SEED + _NONCE)
        seed, nonce = drawn[:_SEED], drawn[_SEED:]
        return _VERSION + drawn + _cipher(self._keys[0], seed).encrypt(nonce, data, _VERSION + context)

    def decrypt(self, data: bytes, context: bytes = b"") -> bytes:
        """Return what `encrypt` was given.

        Raises:
            DecryptionFailed: If it was not encrypted here for this salt and ``context``, or was changed.
        """
        from cryptography.exceptions import InvalidTag

        if len(data) < _HEAD + _TAG or data[:1] != _VERSION:
            raise DecryptionFailed("it does not have the form of one")
        seed, nonce, body = data[1 : 1 + _SEED], data[1 + _SEED : _HEAD], data[_HEAD:]
        for key in self._keys:
            try:
                return _cipher(key, seed).decrypt(nonce, body, _VERSION + context)
            except InvalidTag:
                continue
        raise DecryptionFailed

    def encrypt_text(self, text: str, context: bytes = b"") -> str:
        """Return ``text`` encrypted, in letters, digits, ``-`` and ``_``."""
        sealed = self.encrypt(text.encode("utf-8", "surrogatepass"), context)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def decrypt_text(self, token: str, context: bytes = b"") -> str:
        """Return what `encrypt_text` was given.

        Raises:
            DecryptionFailed: As `decrypt`; also if the token is spelled in any way but ours.
        """
        try:
            given = token.encode("ascii")
            sealed = base64.urlsafe_b64decode(given + b"=" * (-len(given) % 4))
        except (UnicodeEncodeError, binascii.Error):
            raise DecryptionFailed("it does not have the form of one") from None
        if base64.urlsafe_b64encode(sealed).rstrip(b"=") != given:  # one message, one spelling
            raise DecryptionFailed("it does not have the form of one")
        return self.decrypt(sealed, context).decode("utf-8", "surrogatepass")


def _cipher(key: bytes, seed: bytes) -> "AESGCM":
    # 6 MB of memory, which who only signs does without.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(key, seed, "sha256"))
