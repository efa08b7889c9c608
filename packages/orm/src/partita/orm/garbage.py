"""Making many rows without the garbage collector, which would visit each of them several times and find nothing."""

import gc
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ("MANY", "without_collector")

P = ParamSpec("P")
T = TypeVar("T")
MANY = 256
"""Rows from which on it pays."""


def without_collector(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that makes many objects and no garbage; the collector, if it is on, rests meanwhile.

    Other threads' garbage waits as long. Where two threads do this at once, the collector is on again when the first one is done.
    """
    if not gc.isenabled():
        return function(*args, **kwargs)
    gc.disable()
    try:
        return function(*args, **kwargs)
    finally:
        gc.enable()
