"""Applications of WSGI and of ASGI as handlers, so that an old application lives on below a path of a new one."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, MutableMapping
from typing import Any
from urllib.parse import quote

from partita.http.asgi import ASGIApp
from partita.http.errors import HttpError
from partita.http.handlers import Handler
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("ForeignError", "asgi_handler", "wsgi_handler")

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_Message = MutableMapping[str, Any]
# A connection's own fields (RFC 9110, section 7.6.1): whoever serves us says them itself.
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"proxy-connection"}
)


class ForeignError(HttpError, RuntimeError):
    """An application did not keep to WSGI or ASGI."""


def wsgi_handler(app: WSGIApplication) -> Handler:
    """Return a handler that asks a WSGI application (PEP 3333), in a thread for each request.

    The body of a request is read before, within its limits; that of the answer goes out as it comes.

    Args:
        app: Sees ``request.root_path`` as ``SCRIPT_NAME``.
    """

    async def handle(request: Request) -> Response:
        environ = _environ(request, await request.aread())
        head: list[Any] = []
        written: list[bytes] = []
        has_begun = False

        def start_response(status: str, fields: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], object]:
            if error is not None and has_begun:
                raise error[1].with_traceback(error[2])  # the head has gone, so all that is left is to break off
            if head and error is None:
                raise ForeignError("start_response() was called twice")
            head[:] = [int(status.partition(" ")[0]), fields]
            return written.append

        def begin() -> tuple[Any, Any, bytes]:
            chunks = app(environ, start_response)
            try:
                iterator = iter(chunks)
                first = next(iterator, b"")  # the head need not be there before it
                if not head:
                    raise ForeignError("the WSGI application did not call start_response()")
            except BaseException:
                _close(chunks)
                raise
            return chunks, iterator, b"".join([*written, first])

        chunks, iterator, first = await asyncio.to_thread(begin)
        has_begun = True
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head[1]]
        return Response(_chunks(chunks, iterator, first), head[0], _fields(pairs))

    return handle


async def _chunks(chunks: Any, iterator: Any, first: bytes) -> AsyncIterator[bytes]:
    try:
        if first:
            yield first
        while (chunk := await asyncio.to_thread(_next, iterator)) is not None:
            if chunk:
                yield chunk
    finally:
        await asyncio.to_thread(_close, chunks)


def _close(chunks: Any) -> None:
    if close := getattr(chunks, "close", None):
        close()


def _next(chunks: Iterator[bytes]) -> bytes | None:
    return next(chunks, None)


def _environ(request: Request, body: bytes) -> dict[str, Any]:
    server, client = request.server or ("localhost", 80), request.client
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.root_path.encode().decode("latin-1"),
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name in request.headers:
        # A field with an underscore would pass for another one (CVE-2015-0219).
        if "_" not in name and name not in {"content-length", "proxy"}:
            key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = request.headers[name]
    return environ


def asgi_handler(app: ASGIApp) -> Handler:
    """Return a handler that asks an ASGI 3 application; its lifespan is not run.

    Args:
        app: Sees ``request.root_path`` as ``root_path``; ``path`` is the whole path, as ASGI wants it.
    """

    async def handle(request: Request) -> Response:
        exchange = _Exchange(request)
        exchange.task = asyncio.ensure_future(_run(app, request, exchange))
        try:
            message = await exchange.sent.get()
            if message is None:
                await exchange.task
                raise ForeignError("the ASGI application ended without an answer")
        except BaseException:
            exchange.task.cancel()
            raise
        return Response(exchange.body(), message["status"], _fields(message.get("headers", ())))

    return handle


async def _run(app: ASGIApp, request: Request, exchange: "_Exchange") -> None:
    path = request.root_path + request.path
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.http_version,
        "method": request.method,
        "scheme": request.scheme,
        "path": path,
        "raw_path": quote(request.root_path).encode() + request.raw_path,
        "query_string": request.query_string,
        "root_path": request.root_path,
        "headers": list(request.headers.raw),
        "client": request.client,
        "server": request.server,
        "extensions": {},
    }
    try:
        await app(scope, exchange.receive, exchange.send)
    finally:
        await exchange.sent.put(None)


class _Exchange:
    """One request's messages: what is sent waits until it is taken, so that a slow client slows the application."""

    __slots__ = ("_chunks", "_done", "_started", "sent", "task")

    def __init__(self, request: Request) -> None:
        self._chunks = aiter(request.body)
        self._started = self._done = False
        self.sent: asyncio.Queue[_Message | None] = asyncio.Queue(1)
        self.task: asyncio.Future[None] | None = None

    async def receive(self) -> _Message:
        if self._done:
            await asyncio.Event().wait()  # whoever waits for the client to leave is cancelled when it does
        chunk = await anext(self._chunks, None)
        self._done = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(self, message: _Message) -> None:
        kind = message["type"]
        if kind not in {"http.response.start", "http.response.body"} or self._started is (
            kind == "http.response.start"
        ):
            raise ForeignError(f"the ASGI application sent {kind} out of turn")
        self._started = True
        await self.sent.put(message)

    async def body(self) -> AsyncIterator[bytes]:
        assert self.task is not None
        try:
            while (message := await self.sent.get()) is not None:
                if chunk := message.get("body", b""):
                    yield chunk
                if not message.get("more_body", False):
                    return
            await self.task  # raises what broke the answer off
            raise ForeignError("the ASGI application ended in the middle of its answer")
        finally:
            if not self.task.done() and not await self._ends():
                self.task.cancel()

    async def _ends(self) -> bool:
        """Let the application do what it does after its answer, as far as it does not wait for the client."""
        assert self.task is not None
        while not self.sent.empty():
            self.sent.get_nowait()
        await asyncio.sleep(0)
        return self.task.done()


def _fields(pairs: Iterable[tuple[bytes, bytes]]) -> Headers:
    return Headers((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in pairs if bytes(name).lower() not in _HOP_BY_HOP)  # fmt: skip
