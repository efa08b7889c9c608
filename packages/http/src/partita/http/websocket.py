"""WebSocket connections (RFC 6455) as views have them, over whatever server speaks ASGI."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from enum import Enum
from typing import Any, TypeAlias, TypeVar, cast, overload

import msgspec

from partita.http.encoding import encode_json
from partita.http.errors import HttpError, UnprocessableContent
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response
from partita.http.state import Slot

__all__ = (
    "WEBSOCKET",
    "WebSocket",
    "WebSocketDisconnect",
    "WebSocketError",
    "WebSocketState",
    "origin_fits",
    "websocket_from_scope",
)

T = TypeVar("T")
Message = MutableMapping[str, Any]
_Type: TypeAlias = type[T]
_Kind: TypeAlias = type[T] | type[object]
_LARGEST = 1_048_576


class WebSocketError(HttpError, RuntimeError):
    """A connection was used in a way that cannot work, such as sending before it was accepted."""


class WebSocketDisconnect(HttpError, ConnectionError):
    """The connection has ended.

    Args:
        code: Of the close frame (RFC 6455, section 7.4); 1005 if it had none, 1006 if there was none.
        reason: For people.
    """

    def __init__(self, code: int = 1005, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason

    def __str__(self) -> str:
        return f"the WebSocket was closed with code {self.code}{f': {self.reason[:120]}' if self.reason else ''}"


class WebSocketState(Enum):
    """How far a connection is."""

    CONNECTING = "connecting"
    OPEN = "open"
    CLOSED = "closed"


class WebSocket:
    """One connection.

    Args:
        request: The handshake: path, headers, cookies, and what middleware put into the state's slots.
        receive: Gives ASGI's messages.
        send: Takes them.
        max_message: Bytes of one message; a longer one ends the connection with code 1009.
        subprotocols: What the client offers, its favourite first.
    """

    __slots__ = ("_max", "_receive", "_send", "close_code", "request", "state", "subprotocol", "subprotocols")

    def __init__(
        self,
        request: Request,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
        max_message: int = _LARGEST,
        subprotocols: Iterable[str] = (),
    ) -> None:
        self.request, self._receive, self._send, self._max = request, receive, send, max_message
        self.subprotocols = tuple(subprotocols)
        self.subprotocol: str | None = None
        """What was agreed on."""
        self.state = WebSocketState.CONNECTING
        self.close_code: int | None = None
        """Of the end, if there was one."""

    def __getitem__(self, slot: Slot[T]) -> T:
        return self.request[slot]

    async def accept(
        self, subprotocol: str | None = None, headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = ()
    ) -> None:
        """Open the connection.

        Args:
            subprotocol: One of `subprotocols`.
            headers: For the answer to the handshake, such as cookies.

        Raises:
            WebSocketError: If it is open or closed already, or the client did not offer the subprotocol.
            WebSocketDisconnect: If the client has gone.
        """
        if self.state is not WebSocketState.CONNECTING:
            raise WebSocketError(f"This WebSocket is {self.state.value} already; it is accepted once.")
        if subprotocol is not None and subprotocol not in self.subprotocols:
            offered = ", ".join(self.subprotocols) or "none"
            raise WebSocketError(f"The client did not offer the subprotocol {subprotocol!r}; it offered {offered}.")
        fields = headers if isinstance(headers, Headers) else Headers(headers)
        await self._expect("websocket.connect")
        self.state, self.subprotocol = WebSocketState.OPEN, subprotocol
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": list(fields.raw)})

    async def receive(self) -> str | bytes:
        """Return the next message, text or bytes as it was sent.

        Raises:
            WebSocketDisconnect: If the connection has ended.
            WebSocketError: If it was not accepted.
        """
        self._require_open()
        message = await self._expect("websocket.receive")
        data = message.get("text")
        if data is None:
            data = message.get("bytes") or b""
        size = len(data) if isinstance(data, bytes) else len(data.encode()) if len(data) * 4 > self._max else 0
        if size > self._max:
            await self.close(1009, f"messages have at most {self._max} bytes")
            raise WebSocketDisconnect(1009, "the message was too long")
        return cast("str | bytes", data)

    async def receive_text(self) -> str:
        """Return the next message as text; bytes end the connection with code 1003."""
        message = await self.receive()
        if isinstance(message, str):
            return message
        return cast("str", await self._refuse(1003, "text is expected here"))

    async def receive_bytes(self) -> bytes:
        """Return the next message as bytes; text ends the connection with code 1003."""
        message = await self.receive()
        if isinstance(message, bytes):
            return message
        return cast("bytes", await self._refuse(1003, "bytes are expected here"))

    @overload
    async def receive_json(self) -> object: ...
    @overload
    async def receive_json(self, type: "_Type[T]") -> T: ...
    async def receive_json(self, type: "_Kind[T]" = object) -> object:
        """Return the next message decoded from JSON.

        Args:
            type: Anything msgspec decodes to: a Struct, a tagged union, ``list[int]``.

        Raises:
            UnprocessableContent: If it is not JSON, or not of ``type``; the connection stays open, so you may answer.
        """
        message = await self.receive()
        try:
            return msgspec.json.decode(message, type=cast("Any", type))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UnprocessableContent(f"The message is not what is expected: {error}") from error

    async def send(self, message: str | bytes) -> None:
        """Send a message; returns when the transport has room for more.

        Raises:
            WebSocketDisconnect: If the connection has ended.
            WebSocketError: If it was not accepted.
        """
        self._require_open()
        kind = "text" if isinstance(message, str) else "bytes"
        try:
            await self._send({"type": "websocket.send", kind: message})
        except OSError as error:
            self.state, self.close_code = WebSocketState.CLOSED, 1006
            raise WebSocketDisconnect(1006) from error

    async def send_json(self, value: object) -> None:
        """Send ``value`` as JSON text: whatever msgspec encodes."""
        await self.send(encode_json(value).decode())

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self.iterate()

    async def iterate(self) -> AsyncIterator[str | bytes]:
        """Give messages until the connection ends."""
        while True:
            try:
                message = await self.receive()
            except WebSocketDisconnect:
                return
            yield message

    @overload
    def iterate_json(self) -> AsyncIterator[object]: ...
    @overload
    def iterate_json(self, type: "_Type[T]") -> AsyncIterator[T]: ...
    async def iterate_json(self, type: "_Kind[T]" = object) -> AsyncIterator[object]:
        """Give messages decoded from JSON until the connection ends; see `receive_json`."""
        while True:
            try:
                message: object = await self.receive_json(cast("Any", type))
            except WebSocketDisconnect:
                return
            yield message

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection; before it was accepted this refuses it. A second time does nothing.

        Args:
            code: 1000 for all is well, or from 3000 to 4999 for your own.
            reason: At most 123 bytes.
        """
        if self.state is WebSocketState.CLOSED:
            return
        self.state, self.close_code = WebSocketState.CLOSED, code
        short = reason.encode()[:123].decode("utf-8", "ignore")
        await self._send({"type": "websocket.close", "code": code, "reason": short})

    async def deny(self, response: Response) -> None:
        """Refuse the handshake with an answer of HTTP, as far as the server can; else with 403.

        Raises:
            WebSocketError: If it was accepted already.
        """
        if self.state is not WebSocketState.CONNECTING:
            raise WebSocketError("This WebSocket has been accepted or closed; it cannot be denied any more.")
        self.state = WebSocketState.CLOSED
        if not self.request.state.get(_DENIAL, default=False):
            await self._send({"type": "websocket.close", "code": 1000})
            return
        start = {"type": "websocket.http.response.start", "status": response.status}
        await self._send({**start, "headers": list(response.headers.raw)})
        await self._send({"type": "websocket.http.response.body", "body": await response.aread()})

    async def _expect(self, kind: str) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self.state, self.close_code = WebSocketState.CLOSED, message.get("code", 1005)
            raise WebSocketDisconnect(message.get("code", 1005), message.get("reason") or "")
        if message["type"] != kind:
            raise WebSocketError(f"The server sent {message['type']!r} where {kind!r} was expected.")
        return message

    async def _refuse(self, code: int, reason: str) -> object:
        await self.close(code, reason)
        raise WebSocketDisconnect(code, reason)

    def _require_open(self) -> None:
        if self.state is WebSocketState.CLOSED:
            raise WebSocketDisconnect(self.close_code or 1005)
        if self.state is WebSocketState.CONNECTING:
            raise WebSocketError("This WebSocket has not been accepted: await socket.accept() first.")

    def __repr__(self) -> str:
        return f"<WebSocket {self.request.path[:200]!r} {self.state.value}>"


WEBSOCKET = Slot[WebSocket]("partita.http.websocket")
"""The connection that a request is the handshake of; only such requests have it."""
_DENIAL = Slot[bool]("partita.http.websocket_denial")


def websocket_from_scope(
    scope: MutableMapping[str, Any],
    request: Request,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> WebSocket:
    """Return the connection that an ASGI ``websocket`` scope describes, and put it into the state of ``request``."""
    socket = WebSocket(request, receive, send, subprotocols=scope.get("subprotocols") or ())
    request.state.fill(WEBSOCKET, socket)
    request.state.fill(_DENIAL, "websocket.http.response" in (scope.get("extensions") or {}))
    return socket


def origin_fits(request: Request, allowed: Iterable[str] = ()) -> bool:
    """Tell whether a handshake comes from a page of our own, or of ``allowed``, or from no page at all.

    Browsers send cookies with handshakes from any page (CWE-1385), and always name the page's origin; what names none is no browser.

    Args:
        request: The handshake.
        allowed: Origins such as ``https://app.example.com``; ``*`` stands for any.
    """
    origins = request.headers.get_all("origin")
    if not origins:
        return True
    origin, *others = (each.lower() for each in origins)
    if others:
        return False
    wanted = [each.lower() for each in allowed]
    scheme, _, host = origin.partition("://")
    default = ":443" if scheme == "https" else ":80"
    own = scheme == request.scheme and host.removesuffix(default) == request.host.removesuffix(default)
    return own or origin in wanted or "*" in wanted
