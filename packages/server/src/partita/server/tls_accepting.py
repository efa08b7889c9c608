"""Accepting connections over TLS, which count from before their handshake on.

A server of asyncio does the handshakes itself, but says nothing about those that do not come to their end.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from partita.server.arriving import Arriving

if TYPE_CHECKING:
    import ssl

    from partita.server.connection import Connection
    from partita.server.shared import Shared

__all__ = ("TLSAccepting",)

_log = logging.getLogger("partita.server")

_NEVER = 3600.0  # seconds: the server's own clock, which allows for an event loop that was held up, ends it earlier
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE = 1.0  # seconds until somebody may have left


class TLSAccepting:
    """Takes connections from a socket that listens.

    Args:
        sock: It listens.
        shared: What the connections have in common.
        make: Makes what takes over after a handshake.
        context: With the certificate.
        at_once: Connections that are accepted at one turn of the event loop; then others get theirs.
    """

    def __init__(
        self,
        sock: socket.socket,
        shared: "Shared",
        make: "Callable[[], Connection]",
        context: "ssl.SSLContext",
        at_once: int,
    ) -> None:
        self._sock, self._shared, self._make, self._context, self._at_once = sock, shared, make, context, at_once
        self._timer: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Accept nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        self._shared.loop.remove_reader(self._sock)
        self._sock.close()

    def _listen(self) -> None:
        self._shared.loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        for _ in range(self._at_once):
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return  # another process was quicker, or the client has left
            except OSError as error:
                if error.errno not in _SCARCE:
                    raise
                _log.error("No connection can be accepted for a moment: %s", error.strerror)
                self._shared.loop.remove_reader(self._sock)
                self._timer = self._shared.loop.call_later(_PAUSE, self._listen)
                return
            sock.setblocking(False)
            _Handshake(self._shared, self._make, sock).begin(self._context)


class _Handshake(Arriving):
    """A connection whose handshake is under way."""

    __slots__ = ("_sock", "_task")

    def __init__(self, shared: "Shared", make: "Callable[[], Connection]", sock: socket.socket) -> None:
        super().__init__(shared, make)
        self._sock: socket.socket | None = sock  # None once it is a transport's to close
        self._task: asyncio.Task[object] | None = None

    def begin(self, context: "ssl.SSLContext") -> None:
        """Shake hands, unless there are too many connections."""
        sock = self._sock
        assert sock is not None
        if not self._arrive():  # nobody can be told before TLS has begun
            self._leave()
            sock.close()
            return
        loop = self._shared.loop
        self._task = loop.create_task(
            loop.connect_accepted_socket(self._take, sock, ssl=context, ssl_handshake_timeout=_NEVER)
        )
        self._task.add_done_callback(self._end)

    def _take(self) -> "_Handshake":
        self._sock = None
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`; the handshake has come to its end."""
        self._hand_over(cast("asyncio.Transport", transport))

    def _end(self, task: "asyncio.Task[object]") -> None:
        self._leave()
        if self._sock is not None:
            self._sock.close()
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, OSError):
            _log.error("A connection over TLS could not begin", exc_info=error)  # others sent no handshake, or left

    def cut(self) -> None:
        """See `Arriving`."""
        if self._task is not None:
            self._task.cancel()
