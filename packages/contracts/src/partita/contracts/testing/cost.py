"""Measuring what a call costs in a way that a busy machine does not spoil."""

import gc
import inspect
import os
import pkgutil
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType

__all__ = ("cost_size", "is_linear", "least_seconds", "public_functions")

GROWTH = 2.3
"""How many times the cost of a text a text of twice its length may have."""
NOISE = 0.004
"""Seconds of processor time below which nothing is told from nothing."""
LONG = 2**18
"""Characters from which on a text and its copies no longer fit the processor's caches, which other programs use as well."""


def cost_size(quick: int) -> int:
    """Return the length of text to begin with, in characters.

    Args:
        quick: The length that every run of the tests takes; the environment's ``PARTITA_COST_SIZE`` replaces it. With 524288 it is
            compared with one of a MiB, which takes minutes.
    """
    return int(os.environ.get("PARTITA_COST_SIZE", str(quick)))


def public_functions(package: ModuleType) -> frozenset[str]:
    """Return the names of all functions of a package that its modules make public by their ``__all__``.

    A test holds them against its registry of what was measured, so that a function nobody has measured fails it.
    """
    names: set[str] = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        found = import_module(module.name)
        for name in getattr(found, "__all__", ()):
            value = getattr(found, name)
            if inspect.isfunction(value) and value.__module__.startswith(f"{package.__name__}."):
                names.add(name)
    return frozenset(names)


def is_linear(function: Callable[[str], object], piece: str, size: int, edge: str = "") -> bool:
    """Whether a text of twice the length costs a function at most 2.3 times as much.

    Args:
        function: What to measure.
        piece: Repeated until the text has its length.
        size: Characters of the shorter text.
        edge: Behind the repeated pieces.
    """
    small, large = (partial(function, piece * (length // len(piece)) + edge) for length in (size, 2 * size))
    if least_seconds(large, enough=NOISE, attempts=1) <= NOISE:
        return True
    # What grows too fast does so in every round; a machine that slows down between two measurements does not.
    return any(_is_within(small, large) for _ in range(5 if size < LONG else 15))


def _is_within(small: Callable[[], object], large: Callable[[], object]) -> bool:
    allowed = GROWTH * least_seconds(small, attempts=3) + NOISE
    return least_seconds(large, enough=allowed, attempts=5) <= allowed


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
        collects = gc.isenabled()
        gc.disable()  # what a collection costs is up to all that the process holds
        try:
            start = time.process_time()
            call()
            least = min(least, time.process_time() - start)
        finally:
            if collects:
                gc.enable()
        if least <= enough:
            break
    return least
