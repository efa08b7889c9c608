"""WebSockets as classes, and limits on how many one visitor has."""

import asyncio
from typing import Any

import msgspec
import pytest

from partita.http import Forbidden, Request
from partita.http.websocket import WebSocket
from partita.urls import path
from partita.web import App, Settings, websocket
from partita.web.consumers import JsonConsumer, WebSocketConsumer

LEAN = ("partita.http", "partita.urls")


class Connection:
    """One client of an application, by ASGI's messages."""

    def __init__(self, app: App, target: str, *, client: str = "192.0.2.1", **headers: str) -> None:
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        fields = [(b"host", b"testserver"), *((name.encode(), value.encode()) for name, value in headers.items())]
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": target,
            "headers": fields,
            "subprotocols": ["v2", "v1"],
            "client": (client, 5000),
            "extensions": {"websocket.http.response": {}},
        }
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.served = asyncio.ensure_future(app(scope, self._incoming.get, self.sent.put))

    async def say(self, text: str | bytes) -> None:
        await self._incoming.put({"type": "websocket.receive", "text" if isinstance(text, str) else "bytes": text})

    async def leave(self, code: int = 1001) -> None:
        await self._incoming.put({"type": "websocket.disconnect", "code": code})
        await self.served

    async def hear(self) -> Any:
        message = await asyncio.wait_for(self.sent.get(), 5)
        return message.get("text", message.get("bytes")) if message["type"] == "websocket.send" else message


class Room(WebSocketConsumer):
    """Says everything again, and remembers what happened."""

    subprotocols = ("v1", "v2")
    greeting = "Welcome to"
    seen: list[tuple[str, Any]] = []

    async def connect(self, room: str) -> None:
        self.room, self.count = room, 0
        if room == "closed":
            raise Forbidden("This room is closed.")
        if room != "silent":
            await self.accept()
            await self.send(f"{self.greeting} {room}")

    async def receive(self, message: str | bytes) -> None:
        if message == "fail":
            raise ZeroDivisionError
        self.count += 1
        await self.send(message if isinstance(message, bytes) else f"{self.room} {self.count} {message}")

    async def disconnect(self, code: int) -> None:
        self.seen.append((self.room, code))


class Move(msgspec.Struct):
    x: int


class Game(JsonConsumer):
    message_type = Move
    limit = 1

    async def receive_json(self, message: Move) -> None:
        await self.send_json({"at": message.x})


@websocket(limit=2)
async def few(socket: WebSocket) -> None:
    await socket.accept()
    async for _ in socket:
        pass


def named(request: Request) -> str:
    return request.cookies.get("name", "")


@websocket(limit=1, who=named)
async def one_each(socket: WebSocket) -> None:
    await socket.accept()
    async for _ in socket:
        pass


def application() -> App:
    urls = [
        path("rooms/<room>/", Room.as_view()),
        path("halls/<room>/", Room.as_view(greeting="Hello,")),
        path("game/", Game.as_view()),
        path("few/", few),
        path("each/", one_each),
    ]
    return App(Settings("key"), urls=urls, default_apps=LEAN)


@pytest.fixture(autouse=True)
def forget() -> None:
    Room.seen.clear()


def test_each_connection_has_an_object_with_its_own_state() -> None:
    async def main() -> None:
        app = application()
        first, second = Connection(app, "/rooms/a/"), Connection(app, "/halls/b/")
        assert (await first.hear())["subprotocol"] == "v1"
        await second.hear()
        assert [await first.hear(), await second.hear()] == ["Welcome to a", "Hello, b"]
        for connection, text in ((first, "x"), (first, "y"), (second, "z"), (second, b"\x00")):
            await connection.say(text)
        assert [await first.hear(), await first.hear()] == ["a 1 x", "a 2 y"]
        assert [await second.hear(), await second.hear()] == ["b 1 z", b"\x00"]
        await first.leave(1001)
        await second.leave(1006)

    asyncio.run(main())
    assert Room.seen == [("a", 1001), ("b", 1006)]


@pytest.mark.parametrize(("room", "status"), [("closed", 403), ("silent", 403)])
def test_who_is_not_accepted_gets_an_answer_and_no_goodbye(room: str, status: int) -> None:
    async def main() -> None:
        connection = Connection(application(), f"/rooms/{room}/")
        assert (await connection.hear())["status"] == status

    asyncio.run(main())
    assert Room.seen == []


def test_an_error_ends_the_connection_with_1011_and_is_cleaned_up_after() -> None:
    async def main() -> None:
        connection = Connection(application(), "/rooms/a/")
        await connection.hear()
        await connection.hear()
        await connection.say("fail")
        assert (await connection.hear())["code"] == 1011

    asyncio.run(main())
    assert [room for room, _ in Room.seen] == ["a"]


def test_json_is_decoded_and_a_wrong_message_is_answered() -> None:
    async def main() -> None:
        connection = Connection(application(), "/game/")
        await connection.hear()
        for text in ('{"x": 3}', '{"x": "a"}', "{"):
            await connection.say(text)
        assert await connection.hear() == '{"at":3}'
        assert "Expected `int`, got `str`" in await connection.hear()
        assert "error" in await connection.hear()
        await connection.leave()

    asyncio.run(main())


def test_attributes_that_the_class_does_not_have_are_refused() -> None:
    with pytest.raises(TypeError, match="Room has no attribute 'gretting'"):
        Room.as_view(gretting="Hi")
    with pytest.raises(ValueError, match="1 at least"):
        websocket(limit=0)


@pytest.mark.parametrize(
    ("target", "limit", "first", "other"),
    [
        ("/few/", 2, {"client": "192.0.2.1"}, {"client": "192.0.2.2"}),
        ("/few/", 2, {"client": "2001:db8::1"}, {"client": "2001:db8:0:1::1"}),
        ("/game/", 1, {"client": "192.0.2.1"}, {"client": "192.0.2.2"}),
        ("/each/", 1, {"cookie": "name=ada"}, {"cookie": "name=bob"}),
    ],
)
def test_one_visitor_has_so_many_connections_and_others_have_theirs(
    target: str, limit: int, first: dict[str, Any], other: dict[str, Any]
) -> None:
    async def main() -> None:
        app = application()
        connections = [Connection(app, target, **first) for _ in range(limit)]
        for connection in connections:
            assert (await connection.hear())["type"] == "websocket.accept"
        refused = Connection(app, target, **first)
        assert (await refused.hear())["status"] == 429
        another = Connection(app, target, **other)
        assert (await another.hear())["type"] == "websocket.accept"
        await connections[0].leave()
        again = Connection(app, target, **first)
        assert (await again.hear())["type"] == "websocket.accept"
        for connection in (*connections[1:], another, again):
            await connection.leave()

    asyncio.run(main())


def test_addresses_of_one_network_of_ipv6_are_one_visitor() -> None:
    async def main() -> None:
        app = application()
        connections = [Connection(app, "/few/", client=f"2001:db8::{host}") for host in (1, 2)]
        for connection in connections:
            await connection.hear()
        assert (await Connection(app, "/few/", client="2001:db8::3").hear())["status"] == 429
        for connection in connections:
            await connection.leave()

    asyncio.run(main())
