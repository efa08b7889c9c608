"""What the bridge promises: sync code waits natively, and everything around it is as in a plain ``await``."""

import asyncio
import contextvars
import gc
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import pytest
import uvloop
from greenlet import getcurrent, greenlet

from partita.bridge import Beginner, BridgeError, Unfinished, active, drive, run, wait

T = TypeVar("T")
Runner = Callable[[Coroutine[Any, Any, T]], T]
_name = contextvars.ContextVar("name", default="nobody")


@pytest.fixture(params=["asyncio", "uvloop"])
def in_loop(request: pytest.FixtureRequest) -> Runner[object]:
    return asyncio.run if request.param == "asyncio" else uvloop.run


async def later(value: T, seconds: float = 0.001) -> T:
    await asyncio.sleep(seconds)
    return value


def two_waits() -> list[int]:
    return [wait(later(1)), wait(later(2))]


def test_a_sync_function_waits_and_gives_its_result(in_loop: Runner[object]) -> None:
    assert in_loop(run(two_waits)) == [1, 2]


def test_arguments_reach_the_function(in_loop: Runner[object]) -> None:
    def add(a: int, *, b: int) -> int:
        return wait(later(a)) + b

    assert in_loop(run(add, 1, b=2)) == 3


def test_sync_code_beneath_a_driven_coroutine_waits(in_loop: Runner[object]) -> None:
    async def view() -> list[int]:
        await asyncio.sleep(0)
        before = two_waits()
        await asyncio.sleep(0)
        return before + two_waits()

    assert in_loop(drive(view())) == [1, 2, 1, 2]


def test_the_loop_goes_on_while_sync_code_waits(in_loop: Runner[object]) -> None:
    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.ensure_future(tick())
        await run(lambda: wait(later(None, 0.1)))
        ticker.cancel()
        return ticks

    assert int(str(in_loop(main()))) > 20


def test_many_wait_at_once_in_one_thread(in_loop: Runner[object]) -> None:
    def one(number: int) -> tuple[int, int]:
        return wait(later(number, 0.02)), threading.get_ident()

    async def main() -> list[tuple[int, int]]:
        return await asyncio.gather(*(run(one, number) for number in range(200)))

    start = time.perf_counter()
    assert in_loop(main()) == [(number, threading.get_ident()) for number in range(200)]
    assert time.perf_counter() - start < 200 * 0.02  # far below what one after the other would take


def test_no_thread_is_started(in_loop: Runner[object]) -> None:
    async def main() -> None:
        before = threading.active_count()
        await run(two_waits)
        assert threading.active_count() == before

    in_loop(main())


def test_the_task_is_that_of_the_caller(in_loop: Runner[object]) -> None:
    def look() -> object:
        wait(later(None))
        return asyncio.current_task()

    async def main() -> None:
        assert await run(look) is asyncio.current_task()

    in_loop(main())


def test_a_context_variable_set_beneath_is_seen_above_and_below(in_loop: Runner[object]) -> None:
    def sync() -> str:
        seen = _name.get()
        _name.set("sync")
        wait(later(None))
        return seen + "," + _name.get()

    async def view() -> str:
        _name.set("view")
        return sync() + "," + _name.get()

    async def main() -> tuple[str, str]:
        return await drive(view()), _name.get()

    assert in_loop(main()) == ("view,sync,sync", "sync")


def test_context_variables_of_tasks_stay_apart(in_loop: Runner[object]) -> None:
    def sync(number: int) -> str:
        _name.set(str(number))
        for _ in range(3):
            wait(later(None))
            assert _name.get() == str(number)
        return _name.get()

    async def main() -> list[str]:
        tasks = [asyncio.ensure_future(run(sync, number)) for number in range(50)]
        return await asyncio.gather(*tasks)

    assert in_loop(main()) == [str(number) for number in range(50)]


def test_a_coroutine_that_is_driven_by_hand_in_a_thread_without_a_context_sees_its_variables() -> None:
    seen: list[str] = []

    async def view() -> None:
        _name.set("by hand")

    def thread() -> None:
        with pytest.raises(StopIteration):
            drive(view()).send(None)
        seen.append(_name.get())

    started = threading.Thread(target=thread)
    started.start()
    started.join()
    assert seen == ["by hand"]


def test_an_exception_passes_through_with_its_traceback(in_loop: Runner[object]) -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("deep")

    def sync() -> None:
        wait(fails())

    async def view() -> None:
        sync()

    with pytest.raises(ValueError, match="deep") as caught:
        in_loop(drive(view()))
    names = [entry.name for entry in caught.traceback]
    assert [name for name in names if name in {"view", "sync", "wait", "fails"}] == ["view", "sync", "wait", "fails"]


def test_sync_code_can_catch_what_an_awaitable_raises_and_go_on(in_loop: Runner[object]) -> None:
    async def fails() -> None:
        raise KeyError("gone")

    def sync() -> int:
        try:
            wait(fails())
        except KeyError:
            return wait(later(7))
        return 0

    assert in_loop(run(sync)) == 7


def test_a_stop_iteration_becomes_an_error_and_not_a_result(in_loop: Runner[object]) -> None:
    def sync() -> object:
        return next(iter(()))

    with pytest.raises((RuntimeError, StopIteration)):
        in_loop(asyncio.wait_for(run_wrapped(sync), 1))


async def run_wrapped(function: Callable[[], object]) -> object:
    async def view() -> object:
        return function()

    return await drive(view())


def test_cancellation_reaches_sync_code_at_its_wait_and_its_clean_up_may_wait(in_loop: Runner[object]) -> None:
    events: list[str] = []

    def sync() -> None:
        try:
            wait(later(None, 10))
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        finally:
            wait(later(None))
            events.append("cleaned up")

    async def main() -> None:
        task = asyncio.ensure_future(run(sync))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    in_loop(main())
    assert events == ["cancelled", "cleaned up"]


def test_a_timeout_in_the_view_ends_a_wait_in_sync_code(in_loop: Runner[object]) -> None:
    def slow() -> None:
        wait(later(None, 10))

    async def view() -> str:
        try:
            async with asyncio.timeout(0.01):
                slow()
        except TimeoutError:
            return "timed out"
        return "not reached"

    assert in_loop(drive(view())) == "timed out"


def test_cancellation_between_waits_reaches_the_coroutine(in_loop: Runner[object]) -> None:
    caught: list[bool] = []

    async def view() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            caught.append(True)
            raise

    async def main() -> None:
        task = asyncio.ensure_future(drive(view()))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    in_loop(main())
    assert caught == [True]


def test_bridges_nest(in_loop: Runner[object]) -> None:
    def inner() -> int:
        return wait(later(1)) + wait(run(lambda: wait(later(10))))

    async def middle() -> int:
        return inner() + await drive(later(100))

    def outer() -> int:
        return wait(drive(middle())) + wait(later(1000))

    assert in_loop(run(outer)) == 1111


def test_a_task_made_beneath_the_bridge_is_on_its_own(in_loop: Runner[object]) -> None:
    async def child() -> bool:
        await asyncio.sleep(0)
        return active()

    def sync() -> tuple[bool, bool]:
        task = asyncio.get_running_loop().create_task(child())
        return active(), wait(task)

    assert in_loop(run(sync)) == (True, False)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="platform: eager tasks came with Python 3.12")
def test_an_eager_task_made_beneath_the_bridge_waits_by_itself() -> None:
    async def main() -> list[int]:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]

        async def view() -> list[int]:
            tasks = [asyncio.ensure_future(run(two_waits)) for _ in range(3)]
            return [number for task in tasks for number in await task] + two_waits()

        return await drive(view())

    assert asyncio.run(main()) == [1, 2] * 4


def test_a_generator_may_wait_between_its_items(in_loop: Runner[object]) -> None:
    def rows() -> Iterator[int]:
        for number in range(3):
            yield wait(later(number))

    async def view() -> list[int]:
        found = []
        for row in rows():
            found.append(row)
            await asyncio.sleep(0)
        return found

    assert in_loop(drive(view())) == [0, 1, 2]


def test_an_async_generator_may_call_sync_code_that_waits(in_loop: Runner[object]) -> None:
    async def rows() -> AsyncIterator[int]:
        for number in range(3):
            yield wait(later(number))

    async def view() -> list[int]:
        return [row async for row in rows()]

    assert in_loop(drive(view())) == [0, 1, 2]


def test_sync_and_async_context_managers_wait(in_loop: Runner[object]) -> None:
    events: list[str] = []

    @contextmanager
    def sync_block() -> Iterator[None]:
        wait(later(None))
        events.append("in")
        yield
        wait(later(None))
        events.append("out")

    @asynccontextmanager
    async def async_block() -> AsyncIterator[None]:
        with sync_block():
            yield

    async def view() -> None:
        async with async_block():
            await asyncio.sleep(0)

    in_loop(drive(view()))
    assert events == ["in", "out"]


def test_c_code_may_stand_between_the_wait_and_the_bridge(in_loop: Runner[object]) -> None:
    assert in_loop(run(lambda: sorted([3, 1, 2], key=lambda number: wait(later(number))))) == [1, 2, 3]


def test_any_awaitable_can_be_waited_for(in_loop: Runner[object]) -> None:
    class Custom:
        def __await__(self) -> Generator[Any, None, str]:
            return later("custom").__await__()

    async def main() -> list[object]:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.set_result("future")
        return [await run(wait, each) for each in awaitables(future, Custom())]

    def awaitables(*more: Awaitable[str]) -> list[Awaitable[object]]:
        return [asyncio.ensure_future(later("task")), *more]

    assert in_loop(main()) == ["task", "future", "custom"]


def test_what_is_not_awaitable_is_an_error_where_it_was_passed(in_loop: Runner[object]) -> None:
    def sync() -> str:
        with pytest.raises(TypeError, match="await"):
            wait(None)  # type: ignore[arg-type]  # the mistake under test
        return "went on"

    assert in_loop(run(sync)) == "went on"


def test_waiting_outside_is_an_error_that_says_what_to_do() -> None:
    assert not active()
    with pytest.raises(BridgeError, match=r"later.*await partita\.bridge\.run"):
        wait(later(1))


def test_waiting_in_a_worker_thread_is_an_error(in_loop: Runner[object]) -> None:
    def thread() -> bool:
        with pytest.raises(BridgeError):
            wait(later(1))
        return active()

    async def view() -> bool:
        return await asyncio.to_thread(thread)

    assert in_loop(drive(view())) is False


def test_a_greenlet_of_somebody_else_is_not_taken_for_the_bridge(in_loop: Runner[object]) -> None:
    def sync() -> bool:
        return bool(greenlet(active).switch())

    assert in_loop(run(sync)) is False


def test_closing_a_suspended_bridge_runs_the_clean_up() -> None:
    events: list[str] = []

    def sync() -> None:
        try:
            wait(forever())
        finally:
            events.append("closed")

    async def forever() -> None:
        await _Suspend()

    steps = run(sync)
    steps.send(None)
    steps.close()
    assert events == ["closed"]


class _Suspend:
    def __await__(self) -> Generator[None, None, None]:
        yield


def test_an_idle_worker_keeps_nothing_of_the_last_request_alive(in_loop: Runner[object]) -> None:
    class Big:
        pass

    references: list[weakref.ref[Big]] = []
    held: contextvars.ContextVar[Big] = contextvars.ContextVar("held")

    def sync(argument: Big) -> Big:
        in_context, answer = Big(), Big()
        held.set(in_context)
        references.extend(map(weakref.ref, (argument, in_context, answer)))
        wait(later(None))
        return answer

    async def main() -> int:
        await asyncio.ensure_future(run(sync, Big()))
        await asyncio.sleep(0)
        gc.collect()
        return sum(reference() is not None for reference in references)

    assert in_loop(main()) == 0
    assert len(references) == 3


def test_workers_are_used_again() -> None:
    workers: set[int] = set()

    async def main() -> None:
        for _ in range(100):
            await run(lambda: workers.add(id(getcurrent())))

    asyncio.run(main())
    assert len(workers) == 1


def begun(steps: Coroutine[Any, Any, object]) -> Coroutine[Any, Any, object]:
    """Begin as a server does: from a callback of the loop, and with a task for the rest."""

    async def main() -> object:
        loop = asyncio.get_running_loop()
        outcome: list[object] = []

        def callback() -> None:
            try:
                outcome.append(Beginner().begin(steps, contextvars.copy_context()))
            except Exception as error:  # noqa: BLE001 - the test looks at it
                outcome.append(error)

        loop.call_soon(callback)
        await asyncio.sleep(0)
        if isinstance(outcome[0], Unfinished):
            return "unfinished", await loop.create_task(outcome[0].rest)
        return outcome[0]

    return main()


def test_a_coroutine_that_never_waits_ends_where_it_is_begun(in_loop: Runner[object]) -> None:
    async def view() -> str:
        return "done"

    assert in_loop(begun(view())) == "done"


@pytest.mark.parametrize("first", ["sync code", "the coroutine"])
def test_what_waits_in_its_first_step_is_handed_back_unfinished(in_loop: Runner[object], first: str) -> None:
    async def view() -> list[int]:
        if first == "the coroutine":
            await asyncio.sleep(0)
        found = two_waits()
        await asyncio.sleep(0)
        return found + two_waits()

    assert in_loop(begun(view())) == ("unfinished", [1, 2, 1, 2])


def test_what_fails_in_its_first_step_raises_where_it_is_begun(in_loop: Runner[object]) -> None:
    async def view() -> None:
        raise LookupError("nothing here")

    assert repr(in_loop(begun(view()))) == "LookupError('nothing here')"


def test_a_coroutine_that_is_begun_sees_and_sets_its_own_context_only(in_loop: Runner[object]) -> None:
    async def view() -> str:
        before = _name.get()
        _name.set("view")
        return before

    async def main() -> list[str]:
        context = contextvars.copy_context()
        context.run(_name.set, "request")
        return [Beginner().begin(view(), context), context[_name], _name.get()]  # type: ignore[list-item]  # it never waits

    assert in_loop(main()) == ["request", "view", "nobody"]


def test_a_coroutine_that_has_ended_is_not_kept_alive_by_what_ran_it(in_loop: Runner[object]) -> None:
    class Result:
        """Something that can be watched."""

    async def view() -> Result:
        return Result()

    async def main() -> bool:
        watched = weakref.ref(Beginner().begin(view(), contextvars.copy_context()))
        gc.collect()
        return watched() is None

    assert in_loop(main())


def test_one_beginner_begins_again_while_others_wait(in_loop: Runner[object]) -> None:
    beginner = Beginner()

    async def main() -> list[object]:
        context = contextvars.copy_context()

        async def view(number: int) -> int:
            return number + sum(two_waits())

        async def quick() -> int:
            return 0

        waiting = [beginner.begin(view(number), contextvars.copy_context()) for number in (10, 20)]
        ended = beginner.begin(quick(), context)
        rests = [asyncio.create_task(each.rest) for each in waiting if isinstance(each, Unfinished)]
        return [ended, *await asyncio.gather(*rests)]

    assert in_loop(main()) == [0, 13, 23]
