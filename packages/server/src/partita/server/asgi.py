"""Serving applications of ASGI 3."""

import asyncio
import logging
from collections.abc import Coroutine, MutableMapping
from typing import Any

from partita.http import ClientDisconnected, Headers, Request, Response
from partita.http.asgi import ASGIApp
from partita.http.files import FileBody
from partita.server.errors import ResponseAborted, StartupFailed
from partita.server.shared import CLIENT_LEFT, Begin, Writer

__all__ = ("Lifespan", "asgi")

_log = logging.getLogger("partita.server")
Message = MutableMapping[str, Any]  # ASGI's own type
_VERSION = {"version": "3.0", "spec_version": "2.4"}


def asgi(app: ASGIApp, state: dict[str, Any], running: set[asyncio.Task[None]]) -> Begin:
    """Return what begins to answer a request with an ASGI application.

    Args:
        app: The application.
        state: Of its lifespan; each request gets a shallow copy.
        running: Gets the calls of the application, each as long as it runs: some work on when the response is out.
    """

    def begin(request: Request, outgoing: Writer | None, /) -> Coroutine[Any, Any, Response | None]:
        if outgoing is None:
            raise AssertionError("the server must be made with wants_outgoing")
        return _Exchange(request, outgoing).run(app, state, running)

    return begin


class _Exchange:
    """One request and its response as ASGI's messages.

    The application runs in a task of its own, which outlives the exchange: frameworks do background work after the response,
    and who has left is told so by a message and not by a cancellation.
    """

    __slots__ = (
        "_answered",
        "_body_done",
        "_chunks",
        "_ended",
        "_left",
        "_outgoing",
        "_over",
        "_request",
        "_start",
        "_trailers",
        "_whole",
    )

    def __init__(self, request: Request, outgoing: Writer) -> None:
        self._request, self._outgoing = request, outgoing
        self._chunks = aiter(request.body)
        self._body_done = self._ended = self._left = False
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._over: asyncio.Event | None = None  # for those who wait for the end; few do
        self._trailers: list[tuple[bytes, bytes]] | None = None  # None unless the body has ended and they are awaited
        self._start: Message | None = None
        self._whole: Response | None = None

    async def run(self, app: ASGIApp, state: dict[str, Any], running: set[asyncio.Task[None]]) -> Response | None:
        """Call the application; return its response as soon as it is complete, if it came in one piece."""
        request = self._request
        scope: Message = {
            "type": "http",
            "asgi": _VERSION,
            "http_version": request.http_version,
            "method": request.method,
            "scheme": request.scheme,
            "path": request.root_path + request.path,
            "raw_path": request.root_path.encode() + request.raw_path,
            "query_string": request.query_string,
            "root_path": request.root_path,
            "headers": request.headers.raw,
            "client": request.client,
            "server": request.server,
            "state": state.copy(),
            "extensions": {
                "http.response.trailers": {},
                "http.response.pathsend": {},
                "http.response.early_hint": {},
            },
        }
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(_call(app, scope, self._receive, self._send))
        running.add(task)
        task.add_done_callback(running.discard)
        task.add_done_callback(self._returned)
        try:
            await self._answered
        except asyncio.CancelledError as error:
            if error.args == (CLIENT_LEFT,):
                self._left = True
                self._end()
            else:
                task.cancel()
            raise
        if task.done() and not self._ended:
            task.result()
            if self._start is not None:
                raise RuntimeError("The ASGI application returned before the end of its response.")
        return self._whole

    def _returned(self, task: asyncio.Task[None]) -> None:
        if not self._answered.done():
            self._answered.set_result(None)  # who waits for it looks at the task
        elif not task.cancelled() and (error := task.exception()) is not None and not self._is_told(error):
            _log.error(
                "An error after the end of %s %r", self._request.method, self._request.path[:200], exc_info=error
            )

    def _is_told(self, error: BaseException) -> bool:
        """Whether the server knows of an error without a line in the log: the application sent to somebody who has left."""
        return self._left and isinstance(error, ResponseAborted | ClientDisconnected)

    def _end(self) -> None:
        """The response is complete, or nobody wants it any more."""
        self._ended = True
        if not self._answered.done():
            self._answered.set_result(None)
        if self._over is not None:
            self._over.set()

    async def _receive(self) -> Message:
        if self._ended:
            return {"type": "http.disconnect"}
        if self._body_done:
            if self._over is None:
                self._over = asyncio.Event()
            await self._over.wait()
            return {"type": "http.disconnect"}
        try:
            chunk = await anext(self._chunks, None)
        except ClientDisconnected:
            self._body_done = True
            return {"type": "http.disconnect"}
        self._body_done = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if self._left:
            raise ResponseAborted("The client went away.")
        if kind == "http.response.start" and self._start is None:
            if not isinstance(message["status"], int):
                raise TypeError(f"The status of http.response.start must be an int, not {message['status']!r:.80}.")
            self._start = message
        elif kind == "http.response.body" and self._may_have_body:
            await self._send_body(bytes(message.get("body", b"")), message.get("more_body", False))
        elif kind == "http.response.trailers" and self._trailers is not None and not self._ended:
            self._trailers += Headers(_fields(message)).raw
            if not message.get("more_trailers", False):
                self._outgoing.end_with_trailers(self._trailers)
                self._end()
        elif kind == "http.response.pathsend" and self._may_have_body and not self._outgoing.started:
            self._whole = Response(FileBody.open(message["path"]), self._status, Headers(_fields(self._start)))
            self._end()
        elif kind == "http.response.early_hint" and self._start is None:
            self._outgoing.inform(
                103, [*Headers([("link", bytes(link).decode("latin-1")) for link in message["links"]]).raw]
            )
        else:
            raise RuntimeError(f"The ASGI application sent {kind!r} where that is not allowed.")

    @property
    def _may_have_body(self) -> bool:
        return self._start is not None and not self._ended and self._trailers is None

    @property
    def _status(self) -> int:
        return int(self._start["status"]) if self._start is not None else 500

    async def _send_body(self, body: bytes, more: bool) -> None:
        trailers = self._start is not None and self._start.get("trailers", False)
        if not self._outgoing.started:
            # Checked like any other response's: a line break in a value must not become a field.
            headers = Headers(_fields(self._start))
            if not more and not trailers:
                self._whole = Response(body, self._status, headers)
                self._end()
                return
            self._outgoing.begin(self._status, headers)
        await self._outgoing.write(body)
        if more:
            return
        if trailers:
            self._trailers = []
        else:
            self._outgoing.end()
            self._end()


async def _call(app: ASGIApp, scope: Message, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


def _fields(message: Message | None) -> list[tuple[str, str]]:
    return [
        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
        for name, value in (message or {}).get("headers", ())
    ]


class Lifespan:
    """The startup and shutdown of an ASGI application.

    Args:
        app: The application.

    Attributes:
        state: What the application keeps for its requests.
        running: Its calls that have not returned.
    """

    __slots__ = ("_app", "_replies", "_requests", "_task", "running", "state")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.running: set[asyncio.Task[None]] = set()
        self.state: dict[str, Any] = {}
        self._requests: asyncio.Queue[Message] = asyncio.Queue()
        self._replies: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Start the application; one that knows no lifespan needs none.

        Raises:
            StartupFailed: If it says so.
        """
        self._task = asyncio.create_task(self._run())
        reply = await self._ask("lifespan.startup")
        if reply is not None and reply["type"] == "lifespan.startup.failed":
            raise StartupFailed(reply.get("message", "The ASGI application could not start."))

    async def shutdown(self, grace: float = 0.0) -> None:
        """Stop the application.

        Args:
            grace: Seconds for what still runs after its response; then it is cancelled.
        """
        if self.running:
            _, late = await asyncio.wait(self.running, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                _log.warning("Cancelled %d calls that worked on after their responses", len(late))
                await asyncio.wait(late, timeout=1.0)
        if self._task is not None and not self._task.done():
            reply = await self._ask("lifespan.shutdown")
            if reply is not None and reply["type"] == "lifespan.shutdown.failed":
                _log.error("The ASGI application could not stop: %s", reply.get("message", ""))
            await asyncio.wait([self._task])

    async def _ask(self, kind: str) -> Message | None:
        if self._task is None:
            raise AssertionError("the lifespan has not begun")
        self._requests.put_nowait({"type": kind})
        reply = asyncio.create_task(self._replies.get())
        await asyncio.wait([reply, self._task], return_when=asyncio.FIRST_COMPLETED)
        if reply.done():
            return reply.result()
        reply.cancel()
        await asyncio.wait([reply])
        if self._task.exception() is not None:
            _log.debug("The ASGI application takes no lifespan", exc_info=self._task.exception())
        return None

    async def _run(self) -> None:
        scope: Message = {"type": "lifespan", "asgi": _VERSION, "state": self.state}
        await self._app(scope, self._requests.get, self._replies.put)
