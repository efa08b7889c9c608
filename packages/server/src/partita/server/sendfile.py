"""Files that go to a plain socket within the kernel (sendfile), without a copy in our memory."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable

from partita.http.files import FileBody
from partita.server.errors import ResponseAborted

__all__ = ("kernel_socket", "send_file")

_STEP = 8_388_608  # bytes one worker thread may send before it serves somebody else


def kernel_socket(transport: asyncio.WriteTransport) -> "socket.socket | None":
    """Return the socket below ``transport`` if the kernel may write to it behind the transport's back.

    That is so where bytes are sent as they are (not over TLS), on platforms that have sendfile(2), and once all that was
    written before has left.
    """
    if not hasattr(os, "sendfile") or transport.get_extra_info("sslcontext") is not None:
        return None
    if transport.get_write_buffer_size() or transport.is_closing():
        return None
    found: socket.socket | None = transport.get_extra_info("socket")
    return found


async def send_file(sock: "socket.socket", body: FileBody, waiting: Callable[[bool], None]) -> int:
    """Send the file's range.

    The disk may be slow, so sendfile(2) is called in a worker thread; the socket never blocks, and is waited for on the loop.

    Args:
        sock: See `kernel_socket`. Nobody else may write to it meanwhile.
        body: What to send.
        waiting: Told when a wait for the client begins (True) and ends (False).

    Returns:
        The bytes sent: fewer than wanted if the file is shorter now.

    Raises:
        OSError: If the file cannot be read.
        ResponseAborted: If the client has gone.
    """
    transfer = await asyncio.to_thread(_Transfer, body, sock)
    try:
        while transfer.left:
            before = transfer.left
            blocked = await asyncio.to_thread(transfer.advance)
            if blocked:
                waiting(True)
                await transfer.writable()
                waiting(False)
            elif transfer.left == before:
                break
    except ConnectionError as error:
        raise ResponseAborted("The client went away.") from error
    finally:
        transfer.close()
    return body.length - transfer.left


class _Transfer:
    """Owns both ends while a worker thread may be using them.

    The socket is duplicated: if its transport closes it, its number may soon belong to somebody else's connection.
    """

    __slots__ = ("_closed", "_lock", "_source", "_start", "_target", "left")

    def __init__(self, body: FileBody, sock: "socket.socket") -> None:
        self._source = os.open(body.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._target = os.dup(sock.fileno())
        except OSError as error:
            os.close(self._source)
            raise ConnectionAbortedError("the socket is closed") from error
        self._start, self.left = body.start, body.length
        self._lock, self._closed = threading.Lock(), False

    def advance(self) -> bool:
        """Send what the socket takes, in a worker thread; tell whether it takes no more."""
        try:
            with self._lock:
                return not self._closed and self._send()
        finally:
            if self._closed:
                self.close()

    def _send(self) -> bool:
        share = min(self.left, _STEP)
        while share:
            try:
                sent = os.sendfile(self._target, self._source, self._start, share)
            except BlockingIOError:
                return True
            if not sent:
                break  # the file was cut
            share -= sent
            self._start += sent
            self.left -= sent
        return False

    async def writable(self) -> None:
        """Wait until the socket takes more."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_writer(self._target, _resolve, ready)
        try:
            await ready
        finally:
            loop.remove_writer(self._target)

    def close(self) -> None:
        """Give both ends back now, or as soon as the worker thread that uses them is done."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            self._release()
            self._lock.release()

    def _release(self) -> None:
        for descriptor in (self._source, self._target):
            if descriptor >= 0:
                os.close(descriptor)
        self._source = self._target = -1


def _resolve(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
