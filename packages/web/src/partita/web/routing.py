"""The innermost handler: from a request to its view."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from inspect import isawaitable
from typing import Any, cast
from urllib.parse import quote

from partita.http import Guard, Handler, Hooks, MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.http.around import is_draft_response
from partita.http.handlers import ANSWERED, SAFE_METHODS, URLCONF
from partita.http.inline import ShortWay
from partita.http.state import Lazy
from partita.http.websocket import WEBSOCKET
from partita.urls import Match, NoMatch, RouteMiddleware, Router, WrongMethod, set_urlconf
from partita.urls.conditions import Conditions
from partita.urls.match import owned
from partita.web.calling import Calls, checked
from partita.web.failures import Failures
from partita.web.keys import MATCH
from partita.web.websockets import METHOD, call_websocket

__all__ = ("route_to_views",)

_REMEMBERED, _LONGEST = 1024, 200  # paths whose route is remembered, and characters of each: whoever asks chooses them
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

        handler: Handler = call_view
        answers = False  # whether what the view raises has become an answer
        for middleware in reversed(around):
            if not answers and not getattr(middleware, "sees_errors", False):
                handler, answers = failures.protect(handler), True
            handler = middleware(handler)
            own.take(handler)
        if not answers:
            handler = failures.protect(handler)
        composed[around] = handler
        return handler

    known, learn = calls.known, calls.learn
    for_safe = [guard for guard in guards if not getattr(guard, "unsafe_only", False)]

    seen: set[object] = set()

    def remember(own: Router, request: Request, function: Callable[..., Any], memo: dict[object, Any]) -> None:
        """Remember where a path leads once it has come twice: many come once only."""
        path, method = request.path, request.method
        key = path if method == "GET" else (method, path)
        if key in seen:
            if len(memo) >= _REMEMBERED:
                memo.clear()
            match = own.match(path, method)  # guards have got the other one, and may have changed it
            asking = for_safe if method in SAFE_METHODS else guards
            memo[key] = (match.view, function, Lazy(match.copy), match.kwargs, asking)
        elif len(path) <= _LONGEST:
            if len(seen) >= _REMEMBERED:
                seen.clear()
            seen.add(key)

    def begin(request: Request, is_looked_into: bool) -> Awaitable[Any] | None:
        """Call the view if it is known where the path leads: most requests are for few paths."""
        if around_views.active or (is_looked_into and request.state.has_any(_RARE)):
            return None
        method = request.method
        remembered = router.memo.get(request.path if method == "GET" else (method, request.path))
        if remembered is None:
            return None
        view, function, match, kwargs, asking = remembered
        request.note(MATCH, match)  # made if somebody reads it
        for guard in asking:
            asked = guard(request, view)
            if asked is not None:
                return guarded(request, asked, guard, view, partial(function, request, **kwargs))
        return function(request, **kwargs) if kwargs else function(request)  # type: ignore[no-any-return]

    async def guarded(
        request: Request, asked: Awaitable[Response | None], last: Guard, view: object, call: Callable[[], Any]
    ) -> Any:
        """Wait for a guard, ask those behind it, and call the view."""
        early = await asked
        asking = for_safe if request.method in SAFE_METHODS else guards
        for guard in asking[asking.index(last) + 1 :]:
            if early is None:
                waiting = guard(request, view)
                early = None if waiting is None else await waiting
        return await call() if early is None else early

    async def finish(request: Request, returned: object) -> Response:
        return await finished(request, checked(returned, request[MATCH]))

    async def handle(request: Request, own: Router = router) -> Response:
        try:
            method, host = request.method, ""
            rare = request.is_looked_into and request.state.has_any(_RARE)
            if rare:
                state = request.state
                if own is router and URLCONF in state and other_router is not None and state[URLCONF] is not None:
                    other = other_router(state[URLCONF])
                    set_urlconf(other)  # middleware reverses with it, too: whoever began the request ends this
                    if other is not router:
                        return await handle(request, other)
                if WEBSOCKET in state:
                    method = METHOD
            if own.uses_hosts:
                host = request.host
            try:
                match = owned(own.match(request.path, method, host))
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
                if own.is_steady(match):
                    remember(own, request, function, own.memo)
                response = await function(request, **match.kwargs)
            if response.__class__ is Response:
                return response
            return await finished(request, checked(response, match))
        except Exception as error:  # noqa: BLE001 - whatever a view raises is answered
            return await failures.answer(request, error)

    cast("Any", handle).short_way = ShortWay(begin, finish, failures.answer)
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
    if not is_draft_response(response):
        return response
    if request.is_looked_into and ANSWERED in request.state:
        request.state.fill(ANSWERED, response)
    return response.seal()


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
