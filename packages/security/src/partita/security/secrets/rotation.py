"""How often a secret is replaced, who takes part in that, and how long the old value is still good."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import NamedTuple, TypeVar

from partita.bridge import active, wait
from partita.config import Secret
from partita.security.errors import SecretNotFound
from partita.security.secrets.store import Secrets

__all__ = ("Rotated", "Rotation")

T = TypeVar("T")
_log = logging.getLogger("partita.security.secrets")


class Rotated(NamedTuple):
    """What hooks are told.

    Attributes:
        name: Of the secret.
        new: The value from now on.
        old: The value so far, valid for the grace time; None if there was none.
    """

    name: str
    new: Secret
    old: Secret | None


Hook = Callable[[Rotated], Awaitable[object] | object]


class Rotation:
    """A policy: each ``every``, a new value is made, those who need it are told, and the old one stays valid for ``grace``.

    When a value was set is known where the secret is kept, so any process may ask whether it is time, and all agree on what is still
    valid. Let one process do it, as a scheduled task.

    Args:
        secrets: Where it is kept.
        name: Of the secret.
        every: How old a value gets.
        grace: How long the one before is accepted.
        make: Returns a new value; 43 letters and digits, 256 bits, unless given.
        before: Called with both values before the new one is kept, such as what changes the password in a database. If one fails,
            nothing is kept and its error goes on.
        after: Called once it is kept, such as what tells other services. If one fails, the others are called all the same,
            and the errors go on as one `ExceptionGroup`: the new value is valid by then.
        now: The time of day.

    Raises:
        ValueError: If the grace time is not shorter than ``every``, or one of both not above 0.
    """

    __slots__ = ("_after", "_before", "_every", "_grace", "_make", "_now", "_secrets", "name")

    def __init__(
        self,
        secrets: Secrets,
        name: str,
        *,
        every: timedelta,
        grace: timedelta,
        make: Callable[[], str] = lambda: token_urlsafe(32),
        before: Sequence[Hook] = (),
        after: Sequence[Hook] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not timedelta(0) < grace < every:
            raise ValueError(
                f"got a grace time of {grace} for values that last {every}, expected a shorter one above 0"
            )
        self.name, self._secrets, self._every, self._grace = name, secrets, every, grace
        self._make, self._before, self._after, self._now = make, tuple(before), tuple(after), now

    def valid(self) -> tuple[Secret, ...]:
        """Return the newest value, then the one before as long as it is accepted; see `Secrets.valid`."""
        return self._secrets.valid(self.name, self._grace)

    async def avalid(self) -> tuple[Secret, ...]:
        """Async twin of `valid`."""
        return await self._secrets.avalid(self.name, self._grace)

    async def adue(self) -> bool:
        """Return whether there is no value yet, or the newest is older than ``every``; False where its age is not known."""
        self._secrets.forget(self.name)  # another process may have done it
        try:
            newest = (await self._secrets.aversions(self.name))[0]
        except SecretNotFound:
            return True
        return newest.made is not None and self._now() - newest.made >= self._every

    async def arotate(self) -> Rotated:
        """Replace the value now.

        Raises:
            SecretsReadOnly, SecretsUnavailable: If it cannot be kept; hooks of ``before`` were called then.
            ExceptionGroup: Of what hooks of ``after`` raised.
        """
        self._secrets.forget(self.name)
        try:
            old = await self._secrets.aget(self.name)
        except SecretNotFound:
            old = None
        rotated = Rotated(self.name, Secret(self._make()), old)
        for hook in self._before:
            await _called(hook, rotated)
        await self._secrets.aput(self.name, rotated.new)
        _log.info("The secret %s has a new value; the one before is accepted for %s", self.name, self._grace)
        failed: list[Exception] = []
        for hook in self._after:
            try:
                await _called(hook, rotated)
            except Exception as error:  # noqa: BLE001 - they go on together, below
                failed.append(error)
        if failed:
            raise ExceptionGroup(f"The secret {self.name} was replaced, but not all could be told", failed)
        return rotated

    async def arotate_if_due(self) -> Rotated | None:
        """Replace the value if it is time; return None if it is not."""
        return await self.arotate() if await self.adue() else None

    def due(self) -> bool:
        """Sync twin of `adue`."""
        return _run(self.adue())

    def rotate(self) -> Rotated:
        """Sync twin of `arotate`."""
        return _run(self.arotate())

    def rotate_if_due(self) -> Rotated | None:
        """Sync twin of `arotate_if_due`."""
        return _run(self.arotate_if_due())


def _run(coroutine: Coroutine[object, object, T]) -> T:
    return wait(coroutine) if active() else asyncio.run(coroutine)


async def _called(hook: Hook, rotated: Rotated) -> None:
    if inspect.iscoroutinefunction(hook):
        await hook(rotated)
        return
    answer = await asyncio.to_thread(hook, rotated)
    if inspect.isawaitable(answer):  # of a class with an async __call__, or a partial
        await answer
