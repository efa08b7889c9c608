"""What gives each request its session and each answer the cookie."""

import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

import msgspec

from partita.http.handlers import Middleware
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response
from partita.sessions.session import SESSION, Session
from partita.sessions.stores import Store

__all__ = ("SessionSettings", "session_middleware")


class SessionSettings(msgspec.Struct, frozen=True):
    """The section ``[sessions]`` of the settings.

    Args:
        store: ``cookie`` (signed), ``encrypted-cookie``, ``database``, ``cached-database``, ``file`` or ``memory``; ``cached-database``
            reads from the application's cache what it has of the database.
        folder: Where ``file`` keeps them, a folder that nobody else may read; made if it is not there.
        max_age: Seconds that a session lives after its last change.
        at_browser_close: Whether browsers shall forget it when they are closed.
        save_every_request: Whether each visit makes it live on, not only each change.
        cookie_name: Name of the cookie.
        domain: None keeps the cookie to this host.
        path: Of the URLs that get the cookie.
        secure: Only over HTTPS; None decides by the request.
        httponly: Whether scripts are kept from it.
        samesite: Whether other sites' pages may cause it to be sent.
    """

    store: Literal["cookie", "encrypted-cookie", "database", "cached-database", "file", "memory"] = "cookie"
    folder: str = "var/sessions"
    max_age: int = 1_209_600
    at_browser_close: bool = False
    save_every_request: bool = False
    cookie_name: str = "sessionid"
    domain: str | None = None
    path: str = "/"
    secure: bool | None = None
    httponly: bool = True
    samesite: Literal["Lax", "Strict", "None"] = "Lax"


def session_middleware(
    store: Store, settings: SessionSettings | None = None, clock: Callable[[], float] = time.time
) -> Middleware:
    """Return the middleware that fills `SESSION` and stores what changed.

    The session is stored when it was modified and the answer is no server error. Whoever looked into it, even with
    ``in``, makes the answer vary by cookie; an answer that sets the cookie is private to caches, too.

    Args:
        store: Where sessions are kept.
        settings: Defaults if None.
        clock: Seconds since 1970.
    """
    options = SessionSettings() if settings is None else settings

    def make(request: Request) -> Session:
        token = request.cookies.get(options.cookie_name)
        return Session(store, token, max_age=options.max_age, at_browser_close=options.at_browser_close, clock=clock)

    def after(request: Request, response: Response) -> Response | Coroutine[Any, Any, Response]:
        # Nobody has asked for it, and it need not live on: the cookie has not even been read.
        if not options.save_every_request and not request.state.is_made(SESSION):
            return response
        return _finish(request, response, request[SESSION], request.cookies.get(options.cookie_name), options)

    return Inline(after=after, slots={SESSION: make}, if_looked_into=not options.save_every_request)


async def _finish(
    request: Request, response: Response, session: Session, sent: str | None, options: SessionSettings
) -> Response:
    if options.save_every_request and sent is not None:
        await session.aload()
    if not session.accessed:
        return response
    response = response.with_vary("Cookie")
    if session.is_empty:
        if sent is None:
            return response
        if session.session_key is not None:
            await session.aflush()
        return private(response.without_cookie(options.cookie_name, options.path, options.domain))
    if response.status >= 500 or not (session.modified or options.save_every_request):
        return response
    value = await session.asave()
    age = None if session.get_expire_at_browser_close() else max(0, session.get_expiry_age())
    secure = request.is_secure if options.secure is None else options.secure
    return private(
        response.with_cookie(
            options.cookie_name,
            value,
            max_age=age,
            path=options.path,
            domain=options.domain,
            secure=secure,
            httponly=options.httponly,
            samesite=options.samesite,
        )
    )


def private(response: Response) -> Response:
    """Return ``response`` with caches kept from sharing it, whatever else it says about caching (RFC 9111, 5.2.2.7)."""
    value = response.headers.get("cache-control", "")
    if '"' in value:  # private="..." lists field names; what a comma means in there is not worth knowing
        return response.with_header("Cache-Control", "private")
    names = [part.strip() for part in value.split(",") if part.strip()]
    kept = [name for name in names if name.partition("=")[0].strip().lower() not in {"public", "s-maxage", "private"}]
    if any(name.lower() == "no-store" for name in kept):
        return response if kept == names else response.with_header("Cache-Control", ", ".join(kept))
    return response.with_header("Cache-Control", ", ".join(["private", *kept]))
