"""Sessions in a database table; needs ``partita-sessions[orm]``."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256

from partita import bridge
from partita.orm import QuerySet
from partita.sessions.errors import SessionConflict, SessionInterrupted
from partita.sessions.models import StoredSession
from partita.sessions.stores import Change

__all__ = ("DatabaseStore",)

_ATTEMPTS = 50


class DatabaseStore:
    """Keeps sessions in the table of `StoredSession`, in the current database.

    Requests that change one session at the same time do not lock each other out: a change is written only if the
    version is still the one it was made from, else it is made again from the new one.

    Args:
        using: Alias of the database; None for where `StoredSession` is routed.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_using")

    def __init__(self, using: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self._using, self._clock = using, clock

    def load(self, token: str) -> bytes | None:
        """See `Store.load`."""
        row = self._find(_hashed(token))
        return None if row is None else row.data.encode()

    async def aload(self, token: str) -> bytes | None:
        """Async twin of `load`."""
        return await bridge.run(self.load, token)

    def load_with_lifetime(self, token: str) -> tuple[bytes, float] | None:
        """Return what `load` returns, with the seconds until the session expires."""
        row = self._find(_hashed(token))
        return None if row is None else (row.data.encode(), row.expires_at - self._clock())

    async def aload_with_lifetime(self, token: str) -> tuple[bytes, float] | None:
        """Async twin of `load_with_lifetime`."""
        return await bridge.run(self.load_with_lifetime, token)

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """See `Store.save`.

        Raises:
            SessionConflict: If others changed it each time this was tried.
        """
        expires_at = int(self._clock() + lifetime)
        if token is None:
            token = secrets.token_urlsafe(32)
            data = change.apply(b"{}").decode()
            self._rows().create(key_hash=_hashed(token), data=data, expires_at=expires_at)
            return token
        key = _hashed(token)
        for _ in range(_ATTEMPTS):
            row = self._find(key)
            if row is None:
                raise SessionInterrupted
            data = change.apply(row.data.encode()).decode()
            same = self._rows().filter(key_hash=key, version=row.version)
            if same.update(data=data, expires_at=expires_at, version=row.version + 1):
                return token
        raise SessionConflict(f"This session was changed by others {_ATTEMPTS} times in a row.")

    async def asave(self, token: str | None, change: Change, lifetime: float) -> str:
        """Async twin of `save`."""
        return await bridge.run(self.save, token, change, lifetime)

    def delete(self, token: str) -> None:
        """See `Store.delete`."""
        self._rows().filter(key_hash=_hashed(token)).delete()

    async def adelete(self, token: str) -> None:
        """Async twin of `delete`."""
        await bridge.run(self.delete, token)

    def clear_expired(self) -> int:
        """See `Store.clear_expired`."""
        count, _ = self._rows().filter(expires_at__lte=int(self._clock())).delete()
        return count

    async def aclear_expired(self) -> int:
        """Async twin of `clear_expired`."""
        return await bridge.run(self.clear_expired)

    def _find(self, key: str) -> StoredSession | None:
        return self._rows().filter(key_hash=key, expires_at__gt=int(self._clock())).first()

    def _rows(self) -> QuerySet[StoredSession]:
        rows = StoredSession.objects.all()
        return rows if self._using is None else rows.using(self._using)


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
