"""One view, several forms of its answer: chosen by the address or by what the client takes."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import TypeVar

from partita.http import NotAcceptable, NotFound, Request, Response
from partita.http.around import changed
from partita.http.drafts import HttpRequest

__all__ = ("MEDIA_TYPES", "arespond_by_format", "respond_by_format")

R = TypeVar("R")

MEDIA_TYPES: Mapping[str, str] = {
    "atom": "application/atom+xml",
    "csv": "text/csv",
    "html": "text/html",
    "ics": "text/calendar",
    "js": "text/javascript",
    "json": "application/json",
    "pdf": "application/pdf",
    "rss": "application/rss+xml",
    "txt": "text/plain",
    "xml": "application/xml",
    "yaml": "application/yaml",
}
"""The names that `respond_by_format` knows; what has a slash is a media type itself."""


def respond_by_format(
    request: Request | HttpRequest, formats: Mapping[str, Callable[[], Response]], extension: str | None = None
) -> Response:
    """Answer in the form that the address names, or that the client wants most; the first of ``formats`` if it does not mind.

    Such as ``respond_by_format(request, {"html": lambda: render(request, "album.html"), "json": lambda: Response.json(album)})``.

    Args:
        request: Its ``Accept`` decides if the address does not.
        formats: Functions without arguments, by a name of `MEDIA_TYPES` or by media type.
        extension: What a route captured, as in ``album.<str:extension>``; empty for none. By default the last part of the path is
            looked at: ``/albums/7.json``.

    Raises:
        NotFound: If the address names a form that there is not.
        NotAcceptable: If the client takes none of them.
    """
    chosen, by_client = _choose(request, formats, extension)
    response = formats[chosen]()
    return changed(response, lambda head: head.with_vary("Accept")) if by_client else response


async def arespond_by_format(
    request: Request | HttpRequest,
    formats: Mapping[str, Callable[[], Response | Awaitable[Response]]],
    extension: str | None = None,
) -> Response:
    """Async twin of `respond_by_format`; its functions may be async."""
    chosen, by_client = _choose(request, formats, extension)
    made = formats[chosen]()
    response = await made if isawaitable(made) else made
    return changed(response, lambda head: head.with_vary("Accept")) if by_client else response


def _choose(request: Request | HttpRequest, formats: Mapping[str, object], extension: str | None) -> tuple[str, bool]:
    named = extension
    if extension is None:
        named = (request.path or "").rpartition("/")[2].rpartition(".")[2] if "." in (request.path or "") else ""
        named = named if named in MEDIA_TYPES else ""
    if named:
        if named not in formats:
            raise NotFound(f"This is not to be had as {named[:20]!r}.")
        return named, False
    types = {MEDIA_TYPES.get(name, name): name for name in formats}
    wire = request.seal() if isinstance(request, HttpRequest) else request
    kind = wire.prefers(types)
    if kind is None:
        raise NotAcceptable(f"This is to be had as {', '.join(types)}.", [("Vary", "Accept")])
    return types[kind], True
