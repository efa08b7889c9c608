"""What every session store can do."""

from typing import Protocol

import msgspec

from partita.sessions.errors import NotStorable

__all__ = ("Change", "InstantStore", "Store", "decode", "encode")


class Change(msgspec.Struct, frozen=True):
    """What one request did to a session.

    Args:
        data: The whole session as this request sees it.
        updated: The names it set, with their values.
        removed: The names it deleted.
    """

    data: dict[str, object]
    updated: dict[str, object]
    removed: frozenset[str]

    def apply(self, stored: bytes) -> bytes:
        """Return what is stored with this change, so that what other requests stored meanwhile stays."""
        data = decode(stored)
        for name in self.removed:
            data.pop(name, None)
        return encode(data | self.updated)


class Store(Protocol):
    """Keeps the data of sessions under tokens that only the visitor's browser knows.

    `load`, `save` and `delete` never fail because of what a browser sent: an unknown, expired or damaged token loads
    as None. A store that keeps data on the server keeps only a hash of the token.
    """

    def load(self, token: str) -> bytes | None:
        """Return the data as a JSON object, or None if there is no such session or it expired."""
        ...

    async def aload(self, token: str) -> bytes | None:
        """Async twin of `load`."""
        ...

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """Keep a session.

        Args:
            token: The session to change; None makes a new one.
            change: What to keep.
            lifetime: Seconds until it expires.

        Returns:
            The token for the browser.

        Raises:
            SessionInterrupted: If ``token`` is given and there is no such session any more.
            SessionTooLarge: If the store cannot hold so much.
            NotStorable: If it holds what JSON does not know.
        """
        ...

    async def asave(self, token: str | None, change: Change, lifetime: float) -> str:
        """Async twin of `save`."""
        ...

    def delete(self, token: str) -> None:
        """Forget a session, if there is one."""

    async def adelete(self, token: str) -> None:
        """Async twin of `delete`."""

    def clear_expired(self) -> int:
        """Forget what expired; return how many there were."""
        ...

    async def aclear_expired(self) -> int:
        """Async twin of `clear_expired`."""
        ...


class InstantStore:
    """Gives the async twins to a store that never waits."""

    __slots__ = ()

    async def aload(self: Store, token: str) -> bytes | None:
        """Async twin of `Store.load`."""
        return self.load(token)

    async def asave(self: Store, token: str | None, change: Change, lifetime: float) -> str:
        """Async twin of `Store.save`."""
        return self.save(token, change, lifetime)

    async def adelete(self: Store, token: str) -> None:
        """Async twin of `Store.delete`."""
        self.delete(token)

    async def aclear_expired(self: Store) -> int:
        """Async twin of `Store.clear_expired`."""
        return self.clear_expired()


def encode(data: dict[str, object]) -> bytes:
    """Write session data as JSON.

    Raises:
        NotStorable: If JSON does not know a value; names it.
    """
    try:
        return msgspec.json.encode(data)
    except (TypeError, ValueError, RecursionError):
        for name, value in data.items():
            try:
                msgspec.json.encode({name: value})
            except (TypeError, ValueError, RecursionError) as error:
                raise NotStorable(str(name), str(error)) from None
        raise


def decode(stored: bytes) -> dict[str, object]:
    """Read what `encode` wrote."""
    return msgspec.json.decode(stored, type=dict[str, object])
