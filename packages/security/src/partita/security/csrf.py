"""Requests that change something must come from our own pages (cross-site request forgery).

Browsers say where a request comes from: in ``Sec-Fetch-Site`` since 2023, in ``Origin`` for longer; neither can be set by
a page. Where both are missing, as with old browsers and scripts, the request has to repeat a secret that only our pages
know: a token in the form or in a header that belongs to the cookie.
"""

import logging
from collections.abc import Callable, Coroutine, MutableMapping, Sequence
from functools import update_wrapper, wraps
from inspect import iscoroutinefunction
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from partita.contracts.current import find
from partita.http.around import around, is_draft_request
from partita.http.handlers import SAFE_METHODS, Guard, Middleware
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot
from partita.security.csrf_tokens import CsrfSecret
from partita.security.errors import CsrfFailed, PolicyError
from partita.security.hosts import matches
from partita.security.settings import SECURITY, SecuritySettings

if TYPE_CHECKING:
    from partita.http.drafts import HttpRequest

__all__ = (
    "CSRF_SECRET",
    "FIELD_NAME",
    "HEADER_NAME",
    "SESSION_KEY",
    "CsrfSecret",
    "csrf_exempt",
    "csrf_guard",
    "csrf_middleware",
    "csrf_protect",
    "ensure_csrf_cookie",
    "get_token",
    "requires_csrf_token",
    "rotate_token",
)

V = TypeVar("V")

FIELD_NAME = "csrfmiddlewaretoken"
"""The form field that may hold the token; Django's name, so its front-end code works."""
HEADER_NAME = "X-CSRF-Token"
"""The header that may hold the token unless the settings name another; ``X-CSRFToken`` is read, too."""

SESSION_KEY = "_csrf_secret"
"""Of the secret in the session, where it is kept there."""

_SAFE = SAFE_METHODS
_NOTHING = "neither its origin nor a valid token came along"
_log = logging.getLogger("partita.security.csrf")

CSRF_SECRET = Slot[CsrfSecret]("partita.security.csrf_secret", varies_on=("*",))
"""Filled by `csrf_middleware`."""


def get_token(request: "Request | HttpRequest") -> str:
    """Return a token to send back with a form or in the header `HEADER_NAME`; different each time, all are good.

    Raises:
        SlotEmpty: If `csrf_middleware` is not part of the application, and ``request`` is no draft, whose ``META`` may keep the secret
            for `csrf_view`.
    """
    return _without_layer().draft_token(request) if _is_bare(request) else request[CSRF_SECRET].token()


def rotate_token(request: "Request | HttpRequest") -> None:
    """Give the visitor a new secret; call this at log-in, so that one planted before is worth nothing."""
    if _is_bare(request):
        _without_layer().rotate_draft(request)
    else:
        request[CSRF_SECRET].rotate()


def csrf_exempt(view: V) -> V:
    """Return a view that other sites may post to, such as a webhook that checks a signature.

    Of a function it is a copy, so that the function itself stays as it is, for other routes; anything else is marked.
    """
    marked: Any = view
    if isinstance(view, FunctionType):
        marked = FunctionType(view.__code__, view.__globals__, view.__name__, view.__defaults__, view.__closure__)
        marked.__kwdefaults__ = view.__kwdefaults__
        update_wrapper(marked, view)
        del marked.__wrapped__  # it does not call it
        if hasattr(view, "__wrapped__"):
            marked.__wrapped__ = cast("Any", view).__wrapped__
    marked.csrf_exempt = True
    return cast("V", marked)


def csrf_protect(view: V) -> V:
    """Check one view, in an application without `csrf_guard`; with it every view is checked already.

    A draft that no `csrf_middleware` has seen goes through `csrf_view.CsrfViewMiddleware`, which answers instead of raising.

    Raises:
        CsrfFailed: At a request that may come from another site's page.
    """
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
            if _is_bare(request):
                return await _without_layer().answer_async(view, request, args, kwargs)
            native = _native(request)
            verdict = _verdict(native, _split_all(current_settings().trusted_origins))
            if verdict is None:
                verdict = "" if await _has_token(native, current_settings()) else _NOTHING
            _refuse(native, verdict)
            return await view(request, *args, **kwargs)

        return cast("V", awaiting)

    @wraps(cast("Callable[..., Any]", view))
    def calling(request: Any, *args: object, **kwargs: object) -> Any:
        if _is_bare(request):
            return _without_layer().answer(view, request, args, kwargs)
        native = _native(request)
        verdict = _verdict(native, _split_all(current_settings().trusted_origins))
        if verdict is None:
            token = _header_token(native, current_settings())
            given = native.form().get(FIELD_NAME, "") if token is None else token
            verdict = "" if native[CSRF_SECRET].accepts(given) else _NOTHING
        _refuse(native, verdict)
        return cast("Callable[..., Any]", view)(request, *args, **kwargs)

    return cast("V", calling)


def ensure_csrf_cookie(view: V) -> V:
    """Send the cookie with the answers of one view even if its page shows no token, for scripts that read it."""

    def make(request: Any) -> None:
        get_token(request)

    function = cast("Callable[..., Any]", view)
    layered = around(function, before=make)
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
            if _is_bare(request):
                return await _without_layer().answer_async(view, request, args, kwargs, ensures=True)
            return await layered(request, *args, **kwargs)

        return cast("V", awaiting)

    @wraps(function)
    def calling(request: Any, *args: object, **kwargs: object) -> Any:
        if _is_bare(request):
            return _without_layer().answer(view, request, args, kwargs, ensures=True)
        return layered(request, *args, **kwargs)

    return cast("V", calling)


def requires_csrf_token(view: V) -> V:
    """Let a view show a token that fits the visitor's cookie whatever happens, such as an error page.

    With `csrf_middleware` every view can; a draft that it has not seen gets the secret here.
    """

    def take(request: Any) -> None:
        if _is_bare(request):
            _without_layer().CsrfViewMiddleware(view).process_request(request)

    def send(request: Any, response: Any) -> Any:
        return (
            _without_layer().CsrfViewMiddleware(view).process_response(request, response)
            if _is_bare(request)
            else response
        )

    function = cast("Callable[..., Any]", view)
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
            take(request)
            return send(request, await function(request, *args, **kwargs))

        return cast("V", awaiting)

    @wraps(function)
    def calling(request: Any, *args: object, **kwargs: object) -> Any:
        take(request)
        return send(request, function(request, *args, **kwargs))

    return cast("V", calling)


def csrf_middleware(settings: SecuritySettings | None = None) -> Middleware:
    """Return the middleware that reads and sets the cookie."""
    options = SecuritySettings() if settings is None else settings

    def make(request: Request) -> CsrfSecret:
        return CsrfSecret(_sent(request, options))

    def after(request: Request, response: Response) -> Response:
        if not request.state.is_made(CSRF_SECRET) or not request[CSRF_SECRET].used:
            return response
        if options.csrf_use_sessions:
            kept = request[CSRF_SECRET].new_cookie()
            if kept is not None:
                _session(request)[SESSION_KEY] = kept
            return response
        response = response.with_vary("Cookie")
        value = request[CSRF_SECRET].new_cookie()
        return response if value is None else _with_cookie(request, response, value, options)

    return Inline(after=after, slots={CSRF_SECRET: make}, if_looked_into=True)


def csrf_guard(settings: SecuritySettings | None = None) -> Guard:
    """Return the guard that refuses requests from other sites' pages.

    It stands between routing and the view, because it has to know whether the view is exempt.
    """
    options = SecuritySettings() if settings is None else settings
    trusted = _split_all(options.trusted_origins)

    exempt = options.csrf_exempt_paths
    mark = object()

    async def by_token(request: Request) -> None:
        _refuse(request, "" if await _has_token(request, options) else _NOTHING)

    def guard(request: Request, view: object) -> Coroutine[Any, Any, None] | None:
        headers = request.headers
        if mark in headers.passed:
            return None  # nearly all of them
        if headers.get_raw(b"sec-fetch-site") == b"same-origin" and b"," not in (headers.get_raw(b"origin") or b""):
            headers.passed = (*headers.passed, mark)  # several origins would have a comma between them
            return None
        if request.method in _SAFE or getattr(view, "csrf_exempt", False) is True:
            return None
        if exempt and request.path.startswith(exempt):
            return None
        verdict = _verdict(request, trusted)
        if verdict is None:
            return by_token(request)
        _refuse(request, verdict)
        return None

    cast("Any", guard).unsafe_only = True
    return guard


def _verdict(request: Request, trusted: Sequence[tuple[str, str]]) -> str | None:
    """Return why the request is refused, nothing if it is not, None if the token has to decide."""
    if request.method in _SAFE:
        return ""
    allowed, reason = _judge_origin(request, trusted)
    return None if allowed is None else "" if allowed else reason


def _refuse(request: Request, reason: str) -> None:
    if reason:
        _log.warning("Refused %s %s: %s", request.method, ascii(request.path[:200]), reason)
        raise CsrfFailed


def _judge_origin(request: Request, trusted: Sequence[tuple[str, str]]) -> tuple[bool | None, str]:
    """Return whether the browser says that the request is ours, and why not; None if it says nothing."""
    headers = request.headers
    origins = headers.get_all("origin")
    if len(origins) > 1:
        return False, "it names more than one origin"
    origin = origins[0] if origins else None
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site in {"same-origin", "none"}:
            return True, ""
        return origin is not None and _is_trusted(origin, trusted), "it comes from another site"
    if origin is not None:
        return _is_ours(origin, request) or _is_trusted(origin, trusted), "its origin is another"
    referer = headers.get("referer")
    if referer is None:
        return None, ""
    origin = _origin_of(referer)
    return _is_ours(origin, request) or _is_trusted(origin, trusted), "its referrer is another"


def is_trusted(origin: str, origins: Sequence[str]) -> bool:
    """Tell whether ``origin`` is one of ``origins``, such as ``https://*.example.com``."""
    return _is_trusted(origin, _split_all(origins))


def same_origin(one: str, other: str) -> bool:
    """Tell whether two origins are the same, whether they name the port of their scheme or not."""
    return _split_origin(one) == _split_origin(other) != ("", "")


def _split_all(origins: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple([_split_origin(origin) for origin in origins])


def _is_ours(origin: str, request: Request) -> bool:
    return _split_origin(origin) == (request.scheme, _without_default_port(request.scheme, request.host))


def _is_trusted(origin: str, trusted: Sequence[tuple[str, str]]) -> bool:
    scheme, host = _split_origin(origin)
    return bool(host) and any(
        scheme == trusted_scheme
        and (host == pattern or (pattern.startswith("*.") and matches(host, (pattern[1:],)) and host != pattern[2:]))
        for trusted_scheme, pattern in trusted
    )


def _split_origin(origin: str) -> tuple[str, str]:
    scheme, separator, host = origin.lower().partition("://")
    return (scheme, _without_default_port(scheme, host)) if separator else ("", "")


def _without_default_port(scheme: str, host: str) -> str:
    return host.removesuffix(":443" if scheme == "https" else ":80")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


async def _has_token(request: Request, options: SecuritySettings) -> bool:
    token = _header_token(request, options)
    return request[CSRF_SECRET].accepts((await request.aform()).get(FIELD_NAME, "") if token is None else token)


def _header_token(request: Request, options: SecuritySettings) -> str | None:
    names = header_names(options)
    return next((token for name in names if (token := request.headers.get(name)) is not None), None)


def header_names(options: SecuritySettings) -> tuple[str, ...]:
    """Return the headers that may hold the token."""
    name = options.csrf_header_name
    return (name, "X-CSRFToken") if name == HEADER_NAME else (name,)


def current_settings() -> SecuritySettings:
    """Return those of the current application, or the defaults."""
    return find(SECURITY) or SecuritySettings()


def _is_bare(request: object) -> bool:
    """Tell whether ``request`` is a draft that no layer gave a secret."""
    return is_draft_request(request) and CSRF_SECRET not in request.state


def _without_layer() -> Any:
    from partita.security import csrf_view  # for drafts outside of an application's own layers; it knows this module

    return csrf_view


def _native(request: Any) -> Request:
    return request.seal() if is_draft_request(request) else cast("Request", request)


def _sent(request: Request, options: SecuritySettings) -> str | None:
    if not options.csrf_use_sessions:
        return request.cookies.get(options.csrf_cookie_name)
    kept = _session(request).get(SESSION_KEY)
    return kept if isinstance(kept, str) else None


def _session(request: Request) -> MutableMapping[str, object]:
    session = request.state.get_by_name("session")
    if not isinstance(session, MutableMapping):
        raise PolicyError(
            "csrf_use_sessions",
            "true",
            "a layer that gives requests a session, such as partita.sessions, outside of this one",
        )
    return session


def _with_cookie(request: Request, response: Response, value: str, options: SecuritySettings) -> Response:
    response = response.with_cookie(
        options.csrf_cookie_name,
        value,
        max_age=options.csrf_cookie_age,
        path=options.csrf_cookie_path,
        domain=options.csrf_cookie_domain,
        secure=request.is_secure if options.csrf_cookie_secure is None else options.csrf_cookie_secure,
        httponly=options.csrf_cookie_httponly,
        samesite=options.csrf_cookie_samesite,
    )
    control = response.headers.get("cache-control", "").lower()
    if "private" in control or "no-store" in control:
        return response
    # A shared cache that kept this answer would hand one visitor's secret to everybody.
    return response.with_header("Cache-Control", "private")
