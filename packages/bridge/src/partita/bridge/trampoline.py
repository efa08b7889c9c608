"""The trampoline: steps of a coroutine run in a reused greenlet, so that sync code beneath them can await.

A greenlet that switches out has either ended its step, and says so by `_ENDED`, or is still in the midst of it, and
gives something to await on its behalf. SQLAlchemy's async dialects await the same way, by switching
an awaitable to the parent of a greenlet that carries their mark; so they work beneath this trampoline too.
"""

import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, ContextVar
from functools import partial
from types import GeneratorType, coroutine
from typing import Any, Generic, ParamSpec, TypeVar, cast

from greenlet import getcurrent, greenlet

from partita.bridge.errors import BridgeError

__all__ = ("Beginner", "Unfinished", "active", "drive", "run", "wait")

P = ParamSpec("P")
T = TypeVar("T")

_IDLE_WORKERS = 64  # kept per thread; more are made when more requests wait at once
_GAVE, _STOPPED, _RAISED = range(3)  # how a call in a worker ended
_ENDED = object()
_CONTEXT_EXISTS = ContextVar("partita.bridge.context_exists", default=True)


class Unfinished(Generic[T]):
    """A coroutine that waits for the first time.

    Attributes:
        rest: Another one that does what is left; to be run as a task, in the same context.
    """

    __slots__ = ("rest",)

    def __init__(self, rest: Coroutine[Any, Any, T]) -> None:
        self.rest = rest


class Beginner:
    """Runs coroutines until they end or first wait, so that sync code beneath them may call `wait`; for servers.

    Most requests never wait, and then there is neither a task nor a second coroutine to pay for. One belongs to one thread.
    """

    __slots__ = ("_idle",)

    def __init__(self) -> None:
        self._idle: list[_Runner] = []

    def begin(self, steps: Coroutine[Any, Any, T], context: Context) -> T | Unfinished[T]:
        """Run ``steps`` as far as it goes.

        This must be called outside of ``context`` and, if ``steps`` asks for the current task, beneath one that is going to
        run the rest.

        Args:
            steps: The coroutine to run.
            context: What it sees of context variables, and what it sets.

        Returns:
            What the coroutine returns, or what is left of it; what it raises is raised.
        """
        idle = self._idle
        runner = idle.pop() if idle else _Runner(_run_series)
        current = getcurrent()
        if runner.parent is not current:
            runner.parent = current
        runner.gr_context = context
        out = runner.switch(steps)
        series = runner.series
        if out is not _ENDED:
            if series.steps.gi_running:
                return Unfinished(self._finish(runner, out))
            runner.series = _Series()  # the one before is driven by whoever runs the rest
            runner.gr_context = None
            idle.append(runner)
            return Unfinished(_rest(series, out))
        result: Any = series.result  # cast() would cost something
        series.result = runner.gr_context = None
        idle.append(runner)
        if series.has_failed:
            series.has_failed = False
            raise result
        return result  # type: ignore[no-any-return]

    async def _finish(self, runner: "_Runner", out: Any) -> Any:
        """End a step in the midst of which sync code waits, and go on."""
        series = runner.series
        while series.steps.gi_running:
            out = await _serve_wait(runner, out)
        if out is not _ENDED:
            return await _rest(series, out)
        result: Any = series.result
        failed = series.has_failed
        series.result, series.has_failed, runner.gr_context = None, False, None
        if len(self._idle) < _IDLE_WORKERS:
            self._idle.append(runner)
        if failed:
            raise result
        return result


class _Runner(greenlet):
    """A greenlet that takes the first step of one coroutine after another."""

    __slots__ = ("series",)
    series: "_Series"

    __sqlalchemy_greenlet_provider__ = True  # SQLAlchemy's await_only() looks for this name


class _Series:
    """Coroutines that are run one after the other from within one generator.

    A coroutine that ends is then one that the generator goes on from. If it were run by hand its end would be an exception,
    which takes longer.
    """

    __slots__ = ("has_failed", "is_last", "result", "steps")

    def __init__(self) -> None:
        self.result: object = None
        self.has_failed = False
        """Whether `result` was raised."""
        self.is_last = False
        """Whether the coroutine that runs has waited; the generator then ends with it."""
        self.steps = cast("GeneratorType[Any, Any, Any]", _one_after_the_other(self))
        self.steps.send(None)


@coroutine
def _one_after_the_other(series: _Series) -> Generator[Any, Any, Any]:
    steps = yield
    while True:
        try:
            series.result = yield from steps
        except BaseException as error:
            if series.is_last:
                raise
            series.result, series.has_failed = error, True
        else:
            if series.is_last:
                return series.result
        steps = None  # nothing of a request is kept while there is none
        steps = yield _ENDED


def _run_series(steps: Coroutine[Any, Any, object]) -> None:
    """Be a runner until the last reference to it is gone."""
    runner = cast("_Runner", getcurrent())
    runner.series = _Series()
    while True:
        out = runner.series.steps.send(steps)
        steps = None  # type: ignore[assignment]  # as above
        steps = runner.parent.switch(out)  # type: ignore[union-attr]  # only a main greenlet has no parent


async def _rest(series: _Series, result: Any) -> Any:
    """Go on from the first suspension; a coroutine in the narrow sense, since tasks take no other from Python 3.12 on."""
    series.is_last = True
    return await _go_on(series.steps, result)


async def _finish(steps: Coroutine[Any, Any, T], worker: "_Worker", out: Any) -> T:
    """End the first step of ``steps``, in the midst of which sync code waits, and go on."""
    await _serve_waits(worker, out)
    how, result = worker.how, worker.result
    _dismiss(worker)
    if how == _STOPPED:
        return cast("T", result)
    if how == _RAISED:
        raise cast("BaseException", result)
    return cast("T", await _go_on(steps, result))


async def drive(steps: Coroutine[Any, Any, T]) -> T:
    """Await ``steps`` so that sync code beneath it may call `wait`.

    Costs under two microseconds for a coroutine that never waits. The task, the context variables, cancellation and
    exceptions are those of a plain ``await``.

    Args:
        steps: The coroutine to run.

    Returns:
        What the coroutine returns; what it raises is raised.
    """
    # Most coroutines end in their first step: _hire() and _dismiss() are written out here, for each call counts, and
    # the generator that goes on is made only for the others.
    idle = _idle.workers
    worker = idle.pop() if idle else _Worker(_serve)
    current = getcurrent()
    if worker.parent is not current:
        worker.parent = current
    context = current.gr_context
    worker.gr_context = _new_context(current) if context is None else context
    if (out := worker.switch(steps.send)) is not _ENDED:
        return await _finish(steps, worker, out)
    how, result = worker.how, worker.result
    worker.result = worker.gr_context = None
    if len(idle) < _IDLE_WORKERS:
        idle.append(worker)
    if how == _STOPPED:
        return cast("T", result)
    if how == _RAISED:
        raise cast("BaseException", result)
    return cast("T", await _go_on(steps, result))


async def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a sync function that may `wait`, and return its result.

    It runs in the loop's thread: whatever it does besides waiting blocks the loop.
    """
    worker = _hire()
    if (out := worker.switch(lambda _: function(*args, **kwargs))) is not _ENDED:
        await _serve_waits(worker, out)
    how, result = worker.how, worker.result
    _dismiss(worker)
    if how == _RAISED:
        raise cast("BaseException", result)
    return cast("T", result)


def wait(awaitable: Awaitable[T]) -> T:
    """Wait for ``awaitable`` in sync code beneath `drive` or `run`; the loop goes on meanwhile.

    Returns:
        What the awaitable gives; what it raises is raised here.

    Raises:
        BridgeError: If nothing above can await.
    """
    current = getcurrent()
    if not _carries(current):
        if (close := getattr(awaitable, "close", None)) is not None:
            close()  # or Python warns of a coroutine that was never awaited
        raise BridgeError(getattr(awaitable, "__qualname__", type(awaitable).__qualname__))
    return cast("T", current.parent.switch(awaitable))  # type: ignore[union-attr]  # only a main greenlet has no parent


def active() -> bool:
    """Tell whether `wait` works here."""
    return _carries(getcurrent())


class _Worker(greenlet):
    """A greenlet that makes one call after another for whoever switches to it."""

    __slots__ = ("how", "result")
    how: int
    result: object

    __sqlalchemy_greenlet_provider__ = True  # SQLAlchemy's await_only() looks for this name


class _Idle(threading.local):
    """Workers of this thread that have nothing to do."""

    def __init__(self) -> None:
        self.workers: list[_Worker] = []


_idle = _Idle()  # greenlets belong to their thread; nothing of an application is kept in them


def _carries(current: greenlet) -> bool:
    return getattr(current, "__sqlalchemy_greenlet_provider__", False)


@coroutine
def _go_on(
    steps: Coroutine[Any, Any, object] | Generator[Any, Any, object], result: object
) -> Generator[Any, Any, Any]:
    """Drive a coroutine from its first suspension on; ``result`` is what it yielded there."""
    while True:
        call: Callable[[None], object]
        try:
            sent = yield result
            call = steps.send if sent is None else partial(_call, steps.send, sent)
        except BaseException as error:  # noqa: BLE001 - cancellation and close() belong to the coroutine
            call = partial(_call, steps.throw, error)
        worker = _hire()
        if (out := worker.switch(call)) is not _ENDED:
            yield from _serve_waits(worker, out).__await__()
        how, result = worker.how, worker.result
        _dismiss(worker)
        if how == _STOPPED:
            return result
        if how == _RAISED:
            raise cast("BaseException", result)


def _serve(call: Callable[[None], object]) -> None:
    """Be a worker until the last reference to it is gone; what it calls gets None, as the first step of a coroutine does."""
    worker = cast("_Worker", getcurrent())
    while True:
        try:
            worker.result = call(None)
            worker.how = _GAVE
        except StopIteration as stop:
            worker.result = stop.value
            worker.how = _STOPPED
        except BaseException as error:  # noqa: BLE001 - raised again on the other side
            worker.result = error
            worker.how = _RAISED
        call = None  # type: ignore[assignment]  # an idle worker must keep nothing of a request alive
        call = worker.parent.switch(_ENDED)  # type: ignore[union-attr]  # only a main greenlet has no parent


def _call(function: Callable[[Any], object], argument: object, _: None) -> object:
    return function(argument)


def _hire() -> _Worker:
    """Return a worker whose results come here and who sees the context variables of here."""
    idle = _idle.workers
    worker = idle.pop() if idle else _Worker(_serve)
    current = getcurrent()
    if worker.parent is not current:
        worker.parent = current
    context = current.gr_context
    # The very same one: what the step sets, the task sees.
    worker.gr_context = _new_context(current) if context is None else context
    return worker


def _new_context(current: greenlet) -> Context | None:
    _CONTEXT_EXISTS.set(True)  # the first set of a thread makes its context
    return current.gr_context


def _dismiss(worker: _Worker) -> None:
    """Forget everything about a call, and keep the worker for the next."""
    worker.result = worker.gr_context = None
    idle = _idle.workers
    if len(idle) < _IDLE_WORKERS:
        idle.append(worker)


async def _serve_waits(worker: _Worker, out: Any) -> None:
    """Await for a worker until its call ends."""
    while out is not _ENDED:
        out = await _serve_wait(worker, out)


async def _serve_wait(worker: greenlet, awaitable: Any) -> Any:
    """Await once for sync code in ``worker``; returns what it switches out next."""
    try:
        result = await awaitable
    except BaseException as error:  # noqa: BLE001 - the code that waits decides what to do about it
        worker.parent = getcurrent()
        return worker.throw(type(error), error, error.__traceback__)
    worker.parent = getcurrent()  # an eager task goes on from the loop, not from where it began
    return worker.switch(result)
