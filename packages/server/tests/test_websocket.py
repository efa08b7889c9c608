"""WebSockets over real sockets, with the `websockets` library and with bytes."""

import asyncio
import base64
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
import websockets.sync.client as ws
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from partita.http import Request, Response
from partita.server import Server
from partita.server.sockets import listen_unix
from partita.server.testing import client_frame as masked
from partita.server.tls import tls_context

Start = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

KEY = base64.b64encode(b"0123456789abcdef")
OPEN = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)


class Echo:
    """An ASGI application that answers each message with itself, and keeps how each socket ended."""

    def __init__(self) -> None:
        self.ends: list[tuple[int, str]] = []
        self.scopes: list[Message] = []
        self.ended = threading.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"http"})
            return
        self.scopes.append(scope)
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "subprotocol": (scope["subprotocols"] or [None])[-1]})
        while (message := await receive())["type"] == "websocket.receive":
            if message["text"] == "close":
                await send({"type": "websocket.close", "code": 4000, "reason": "asked"})
                continue
            try:
                await send({"type": "websocket.send", "text": message["text"], "bytes": message["bytes"]})
            except OSError:
                continue  # the next message tells how it ended
        self.ends.append((message["code"], message["reason"]))
        self.ended.set()


def websocket(app: Callable[[Message, Receive, Send], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return an application that knows nothing but WebSockets."""

    async def only(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise RuntimeError("only WebSockets are known here")
        await app(scope, receive, send)

    return only


def connect(server: Any, data: bytes = OPEN) -> socket.socket:
    """Open a WebSocket by hand."""
    client: socket.socket = server.connect()
    client.sendall(data)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return client


def frames(client: socket.socket) -> list[tuple[int, bytes]]:
    """Read frames until the server ends the connection."""
    raw = b""
    try:
        while data := client.recv(65_536):
            raw += data
    except ConnectionResetError:
        pass
    found = []
    while raw:
        size, at = raw[1] & 0x7F, 2
        assert not raw[1] & 0x80
        if size == 126:
            size, at = struct.unpack("!H", raw[2:4])[0], 4
        found.append((raw[0] & 0x0F, raw[at : at + size]))
        raw = raw[at + size :]
    return found


def test_messages_go_both_ways_and_the_close_is_clean(start: Start) -> None:
    app = Echo()
    with ws.connect(
        f"ws://127.0.0.1:{start(app).port}/a%20b?c=d",
        subprotocols=[Subprotocol("x"), Subprotocol("y")],
        compression=None,
    ) as client:
        assert client.subprotocol == "y"
        for message in ("text", b"bytes", "ä" * 70_000, b"", ""):
            client.send(message)
            assert client.recv(5) == message
        client.close(4001, "enough")
    assert app.ended.wait(5)
    assert app.ends == [(4001, "enough")]
    scope = app.scopes[0]
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/a b", b"/a%20b", b"c=d")
    assert (scope["scheme"], scope["type"], scope["subprotocols"]) == ("ws", "websocket", ["x", "y"])
    assert scope["client"][0] == "127.0.0.1"
    assert "websocket.http.response" in scope["extensions"]


def test_messages_are_compressed_if_both_sides_like(start: Start) -> None:
    server = start(Echo())
    with ws.connect(f"ws://127.0.0.1:{server.port}/") as client:
        assert client.response is not None
        assert "permessage-deflate" in client.response.headers["sec-websocket-extensions"]
        for message in ("hello " * 1000, os.urandom(5000), "hello " * 1000, "x"):
            client.send(message)
            assert client.recv(5) == message
    with ws.connect(f"ws://127.0.0.1:{start(Echo(), websocket_compression=False).port}/") as client:
        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers


def test_the_answer_of_the_handshake_is_that_of_the_rfc(quick: Start) -> None:
    server = quick(Echo())
    with server.connect() as client:
        client.sendall(OPEN.replace(KEY, b"dGhlIHNhbXBsZSBub25jZQ=="))
        answer = client.recv(1000)
    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"upgrade: websocket\r\nconnection: Upgrade\r\n" in answer


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"Version: 13", b"Version: 8", 426),
        (b"Sec-WebSocket-Version: 13\r\n", b"", 426),
        (b"Version: 13", b"Version: 13\r\nSec-WebSocket-Version: 8", 426),
        (KEY, b"short", 400),
        (KEY, base64.b64encode(b"x" * 15), 400),
        (KEY, base64.b64encode(b"x" * 17), 400),
        (KEY, KEY + b"\r\nSec-WebSocket-Key: " + KEY, 400),
        (b"Sec-WebSocket-Key: " + KEY + b"\r\n", b"", 400),
        (b"GET", b"POST", 400),
        (b"HTTP/1.1", b"HTTP/1.0", 400),
        (b"Host: a", b"Host: a\r\nSec-WebSocket-Protocol: a, a", 400),
        (b"Host: a", b"Host: a\r\nSec-WebSocket-Protocol: a b", 400),
        (b"Host: a", b"Host: a\r\nSec-WebSocket-Extensions: a;;", 400),
    ],
)
def test_a_handshake_that_breaks_a_rule_is_refused(quick: Start, old: bytes, new: bytes, status: int) -> None:
    app = Echo()
    raw = quick(app).send(OPEN.replace(old, new))
    assert raw.startswith(b"HTTP/1.1 %d " % status), raw
    assert (b"sec-websocket-version: 13" in raw) is (status == 426)
    assert not app.scopes


def test_a_request_with_a_body_is_no_handshake(quick: Start) -> None:
    app = Echo()
    raw = quick(app).send(OPEN.replace(b"Host: a", b"Host: a\r\nContent-Length: 3") + b"abc" + masked(1, b"x"))
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert raw.count(b"HTTP/1.1") == 1
    assert not app.scopes


def test_a_native_application_answers_websockets_with_its_own_method_or_not_at_all(quick: Start) -> None:
    class App:
        async def __call__(self, request: Request) -> Response:
            return Response.text("http")

    class Both(App):
        websocket = Echo()

    assert quick(App()).send(OPEN).startswith(b"HTTP/1.1 400 ")
    server = quick(Both())
    with ws.connect(f"ws://127.0.0.1:{server.port}/") as client:
        client.send("x")
        assert client.recv(5) == "x"
    assert server.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"http")


def test_it_works_over_tls_and_unix_sockets(tmp_path: Path, certificate: Path) -> None:
    path = str(tmp_path / "s")

    async def main() -> None:
        secure, local = Server(Echo(), ssl=tls_context(certificate)), Server(Echo())
        await secure.start("127.0.0.1", 0)
        await local.start(sockets=[listen_unix(path)])
        port = secure.addresses[0][1]
        trusting = ssl.create_default_context(cafile=certificate)

        def talk() -> None:
            with ws.connect(f"wss://127.0.0.1:{port}/", ssl=trusting) as client:
                client.send("x" * 100_000)
                assert client.recv(5) == "x" * 100_000
            with ws.unix_connect(path) as client:
                client.send("unix")
                assert client.recv(5) == "unix"

        await asyncio.to_thread(talk)
        assert await secure.stop()
        assert await local.stop()

    asyncio.run(main())


def test_a_request_may_come_before_the_handshake_and_frames_right_behind_it(start: Start) -> None:
    app = Echo()
    with start(app).connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + OPEN + masked(1, b"early") + masked(8, b"\x03\xe8"))
        raw = b""
        while data := client.recv(1000):
            raw += data
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert raw.endswith(b"\r\n\r\n\x81\x05early\x88\x02\x03\xe8")


def test_early_bytes_are_bounded_while_the_application_thinks(start: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await asyncio.sleep(20)

    with start(websocket(app)).connect(0.5) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)
        client.sendall(OPEN)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 50_000_000:
                sent += client.send(masked(2, b"x" * 10_000))
    assert sent < 20_000_000


def test_a_ping_is_answered_with_its_payload(start: Start) -> None:
    with connect(start(Echo())) as client:
        client.sendall(masked(9, b"payload") + masked(8))
        assert frames(client) == [(10, b"payload"), (8, b"")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(3), 1002),
        (masked(1, b"\xff"), 1007),
        (masked(2, b"x" * 2000), 1009),
        (b"\x81\x01x", 1002),
        (masked(8, b"\x03\xee"), 1002),
    ],
)
def test_a_broken_rule_closes_with_its_code_and_the_application_learns_it(start: Start, data: bytes, code: int) -> None:
    app = Echo()
    with connect(start(app, websocket_max_message=1000)) as client:
        client.sendall(masked(1, b"before") + data + masked(1, b"after") * 1000)
        client.shutdown(socket.SHUT_WR)
        (_, first), (opcode, payload) = frames(client)
    assert first == b"before"
    assert (opcode, int.from_bytes(payload[:2], "big")) == (8, code)
    assert app.ended.wait(5)
    assert app.ends[0][0] == code


def test_the_application_closes_and_the_server_waits_for_the_answer(start: Start) -> None:
    app = Echo()
    with ws.connect(f"ws://127.0.0.1:{start(app).port}/") as client:
        client.send("close")
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(5)
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (4000, "asked")  # type: ignore[union-attr]


def test_a_client_that_does_not_answer_the_close_is_cut_off(start: Start) -> None:
    with connect(start(Echo(), websocket_close_timeout=0.3)) as client:
        client.sendall(masked(1, b"close"))
        begun = time.monotonic()
        assert frames(client)[0][0] == 8
        assert time.monotonic() - begun < 4


def test_a_client_that_vanishes_ends_with_1006(start: Start) -> None:
    app = Echo()
    connect(start(app)).close()
    assert app.ended.wait(5)
    assert app.ends == [(1006, "")]


@pytest.mark.parametrize(("failing", "code"), [(True, 1011), (False, 1000)])
def test_an_application_that_ends_closes_the_socket(start: Start, failing: bool, code: int) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        if failing:
            raise OSError("broken")

    with connect(start(websocket(app))) as client:
        client.sendall(masked(8, b"\x03\xe8"))
        assert frames(client)[0] == (8, struct.pack("!H", code))


@pytest.mark.parametrize("how", ["close", "fail", "return"])
def test_an_application_that_does_not_accept_refuses(quick: Start, how: str, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if how == "close":
            await send({"type": "websocket.close"})
        elif how == "fail":
            raise OSError("broken")

    server = quick(websocket(app))
    with pytest.raises(InvalidStatus) as caught:
        ws.connect(f"ws://127.0.0.1:{server.port}/")
    assert caught.value.response.status_code == (403 if how == "close" else 500)
    if how == "fail":
        assert "broken" in caplog.text


def test_a_refusal_may_be_a_whole_response(quick: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(
            {"type": "websocket.http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Basic")]}
        )
        await send({"type": "websocket.http.response.body", "body": b"first ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"login"})

    with pytest.raises(InvalidStatus) as caught:
        ws.connect(f"ws://127.0.0.1:{quick(websocket(app)).port}/")
    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Basic"
    assert response.body == b"first login"


def test_a_line_break_in_a_field_of_the_answer_is_an_error(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept", "headers": [(b"x", b"a\r\nset-cookie: b=c")]})

    raw = quick(websocket(app)).send(OPEN)
    assert raw.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in raw


@pytest.mark.parametrize("message", [{"type": "websocket.accept"}, {"type": "nonsense"}, {"type": "websocket.send"}])
def test_a_message_in_the_wrong_place_is_an_error(
    quick: Start, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send(message)

    with connect(quick(websocket(app))) as client:
        client.sendall(masked(8))
        assert frames(client)[0] == (8, b"\x03\xf3")
    assert "websocket" in caplog.text


def test_sending_to_a_client_that_left_is_an_os_error(start: Start) -> None:
    seen: list[BaseException] = []
    done = threading.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "bytes": b"x" * 1000})
                await asyncio.sleep(0.01)
        except OSError as error:
            seen.append(error)
            done.set()

    connect(start(websocket(app))).close()
    assert done.wait(5)
    assert len(seen) == 1


def test_a_slow_application_lets_the_client_wait(start: Start) -> None:
    received = 0

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal received
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            received += 1
            await asyncio.sleep(0.05)

    with connect(start(websocket(app))) as client:
        client.settimeout(0.5)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 50_000)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 50_000_000:
                sent += client.send(masked(2, b"x" * 10_000))
    assert sent < 20_000_000
    assert received > 0


def test_a_slow_client_lets_the_application_wait(start: Start) -> None:
    sent = 0

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "websocket.accept"})
        for _ in range(2000):
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})
            sent += 1

    with connect(start(websocket(app))):
        time.sleep(0.5)
        assert sent < 200


def test_a_client_that_takes_nothing_is_cut_off_and_pings_cost_it_nothing(start: Start) -> None:
    app = Echo()
    with connect(start(app, write_timeout=0.3)) as client:
        client.settimeout(0.2)
        try:
            for _ in range(400):
                client.sendall(masked(2, b"x" * 100_000) + masked(9, b"p"))
        except OSError:
            pass
        assert app.ended.wait(5)
    assert app.ends == [(1006, "")]


def test_a_silent_client_is_pinged_and_then_closed_with_1011(start: Start) -> None:
    app = Echo()
    with connect(start(app, websocket_ping_interval=0.2, websocket_ping_timeout=0.4)) as client:
        found = frames(client)
    assert [opcode for opcode, _ in found] == [9, 8]
    assert found[1][1].startswith(struct.pack("!H", 1011))
    assert app.ended.wait(5)


def test_a_client_that_answers_pings_stays(start: Start) -> None:
    server = start(Echo(), websocket_ping_interval=0.2, websocket_ping_timeout=0.4)
    with ws.connect(f"ws://127.0.0.1:{server.port}/", ping_interval=None) as client:
        with pytest.raises(TimeoutError):
            client.recv(2.5)
        client.send("still here")
        assert client.recv(5) == "still here"


def test_stopping_the_server_says_so_to_every_client(start: Start) -> None:
    app = Echo()
    server = start(app)
    with ws.connect(f"ws://127.0.0.1:{server.port}/") as client:
        client.send("x")
        assert client.recv(5) == "x"
        assert server.stop(5)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(5)
        assert caught.value.rcvd.code == 1001  # type: ignore[union-attr]
    assert app.ends[0][0] == 1001


def test_what_does_not_close_in_time_is_cut(start: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await asyncio.sleep(60)

    server = start(websocket(app))
    with connect(server):
        begun = time.monotonic()
        assert not server.stop(0.2)
        assert time.monotonic() - begun < 5


def test_each_socket_is_logged_when_it_ends(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "partita.server.access")
    server = quick(Echo(), access_log=True)
    with connect(server) as client:
        client.sendall(masked(1, b"12345") + masked(8))
        frames(client)
    server.stop()
    assert re.search(r'"GET /ws" 101 5 ', caplog.text)


def test_a_wrong_use_by_the_application_of_text_and_bytes_is_an_error(quick: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "a", "bytes": b"b"})

    with connect(quick(websocket(app))) as client:
        client.sendall(masked(8))
        assert frames(client)[0] == (8, b"\x03\xf3")
