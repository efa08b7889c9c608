"""Algorithms that turn passwords into text that is safe to store.

The text begins with the name of the algorithm and a dollar sign, as in databases that Django wrote, so those users
keep their passwords. The first hasher of `Hashers` makes new hashes; the others only verify old ones.
"""

import base64
import binascii
import hashlib
import secrets
from hmac import compare_digest
from typing import ClassVar, Protocol

import msgspec
from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret, hash_secret_raw, verify_secret

from partita.auth.errors import UnknownHash

__all__ = ("Argon2Hasher", "Hasher", "Hashers", "Pbkdf2Hasher", "ScryptHasher")

_SALT_BYTES = 16
_SHA256_IN_BASE64 = 44  # characters
_MIN_ARGON2_KIB = 8


class Hasher(Protocol):
    """One algorithm with its cost."""

    algorithm: ClassVar[str]
    """The name before the first dollar sign."""

    def encode(self, password: str) -> str:
        """Return ``password`` hashed with a new salt."""
        ...

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether ``encoded`` was made from ``password``; malformed text was not."""
        ...

    def needs_update(self, encoded: str) -> bool:
        """Tell whether ``encoded`` was made at another cost than this hasher's."""
        ...

    def harden(self, password: str, encoded: str) -> None:
        """Do the work by which verifying ``encoded`` was cheaper than verifying a new hash would be."""


class Argon2Hasher(msgspec.Struct, frozen=True):
    """Argon2id (RFC 9106); the default cost is the first choice of the OWASP password storage cheat sheet.

    Args:
        time_cost: Passes over the memory.
        memory_cost: KiB that one hash fills.
        parallelism: Lanes.
    """

    algorithm: ClassVar[str] = "argon2"

    time_cost: int = 2
    memory_cost: int = 19_456
    parallelism: int = 1

    def encode(self, password: str) -> str:
        """See `Hasher.encode`."""
        phc = hash_secret(
            _bytes(password),
            secrets.token_bytes(_SALT_BYTES),
            time_cost=self.time_cost,
            memory_cost=self.memory_cost,
            parallelism=self.parallelism,
            hash_len=32,
            type=Type.ID,
        )
        return self.algorithm + phc.decode("ascii")

    def verify(self, password: str, encoded: str) -> bool:
        """See `Hasher.verify`."""
        phc = encoded.partition("$")[2]
        try:
            kind = extract_parameters("$" + phc).type
            return verify_secret(f"${phc}".encode("ascii"), _bytes(password), kind)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def needs_update(self, encoded: str) -> bool:
        """See `Hasher.needs_update`."""
        try:
            found = extract_parameters("$" + encoded.partition("$")[2])
        except InvalidHashError:
            return True
        mine = (Type.ID, self.time_cost, self.memory_cost, self.parallelism)
        return (found.type, found.time_cost, found.memory_cost, found.parallelism) != mine

    def harden(self, password: str, encoded: str) -> None:
        """See `Hasher.harden`."""
        try:
            found = extract_parameters("$" + encoded.partition("$")[2])
        except InvalidHashError:
            self.encode(password)
            return
        # The time of Argon2 grows with the memory it writes in all: passes times KiB.
        missing = self.time_cost * self.memory_cost - found.time_cost * found.memory_cost
        if missing >= _MIN_ARGON2_KIB:
            hash_secret_raw(_bytes(password), bytes(_SALT_BYTES), 1, missing, 1, 32, Type.ID)


class Pbkdf2Hasher(msgspec.Struct, frozen=True):
    """PBKDF2 with SHA-256 (RFC 8018), to verify what Django stored by default."""

    algorithm: ClassVar[str] = "pbkdf2_sha256"

    iterations: int = 600_000

    def encode(self, password: str) -> str:
        """See `Hasher.encode`."""
        return self._encode(password, secrets.token_urlsafe(_SALT_BYTES), self.iterations)

    def verify(self, password: str, encoded: str) -> bool:
        """See `Hasher.verify`."""
        match encoded.split("$"):
            case [self.algorithm, iterations, salt, _] if _is_count(iterations):
                return _same(self._encode(password, salt, int(iterations)), encoded)
        return False

    def needs_update(self, encoded: str) -> bool:
        """See `Hasher.needs_update`."""
        match encoded.split("$"):
            case [self.algorithm, iterations, _, digest] if len(digest) == _SHA256_IN_BASE64:
                return iterations != str(self.iterations)
        return True

    def harden(self, password: str, encoded: str) -> None:
        """See `Hasher.harden`."""
        done = encoded.split("$")[1:2]
        missing = self.iterations - (int(done[0]) if done and _is_count(done[0]) else 0)
        if missing > 0:
            self._encode(password, "", missing)

    def _encode(self, password: str, salt: str, iterations: int) -> str:
        raw = hashlib.pbkdf2_hmac("sha256", _bytes(password), salt.encode(), iterations)
        return f"{self.algorithm}${iterations}${salt}${base64.b64encode(raw).decode('ascii')}"


class ScryptHasher(msgspec.Struct, frozen=True):
    """scrypt (RFC 7914).

    Args:
        work_factor: The power of two that the RFC calls N.
        block_size: The RFC's r.
        parallelism: The RFC's p.
    """

    algorithm: ClassVar[str] = "scrypt"

    work_factor: int = 2**14
    block_size: int = 8
    parallelism: int = 5

    def encode(self, password: str) -> str:
        """See `Hasher.encode`."""
        return self._encode(password, secrets.token_urlsafe(_SALT_BYTES), self)

    def verify(self, password: str, encoded: str) -> bool:
        """See `Hasher.verify`."""
        match encoded.split("$"):
            case [self.algorithm, n, salt, r, p, _] if all(map(_is_count, (n, r, p))):
                cost = ScryptHasher(int(n), int(r), int(p))
                try:
                    return _same(self._encode(password, salt, cost), encoded)
                except ValueError:  # a cost that scrypt does not allow
                    return False
        return False

    def needs_update(self, encoded: str) -> bool:
        """See `Hasher.needs_update`."""
        parts = encoded.split("$")
        return [*parts[1:2], *parts[3:5]] != [str(self.work_factor), str(self.block_size), str(self.parallelism)]

    def harden(self, password: str, encoded: str) -> None:
        """Do nothing: scrypt's cost cannot be topped up in steps."""

    def _encode(self, password: str, salt: str, cost: "ScryptHasher") -> str:
        n, r, p = cost.work_factor, cost.block_size, cost.parallelism
        raw = hashlib.scrypt(
            _bytes(password), salt=salt.encode(), n=n, r=r, p=p, maxmem=128 * r * (n + p + 2) + 1024, dklen=64
        )
        return f"{self.algorithm}${n}${salt}${r}${p}${base64.b64encode(raw).decode('ascii')}"


class Hashers:
    """The hasher for new passwords, with those that still verify old ones.

    Args:
        preferred: Makes new hashes.
        others: Verify what they once made; a login then stores the password anew with ``preferred``.
    """

    __slots__ = ("_by_algorithm", "preferred")

    def __init__(self, preferred: Hasher, *others: Hasher) -> None:
        self.preferred = preferred
        self._by_algorithm = {hasher.algorithm: hasher for hasher in (*others, preferred)}

    def identify(self, encoded: str) -> Hasher:
        """Return the hasher that made ``encoded``.

        Raises:
            UnknownHash: If none of them did.
        """
        algorithm = encoded.partition("$")[0]
        try:
            return self._by_algorithm[algorithm]
        except KeyError:
            raise UnknownHash(algorithm, tuple(self._by_algorithm)) from None

    def needs_update(self, encoded: str) -> bool:
        """Tell whether ``encoded`` should be replaced by a new hash at the next login."""
        return self.identify(encoded) is not self.preferred or self.preferred.needs_update(encoded)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a lone surrogate must not turn a login into an error


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) < 10


def _same(made: str, stored: str) -> bool:
    try:
        mine, theirs = (base64.b64decode(text.rpartition("$")[2], validate=True) for text in (made, stored))
    except (binascii.Error, ValueError):
        return False
    return compare_digest(mine, theirs)
