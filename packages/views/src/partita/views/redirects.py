"""Redirects that need no view: old addresses, declared among the routes."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from partita.http import Request, Response
from partita.urls import Route, path
from partita.views.shortcuts import resolve_url

__all__ = ("redirect_route",)

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PARAMETER = re.compile(r"<(?:[^>:]+:)?([^>]*)>")


def redirect_route(
    route: str,
    to: str,
    *,
    permanent: bool = True,
    keep_query: bool = False,
    kwargs: Mapping[str, object] | None = None,
    name: str | None = None,
) -> Route:
    """Declare a route that only leads elsewhere: ``redirect_route("cd/<int:pk>/", "shop:album")``.

    Args:
        route: See `path`.
        to: Name of a route that takes what this one captures, or an address with captured values in braces: ``/albums/{pk}/``.
        permanent: Whether clients and search engines may remember it for ever (301), or ask again (302). Requests that are
            no GET keep their method (308 and 307).
        keep_query: Whether the query goes along.
        kwargs: More values for ``to``.
        name: For `reverse`.

    Raises:
        PatternError: If the route makes no sense.
        ValueError: If ``to`` has a value in braces that the route does not capture.
    """
    more = dict(kwargs or {})
    missing = {*_NAME.findall(to)} - {*_PARAMETER.findall(route), *more}
    if missing:
        raise ValueError(f"{to!r} needs {', '.join(sorted(missing))}, which {route!r} does not capture")

    async def view(request: Request, **captured: Any) -> Response:
        values = {**captured, **more}
        target = _NAME.sub(lambda found: quote(str(values[found[1]]), safe=""), to)
        if "/" not in to:
            target = resolve_url(to, **values)
        if keep_query and request.query_string:
            address, mark, fragment = target.partition("#")
            query = request.query_string.decode("latin-1")
            target = f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}"
        unsafe = request.method not in {"GET", "HEAD"}
        return Response.redirect(target, permanent=permanent, preserve_method=unsafe)

    return path(route, _native(view), name=name)


def _native(view: Any) -> Any:
    view.takes_draft = False  # it wants the wire's request, also where views get drafts
    view.csrf_exempt = True  # it changes nothing, and the address that it leads to is protected itself
    return view
