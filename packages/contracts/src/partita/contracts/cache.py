"""What keeps bytes for a while."""

from typing import Protocol

from partita.contracts.key import Key

__all__ = ("CACHE", "Cache")


class Cache(Protocol):
    """Bytes under string keys. An entry may vanish at any time."""

    def get(self, key: str) -> bytes | None:
        """Return the entry, or None if it is absent or has expired."""
        ...

    async def aget(self, key: str) -> bytes | None:
        """Async twin of `get`."""
        ...

    def set(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """Keep an entry; one that was there gives way.

        Args:
            key: Any text.
            value: Any bytes; a cache may decline what is too large for it, and then has no entry under ``key``.
            seconds: How long; None keeps it as long as there is room, 0 and less not at all.
        """

    async def aset(self, key: str, value: bytes, seconds: float | None = None) -> None:
        """Async twin of `set`."""

    def delete(self, key: str) -> bool:
        """Forget an entry; return whether it was there."""
        ...

    async def adelete(self, key: str) -> bool:
        """Async twin of `delete`."""
        ...


CACHE = Key[Cache]("partita.cache")
