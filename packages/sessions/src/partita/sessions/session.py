"""The session of one visitor: a dictionary that is loaded when somebody looks into it."""

import time
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from partita.contracts.current import find
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.http.state import Slot
from partita.sessions.errors import SessionInterrupted
from partita.sessions.stores import Change, Store, decode, encode

__all__ = ("SESSION", "Expiry", "Session")

Expiry = int | float | timedelta | datetime | None

_EXPIRY = "_expiry"  # in the data, so that it travels with them; not among the keys that users see
_TEST = "_test_cookie"
_HIDDEN = frozenset({_EXPIRY, _TEST, "_device"})  # the last one by `partita.sessions.devices`
_REQUIRED = object()


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

    def load(self) -> dict[str, object]:
        """Load the data now, if that has not been done; returns a copy of it."""
        return dict(self._loaded())

    async def aload(self) -> dict[str, object]:
        """Async twin of `load`; after it the plain names never wait."""
        if self._data is None:
            self._take(None if self._token is None else await self._store.aload(self._token))
        return dict(self._loaded())

    def _take(self, stored: bytes | None) -> None:
        if stored is None:
            self._token = None  # a token we did not give is never taken over: that would be session fixation
        else:
            self._before = stored
        self._data = decode(self._before)

    def _loaded(self) -> dict[str, object]:
        if self._data is None:
            self._take(None if self._token is None else self._store.load(self._token))
        assert self._data is not None
        self.accessed = True
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
        return iter([name for name in self._loaded() if name not in _HIDDEN])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._loaded()

    def __repr__(self) -> str:
        return "<Session>"  # what is in it is nobody's business who reads a log

    def clear(self) -> None:
        """Forget what is in it, but keep the session; `flush` ends it."""
        self._loaded().clear()
        self._modified = True

    async def aget(self, name: str, default: object = None) -> object:
        """Async twin of ``get``."""
        await self.aload()
        return self.get(name, default)

    async def aset(self, name: str, value: object) -> None:
        """Async twin of ``session[name] = value``."""
        await self.aload()
        self[name] = value

    async def apop(self, name: str, default: object = _REQUIRED) -> object:
        """Async twin of ``pop``.

        Raises:
            KeyError: If there is no such name and no default.
        """
        await self.aload()
        return self.pop(name) if default is _REQUIRED else self.pop(name, default)

    async def asetdefault(self, name: str, default: object = None) -> object:
        """Async twin of ``setdefault``."""
        await self.aload()
        return self.setdefault(name, default)

    async def aupdate(self, values: Mapping[str, object]) -> None:
        """Async twin of ``update``."""
        await self.aload()
        self.update(values)

    def has_key(self, name: str) -> bool:
        """Do the same as ``name in session``."""
        return name in self

    async def ahas_key(self, name: str) -> bool:
        """Async twin of ``name in session``."""
        await self.aload()
        return name in self

    async def akeys(self) -> KeysView[str]:
        """Async twin of ``keys``."""
        await self.aload()
        return self.keys()

    async def avalues(self) -> ValuesView[object]:
        """Async twin of ``values``."""
        await self.aload()
        return self.values()

    async def aitems(self) -> ItemsView[str, object]:
        """Async twin of ``items``."""
        await self.aload()
        return self.items()

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

    def exists(self, token: str | None = None) -> bool:
        """Tell whether the store has a session under ``token``; None asks about this one."""
        token = self._token if token is None else token
        return token is not None and self._store.load(token) is not None

    async def aexists(self, token: str | None = None) -> bool:
        """Async twin of `exists`."""
        token = self._token if token is None else token
        return token is not None and await self._store.aload(token) is not None

    def delete(self, token: str | None = None) -> None:
        """Take a session out of the store, this one by default; `flush` also forgets what is in this object."""
        token = self._token if token is None else token
        if token is not None:
            self._store.delete(token)

    async def adelete(self, token: str | None = None) -> None:
        """Async twin of `delete`."""
        token = self._token if token is None else token
        if token is not None:
            await self._store.adelete(token)

    def create(self) -> str:
        """Keep it now under a new token, which is returned."""
        return self.save(must_create=True)

    async def acreate(self) -> str:
        """Async twin of `create`."""
        return await self.asave(must_create=True)

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
            value: Seconds or a `timedelta` after the last change, where a negative one ends it at once; a `datetime` for a
                fixed moment; 0 for when the browser is closed; None for what the application's settings say.
        """
        data = self._loaded()
        self._modified = True
        if value is None:
            data.pop(_EXPIRY, None)
        elif isinstance(value, datetime):
            data[_EXPIRY] = {"at": _with_zone(value).timestamp()}
        else:
            data[_EXPIRY] = value.total_seconds() if isinstance(value, timedelta) else value

    async def aset_expiry(self, value: Expiry) -> None:
        """Async twin of `set_expiry`."""
        await self.aload()
        self.set_expiry(value)

    def get_expiry_age(self, *, modification: datetime | None = None, expiry: Expiry = None) -> int:
        """Return in how many seconds it ends if it is not changed again; negative if it has ended.

        Args:
            modification: When it was changed last; now if None.
            expiry: As for `set_expiry`; what was set if None.
        """
        wanted = self._wanted(expiry)
        if isinstance(wanted, datetime):
            return int((wanted - self._moment(modification)).total_seconds())
        return int(wanted)

    async def aget_expiry_age(self, *, modification: datetime | None = None, expiry: Expiry = None) -> int:
        """Async twin of `get_expiry_age`."""
        await self.aload()
        return self.get_expiry_age(modification=modification, expiry=expiry)

    def get_expiry_date(self, *, modification: datetime | None = None, expiry: Expiry = None) -> datetime:
        """Return when it ends if it is not changed again: in UTC, or naive in an application with ``use_tz=False``.

        Args:
            modification: See `get_expiry_age`.
            expiry: See `get_expiry_age`.
        """
        wanted = self._wanted(expiry)
        if not isinstance(wanted, datetime):
            wanted = self._moment(modification).astimezone(UTC) + timedelta(seconds=wanted)
        zone = _naive_zone()
        return wanted.astimezone(UTC) if zone is None else wanted.astimezone(zone).replace(tzinfo=None)

    async def aget_expiry_date(self, *, modification: datetime | None = None, expiry: Expiry = None) -> datetime:
        """Async twin of `get_expiry_date`."""
        await self.aload()
        return self.get_expiry_date(modification=modification, expiry=expiry)

    def _moment(self, given: datetime | None) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC) if given is None else _with_zone(given)

    def _wanted(self, given: Expiry) -> float | datetime:
        """Return a moment, or seconds from the last change."""
        if isinstance(given, datetime):
            return _with_zone(given)
        if isinstance(given, timedelta):
            return given.total_seconds()
        expiry = self._loaded().get(_EXPIRY) if given is None else given
        if isinstance(expiry, dict):
            return datetime.fromtimestamp(float(expiry["at"]), UTC)
        return expiry if isinstance(expiry, int | float) and expiry else self._max_age

    def get_expire_at_browser_close(self) -> bool:
        """Tell whether the browser shall forget it when it is closed."""
        expiry = self._loaded().get(_EXPIRY)
        return self._at_browser_close if expiry is None else expiry == 0

    async def aget_expire_at_browser_close(self) -> bool:
        """Async twin of `get_expire_at_browser_close`."""
        await self.aload()
        return self.get_expire_at_browser_close()

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

    async def aset_test_cookie(self) -> None:
        """Async twin of `set_test_cookie`."""
        await self.aload()
        self.set_test_cookie()

    async def atest_cookie_worked(self) -> bool:
        """Async twin of `test_cookie_worked`."""
        return await self.ahas_key(_TEST)

    async def adelete_test_cookie(self) -> None:
        """Async twin of `delete_test_cookie`."""
        await self.aload()
        self.delete_test_cookie()

    # Saving

    def save(self, must_create: bool = False) -> str:
        """Keep it now; the middleware does this after the request. Returns the token.

        Args:
            must_create: Whether it gets a new token, beside what is kept under its present one.

        Raises:
            SessionInterrupted: If it was ended by another request meanwhile; what was in it is forgotten then.
            SessionTooLarge: If its store cannot hold it.
            NotStorable: If it holds what JSON does not know.
        """
        change, token = self._change(must_create), None if must_create else self._token
        try:
            token = self._store.save(token, change, self.get_expiry_age())
        except SessionInterrupted:
            self._forget()
            raise
        if (outdated := self._saved(token, change)) is not None:
            self._store.delete(outdated)
        return token

    async def asave(self, must_create: bool = False) -> str:
        """Async twin of `save`."""
        await self.aload()
        change, token = self._change(must_create), None if must_create else self._token
        try:
            token = await self._store.asave(token, change, self.get_expiry_age())
        except SessionInterrupted:
            self._forget()
            raise
        if (outdated := self._saved(token, change)) is not None:
            await self._store.adelete(outdated)
        return token

    def _change(self, whole: bool) -> Change:
        data = self._loaded()
        if whole:
            return Change(dict(data), dict(data), frozenset())
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


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=_naive_zone() or UTC)


def _naive_zone() -> tzinfo | None:
    """Return the zone of naive moments in an application that has no others; None elsewhere."""
    if find(USE_TZ) is not False:
        return None
    name = find(TIME_ZONE)
    if not name or name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # most do without

    return ZoneInfo(name)


SESSION = Slot[Session]("partita.session", varies_on=("Cookie",))
"""Where the middleware puts the session: ``request[SESSION]``, in templates ``request.session``."""
