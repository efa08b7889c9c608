"""Middleware that does something before the handler and after it, and never waits: neighbours become one coroutine."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import CoroutineType
from typing import Any, TypeAlias, cast

from partita.http.request import Request
from partita.http.response import Response

__all__ = ("After", "Before", "Inline", "answering")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Before: TypeAlias = Callable[[Request], Response | None]
"""Sees the request; a response keeps the handler from running."""
After: TypeAlias = Callable[[Request, Response], Response | Coroutine[Any, Any, Response]]
"""Sees the response and returns one; a coroutine that gives one if it has to wait after all."""
_Failed: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


class Inline:
    """A middleware made of plain functions.

    A coroutine for each layer costs more than what most layers do, so layers of this kind that stand side by side are
    called from one. What that means is the same: a response from ``before`` goes through the ``after`` of the layers
    outside of it, and what any of them raises goes outwards.

    Args:
        before: Called with each request.
        after: Called with each request and its response.
    """

    __slots__ = ("after", "before")

    def __init__(self, before: Before | None = None, after: After | None = None) -> None:
        self.before, self.after = before, after

    def __call__(self, handler: Handler) -> Handler:
        steps, inner = getattr(handler, "inline", ((), handler))
        return _joined((self, *steps), inner)


def answering(handler: Handler, failed: _Failed) -> Handler:
    """Return ``handler`` with an answer to whatever it raises.

    Args:
        handler: Made by `Inline` or not.
        failed: Gets the request and the exception.
    """
    steps, inner = getattr(handler, "inline", ((), handler))
    return _joined(steps, inner, failed)


def _joined(steps: Sequence[Inline], handler: Handler, failed: _Failed | None = None) -> Handler:
    outside: list[After] = []  # of the layers seen so far, the innermost first
    befores: list[tuple[Before, tuple[After, ...]]] = []
    for step in steps:
        if step.before is not None:
            befores.append((step.before, tuple(outside)))
        if step.after is not None:
            outside.insert(0, step.after)
    afters = tuple(outside)

    async def joined(request: Request) -> Response:
        try:
            for before, those in befores:
                early = before(request)
                if early is not None:
                    return await _passed(request, early, those)
            response = await handler(request)
            for after in afters:
                changed: Any = after(request, response)  # which of the two it is, its class says quickest
                response = changed if changed.__class__ is not CoroutineType else await changed
            return response
        except Exception as error:
            if failed is None:
                raise
            return await failed(request, error)

    if failed is None:
        cast("Any", joined).inline = (tuple(steps), handler)
    return joined


async def _passed(request: Request, response: Response, afters: Sequence[After]) -> Response:
    for after in afters:
        changed = after(request, response)
        response = await changed if isinstance(changed, Coroutine) else changed
    return response
