"""How views are called: async ones directly, sync ones in a bounded number of threads."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from partita.bridge import STOP, Stop
from partita.http import Request, Response
from partita.urls import Match
from partita.web.errors import ViewError

if TYPE_CHECKING:
    import anyio

__all__ = ("Calls", "checked")

View: TypeAlias = Callable[..., Any]
Caller: TypeAlias = Callable[[View, Request, Match], Awaitable[Response]]


class Calls:
    """Ways to call views, found out once for each.

    Args:
        threads: Sync views that run at once; more wait.
        wrap: Takes a view, returns what is called instead.
        drafts: Whether views get an `HttpRequest`; otherwise only those with a true attribute ``takes_draft``.
    """

    __slots__ = ("_drafts", "_limiters", "_threads", "_wrap", "known")

    def __init__(self, threads: int, wrap: Callable[[View], View] | None = None, drafts: bool = False) -> None:
        self._threads, self._wrap, self._drafts = threads, wrap, drafts
        self.known: dict[View, tuple[View, Caller | None]] = {}
        """By view the function to call, and how; None stands for an async one, which is simply called."""
        self._limiters: WeakKeyDictionary[asyncio.AbstractEventLoop, anyio.CapacityLimiter] = WeakKeyDictionary()

    async def call(self, request: Request, match: Match) -> Response:
        """Call the view of ``match``.

        Raises:
            ViewError: If it returns something else than a response.
        """
        function, caller = self.known.get(match.view) or self.learn(match.view)
        if caller is not None:
            return await caller(function, request, match)
        return checked(await function(request, *match.args, **match.kwargs), match)

    def learn(self, view: View) -> tuple[View, Caller | None]:
        """Find out what `known` is to say about a view."""
        found = self.known[view] = self._find(view)
        return found

    def gives_drafts(self, view: View) -> bool:
        """Tell whether ``view`` gets an `HttpRequest`."""
        return bool(getattr(view, "takes_draft", self._drafts))

    async def call_freely(self, view: View, request: object, args: tuple[object, ...]) -> Any:
        """Call a view that no route leads to, such as one for errors; a sync one in a thread."""
        if _is_async(view):
            return await view(request, *args)
        returned = await self._in_thread(partial(view, request, *args))
        return await returned if inspect.isawaitable(returned) else returned

    def _find(self, view: View) -> tuple[View, Caller | None]:
        function = view if self._wrap is None else self._wrap(view)
        if self.gives_drafts(view):
            function = _with_draft(function, awaits=_is_async(view))
        if _is_async(view):
            return function, None
        return function, _call_here if getattr(view, "runs_on_loop", False) else self._call_in_thread

    async def _call_in_thread(self, function: View, request: Request, match: Match) -> Response:
        call = partial(function, request, *match.args, **match.kwargs)
        return await _finish(await self._in_thread(call), match)

    async def _in_thread(self, call: Callable[[], object]) -> Any:
        from anyio import to_thread  # async views do without all of anyio

        stop = Stop()
        token = STOP.set(stop)
        try:
            return await to_thread.run_sync(call, limiter=self._limiter())
        except asyncio.CancelledError:  # the thread goes on, but not what it waits for
            stop.set()
            raise
        finally:
            STOP.reset(token)

    def _limiter(self) -> "anyio.CapacityLimiter":
        loop = asyncio.get_running_loop()
        limiter = self._limiters.get(loop)
        if limiter is None:  # a limiter belongs to its loop
            from anyio import CapacityLimiter

            limiter = self._limiters[loop] = CapacityLimiter(self._threads)
        return limiter


async def _call_here(function: View, request: Request, match: Match) -> Response:
    return await _finish(function(request, *match.args, **match.kwargs), match)


async def _finish(returned: object, match: Match) -> Response:
    # A plain function may return what an async view gave it, as decorators do.
    if inspect.isawaitable(returned):
        returned = await returned
    return checked(returned, match)


def checked(returned: object, match: Match) -> Response:
    """Return what a view returned.

    Raises:
        ViewError: If that is no response.
    """
    if not isinstance(returned, Response):
        raise ViewError(match.view_name, type(returned).__qualname__)
    return returned


def _with_draft(view: View, *, awaits: bool) -> View:
    from partita.http.drafts import HttpRequest  # many applications have no view that takes one

    if awaits:

        async def awaiting(request: Request, *args: Any, **kwargs: Any) -> Any:
            return await view(HttpRequest.of(request), *args, **kwargs)

        return awaiting

    def calling(request: Request, *args: Any, **kwargs: Any) -> Any:
        return view(HttpRequest.of(request), *args, **kwargs)

    return calling


def _is_async(view: View) -> bool:
    # An object counts by its class's __call__.
    return inspect.iscoroutinefunction(view) or inspect.iscoroutinefunction(type(view).__call__)
