"""Decorators that say which methods a view answers and what its answers carry; for sync and async views alike."""

import logging
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import WRAPPER_ASSIGNMENTS, partial, update_wrapper, wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http import MethodNotAllowed, Request, Response
from partita.http.around import afterwards, around, once_rendered
from partita.http.cache_control import CacheControl
from partita.http.drafts import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)

__all__ = (
    "cache_control",
    "gzip_page",
    "method_decorator",
    "never_cache",
    "no_append_slash",
    "on_loop",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "vary_on_cookie",
    "vary_on_headers",
    "with_draft",
)

V = TypeVar("V", bound=Callable[..., Any])

_log = logging.getLogger("partita.request")
_NEVER = CacheControl.never()
_DIRECTIVES = frozenset(CacheControl.__struct_fields__) - {"extensions"}


def require_http_methods(methods: Iterable[str]) -> Callable[[V], V]:
    """Let a view answer these methods only; others get 405, or another route that takes them.

    Args:
        methods: In capitals. ``GET`` does not bring ``HEAD`` here, so that a view may tell them apart.

    Raises:
        TypeError: If ``methods`` is one text, or the view itself.
        ValueError: If it is empty, so that nothing would ever be answered.
    """
    if isinstance(methods, str):
        raise TypeError(f"methods must be a list, such as [{methods!r}]")
    if callable(methods):
        raise TypeError("require_http_methods() takes the methods first: @require_http_methods(['GET', 'POST'])")
    allowed = tuple(methods)
    if not allowed:
        raise ValueError("methods is empty, so the view would never be called: give one at least, such as ['GET']")

    def check(request: Request | HttpRequest) -> Response | None:
        if request.method in allowed:
            return None
        if isinstance(request, HttpRequest):
            _log.warning("Method Not Allowed (%s): %r", request.method, request.path[:200])
            return HttpResponseNotAllowed(allowed)
        raise MethodNotAllowed(allowed)

    def decorate(view: V) -> V:
        decorated = around(view, before=check)
        cast("Any", decorated).http_methods = frozenset(allowed)
        return decorated

    return decorate


require_GET = require_http_methods(["GET"])
"""Let a view answer ``GET`` only."""
require_POST = require_http_methods(["POST"])
"""Let a view answer ``POST`` only."""
require_safe = require_http_methods(["GET", "HEAD"])
"""Let a view answer ``GET`` and ``HEAD`` only."""


def vary_on_headers(*names: str) -> Callable[[V], V]:
    """Tell caches that answers depend on these request headers.

    Raises:
        TypeError: If it gets anything but names, such as the view itself.
    """
    if not all(isinstance(name, str) for name in names):
        raise TypeError("vary_on_headers() takes the names of headers: @vary_on_headers('Accept-Language')")
    return lambda view: around(view, after=lambda response: response.with_vary(*names))


vary_on_cookie = vary_on_headers("Cookie")
"""Tell caches that answers depend on cookies."""


def cache_control(*misplaced: object, **directives: Any) -> Callable[[V], V]:
    """Add to ``Cache-Control`` (RFC 9111, section 5.2); where the view says something else, the stricter holds.

    Args:
        directives: With underscores for hyphens: ``max_age=60, private=True``; False leaves one out. ``no_cache`` and ``private`` may
            name the fields that they are about, as ``no_cache="Set-Cookie"``.

    Raises:
        TypeError: If anything stands there without a name, such as the view itself.
    """
    if misplaced:
        raise TypeError("cache_control() takes directives by name: @cache_control(max_age=60)")
    known = {
        name: _fields(value) if name in {"no_cache", "private"} else value
        for name, value in directives.items()
        if name in _DIRECTIVES and value is not False
    }
    others = tuple(
        (name.replace("_", "-"), None if value is True else str(value))
        for name, value in directives.items()
        if name not in _DIRECTIVES and value is not False
    )
    control = CacheControl(**known, extensions=others)

    def add(response: Response) -> Response:
        return response.with_cache_control(control) if directives else response

    return lambda view: around(view, after=add, name="cache_control")


def _fields(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(","))
    return value if isinstance(value, bool) else tuple(value)


def never_cache(view: V) -> V:
    """Keep every cache from storing the answers."""
    return around(view, after=_uncacheable, name="never_cache")


def gzip_page(view: V) -> V:
    """Compress the answers of one view, in an application that does not compress all."""
    from partita.http.codings import available
    from partita.http.compression import Compression, compressed, compressed_now

    options = Compression(codings=available())

    def finish(request: Any, returned: object) -> Any:
        def compress(response: Response) -> Response:
            return _taken(response, compressed_now(_native(request), response, options))

        return afterwards(returned, lambda response: once_rendered(response, compress))

    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
            response = await view(request, *args, **kwargs)
            if not isinstance(response, Response) or not getattr(response, "is_rendered", True):
                return finish(request, response)
            return _taken(response, await compressed(_native(request), response, options))

        return cast("V", awaiting)

    @wraps(view)
    def calling(request: Any, *args: object, **kwargs: object) -> Any:
        return finish(request, view(request, *args, **kwargs))

    return cast("V", calling)


def no_append_slash(view: V) -> V:
    """Keep the application from redirecting to this view a path that lacks its slash."""
    decorated = around(view)
    cast("Any", decorated).should_append_slash = False
    return decorated


def on_loop(view: V) -> V:
    """Run a sync view on the event loop instead of in a thread.

    Saves the way to the thread. Queries do not block the loop, since they are awaited beneath the view; anything else that
    takes long (another library's network calls, long computations) does.
    """
    cast("Any", view).runs_on_loop = True
    return view


def with_draft(view: V) -> V:
    """Give a view Django's `HttpRequest`, in an application whose views otherwise get a `Request`."""
    cast("Any", view).takes_draft = True
    return view


def method_decorator(decorator: Any, name: str = "") -> Callable[[Any], Any]:
    """Make a decorator of functions fit for a method, which has ``self`` before the request.

    Args:
        decorator: One, or several of which the first stands outermost.
        name: If a class is decorated, its method that is meant, such as ``"dispatch"``.

    Raises:
        ValueError: At the decoration, if the class has no such method.
        TypeError: If the decorators have no order, as those of a set; at the decoration, if that is no method.
    """
    if isinstance(decorator, AbstractSet):
        raise TypeError(f"several decorators need an order: give a list, not a {type(decorator).__name__}")

    def decorate(target: Any) -> Any:
        if not isinstance(target, type):
            return _on_method(decorator, target)
        method = getattr(target, name, None) if name else None
        if method is None:
            raise ValueError(
                "The keyword argument `name` must be the name of a method of the decorated class: "
                f"{target}. Got '{name}' instead."
            )
        if not callable(method):
            raise TypeError(f"Cannot decorate '{name}' as it isn't a callable attribute of {target} ({method}).")
        setattr(target, name, _on_method(decorator, method))
        return target

    label = getattr(decorator, "__name__", None) or type(decorator).__name__
    decorate.__name__ = f"method_decorator({label})"
    return decorate


def _on_method(decorator: Any, method: Callable[..., Any]) -> Callable[..., Any]:
    decorators = list(decorator)[::-1] if hasattr(decorator, "__iter__") else [decorator]

    def bound_to(self: Any) -> Callable[..., Any]:
        # A partial has room for the attributes that decorators set; a bound method has none.
        bound: Any = partial(method.__get__(self, type(self)))
        if iscoroutinefunction(method):

            async def awaiting(*args: Any, **kwargs: Any) -> Any:
                return await method(self, *args, **kwargs)

            bound = awaiting
        update_wrapper(bound, method, [each for each in WRAPPER_ASSIGNMENTS if hasattr(method, each)])
        for each in decorators:
            bound = each(bound)
        return cast("Callable[..., Any]", bound)

    def calling(self: Any, *args: Any, **kwargs: Any) -> Any:
        return bound_to(self)(*args, **kwargs)

    async def awaiting_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await bound_to(self)(*args, **kwargs)

    wrapper: Any = awaiting_call if iscoroutinefunction(method) else calling
    for each in decorators:
        _copy_attributes(each, wrapper)
    return update_wrapper(wrapper, method)


def _copy_attributes(decorator: Callable[..., Any], wrapper: Any) -> None:
    """Give ``wrapper`` the attributes that ``decorator`` sets, which applications look for before they call."""

    def blank(*args: Any, **kwargs: Any) -> None:
        return None

    wrapper.__dict__.update(getattr(decorator(blank), "__dict__", {}))
    wrapper.__dict__.pop("__wrapped__", None)


def _native(request: Request | HttpRequest) -> Request:
    return request.seal() if isinstance(request, HttpRequest) else request


def _taken(given: Response, compressed: Response) -> Response:
    """Let a draft be compressed itself, so that whoever stands outside gets what the view made."""
    if compressed is given or not isinstance(given, HttpResponseBase):
        return compressed
    given.take_headers(compressed)
    if isinstance(given, HttpResponse):
        given.content = compressed.body
    elif isinstance(given, StreamingHttpResponse) and given.body is not compressed.body:
        given.streaming_content = cast("Any", compressed.body)
    return given


def _uncacheable(response: Response) -> Response:
    if "expires" not in response.headers:
        from time import time

        from partita.http.dates import format_date

        response = response.with_header("expires", format_date(time()))
    return response.with_cache_control(_NEVER)
