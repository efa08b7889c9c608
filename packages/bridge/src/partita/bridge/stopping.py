"""Telling code in a thread that nobody waits for it any more, and ending what it waits for itself."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

__all__ = ("STOP", "Stop", "in_thread")

P = ParamSpec("P")
T = TypeVar("T")

_FIRST, _LONGEST = 0.02, 1.0  # seconds between two attempts to end something
_PATIENCE = 60.0  # seconds after which no more are made


class Stop:
    """What a thread was given to do, and what it waits for meanwhile.

    A thread cannot be cancelled, but what it waits for can be ended: a statement in a database, a socket. Whoever lends such a thing
    to code in a thread says by `watch` how, and by `forget` that it is back.

    Attributes:
        is_set: Whether nobody waits for the thread any more.
    """

    __slots__ = ("_ended", "_lock", "_watched", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._watched: dict[object, Callable[[], object]] = {}
        self._ended: set[object] = set()
        self._lock = threading.Lock()

    def watch(self, what: object, end: Callable[[], object]) -> bool:
        """Let ``end`` be called, in another thread, once nobody waits any more and ``what`` is still in use.

        Args:
            what: Hashable.
            end: Called again and again until ``what`` is forgotten, for at the first time it may not have begun to wait; what it
                raises is ignored.

        Returns:
            Whether somebody still waits; if not, ``what`` is not watched, and nothing should be begun with it.
        """
        with self._lock:
            if self.is_set:
                return False
            self._watched[what] = end
            return True

    def forget(self, what: object) -> bool:
        """Watch ``what`` no more; afterwards nothing ends it. Returns whether that was attempted."""
        with self._lock:  # a call of `end` that is under way comes to its end first
            self._watched.pop(what, None)
            if what not in self._ended:
                return False
            self._ended.discard(what)
            return True

    def set(self) -> None:
        """Say that nobody waits any more; this returns at once."""
        if self.is_set:
            return
        with self._lock:
            self.is_set = True
            if not self._watched:
                return
        threading.Thread(target=self._end, name="partita-stop", daemon=True).start()

    def _end(self) -> None:
        pause, give_up = _FIRST, time.monotonic() + _PATIENCE
        while time.monotonic() < give_up:
            with self._lock:
                if not self._watched:
                    return
                for what, end in self._watched.items():
                    self._ended.add(what)
                    with suppress(Exception):  # another attempt follows
                        end()
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST)


STOP: ContextVar[Stop | None] = ContextVar("partita.bridge.stop", default=None)
"""That of the code that runs here, if it runs in a thread for somebody who may stop waiting."""


async def in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function in a thread, as `asyncio.to_thread` does; a task that is cancelled ends what it waits for."""
    import asyncio  # whoever awaits this has imported it; the rest of this package does without

    stop = Stop()
    token = STOP.set(stop)
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except asyncio.CancelledError:
        stop.set()
        raise
    finally:
        STOP.reset(token)
