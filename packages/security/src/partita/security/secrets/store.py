"""Secrets by name, from the first place that has them, remembered for a while."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from partita.bridge import active, wait
from partita.config import Secret
from partita.security.errors import SecretNotFound, SecretsReadOnly, SecretsUnavailable
from partita.security.secrets.versions import SecretBackend, SecretVersion

__all__ = ("Secrets",)

# Each part of a path begins with a letter or digit, so none is "..", and nothing in it means anything in a URL.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*(/[A-Za-z0-9][A-Za-z0-9_.\-]*)*")
_LONGEST = 200
_LOCKS = 16  # a name always has the same one; two that share one wait for each other, which does no harm
_log = logging.getLogger("partita.security.secrets")


class Secrets:
    """Reads secrets, and remembers them so that a request need not wait for the network.

    It may be used from many threads and event loops at once; whoever asks for a secret that is being fetched waits for it.

    Args:
        backends: Places, asked in this order; the first that has a secret is believed. One that cannot be reached is an error,
            and not a reason to ask the next, which may hold something older.
        ttl: Seconds that a secret is remembered. 0 asks each time.
        stale: Seconds beyond these that it is still used while its place cannot be reached; each time is logged as a warning.
        clock: Seconds, always growing.
        now: The time of day.

    Raises:
        ValueError: If there is no place.
    """

    __slots__ = ("_backends", "_changes", "_clock", "_known", "_locks", "_now", "_stale", "_ttl")

    def __init__(
        self,
        backends: Sequence[SecretBackend],
        *,
        ttl: float = 300.0,
        stale: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not backends:
            raise ValueError("Secrets need at least one place to come from, such as Environment().")
        self._backends, self._ttl, self._stale, self._clock, self._now = tuple(backends), ttl, stale, clock, now
        self._known: dict[str, tuple[float, tuple[SecretVersion, ...]]] = {}
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))
        self._changes = 0

    def __repr__(self) -> str:
        return f"Secrets({', '.join(backend.place for backend in self._backends)})"

    def get(self, name: str) -> Secret:
        """Return the newest value.

        Args:
            name: Letters, digits, ``_``, ``-``, ``.``, in parts separated by ``/``; at most 200 characters.

        Raises:
            SecretNotFound: If no place has it.
            SecretsUnavailable: If a place cannot be reached, and what is remembered is too old.
            ValueError: If it is no such name.
        """
        return self.versions(name)[0].value

    async def aget(self, name: str) -> Secret:
        """Async twin of `get`."""
        return (await self.aversions(name))[0].value

    def valid(self, name: str, grace: timedelta) -> tuple[Secret, ...]:
        """Return the newest value, then those that were replaced less than ``grace`` ago: sign with the first, accept all.

        A value of which the place does not know when it was replaced is valid as long as it is there.

        Raises:
            SecretNotFound, SecretsUnavailable, ValueError: As `get`.
        """
        return _valid(self.versions(name), self._now() - grace)

    async def avalid(self, name: str, grace: timedelta) -> tuple[Secret, ...]:
        """Async twin of `valid`."""
        return _valid(await self.aversions(name), self._now() - grace)

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return the newest value and those before it, the newest first.

        Raises:
            SecretNotFound, SecretsUnavailable, ValueError: As `get`.
        """
        found = self._remembered(_checked(name))
        if found is not None:
            return found
        return wait(self.aversions(name)) if active() else self._fetched(name)

    async def aversions(self, name: str) -> tuple[SecretVersion, ...]:
        """Async twin of `versions`."""
        found = self._remembered(_checked(name))
        return await asyncio.to_thread(self._fetched, name) if found is None else found

    def put(self, name: str, value: Secret | str) -> None:
        """Set a new value in the place that has the secret, or else in the first that can be written to.

        Raises:
            SecretsReadOnly: If the place that has it can only be read, or none can be written to.
            SecretsUnavailable, ValueError: As `get`.
        """
        secret = value if isinstance(value, Secret) else Secret(value)
        owner = next((backend for backend in self._backends if backend.versions(_checked(name))), None)
        if owner is not None:
            owner.put(name, secret)
        else:
            self._put_first(name, secret)
        self.forget(name)

    async def aput(self, name: str, value: Secret | str) -> None:
        """Async twin of `put`."""
        await asyncio.to_thread(self.put, name, value)

    def forget(self, name: str | None = None) -> None:
        """Ask anew next time, for one secret or for all: after somebody has changed it elsewhere."""
        self._changes += 1
        if name is None:
            self._known.clear()
        else:
            self._known.pop(name, None)

    def _put_first(self, name: str, secret: Secret) -> None:
        for backend in self._backends[:-1]:
            try:
                return backend.put(name, secret)
            except SecretsReadOnly:
                continue
        return self._backends[-1].put(name, secret)

    def _remembered(self, name: str) -> tuple[SecretVersion, ...] | None:
        known = self._known.get(name)
        return known[1] if known is not None and self._clock() - known[0] < self._ttl else None

    def _fetched(self, name: str) -> tuple[SecretVersion, ...]:
        with self._locks[hash(name) % _LOCKS]:
            found = self._remembered(name)  # somebody else may have fetched it while we waited
            if found is not None:
                return found
            asked, changes = self._clock(), self._changes
            try:
                found = self._asked(name)
            except SecretsUnavailable as error:
                known = self._known.get(name)
                if known is None or asked - known[0] >= self._ttl + self._stale:
                    raise
                _log.warning("%s; the value of %d seconds ago is used", error, asked - known[0])
                return known[1]
            if changes == self._changes:  # else it may have been changed while we asked
                self._known[name] = asked, found
            return found

    def _asked(self, name: str) -> tuple[SecretVersion, ...]:
        for backend in self._backends:
            found = tuple(backend.versions(name))
            if found:
                return found
        raise SecretNotFound(name, ", ".join(backend.place for backend in self._backends))


def _checked(name: str) -> str:
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of a secret; expected one such as db-password or mail/password.")
    return name


def _valid(versions: Sequence[SecretVersion], since: datetime) -> tuple[Secret, ...]:
    found = [versions[0].value]
    for newer, version in pairwise(versions):
        if newer.made is not None and newer.made <= since:
            break
        found.append(version.value)
    return tuple(found)
