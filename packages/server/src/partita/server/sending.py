"""The side of a connection of HTTP/1.1 that sends responses out."""

import asyncio
import logging
from contextvars import Context
from typing import Any

from partita import bridge
from partita.http import Request, Response
from partita.http.files import FileBody
from partita.server import access_log
from partita.server.errors import ResponseAborted
from partita.server.message import Message
from partita.server.outgoing import Outgoing
from partita.server.receiving import IDLE, Receiving
from partita.server.sendfile import kernel_socket, send_file
from partita.server.shared import Shared
from partita.server.tasks import start_task
from partita.server.wire import head, prepared

__all__ = ("Sending",)

_log = logging.getLogger("partita.server")

_JOIN = 65_536  # a larger body is not copied to its head
_SMALL_FILE = 65_536  # read at once: a thread would take longer
_LINGER = 2.0  # seconds to read on after an early answer, or the client's kernel would throw that answer away


class Sending(Receiving):
    """Writes responses, whatever their bodies are made of, and ends the connection where that is due.

    Args:
        shared: What it has in common with the other connections.
    """

    __slots__ = (
        "_begun",
        "_context",
        "_drained",
        "_held",
        "_held_size",
        "_lingering",
        "_request",
        "_task",
    )

    _context: Context

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._request: Request | None = None
        self._task: asyncio.Task[Response | None] | asyncio.Task[None] | None = None
        self._begun = 0.0
        self._held: list[bytes] = []
        self._held_size = 0
        self._lingering = False
        self._drained: asyncio.Future[None] | None = None

    def _outgoing(self, message: Message) -> Outgoing:
        shared = self._shared
        made = message.outgoing = Outgoing(
            self._write, self._drain, shared.date, message.version, message.method == "HEAD", self._may_keep(message)
        )
        return made

    def _may_keep(self, message: Message) -> bool:
        """Whether another request may follow ``message`` on this connection."""
        shared = self._shared
        return (
            message.keep_alive
            and not shared.stopping
            and (message.incoming is None or message.incoming.complete)
            and (not shared.max_requests or self._count + 1 < shared.max_requests)
        )

    def _respond(self, message: Message, response: Response) -> None:
        body: Any = response.body  # of what kind it is, its class says quickest
        if body.__class__ is not bytes:
            self._respond_with_other(message, response)
            return
        keep = self._may_keep(message)
        status, size = response.status, len(body)
        lines = prepared(response.headers)
        fields = lines.fields
        if lines.close:
            keep = False
        if status == 204 or status == 304 or message.method == "HEAD":
            framing = b"" if status in {204, 304} else b"content-length: %d\r\n" % size
            self._send(head(status, self._shared.date, fields, framing, keep, message.version))
        elif size > _JOIN or not keep or message.version != "1.1":
            framing = b"content-length: %d\r\n" % size
            start = head(status, self._shared.date, fields, framing, keep, message.version)
            if size > _JOIN:
                self._send(start)
                self._send(body)
            else:
                self._send(start + body)
        else:
            data = b"%b%d\r\n\r\n%b" % (lines.start(status, self._shared.date), size, body)
            if self._queue and self._held_size < _JOIN:
                self._held.append(data)  # what was sent ahead together is answered together
                self._held_size += len(data)
            elif self._held:
                self._send(data)
            else:
                self._transport.write(data)
        self._finish(message, status, size, keep)

    def _respond_with_other(self, message: Message, response: Response) -> None:
        """Answer with a body that is not simply bytes."""
        body = response.body
        if not isinstance(body, bytes) and isinstance(body, FileBody) and body.length <= _SMALL_FILE:
            try:
                data = b"".join(body)
            except OSError:
                _log.exception("Cannot read %s", body.path)
                data, response = b"", Response.text("", 500)
            if len(data) != body.length:
                data, response = b"", Response.text("", 500)  # it changed since it was looked at
            body = data
        if isinstance(body, bytes | bytearray):
            self._respond(message, Response(bytes(body), response.status, response.headers))
        else:
            self._stream(message, response)

    def _stream(self, message: Message, response: Response) -> None:
        outgoing = self._outgoing(message)
        bare = message.method == "HEAD" or response.status in {204, 304}
        task = start_task(bridge.drive(self._send_body(response, outgoing, bare)), self._shared.loop, self._context)
        if task.done():
            self._streamed(message, response, task, outgoing)
        else:
            self._task = task
            task.add_done_callback(lambda task: self._resume_streamed(message, response, task, outgoing))

    async def _send_body(self, response: Response, outgoing: Outgoing, bare: bool) -> None:
        file = response.body if isinstance(response.body, FileBody) else None
        outgoing.begin(response.status, response.headers, None if file is None else file.length)
        if file is not None and not bare:
            await asyncio.sleep(0)  # the head leaves at the end of this step of the loop
        if file is not None and not bare and (sock := kernel_socket(self._transport)) is not None:
            outgoing.passed(await send_file(sock, file, self._wait_for_client))
        elif not bare:
            await _send_chunks(response, outgoing)
        outgoing.end()

    def _wait_for_client(self, begins: bool) -> None:
        """The socket is full, or takes more again; the transport does not know, since the kernel writes."""
        if begins:
            self.pause_writing()
        else:
            self.resume_writing()

    def _resume_streamed(
        self, message: Message, response: Response, task: "asyncio.Task[None]", outgoing: Outgoing
    ) -> None:
        self._task = None
        self._streamed(message, response, task, outgoing)
        self._advance()

    def _streamed(self, message: Message, response: Response, task: "asyncio.Task[None]", outgoing: Outgoing) -> None:
        try:
            task.result()
        except (asyncio.CancelledError, ResponseAborted) as error:
            if not self._lost:
                _log.error("The response to %s %r broke off: %s", message.method, message.path[:200], error)
            self._abort(message)
        except Exception:  # noqa: BLE001 - whatever an application's iterator raises
            _log.exception("An error within the body of the response to %s %r", message.method, message.path[:200])
            self._abort(message)
        else:
            self._finish(message, response.status, outgoing.size, outgoing.keep_alive)

    def _finish(self, message: Message, status: int, size: int, keep: bool) -> None:
        """The response is written; go on with the connection or end it."""
        shared = self._shared
        if shared.options.access_log:
            self._log_access(message, status, size)
        if self._request is not None:
            if message.length or message.incoming is not None:
                self._request.close()
            self._request = None
        self._current = None
        self._count += 1
        if self._lost:
            return
        if not keep:
            self._end(message)
            return
        if not self._write_paused:
            self._deadline = shared.time() + shared.options.header_timeout if self._in_head else IDLE
        if self._reading_paused:
            self._resume_reading()
            self._consume(b"")

    def _log_access(self, message: Message, status: int, size: int) -> None:
        client = self._client if self._request is None else self._request.client
        entry = access_log.AccessEntry(
            access_log.now(),
            "-" if client is None else client[0],
            message.method,
            message.path.decode("latin-1"),
            status,
            size,
            round((self._shared.time() - self._begun) * 1000, 3),
            message.values.get(b"referer", b"").decode("latin-1"),
            message.values.get(b"user-agent", b"").decode("latin-1"),
        )
        access_log.write(entry, self._shared.options.access_log)

    def _end(self, message: Message) -> None:
        """Close after what is written has gone out."""
        self._last = True
        self._queue.clear()
        self._buffer = b""
        unread = message.incoming is not None and not message.incoming.complete
        self._body = None
        self._lingering = True
        if (unread or message.error is not None) and self._transport.can_write_eof():
            self._deadline = self._shared.time() + _LINGER
            self._transport.write_eof()
            self._resume_reading()
        else:
            self._deadline = self._shared.time() + self._shared.options.write_timeout
            self._transport.close()

    def _abort(self, message: Message) -> None:
        self._finish(message, 499, 0, keep=False) if self._lost else self._cut(message)

    def _cut(self, message: Message) -> None:
        """Break the connection, so that nobody takes what was sent for the whole."""
        if self._held:
            self._send(b"")
        self._lost = True
        self._transport.abort()
        self._finish(message, 499, 0, keep=False)

    def _send(self, data: bytes) -> None:
        """Write ``data`` behind the responses that were held back for it; a write is a third of the cost of a hello world."""
        if self._held:
            data = b"".join([*self._held, data])
            self._held.clear()
            self._held_size = 0
        self._transport.write(data)

    def _write(self, data: bytes) -> None:
        if self._lost:
            raise ResponseAborted("The client went away.")
        self._send(data)

    async def _drain(self) -> None:
        if self._lost:
            raise ResponseAborted("The client went away.")
        if self._write_paused:
            self._drained = self._shared.loop.create_future()
            try:
                await self._drained
            finally:
                self._drained = None


async def _send_chunks(response: Response, outgoing: Outgoing) -> None:
    chunks = response.chunks()
    try:
        async for chunk in chunks:
            await outgoing.write(chunk)
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
