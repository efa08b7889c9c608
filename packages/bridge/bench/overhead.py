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
    print(f"drive adds {statistics.median(driven) * 1e6 - statistics.median(plain) * 1e6:.2f} us to a coroutine")
    print(f"a sync call with one wait takes {statistics.median(waited) * 1e6:.2f} us")


if __name__ == "__main__":
    asyncio.run(main())
