"""Several processes that serve one socket, and one that looks after them."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from partita.server.errors import StartupFailed
from partita.server.stopping import Stops, passed_on
from partita.server.succession import RELOAD_SIGNALS, Reloads, Successor

__all__ = ("supervise",)

_log = logging.getLogger("partita.server")
_FAILED_AT_START = 3
_SOON = 1.0
_POLL = 0.05


def supervise(
    work: Callable[[Callable[[], None], int], None],
    count: int,
    grace: float,
    ready: Callable[[], None],
    stops: Stops,
    refuse: Callable[[], None],
    restart: Callable[[], Successor] | None = None,
    reloads: Reloads | None = None,
) -> Successor | None:
    """Run ``work`` in ``count`` processes until SIGINT or SIGTERM, and replace those that die.

    They are forked, so they share the listening socket: what one cannot accept, another does, and nothing is lost when
    one dies before it accepted. (With SO_REUSEPORT the kernel keeps a queue for each, which dies with it.)

    Args:
        work: Serves until the process gets SIGTERM; it calls its first argument once it does, and the second is the number of
            this process, without which it has nothing to do.
        count: Of processes.
        grace: Seconds between SIGTERM and SIGKILL, with a little more for the work's own end.
        ready: Called once all of them serve.
        stops: Has the signals to stop.
        refuse: Lets the system refuse new connections; called when it is over for all, and not only for these processes.
        restart: Starts the program again.
        reloads: Says when.

    Returns:
        The process that has taken over, if one has; or one that was about to, and has got the signals to stop.

    Raises:
        StartupFailed: If a process could not start the application.
    """
    told = 0
    successor: Successor | None = None
    parent = os.getpid()
    stops.listen()
    heard, tell = os.pipe()
    os.set_blocking(heard, False)

    def worker() -> None:
        work(lambda: _tell(tell), parent)

    def signals() -> int:
        """Return how many signals to stop there have been; a successor gets them as well."""
        nonlocal told
        received = stops.take()
        if not told and stops.is_orphan():
            received.append(signal.SIGTERM)
        for _ in received:
            told += 1
            if successor is not None:
                successor.process.send_signal(passed_on(told))
        return told

    waiting = count
    children: dict[int, float] = {}
    failed = False
    try:
        for _ in range(count):
            children[_fork(worker, stops)] = time.monotonic()
        while not signals():
            for pid, status in _ended(children):
                began = children.pop(pid)
                if os.waitstatus_to_exitcode(status) == _FAILED_AT_START:
                    failed, told = True, 1
                    break
                _log.error("Worker %d ended with status %d; starting another", pid, os.waitstatus_to_exitcode(status))
                if time.monotonic() - began < _SOON:
                    time.sleep(_SOON)  # one that dies at once must not spin
                children[_fork(worker, stops)] = time.monotonic()
            if waiting > 0:
                waiting -= _heard(heard)
                if waiting <= 0:
                    ready()
            if successor is None and restart is not None and reloads is not None and reloads.take():
                successor = restart()
            if successor is not None and (serves := successor.poll()) is not None:
                if serves:
                    break
                successor = None
            time.sleep(_POLL)
    finally:
        os.close(heard)
        os.close(tell)
        if successor is None or told:
            refuse()
        _stop(children, signals, grace + 5.0)
    if failed:
        raise StartupFailed("A worker could not start the application; its log says why.")
    return successor


def _tell(told: int) -> None:
    with suppress(BrokenPipeError):
        os.write(told, b"1")


def _heard(heard: int) -> int:
    try:
        return len(os.read(heard, 100))
    except BlockingIOError:
        return 0


def _fork(work: Callable[[], None], stops: Stops) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        stops.forget()
        for number in RELOAD_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if not stops.take():  # it may have come before the handlers were put back
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
                os.kill(pid, passed_on(told))  # the second one tells them not to wait
        elif time.monotonic() > deadline:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
        for pid, _ in _ended(children):
            del children[pid]
        time.sleep(_POLL)
