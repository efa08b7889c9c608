"""What tells a process to stop: signals, and the death of the process that started it."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

__all__ = ("PARENT_VARIABLE", "STOP_SIGNALS", "Stops", "passed_on", "started_by")

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What asks a server to stop."""
_FORCE = getattr(signal, "SIGQUIT", signal.SIGTERM)
PARENT_VARIABLE = "PARTITA_PARENT_PID"
"""Names the process that started this one and looks after it; without that one, this one stops."""

_Handler = Callable[[int, FrameType | None], object] | int | signal.Handlers | None


def passed_on(count: int) -> int:
    """Return the signal that tells a process which this one has started of the ``count``-th signal to stop, from 1 on.

    Terminals (Ctrl-C) and systemd signal all processes of a program at once, and each of them hears the same again from the one
    that started it. So what means "do not wait any longer" is another signal among them.
    """
    return signal.SIGTERM if count <= 1 else _FORCE


class Stops:
    """Remembers signals to stop until somebody has time for them; a context manager, which puts former handlers back.

    There is one handler from `listen` to the end. With one for each phase, a signal between two of them would end the process
    and leave behind those that it has started; and one that a phase had taken would not reach the next.

    Args:
        parent: The number of the process without which this one has nothing to do; 0 if it stands alone. If there is one, signals
            count as that process means them; see `passed_on`.
    """

    __slots__ = ("_parent", "_previous", "_received", "asked", "notify", "taken")

    def __init__(self, parent: int = 0) -> None:
        self._parent = parent
        self._received: list[int] = []
        self._previous: dict[int, _Handler] = {}
        self.asked = False
        """Whether there has been a signal."""
        self.taken = 0
        """How many `take` has returned."""
        self.notify: Callable[[], object] | None = None

    def listen(self) -> None:
        """Take signals from now on; until then they end the process, which serves nobody yet."""
        for number in self._previous:
            signal.signal(number, self._receive)

    def __enter__(self) -> "Stops":
        # Not in `listen`: that may be called within a loop, whose own handler is of no use once it has ended.
        if threading.current_thread() is threading.main_thread():  # others get no signals
            numbers = (*STOP_SIGNALS, _FORCE) if self._parent else STOP_SIGNALS
            self._previous = {number: signal.getsignal(number) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.forget()

    def forget(self) -> None:
        """Put the former handlers back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: object) -> None:
        again, self.asked = self.asked, True
        if not self._parent:
            self._received.append(number)
        elif number == _FORCE:
            self._received += [number] if again else [number, number]
        elif again:
            return  # the one that we know already, by another way
        else:
            self._received.append(number)
        if self.notify is not None:
            self.notify()

    def take(self) -> list[int]:
        """Return the signals since the last call."""
        received, self._received = self._received, []
        self.taken += len(received)
        return received

    def is_orphan(self) -> bool:
        """Tell whether the process that started this one has died, so that nobody would ever stop this one."""
        return self._parent != 0 and os.getppid() != self._parent


def started_by() -> int:
    """Return the number of the process that started this one and looks after it, and forget it; 0 if there is none."""
    # Windows puts a launcher between the two, and never gives a process another parent.
    number = os.environ.pop(PARENT_VARIABLE, "0")
    return int(number) if os.name == "posix" and number.isdecimal() else 0
