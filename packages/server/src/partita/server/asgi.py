"""Serving applications of ASGI 3."""

import asyncio
import logging
from collections.abc import Coroutine, MutableMapping
from typing import Any

from partita.http import ClientDisconnected, Headers, Request, Response
from partita.http.asgi import ASGIApp
from partita.server.errors import StartupFailed
from partita.server.outgoing import Outgoing
from partita.server.shared import Begin

__all__ = ("Lifespan", "asgi")

_log = logging.getLogger("partita.server")
Message = MutableMapping[str, Any]  # ASGI's own type
_VERSION = {"version": "3.0", "spec_version": "2.4"}


def asgi(app: ASGIApp, state: dict[str, Any]) -> Begin:
    """Return what begins to answer a request with an ASGI application.

    Args:
        app: The application.
        state: Of its lifespan; each request gets a shallow copy.
    """

    def begin(request: Request, outgoing: Outgoing | None, /) -> Coroutine[Any, Any, Response | None]:
        if outgoing is None:
            raise AssertionError("the server must be made with wants_outgoing")
        return _Exchange(request, outgoing).run(app, state)

    return begin


class _Exchange:
    """One request and its response as ASGI's messages."""

    __slots__ = ("_body_done", "_chunks", "_ended", "_outgoing", "_request", "_start", "_whole")

    def __init__(self, request: Request, outgoing: Outgoing) -> None:
        self._request, self._outgoing = request, outgoing
        self._chunks = aiter(request.body)
        self._body_done = self._ended = False
        self._start: Message | None = None
        self._whole: Response | None = None

    async def run(self, app: ASGIApp, state: dict[str, Any]) -> Response | None:
        """Call the application; return its response if it came in one piece."""
        request = self._request
        scope: Message = {
            "type": "http",
            "asgi": _VERSION,
            "http_version": request.http_version,
            "method": request.method,
            "scheme": request.scheme,
            "path": request.path,
            "raw_path": request.raw_path,
            "query_string": request.query_string,
            "root_path": "",
            "headers": request.headers.raw,
            "client": request.client,
            "server": request.server,
            "state": state.copy(),
        }
        await app(scope, self._receive, self._send)
        if self._start is not None and not self._ended:
            raise RuntimeError("The ASGI application returned before the end of its response.")
        return self._whole

    async def _receive(self) -> Message:
        if self._body_done:
            # Nothing more can come but the end of the connection, which cancels this task.
            await asyncio.get_running_loop().create_future()
        try:
            chunk = await anext(self._chunks, None)
        except ClientDisconnected:
            self._body_done = True
            return {"type": "http.disconnect"}
        self._body_done = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._ended:
            more = message.get("more_body", False)
            body = message.get("body", b"")
            if not self._outgoing.started:
                # Checked like any other response's: a line break in a value must not become a field.
                headers = Headers(
                    [
                        (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
                        for name, value in self._start.get("headers", ())
                    ]
                )
                if not more:
                    self._ended = True
                    self._whole = Response(bytes(body), self._start["status"], headers)
                    return
                self._outgoing.begin(self._start["status"], headers)
            await self._outgoing.write(bytes(body))
            if not more:
                self._ended = True
                self._outgoing.end()
        else:
            raise RuntimeError(f"The ASGI application sent {kind!r} where that is not allowed.")


class Lifespan:
    """The startup and shutdown of an ASGI application.

    Args:
        app: The application.
    """

    __slots__ = ("_app", "_replies", "_requests", "_task", "state")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
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

    async def shutdown(self) -> None:
        """Stop the application."""
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
        if self._task.exception() is not None:
            _log.debug("The ASGI application takes no lifespan", exc_info=self._task.exception())
        return None

    async def _run(self) -> None:
        scope: Message = {"type": "lifespan", "asgi": _VERSION, "state": self.state}
        await self._app(scope, self._requests.get, self._replies.put)
