"""What `drive` adds to a coroutine that never waits, and what one `wait` costs, in microseconds."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from partita.bridge import drive, run, wait

ROUNDS, CALLS = 15, 20_000


async def leaf() -> int:
    return 1


def waits() -> int:
    return wait(leaf())


async def seconds(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    for _ in range(CALLS):
        await call()
    return (time.perf_counter() - start) / CALLS


async def main() -> None:
    plain, driven, waited = [], [], []
    for _ in range(ROUNDS):  # in turns, so that a busy machine slows all three
        plain.append(await seconds(lambda: leaf()))
        driven.append(await seconds(lambda: drive(leaf())))
        waited.append(await seconds(lambda: run(waits)))
    plain_us, driven_us, waited_us = (statistics.median(each) * 1e6 for each in (plain, driven, waited))
    print("| bridge | microseconds |\n|---|---:|")
    print(f"| added to a coroutine that never waits | {driven_us - plain_us:.2f} |")
    print(f"| a sync call with one wait | {waited_us:.2f} |")


if __name__ == "__main__":
    asyncio.run(main())
