"""WebSockets over streams of HTTP/2 (RFC 8441), frame by frame."""

import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest

from partita.http import Limits, Request, Response
from partita.server.http2 import codes
from partita.server.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)
from partita.server.testing import client_frame
from partita.server.websocket import BINARY, CLOSE, PING, PONG, TEXT, Deflate, close_payload

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Start = Callable[..., Any]
Connect = Callable[..., Any]


class Echo:
    """Answers each message with itself, and keeps the scopes and how each socket ended."""

    def __init__(self) -> None:
        self.scopes: list[Message] = []
        self.ends: list[int] = []
        self.ended = threading.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"http"})
            return
        self.scopes.append(scope)
        await receive()
        await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        while (message := await receive())["type"] == "websocket.receive":
            if message["text"] == "close":
                await send({"type": "websocket.close", "code": 4000})
            else:
                await send({"type": "websocket.send", "text": message["text"], "bytes": message["bytes"]})
        self.ends.append(message["code"])
        self.ended.set()


class Socket:
    """One WebSocket on one stream of a client that speaks HTTP/2 frame by frame."""

    def __init__(self, client: Any, stream: int = 1, *fields: tuple[str, str], windows: bool = True) -> None:
        self.client, self.stream, self._windows = client, stream, windows
        self._raw, self.ended, self.reset = b"", False, -1
        self._frames = client.frames()
        head = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/ws?a=1")]
        version = (
            [] if any(name == "sec-websocket-version" for name, _ in fields) else [("sec-websocket-version", "13")]
        )
        client.headers(stream, *head, (":authority", "a"), *version, *fields, end=False)
        self.head = self._read_head()

    def _read_head(self) -> dict[str, str]:
        for kind, flags, stream, payload in self._frames:
            if (kind, stream) == (HEADERS, self.stream):
                self.ended = bool(flags & END_STREAM)
                return dict(self.client.decode(payload))
            assert kind not in {GOAWAY, RST_STREAM}, (kind, payload)
        raise AssertionError("no answer")

    def send(self, opcode: int, payload: bytes = b"", *, rsv: int = 0, end: bool = False) -> None:
        self.raw(client_frame(opcode, payload, rsv=rsv), end=end)

    def raw(self, data: bytes, *, end: bool = False) -> None:
        pieces = [data[at : at + 16_384] for at in range(0, len(data), 16_384)] or [b""]
        for piece in pieces[:-1]:
            self.client.send(DATA, 0, self.stream, piece)
        self.client.send(DATA, END_STREAM if end else 0, self.stream, pieces[-1])

    def more(self) -> bool:
        """Read one frame of HTTP/2; tell whether there was one, and the stream goes on."""
        if self.ended or self.reset >= 0:
            return False
        for kind, flags, stream, payload in self._frames:
            if kind == DATA and stream == self.stream:
                self._raw += payload
                self.ended = bool(flags & END_STREAM)
                if self._windows and payload:
                    self.client.send(WINDOW_UPDATE, 0, 0, struct.pack("!L", len(payload)))
                    self.client.send(WINDOW_UPDATE, 0, self.stream, struct.pack("!L", len(payload)))
            elif kind == RST_STREAM and stream == self.stream:
                self.reset = int.from_bytes(payload, "big")
            return True
        return False

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Give the frames of the WebSocket until it ends."""
        while True:
            while len(self._raw) >= 2:
                size, at = self._raw[1], 2
                if size >= 126:
                    at = 4 if size == 126 else 10
                    size = int.from_bytes(self._raw[2:at], "big")
                if len(self._raw) < at + size:
                    break
                first, payload = self._raw[0], self._raw[at : at + size]
                self._raw = self._raw[at + size :]
                yield first & 0x4F, payload
            if not self.more():
                return

    def body(self) -> bytes:
        while self.more():
            pass
        return self._raw


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def client(start: Start, http2: Connect, echo: Echo) -> Any:
    return http2(start(echo))


def test_3_the_server_says_that_it_can_if_the_application_can(quick: Start, http2: Connect, echo: Echo) -> None:
    async def native(request: Request) -> Response:
        return Response.text("")

    offered = []
    for app in (echo, native):
        kind, _, _, payload = next(http2(quick(app)).frames())
        assert kind == SETTINGS
        offered.append(dict(struct.iter_unpack("!HL", payload)).get(8))
    assert offered == [1, None]


def test_5_messages_go_both_ways_and_the_close_is_clean(client: Any, echo: Echo) -> None:
    socket = Socket(client, 1, ("sec-websocket-protocol", "chat, other"), ("origin", "http://a"))
    assert socket.head.pop("date")
    assert socket.head == {":status": "200", "sec-websocket-protocol": "chat"}
    scope = echo.scopes[0]
    assert (scope["type"], scope["http_version"], scope["scheme"]) == ("websocket", "2", "ws")
    assert (scope["path"], scope["query_string"]) == ("/ws", b"a=1")
    frames = socket.frames()
    for opcode, payload in ((TEXT, "grüß".encode()), (BINARY, bytes(range(256)))):
        socket.send(opcode, payload)
        assert next(frames) == (opcode, payload)
    socket.send(PING, b"there?")
    assert next(frames) == (PONG, b"there?")
    socket.send(CLOSE, close_payload(1000, "bye"))
    assert [*frames] == [(CLOSE, close_payload(1000))]
    assert socket.ended
    assert echo.ended.wait(5)
    assert echo.ends == [1000]


def test_requests_and_other_sockets_share_the_connection(client: Any) -> None:
    sockets = [Socket(client, 1), Socket(client, 3)]
    client.request(5)
    assert client.response(5)[1] == b"http"
    for number, socket in enumerate(sockets):
        socket.send(TEXT, b"%d" % number)
        assert next(socket.frames()) == (TEXT, b"%d" % number)


def test_messages_are_compressed_if_both_sides_like(client: Any) -> None:
    socket = Socket(client, 1, ("sec-websocket-extensions", "permessage-deflate"))
    assert socket.head["sec-websocket-extensions"].startswith("permessage-deflate")
    socket.send(TEXT, Deflate(15, 15, True, True).deflate(b"abc" * 1000), rsv=4)
    opcode, payload = next(socket.frames())
    assert opcode == TEXT | 0x40
    assert len(payload) < 100


def test_a_message_larger_than_any_window_passes(client: Any) -> None:
    socket = Socket(client)
    data = bytes(range(256)) * 3000
    frame, sent, windows = client_frame(BINARY, data), 0, 65_535
    frames: list[tuple[int, bytes]] = []
    while sent < len(frame):  # as far as the server lets us, then read on until it lets us more
        size = min(windows, 16_384, len(frame) - sent)
        if size:
            client.send(DATA, 0, 1, frame[sent : sent + size])
            sent, windows = sent + size, windows - size
            continue
        for kind, _, stream, payload in socket._frames:
            if (kind, stream) == (WINDOW_UPDATE, 1):
                windows += int.from_bytes(payload, "big")
                break
    frames.append(next(socket.frames()))
    assert frames == [(BINARY, data)]


def test_a_client_that_opens_no_window_lets_the_application_wait_and_is_cut_off(
    start: Start, http2: Connect, echo: Echo
) -> None:
    client = http2(start(echo, write_timeout=0.5))
    client.send(SETTINGS, payload=struct.pack("!HL", 4, 10_000))
    socket = Socket(client, windows=False)
    for _ in range(4):
        socket.send(BINARY, b"x" * 15_000)
    assert len(socket.body()) == 10_000
    assert socket.reset == codes.CANCEL
    assert client.is_alive()
    assert echo.ended.wait(5)
    assert echo.ends == [1006]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param([("sec-websocket-version", "12")], "426", id="version"),
        pytest.param([("sec-websocket-protocol", "a, a")], "400", id="subprotocols"),
        pytest.param([("sec-websocket-extensions", "permessage-deflate; =")], "400", id="extensions"),
    ],
)
def test_a_handshake_that_breaks_a_rule_is_refused(
    client: Any, echo: Echo, fields: list[tuple[str, str]], status: str
) -> None:
    assert Socket(client, 1, *fields).head[":status"] == status
    assert not echo.scopes
    assert client.is_alive()


def test_a_connect_that_ends_with_its_head_opens_nothing(client: Any, echo: Echo) -> None:
    head = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
    ]
    client.headers(1, *head, ("sec-websocket-version", "13"))
    assert client.response(1)[0][":status"] == "400"
    assert not echo.scopes


def test_other_protocols_are_not_served(client: Any) -> None:
    head = [(":method", "CONNECT"), (":protocol", "smtp"), (":scheme", "http"), (":path", "/"), (":authority", "a")]
    client.headers(1, *head, end=False)
    assert client.response(1)[0][":status"] == "501"


def test_4_what_was_not_agreed_on_is_malformed(quick: Start, http2: Connect) -> None:
    async def native(request: Request) -> Response:
        return Response.text("")

    client = http2(quick(native))
    head = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
    ]
    client.headers(1, *head, end=False)
    assert client.error(1) == ("stream", codes.PROTOCOL_ERROR)


def test_an_application_may_refuse_with_a_whole_response(quick: Start, http2: Connect) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"text/plain"), (b"x-a", b"b")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"who ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"are you?"})

    socket = Socket(http2(quick(app, asgi=True)))
    assert (socket.head[":status"], socket.head["x-a"]) == ("401", "b")
    assert socket.body() == b"who are you?"


def test_an_application_that_closes_first_refuses_with_403(quick: Start, http2: Connect) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})

    socket = Socket(http2(quick(app, asgi=True)))
    assert socket.head[":status"] == "403"
    assert socket.body() == b""


def test_the_application_closes_and_the_stream_ends_with_the_answer(client: Any, echo: Echo) -> None:
    socket = Socket(client)
    socket.send(TEXT, b"close")
    frames = socket.frames()
    assert next(frames) == (CLOSE, close_payload(4000))
    socket.send(CLOSE, close_payload(4000))
    assert [*frames] == []
    assert socket.ended
    assert client.is_alive()


@pytest.mark.parametrize("how", ["reset", "end", "cut"])
def test_a_client_that_leaves_ends_with_1006(client: Any, echo: Echo, how: str) -> None:
    socket = Socket(client)
    if how == "reset":
        client.send(RST_STREAM, 0, 1, struct.pack("!L", codes.CANCEL))
    elif how == "end":
        socket.raw(b"", end=True)
        assert socket.body() == b""
        assert socket.ended
    else:
        client.sock.close()
    assert echo.ended.wait(5)
    assert echo.ends == [1006]
    assert how == "cut" or client.is_alive()


def test_a_broken_frame_closes_with_its_code_and_the_connection_lives(client: Any, echo: Echo) -> None:
    socket = Socket(client)
    socket.send(TEXT, b"\xff")
    assert struct.unpack("!H", next(payload for opcode, payload in socket.frames() if opcode == CLOSE)[:2]) == (1007,)
    assert [*socket.frames()] == []
    assert client.is_alive()


def test_limits_on_bodies_and_on_tiny_frames_are_not_for_sockets(start: Start, http2: Connect, echo: Echo) -> None:
    socket = Socket(
        http2(start(echo, limits=Limits(max_body=100, max_upload=100), body_timeout=0.2, handler_timeout=0.2))
    )
    frames = socket.frames()
    for _ in range(50):
        socket.send(TEXT, b"0123456789")
        assert next(frames) == (TEXT, b"0123456789")
    time.sleep(1)  # longer than a body or an answer may take
    socket.send(TEXT, b"still there")
    assert next(frames) == (TEXT, b"still there")


def test_stopping_the_server_says_so_and_ends_the_connection(quick: Start, http2: Connect, echo: Echo) -> None:
    server = quick(echo)
    client = http2(server)
    socket = Socket(client)
    stopped: list[bool] = []
    stopping = threading.Thread(target=lambda: stopped.append(server.stop(5)))
    stopping.start()
    frames = socket.frames()
    opcode, payload = next(frames)
    assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1001))
    socket.send(CLOSE, payload)
    assert [*frames] == []
    stopping.join(10)
    assert stopped == [True]


def test_each_socket_is_logged_when_it_ends(
    quick: Start, http2: Connect, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "partita.server.access")
    socket = Socket(http2(quick(echo, access_log=True)))
    socket.send(TEXT, b"four")
    assert next(socket.frames()) == (TEXT, b"four")
    socket.send(CLOSE, close_payload(1000))
    assert [*socket.frames()][-1][0] == CLOSE
    deadline = time.monotonic() + 5
    while not caplog.records and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "CONNECT /ws" in caplog.text
    assert " 200 " in caplog.text


def test_the_head_is_sent_before_anything_else_with_flags_of_its_own(client: Any) -> None:
    head = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
    ]
    client.headers(1, *head, ("sec-websocket-version", "13"), end=False)
    client.send(DATA, 0, 1, client_frame(TEXT, b"early"))
    kinds = [(kind, flags) for kind, flags, stream, _ in _until_data(client) if stream == 1 and kind != WINDOW_UPDATE]
    assert kinds == [(HEADERS, END_HEADERS), (DATA, 0)]


def _until_data(client: Any) -> Iterator[tuple[int, int, int, bytes]]:
    for found in client.frames():
        yield found
        if found[0] == DATA:
            return
