"""Finds code that blocks the event loop: for development, since a thread looks on all the time."""

import asyncio
import logging
import sys
import threading
import time
import traceback

__all__ = ("LoopWatch",)

_log = logging.getLogger("partita.server")
_FRAMES = 8


class LoopWatch:
    """Logs where the event loop hangs, while it hangs: once for each time.

    Args:
        loop: The running event loop; this is made on its thread.
        seconds: That one step of the loop may take.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop, self._seconds = loop, seconds
        self._thread_id = threading.get_ident()
        self._beat = time.monotonic()
        self._stop = threading.Event()
        self._handle: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._look, name="partita-loop-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._tick()
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._handle is not None:
            self._handle.cancel()
        self._thread.join()

    def _tick(self) -> None:
        self._beat = time.monotonic()
        self._handle = self._loop.call_later(self._seconds / 4, self._tick)

    def _look(self) -> None:
        told = 0.0
        while not self._stop.wait(self._seconds / 4):
            beat = self._beat
            blocked = time.monotonic() - beat
            if blocked > self._seconds and beat != told:
                told = beat
                frame = sys._current_frames().get(self._thread_id)
                where = "".join(traceback.format_stack(frame)[-_FRAMES:]) if frame is not None else ""
                _log.warning(
                    "The event loop has been blocked for %.2f s, and every other request with it. Await the async twin of what"
                    " runs here, or move it to a thread (asyncio.to_thread):\n%s",
                    blocked,
                    where,
                )
