"""How handlers, middleware and guards are called, and the order in which they stand."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import msgspec

from partita.contracts.key import ExtensionPoint
from partita.http.errors import HttpError
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot

__all__ = (
    "ANSWERED",
    "AUTH",
    "CSRF",
    "GUARDS",
    "HEADERS",
    "HOST",
    "LOCALE",
    "MIDDLEWARE",
    "SAFE_METHODS",
    "SESSION",
    "STATIC",
    "TRANSACTION",
    "URLCONF",
    "USER",
    "Guard",
    "Handler",
    "Hooks",
    "Layer",
    "Middleware",
    "MiddlewareNotUsed",
    "compose",
    "misplaced",
)

_log = logging.getLogger("partita.http")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
"""Answers a request."""
Middleware = Callable[[Handler], Handler]
"""Wraps a handler; called once, when the application is built."""
Guard = Callable[[Request, object], Awaitable[Response | None] | None]
"""Sees the request and the view that was found for it; an answer keeps the view from running.

One that need not wait may be a plain function that returns None if the view may run, and an awaitable otherwise.

One that has a true attribute ``unsafe_only`` is not asked about requests with the methods in `SAFE_METHODS`.
"""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Those that change nothing (RFC 9110, section 9.2.1)."""

HOST = 100
HEADERS = 200
STATIC = 300
SESSION = 400
LOCALE = 500
CSRF = 600
AUTH = 700
TRANSACTION = 800
USER = 1000


class Layer(msgspec.Struct, frozen=True):
    """A middleware with its place.

    Args:
        order: Lower stands further out; take one of this module's numbers, or one between.
        middleware: Called once with the next handler. What it returns may have the methods of `Hooks`.
        name: For people, such as ``sessions``.
        when: Says of each request whether it goes through this layer; None for all. See `partita.http.conditions`.
        within: Names of layers that must stand further out, because this one uses what they give.
    """

    order: int
    middleware: Middleware
    name: str
    when: Callable[[Request], bool] | None = None
    within: tuple[str, ...] = ()


MIDDLEWARE = ExtensionPoint[Layer]("partita.http.middleware")
GUARDS = ExtensionPoint[Guard]("partita.http.guards")
URLCONF = Slot[object]("partita.http.urlconf")
"""Routes for this request instead of the application's: a module, its dotted name, or a list; middleware fills it."""

ANSWERED = Slot[Response | None]("partita.http.answered")
"""Middleware that wants the draft itself that the view answers with fills it with None; it gets the draft, before it is sealed."""


class MiddlewareNotUsed(HttpError):
    """Raised by a middleware that has nothing to do in this application, as it is made; the layer is then left out."""


class Hooks:
    """What layers do between routing and the answer; filled by `compose` from methods of what the middleware returned.

    ``process_view(request, view, args, kwargs)`` is called before the view, the outermost layer first; a response keeps the view
    from running. ``process_exception(request, error)`` is called when the view raised, the innermost first; a response takes
    the error's place. ``process_template_response(request, response)`` is called before a response that is a template is
    rendered, the innermost first, and returns one. All may be async.
    """

    __slots__ = ("active", "exception", "template", "view")

    def __init__(self) -> None:
        self.active = False
        """Whether there is any; asked at each request."""
        self.view: list[Callable[..., Any]] = []
        self.exception: list[Callable[..., Any]] = []
        self.template: list[Callable[..., Any]] = []

    def take(self, made: object, when: Callable[[Request], bool] | None = None) -> None:
        """Add the methods of ``made``, which stands further out than what was taken before."""
        for name, hooks, place in (
            ("view", self.view, 0),
            ("exception", self.exception, len(self.exception)),
            ("template_response", self.template, len(self.template)),
        ):
            hook = getattr(made, f"process_{name}", None)
            if hook is not None:
                self.active = True
                hooks.insert(place, hook if when is None else _only_when(when, hook, name))


def compose(handler: Handler, layers: Iterable[Layer], hooks: Hooks | None = None) -> Handler:
    """Return ``handler`` within all layers, the lowest order outermost; equal orders keep their sequence.

    Args:
        handler: The innermost.
        layers: In any sequence.
        hooks: Gets what layers want to do between routing and the answer.
    """
    for layer in sorted(layers, key=lambda layer: layer.order)[::-1]:
        try:
            made = layer.middleware(handler)
        except MiddlewareNotUsed as reason:
            _log.debug("The layer %s is left out. %s", layer.name, reason)
            continue
        except TypeError as error:
            error.add_note(
                f"The layer {layer.name!r} was called with the next handler, as in `layer(handler)`, and returns another."
            )
            raise
        if hooks is not None and made is not handler:  # one that does nothing returns the next, whose hooks are known
            hooks.take(made, layer.when)
        handler = made if layer.when is None else _either(layer.when, made, handler)
    return handler


def misplaced(layers: Iterable[Layer]) -> list[str]:
    """Return a sentence for each layer that does not stand within those it needs."""
    ordered = sorted(layers, key=lambda layer: layer.order)
    problems: list[str] = []
    seen: set[str] = set()
    names = {layer.name for layer in ordered}
    for layer in ordered:
        for needed in layer.within:
            if needed not in names:
                problems.append(f"The layer {layer.name!r} needs a layer {needed!r} outside of it, and there is none.")
            elif needed not in seen:
                problems.append(f"The layer {layer.name!r} must stand inside of {needed!r}, but stands outside of it.")
        seen.add(layer.name)
    return problems


def _either(when: Callable[[Request], bool], made: Handler, otherwise: Handler) -> Handler:
    async def choose(request: Request) -> Response:
        return await (made if when(request) else otherwise)(request)

    return choose


def _only_when(when: Callable[[Request], bool], hook: Callable[..., Any], name: str) -> Callable[..., Any]:
    def conditional(request: Request, *args: Any) -> Any:
        if when(request):
            return hook(request, *args)
        return args[0] if name == "template_response" else None

    return conditional
