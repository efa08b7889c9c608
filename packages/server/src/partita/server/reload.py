"""Serving in a child process that takes changed files in, or is started anew."""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from partita.server.changes import changes
from partita.server.settings import Reloader
from partita.server.sockets import INHERITED_VARIABLE
from partita.server.stopping import PARENT_VARIABLE

__all__ = ("CHANNEL_VARIABLE", "serve_reloading")

CHANNEL_VARIABLE = "PARTITA_RELOAD_FD"
"""Names the file descriptor of a socket over which a child hears what has changed; see `in_place`."""

_log = logging.getLogger("partita.server")
_WAIT = 10.0
_STEP = 0.05


def serve_reloading(
    command: Sequence[str], sock: socket.socket, folders: Sequence[Path], reloader: Reloader = "auto"
) -> int:
    """Run ``command`` until SIGINT or SIGTERM, and tell it each time something below ``folders`` changes.

    It is started again if it says that it has to be, or says nothing. This process keeps the listening socket and hands it on, so
    requests wait while the child starts instead of being refused. A child that ends by itself, as with a syntax error, is started
    again after the next change.

    Args:
        command: Program and arguments; it finds the socket by `sockets.inherited`.
        sock: It listens already.
        folders: To watch.
        reloader: How to learn of changes; see `settings.ServerSettings`.

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
        child = _Child(command, sock)
        for changed in found:
            reason = child.tell(changed, stop)
            if reason is None or stop.is_set():
                continue
            _log.info("%s changed; starting again%s", changed[0], f", since {reason}" if reason else "")
            child.end()
            child = _Child(command, sock)
    finally:
        if child is not None:
            child.end()
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


class _Child:
    """The program, and a way to talk to it: a line of JSON for each change, and one for each answer."""

    def __init__(self, command: Sequence[str], sock: socket.socket) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.settimeout(_STEP)
        self._heard = b""
        self._listens = False
        environment = {
            **os.environ,
            INHERITED_VARIABLE: str(sock.fileno()),
            CHANNEL_VARIABLE: str(theirs.fileno()),
            PARENT_VARIABLE: str(os.getpid()),
        }
        with theirs:
            self._process = subprocess.Popen(command, env=environment, pass_fds=(sock.fileno(), theirs.fileno()))

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

    def end(self) -> None:
        """End it, and wait for that."""
        self._channel.close()
        self._process.terminate()
        try:
            self._process.wait(_WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
