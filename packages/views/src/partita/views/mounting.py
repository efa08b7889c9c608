"""Whole applications below a path: handlers of partita, and with `partita.http.foreign` those of WSGI and ASGI."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from partita.http import Request, Response
from partita.http.handlers import URLCONF
from partita.urls import Route, path

__all__ = ("mount",)


def mount(prefix: str, handler: Callable[[Request], Awaitable[Response]]) -> list[Route]:
    """Declare the routes of a whole application: ``[*mount("old/", wsgi_handler(old)), path(...)]``.

    It sees paths below ``prefix`` as its own, and where it is mounted in ``request.root_path``. The layers of the outer application stand
    around it, but not the check of CSRF tokens: a foreign application has its own. ``/old`` is redirected to ``/old/`` where the outer
    application appends slashes.

    Args:
        prefix: Without parameters, such as ``old/``.
        handler: Answers; an `App` does, too.

    Raises:
        ValueError: If the prefix is empty or has parameters.
    """
    stem = prefix.strip("/")
    if not stem or "<" in stem:
        raise ValueError(f"a mount needs a path without parameters, such as 'old/', not {prefix!r}")
    depth = stem.count("/") + 2

    async def view(request: Request, rest: str = "") -> Response:
        # The raw form may be escaped differently, so it is cut by parts.
        raw = b"/" + b"/".join(request.raw_path.split(b"/")[depth:])
        inner = replace(request, path=f"/{rest}", raw_path=raw, root_path=f"{request.root_path}/{stem}")
        chosen = request.state.get(URLCONF) if request.is_looked_into else None
        if chosen is None:
            return await handler(inner)
        # Both share their state, but the routes that were chosen for this application are not those of the other.
        request.state.fill(URLCONF, None)
        try:
            return await handler(inner)
        finally:
            request.state.fill(URLCONF, chosen)

    marked: Any = view
    marked.takes_draft, marked.csrf_exempt = False, True
    return [path(f"{stem}/<path:rest>", view), path(f"{stem}/", view)]
