"""Serving in a child process that is started anew when a file changes (extra ``reload``)."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from partita.server.errors import ServerError
from partita.server.sockets import INHERITED_VARIABLE

__all__ = ("serve_reloading", "this_command")

_log = logging.getLogger("partita.server")
_SUFFIXES = (".py", ".toml", ".env", ".html", ".txt", ".mo", ".po")
_WAIT = 10.0


def serve_reloading(command: Sequence[str], sock: socket.socket, folders: Sequence[Path]) -> int:
    """Run ``command`` again and again, each time something below ``folders`` changes, until SIGINT or SIGTERM.

    This process keeps the listening socket and hands it on, so requests wait while the child starts instead of being
    refused. A child that ends by itself, as with a syntax error, is started again after the next change.

    Args:
        command: Program and arguments; it finds the socket by `sockets.inherited`.
        sock: It listens already.
        folders: To watch.

    Returns:
        The exit status for this process.

    Raises:
        ServerError: If watchfiles is not installed.
    """
    stop = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    child = None
    try:
        changes = _changes(folders, stop)
        child = _start(command, sock)
        for changed in changes:
            _log.info("%s changed; starting again", changed)
            _end(child)
            child = _start(command, sock)
    finally:
        if child is not None:
            _end(child)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _changes(folders: Sequence[Path], stop: threading.Event) -> Iterator[str]:
    try:
        from watchfiles import DefaultFilter, watch
    except ImportError as error:
        raise ServerError("Reloading needs watchfiles: pip install 'partita-server[reload]'") from error

    ignored = DefaultFilter()

    def generate() -> Iterator[str]:
        found = watch(
            *folders,
            watch_filter=lambda change, path: path.endswith(_SUFFIXES) and ignored(change, path),
            stop_event=stop,
            raise_interrupt=False,
            debounce=200,
            step=20,
            rust_timeout=200,
            yield_on_timeout=False,
        )
        for changes in found:
            yield min(path for _, path in changes)

    return generate()


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
