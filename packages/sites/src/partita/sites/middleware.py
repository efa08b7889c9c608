"""Gives each request its site, looked up when somebody asks."""

from partita.http import Handler, Request, Response
from partita.http.state import Slot
from partita.sites.current import RequestSite, get_current_site
from partita.sites.models import Site

__all__ = ("SITE", "with_site")

SITE = Slot[Site | RequestSite]("partita.sites.site")


def with_site(handler: Handler) -> Handler:
    """Return ``handler`` with the site in the slot `SITE`, that is ``request.state.site``, or ``request.site`` of drafts."""

    async def handle(request: Request) -> Response:
        request.state.fill_lazily(SITE, lambda: get_current_site(request))
        return await handler(request)

    return handle
