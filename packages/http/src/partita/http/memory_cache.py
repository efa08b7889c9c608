"""A cache in the memory of one process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ("MemoryCache",)

_OVERHEAD = 200  # bytes that an entry costs beside its key and value


class MemoryCache:
    """Keeps bytes under keys; see `partita.contracts.cache.Cache`. What nobody has asked for longest makes room.

    Args:
        max_bytes: Of all keys and values together; a value that is larger than a quarter of it is not kept.
        clock: Seconds, never going back.
    """

    __slots__ = ("_clock", "_entries", "_lock", "_size", "max_bytes")

    def __init__(self, max_bytes: int = 32 * 2**20, clock: Callable[[], float] = time.monotonic) -> None:
        self.max_bytes, self._clock = max_bytes, clock
        self._entries: OrderedDict[str, tuple[bytes, float | None]] = OrderedDict()
        self._lock = threading.Lock()
        self._size = 0

    def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            value, end = entry
            if end is not None and end <= self._clock():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return value

    async def aget(self, key: str) -> bytes | None:
        """Async twin of `get`."""
        return self.get(key)

    def set(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """See `Cache.set`."""
        with self._lock:
            self._drop(key)
            if (seconds is not None and seconds <= 0) or len(value) > self.max_bytes // 4:
                return
            self._entries[key] = (value, None if seconds is None else self._clock() + seconds)
            self._size += _cost(key, value)
            while self._size > self.max_bytes:
                self._drop(next(iter(self._entries)))

    async def aset(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """Async twin of `set`."""
        self.set(key, value, seconds)

    def delete(self, key: str) -> bool:
        """See `Cache.delete`."""
        with self._lock:
            entry = self._entries.get(key)
            end = None if entry is None else entry[1]
            self._drop(key)
            return entry is not None and (end is None or end > self._clock())

    async def adelete(self, key: str) -> bool:
        """Async twin of `delete`."""
        return self.delete(key)

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= _cost(key, entry[0])


def _cost(key: str, value: bytes) -> int:
    return 4 * len(key) + len(value) + _OVERHEAD
