"""A WebSocket between a test and an application, without a socket."""

import asyncio
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from partita.testing.errors import ClientError

if TYPE_CHECKING:
    from partita.testing.client import Client

__all__ = ("WebSocketClosed", "WebSocketRefused", "WebSocketTest")

T = TypeVar("T")
_PATIENCE = 5.0  # seconds; a view that never answers must not hang the test run


class WebSocketRefused(ClientError):
    """The application did not accept the connection.

    Args:
        status: Of the answer to the handshake.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"the application refused the WebSocket with status {self.status}"


class WebSocketClosed(ClientError):
    """The application has closed the connection.

    Args:
        code: Of the close frame.
        reason: Of the close frame.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason

    def __str__(self) -> str:
        return f"the application closed the WebSocket with code {self.code} {self.reason}".rstrip()


class WebSocketTest:
    """One connection; made by `Client.websocket`, entered by ``with`` or ``async with``.

    The plain methods run on the client's own event loop, the ``a`` names on the running one.

    Args:
        client: Whose cookies and headers go with the handshake.
        path: Of the route.
        headers: For the handshake.
        subprotocols: What the client offers, its favourite first.
    """

    def __init__(
        self, client: "Client", path: str, headers: Mapping[str, str] | None, subprotocols: Iterable[str]
    ) -> None:
        self._client, self._path = client, path
        self._headers, self._subprotocols = headers or {}, tuple(subprotocols)
        self._to_app: asyncio.Queue[dict[str, Any]] | None = None
        self._from_app: asyncio.Queue[dict[str, Any]] | None = None
        self._task: asyncio.Task[None] | None = None
        self.subprotocol: str | None = None
        """What was agreed on."""
        self.accepted_headers: dict[str, str] = {}
        """What the answer to the handshake carried."""

    async def aconnect(self) -> "WebSocketTest":
        """Connect.

        Raises:
            WebSocketRefused: If the application does not accept.
        """
        request = self._client.build_request("GET", self._path, headers=self._headers)
        scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if request.is_secure else "ws",
            "path": request.path,
            "raw_path": request.raw_path,
            "query_string": request.query_string,
            "root_path": "",
            "headers": list(request.headers.raw),
            "client": request.client,
            "server": request.server,
            "subprotocols": list(self._subprotocols),
            "extensions": {"websocket.http.response": {}},
        }
        to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_app, self._from_app = to_app, from_app
        app = getattr(self._client.application, "asgi", self._client.application)
        to_app.put_nowait({"type": "websocket.connect"})

        async def serve() -> None:
            try:
                await app(scope, to_app.get, from_app.put)
            finally:
                from_app.put_nowait({"type": "gone"})

        self._task = asyncio.ensure_future(serve())
        first = await self._next()
        if first["type"] == "websocket.http.response.start":
            await self._end()
            raise WebSocketRefused(first["status"])
        if first["type"] != "websocket.accept":
            await self._end()
            raise WebSocketRefused(403)
        self.subprotocol = first.get("subprotocol")
        self.accepted_headers = {name.decode(): value.decode("latin-1") for name, value in first.get("headers", ())}
        return self

    async def asend(self, message: str | bytes) -> None:
        """Send a message."""
        assert self._to_app is not None
        kind = "text" if isinstance(message, str) else "bytes"
        await self._to_app.put({"type": "websocket.receive", kind: message})

    async def asend_json(self, value: object) -> None:
        """Send ``value`` as JSON text."""
        await self.asend(msgspec.json.encode(value).decode())

    async def areceive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketClosed: If the application has closed the connection.
            ClientError: If nothing comes within five seconds.
        """
        message = await self._next()
        if message["type"] == "websocket.send":
            text = message.get("text")
            return text if text is not None else cast("bytes", message["bytes"])
        await self._end()
        raise WebSocketClosed(message.get("code", 1006), message.get("reason") or "")

    async def areceive_json(self) -> Any:
        """Return the next message decoded from JSON."""
        return msgspec.json.decode(await self.areceive())

    async def aclose(self, code: int = 1000) -> None:
        """Leave."""
        if self._task is not None and not self._task.done():
            assert self._to_app is not None
            await self._to_app.put({"type": "websocket.disconnect", "code": code, "reason": ""})
        await self._end()

    def send(self, message: str | bytes) -> None:
        """Blocking twin of `asend`."""
        self._client.run(self.asend(message))

    def send_json(self, value: object) -> None:
        """Blocking twin of `asend_json`."""
        self._client.run(self.asend_json(value))

    def receive(self) -> str | bytes:
        """Blocking twin of `areceive`."""
        return self._client.run(self.areceive())

    def receive_json(self) -> Any:
        """Blocking twin of `areceive_json`."""
        return self._client.run(self.areceive_json())

    def close(self, code: int = 1000) -> None:
        """Blocking twin of `aclose`."""
        self._client.run(self.aclose(code))

    def __enter__(self) -> "WebSocketTest":
        return self._client.run(self.aconnect())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> "WebSocketTest":
        return await self.aconnect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _next(self) -> dict[str, Any]:
        assert self._from_app is not None
        try:
            message = await asyncio.wait_for(self._from_app.get(), _PATIENCE)
        except TimeoutError:
            raise ClientError(f"Nothing came over the WebSocket within {_PATIENCE:g} seconds.") from None
        if message["type"] == "gone":
            await self._end()
            raise WebSocketClosed(1006, "the application ended without closing it")
        return message

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        done, _ = await asyncio.wait([task], timeout=_PATIENCE)
        if not done:
            task.cancel()
            await asyncio.wait([task])
            raise ClientError(f"The view did not end within {_PATIENCE:g} seconds after the connection had.")
        task.result()  # raises what the application raised
