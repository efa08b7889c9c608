"""How handlers, middleware and guards are called, and the order in which they stand."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

import msgspec

from partita.contracts.key import ExtensionPoint
from partita.http.request import Request
from partita.http.response import Response

__all__ = (
    "AUTH",
    "CSRF",
    "GUARDS",
    "HEADERS",
    "HOST",
    "LOCALE",
    "MIDDLEWARE",
    "SESSION",
    "STATIC",
    "TRANSACTION",
    "USER",
    "Guard",
    "Handler",
    "Layer",
    "Middleware",
    "compose",
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
"""Answers a request."""
Middleware = Callable[[Handler], Handler]
"""Wraps a handler; called once, when the application is built."""
Guard = Callable[[Request, object], Awaitable[Response | None]]
"""Sees the request and the view that was found for it; an answer keeps the view from running."""

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
        middleware: Called once with the next handler.
        name: For people, such as ``sessions``.
    """

    order: int
    middleware: Middleware
    name: str


MIDDLEWARE = ExtensionPoint[Layer]("partita.http.middleware")
GUARDS = ExtensionPoint[Guard]("partita.http.guards")


def compose(handler: Handler, layers: Iterable[Layer]) -> Handler:
    """Return ``handler`` within all layers, the lowest order outermost; equal orders keep their sequence."""
    for layer in sorted(layers, key=lambda layer: layer.order)[::-1]:
        handler = layer.middleware(handler)
    return handler
