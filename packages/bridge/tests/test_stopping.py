"""Code in a thread, for which somebody may stop waiting."""

import asyncio
import threading

import pytest

from partita.bridge import STOP, Stop, in_thread


class Wait:
    """Something that a thread waits for, which may take several attempts to end."""

    def __init__(self, attempts: int = 1) -> None:
        self.ended = threading.Event()
        self.attempts = attempts

    def end(self) -> None:
        self.attempts -= 1
        if self.attempts <= 0:
            self.ended.set()


def test_there_is_none_unless_somebody_sets_one() -> None:
    assert STOP.get() is None


def test_what_is_watched_is_ended_once_nobody_waits() -> None:
    stop, wait = Stop(), Wait()
    assert stop.watch(wait, wait.end)
    assert not stop.is_set
    assert not wait.ended.is_set()
    stop.set()
    assert stop.is_set
    assert wait.ended.wait(10)
    assert stop.forget(wait)
    assert not stop.forget(wait)


def test_it_is_ended_again_until_it_is_forgotten() -> None:
    """At the first attempt the thread may not have begun to wait."""
    stop, wait = Stop(), Wait(attempts=4)
    stop.watch(wait, wait.end)
    stop.set()
    assert wait.ended.wait(10)
    assert stop.forget(wait)


def test_an_attempt_that_fails_is_followed_by_another() -> None:
    stop, ended = Stop(), threading.Event()
    failures = [OSError("unreachable"), ValueError("closed")]

    def end() -> None:
        if failures:
            raise failures.pop()
        ended.set()

    stop.watch("a", end)
    stop.set()
    assert ended.wait(10)


def test_what_was_forgotten_is_left_alone() -> None:
    stop, wait, other = Stop(), Wait(), Wait()
    stop.watch(wait, wait.end)
    stop.watch(other, other.end)
    assert not stop.forget(wait)
    stop.set()
    assert other.ended.wait(10)
    assert not wait.ended.is_set()


def test_nothing_new_is_begun_once_nobody_waits() -> None:
    stop, wait = Stop(), Wait()
    stop.set()
    stop.set()
    assert not stop.watch(wait, wait.end)
    assert not stop.forget(wait)
    assert not wait.ended.is_set()


def test_who_forgets_waits_for_an_attempt_that_is_under_way() -> None:
    """Or it would end what somebody else has begun with the same thing."""
    stop = Stop()
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def end() -> None:
        begun.set()
        go.wait(10)
        order.append("ended")

    stop.watch("a", end)
    stop.set()
    assert begun.wait(10)

    def forget() -> None:
        assert stop.forget("a")
        order.append("forgotten")

    thread = threading.Thread(target=forget)
    thread.start()
    go.set()
    thread.join(10)
    assert order == ["ended", "forgotten"]


def test_threads_that_watch_and_forget_meet_no_ending_of_theirs_later() -> None:
    for _ in range(50):
        stop = Stop()
        using = [0] * 8
        wrong: list[int] = []
        begin = threading.Barrier(9)

        def use(
            at: int,
            stop: Stop = stop,
            using: list[int] = using,
            wrong: list[int] = wrong,
            begin: threading.Barrier = begin,
        ) -> None:
            def end() -> None:
                if not using[at]:
                    wrong.append(at)

            begin.wait()
            for _ in range(200):
                using[at] = 1
                if not stop.watch(at, end):
                    using[at] = 0
                    return
                stop.forget(at)
                using[at] = 0

        threads = [threading.Thread(target=use, args=(at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        begin.wait()
        stop.set()
        for thread in threads:
            thread.join(10)
        assert wrong == []


def test_what_a_cancelled_task_waits_for_in_a_thread_is_ended() -> None:
    seen: list[object] = []
    ended = threading.Event()

    def waiting(text: str, *, more: str) -> str:
        stop = STOP.get()
        assert stop is not None
        wait = Wait()
        stop.watch(wait, wait.end)
        seen.append(wait.ended.wait(10))
        seen.append(stop.forget(wait))
        ended.set()
        return text + more

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await in_thread(waiting, "a", more="b")
        assert STOP.get() is None

    asyncio.run(main())
    assert ended.wait(10)
    assert seen == [True, True]


def test_a_thread_gives_what_the_function_gives() -> None:
    def join(one: str, *, more: str) -> str:
        return one + more

    async def main() -> str:
        return await in_thread(join, "a", more="b")

    assert asyncio.run(main()) == "ab"
