"""From a request of HTTP/1.1 to an open WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from partita.http import Headers, Request
from partita.server.outgoing import Outgoing
from partita.server.shared import Shared
from partita.server.websocket.deflate import Deflate, negotiate
from partita.server.websocket.handshake import Handshake, accept_head, application_fields, read_handshake
from partita.server.websocket.session import WebSocketSession

__all__ = ("agree", "upgrade", "websocket_scope")


def upgrade(
    shared: Shared,
    transport: asyncio.Transport,
    request: Request,
    early: bytes,
    on_end: Callable[[int, int], None],
) -> None:
    """Hand a connection over to a WebSocket, and call the application.

    Args:
        shared: With the application.
        transport: Of the connection; its protocol is replaced.
        request: Asks for the WebSocket.
        early: Bytes that came behind the request.
        on_end: Called with status and bytes sent when all is over.

    Raises:
        BadMessage: If the request is not fit for it; then nothing has happened.
    """
    app = shared.websocket
    if app is None:
        raise AssertionError("asked only if there is one")
    handshake = read_handshake(request.method, request.http_version, request.headers)
    opening = _Opening(shared, transport, handshake)
    session = WebSocketSession(shared, transport, opening, on_end)
    opening.drain = session.drain
    transport.set_protocol(session)
    session.run(app, websocket_scope(shared, request, handshake.subprotocols), early)


def websocket_scope(shared: Shared, request: Request, subprotocols: tuple[str, ...]) -> dict[str, Any]:
    """Return the scope of ASGI for a WebSocket."""
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": request.http_version,
        "scheme": "wss" if request.is_secure else "ws",
        "path": request.root_path + request.path,
        "raw_path": request.root_path.encode() + request.raw_path,
        "query_string": request.query_string,
        "root_path": request.root_path,
        "headers": request.headers.raw,
        "client": request.client,
        "server": request.server,
        "subprotocols": list(subprotocols),
        "state": shared.state.copy(),
        "extensions": {"websocket.http.response": {}},
    }


def agree(shared: Shared, handshake: Handshake) -> tuple[Deflate | None, str | None]:
    """Return the compression that both sides want, and the value of the field that says so.

    Raises:
        BadMessage: If the client's offers cannot be read.
    """
    if not handshake.extensions or not shared.options.websocket_compression:
        return None, None
    return negotiate(handshake.extensions) or (None, None)


class _Opening:
    """Answers in HTTP/1.1."""

    __slots__ = ("_handshake", "_refusal", "_shared", "_transport", "deflate", "drain")

    drain: Callable[[], Awaitable[None]]

    def __init__(self, shared: Shared, transport: asyncio.Transport, handshake: Handshake) -> None:
        self._shared, self._transport, self._handshake = shared, transport, handshake
        self._refusal: Outgoing | None = None
        self.deflate: Deflate | None = None
        agree(shared, handshake)  # a field that cannot be read is refused before the application hears of it

    def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """See `Opening.accept`."""
        self.deflate, extension = agree(self._shared, self._handshake)
        head = accept_head(self._handshake.key, self._shared.date, subprotocol, extension, headers)
        self._transport.write(head)

    def deny(self, status: int, headers: Headers, body: bytes | None) -> None:
        """See `Opening.deny`."""
        fields = Headers.from_raw(application_fields(headers.items()))
        refusal = self._refusal = Outgoing(
            self._transport.write, self.drain, self._shared.date, "1.1", bare=False, keep_alive=False
        )
        refusal.begin(status, fields, None if body is None else len(body))
        if body is not None:
            if body:
                self._transport.write(body)
            refusal.end()

    async def deny_more(self, body: bytes, more: bool) -> None:
        """See `Opening.deny_more`."""
        if self._refusal is None:
            raise AssertionError("deny comes first")
        await self._refusal.write(body)
        if not more:
            self._refusal.end()
