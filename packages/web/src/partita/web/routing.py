"""The innermost handler: from a request to its view."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any
from urllib.parse import quote

from partita.http import Guard, Handler, Hooks, MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.http.drafts import HttpResponseBase
from partita.http.handlers import URLCONF
from partita.http.websocket import WEBSOCKET
from partita.urls import Match, NoMatch, RouteMiddleware, Router, WrongMethod
from partita.web.calling import Calls
from partita.web.keys import MATCH
from partita.web.websockets import METHOD, call_websocket

__all__ = ("route_to_views",)


def route_to_views(
    router: Router,
    guards: Sequence[Guard],
    calls: Calls,
    *,
    append_slash: bool,
    protect: Callable[[Handler], Handler],
    hooks: Hooks | None = None,
    other_router: Callable[[object], Router] | None = None,
) -> Handler:
    """Return a handler that finds the view for a request, asks the guards, and calls it.

    Args:
        router: Finds views.
        guards: The first that answers keeps the view from running.
        calls: Calls views.
        append_slash: Whether a path that leads nowhere is redirected to the same with a slash, if that leads to a view.
        protect: Answers what a view raises, so that middleware of its route sees answers only.
        hooks: What layers do around the view; filled later.
        other_router: Makes the router for what middleware put into `URLCONF`.
    """
    call = calls.call
    around_views = Hooks() if hooks is None else hooks
    composed: dict[tuple[RouteMiddleware, ...], Handler] = {}

    async def answer(request: Request, match: Match) -> Response:
        if WEBSOCKET in request.state:
            return await call_websocket(request, match)
        if around_views.active:
            response = await _call_with_hooks(call, around_views, request, match)
        else:
            response = await call(request, match)
        if response.__class__ is not Response and isinstance(response, HttpResponseBase):
            return await _finished(request, response, around_views)
        return response

    async def call_view(request: Request) -> Response:
        return await answer(request, request[MATCH])

    def within(around: tuple[RouteMiddleware, ...]) -> Handler:
        handler = protect(call_view)
        for middleware in reversed(around):
            handler = middleware(handler)
        composed[around] = handler
        return handler

    async def handle(request: Request) -> Response:
        own = router
        state = request.state
        if URLCONF in state and other_router is not None and state[URLCONF] is not None:
            own = other_router(state[URLCONF])
        host = request.host if own.uses_hosts else ""
        try:
            method = METHOD if WEBSOCKET in state else request.method
            match = own.match(request.path, method, host)
        except NoMatch as error:
            if append_slash and not request.path.endswith("/"):
                found = _found(own, f"{request.path}/", request.method, host)
                if found is not None and getattr(found.view, "should_append_slash", True):
                    return _with_slash(request)
            raise NotFound() from error
        except WrongMethod as error:
            allowed = ("OPTIONS", *[method for method in error.allowed if method != METHOD])
            if METHOD in error.allowed and len(error.allowed) == 1:
                raise StatusError(426, "Connect to this with a WebSocket.", [("Upgrade", "websocket")]) from error
            if request.method == "OPTIONS":
                return Response.empty(204, {"Allow": ", ".join(sorted(set(allowed)))})
            raise MethodNotAllowed(allowed) from error
        state.fill(MATCH, match)
        for guard in guards:
            response = await guard(request, match.view)
            if response is not None:
                return response
        around = match.middleware
        if around:
            return await (composed.get(around) or within(around))(request)
        return await answer(request, match)

    return handle


async def _call_with_hooks(
    call: Callable[[Request, Match], Awaitable[Response]], hooks: Hooks, request: Request, match: Match
) -> Response:
    for hook in hooks.view:
        early = await _settled(hook(request, match.view, match.args, match.kwargs))
        if early is not None:
            return early  # type: ignore[no-any-return]
    try:
        return await call(request, match)
    except Exception as error:
        for hook in hooks.exception:
            instead = await _settled(hook(request, error))
            if instead is not None:
                return instead  # type: ignore[no-any-return]
        raise


async def _finished(request: Request, response: HttpResponseBase, hooks: Hooks) -> Response:
    """Render what is a template still, and seal it."""
    if getattr(response, "is_rendered", True) is False:
        for hook in hooks.template:
            response = await _settled(hook(request, response))
            if response is None:
                raise TypeError(f"{hook!r} returned None, not the response that it got or another")
        render: Any = getattr(response, "arender", None)
        response = await render() if render is not None else response
    return response.seal() if isinstance(response, HttpResponseBase) else response


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value


def _found(router: Router, path: str, method: str, host: str) -> Match | None:
    try:
        return router.match(path, method, host)
    except (NoMatch, WrongMethod):
        return None


def _with_slash(request: Request) -> Response:
    path = f"{quote(request.root_path)}{request.raw_path.decode('latin-1')}/"
    if path.startswith("//"):  # would be another host (CVE-2018-14574)
        path = f"/%2F{path[2:]}"
    if request.query_string:
        path = f"{path}?{request.query_string.decode('latin-1')}"
    return Response.redirect(path, permanent=True, preserve_method=request.method not in {"GET", "HEAD"})
