"""A handler as an ASGI 3 application, for uvicorn, granian, hypercorn and their like."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import TYPE_CHECKING, Any

from partita.http.body import Body, BytesBody, StreamBody, Wait
from partita.http.errors import ClientDisconnected, StatusError
from partita.http.files import FileBody
from partita.http.handlers import SAFE_METHODS
from partita.http.headers import Headers
from partita.http.leaving import Incoming
from partita.http.limits import Limits
from partita.http.request import Address, Request, decode_path, escape_path
from partita.http.response import Response
from partita.http.state import Slot

if TYPE_CHECKING:
    from partita.http.forwarded import TrustedProxies
    from partita.http.websocket import WebSocket

__all__ = ("SCOPE", "ASGIApp", "asgi_app", "request_from_scope", "send_response")

Message = MutableMapping[str, Any]  # ASGI's own types: mappings whose values depend on the keys
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
SCOPE = Slot[Message]("partita.http.scope")
"""What the server gave: of `request_from_scope` and `asgi_app`, for what no field of a request says, such as ``extensions`` and ``state``."""
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Handler = Callable[[Request], Awaitable[Response]]
Hook = Callable[[], Awaitable[None]]

_LIMITS = Limits()
_NO_BODY = BytesBody()
_HEX = b"0123456789abcdefABCDEF"


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
            await _http(handler, *_incoming(scope, receive, limits, wait, proxies), send)
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
    body: Body | None = None,
) -> Request:
    """Return the request that an ASGI ``http`` scope describes.

    Names with an underscore are dropped: CGI-like readers take them for the same name with a hyphen (CVE-2026-3902).

    Args:
        scope: As ASGI has it; ``SCOPE`` is the slot to find it in.
        receive: Gives the messages of the body; never called if ``body`` is given.
        limits: For the parsers of the request.
        wait: Lets sync code on the event loop's thread read the body, such as `partita.bridge.wait`.
        proxies: Whose word about client and scheme counts; nobody's by default.
        body: What gives the bytes instead; then there need be no event loop.
    """
    return _incoming(scope, receive, limits, wait, proxies, body)[0]


def _incoming(
    scope: MutableMapping[str, Any],
    receive: Receive,
    limits: Limits,
    wait: Wait | None,
    proxies: "TrustedProxies | None",
    body: Body | None = None,
) -> tuple[Request, Incoming]:
    headers = Headers.from_raw(
        [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"] if b"_" not in name]
    )
    root_path = scope.get("root_path", "").rstrip("/")
    raw_path = scope.get("raw_path") or escape_path(scope["path"].encode("utf-8", "surrogateescape"))
    path = decode_path(raw_path.partition(b"?")[0]) if scope.get("raw_path") else scope["path"]
    if root_path and (path == root_path or path.startswith(root_path + "/")):
        # ASGI's path has the root path in it.
        path = path[len(root_path) :] or "/"
        raw_path = _below(raw_path, len(root_path.encode("utf-8", "surrogateescape")))
    # Servers need not say how long a body is; methods that hardly ever have one are spared the question.
    length = headers.get_raw(b"content-length")
    announced = (length is not None and length != b"0") or headers.get_raw(b"transfer-encoding") is not None
    has_body = (
        announced
        or length is not None
        or scope.get("http_version", "1.1") >= "2"
        or scope["method"].upper() not in SAFE_METHODS
    )
    client, scheme = _address(scope.get("client")), scope.get("scheme", "http")
    if proxies is not None:
        client, scheme, headers = proxies.apply(client, scheme, headers)
    incoming = Incoming(receive, announced)
    request = Request(
        scope["method"].upper(),
        path,
        raw_path.partition(b"?")[0],
        scope.get("query_string", b""),
        headers,
        scope.get("http_version", "1.1"),
        scheme,
        client,
        _address(scope.get("server")),
        (StreamBody(incoming, wait, length=_number(length), drains=True) if has_body else _NO_BODY)
        if body is None
        else body,
        limits,
        root_path,
    )
    request.declare({SCOPE: lambda _: scope})
    return request, incoming


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


async def _http(handler: Handler, request: Request, incoming: Incoming, send: Send) -> None:
    try:
        try:
            response = await incoming.within(handler(request))
        except StatusError as error:
            response = Response.error(error)
        sending = send_response(request, response, send)
        await (incoming.within(sending, answering=True) if response.is_streaming else sending)
    except ClientDisconnected:
        return
    finally:
        incoming.close()
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


def _below(raw_path: bytes, size: int) -> bytes:
    """Return a raw path without what its first ``size`` bytes are written as: any of them may be escaped, slashes as well."""
    at = 0
    for _ in range(size):
        escaped = raw_path[at : at + 1] == b"%" and all(digit in _HEX for digit in raw_path[at + 1 : at + 3])
        at += 3 if escaped else 1
    rest = raw_path[at:]
    return b"/" + (rest[3:] if rest[:1] == b"%" else rest[1:])


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None and value.isdigit() and len(value) <= 19 else None


def _address(pair: "tuple[str, int] | list[Any] | None") -> Address | None:
    return None if pair is None else (pair[0], pair[1] or 0)
