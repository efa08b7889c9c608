"""Gives each request its site, looked up when somebody asks."""

from collections.abc import Callable
from typing import Any

from partita.http import Handler, Request, Response
from partita.http.state import Slot
from partita.sites.current import RequestSite, get_current_site
from partita.sites.models import Site

__all__ = ("SITE", "CurrentSiteMiddleware", "with_site")

SITE = Slot[Site | RequestSite]("partita.sites.site")


def with_site(handler: Handler) -> Handler:
    """Return ``handler`` with the site in the slot `SITE`, that is ``request.state.site``, or ``request.site`` of drafts."""

    async def handle(request: Request) -> Response:
        request.state.fill_lazily(SITE, lambda: get_current_site(request))
        return await handler(request)

    return handle


class CurrentSiteMiddleware:
    """The same in Django's manner, for lists of middleware that name it: the site is ``request.site``.

    Args:
        get_response: The next one further in, sync or async.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        """Answer ``request``; gives something to await if ``get_response`` is async."""
        request.state.fill_lazily(SITE, lambda: get_current_site(request))
        return self.get_response(request)
