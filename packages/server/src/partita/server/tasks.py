"""Tasks whose first step runs at once, so that a handler that never waits costs no turn of the event loop."""

import asyncio
import sys
from asyncio import tasks
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar, cast

__all__ = ("start_task",)

T = TypeVar("T")

# Python 3.12 has eager tasks. For 3.11 we tried (a handler that never waits, us; bench/bench_tasks.py):
#   5.4  a plain task: correct, but it waits for the next turn of the loop;
#   0.6  driving the coroutine by hand with a stand-in for `current_task()`, and a real task once it waits: quickest, but
#        `asyncio.timeout()` and anyio's cancel scopes then remember an object that is not the task;
#   1.7  the standard library's own Task in its Python form, entered by hand (below): a real task from its first step to
#        its last, because it is one and the same object. The name `_Task__step` exists in 3.11 only, and 3.11 gets no
#        changes any more but for security.

if sys.version_info >= (3, 12):

    def start_task(
        coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, context: Context
    ) -> "asyncio.Task[T]":
        """Run ``coroutine`` until it first waits, as a task; call this outside of any task.

        Args:
            coroutine: The work.
            loop: The running event loop.
            context: Of the task.
        """
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)

else:
    _PyTask = cast("type[asyncio.Task[Any]]", tasks._PyTask)  # type: ignore[attr-defined]  # not in typeshed

    class _EagerTask(_PyTask):  # type: ignore[misc, valid-type]  # a base known at run time only
        """The standard library's task without the turn of the loop before its first step."""

        _name = "partita-request"
        _num_cancels_requested = 0
        _must_cancel = False
        _fut_waiter = None

        def __init__(
            self, coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop, context: Context
        ) -> None:
            # What Task.__init__ and Future.__init__ do, without a name from a counter, a traceback and call_soon().
            self._loop = loop  # pyright: ignore[reportAttributeAccessIssue] - an attribute in the Python form
            self._callbacks: list[object] = []
            self._coro = coroutine
            self._context = context
            context.run(self._Task__step)  # pyright: ignore[reportAttributeAccessIssue]
            if not self.done():
                tasks._register_task(self)  # so that all_tasks() lists it

    def start_task(
        coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, context: Context
    ) -> "asyncio.Task[T]":
        """Run ``coroutine`` until it first waits, as a task; call this outside of any task.

        Args:
            coroutine: The work.
            loop: The running event loop.
            context: Of the task.
        """
        return _EagerTask(coroutine, loop, context)
