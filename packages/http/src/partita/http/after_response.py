"""Work that begins when the answer is on its way: mail, statistics, warm caches."""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, ParamSpec

from partita.http.errors import HttpError
from partita.http.files import FileBody
from partita.http.handlers import HOST, Handler, Layer
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot

__all__ = ("AfterResponse", "NotAfterResponse", "after_response")

P = ParamSpec("P")
_Work = Callable[[], Any]
_log = logging.getLogger("partita.http")


class NotAfterResponse(HttpError, RuntimeError):
    """Work was given to a request that nothing takes it from."""


class _Waiting:
    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls: list[tuple[contextvars.Context, _Work]] = []


_WAITING = Slot[_Waiting]("partita.http.after_response")


def after_response(request: Any, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call ``function`` when the answer to ``request`` is on its way, in the context that is the present one now.

    Calls run one after the other, async ones on the event loop, others in a thread. They run in this process and are lost with it:
    what must not be lost belongs into a queue of tasks.

    Args:
        request: The request, or its draft.
        function: Sync or async. What it raises is logged, and keeps neither the answer nor other calls from their way.
        args: For ``function``.
        kwargs: For ``function``.

    Raises:
        NotAfterResponse: If the application has no layer of `AfterResponse`.
    """
    if _WAITING not in request.state:
        raise NotAfterResponse(
            "Nobody would call this: make `works = AfterResponse()` and pass App(middleware=[works.layer()])."
        )
    request.state[_WAITING].calls.append((contextvars.copy_context(), partial(function, *args, **kwargs)))


class AfterResponse:
    """Does what `after_response` asks for, in one process."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def layer(self) -> Layer:
        """Return the layer for ``App(middleware=[...])``; it stands outside of all others."""
        return Layer(HOST - 90, self._middleware, "after response")

    @property
    def pending(self) -> int:
        """How many answers have work left."""
        return len(self._tasks)

    async def drain(self, seconds: float = 10.0) -> int:
        """Wait for what is left, as a hook of the shutdown does; returns how many answers' work was cancelled.

        Args:
            seconds: After these the rest is cancelled.
        """
        await asyncio.sleep(0)  # answers that were given in this turn of the loop
        tasks = list(self._tasks)
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            _log.error("The work after %d answers took too long and was cancelled", len(late))
        return len(late)

    def _middleware(self, handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            waiting = _Waiting()
            request.state.fill(_WAITING, waiting)
            response = await handler(request)
            if not waiting.calls:
                return response
            body = response.body
            if request.method == "HEAD" or isinstance(body, bytes | FileBody):
                # What the server writes without waiting is written before the loop's next turn.
                asyncio.get_running_loop().call_soon(self._start, waiting)
                return response
            return Response(self._stream(response, waiting), response.status, response.headers)

        return handle

    async def _stream(self, response: Response, waiting: _Waiting) -> AsyncIterator[bytes]:
        chunks = response.chunks()
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
            asyncio.get_running_loop().call_soon(self._start, waiting)

    def _start(self, waiting: _Waiting) -> None:
        task = asyncio.get_running_loop().create_task(_run(waiting.calls))
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)


async def _run(calls: list[tuple[contextvars.Context, _Work]]) -> None:
    loop = asyncio.get_running_loop()
    for context, work in calls:
        try:
            if iscoroutinefunction(work.func if isinstance(work, partial) else work):
                await loop.create_task(work(), context=context)
                continue
            returned = await loop.run_in_executor(None, context.run, work)
            if isawaitable(returned):
                await returned
        except Exception as error:  # noqa: BLE001 - whatever it does, the others have their turn
            _log.error("Work after an answer failed", exc_info=error)
