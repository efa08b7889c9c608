"""Middleware that does something before the handler and after it, and never waits: neighbours become one coroutine."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import CoroutineType
from typing import Any, TypeAlias, cast

from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot

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
        slots: Declared for each request before ``before`` is called; see `Request.declare`.
        if_looked_into: Whether ``after`` has nothing to do unless somebody has looked into the state of the request.
    """

    __slots__ = ("after", "before", "if_looked_into", "slots")

    def __init__(
        self,
        before: Before | None = None,
        after: After | None = None,
        *,
        slots: Mapping[Slot[Any], Callable[[Request], object]] | None = None,
        if_looked_into: bool = False,
    ) -> None:
        self.before, self.after, self.slots, self.if_looked_into = before, after, slots, if_looked_into

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
    outside: list[Inline] = []  # the layers seen so far that want the response, the innermost first
    befores: list[tuple[Before, tuple[Inline, ...]]] = []
    slots: dict[Slot[Any], Callable[[Request], object]] = {}
    for step in steps:
        if step.slots is not None:
            slots |= step.slots
        if step.before is not None:
            befores.append((step.before, tuple(outside)))
        if step.after is not None:
            outside.insert(0, step)
    every = tuple([step.after for step in outside if step.after is not None])
    always = tuple([step.after for step in outside if step.after is not None and not step.if_looked_into])

    async def joined(request: Request) -> Response:
        try:
            if slots:
                request.declare(slots)
            for before, those in befores:
                early = before(request)
                if early is not None:
                    return await _passed(request, early, those)
            response = await handler(request)
            state = request._state
            for after in always if state is None or state._declared is not None else every:  # quicker `is_looked_into`
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


async def _passed(request: Request, response: Response, layers: Sequence[Inline]) -> Response:
    for layer in layers:
        if layer.after is not None and (not layer.if_looked_into or request.is_looked_into):
            changed = layer.after(request, response)
            response = await changed if isinstance(changed, Coroutine) else changed
    return response
