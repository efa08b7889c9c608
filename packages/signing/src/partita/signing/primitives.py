"""The small tools beneath: random text, keyed hashes, comparison in constant time, keys from passwords.

For values that leave the application and come back, take `Signer`, `dumps` or `Encryptor`, which know about time and rotation.
"""

import hashlib
import hmac
import string
from collections.abc import Sequence
from typing import Literal

from partita.signing.errors import UnknownHash, UnusableKeys
from partita.signing.keys import key_list

__all__ = ("constant_time_compare", "get_random_string", "pbkdf2", "salted_hmac")

_LETTERS = string.ascii_letters + string.digits
Hash = Literal["sha1", "sha224", "sha256", "sha384", "sha512"]


def get_random_string(length: int, allowed_chars: Sequence[str] = _LETTERS) -> str:
    """Return text that nobody can guess.

    Args:
        length: Characters. With the default alphabet each holds 5.95 bits: 22 of them are as good as a UUID.
        allowed_chars: What to choose from.

    Raises:
        ValueError: If the length is negative, or there is nothing to choose from.
    """
    if length < 0 or (length and not allowed_chars):
        raise ValueError(
            f"got a length of {length} and {len(allowed_chars)} characters, expected neither below 0 nor none"
        )
    import secrets  # with it come all generators of random numbers

    return "".join(secrets.choice(allowed_chars) for _ in range(length))


def salted_hmac(
    key_salt: str | bytes, value: str | bytes, secret: str | bytes | None = None, *, algorithm: str = "sha1"
) -> "hmac.HMAC":
    """Return the HMAC of ``value`` under a key made of ``key_salt`` and ``secret``, as Django makes it.

    Salt and secret stand side by side in the key, so one of the two should always have the same length. New code should
    take `Signer`, whose salts never run into each other.

    Args:
        key_salt: What the hash is for.
        value: What to hash; text as UTF-8.
        secret: The newest key of the current application if None.
        algorithm: A name that `hashlib` knows. SHA-1 is the default because tokens that are out there were made with it; as an
            HMAC it is not broken.

    Raises:
        UnknownHash: If there is no such algorithm.
        UnusableKeys: If the secret is empty.
    """
    if secret is None:
        secret = key_list(None)[0]
    if not secret:
        raise UnusableKeys("A key is empty or not a string")
    try:
        key = hashlib.new(algorithm, _bytes(key_salt) + _bytes(secret)).digest()
        return hmac.new(key, _bytes(value), algorithm)
    except (ValueError, TypeError) as error:  # TypeError: those whose digest has no length of its own
        raise UnknownHash(algorithm) from error


def constant_time_compare(first: str | bytes, second: str | bytes) -> bool:
    """Tell whether two texts are the same in a time that says nothing of where they differ; text counts as UTF-8."""
    return hmac.compare_digest(_bytes(first), _bytes(second))


def pbkdf2(
    password: str | bytes, salt: str | bytes, iterations: int, dklen: int | None = None, digest: Hash = "sha256"
) -> bytes:
    """Return a key made of a password (PBKDF2, RFC 8018, section 5.2).

    Args:
        password: What somebody chose; text as UTF-8.
        salt: Different for each password.
        iterations: How much work it is.
        dklen: Bytes of the key; None for those of the hash.
        digest: The hash within.

    Raises:
        UnknownHash: If there is no such hash.
        ValueError: If the iterations or the length are below 1.
    """
    if digest not in hashlib.algorithms_guaranteed or digest.startswith("shake"):
        raise UnknownHash(digest)
    if iterations < 1 or (dklen is not None and dklen < 1):
        raise ValueError(f"got {iterations} iterations and a length of {dklen}, expected 1 or more of each")
    return hashlib.pbkdf2_hmac(digest, _bytes(password), _bytes(salt), iterations, dklen)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
