"""Make and check stored passwords, off the event loop where there is one."""

import os
import secrets
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

from partita import bridge
from partita.auth.errors import PasswordTooLong, UnknownHash
from partita.auth.hashers import Argon2Hasher, Hashers, Pbkdf2Hasher, ScryptHasher
from partita.contracts.current import find
from partita.contracts.key import Key

__all__ = (
    "HASHERS",
    "MAX_PASSWORD_LENGTH",
    "acheck_password",
    "amake_password",
    "check_password",
    "is_password_usable",
    "make_password",
)

T = TypeVar("T")

HASHERS = Key[Hashers]("partita.auth.hashers")
MAX_PASSWORD_LENGTH = 4096
"""Characters. Longer ones are refused before any work is done on them."""

_DEFAULT = Hashers(Argon2Hasher(), Pbkdf2Hasher(), ScryptHasher())
_UNUSABLE = "!"
# One hash fills 19 MiB and a core, so more at once than cores only costs memory.
_LIMITER = RunVar[CapacityLimiter]("partita.auth.hashing")


def make_password(password: str | None, hashers: Hashers | None = None) -> str:
    """Return the text to store for ``password``.

    Args:
        password: At most `MAX_PASSWORD_LENGTH` characters; None gives text that no password matches.
        hashers: Those of the current application unless given.

    Raises:
        PasswordTooLong: If it is longer.
    """
    if password is None:
        return _UNUSABLE + secrets.token_urlsafe(30)
    _check_length(password)
    return _work(_hashers(hashers).preferred.encode, password)


async def amake_password(password: str | None, hashers: Hashers | None = None) -> str:
    """Async twin of `make_password`."""
    return await bridge.run(make_password, password, hashers)


def check_password(
    password: str | None,
    encoded: str,
    upgrade: Callable[[str], None] | None = None,
    hashers: Hashers | None = None,
) -> bool:
    """Tell whether ``encoded`` was made from ``password``.

    The answer takes as long for text that no password matches as for any other, so that nobody learns from the time
    whether an account has a password.

    Args:
        password: What the user typed; None and too long ones never match.
        encoded: The stored text; an empty one never matches.
        upgrade: Called with the password if it is right but stored by an old algorithm or at an old cost.
        hashers: Those of the current application unless given.
    """
    if password is None or len(password) > MAX_PASSWORD_LENGTH:
        return False  # tells only what the caller knows already, the length
    which = _hashers(hashers)
    right = _work(_verify, password, encoded, which)
    if right and upgrade is not None and which.needs_update(encoded):
        upgrade(password)
    return right


async def acheck_password(
    password: str | None,
    encoded: str,
    upgrade: Callable[[str], None] | None = None,
    hashers: Hashers | None = None,
) -> bool:
    """Async twin of `check_password`."""
    return await bridge.run(check_password, password, encoded, upgrade, hashers)


def is_password_usable(encoded: str) -> bool:
    """Tell whether any password can match ``encoded``."""
    return bool(encoded) and not encoded.startswith(_UNUSABLE)


def _verify(password: str, encoded: str, hashers: Hashers) -> bool:
    try:
        hasher = hashers.identify(encoded)
    except UnknownHash:  # unusable, empty or foreign: as much work as a real check
        hashers.preferred.encode(password)
        return False
    if hasher.verify(password, encoded):
        return True
    hasher.harden(password, encoded)
    return False


def _check_length(password: str) -> None:
    if len(password) > MAX_PASSWORD_LENGTH:
        raise PasswordTooLong(len(password), MAX_PASSWORD_LENGTH)


def _hashers(given: Hashers | None) -> Hashers:
    return given or find(HASHERS) or _DEFAULT


def _work(function: Callable[..., T], *args: object) -> T:
    """Call ``function`` here, or in a thread if an event loop would stand still meanwhile."""
    if bridge.active():
        return bridge.wait(_in_thread(function, *args))
    return function(*args)


async def _in_thread(function: Callable[..., T], *args: object) -> T:
    try:
        limiter = _LIMITER.get()
    except LookupError:
        limiter = CapacityLimiter(os.cpu_count() or 1)
        _LIMITER.set(limiter)
    return await anyio.to_thread.run_sync(function, *args, limiter=limiter)
