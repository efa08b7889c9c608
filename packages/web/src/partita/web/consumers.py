"""WebSockets as classes: what happens on connecting, on each message and at the end, each in a method of its own."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, final

from partita.http import StatusError, UnprocessableContent
from partita.http.websocket import WebSocket, WebSocketDisconnect, WebSocketState
from partita.web.websockets import websocket

__all__ = ("JsonConsumer", "WebSocketConsumer")


class WebSocketConsumer:
    """One connection. Routes get ``as_view()``; each connection has an object of its own, so attributes may hold its state.

    Attributes:
        socket: The connection; ``self.socket[USER]`` and the like are there from the beginning.
        origins: Sites whose pages may connect, besides our own; see `websocket`.
        limit: Connections that one visitor may have at once; see `websocket`.
        subprotocols: Those spoken here, the favourite first; the first one that the client offers is agreed on.
    """

    origins: ClassVar[tuple[str, ...]] = ()
    limit: ClassVar[int | None] = None
    subprotocols: ClassVar[tuple[str, ...]] = ()
    socket: WebSocket

    async def connect(self, *args: Any, **kwargs: Any) -> None:
        """Accept the connection, or do not: then the client gets 403. Gets what the route captured.

        A `partita.http.StatusError` that is raised here is the answer to the handshake.
        """
        await self.accept()

    async def receive(self, message: str | bytes) -> None:
        """Take a message, text or bytes as it was sent; the next one waits meanwhile."""

    async def disconnect(self, code: int) -> None:
        """Clean up; called once for each connection that was accepted, whichever side ended it.

        Args:
            code: Of the end; 1006 if there was none.
        """

    async def send(self, message: str | bytes) -> None:
        """Send a message; see `WebSocket.send`."""
        await self.socket.send(message)

    @final
    async def accept(self) -> None:
        """Open the connection, with the first of `subprotocols` that both sides speak."""
        agreed = next((name for name in self.subprotocols if name in self.socket.subprotocols), None)
        await self.socket.accept(agreed)

    @classmethod
    def as_view(cls, **attributes: Any) -> Callable[..., Coroutine[Any, Any, None]]:
        """Return a view.

        Args:
            **attributes: Set on the object of each connection; the class must have them.

        Raises:
            TypeError: If the class has no such attribute.
        """
        for name in attributes:
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} has no attribute {name!r}; as_view() sets those that the class has.")

        @websocket(origins=cls.origins, limit=cls.limit)
        async def view(socket: WebSocket, *args: Any, **kwargs: Any) -> None:
            consumer = cls()
            consumer.__dict__.update(attributes, socket=socket)
            await consumer._run(args, kwargs)

        view.__name__, view.__doc__, view.__module__ = cls.__name__, cls.__doc__, cls.__module__
        return view

    async def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        await self.connect(*args, **kwargs)
        if self.socket.state is not WebSocketState.OPEN:
            return
        try:
            while True:
                await self._take()
        except WebSocketDisconnect:
            pass
        finally:
            code = self.socket.close_code
            await self.disconnect(1006 if code is None else code)

    async def _take(self) -> None:
        await self.receive(await self.socket.receive())


class JsonConsumer(WebSocketConsumer):
    """A consumer whose messages are JSON.

    Attributes:
        message_type: Anything msgspec decodes to: a Struct, a tagged union, ``list[int]``.
    """

    message_type: ClassVar[Any] = object

    async def receive_json(self, message: Any) -> None:
        """Take a message of `message_type`."""

    async def refuse(self, error: StatusError) -> None:
        """Answer a message that is not JSON or not of `message_type`; the connection stays open."""
        await self.send_json({"error": error.message})

    async def send_json(self, value: object) -> None:
        """Send whatever msgspec encodes as JSON."""
        await self.socket.send_json(value)

    async def _take(self) -> None:
        try:
            message = await self.socket.receive_json(self.message_type)
        except UnprocessableContent as error:
            await self.refuse(error)
            return
        await self.receive_json(message)
