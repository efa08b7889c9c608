"""Several processes that serve one socket, and one that looks after them."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from partita.server.errors import StartupFailed

__all__ = ("supervise",)

_log = logging.getLogger("partita.server")
_FAILED_AT_START = 3
_SOON = 1.0
_POLL = 0.05


def supervise(work: Callable[[], None], count: int, grace: float) -> None:
    """Run ``work`` in ``count`` processes until SIGINT or SIGTERM, and replace those that die.

    They are forked, so they share the listening socket: what one cannot accept, another does, and nothing is lost when
    one dies before it accepted. (With SO_REUSEPORT the kernel keeps a queue for each, which dies with it.)

    Args:
        work: Serves until the process gets SIGTERM.
        count: Of processes.
        grace: Seconds between SIGTERM and SIGKILL, with a little more for the work's own end.

    Raises:
        StartupFailed: If a process could not start the application.
    """
    stops = 0

    def on_signal(number: int, frame: object) -> None:
        nonlocal stops
        stops += 1

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    children: dict[int, float] = {}
    failed = False
    try:
        for _ in range(count):
            children[_fork(work, previous)] = time.monotonic()
        while not stops:
            for pid, status in _ended(children):
                began = children.pop(pid)
                if os.waitstatus_to_exitcode(status) == _FAILED_AT_START:
                    failed, stops = True, 1
                    break
                _log.error("Worker %d ended with status %d; starting another", pid, os.waitstatus_to_exitcode(status))
                if time.monotonic() - began < _SOON:
                    time.sleep(_SOON)  # one that dies at once must not spin
                children[_fork(work, previous)] = time.monotonic()
            time.sleep(_POLL)
    finally:
        _stop(children, lambda: stops, grace + 5.0)
        for number, handler in previous.items():
            signal.signal(number, handler)
    if failed:
        raise StartupFailed("A worker could not start the application; its log says why.")


def _fork(work: Callable[[], None], handlers: "dict[signal.Signals, signal._HANDLER]") -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        work()
        status = 0
    except StartupFailed:
        _log.exception("The application could not start")
        status = _FAILED_AT_START
    except BaseException:  # noqa: BLE001 - nothing may run on into the parent's code
        _log.exception("A worker died")
    finally:
        logging.shutdown()
        os._exit(status)


def _ended(children: dict[int, float]) -> list[tuple[int, int]]:
    """Return process and status of those that ended, without waiting."""
    found = []
    for pid in children:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            found.append((pid, status))
    return found


def _stop(children: dict[int, float], stops: Callable[[], int], seconds: float) -> None:
    told = 0
    deadline = time.monotonic() + seconds
    while children:
        now = stops() or 1
        if told < min(now, 2):
            told += 1
            for pid in children:
                os.kill(pid, signal.SIGTERM)  # the second one tells them not to wait
        elif time.monotonic() > deadline:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
        for pid, _ in _ended(children):
            del children[pid]
        time.sleep(_POLL)
