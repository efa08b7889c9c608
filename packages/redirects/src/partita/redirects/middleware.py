"""Follows redirects where nothing else answers."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from partita.contracts import current
from partita.contracts.key import Key
from partita.http import Handler, Request, Response
from partita.http.drafts import HttpRequest, HttpResponseGone, HttpResponsePermanentRedirect
from partita.http.handlers import Middleware
from partita.redirects.errors import SetupError
from partita.redirects.models import LONGEST_PATH, Redirect
from partita.sites import SITES_SETTINGS, Site, aget_current_site

__all__ = (
    "REDIRECTS_SETTINGS",
    "RedirectFallbackMiddleware",
    "RedirectsSettings",
    "gone",
    "moved",
    "redirect_fallback",
)


class RedirectsSettings(msgspec.Struct, frozen=True):
    """The section ``[redirects]`` of the settings.

    Args:
        append_slash: Whether a path without a slash at its end is also looked up with one.
    """

    append_slash: bool = True


REDIRECTS_SETTINGS = Key[RedirectsSettings]("partita.redirects.settings")


def moved(request: Request, path: str) -> Response:
    """Answer 301: clients and search engines may remember it."""
    return Response.redirect(path, permanent=True)


def gone(request: Request) -> Response:
    """Answer 410: the path is gone for good."""
    return Response.text("Gone.", 410)


def redirect_fallback(
    settings: RedirectsSettings | None = None,
    *,
    redirect: Callable[[Request, str], Response] = moved,
    disappear: Callable[[Request], Response] = gone,
) -> Middleware:
    """Return the middleware that looks a path up where the answer would be 404.

    Args:
        settings: Defaults if None.
        redirect: Answers with the new path.
        disappear: Answers where the new path is empty.
    """
    options = RedirectsSettings() if settings is None else settings

    def middleware(handler: Handler) -> Handler:
        async def with_redirects(request: Request) -> Response:
            response = await handler(request)
            if response.status != 404:
                return response
            found = await _find(request, options.append_slash)
            if found is None:
                return response
            return redirect(request, found.new_path) if found.new_path else disappear(request)

        return with_redirects

    return middleware


class RedirectFallbackMiddleware:
    """The same in Django's manner, for those who answer otherwise by a class of their own.

    Args:
        get_response: The next one further in.

    Raises:
        SetupError: If the application has no sites in the database.
    """

    sync_capable: ClassVar[bool] = False
    async_capable: ClassVar[bool] = True
    response_gone_class: type[Any] = HttpResponseGone
    """Made without arguments where the new path is empty."""
    response_redirect_class: type[Any] = HttpResponsePermanentRedirect
    """Made of the new path."""

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[Any]]) -> None:
        if current.find(SITES_SETTINGS) is None:
            raise SetupError(
                "You cannot use RedirectFallbackMiddleware when partita.sites is not installed. Add it to the application's "
                "apps."
            )
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> Any:
        """Answer ``request``."""
        response = await self.get_response(request)
        if response.status_code != 404:
            return response
        settings = current.find(REDIRECTS_SETTINGS) or RedirectsSettings()
        found = await _find(request.seal(), settings.append_slash)
        if found is None:
            return response
        return self.response_redirect_class(found.new_path) if found.new_path else self.response_gone_class()


async def _find(request: Request, append_slash: bool) -> Redirect | None:
    paths = [path for path in _paths(request, append_slash) if len(path) <= LONGEST_PATH]
    if not paths:
        return None  # no redirect is that long, so the database need not be asked
    try:
        site = await aget_current_site(request)
    except Site.DoesNotExist:
        return None
    if not isinstance(site, Site):
        return None
    found = {row.old_path: row async for row in Redirect.objects.filter(site=site, old_path__in=paths)}
    return next((found[path] for path in paths if path in found), None)


def _paths(request: Request, append_slash: bool) -> list[str]:
    """Return the path and query as they came, then with a slash after the path."""
    path = quote(request.root_path) + request.raw_path.decode("latin-1")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    paths = [path + query]
    if append_slash and not path.endswith("/"):
        paths.append(f"{path}/{query}")
    return paths
