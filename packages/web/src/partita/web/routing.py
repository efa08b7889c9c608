"""The innermost handler: from a request to its view."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from partita.http import Guard, Handler, MethodNotAllowed, NotFound, Request, Response
from partita.urls import NoMatch, RouteMiddleware, Router, WrongMethod
from partita.web.calling import Calls
from partita.web.keys import MATCH

__all__ = ("route_to_views",)


def route_to_views(
    router: Router, guards: Sequence[Guard], calls: Calls, *, append_slash: bool, protect: Callable[[Handler], Handler]
) -> Handler:
    """Return a handler that finds the view for a request, asks the guards, and calls it.

    Args:
        router: Finds views.
        guards: The first that answers keeps the view from running.
        calls: Calls views.
        append_slash: Whether a path that leads nowhere is redirected to the same with a slash, if that leads to a view.
        protect: Answers what a view raises, so that middleware of its route sees answers only.
    """
    uses_hosts = router.uses_hosts
    call = calls.call
    composed: dict[tuple[RouteMiddleware, ...], Handler] = {}

    async def call_view(request: Request) -> Response:
        return await call(request, request[MATCH])

    def within(around: tuple[RouteMiddleware, ...]) -> Handler:
        handler = protect(call_view)
        for middleware in reversed(around):
            handler = middleware(handler)
        composed[around] = handler
        return handler

    async def handle(request: Request) -> Response:
        try:
            match = router.match(request.path, request.method, request.host if uses_hosts else "")
        except NoMatch as error:
            if append_slash and not request.path.endswith("/"):
                host = request.host if uses_hosts else ""
                if router.is_valid_path(f"{request.path}/", request.method, host):
                    return _with_slash(request)
            raise NotFound() from error
        except WrongMethod as error:
            raise MethodNotAllowed(error.allowed) from error
        request.state.fill(MATCH, match)
        for guard in guards:
            response = await guard(request, match.view)
            if response is not None:
                return response
        around = match.middleware
        if around:
            return await (composed.get(around) or within(around))(request)
        return await call(request, match)

    return handle


def _with_slash(request: Request) -> Response:
    path = f"{quote(request.root_path)}{request.raw_path.decode('latin-1')}/"
    if path.startswith("//"):  # would be another host (CVE-2018-14574)
        path = f"/%2F{path[2:]}"
    if request.query_string:
        path = f"{path}?{request.query_string.decode('latin-1')}"
    return Response.redirect(path, permanent=True, preserve_method=request.method not in {"GET", "HEAD"})
