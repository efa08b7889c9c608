"""Threads that do one piece of work after another, for event loops that must not block."""

import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ("Threads",)


class Threads:
    """At most ``most`` threads, started as work comes.

    Half the cost of `concurrent.futures.ThreadPoolExecutor` for each call: the work tells its own outcome, so that no
    future and no condition is needed. At the end of the program what was begun is finished.

    Args:
        most: Threads at a time.
        name: What their names begin with.
    """

    __slots__ = ("__weakref__", "_most", "_name", "_queue", "_starting", "_threads")

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        weakref.finalize(self, _finish, self._queue, self._threads)

    def submit(self, work: Callable[[], None]) -> None:
        """Let a thread call ``work``, which must not raise."""
        self._queue.put(work)
        if len(self._threads) < self._most and not self._queue.empty():
            self._start()

    def shutdown(self) -> None:
        """Let the threads end once the work given is done; this does not wait for them."""
        _dismiss(self._queue, self._threads)

    def _start(self) -> None:
        with self._starting:
            if len(self._threads) < self._most:
                name = f"{self._name}-{len(self._threads)}"
                thread = threading.Thread(target=_serve, args=(self._queue,), name=name, daemon=True)
                thread.start()
                self._threads.append(thread)


def _serve(queue: "SimpleQueue[Callable[[], None] | None]") -> None:
    while (work := queue.get()) is not None:
        work()
        del work  # a thread that waits keeps nothing of a request alive


def _dismiss(queue: "SimpleQueue[Callable[[], None] | None]", threads: list[threading.Thread]) -> None:
    for _ in threads:
        queue.put(None)


def _finish(queue: "SimpleQueue[Callable[[], None] | None]", threads: list[threading.Thread]) -> None:
    _dismiss(queue, threads)
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join()
