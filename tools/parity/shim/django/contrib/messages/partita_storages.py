"""Django's message storages, which belong to one request, around partita's `Messages` over one of its stores."""

from __future__ import annotations

import importlib
from typing import Any

from partita.http import Request
from partita.http.drafts import HttpRequest
from partita.messages import CookieStore, FallbackStore, Message, Messages, MessageSettings, SessionStore
from partita.messages.levels import level_number
from partita.messages.message import read_messages, write_messages
from partita.sessions import SESSION

__all__ = ("CookieStorage", "FallbackStorage", "SessionStorage", "section")

_MOST = 100  # as `MessageSettings.most`
_KEYS = ("parity" * 8,)
_STORES = {"CookieStorage": "cookie", "SessionStorage": "session", "FallbackStorage": "fallback"}


def section() -> dict[str, Any]:
    """Return what Django's settings say of messages, as partita's section."""
    settings = importlib.import_module("django.conf").settings
    found: dict[str, Any] = {
        "store": _STORES.get(settings.MESSAGE_STORAGE.rpartition(".")[2], "fallback"),
        "domain": settings.SESSION_COOKIE_DOMAIN,
        "path": settings.SESSION_COOKIE_PATH,
        "secure": settings.SESSION_COOKIE_SECURE,
        "httponly": settings.SESSION_COOKIE_HTTPONLY,
        "tags": {str(level): tag for level, tag in (getattr(settings, "MESSAGE_TAGS", None) or {}).items()},
    }
    if settings.SESSION_COOKIE_SAMESITE:
        found["samesite"] = settings.SESSION_COOKIE_SAMESITE
    if getattr(settings, "MESSAGE_LEVEL", None) is not None:
        found["level"] = settings.MESSAGE_LEVEL
    return found


class _Cookies:
    """Stands for the immutable answer: what a store puts there goes to the draft."""

    def __init__(self, draft: Any) -> None:
        self.draft = draft

    def with_cookie(self, name: str, value: str, **attributes: Any) -> _Cookies:
        self.draft.set_cookie(name, value, **attributes)
        return self

    def without_cookie(self, name: str, path: str, domain: str | None, samesite: str) -> _Cookies:
        self.draft.delete_cookie(name, path, domain, samesite)
        return self


class _Storage(Messages):
    cookie_name = MessageSettings().cookie_name
    max_cookie_size = MessageSettings().cookie_bytes
    session_key = "_messages"

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.options = MessageSettings(**section())
        super().__init__(self._load_waiting, self._aload_waiting, level_number(self.options.level))

    @property
    def store(self) -> Any:
        """What keeps such messages."""
        raise AttributeError("store")

    @property
    def native(self) -> Request:
        """The request as stores see it, with the cookies and the session of the draft."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.request.COOKIES.items())
        made = Request.build("GET", "/", headers={"cookie": cookies} if cookies else {})
        session = getattr(self.request, "session", None)
        if session is not None:
            made.state.fill(SESSION, session)
        return made

    def _load_waiting(self) -> list[Message]:
        given = self.__dict__.get("_loaded_data")
        return self.store.load(self.native) if given is None else given  # type: ignore[no-any-return]

    async def _aload_waiting(self) -> list[Message]:
        return self._load_waiting()

    @property
    def added_new(self) -> bool:
        """Whether messages were added."""
        return bool(self._queued)

    def update(self, response: Any) -> Any:
        """Keep what nobody has seen; return what there is no room for."""
        kept, changed = self.kept(_MOST)
        return self.store.save(self.native, _Cookies(response), kept)[1] if changed else []

    serialize_messages = staticmethod(write_messages)
    deserialize_messages = staticmethod(read_messages)


class CookieStorage(_Storage):
    """In a cookie."""

    not_finished = object()
    """Stands at the end of what a cookie says if there is more elsewhere."""

    @property
    def store(self) -> CookieStore:
        """What keeps such messages."""
        return CookieStore(self.options, _KEYS)

    def _encode(self, messages: list[Message], encode_empty: bool = False) -> str:
        token: str = self.store._fit(messages, "newest")[1]
        return token

    def _decode(self, value: str) -> list[Any]:
        read = self.store.read(Request.build("GET", "/", headers={"cookie": f"{self.cookie_name}={value}"}))
        return [*read.messages, *([self.not_finished] if read.more else [])]


class SessionStorage(_Storage):
    """In the session."""

    @property
    def store(self) -> SessionStore:
        """What keeps such messages."""
        return SessionStore()


class FallbackStorage(_Storage):
    """In a cookie, and what it has no room for in the session."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.storages = [CookieStorage(request), SessionStorage(request)]

    @property
    def store(self) -> FallbackStore:
        """What keeps such messages."""
        return FallbackStore(self.storages[0].store, self.storages[1].store)
