"""Sessions in the memory of one process, for tests and for sites that run as one process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from partita.sessions.errors import SessionInterrupted
from partita.sessions.stores import Change, InstantStore

__all__ = ("MemoryStore",)


class MemoryStore(InstantStore):
    """Keeps sessions in a dictionary; a restart forgets them.

    Args:
        largest: How many sessions to keep; of more, those unused for longest are forgotten.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_largest", "_lock", "_sessions")

    def __init__(self, largest: int = 100_000, clock: Callable[[], float] = time.time) -> None:
        self._largest, self._clock = largest, clock
        self._sessions: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, token: str) -> bytes | None:
        """See `Store.load`."""
        with self._lock:
            return self._find(_hashed(token))

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """See `Store.save`."""
        stored = b"{}"
        with self._lock:
            if token is None:
                import secrets  # with it come all generators of random numbers

                token = secrets.token_urlsafe(32)
            elif (found := self._find(_hashed(token))) is not None:
                stored = found
            else:
                raise SessionInterrupted
            key = _hashed(token)
            self._sessions[key] = (self._clock() + lifetime, change.apply(stored))
            self._sessions.move_to_end(key)
            while len(self._sessions) > self._largest:
                self._sessions.popitem(last=False)
        return token

    def delete(self, token: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            self._sessions.pop(_hashed(token), None)

    def clear_expired(self) -> int:
        """See `Store.clear_expired`."""
        now = self._clock()
        with self._lock:
            expired = [key for key, (until, _) in self._sessions.items() if until <= now]
            for key in expired:
                del self._sessions[key]
        return len(expired)

    def _find(self, key: bytes) -> bytes | None:
        found = self._sessions.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            del self._sessions[key]
            return None
        self._sessions.move_to_end(key)
        return found[1]


def _hashed(token: str) -> bytes:
    # A dictionary compares keys byte by byte; the hash makes what that could tell by its timing worthless.
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
