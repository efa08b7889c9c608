"""Measuring what a call costs in a way that a busy machine does not spoil."""

import time
from collections.abc import Callable

__all__ = ("least_seconds",)


def least_seconds(call: Callable[[], object], enough: float = 0.0, attempts: int = 10) -> float:
    """Return the least processor time that a call took in several attempts, in seconds.

    A cost that grows too fast with its input is there in every attempt; a pause of the machine or of the garbage collector is not.

    Args:
        call: What to measure.
        enough: An attempt that took no more ends the measuring.
        attempts: How many at most.
    """
    least = float("inf")
    for _ in range(attempts):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
        if least <= enough:
            break
    return least
