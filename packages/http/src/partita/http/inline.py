"""Middleware that does something before the handler and after it, and never waits: neighbours become one coroutine."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias, cast

from msgspec.structs import force_setattr

from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot

__all__ = ("After", "Before", "Inline", "ShortWay", "answering")

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
        if_refused: Whether ``after`` has nothing to do with answers whose status is below 300.
    """

    __slots__ = ("after", "before", "if_looked_into", "if_refused", "slots")

    def __init__(
        self,
        before: Before | None = None,
        after: After | None = None,
        *,
        slots: Mapping[Slot[Any], Callable[[Request], object]] | None = None,
        if_looked_into: bool = False,
        if_refused: bool = False,
    ) -> None:
        self.before, self.after, self.slots = before, after, slots
        self.if_looked_into, self.if_refused = if_looked_into, if_refused

    def __call__(self, handler: Handler) -> Handler:
        outer, inner, innermost = _groups(handler)
        if outer.failed is None:  # those layers are our neighbours
            return _joined(_Group((self, *outer.steps)), inner, innermost)
        if inner == _EMPTY:
            return _joined(_Group((self,)), outer, innermost)
        return _joined(_Group((self,)), _EMPTY, handler)


def answering(handler: Handler, failed: _Failed) -> Handler:
    """Return ``handler`` with an answer to whatever it raises.

    Args:
        handler: Made by `Inline` or not.
        failed: Gets the request and the exception.
    """
    outer, inner, innermost = _groups(handler)
    if outer.failed is None:
        return _joined(_Group(outer.steps, failed), inner, innermost)
    return _joined(_Group((), failed), _EMPTY, handler)


class ShortWay(NamedTuple):
    """What a handler offers, as its attribute ``short_way``, to be called without a coroutine of its own where it has little to do.

    Args:
        begin: Gets the request, and whether somebody has looked into its state. Returns what gives the response, to be awaited;
            None if the handler itself has to be called.
        finish: Makes a `Response` of what that gave, if it is of another class.
        failed: Answers what either raises.
    """

    begin: Callable[[Request, bool], Awaitable[Any] | None]
    finish: Callable[[Request, Any], Awaitable[Response]]
    failed: _Failed


class _Group(NamedTuple):
    """Layers side by side, and what answers whatever they or those within raise."""

    steps: tuple[Inline, ...] = ()
    failed: _Failed | None = None


_EMPTY = _Group()


def _groups(handler: Handler) -> tuple[_Group, _Group, Handler]:
    """Return what ``handler`` was joined of: the outer group, the inner one, and the handler within both."""
    known: tuple[_Group, _Group, Handler] | None = getattr(handler, "inline", None)
    return (_EMPTY, _EMPTY, handler) if known is None else known


def _joined(outer: _Group, inner: _Group, handler: Handler) -> Handler:
    """Return ``handler`` within both groups, as one coroutine; an application needs no more than two, of which one may be empty."""
    slots: dict[Slot[Any], Callable[[Request], object]] = {}
    for step in (*outer.steps, *inner.steps):
        if step.slots is not None:
            slots |= step.slots
    befores, outer_befores = _befores(inner.steps), _befores(outer.steps)
    afters = [step for step in reversed(inner.steps) if step.after is not None]
    outer_afters = [step for step in reversed(outer.steps) if step.after is not None]
    last = outer_afters.pop().after if outer_afters and outer_afters[-1].if_refused else None
    every, always = _afters(afters), _afters([step for step in afters if not step.if_looked_into])
    outer_every = _afters(outer_afters)
    outer_always = _afters([step for step in outer_afters if not step.if_looked_into])
    failed, inner_failed = outer.failed, inner.failed
    short_way: ShortWay | None = getattr(handler, "short_way", None)
    begin, finish, view_failed = (_never, None, None) if short_way is None else short_way

    async def joined(request: Request) -> Response:
        changed: Any  # which of the two it is, its class says quickest
        try:
            if slots:
                if request._shared is None and request._noted is None:
                    force_setattr(request, "_shared", [slots, None, None])  # a quicker `declare`
                else:
                    request.declare(slots)
            for before, those in outer_befores:
                early = before(request)
                if early is not None:
                    return await _passed(request, early, those)
            try:
                for before, those in befores:
                    early = before(request)
                    if early is not None:
                        response = await _passed(request, early, those)
                        break
                else:
                    try:
                        shared = request._shared
                        steps = begin(request, shared is not None and shared[1] is not None)
                        response = await (handler(request) if steps is None else steps)
                        if response.__class__ is not Response and finish is not None:
                            response = await finish(request, response)
                    except Exception as error:
                        if view_failed is None:
                            raise
                        response = await view_failed(request, error)
                    shared = request._shared
                    for after in always if shared is None or shared[1] is None else every:  # quicker `is_looked_into`
                        changed = after(request, response)
                        response = changed if changed.__class__ is not CoroutineType else await changed
            except Exception as error:
                if inner_failed is None:
                    raise
                response = await inner_failed(request, error)
            shared = request._shared
            for after in outer_always if shared is None or shared[1] is None else outer_every:
                changed = after(request, response)
                response = changed if changed.__class__ is not CoroutineType else await changed
            if last is not None and response.status >= 300:
                changed = last(request, response)
                response = changed if changed.__class__ is not CoroutineType else await changed
            return response
        except Exception as error:
            if failed is None:
                raise
            return await failed(request, error)

    cast("Any", joined).inline = (outer, inner, handler)
    return joined


def _never(request: Request, is_looked_into: bool) -> None:
    """Begin nothing: the handler has no short way."""


def _befores(steps: Sequence[Inline]) -> list[tuple[Before, tuple[Inline, ...]]]:
    """Return what is called first, each with the layers outside of it that want the response, the innermost first."""
    found: list[tuple[Before, tuple[Inline, ...]]] = []
    outside: list[Inline] = []
    for step in steps:
        if step.before is not None:
            found.append((step.before, tuple(outside)))
        if step.after is not None:
            outside.insert(0, step)
    return found


def _afters(steps: Sequence[Inline]) -> tuple[After, ...]:
    return tuple(
        [_if_refused(step.after) if step.if_refused else step.after for step in steps if step.after is not None]
    )


def _if_refused(after: After) -> After:
    return lambda request, response: response if response.status < 300 else after(request, response)


async def _passed(request: Request, response: Response, layers: Sequence[Inline]) -> Response:
    for layer in layers:
        if layer.if_looked_into and not request.is_looked_into:
            continue
        if layer.after is not None and not (layer.if_refused and response.status < 300):
            changed = layer.after(request, response)
            response = await changed if isinstance(changed, Coroutine) else changed
    return response
