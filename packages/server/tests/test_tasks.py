import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

import anyio
import pytest

from partita.server.tasks import start_task

T = TypeVar("T")
VARIABLE: ContextVar[str] = ContextVar("variable", default="outside")


def run(make: Callable[[], Coroutine[Any, Any, T]], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None) -> T:
    """Start the coroutine from a callback of the loop, as a connection does."""
    done: list[asyncio.Task[T]] = []

    async def main() -> T:
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: done.append(start_task(make(), loop, copy_context())))
        while not done:
            await asyncio.sleep(0)
        return await done[0]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main())


@pytest.fixture(params=["asyncio", "uvloop"])
def factory(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip("uvloop").new_event_loop if request.param == "uvloop" else None


def test_a_coroutine_that_never_waits_is_done_at_once(factory: Any) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        result: list[object] = []

        async def work() -> str:
            result.append(asyncio.current_task())
            return "done"

        def callback() -> None:
            task = start_task(work(), loop, copy_context())
            result.extend([task.done(), task.result(), task])

        loop.call_soon(callback)
        await asyncio.sleep(0.01)
        assert result[1:3] == [True, "done"]
        assert result[0] is result[3]

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())


def test_the_current_task_is_one_and_the_same_before_and_after_the_first_wait(factory: Any) -> None:
    async def work() -> bool:
        first = asyncio.current_task()
        await asyncio.sleep(0)
        return first is asyncio.current_task() and first in asyncio.all_tasks()

    assert run(work, factory)


def test_asyncio_timeouts_work_before_the_first_wait(factory: Any) -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.02):
                await asyncio.sleep(5)
        except TimeoutError:
            task = asyncio.current_task()
            return f"timed out {task.cancelling() if task else None}"
        return "never"

    assert run(work, factory) == "timed out 0"


def test_anyios_scopes_and_groups_work_before_the_first_wait(factory: Any) -> None:
    async def work() -> list[str]:
        seen: list[str] = []

        async def child(name: str) -> None:
            await anyio.sleep(0.001)
            seen.append(name)

        with anyio.move_on_after(0.02) as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(child, "a")
            await anyio.sleep(5)
        seen.append(f"cancelled {scope.cancelled_caught}")
        seen.append(await anyio.to_thread.run_sync(lambda: "thread"))
        with anyio.CancelScope() as inner:
            inner.cancel()
            await anyio.sleep(1)
        return [*seen, f"inner {inner.cancelled_caught}"]

    assert run(work, factory) == ["a", "cancelled True", "thread", "inner True"]


def test_task_groups_work_before_the_first_wait(factory: Any) -> None:
    async def work() -> list[int]:
        async def child(number: int) -> int:
            await asyncio.sleep(0)
            return number

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(child(number)) for number in range(3)]
        return [task.result() for task in tasks]

    assert run(work, factory) == [0, 1, 2]


def test_a_failing_child_cancels_its_parent_before_the_first_wait(factory: Any) -> None:
    async def work() -> str:
        async def child() -> None:
            raise OSError("child")

        seen = "nothing"
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(child())
                await asyncio.sleep(5)
        except* OSError as errors:
            seen = str(errors.exceptions[0])
        return seen

    assert run(work, factory) == "child"


def test_exceptions_and_cancellation_come_out_as_of_any_task(factory: Any) -> None:
    async def broken() -> None:
        raise KeyError("x")

    async def patient() -> None:
        await asyncio.sleep(10)

    with pytest.raises(KeyError):
        run(broken, factory)

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[None]] = []
        loop.call_soon(lambda: tasks.append(start_task(patient(), loop, copy_context())))
        await asyncio.sleep(0.01)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        return tasks[0].cancelled()

    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(main())


def test_a_task_has_a_context_of_its_own(factory: Any) -> None:
    async def work() -> str:
        before = VARIABLE.get()
        VARIABLE.set("inside")
        await asyncio.sleep(0)
        return f"{before} {VARIABLE.get()}"

    assert run(work, factory) == "outside inside"
    assert VARIABLE.get() == "outside"


def test_nothing_is_left_behind(factory: Any) -> None:
    async def work() -> None:
        await asyncio.sleep(0)

    async def main() -> int:
        loop = asyncio.get_running_loop()
        for _ in range(50):
            loop.call_soon(lambda: start_task(work(), loop, copy_context()))
        await asyncio.sleep(0.05)
        gc.collect()
        return len(asyncio.all_tasks())

    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(main()) == 1
