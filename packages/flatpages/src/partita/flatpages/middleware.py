"""Shows flat pages where nothing else answers."""

from partita.flatpages.views import flatpage
from partita.http import Handler, NotFound, Request, Response

__all__ = ("flatpage_fallback",)


def flatpage_fallback(handler: Handler) -> Handler:
    """Return ``handler`` with a page of the current site in place of an answer with 404, if there is a page for the path."""

    async def with_flatpages(request: Request) -> Response:
        response = await handler(request)
        if response.status != 404:
            return response
        try:
            return await flatpage(request, request.path)
        except NotFound:
            return response

    return with_flatpages
