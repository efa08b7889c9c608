"""Slow down who guesses passwords, by counting failures per account and address in memory."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from partita.auth.errors import TooManyAttempts
from partita.contracts.key import Key

__all__ = ("LOGIN_THROTTLE", "LoginThrottle")


class LoginThrottle:
    """Refuses an account to one address for a while after too many failures from there.

    Counting per account *and* address keeps a stranger from locking the owner out. One process counts for itself.

    Args:
        attempts: Failures that are let through; 0 switches the throttle off.
        seconds: How long failures count.
        capacity: Pairs to remember; beyond it the oldest are forgotten, so that memory stays bounded.
        clock: Monotonic time in seconds.
    """

    __slots__ = ("_attempts", "_capacity", "_clock", "_failures", "_lock", "_seconds")

    def __init__(
        self,
        attempts: int = 5,
        seconds: float = 900.0,
        capacity: int = 50_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempts, self._seconds, self._capacity, self._clock = attempts, seconds, capacity, clock
        self._failures: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, account: str, address: str) -> None:
        """Let an attempt pass.

        Raises:
            TooManyAttempts: If there were too many failures; it tells when to come back.
        """
        key, now = _key(account, address), self._clock()
        with self._lock:
            count, until = self._failures.get(key, (0, now))
        if self._attempts and count >= self._attempts and now < until:
            raise TooManyAttempts(until - now)

    def failed(self, account: str, address: str) -> None:
        """Count one failure."""
        key, now = _key(account, address), self._clock()
        with self._lock:
            count, until = self._failures.pop(key, (0, now))
            self._failures[key] = (count + 1 if now < until else 1, now + self._seconds)
            while len(self._failures) > self._capacity:
                self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        with self._lock:
            self._failures.pop(_key(account, address), None)

    def __len__(self) -> int:
        return len(self._failures)


LOGIN_THROTTLE = Key[LoginThrottle]("partita.auth.login_throttle")


def _key(account: str, address: str) -> bytes:
    # Hashed: a key has one size whatever was typed, and the memory of the process holds no list of who tried.
    digest = hashlib.blake2b(account.casefold().encode("utf-8", "replace"), digest_size=16)
    digest.update(b"\0" + address.encode("utf-8", "replace"))
    return digest.digest()
