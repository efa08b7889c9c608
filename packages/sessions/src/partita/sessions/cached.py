"""Sessions that are kept in one store and read from a cache in front of it."""

from hashlib import sha256
from typing import Protocol

from partita.contracts.cache import Cache
from partita.sessions.stores import Change, Store

__all__ = ("CachedStore", "LastingStore")


class LastingStore(Store, Protocol):
    """A store that knows how long a session has left to live, so that no copy of it lives longer."""

    def load_with_lifetime(self, token: str) -> tuple[bytes, float] | None:
        """Return what `load` returns, with the seconds until the session expires."""
        ...

    async def aload_with_lifetime(self, token: str) -> tuple[bytes, float] | None:
        """Async twin of `load_with_lifetime`."""
        ...


class CachedStore:
    """Reads sessions from a cache, and from a store behind it what the cache has lost.

    Everything is written to the store before the cache forgets what it had, so the cache may lose anything at any time, and no session
    that was changed or ended comes back from it.

    Args:
        cache: In front.
        store: Behind it, such as `database.DatabaseStore`; it decides which tokens there are.
    """

    __slots__ = ("_cache", "_store")

    def __init__(self, cache: Cache, store: LastingStore) -> None:
        self._cache, self._store = cache, store

    def load(self, token: str) -> bytes | None:
        """See `Store.load`."""
        key = _key(token)
        data = self._cache.get(key)
        if data is not None:
            return data
        found = self._store.load_with_lifetime(token)
        if found is None:
            return None
        self._cache.set(key, *found)
        # Whoever changed or ended the session meanwhile may have cleared the cache before this entry came into it.
        again = self._store.load_with_lifetime(token)
        if again is None or again[0] != found[0]:
            self._cache.delete(key)
        return None if again is None else again[0]

    async def aload(self, token: str) -> bytes | None:
        """Async twin of `load`."""
        key = _key(token)
        data = await self._cache.aget(key)
        if data is not None:
            return data
        found = await self._store.aload_with_lifetime(token)
        if found is None:
            return None
        await self._cache.aset(key, *found)
        again = await self._store.aload_with_lifetime(token)
        if again is None or again[0] != found[0]:
            await self._cache.adelete(key)
        return None if again is None else again[0]

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """See `Store.save`."""
        try:
            return self._store.save(token, change, lifetime)
        finally:
            if token is not None:
                self._cache.delete(_key(token))

    async def asave(self, token: str | None, change: Change, lifetime: float) -> str:
        """Async twin of `save`."""
        try:
            return await self._store.asave(token, change, lifetime)
        finally:
            if token is not None:
                await self._cache.adelete(_key(token))

    def delete(self, token: str) -> None:
        """See `Store.delete`."""
        self._store.delete(token)
        self._cache.delete(_key(token))

    async def adelete(self, token: str) -> None:
        """Async twin of `delete`."""
        await self._store.adelete(token)
        await self._cache.adelete(_key(token))

    def clear_expired(self) -> int:
        """See `Store.clear_expired`; the cache forgets by itself."""
        return self._store.clear_expired()

    async def aclear_expired(self) -> int:
        """Async twin of `clear_expired`."""
        return await self._store.aclear_expired()


def _key(token: str) -> str:
    # Whoever can look into the cache shall find no token in it.
    return f"partita.sessions.{sha256(token.encode('utf-8', 'surrogatepass')).hexdigest()}"
