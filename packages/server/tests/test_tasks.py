import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

import anyio
import pytest

from partita import bridge
from partita.server.tasks import Starter, start_task

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

        with anyio.move_on_after(0.5) as scope:
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


def started(factory: Any, make: Callable[[Starter], list[object]]) -> list[object]:
    """Call ``make`` from a callback of the loop; return what it gave, with tasks awaited."""

    async def main() -> list[object]:
        loop = asyncio.get_running_loop()
        outcomes: list[object] = []
        loop.call_soon(lambda: outcomes.extend(make(Starter(loop))))
        await asyncio.sleep(0.01)
        return [await each if asyncio.isfuture(each) else each for each in outcomes]

    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def test_a_starter_gives_the_result_of_what_never_waits_and_a_task_of_what_does(factory: Any) -> None:
    async def work(waits: bool) -> bool:
        first = asyncio.current_task()
        if waits:
            await asyncio.sleep(0)
        return first is not None and first is asyncio.current_task()

    def make(starter: Starter) -> list[object]:
        outcomes = [starter.start(work(waits), copy_context()) for waits in (False, True, False)]
        return [*outcomes, *[asyncio.isfuture(each) for each in outcomes]]

    assert started(factory, make) == [True, True, True, False, True, False]


def test_sync_code_beneath_a_starter_may_wait_in_the_first_step(factory: Any) -> None:
    async def work() -> str:
        return bridge.wait(asyncio.sleep(0.001, "waited"))

    assert started(factory, lambda starter: [starter.start(work(), copy_context())]) == ["waited"]


def test_what_fails_at_once_raises_at_once(factory: Any) -> None:
    async def broken() -> None:
        raise KeyError("x")

    def make(starter: Starter) -> list[object]:
        with pytest.raises(KeyError):
            starter.start(broken(), copy_context())
        return [starter.start(asyncio.sleep(0, "next"), copy_context())]

    assert started(factory, make) == ["next"]


def test_whoever_keeps_a_task_never_sees_it_again_for_other_work(factory: Any) -> None:
    kept: list[object] = []

    async def work() -> None:
        kept.append(asyncio.current_task())

    def make(starter: Starter) -> list[object]:
        for _ in range(3):
            starter.start(work(), copy_context())
        return [len({id(each) for each in kept})]

    assert started(factory, make) == [3]


def test_notes_about_a_task_are_not_found_by_other_work(factory: Any) -> None:
    notes: weakref.WeakKeyDictionary[object, str] = weakref.WeakKeyDictionary()
    found: list[object] = []

    async def work() -> None:
        task = asyncio.current_task()
        found.append(notes.get(task))
        notes[task] = "seen"

    def make(starter: Starter) -> list[object]:
        for _ in range(3):
            starter.start(work(), copy_context())
        return [*found]

    assert started(factory, make) == [None, None, None]


def test_names_and_callbacks_of_a_task_belong_to_it_alone(factory: Any) -> None:
    called: list[object] = []

    async def work(touches: bool) -> str:
        task = asyncio.current_task()
        assert task is not None
        name = task.get_name()
        if touches:
            task.set_name("mine")
            task.add_done_callback(lambda task: called.append(task.get_name()))
        return "mine" if name == "mine" else "new"

    def make(starter: Starter) -> list[object]:
        return [starter.start(work(touches), copy_context()) for touches in (True, False)]

    assert started(factory, make) == ["new", "new"]
    assert called == ["mine"]


@pytest.mark.parametrize("waits", [False, True])
def test_work_that_cancels_itself_in_its_first_step_is_cancelled(factory: Any, waits: bool) -> None:
    seen: list[str] = []

    async def work() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        if waits:
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError:
                seen.append("cancelled where it waits")
                raise
        return "never"

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        outcomes: list[Any] = []

        def callback() -> None:
            try:
                outcomes.append(Starter(loop).start(work(), copy_context()))
            except asyncio.CancelledError as error:
                outcomes.append(error)

        loop.call_soon(callback)
        await asyncio.sleep(0.01)
        return isinstance(outcomes[0], asyncio.CancelledError) or outcomes[0].cancelled()

    with asyncio.Runner(loop_factory=factory) as runner:
        assert runner.run(main())
    assert seen == (["cancelled where it waits"] if waits else [])
