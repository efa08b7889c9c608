"""Tasks whose first step runs at once, so that a handler that never waits costs no turn of the event loop."""

import asyncio
import sys
from asyncio import tasks
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar, cast

from partita import bridge
from partita.bridge import Unfinished

__all__ = ("Starter", "start_task")

T = TypeVar("T")

# Python 3.12 has eager tasks. For 3.11 we tried (a handler that never waits, us; bench/bench_tasks.py):
#   5.4  a plain task: correct, but it waits for the next turn of the loop;
#   0.6  driving the coroutine by hand with a stand-in for `current_task()`, and a real task once it waits: quickest, but
#        `asyncio.timeout()` and anyio's cancel scopes then remember an object that is not the task;
#   1.7  the standard library's own Task in its Python form, entered by hand (below): a real task from its first step to
#        its last, because it is one and the same object. The name `_Task__step` exists in 3.11 only, and 3.11 gets no
#        changes any more but for security.
#   1.0  the same with a task that is used again if nobody has taken notice of it, beneath the bridge (`Starter`). Without the
#        bridge it is 0.6; the bridge around a handler in a task of its own comes to 3.1.

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

    class Starter:
        """Runs one coroutine after the other beneath the bridge, each in a task of its own from its first step on.

        Args:
            loop: The running event loop.
        """

        __slots__ = ("_loop",)

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop

        def start(self, steps: Coroutine[Any, Any, T], context: Context) -> "T | asyncio.Task[T]":
            """Run ``steps`` until it ends or first waits; call this outside of any task.

            Args:
                steps: The work; sync code beneath it may `bridge.wait`.
                context: Of the task.

            Returns:
                What the coroutine returns, or the task that runs it if it waits; what it raises at once is raised.
            """
            task = start_task(bridge.drive(steps), self._loop, context)
            return task.result() if task.done() else task

else:
    from sys import getrefcount

    _enter_task, _leave_task = tasks._enter_task, tasks._leave_task
    _ATTRIBUTES = 3  # of a spare task that nobody has taken notice of
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

    class _SpareTask(_PyTask):  # type: ignore[misc, valid-type]  # a base known at run time only
        """A task without a coroutine: it gets one once that waits, or once somebody has taken notice of the task."""

        _name = "partita-request"
        _num_cancels_requested = 0
        _must_cancel = False
        _fut_waiter = None
        _cancel_message: object = None
        _log_destroy_pending = False

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop  # pyright: ignore[reportAttributeAccessIssue] - an attribute in the Python form
            self._callbacks: list[object] = []
            self._coro: Coroutine[Any, Any, Any] | None = None

        @property
        def is_touched(self) -> bool:
            """Whether somebody cancelled it, named it, or wants to be called by it: each leaves an attribute."""
            return len(self.__dict__) != _ATTRIBUTES

        def add_done_callback(self, callback: Any, *, context: Context | None = None) -> None:
            """See `asyncio.Task`."""
            self._is_awaited = True
            super().add_done_callback(callback, context=context)

        def run(self, steps: Coroutine[Any, Any, Any], context: Context) -> None:
            """Run ``steps`` from here on as this task."""
            self._coro, self._context, self._log_destroy_pending = steps, context, True
            # A cancellation that came in the first step hits the first wait, as in any task.
            cancel, self._must_cancel = self._must_cancel, False
            context.run(self._Task__step)  # pyright: ignore[reportAttributeAccessIssue] - a private name of the base
            if not self.done():
                tasks._register_task(self)  # so that all_tasks() lists it
                waiter: Any = self._fut_waiter
                self._must_cancel = cancel and not (waiter is not None and waiter.cancel(msg=self._cancel_message))

    class Starter:
        """Runs one coroutine after the other beneath the bridge, each in a task of its own from its first step on.

        Most coroutines never wait, and nobody asks for their task. The next one then gets the same: what nobody has seen
        cannot be told from a new one.

        Args:
            loop: The running event loop.
        """

        __slots__ = ("_begin", "_loop", "_spare")

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            self._loop = loop
            self._begin = bridge.Beginner().begin
            self._spare = _SpareTask(loop)

        def start(self, steps: Coroutine[Any, Any, T], context: Context) -> "T | asyncio.Task[T]":
            """Run ``steps`` until it ends or first waits; call this outside of any task.

            Args:
                steps: The work; sync code beneath it may `bridge.wait`.
                context: Of the task.

            Returns:
                What the coroutine returns, or the task that runs it if it waits; what it raises at once is raised.
            """
            loop = self._loop
            task: Any = self._spare  # type checkers know little of the Python form
            task._coro = steps
            _enter_task(loop, task)
            try:
                outcome: Any = self._begin(steps, context)
            except BaseException as error:
                _leave_task(loop, task)
                self._spare = _SpareTask(loop)  # the traceback may hold it
                if task.is_touched and not isinstance(error, KeyboardInterrupt | SystemExit):
                    task.run(_raising(error), context)
                    return task  # type: ignore[no-any-return]
                raise
            _leave_task(loop, task)
            if outcome.__class__ is Unfinished:
                self._spare = _SpareTask(loop)
                task.run(outcome.rest, context)
                return task  # type: ignore[no-any-return]
            # Nobody else refers to it if there are three references: `_spare`, `task` and the argument here.
            if getrefcount(task) != 3 or task.__weakref__ is not None or len(task.__dict__) != _ATTRIBUTES:
                self._spare = _SpareTask(loop)
                if task.is_touched:
                    # As with any task, a result counts for nothing if the task was cancelled before it ended.
                    task.run(_raising(asyncio.CancelledError()) if task._must_cancel else _returning(outcome), context)
                    return task  # type: ignore[no-any-return]
            return outcome  # type: ignore[no-any-return]

    async def _returning(value: T) -> T:
        return value

    async def _raising(error: BaseException) -> Any:
        raise error
