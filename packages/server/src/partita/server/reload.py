"""Serving in a child process that takes changed files in, or is started anew."""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from partita.server.changes import changes
from partita.server.settings import Reloader
from partita.server.sockets import INHERITED_VARIABLE
from partita.server.stopping import PARENT_VARIABLE, passed_on

__all__ = ("CHANNEL_VARIABLE", "serve_reloading")

CHANNEL_VARIABLE = "PARTITA_RELOAD_FD"
"""Names the file descriptor of a socket over which a child hears what has changed; see `in_place`."""

_log = logging.getLogger("partita.server")
_WAIT = 10.0
_LAST_WAIT = 2.0  # whoever ends development does not want to wait for long
_STEP = 0.05


def serve_reloading(
    command: Sequence[str],
    sock: socket.socket,
    folders: Sequence[Path],
    reloader: Reloader = "auto",
    first: Mapping[str, str] | None = None,
) -> int:
    """Run ``command`` until SIGINT or SIGTERM, and tell it each time something below ``folders`` changes.

    It is started again if it says that it has to be, or says nothing. This process keeps the listening socket and hands it on, so
    requests wait while the child starts instead of being refused. While a changed module cannot be compiled the old child goes on. One
    that ends by itself, as when a module cannot be imported, is started again after the next change.

    Args:
        command: Program and arguments; it finds the socket by `sockets.inherited`.
        sock: It listens already.
        folders: To watch.
        reloader: How to learn of changes; see `settings.ServerSettings`.
        first: Variables that the program gets only the first time.

    Returns:
        The exit status for this process.

    Raises:
        ServerError: If events are asked for and watchfiles is not installed.
    """
    stop = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    child = None
    try:
        found = changes(folders, stop, reloader)
        child = _Child(command, sock, first or {})
        waiting: set[str] = set()  # what has changed and nobody uses yet
        for some in found:
            changed = sorted(waiting.union(some))
            reason = child.tell(changed, stop)
            if reason is not None and child.runs and (error := _broken(changed)):
                _log.error("What was there before goes on, since a new start would fail:\n%s", error)
                waiting.update(changed)
                continue
            waiting.clear()
            if reason is None or stop.is_set():
                continue
            _log.info("%s changed; starting again%s", changed[0], f", since {reason}" if reason else "")
            child.end()
            child = _Child(command, sock)
    finally:
        if child is not None:
            child.end(_LAST_WAIT)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _broken(paths: Sequence[str]) -> str:
    """Return what is wrong with the first module that cannot be compiled; nothing if all can be."""
    for path in paths:
        if path.endswith(".py"):
            try:
                compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
            except OSError:  # it has gone, which is not for us to judge
                continue
            except (SyntaxError, ValueError) as error:  # the latter for zero bytes
                return "".join(traceback.format_exception_only(error)).rstrip()
    return ""


class _Child:
    """The program, and a way to talk to it: a line of JSON for each change, and one for each answer."""

    def __init__(self, command: Sequence[str], sock: socket.socket, variables: Mapping[str, str] | None = None) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(_STEP)
        self._heard = b""
        self._listens = False
        environment = {
            **os.environ,
            INHERITED_VARIABLE: str(sock.fileno()),
            CHANNEL_VARIABLE: str(theirs.fileno()),
            PARENT_VARIABLE: str(os.getpid()),
            **(variables or {}),
        }
        with theirs:
            self._process = subprocess.Popen(command, env=environment, pass_fds=(sock.fileno(), theirs.fileno()))

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def tell(self, changed: Sequence[str], stop: threading.Event) -> str | None:
        """Return why it has to be started again, which may be an empty text; None if it has taken the change in."""
        if not self._listens and self._next_line(0.0, stop) is None:
            return ""  # it is still starting, has ended, or is a program that never listens
        self._listens = True
        with suppress(OSError):
            self._channel.sendall(json.dumps(changed).encode() + b"\n")
        line = self._next_line(_WAIT, stop)
        return "it did not answer" if line is None else json.loads(line)

    def _next_line(self, seconds: float, stop: threading.Event) -> bytes | None:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._heard:
            try:
                if not (data := self._channel.recv(65_536)):
                    return None
                self._heard += data
            except TimeoutError:
                if stop.is_set() or time.monotonic() >= deadline:
                    return None
            except OSError:
                return None
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def end(self, patience: float = _WAIT) -> None:
        """End it, and wait for that.

        Args:
            patience: Seconds for the requests that run.
        """
        self._channel.close()
        for count, seconds in ((1, patience), (2, _WAIT)):
            self._process.send_signal(passed_on(count))
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                return
        self._process.kill()
        self._process.wait()
