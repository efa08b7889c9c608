"""A new process takes over from an old one at the same socket, and no request is lost on the way."""

import logging
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType

from partita.server.sockets import INHERITED_VARIABLE
from partita.server.stopping import PARENT_VARIABLE, Stops, passed_on

__all__ = ("RELOAD_SIGNALS", "Reloads", "Successor", "hold", "is_successor", "tell_ready")

RELOAD_SIGNALS = tuple([getattr(signal, name) for name in ("SIGHUP", "SIGUSR2") if hasattr(signal, name)])
"""What asks a server to start its program again: with new code, settings and certificates."""

_Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None
_READY_VARIABLE = "PARTITA_READY_FD"
_POLL = 0.05
_log = logging.getLogger("partita.server")


class Reloads:
    """Remembers that a signal asked for a reload until somebody has time for it; a context manager.

    One handler from the first moment to the last: between two, a signal would end the process.
    """

    __slots__ = ("_asked", "_previous", "notify")

    def __init__(self) -> None:
        self._asked = False
        self._previous: dict[int, _Handler] = {}
        self.notify: Callable[[], object] | None = None

    def __enter__(self) -> "Reloads":
        self._previous = {number: signal.signal(number, self._ask) for number in RELOAD_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True
        if self.notify is not None:
            self.notify()

    def take(self) -> bool:
        """Return whether there was a signal since the last call."""
        asked, self._asked = self._asked, False
        return asked


class Successor:
    """The same program in a new process, which listens on the socket that is handed to it.

    Args:
        command: Program and arguments.
        sock: It listens already.
    """

    __slots__ = ("_ready", "ended", "process")

    def __init__(self, command: Sequence[str], sock: socket.socket) -> None:
        read, write = os.pipe()
        os.set_blocking(read, False)
        self._ready = read
        self.ended = False
        numbers = (sock.fileno(), write)
        environment = {
            **os.environ,
            INHERITED_VARIABLE: str(numbers[0]),
            _READY_VARIABLE: str(write),
            PARENT_VARIABLE: str(os.getpid()),
        }
        try:
            self.process = subprocess.Popen(command, env=environment, pass_fds=numbers)
        finally:
            os.close(write)

    @property
    def fileno(self) -> int:
        """Becomes readable when `poll` has news."""
        return self._ready

    def poll(self) -> bool | None:
        """Return whether it serves; None while that is not known."""
        if self.ended:
            return self.process.poll() is None
        try:
            word = os.read(self._ready, 1)
        except BlockingIOError:
            return None
        self.ended = True
        os.close(self._ready)
        if word:
            return True
        self.process.wait()  # the pipe closes when it dies
        _log.error(
            "The new process ended with status %d before it served; the old one goes on", self.process.returncode
        )
        return False


def tell_ready() -> None:
    """Tell the process before this one that this one serves, if there is one before it."""
    number = os.environ.pop(_READY_VARIABLE, None)
    if number is not None:
        os.write(int(number), b"1")
        os.close(int(number))


def is_successor() -> bool:
    """Tell whether another process has started this one to take over; that one takes the signals to reload."""
    return _READY_VARIABLE in os.environ


def hold(
    current: Successor,
    restart: Callable[[], Successor],
    reloads: Reloads,
    stops: Stops,
    refuse: Callable[[], None],
) -> int:
    """Stand in for a successor that serves: pass signals on to it, and let others follow it.

    So the number of the process that was started first stays the one to send signals to.

    Args:
        current: It serves, or is about to end.
        restart: Starts another one.
        reloads: Says when.
        stops: Has the signals to pass on, those among them that came before this was called.
        refuse: Lets the system refuse new connections; called with the first of these signals.

    Returns:
        The status that the last one ended with.
    """
    following: Successor | None = None
    leaving: list[Successor] = []
    orphan = False
    while current.process.poll() is None:
        before = stops.taken
        received = stops.take()
        if stops.is_orphan() and not orphan:
            orphan = True
            received.append(signal.SIGTERM)
        if received:
            refuse()
        for count in range(before + 1, before + len(received) + 1):
            told = [current] if following is None else [current, following]
            if count > 1:
                told += leaving  # they have been told once, when they were replaced
            for each in told:
                each.process.send_signal(passed_on(count))
        if following is None and reloads.take() and not (stops.asked or orphan):
            following = restart()
        if following is not None and (serves := following.poll()) is not None:
            if serves:
                current.process.terminate()
                leaving.append(current)
                current = following
            following = None
        leaving = [each for each in leaving if each.process.poll() is None]
        time.sleep(_POLL)
    if following is not None:  # it was to take over from one that has ended
        following.process.terminate()
        leaving.append(following)
    for each in leaving:
        each.process.wait()
    return current.process.returncode
