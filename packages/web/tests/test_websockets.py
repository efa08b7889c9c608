"""WebSockets, from the handshake through the layers to the view."""

import asyncio
from typing import Any

import msgspec
import pytest

from partita.http import Request, Response, Slot, UnprocessableContent
from partita.http.websocket import WebSocket, WebSocketDisconnect, WebSocketError, origin_fits
from partita.urls import path
from partita.web import App, Settings, websocket

LEAN = ("partita.http", "partita.urls")
NAME = Slot[str]("test.ws_name")


class Move(msgspec.Struct, tag="move"):
    x: int


@websocket
async def echo(socket: WebSocket, room: str) -> None:
    await socket.accept("chat" if "chat" in socket.subprotocols else None, {"X-Room": room})
    async for message in socket:
        await socket.send(message if isinstance(message, bytes) else f"{room} {message}")


@websocket
async def moves(socket: WebSocket) -> None:
    await socket.accept()
    while True:
        try:
            move = await socket.receive_json(Move)
            await socket.send_json({"moved": move.x})
        except UnprocessableContent as error:
            await socket.send_json({"error": error.status})


@websocket(origins=["https://friend.test"])
async def named(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send(socket[NAME])


@websocket
async def refusing(socket: WebSocket) -> None:
    await socket.close()


@websocket
async def failing(socket: WebSocket) -> None:
    await socket.accept()
    raise ZeroDivisionError


async def plain(request: Request) -> Response:
    return Response.text("plain")


def naming(handler: Any) -> Any:
    async def name(request: Request) -> Response:
        request.state.fill(NAME, request.cookies.get("name", "nobody"))
        return await handler(request)  # type: ignore[no-any-return]

    return name


APP = App(
    Settings("key"),
    urls=[
        path("moves/", moves),
        path("named/", named),
        path("refusing/", refusing),
        path("failing/", failing),
        path("plain/", plain),
        path("both/", plain, methods=["GET"]),
        path("both/", echo, kwargs={"room": "b"}),
        path("<room>/", echo),
    ],
    middleware=[naming],
    default_apps=LEAN,
)


def talk(target: str, *messages: Any, headers: Any = (), denial: bool = True, subprotocols: Any = ()) -> list[Any]:
    """Connect, say something, leave; return what came back."""
    incoming: list[Any] = [{"type": "websocket.connect"}]
    incoming += [{"type": "websocket.receive", "text" if isinstance(each, str) else "bytes": each} for each in messages]
    incoming.append({"type": "websocket.disconnect", "code": 1001})
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    fields = [(b"host", b"testserver"), *((name.lower().encode(), value.encode()) for name, value in headers)]
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": target,
        "headers": fields,
        "subprotocols": list(subprotocols),
        "extensions": {"websocket.http.response": {}} if denial else {},
    }
    asyncio.run(APP(scope, receive, send))
    return sent


def test_messages_go_to_and_fro_until_the_client_leaves() -> None:
    sent = talk("/r1/", "hi", b"\x00", subprotocols=["x", "chat"])
    assert sent == [
        {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"x-room", b"r1")]},
        {"type": "websocket.send", "text": "r1 hi"},
        {"type": "websocket.send", "bytes": b"\x00"},
    ]


def test_json_messages_are_typed_and_a_wrong_one_may_be_answered() -> None:
    sent = talk("/moves/", '{"type":"move","x":3}', '{"type":"move","x":"a"}', "{", '{"type":"jump"}')
    assert [each["text"] for each in sent[1:]] == ['{"moved":3}', '{"error":422}', '{"error":422}', '{"error":422}']


def test_middleware_has_filled_its_slots() -> None:
    assert talk("/named/", headers=[("Cookie", "name=ada")])[1]["text"] == "ada"


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        ("http://testserver", True),
        ("https://friend.test", True),
        ("https://evil.test", False),
        ("https://testserver", False),
        ("null", False),
        ("http://testserver.evil.test", False),
    ],
)
def test_a_page_of_another_site_is_refused_cswsh(origin: str, accepted: bool) -> None:
    sent = talk("/named/", headers=[("Origin", origin)])
    if accepted:
        assert sent[0]["type"] == "websocket.accept"
    else:
        assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 403)
        assert talk("/named/", headers=[("Origin", origin)], denial=False)[0]["type"] == "websocket.close"


def test_two_origins_are_refused() -> None:
    request = Request.build(headers=[("Origin", "http://testserver"), ("Origin", "http://testserver")])
    assert not origin_fits(request, ["*"])


def test_a_path_without_a_view_is_answered_by_404_and_a_plain_one_asks_for_an_upgrade() -> None:
    assert talk("/nowhere/x/")[0]["status"] == 404
    assert talk("/plain/")[0]["status"] == 404
    answer = asyncio.run(APP(Request.build("GET", "/moves/")))
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
    assert asyncio.run(APP(Request.build("GET", "/both/"))).body == b"plain"
    assert talk("/both/", "x")[1]["text"] == "b x"


def test_a_view_may_refuse_and_one_that_fails_closes_with_1011(caplog: pytest.LogCaptureFixture) -> None:
    assert talk("/refusing/")[0]["type"] == "websocket.close"
    sent = talk("/failing/")
    assert (sent[-1]["type"], sent[-1]["code"]) == ("websocket.close", 1011)
    assert "ZeroDivisionError" in caplog.text


def test_a_connection_is_used_in_the_right_order() -> None:
    async def use() -> None:
        messages: list[Any] = [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": "x" * 11},
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        socket = WebSocket(Request.build(), receive, send, max_message=10, subprotocols=["a"])
        with pytest.raises(WebSocketError, match="not been accepted"):
            await socket.send("x")
        with pytest.raises(WebSocketError, match="did not offer"):
            await socket.accept("b")
        await socket.accept("a")
        with pytest.raises(WebSocketError, match="open already"):
            await socket.accept()
        with pytest.raises(WebSocketDisconnect) as caught:
            await socket.receive()
        assert (caught.value.code, sent[-1]["code"]) == (1009, 1009)
        with pytest.raises(WebSocketDisconnect):
            await socket.send("x")
        await socket.close()
        assert len(sent) == 2

    asyncio.run(use())
