"""Decorators that say which methods a view answers and what its answers carry; for sync and async views alike."""

from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http import MethodNotAllowed, Request, Response

__all__ = (
    "cache_control",
    "never_cache",
    "on_loop",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "vary_on_cookie",
    "vary_on_headers",
)

V = TypeVar("V", bound=Callable[..., Any])


def require_http_methods(methods: Iterable[str]) -> Callable[[V], V]:
    """Let a view answer these methods only; others get 405, or another route that takes them.

    Args:
        methods: In capitals. ``GET`` does not bring ``HEAD`` here, so that a view may tell them apart.
    """
    if isinstance(methods, str):
        raise TypeError(f"methods must be a list, such as [{methods!r}]")
    allowed = frozenset(methods)

    def check(request: Request) -> None:
        if request.method not in allowed:
            raise MethodNotAllowed(allowed)

    def decorate(view: V) -> V:
        decorated = _around(view, before=check)
        cast("Any", decorated).http_methods = allowed
        return decorated

    return decorate


require_GET = require_http_methods(["GET"])
"""Let a view answer ``GET`` only."""
require_POST = require_http_methods(["POST"])
"""Let a view answer ``POST`` only."""
require_safe = require_http_methods(["GET", "HEAD"])
"""Let a view answer ``GET`` and ``HEAD`` only."""


def vary_on_headers(*names: str) -> Callable[[V], V]:
    """Tell caches that answers depend on these request headers."""
    return lambda view: _around(view, after=lambda response: response.with_vary(*names))


vary_on_cookie = vary_on_headers("Cookie")
"""Tell caches that answers depend on cookies."""


def cache_control(**directives: bool | int | str) -> Callable[[V], V]:
    """Set ``Cache-Control`` (RFC 9111, section 5.2).

    Args:
        directives: With underscores for hyphens: ``max_age=60, private=True``; False leaves one out.
    """
    value = ", ".join(
        name.replace("_", "-") if given is True else f"{name.replace('_', '-')}={given}"
        for name, given in directives.items()
        if given is not False
    )
    return lambda view: _around(view, after=lambda response: response.with_header("Cache-Control", value))


def never_cache(view: V) -> V:
    """Keep every cache from storing the answers."""
    value = "max-age=0, no-cache, no-store, must-revalidate, private"
    return _around(view, after=lambda response: response.with_header("Cache-Control", value))


def on_loop(view: V) -> V:
    """Run a sync view on the event loop instead of in a thread.

    Saves the way to the thread. Queries do not block the loop, since they are awaited beneath the view; anything else that
    takes long (another library's network calls, long computations) does.
    """
    cast("Any", view).runs_on_loop = True
    return view


def _around(
    view: V,
    before: Callable[[Request], None] | None = None,
    after: Callable[[Response], Response] | None = None,
) -> V:
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Request, *args: object, **kwargs: object) -> Response:
            if before is not None:
                before(request)
            response = await cast("Callable[..., Awaitable[Response]]", view)(request, *args, **kwargs)
            return response if after is None else after(response)

        return cast("V", awaiting)

    @wraps(view)
    def calling(request: Request, *args: object, **kwargs: object) -> Response:
        if before is not None:
            before(request)
        response = view(request, *args, **kwargs)
        return response if after is None else after(response)

    return cast("V", calling)
