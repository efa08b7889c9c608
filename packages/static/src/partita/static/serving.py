"""Serving static files from within the application."""

from collections.abc import Callable
from pathlib import Path

from partita.http import Handler, MethodNotAllowed, Middleware, Request, Response, respond_to
from partita.http.inline import Inline
from partita.static.files import StaticFiles

__all__ = ("file_response", "serve_static")

# Made beside a file by `collectstatic` or a build tool; the smallest first.
_CODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOREVER = "public, max-age=31536000, immutable"  # RFC 8246


def serve_static(get_files: Callable[[], StaticFiles], max_age: int = 3600) -> Middleware:
    """Return a middleware that answers requests for static files and leaves all others alone.

    Args:
        get_files: Called once, when the middleware is put in its place.
        max_age: Seconds for which clients need not ask again; 0 makes them ask each time.
    """

    def wrap(handler: Handler) -> Handler:
        files = get_files()
        prefix = files.url
        if not prefix.startswith("/"):  # on another host, which is not ours to answer for
            return handler

        def serve(request: Request) -> Response | None:
            path = request.path
            if not path.startswith(prefix):
                return None
            found = files.find(path[len(prefix) :])
            if found is None:
                return None
            if request.method not in {"GET", "HEAD"}:
                raise MethodNotAllowed(["GET", "HEAD"])
            return file_response(request, files, path[len(prefix) :], found, max_age)

        return Inline(before=serve)(handler)

    return wrap


def file_response(request: Request, files: StaticFiles, name: str, path: Path, max_age: int) -> Response:
    """Answer with a file, or a compressed copy that lies beside it, or 304, or the ranges that are asked for."""
    response = Response.file(path)
    accepted = request.headers.get("accept-encoding", "")
    for coding, suffix in _CODINGS:
        # The same checks as for the file itself: a copy may be a link as well (CVE-2024-42367).
        copy = files.find(name + suffix)
        if copy is None or copy.stat().st_mtime < path.stat().st_mtime:  # a stale copy has the text of another day
            continue
        response = response.with_vary("Accept-Encoding")
        if _accepts(accepted, coding) and copy.parent == path.parent:
            kind = response.content_type
            response = Response.file(copy, content_type=kind).with_headers(
                {"content-encoding": coding, "vary": "Accept-Encoding"}
            )
            break
    caching = f"public, max-age={max_age}" if max_age else "no-cache"
    if files.is_immutable(name):
        caching = _FOREVER
    return respond_to(request, response.with_header("cache-control", caching))


def _accepts(header: str, coding: str) -> bool:
    for item in header.lower().split(","):
        name, _, parameters = item.partition(";")
        if name.strip() == coding:
            return parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
