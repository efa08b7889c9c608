"""A WebSocket connection as views have it, over a server that is a list of ASGI's messages."""

import asyncio
from collections.abc import Awaitable, MutableMapping
from typing import Any

import msgspec
import pytest

from partita.http import Request, Response
from partita.http.errors import UnprocessableContent
from partita.http.state import Slot
from partita.http.websocket import (
    WEBSOCKET,
    WebSocket,
    WebSocketDisconnect,
    WebSocketError,
    WebSocketState,
    origin_fits,
    websocket_from_scope,
)

CONNECT = {"type": "websocket.connect"}


class Wire:
    """What the server tells, message by message, and what it was told."""

    def __init__(self, *messages: MutableMapping[str, Any]) -> None:
        self.messages = list(messages)
        self.sent: list[MutableMapping[str, Any]] = []
        self.broken = False

    async def receive(self) -> MutableMapping[str, Any]:
        return self.messages.pop(0)

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.broken:
            raise OSError("the line is cut")
        self.sent.append(message)

    def socket(self, max_message: int = 100, **scope: Any) -> WebSocket:
        request = Request.build("GET", "/chat")
        if scope:
            return websocket_from_scope({"type": "websocket", **scope}, request, self.receive, self.send)
        return WebSocket(request, self.receive, self.send, max_message)


def text(value: str) -> dict[str, object]:
    return {"type": "websocket.receive", "text": value}


def data(value: bytes) -> dict[str, object]:
    return {"type": "websocket.receive", "bytes": value, "text": None}


def gone(**more: object) -> dict[str, object]:
    return {"type": "websocket.disconnect", **more}


def opened(*messages: MutableMapping[str, Any], max_message: int = 100) -> tuple[Wire, WebSocket]:
    wire = Wire(CONNECT, *messages)
    socket = wire.socket(max_message)
    asyncio.run(socket.accept())
    return wire, socket


def run(awaited: Awaitable[Any]) -> Any:
    async def main() -> Any:
        return await awaited

    return asyncio.run(main())


def test_it_is_accepted_with_a_subprotocol_that_was_offered_and_with_headers() -> None:
    wire = Wire(CONNECT)
    socket = wire.socket(subprotocols=["chat.v2", "chat.v1"])
    assert socket.state is WebSocketState.CONNECTING
    run(socket.accept("chat.v1", {"set-cookie": "seen=1"}))
    assert wire.sent == [
        {"type": "websocket.accept", "subprotocol": "chat.v1", "headers": [(b"set-cookie", b"seen=1")]}
    ]
    assert (socket.state, socket.subprotocol) == (WebSocketState.OPEN, "chat.v1")


@pytest.mark.parametrize(
    ("offered", "told"), [([], "it offered none"), (["chat.v1", "mqtt"], "it offered chat.v1, mqtt")]
)
def test_a_subprotocol_that_was_not_offered_is_a_mistake_that_names_what_was(offered: list[str], told: str) -> None:
    wire = Wire(CONNECT)
    socket = wire.socket(subprotocols=offered)
    with pytest.raises(WebSocketError, match=told):
        run(socket.accept("graphql"))
    assert wire.sent == []
    assert socket.state is WebSocketState.CONNECTING


def test_it_is_accepted_once() -> None:
    wire, socket = opened()
    with pytest.raises(WebSocketError, match="open already"):
        run(socket.accept())
    assert len(wire.sent) == 1


def test_a_client_that_left_before_it_was_accepted_is_a_disconnect() -> None:
    wire = Wire(gone(code=1006))
    socket = wire.socket()
    with pytest.raises(WebSocketDisconnect) as caught:
        run(socket.accept())
    assert caught.value.code == 1006
    assert (socket.state, socket.close_code) == (WebSocketState.CLOSED, 1006)
    assert wire.sent == []


def test_nothing_is_sent_or_received_before_it_was_accepted() -> None:
    wire = Wire(CONNECT, text("a"))
    socket = wire.socket()
    for use in (socket.receive(), socket.send("a"), socket.send_json(1)):
        with pytest.raises(WebSocketError, match="accept"):
            run(use)
    assert wire.sent == []
    assert wire.messages == [CONNECT, text("a")]


def test_messages_arrive_as_they_were_sent() -> None:
    _, socket = opened(text("ü"), data(b"\xff"), data(b""), text(""))
    assert [run(socket.receive()) for _ in range(4)] == ["ü", b"\xff", b"", ""]


def test_messages_leave_as_text_or_as_bytes() -> None:
    wire, socket = opened()
    run(socket.send("ü"))
    run(socket.send(b"\xff"))
    run(socket.send_json({"a": [1, "ü"]}))
    assert wire.sent[1:] == [
        {"type": "websocket.send", "text": "ü"},
        {"type": "websocket.send", "bytes": b"\xff"},
        {"type": "websocket.send", "text": '{"a":[1,"ü"]}'},
    ]


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        (text("a" * 8), True),
        (text("a" * 9), False),
        (text("ü" * 4), True),
        (text("ü" * 5), False),  # its bytes count, not its letters
        (text("𝄞" * 2), True),
        (text("𝄞" * 3), False),
        (data(b"a" * 8), True),
        (data(b"a" * 9), False),
    ],
)
def test_a_message_may_have_as_many_bytes_as_the_limit_says(message: dict[str, object], fits: bool) -> None:
    wire, socket = opened(message, max_message=8)
    if fits:
        run(socket.receive())
        assert socket.state is WebSocketState.OPEN
        return
    with pytest.raises(WebSocketDisconnect) as caught:
        run(socket.receive())
    assert caught.value.code == 1009
    assert wire.sent[-1] == {"type": "websocket.close", "code": 1009, "reason": "messages have at most 8 bytes"}


def test_text_and_bytes_can_be_asked_for() -> None:
    _, socket = opened(text("a"), data(b"b"))
    assert run(socket.receive_text()) == "a"
    assert run(socket.receive_bytes()) == b"b"


@pytest.mark.parametrize(("kind", "message"), [("text", data(b"a")), ("bytes", text("a"))])
def test_the_other_kind_of_message_ends_the_connection(kind: str, message: dict[str, object]) -> None:
    wire, socket = opened(message)
    with pytest.raises(WebSocketDisconnect) as caught:
        run(getattr(socket, f"receive_{kind}")())
    assert caught.value.code == 1003
    assert caught.value.reason == f"{kind} {'is' if kind == 'text' else 'are'} expected here"
    assert wire.sent[-1] == {"type": "websocket.close", "code": 1003, "reason": caught.value.reason}


class Move(msgspec.Struct):
    x: int


def test_json_is_read_as_the_type_that_is_asked_for() -> None:
    _, socket = opened(text('{"x": 1}'), data(b'{"x": 2}'), text("[true]"))
    assert run(socket.receive_json(Move)) == Move(1)
    assert run(socket.receive_json(Move)) == Move(2)
    assert run(socket.receive_json()) == [True]


@pytest.mark.parametrize("wrong", [text("{"), text('{"x": "a"}'), data(b"\xff"), text("[" * 90)])
def test_what_is_no_json_of_that_type_can_be_answered(wrong: dict[str, object]) -> None:
    _, socket = opened(wrong, text('{"x": 3}'))
    with pytest.raises(UnprocessableContent, match="not what is expected"):
        run(socket.receive_json(Move))
    assert socket.state is WebSocketState.OPEN
    assert run(socket.receive_json(Move)) == Move(3)


def test_deeply_nested_json_is_a_wrong_message_and_no_crash() -> None:
    _, socket = opened(text("[" * 100_000), max_message=1_000_000)
    with pytest.raises(UnprocessableContent):
        run(socket.receive_json())


def test_iterating_gives_messages_until_the_client_leaves() -> None:
    _, socket = opened(text("a"), data(b"b"), gone(code=1001, reason="away"))

    async def all_of_them() -> list[str | bytes]:
        return [message async for message in socket]

    assert run(all_of_them()) == ["a", b"b"]
    assert (socket.state, socket.close_code) == (WebSocketState.CLOSED, 1001)


def test_iterating_over_json_ends_with_the_connection_and_not_with_a_wrong_message() -> None:
    _, socket = opened(text('{"x": 1}'), text("no"), text('{"x": 2}'), gone())
    got: list[object] = []

    async def all_of_them() -> None:
        async for message in socket.iterate_json(Move):
            got.append(message)

    with pytest.raises(UnprocessableContent):
        run(all_of_them())
    run(all_of_them())
    assert got == [Move(1), Move(2)]


@pytest.mark.parametrize(
    ("message", "code", "shown"),
    [
        (gone(), 1005, "the WebSocket was closed with code 1005"),
        (gone(code=4000, reason="bye"), 4000, "the WebSocket was closed with code 4000: bye"),
        (gone(code=1001, reason=None), 1001, "the WebSocket was closed with code 1001"),
        (gone(code=4000, reason="x" * 200), 4000, f"the WebSocket was closed with code 4000: {'x' * 120}"),
    ],
)
def test_the_end_tells_its_code_and_its_reason(message: dict[str, object], code: int, shown: str) -> None:
    _, socket = opened(message)
    with pytest.raises(ConnectionError) as caught:
        run(socket.receive())
    assert str(caught.value) == shown
    for use in (socket.receive(), socket.send("a")):  # and so does every later use
        with pytest.raises(WebSocketDisconnect) as again:
            run(use)
        assert again.value.code == code


def test_a_line_that_is_cut_while_sending_is_a_disconnect() -> None:
    wire, socket = opened()
    wire.broken = True
    with pytest.raises(WebSocketDisconnect) as caught:
        run(socket.send("a"))
    assert caught.value.code == 1006
    assert (socket.state, socket.close_code) == (WebSocketState.CLOSED, 1006)


def test_it_is_closed_once() -> None:
    wire, socket = opened()
    run(socket.close(3000, "bye"))
    run(socket.close(1011))
    assert wire.sent[1:] == [{"type": "websocket.close", "code": 3000, "reason": "bye"}]
    assert socket.close_code == 3000


def test_closing_before_it_was_accepted_refuses_it() -> None:
    wire = Wire(CONNECT)
    socket = wire.socket()
    run(socket.close())
    assert wire.sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]
    with pytest.raises(WebSocketError, match="closed already"):
        run(socket.accept())


def test_a_long_reason_is_cut_between_letters_so_that_it_fits_a_control_frame() -> None:
    wire, socket = opened()
    run(socket.close(1000, "ü" * 100))
    assert wire.sent[-1]["reason"] == "ü" * 61  # 122 bytes; another letter would need 124


def test_a_denial_is_an_answer_of_http_where_the_server_can_give_one() -> None:
    wire = Wire(CONNECT)
    socket = wire.socket(extensions={"websocket.http.response": {}})
    run(socket.deny(Response.text("not you", status=403)))
    start, body = wire.sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert (b"content-type", b"text/plain; charset=utf-8") in start["headers"]
    assert body == {"type": "websocket.http.response.body", "body": b"not you"}
    assert socket.state is WebSocketState.CLOSED


def test_a_denial_closes_where_the_server_can_do_no_better() -> None:
    wire = Wire(CONNECT)
    socket = wire.socket(extensions=None, subprotocols=None)
    run(socket.deny(Response.text("not you", status=403)))
    assert wire.sent == [{"type": "websocket.close", "code": 1000}]


def test_what_was_accepted_or_closed_cannot_be_denied() -> None:
    wire, socket = opened()
    with pytest.raises(WebSocketError, match="cannot be denied"):
        run(socket.deny(Response.text("no", status=403)))
    run(socket.close())
    with pytest.raises(WebSocketError, match="cannot be denied"):
        run(socket.deny(Response.text("no", status=403)))
    assert [message["type"] for message in wire.sent] == ["websocket.accept", "websocket.close"]


def test_a_server_that_says_something_else_breaks_the_protocol() -> None:
    socket = Wire(text("too early")).socket()
    with pytest.raises(WebSocketError, match=r"sent 'websocket.receive' where 'websocket.connect' was expected"):
        run(socket.accept())
    _, socket = opened(CONNECT)
    with pytest.raises(WebSocketError, match=r"where 'websocket.receive' was expected"):
        run(socket.receive())


def test_the_handshakes_slots_are_the_connections_and_it_is_in_one_of_them() -> None:
    slot = Slot[str]("tests.user")
    wire = Wire()
    socket = wire.socket(extensions={})
    socket.request.state.fill(slot, "ada")
    assert socket[slot] == "ada"
    assert socket.request[WEBSOCKET] is socket
    assert repr(socket) == "<WebSocket '/chat' connecting>"


OWN = "https://example.com"


def handshake(*origins: str, scheme: str = "https", host: str = "example.com") -> Request:
    return Request.build(
        "GET", "/chat", headers=[("host", host), *(("origin", each) for each in origins)], scheme=scheme
    )


@pytest.mark.parametrize(
    ("request_", "allowed", "fits"),
    [
        (handshake(), (), True),  # no browser
        (handshake(OWN), (), True),
        (handshake("HTTPS://EXAMPLE.COM"), (), True),
        (handshake(OWN, host="example.com:443"), (), True),
        (handshake("https://example.com:443"), (), True),
        (handshake("http://example.com", scheme="http", host="example.com:80"), (), True),
        (handshake("http://example.com"), (), False),
        (handshake(OWN, scheme="http"), (), False),
        (handshake("https://example.com:8443"), (), False),
        (handshake("https://example.com:80"), (), False),
        (handshake("http://example.com:443", scheme="http"), (), False),
        (handshake("https://example.com.evil.net"), (), False),
        (handshake("https://evil.net"), (), False),
        (handshake("null"), (), False),
        (handshake(OWN, "https://evil.net"), (), False),
        (handshake(OWN, OWN), ("*",), False),  # a browser sends one
        (handshake("https://app.example.net"), ("https://APP.example.net",), True),
        (handshake("https://app.example.net:444"), ("https://app.example.net",), False),
        (handshake("null"), ("*",), True),
    ],
)
def test_a_handshake_fits_if_it_comes_from_an_own_page_or_an_allowed_one(
    request_: Request, allowed: tuple[str, ...], fits: bool
) -> None:
    assert origin_fits(request_, allowed) is fits
