"""A handler as an ASGI 3 application, for uvicorn, granian, hypercorn and their like."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import TYPE_CHECKING, Any, cast

from partita.http.body import BytesBody, StreamBody, Wait
from partita.http.errors import ClientDisconnected, StatusError
from partita.http.files import FileBody
from partita.http.handlers import SAFE_METHODS
from partita.http.headers import Headers
from partita.http.limits import Limits
from partita.http.request import Address, Request, decode_path
from partita.http.response import Response

if TYPE_CHECKING:
    from partita.http.forwarded import TrustedProxies
    from partita.http.websocket import WebSocket

__all__ = ("ASGIApp", "asgi_app", "request_from_scope", "send_response")

Message = MutableMapping[str, Any]  # ASGI's own types: mappings whose values depend on the keys
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Handler = Callable[[Request], Awaitable[Response]]
Hook = Callable[[], Awaitable[None]]

_LIMITS = Limits()
_NO_BODY = BytesBody()


def asgi_app(
    handler: Handler,
    startup: Hook | None = None,
    shutdown: Hook | None = None,
    limits: Limits = _LIMITS,
    wait: Wait | None = None,
    proxies: "TrustedProxies | None" = None,
    websocket: "Callable[[WebSocket], Awaitable[None]] | None" = None,
) -> Callable[[MutableMapping[str, Any], Receive, Send], Coroutine[Any, Any, None]]:
    """Return an ASGI application that answers with ``handler``.

    Args:
        handler: Gets each request.
        startup: Awaited before the first request.
        shutdown: Awaited after the last one.
        limits: For the parsers of the request.
        wait: Lets sync code on the event loop's thread read bodies, such as `partita.bridge.wait`.
        proxies: Whose word about client and scheme counts; nobody's by default.
        websocket: Gets each WebSocket, accepts it or not, and returns when it has ended; without it all are refused.
    """

    async def app(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await _http(handler, request_from_scope(scope, receive, limits, wait, proxies), send)
        elif kind == "lifespan":
            await _lifespan(receive, send, startup, shutdown)
        elif kind == "websocket":
            if websocket is None:
                await receive()
                await send({"type": "websocket.close", "code": 1003})  # before accepting: the client sees 403
                return
            from partita.http.websocket import websocket_from_scope  # for those who use them

            scheme = "https" if scope.get("scheme") in {"wss", "https"} else "http"
            handshake = {**scope, "method": "GET", "scheme": scheme, "http_version": "1.1"}
            request = request_from_scope(handshake, receive, limits, wait, proxies)
            await websocket(websocket_from_scope(scope, request, receive, send))
        else:
            raise ValueError(f"ASGI scope of type {kind!r} is not known here")

    return app


def request_from_scope(
    scope: MutableMapping[str, Any],
    receive: Receive,
    limits: Limits = _LIMITS,
    wait: Wait | None = None,
    proxies: "TrustedProxies | None" = None,
) -> Request:
    """Return the request that an ASGI ``http`` scope describes.

    Names with an underscore are dropped: CGI-like readers take them for the same name with a hyphen (CVE-2026-3902).
    """
    headers = Headers.from_raw(
        [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"] if b"_" not in name]
    )
    root_path = scope.get("root_path", "").rstrip("/")
    raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    path = decode_path(raw_path.partition(b"?")[0]) if scope.get("raw_path") else scope["path"]
    if root_path and (path == root_path or path.startswith(root_path + "/")):
        # ASGI's path has the root path in it; its raw form may be escaped differently, so it is dropped by parts.
        path = path[len(root_path) :] or "/"
        raw_path = b"/" + b"/".join(raw_path.split(b"/")[root_path.count("/") + 1 :])
    # Servers need not say how long a body is; methods that hardly ever have one are spared the question.
    has_body = (
        "content-length" in headers
        or "transfer-encoding" in headers
        or scope.get("http_version", "1.1") >= "2"
        or scope["method"].upper() not in SAFE_METHODS
    )
    client, scheme = _address(scope.get("client")), scope.get("scheme", "http")
    if proxies is not None:
        client, scheme, headers = proxies.apply(client, scheme, headers)
    return Request(
        scope["method"].upper(),
        path,
        raw_path.partition(b"?")[0],
        scope.get("query_string", b""),
        headers,
        scope.get("http_version", "1.1"),
        scheme,
        client,
        _address(scope.get("server")),
        StreamBody(_Chunks(receive), wait) if has_body else _NO_BODY,
        limits,
        root_path,
    )


async def send_response(request: Request, response: Response, send: Send) -> None:
    """Send ``response`` in ASGI's messages; HEAD gets no body."""
    headers = [*response.headers.raw]
    body = response.body
    bare = response.status in {204, 304}
    size = len(body) if isinstance(body, bytes) else body.length if isinstance(body, FileBody) else None
    if size is not None and not bare and "content-length" not in response.headers:
        headers.append((b"content-length", b"%d" % size))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if isinstance(body, bytes) or bare or request.method == "HEAD":
        sent = body if isinstance(body, bytes) and not bare and request.method != "HEAD" else b""
        await send({"type": "http.response.body", "body": sent})
        return
    chunks = response.chunks()
    try:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
    await send({"type": "http.response.body", "body": b""})


class _Chunks:
    """The messages of a body as chunks."""

    __slots__ = ("_more", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive, self._more = receive, True

    async def __call__(self) -> bytes | None:
        while self._more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected("The client went away while it was sending its body.")
            self._more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                return cast("bytes", chunk)
        return None


async def _http(handler: Handler, request: Request, send: Send) -> None:
    try:
        try:
            response = await handler(request)
        except StatusError as error:
            response = Response.error(error)
        except ClientDisconnected:
            return
        await send_response(request, response, send)
    finally:
        request.close()


async def _lifespan(receive: Receive, send: Send, startup: Hook | None, shutdown: Hook | None) -> None:
    for phase, hook in (("startup", startup), ("shutdown", shutdown)):
        await receive()
        try:
            if hook is not None:
                await hook()
        except Exception as error:
            await send({"type": f"lifespan.{phase}.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": f"lifespan.{phase}.complete"})


def _address(pair: "tuple[str, int] | list[Any] | None") -> Address | None:
    return None if pair is None else (pair[0], pair[1] or 0)
