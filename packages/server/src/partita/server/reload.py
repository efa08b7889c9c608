"""Serving in a child process that is started anew when a file changes."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from partita.server.changes import changes
from partita.server.settings import Reloader
from partita.server.sockets import INHERITED_VARIABLE

__all__ = ("serve_reloading", "this_command")

_log = logging.getLogger("partita.server")
_WAIT = 10.0


def serve_reloading(
    command: Sequence[str], sock: socket.socket, folders: Sequence[Path], reloader: Reloader = "auto"
) -> int:
    """Run ``command`` again and again, each time something below ``folders`` changes, until SIGINT or SIGTERM.

    This process keeps the listening socket and hands it on, so requests wait while the child starts instead of being
    refused. A child that ends by itself, as with a syntax error, is started again after the next change.

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
        child = _start(command, sock)
        for changed in found:
            _log.info("%s changed; starting again", changed)
            _end(child)
            child = _start(command, sock)
    finally:
        if child is not None:
            _end(child)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _start(command: Sequence[str], sock: socket.socket) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, INHERITED_VARIABLE: str(sock.fileno())}
    return subprocess.Popen(command, env=environment, pass_fds=(sock.fileno(),))


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_WAIT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def this_command(without: str = "") -> list[str]:
    """Return what this process was started with, but for one option."""
    return [sys.executable, *[argument for argument in sys.orig_argv[1:] if argument != without]]
