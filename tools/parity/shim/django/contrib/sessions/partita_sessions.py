"""Django's session stores, which are sessions at the same time, around partita's `Session` over one of its stores."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
from collections.abc import Callable
from typing import Any

from partita.http import Request, Response
from partita.http.drafts import HttpRequest
from partita.http.drafts.conversion import draft_response
from partita.http.memory_cache import MemoryCache
from partita.sessions import SESSION, MemoryStore, Session, SessionSettings, SignedCookieStore, session_middleware
from partita.sessions.cached import CachedStore
from partita.sessions.database import DatabaseStore
from partita.sessions.files import FileStore

__all__ = (
    "CacheSession",
    "CachedDatabaseSession",
    "CookieSession",
    "DatabaseSession",
    "FileSession",
    "SessionMiddleware",
)

_memory = MemoryStore()
_cache = MemoryCache()


def _settings() -> Any:
    return importlib.import_module("django.conf").settings


class _Session(Session):
    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(self.store(), session_key)

    def get_session_cookie_age(self) -> int:
        """Return how long sessions live that say nothing themselves."""
        age: int = _settings().SESSION_COOKIE_AGE
        return age

    # Django asks its settings whenever it wants to know; partita's session got them when it was made.

    @property
    def _max_age(self) -> int:
        return self.get_session_cookie_age()

    @_max_age.setter
    def _max_age(self, value: int) -> None: ...

    @property
    def _at_browser_close(self) -> bool:
        return bool(_settings().SESSION_EXPIRE_AT_BROWSER_CLOSE)

    @_at_browser_close.setter
    def _at_browser_close(self, value: bool) -> None: ...

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""

    def is_empty(self) -> bool:  # type: ignore[override]
        """Tell whether there is nothing worth keeping."""
        return Session.is_empty.fget(self)  # type: ignore[attr-defined,no-any-return]


class DatabaseSession(_Session):
    """In the database."""

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""
        return DatabaseStore()


class CachedDatabaseSession(_Session):
    """In the database, with a cache in front."""

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""
        return CachedStore(_cache, DatabaseStore())


class FileSession(_Session):
    """In a folder."""

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""
        return FileStore(_settings().SESSION_FILE_PATH or tempfile.gettempdir())


class CacheSession(_Session):
    """In memory."""

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""
        return _memory


class CookieSession(_Session):
    """In the cookie."""

    @classmethod
    def store(cls) -> Any:
        """Return what keeps such sessions."""
        return SignedCookieStore(["parity" * 8])


class SessionMiddleware:
    """Gives requests a session in the database."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        """Answer."""
        settings = _settings()
        options = SessionSettings(
            max_age=settings.SESSION_COOKIE_AGE,
            at_browser_close=settings.SESSION_EXPIRE_AT_BROWSER_CLOSE,
            save_every_request=settings.SESSION_SAVE_EVERY_REQUEST,
            cookie_name=settings.SESSION_COOKIE_NAME,
            domain=settings.SESSION_COOKIE_DOMAIN,
            path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=settings.SESSION_COOKIE_HTTPONLY,
            samesite=settings.SESSION_COOKIE_SAMESITE,
        )

        async def handler(native: Request) -> Response:
            request.session = native[SESSION]
            made: Response = self.get_response(request)
            return made

        return draft_response(asyncio.run(session_middleware(DatabaseStore(), options)(handler)(request.seal())))
