"""What it costs to run a handler that never waits: microseconds each.

python bench/bench_tasks.py
"""

import asyncio
import time
from asyncio import tasks
from contextvars import copy_context

from partita.bridge import drive
from partita.server.tasks import Starter, start_task

COUNT = 100_000


async def handler() -> int:
    return 1


class StandIn:
    """Something to return from `asyncio.current_task`, but no task."""

    __slots__ = ("__weakref__",)


def by_hand(loop: asyncio.AbstractEventLoop) -> int:
    stand_in = StandIn()
    tasks._enter_task(loop, stand_in)
    try:
        handler().send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        tasks._leave_task(loop, stand_in)


async def main() -> None:
    loop = asyncio.get_running_loop()
    found: dict[str, float] = {}

    begin = Starter(loop).start

    def eager() -> None:
        for name, run in (
            ("Starter, with the bridge", lambda: begin(handler(), copy_context())),
            ("start_task, with the bridge", lambda: start_task(drive(handler()), loop, copy_context()).result()),
            ("start_task", lambda: start_task(handler(), loop, copy_context()).result()),
            ("by hand, with a stand-in", lambda: copy_context().run(by_hand, loop)),
        ):
            best = float("inf")
            for _ in range(5):
                start = time.perf_counter()
                for _ in range(COUNT):
                    run()
                best = min(best, time.perf_counter() - start)
            found[name] = best

    loop.call_soon(eager)
    await asyncio.sleep(0)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(COUNT):
            await loop.create_task(handler())
        best = min(best, time.perf_counter() - start)
    found["a plain task"] = best
    print("| way | us |\n|---|---:|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds / COUNT * 1e6:.2f} |")


asyncio.run(main())
