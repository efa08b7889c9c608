"""The innermost handler: from a request to its view."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from typing import Any
from urllib.parse import quote

from partita.http import Guard, Handler, Hooks, MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.http.around import is_draft_response
from partita.http.handlers import SAFE_METHODS, URLCONF
from partita.http.websocket import WEBSOCKET
from partita.urls import Match, NoMatch, RouteMiddleware, Router, WrongMethod
from partita.urls.conditions import Conditions
from partita.urls.current import chosen_urlconf
from partita.web.calling import Calls, checked
from partita.web.failures import Failures
from partita.web.keys import MATCH
from partita.web.websockets import METHOD, call_websocket

__all__ = ("route_to_views",)

_RARE = frozenset({URLCONF, WEBSOCKET})


def route_to_views(
    router: Router,
    guards: Sequence[Guard],
    calls: Calls,
    *,
    append_slash: bool,
    failures: Failures,
    hooks: Hooks | None = None,
    other_router: Callable[[object], Router] | None = None,
) -> Handler:
    """Return a handler that finds the view for a request, asks the guards, and calls it.

    Args:
        router: Finds views.
        guards: The first that answers keeps the view from running.
        calls: Calls views.
        append_slash: Whether a path that leads nowhere is redirected to the same with a slash, if that leads to a view.
        failures: Answers what views raise, so that middleware sees answers only.
        hooks: What layers do around the view; filled later.
        other_router: Makes the router for what middleware put into `URLCONF`.
    """
    call = calls.call
    around_views = Hooks() if hooks is None else hooks
    composed: dict[tuple[RouteMiddleware, ...], Handler] = {}
    open_sockets: Counter[tuple[object, str]] = Counter()

    async def answer(request: Request, match: Match, closer: Sequence[Callable[..., Any]] = ()) -> Response:
        if WEBSOCKET in request.state:
            return await call_websocket(request, match, open_sockets)
        if around_views.active or closer:
            response = await _call_with_hooks(call, around_views, closer, request, match)
        else:
            response = await call(request, match)
        return await finished(request, response)

    async def finished(request: Request, response: Response) -> Response:
        if response.__class__ is not Response and is_draft_response(response):
            return await _finished(request, response, around_views)
        return response

    def within(around: tuple[RouteMiddleware, ...]) -> Handler:
        own = Hooks()

        async def call_view(request: Request) -> Response:
            return await answer(request, request[MATCH], own.exception)

        handler = failures.protect(call_view)
        for middleware in reversed(around):
            handler = middleware(handler)
            own.take(handler)
        composed[around] = handler
        return handler

    known, learn = calls.known, calls.learn
    for_safe = [guard for guard in guards if not getattr(guard, "unsafe_only", False)]

    # Everything that most requests need stands in this one coroutine: each further one costs as much as finding the route.
    async def handle(request: Request, own: Router = router) -> Response:
        try:
            method, host = request.method, ""
            rare = request.is_looked_into and request.state.has_any(_RARE)
            if rare:
                state = request.state
                if own is router and URLCONF in state and other_router is not None and state[URLCONF] is not None:
                    other = other_router(state[URLCONF])
                    with chosen_urlconf(other):
                        return await handle(request, other)
                if WEBSOCKET in state:
                    method = METHOD
            if own.uses_hosts:
                host = request.host
            try:
                match = own.match(request.path, method, host)
                around = match.middleware
                if around and around[0].__class__ is Conditions:
                    match = own.fitting(match, request, request.path, method, host)
                    around = match.middleware
            except (NoMatch, WrongMethod) as error:
                return _unmatched(own, request, host, error, append_slash=append_slash)
            request.note(MATCH, match)
            view = match.view
            for guard in for_safe if request.method in SAFE_METHODS else guards:
                asked = guard(request, view)
                early = None if asked is None else await asked
                if early is not None:
                    return early
            if around:
                return await (composed.get(around) or within(around))(request)
            if rare or around_views.active:
                return await answer(request, match)
            function, caller = known.get(view) or learn(view)
            if caller is not None:
                response = await caller(function, request, match)
            elif match.args:
                response = await function(request, *match.args, **match.kwargs)
            else:
                response = await function(request, **match.kwargs)
            if response.__class__ is Response:
                return response
            return await finished(request, checked(response, match))
        except Exception as error:  # noqa: BLE001 - whatever a view raises is answered
            return await failures.answer(request, error)

    return handle


def _unmatched(
    router: Router, request: Request, host: str, error: NoMatch | WrongMethod, *, append_slash: bool
) -> Response:
    """Answer a request that no route takes, if there is an answer but an error."""
    if isinstance(error, NoMatch):
        if append_slash and not request.path.endswith("/"):
            found = _found(router, f"{request.path}/", request.method, host)
            if found is not None and getattr(found.view, "should_append_slash", True):
                return _with_slash(request)
        raise NotFound() from error
    allowed = ("OPTIONS", *[method for method in error.allowed if method != METHOD])
    if METHOD in error.allowed and len(error.allowed) == 1:
        raise StatusError(426, "Connect to this with a WebSocket.", [("Upgrade", "websocket")]) from error
    if request.method == "OPTIONS":
        return Response.empty(204, {"Allow": ", ".join(sorted(set(allowed)))})
    raise MethodNotAllowed(allowed) from error


async def _call_with_hooks(
    call: Callable[[Request, Match], Awaitable[Response]],
    hooks: Hooks,
    closer: Sequence[Callable[..., Any]],
    request: Request,
    match: Match,
) -> Response:
    for hook in hooks.view:
        early = await _settled(hook(request, match.view, match.args, match.kwargs))
        if early is not None:
            return early  # type: ignore[no-any-return]
    try:
        return await call(request, match)
    except Exception as error:
        for hook in (*closer, *hooks.exception):
            instead = await _settled(hook(request, error))
            if instead is not None:
                return instead  # type: ignore[no-any-return]
        raise


async def _finished(request: Request, response: Response, hooks: Hooks) -> Response:
    """Render what is a template still, and seal it."""
    render: Any = getattr(response, "arender", None) or getattr(response, "render", None)
    if render is not None and not getattr(response, "is_rendered", False):
        for hook in hooks.template:
            response = await _settled(hook(request, response))
            if response is None:
                raise TypeError(f"{hook!r} returned None, not the response that it got or another")
        render = getattr(response, "arender", None) or getattr(response, "render", None)  # of what the hooks returned
        if render is not None:
            try:
                response = await _settled(render())
            except Exception as error:
                # A template fails as the view that chose it would have.
                for hook in hooks.exception:
                    instead = await _settled(hook(request, error))
                    if instead is not None:
                        return instead  # type: ignore[no-any-return]
                raise
    return response.seal() if is_draft_response(response) else response


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
