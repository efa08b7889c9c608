"""The session of one visitor: a dictionary that is loaded when somebody looks into it."""

import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta

import msgspec

from partita.http.state import Slot
from partita.sessions.stores import Change, Store, decode, encode

__all__ = ("SESSION", "Expiry", "Session")

Expiry = int | float | timedelta | datetime | None

_EXPIRY = "_expiry"  # in the data, so that it travels with them; not among the keys that users see
_TEST = "_test_cookie"


class Session(MutableMapping[str, object]):
    """What is kept for one visitor from request to request; keys are strings, values whatever JSON knows.

    Nothing is loaded until somebody looks. The plain names block if the store does; in async code call `aload` first
    or use the ``a`` names (beneath `partita.bridge` the plain ones wait natively, too).

    Args:
        store: Where it is kept.
        token: What the browser sent, or None.
        max_age: Seconds that it lives after the last change.
        at_browser_close: Whether the browser shall forget it when it is closed.
        clock: Seconds since 1970.
    """

    __slots__ = (
        "_at_browser_close",
        "_before",
        "_clock",
        "_data",
        "_max_age",
        "_modified",
        "_outdated",
        "_store",
        "_token",
        "accessed",
    )

    def __init__(
        self,
        store: Store,
        token: str | None = None,
        *,
        max_age: int = 1_209_600,
        at_browser_close: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._token, self._clock = store, token, clock
        self._max_age, self._at_browser_close = max_age, at_browser_close
        self._data: dict[str, object] | None = None
        self._before = b"{}"
        self._outdated: str | None = None
        self._modified = False
        self.accessed = False
        """Whether anybody looked into it, even with ``in`` or ``len``: the answer may depend on it then."""

    # Loading

    def load(self) -> None:
        """Load the data now, if that has not been done."""
        if self._data is None:
            self._take(None if self._token is None else self._store.load(self._token))
        self.accessed = True

    async def aload(self) -> None:
        """Async twin of `load`; after it the plain names never wait."""
        if self._data is None:
            self._take(None if self._token is None else await self._store.aload(self._token))
        self.accessed = True

    def _take(self, stored: bytes | None) -> None:
        if stored is None:
            self._token = None  # a token we did not give is never taken over: that would be session fixation
        else:
            self._before = stored
        self._data = decode(self._before)

    def _loaded(self) -> dict[str, object]:
        if self._data is None or not self.accessed:
            self.load()
        assert self._data is not None
        return self._data

    # The dictionary

    def __getitem__(self, name: str) -> object:
        return self._loaded()[name]

    def __setitem__(self, name: str, value: object) -> None:
        self._loaded()[name] = value
        self._modified = True

    def __delitem__(self, name: str) -> None:
        del self._loaded()[name]
        self._modified = True

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self._loaded() if name not in {_EXPIRY, _TEST}])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._loaded()

    def __repr__(self) -> str:
        return "<Session>"  # what is in it is nobody's business who reads a log

    async def aget(self, name: str, default: object = None) -> object:
        """Async twin of ``get``."""
        await self.aload()
        return self.get(name, default)

    async def aset(self, name: str, value: object) -> None:
        """Async twin of ``session[name] = value``."""
        await self.aload()
        self[name] = value

    async def apop(self, name: str, default: object = None) -> object:
        """Async twin of ``pop`` with a default."""
        await self.aload()
        return self.pop(name, default)

    async def aupdate(self, values: Mapping[str, object]) -> None:
        """Async twin of ``update``."""
        await self.aload()
        self.update(values)

    # Identity

    @property
    def session_key(self) -> str | None:
        """The token that stands for this session in the browser; None until it is saved."""
        self._loaded()
        return self._token

    @property
    def modified(self) -> bool:
        """Whether it needs saving: something was set, or a list or dictionary in it was changed."""
        return self._modified or (self._data is not None and self._changed_inside(self._data))

    @modified.setter
    def modified(self, value: bool) -> None:
        self._modified = value

    def _changed_inside(self, data: dict[str, object]) -> bool:
        return any(isinstance(value, list | dict) for value in data.values()) and encode(data) != self._before

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing worth keeping."""
        return not self._loaded().keys() - {_EXPIRY}

    def cycle_key(self) -> None:
        """Keep the data under a new token; call this whenever the visitor gains rights, as at log-in.

        Somebody who planted the old token in the visitor's browser (session fixation) does not know the new one.
        """
        self._loaded()
        if self._token is not None:
            self._outdated, self._token = self._token, None
            self._before = b"{}"
        self._modified = True

    async def acycle_key(self) -> None:
        """Async twin of `cycle_key`."""
        await self.aload()
        self.cycle_key()

    def flush(self) -> None:
        """Forget everything, at once and for good; call this at log-out."""
        for token in self._forget():
            self._store.delete(token)

    async def aflush(self) -> None:
        """Async twin of `flush`."""
        for token in self._forget():
            await self._store.adelete(token)

    def _forget(self) -> list[str]:
        tokens = [token for token in (self._token, self._outdated) if token is not None]
        self._token = self._outdated = None
        self._data, self._before = {}, b"{}"
        self._modified = self.accessed = True
        return tokens

    # Expiry

    def set_expiry(self, value: Expiry) -> None:
        """Say when this session ends.

        Args:
            value: Seconds or a `timedelta` after the last change; a `datetime` for a fixed moment; 0 for when the
                browser is closed; None for what the application's settings say.
        """
        data = self._loaded()
        self._modified = True
        if value is None:
            data.pop(_EXPIRY, None)
        elif isinstance(value, datetime):
            moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
            data[_EXPIRY] = {"at": moment.timestamp()}
        else:
            data[_EXPIRY] = value.total_seconds() if isinstance(value, timedelta) else value

    def get_expiry_age(self) -> int:
        """Return in how many seconds it ends if it is not changed again."""
        expiry = self._loaded().get(_EXPIRY)
        if isinstance(expiry, dict):
            return max(0, int(float(expiry["at"]) - self._clock()))
        if isinstance(expiry, int | float) and expiry > 0:
            return int(expiry)
        return self._max_age

    def get_expiry_date(self) -> datetime:
        """Return when it ends if it is not changed again, in UTC."""
        return datetime.fromtimestamp(self._clock(), UTC) + timedelta(seconds=self.get_expiry_age())

    def get_expire_at_browser_close(self) -> bool:
        """Tell whether the browser shall forget it when it is closed."""
        expiry = self._loaded().get(_EXPIRY)
        return self._at_browser_close if expiry is None else expiry == 0

    # Test cookies

    def set_test_cookie(self) -> None:
        """Put a mark into the session, to find out at the next request whether the browser takes cookies."""
        self[_TEST] = True

    def test_cookie_worked(self) -> bool:
        """Tell whether the mark came back."""
        return _TEST in self

    def delete_test_cookie(self) -> None:
        """Take the mark away."""
        self.pop(_TEST, None)

    # Saving

    def save(self) -> str:
        """Keep it now; the middleware does this after the request. Returns the token.

        Raises:
            SessionInterrupted: If it was ended by another request meanwhile.
            SessionTooLarge: If its store cannot hold it.
            NotStorable: If it holds what JSON does not know.
        """
        change = self._change()
        token = self._store.save(self._token, change, self.get_expiry_age())
        if (outdated := self._saved(token, change)) is not None:
            self._store.delete(outdated)
        return token

    async def asave(self) -> str:
        """Async twin of `save`."""
        await self.aload()
        change = self._change()
        token = await self._store.asave(self._token, change, self.get_expiry_age())
        if (outdated := self._saved(token, change)) is not None:
            await self._store.adelete(outdated)
        return token

    def _change(self) -> Change:
        data = self._loaded()
        before = msgspec.json.decode(self._before, type=dict[str, msgspec.Raw])
        # Compared as written, because 1 == True == 1.0 in Python but not in JSON.
        updated = {
            name: value
            for name, value in data.items()
            if name not in before or encode({name: value}) != encode({name: before[name]})
        }
        return Change(dict(data), updated, frozenset(before.keys() - data.keys()))

    def _saved(self, token: str, change: Change) -> str | None:
        outdated, self._outdated = self._outdated, None
        self._token, self._before, self._modified = token, encode(change.data), False
        return outdated


SESSION = Slot[Session]("partita.session")
"""Where the middleware puts the session: ``request[SESSION]``, in templates ``request.session``."""
