"""A handler as a WSGI application (PEP 3333), for gunicorn, mod_wsgi and their like."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from http import HTTPStatus
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from partita.http.body import Body, BytesBody, StreamBody, Wait, collecting
from partita.http.errors import BadRequest, ClientDisconnected, ContentTooLarge, StatusError
from partita.http.files import FileBody
from partita.http.headers import Headers
from partita.http.limits import Limits
from partita.http.request import Request, decode_path, escape_path
from partita.http.response import Response
from partita.http.state import Slot

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop  # loading it takes 25 ms; the first request does

    from partita.http.forwarded import TrustedProxies

__all__ = ("ENVIRON", "WSGIApp", "request_from_environ", "wsgi_app")

T = TypeVar("T")
Environ = dict[str, Any]  # WSGI's own type
ENVIRON = Slot[Environ]("partita.http.environ")
"""What the server gave: of `request_from_environ` and `wsgi_app`, for what no field of a request says, such as ``REMOTE_USER``."""
WSGIApp = Callable[[Environ, Callable[..., object]], Iterable[bytes]]
Handler = Callable[[Request], Awaitable[Response]]
Hook = Callable[[], Awaitable[None]]

_LIMITS = Limits()
_NO_BODY = BytesBody()
_CHUNK = 65_536
_ENDED_EARLY = "The body ended before the length that was announced."
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class _Loop:
    """An event loop in a thread of its own; made when the first request of a process comes, so forks are safe."""

    def __init__(self, startup: Hook | None) -> None:
        self._startup = startup
        self._lock = Lock()
        self._pid: int | None = None
        self._loop: AbstractEventLoop | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run ``coroutine`` on the loop and return what it returns."""
        import asyncio

        try:
            loop = self._get()
        except BaseException:
            coroutine.close()  # it will never be awaited
            raise
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    def _get(self) -> "AbstractEventLoop":
        import asyncio

        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                loop = asyncio.new_event_loop()
                thread = Thread(target=loop.run_forever, name="partita-wsgi", daemon=True)
                thread.start()
                if self._startup is not None:
                    try:
                        asyncio.run_coroutine_threadsafe(_run(self._startup), loop).result()
                    except BaseException:
                        # The next request tries again, on a loop that nothing half started is left on.
                        loop.call_soon_threadsafe(loop.stop)
                        thread.join()
                        loop.close()
                        raise
                self._loop, self._pid = loop, os.getpid()
            return self._loop


def _running_loop() -> "AbstractEventLoop":
    import asyncio

    return asyncio.get_running_loop()


async def _run(hook: Hook) -> None:
    await hook()


def wsgi_app(
    handler: Handler,
    startup: Hook | None = None,
    limits: Limits = _LIMITS,
    wait: Wait | None = None,
    proxies: "TrustedProxies | None" = None,
) -> WSGIApp:
    """Return a WSGI application that answers with ``handler``, on one event loop a process.

    Args:
        handler: Gets each request.
        startup: Awaited in each process before its first request.
        limits: For the parsers of the request.
        wait: Lets sync code on the event loop's thread read bodies, such as `partita.bridge.wait`.
        proxies: Whose word about client and scheme counts; nobody's by default.
    """
    loop = _Loop(startup)

    async def respond(environ: Environ) -> tuple[Request, Response]:
        request = request_from_environ(environ, limits, _body(environ, wait), proxies)
        try:
            return request, await handler(request)
        except StatusError as error:
            return request, Response.error(error)
        except BaseException:
            request.close()
            raise

    def app(environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        try:
            request, response = loop.run(respond(environ))
        except BadRequest as error:
            request, response = None, Response.error(error)
        return _send(request, response, environ["REQUEST_METHOD"], start_response, loop)

    return app


def _send(
    request: Request | None, response: Response, method: str, start_response: Callable[..., object], loop: _Loop
) -> Iterable[bytes]:
    headers = [(name.title(), value) for name, value in response.headers.items()]
    body = response.body
    bare = response.status in {204, 304}
    size = len(body) if isinstance(body, bytes) else body.length if isinstance(body, FileBody) else None
    if size is not None and not bare and "content-length" not in response.headers:
        headers.append(("Content-Length", str(size)))
    start_response(f"{response.status} {_PHRASES.get(response.status, 'Status')}", headers)
    if bare or method == "HEAD":
        chunks: Iterator[bytes] = iter(())
    elif isinstance(body, bytes | FileBody):
        chunks = iter((body,)) if isinstance(body, bytes) else iter(body)
    else:
        chunks = _chunks(response, loop)
    return _Body(chunks, request)


class _Body:
    """What the server iterates over and closes at the end."""

    def __init__(self, chunks: Iterator[bytes], request: Request | None) -> None:
        self._chunks, self._request = chunks, request

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Free what the request and the response hold."""
        if close := getattr(self._chunks, "close", None):
            close()
        if self._request is not None:
            self._request.close()


def _chunks(response: Response, loop: _Loop) -> Iterator[bytes]:
    chunks = response.chunks()

    async def step() -> bytes | None:
        return await anext(chunks, None)

    try:
        while (chunk := loop.run(step())) is not None:
            yield chunk
    finally:
        loop.run(chunks.aclose())  # type: ignore[attr-defined]  # it is a generator


def request_from_environ(
    environ: Environ,
    limits: Limits = _LIMITS,
    body: Body | None = None,
    proxies: "TrustedProxies | None" = None,
) -> Request:
    """Return the request that a WSGI environment describes.

    Args:
        environ: Keys that PEP 3333 asks for may be missing, as in tests.
        limits: For the parsers of the request.
        body: What gives the bytes; by default ``wsgi.input``, read by sync code on the thread that asks.
        proxies: Whose word about client and scheme counts; nobody's by default.
    """
    fields = [
        (key[5:].replace("_", "-").lower().encode("latin-1"), str(value).encode("latin-1", "replace"))
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    ]
    fields += [
        (name, str(environ[key]).encode("latin-1", "replace"))
        for name, key in ((b"content-type", "CONTENT_TYPE"), (b"content-length", "CONTENT_LENGTH"))
        if environ.get(key)
    ]
    path = environ.get("PATH_INFO", "").encode("latin-1") or b"/"
    if not path.startswith(b"/"):
        path = b"/" + path
    mounted = _mounted_at(environ)
    peer = environ.get("REMOTE_ADDR")
    client = (peer, int(environ.get("REMOTE_PORT") or 0)) if peer else None
    scheme, headers = environ.get("wsgi.url_scheme", "http"), Headers.from_raw(fields)
    if proxies is not None:
        client, scheme, headers = proxies.apply(client, scheme, headers)
    # WSGI has resolved the escapes already: those that are needed come back, so that addresses can be made of it.
    raw_path = escape_path(path)
    request = Request(
        environ.get("REQUEST_METHOD", "GET").upper(),
        decode_path(raw_path),
        raw_path,
        environ.get("QUERY_STRING", "").encode("latin-1"),
        headers,
        environ.get("SERVER_PROTOCOL", "HTTP/1.1").partition("/")[2] or "1.1",
        scheme,
        client,
        (environ["SERVER_NAME"], int(environ.get("SERVER_PORT") or 80)) if environ.get("SERVER_NAME") else None,
        _InputBody(environ) if body is None else body,
        limits,
        mounted,
    )
    request.declare({ENVIRON: lambda _: environ})
    return request


def _mounted_at(environ: Environ) -> str:
    mounted: str = environ.get("SCRIPT_NAME", "")
    return mounted.encode("latin-1", "replace").decode("utf-8", "replace").rstrip("/")


class _InputBody:
    """``wsgi.input`` as a body, for sync code that has the environment and no event loop."""

    __slots__ = ("_data", "_environ")

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self._data: bytes | None = None

    def read(self, limit: int | None = None) -> bytes:
        """See `Body.read`."""
        if self._data is None:
            length = self._length()
            if limit is not None and length > limit:
                for _ in self._chunks(limit + 1):
                    pass  # an answer at once would be lost: servers close what is not read, while clients still send
                raise ContentTooLarge(f"The body has more than {limit} bytes.")
            data = collecting(
                0 if limit is None else length
            )  # a list of pieces would be held beside what they are joined to
            for chunk in self._chunks(length):
                data.write(chunk)
            data.truncate()
            self._data = data.getvalue()
        return BytesBody(self._data).read(limit)

    async def aread(self, limit: int | None = None) -> bytes:
        """Async twin of `read`."""
        return self.read(limit)

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._data]) if self._data is not None else self._chunks(self._length())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def _length(self) -> int:
        return _announced(self._environ) or 0

    def _chunks(self, left: int) -> Iterator[bytes]:
        stream = self._environ.get("wsgi.input")
        while left > 0 and stream is not None:
            try:
                chunk: bytes = stream.read(min(left, _CHUNK))
            except OSError as error:
                raise ClientDisconnected(*error.args) from error
            if not chunk:
                raise ClientDisconnected(_ENDED_EARLY)
            left -= len(chunk)
            yield chunk


def _announced(environ: Environ) -> int | None:
    """Return the length that the client announced; None without one, or if it is no number of at most 19 digits."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 19 else None


def _body(environ: Environ, wait: Wait | None) -> BytesBody | StreamBody:
    stream = environ.get("wsgi.input")
    if stream is None:
        return _NO_BODY
    left = _announced(environ)
    if left is None and environ.get("CONTENT_LENGTH"):
        raise BadRequest("Content-Length is not a number.")
    if not left and not environ.get("wsgi.input_terminated"):
        return _NO_BODY
    loop = _running_loop()

    async def receive() -> bytes | None:
        nonlocal left
        if left == 0:
            return None
        chunk: bytes = await loop.run_in_executor(None, stream.read, _CHUNK if left is None else min(left, _CHUNK))
        if left is not None:
            if not chunk:
                raise ClientDisconnected(_ENDED_EARLY)
            left -= len(chunk)
        return chunk or None

    return StreamBody(receive, wait, length=left, drains=True)
