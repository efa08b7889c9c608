"""Middleware in Django's manner: a factory that gets ``get_response`` and returns what takes a draft and gives a draft.

`adapt` makes a layer of an application of it. Middleware that is not async runs on the event loop beneath the bridge, so that the
waiting of ``get_response(request)`` and of queries is awaited; anything else in it that blocks, blocks the loop.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import isawaitable, iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.bridge import active, run, wait
from partita.http import Handler, Middleware, Request, Response
from partita.http.drafts import HttpRequest, HttpResponseBase
from partita.http.drafts.conversion import draft_response
from partita.http.handlers import ANSWERED, MiddlewareNotUsed
from partita.views.errors import ViewConfigurationError

__all__ = (
    "MiddlewareMixin",
    "MiddlewareNotUsed",
    "adapt",
    "async_only_middleware",
    "decorator_from_middleware",
    "decorator_from_middleware_with_args",
    "make_middleware_decorator",
    "sync_and_async_middleware",
    "sync_only_middleware",
)

V = TypeVar("V", bound=Callable[..., Any])
F = TypeVar("F", bound=Callable[..., Any])
_HOOKS = ("process_view", "process_exception", "process_template_response")


def sync_only_middleware(factory: F) -> F:
    """Mark a factory whose middleware wants a plain ``get_response``; the default."""
    return _marked(factory, sync=True, asynchronous=False)


def async_only_middleware(factory: F) -> F:
    """Mark a factory whose middleware wants an async ``get_response``."""
    return _marked(factory, sync=False, asynchronous=True)


def sync_and_async_middleware(factory: F) -> F:
    """Mark a factory that looks at the ``get_response`` it gets, and makes middleware of the same kind."""
    return _marked(factory, sync=True, asynchronous=True)


class MiddlewareMixin:
    """Base of middleware with ``process_request(request)`` and ``process_response(request, response)``, sync or async.

    Args:
        get_response: The next one further in.

    Raises:
        ValueError: If there is none.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        if get_response is None:
            raise ValueError("get_response must be provided.")
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response) or iscoroutinefunction(type(get_response).__call__)
        super().__init__()

    def __call__(self, request: Any) -> Any:
        """Answer ``request``; gives something to await if ``get_response`` is async."""
        if self.async_mode:
            return self.__acall__(request)
        process: Any = getattr(self, "process_request", None)
        response = process(request) if process is not None else None
        response = response or self.get_response(request)
        process = getattr(self, "process_response", None)
        return process(request, response) if process is not None else response

    async def __acall__(self, request: Any) -> Any:
        """Async twin of ``__call__``."""
        response = await _settled(getattr(self, "process_request", _nothing)(request))
        response = response or await self.get_response(request)
        process: Any = getattr(self, "process_response", None)
        return await _settled(process(request, response)) if process is not None else response

    def __repr__(self) -> str:
        inner = getattr(self.get_response, "__qualname__", type(self.get_response).__name__)
        return f"<{type(self).__qualname__} get_response={inner}>"


def adapt(factory: Callable[[Any], Any]) -> Middleware:
    """Return middleware for ``App(middleware=[...])`` that has a factory in Django's manner in it.

    Args:
        factory: A class or function; `sync_only_middleware` and its siblings (or ``sync_capable`` and ``async_capable``) say what
            it can do. What it makes may have ``process_view``, ``process_exception`` and ``process_template_response``.

    Raises:
        ViewConfigurationError: If the factory can do neither, or makes nothing.
    """
    sync, asynchronous = getattr(factory, "sync_capable", True), getattr(factory, "async_capable", False)
    name = getattr(factory, "__qualname__", repr(factory))
    if not sync and not asynchronous:
        raise ViewConfigurationError(
            f"Middleware {name} must have at least one of sync_capable/async_capable set to True."
        )

    def middleware(handler: Handler) -> Handler:
        async def next_async(request: Any) -> HttpResponseBase:
            with _Answered(_wire(request)) as answered:
                return answered.draft(await handler(answered.request))

        def next_sync(request: Any) -> HttpResponseBase:
            with _Answered(_wire(request)) as answered:
                return answered.draft(wait(handler(answered.request)))

        made = factory(next_async if asynchronous else next_sync)
        if made is None:
            raise ViewConfigurationError(f"Middleware factory {name} returned None.")
        return cast("Handler", _Adapted(made, name))

    middleware.__name__, middleware.__qualname__ = getattr(factory, "__name__", name), name
    return middleware


class _Adapted:
    """What an application calls; turns requests into drafts."""

    def __init__(self, made: Any, name: str) -> None:
        self._made, self._name = made, name
        for hook in _HOOKS:
            own = getattr(made, hook, None)
            if own is not None:
                setattr(self, hook, _with_draft(own))

    async def __call__(self, request: Request) -> Response:
        """Answer ``request``."""
        answered = await _beneath(self._made, HttpRequest.of(request))
        if not isinstance(answered, Response):
            raise ViewConfigurationError(
                f"Middleware {self._name} returned {type(answered).__qualname__}, not a response."
            )
        return answered


class _Answered:
    """Asks for the draft itself that the view answers with, which may be a template's response with its context."""

    __slots__ = ("_outermost", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self._outermost = ANSWERED not in request.state

    def __enter__(self) -> "_Answered":
        self.request.state.fill(ANSWERED, None)
        return self

    def draft(self, response: Response) -> HttpResponseBase:
        return draft_response(response, self.request.state[ANSWERED])

    def __exit__(self, *error: object) -> None:
        if self._outermost:  # such a response knows its request: together they would wait for the garbage collector
            self.request.state.fill(ANSWERED, None)


def decorator_from_middleware(middleware_class: Callable[..., Any]) -> Callable[[V], V]:
    """Return a decorator that puts a middleware around one view."""
    return make_middleware_decorator(middleware_class)()


def decorator_from_middleware_with_args(middleware_class: Callable[..., Any]) -> Callable[..., Callable[[V], V]]:
    """Return a function that takes more arguments of the middleware and returns a decorator."""
    return make_middleware_decorator(middleware_class)


def make_middleware_decorator(middleware_class: Callable[..., Any]) -> Callable[..., Callable[[V], V]]:
    """See `decorator_from_middleware_with_args`."""

    def with_arguments(*given: Any, **named: Any) -> Callable[[V], V]:
        def decorate(view: V) -> V:
            middleware = middleware_class(view, *given, **named)
            hooks = _ViewHooks(middleware)
            if iscoroutinefunction(view):

                @wraps(view)
                async def awaiting(request: Any, *args: Any, **kwargs: Any) -> Any:
                    early = await _settled(hooks.before(request, view, args, kwargs))
                    if early is not None:
                        return early
                    try:
                        response = await view(request, *args, **kwargs)
                    except Exception as error:
                        response = await _settled(hooks.exception(request, error))
                        if response is None:
                            raise
                        return response
                    return await _settled(hooks.after(request, response))

                return cast("V", awaiting)

            @wraps(view)
            def calling(request: Any, *args: Any, **kwargs: Any) -> Any:
                early = hooks.before(request, view, args, kwargs)
                if early is not None:
                    return early
                try:
                    response = view(request, *args, **kwargs)
                except Exception as error:
                    response = hooks.exception(request, error)
                    if response is None:
                        raise
                    return response
                return hooks.after(request, response)

            return cast("V", calling)

        return decorate

    return with_arguments


class _ViewHooks:
    """The methods of a middleware, called around one view."""

    def __init__(self, middleware: Any) -> None:
        self._middleware = middleware

    def before(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """Call what comes before the view."""
        early = getattr(self._middleware, "process_request", _nothing)(request)
        if early is not None:
            return early
        return getattr(self._middleware, "process_view", _nothing)(request, view, args, kwargs)

    def exception(self, request: Any, error: Exception) -> Any:
        """Call what comes after an error."""
        return getattr(self._middleware, "process_exception", _nothing)(request, error)

    def after(self, request: Any, response: Any) -> Any:
        """Call what comes after the view, or after the rendering if that is yet to come."""
        process = getattr(self._middleware, "process_response", None)
        if hasattr(response, "render") and callable(response.render):
            render = getattr(self._middleware, "process_template_response", None)
            if render is not None:
                response = render(request, response)
            if process is not None:
                response.add_post_render_callback(lambda rendered: process(request, rendered))
            return response
        return process(request, response) if process is not None else response


def _with_draft(hook: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def hooked(request: Request, *rest: Any) -> Any:
        return await _beneath(hook, HttpRequest.of(request), *rest)

    return hooked


async def _beneath(function: Callable[..., Any], *args: Any) -> Any:
    """Call ``function`` where sync code may wait."""
    return await _settled(function(*args) if active() else await run(function, *args))


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value


def _wire(request: Any) -> Request:
    if not isinstance(request, HttpRequest):
        return cast("Request", request)
    return request.seal()


def _nothing(*args: Any) -> None:
    return None


def _marked(factory: F, *, sync: bool, asynchronous: bool) -> F:
    target = cast("Any", factory)
    target.sync_capable, target.async_capable = sync, asynchronous
    return factory
