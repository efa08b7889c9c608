"""Middleware that does something before the handler and after it, and never waits: neighbours become one coroutine."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import CoroutineType
from typing import Any, NamedTuple, TypeAlias, cast

from msgspec.structs import force_setattr

from partita.http.headers import Headers
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
        fields: What ``after`` adds to responses that lack it as long as nobody has looked into the state of the request, over HTTP and
            over HTTPS; it is added without a call then. See `Response.with_defaults`.
        least: Bytes of a body that is not streamed, below which ``after`` has nothing to do.
    """

    __slots__ = ("after", "before", "fields", "if_looked_into", "if_refused", "least", "slots")

    def __init__(
        self,
        before: Before | None = None,
        after: After | None = None,
        *,
        slots: Mapping[Slot[Any], Callable[[Request], object]] | None = None,
        if_looked_into: bool = False,
        if_refused: bool = False,
        fields: tuple[Headers, Headers] | None = None,
        least: int = 0,
    ) -> None:
        self.before, self.after, self.slots, self.fields, self.least = before, after, slots, fields, least
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
_NO_FIELDS = (Headers(), Headers())


def _groups(handler: Handler) -> tuple[_Group, _Group, Handler]:
    """Return what ``handler`` was joined of: the outer group, the inner one, and the handler within both."""
    known: tuple[_Group, _Group, Handler] | None = getattr(handler, "inline", None)
    return (_EMPTY, _EMPTY, handler) if known is None else known


def _joined(outer: _Group, inner: _Group, handler: Handler) -> Handler:
    """Return ``handler`` within both groups, as one coroutine; an application needs no more than two, of which one may be empty."""
    groups = outer, inner, handler
    if inner == _EMPTY:  # what a single group has to do is done within
        outer, inner = inner, outer
    slots: dict[Slot[Any], Callable[[Request], object]] = {}
    for step in (*outer.steps, *inner.steps):
        if step.slots is not None:
            slots |= step.slots
    befores, outer_befores = _befores(inner.steps), _befores(outer.steps)
    afters = [step for step in reversed(inner.steps) if step.after is not None]
    outer_afters = [step for step in reversed(outer.steps) if step.after is not None]
    last = outer_afters.pop().after if outer_afters and outer_afters[-1].if_refused else None
    refused = None if last is None else _if_refused(last)
    unasked = [step for step in afters if not step.if_looked_into]
    every, always, around = _afters(afters), _afters(unasked), _afters(unasked[1:])
    # If the first of them adds nothing but fields, that is done without a call; layers within it might look into the state.
    adds = unasked[0].fields if unasked and not unasked[0].if_refused else None
    plain, secure = adds or _NO_FIELDS
    # If the one around that one cares about long bodies only, it is not called for others.
    least = unasked[1].least if len(unasked) > 1 else 0
    around_short = _afters(unasked[2:]) if least else around
    outer_every = _afters(outer_afters)
    outer_always = _afters([step for step in outer_afters if not step.if_looked_into])
    failed, inner_failed, new = outer.failed, inner.failed, Response.__new__
    short_way: ShortWay | None = getattr(handler, "short_way", None)
    begin, finish, view_failed = (_never, None, None) if short_way is None else short_way

    async def joined(request: Request) -> Response:
        changed: Any  # which of the two it is, its class says quickest
        body: Any
        try:
            if request._shared is None and request._noted is None:
                shared: Any = [slots, None, None]  # a quicker `declare`
                force_setattr(request, "_shared", shared)
            else:
                request.declare(slots)
                shared = request._shared
            if outer_befores:  # quicker than a loop of no rounds
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
                        steps = begin(request, shared[1] is not None)
                        response = await (handler(request) if steps is None else steps)
                        if response.__class__ is not Response and finish is not None:
                            response = await finish(request, response)
                    except Exception as error:
                        if view_failed is None:
                            raise
                        response = await view_failed(request, error)
                    if shared[1] is not None:  # quicker `is_looked_into`
                        remaining = every
                    elif adds is None or response.__class__ is not Response:
                        remaining = always
                    else:
                        added = secure if request.scheme == "https" else plain
                        made, own, body = new(Response), response._headers, response._body  # a quicker `with_defaults`
                        made._body, made._status, kept = body, response._status, own.completed
                        made._headers = kept[1] if kept is not None and kept[0] is added else own.with_defaults(added)
                        remaining = around if body.__class__ is not bytes or len(body) >= least else around_short
                        response = made
                    for after in remaining:
                        changed = after(request, response)
                        if changed is not response:  # many have nothing to change
                            response = changed if changed.__class__ is not CoroutineType else await changed
            except Exception as error:
                if inner_failed is None:
                    raise
                response = await inner_failed(request, error)
            if outer_every:
                for after in outer_every if shared[1] is not None else outer_always:
                    changed = after(request, response)
                    response = changed if changed.__class__ is not CoroutineType else await changed
            if refused is not None and (response.__class__ is not Response or response._status >= 300):
                changed = refused(request, response)
                response = changed if changed.__class__ is not CoroutineType else await changed
            return response
        except Exception as error:
            if failed is None:
                raise
            return await failed(request, error)

    cast("Any", joined).inline = groups
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
