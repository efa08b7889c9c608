"""The check against cross-site request forgery as a middleware class over drafts, to be inherited or put around one view.

It is stricter than `csrf_guard`: whatever the browser says of a request's origin, the token has to come along as well. Names and order of
the checks are Django's, so classes that inherit from its `CsrfViewMiddleware` can inherit from this one.
"""

import html
import logging
from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Any
from urllib.parse import SplitResult, urlsplit

from partita.contracts.current import find
from partita.contracts.settings import DEBUG
from partita.http.drafts import HttpRequest, HttpResponse, UnreadablePostError
from partita.http.drafts.headers import HttpHeaders
from partita.http.errors import DisallowedHost
from partita.http.response import Response
from partita.security import csrf
from partita.security.csrf_tokens import (
    TOKEN_LENGTH,
    TokenFormatError,
    check_format,
    mask_secret,
    new_secret,
    token_fits,
    unmask_token,
)
from partita.security.errors import PolicyError, SecurityError
from partita.security.hosts import matches
from partita.security.settings import SecuritySettings

__all__ = (
    "REASON_BAD_ORIGIN",
    "REASON_BAD_REFERER",
    "REASON_CSRF_TOKEN_MISSING",
    "REASON_INSECURE_REFERER",
    "REASON_MALFORMED_REFERER",
    "REASON_NO_CSRF_COOKIE",
    "REASON_NO_REFERER",
    "CsrfViewMiddleware",
    "RejectRequest",
    "answer",
    "answer_async",
    "draft_token",
    "rotate_draft",
)

REASON_BAD_ORIGIN = "the origin %s is neither ours nor trusted."
REASON_NO_REFERER = "no referrer came along over HTTPS."
REASON_BAD_REFERER = "the referrer %s is neither ours nor trusted."
REASON_MALFORMED_REFERER = "the referrer cannot be read."
REASON_INSECURE_REFERER = "the referrer is a page without HTTPS, the request came over it."
REASON_NO_CSRF_COOKIE = "the CSRF cookie is missing."
REASON_CSRF_TOKEN_MISSING = "the CSRF token is missing."

_SECRET, _CHANGED, _DONE = "CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE", "csrf_processing_done"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_log = logging.getLogger("partita.security.csrf")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="none"><title>403 Forbidden</title></head>
<body><h1>Forbidden</h1>
<p>This request was refused, because it may come from another site. Reload the page and try again.</p>{reason}
</body></html>
"""


class RejectRequest(SecurityError):
    """A request does not pass a check.

    Args:
        reason: For the log, and for the developer.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CsrfViewMiddleware:
    """Refuses requests that change something unless they repeat the secret in the visitor's cookie or session.

    ``request.META["CSRF_COOKIE"]`` holds the secret while the request is answered.

    Args:
        get_response: The next one further in, sync or async.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        if get_response is None:
            raise ValueError("CsrfViewMiddleware needs a get_response to call")
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response) or iscoroutinefunction(type(get_response).__call__)

    def __call__(self, request: Any) -> Any:
        """Answer ``request``; gives something to await if ``get_response`` is async."""
        if self.async_mode:
            return self.__acall__(request)
        self.process_request(request)
        return self.process_response(request, self.get_response(request))

    async def __acall__(self, request: Any) -> Any:
        """Async twin of ``__call__``."""
        self.process_request(request)
        return self.process_response(request, await self.get_response(request))

    @property
    def settings(self) -> SecuritySettings:
        """Those of the current application."""
        return csrf.current_settings()

    @property
    def allowed_origins_exact(self) -> set[str]:
        """The trusted origins that are one each."""
        return {origin for origin in self.settings.trusted_origins if "*" not in origin}

    @property
    def allowed_origin_subdomains(self) -> dict[str, list[str]]:
        """The domains that are trusted with everything below them, by scheme."""
        found: dict[str, list[str]] = {}
        for origin in self.settings.trusted_origins:
            scheme, _, host = origin.partition("://")
            if host.startswith("*"):
                found.setdefault(scheme, []).append(host.lstrip("*"))
        return found

    def process_request(self, request: Any) -> None:
        """Take the secret from the cookie or the session; one that cannot be read gives way to a new one."""
        try:
            secret = self._get_secret(request)
        except TokenFormatError:
            request.META.update({_SECRET: new_secret(), _CHANGED: True})
        else:
            if secret is not None:
                request.META[_SECRET] = secret

    def process_view(
        self, request: Any, callback: Any, callback_args: Sequence[object], callback_kwargs: Mapping[str, object]
    ) -> Any:
        """Return the answer to a request that is refused, otherwise None."""
        if getattr(request, _DONE, False) or getattr(callback, "csrf_exempt", False):
            return None
        if request.method in _SAFE or getattr(request, "_dont_enforce_csrf_checks", False):
            return self._accept(request)
        if "HTTP_ORIGIN" in request.META:
            if not self._origin_verified(request):
                return self._reject(request, REASON_BAD_ORIGIN % request.META["HTTP_ORIGIN"])
        elif request.is_secure():
            try:
                self._check_referer(request)
            except RejectRequest as refusal:
                return self._reject(request, refusal.reason)
        try:
            self._check_token(request)
        except RejectRequest as refusal:
            return self._reject(request, refusal.reason)
        return self._accept(request)

    def process_response(self, request: Any, response: Any) -> Any:
        """Send the secret with an answer that shows a token or brings a new one."""
        if request.META.get(_CHANGED):
            self._set_csrf_cookie(request, response)
            request.META[_CHANGED] = False  # there may be another of this class around it
        return response

    # What classes that inherit from this one call and replace

    def _accept(self, request: Any) -> None:
        request.csrf_processing_done = True

    def _reject(self, request: Any, reason: str) -> Any:
        # What the browser sent stands in the reason: ascii() keeps it from forging lines in the log.
        shown = reason if reason.isprintable() and reason.isascii() else ascii(reason)
        path = request.path if request.path.isprintable() else ascii(request.path)
        _log.warning("Forbidden (%s): %s", shown[:500], path[:500], extra={"status_code": 403, "request": request})
        told = f"<p>{html.escape(reason[:500])}</p>" if find(DEBUG) else ""
        return HttpResponse(_PAGE.format(reason=told), status=403)

    def _get_secret(self, request: Any) -> str | None:
        if self.settings.csrf_use_sessions:
            found = _session(request).get(csrf.SESSION_KEY)
        else:
            found = request.COOKIES.get(self.settings.csrf_cookie_name)
        if found is None:
            return None
        check_format(str(found))
        return unmask_token(found) if len(found) == TOKEN_LENGTH else str(found)

    def _set_csrf_cookie(self, request: Any, response: Any) -> None:
        settings, secret = self.settings, request.META[_SECRET]
        if settings.csrf_use_sessions:
            session = _session(request)
            if session.get(csrf.SESSION_KEY) != secret:
                session[csrf.SESSION_KEY] = secret
            return
        secure = settings.csrf_cookie_secure
        response.set_cookie(
            settings.csrf_cookie_name,
            secret,
            max_age=settings.csrf_cookie_age,
            domain=settings.csrf_cookie_domain,
            path=settings.csrf_cookie_path,
            secure=bool(request.is_secure()) if secure is None else secure,
            httponly=settings.csrf_cookie_httponly,
            samesite=settings.csrf_cookie_samesite,
        )
        response.take_headers(response.head().with_vary("Cookie"))

    def _origin_verified(self, request: Any) -> bool:
        origin = request.META["HTTP_ORIGIN"]
        try:
            ours = f"{'https' if request.is_secure() else 'http'}://{request.get_host()}"
        except DisallowedHost:
            pass
        else:
            if csrf.same_origin(origin, ours):
                return True
        return csrf.is_trusted(origin, self.settings.trusted_origins)

    def _check_referer(self, request: Any) -> None:
        referer = request.META.get("HTTP_REFERER")
        if referer is None:
            raise RejectRequest(REASON_NO_REFERER)
        parts = _split(referer)
        if parts.scheme != "https":
            raise RejectRequest(REASON_INSECURE_REFERER)
        if csrf.is_trusted(f"https://{parts.netloc}", self.settings.trusted_origins):
            return
        domain = None if self.settings.csrf_use_sessions else self.settings.csrf_cookie_domain
        if domain is None:
            try:
                domain = request.get_host()
            except DisallowedHost:
                raise RejectRequest(REASON_BAD_REFERER % referer) from None
        elif request.get_port() not in {"443", "80"}:
            domain = f"{domain}:{request.get_port()}"
        if not matches(parts.netloc.lower(), (domain.lower(),)):
            raise RejectRequest(REASON_BAD_REFERER % referer)

    def _check_token(self, request: Any) -> None:
        try:
            secret = self._get_secret(request)
        except TokenFormatError as error:
            raise RejectRequest(f"CSRF cookie {error.reason}.") from error
        if secret is None:
            raise RejectRequest(REASON_NO_CSRF_COOKIE)
        given, source = self._given(request)
        try:
            fits = token_fits(given, secret)
        except TokenFormatError as error:
            raise RejectRequest(f"CSRF token from {source} {error.reason}.") from error
        if not fits:
            raise RejectRequest(f"CSRF token from {source} incorrect.")

    def _given(self, request: Any) -> tuple[str, str]:
        """Return the token that came with the request, and from where."""
        if request.method == "POST":
            try:
                given = request.POST.get(csrf.FIELD_NAME, "")
            except UnreadablePostError:
                given = ""  # nobody will read the answer
            if given:
                return given, "POST"
        for name in csrf.header_names(self.settings):
            field = HttpHeaders.to_wsgi_name(name)
            if request.META.get(field):
                return request.META[field], f"the {HttpHeaders.parse_header_name(field)!r} HTTP header"
        raise RejectRequest(REASON_CSRF_TOKEN_MISSING)


def draft_token(request: HttpRequest) -> str:
    """Return a token for the secret in ``META``, which is made if there is none."""
    meta = request.META
    if _SECRET not in meta:
        meta[_SECRET] = new_secret()
    meta[_CHANGED] = True
    return mask_secret(meta[_SECRET])


def rotate_draft(request: HttpRequest) -> None:
    """Put a new secret into ``META``."""
    request.META.update({_SECRET: new_secret(), _CHANGED: True})


def answer(
    view: Any, request: HttpRequest, args: Sequence[object], kwargs: Mapping[str, object], *, ensures: bool = False
) -> Any:
    """Return what ``view`` answers with `CsrfViewMiddleware` around it.

    Args:
        view: Sync.
        request: For it.
        args: For it.
        kwargs: For it.
        ensures: Whether nothing is refused and the cookie is sent in any case.
    """
    middleware = CsrfViewMiddleware(view)
    refused = _begun(middleware, view, request, args, kwargs, ensures)
    return middleware.process_response(request, view(request, *args, **kwargs) if refused is None else refused)


async def answer_async(
    view: Any, request: HttpRequest, args: Sequence[object], kwargs: Mapping[str, object], *, ensures: bool = False
) -> Any:
    """Async twin of `answer`."""
    middleware = CsrfViewMiddleware(view)
    answered = _begun(middleware, view, request, args, kwargs, ensures)
    if answered is None:
        answered = view(request, *args, **kwargs)
    return middleware.process_response(request, await answered if isawaitable(answered) else answered)


def _begun(
    middleware: CsrfViewMiddleware,
    view: Any,
    request: HttpRequest,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    ensures: bool,
) -> Response | None:
    middleware.process_request(request)
    if ensures:
        draft_token(request)
        return None
    refused: Response | None = middleware.process_view(request, view, args, kwargs)
    return refused


def _session(request: Any) -> Any:
    session = getattr(request, "session", None)
    if session is None:
        raise PolicyError(
            "csrf_use_sessions", "true", "a session of the request, which middleware outside of this one has to give it"
        )
    return session


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise RejectRequest(REASON_MALFORMED_REFERER) from None
    if "" in {parts.scheme, parts.netloc}:
        raise RejectRequest(REASON_MALFORMED_REFERER)
    return parts
