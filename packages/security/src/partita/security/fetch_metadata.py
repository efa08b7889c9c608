"""Resource isolation by what browsers say of a request (W3C Fetch Metadata): other sites may link here, and nothing else."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from partita.http.errors import Forbidden
from partita.http.handlers import Guard, Middleware
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("fetch_metadata_exempt", "fetch_metadata_guard", "fetch_metadata_middleware", "is_isolated")

V = TypeVar("V", bound=Callable[..., Any])

_log = logging.getLogger("partita.security.fetch_metadata")
_SEEN = ("Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site")
_OWN = frozenset({"same-origin", "same-site", "none"})
_FRAMES = frozenset({"object", "embed", "iframe", "frame", "fencedframe"})


def fetch_metadata_exempt(view: V) -> V:
    """Let other sites load what this view answers, such as an image or an interface with CORS."""
    cast("Any", view).fetch_metadata_exempt = True
    return view


def fetch_metadata_guard(*, allow_same_site: bool = True, exempt_paths: Iterable[str] = ()) -> Guard:
    """Return the guard that refuses what other sites' pages load from here without having to.

    It stops cross-site leaks, speculative execution attacks and the embedding of answers that were not meant for it. What
    names no site comes from an old browser or from a script, and passes.

    Args:
        allow_same_site: Whether other hosts of the same domain are ours.
        exempt_paths: Beginnings of paths that anybody may load.
    """
    prefixes = tuple(exempt_paths)

    async def guard(request: Request, view: object) -> Response | None:
        if getattr(view, "fetch_metadata_exempt", False) is True or (prefixes and request.path.startswith(prefixes)):
            return None
        if is_isolated(request, allow_same_site=allow_same_site):
            return None
        _log.warning("Refused %s %s: another site's page asked", request.method, ascii(request.path[:200]))
        raise Forbidden("Other sites may link to this page, but not load it.")

    return guard


def fetch_metadata_middleware() -> Middleware:
    """Return the middleware that tells caches what the guard looks at, so that none hands an answer to whom it would refuse."""
    return Inline(after=lambda request, response: response.with_vary(*_SEEN))


def is_isolated(request: Request, *, allow_same_site: bool = True) -> bool:
    """Tell whether the request comes from our own pages, from nobody's, or by a plain link."""
    headers = request.headers
    site = headers.get("sec-fetch-site")
    if site is None or site in {"same-origin", "none"} or (allow_same_site and site in _OWN):
        return True
    if request.method == "OPTIONS" and "access-control-request-method" in headers:
        return True  # a preflight, which CORS answers
    navigates = headers.get("sec-fetch-mode") == "navigate" and request.method in {"GET", "HEAD"}
    return navigates and headers.get("sec-fetch-dest", "document") not in _FRAMES
