"""What an operator sets: time for the application, where it is mounted; and the extensions of ASGI."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server.http2.frames import DATA, HEADERS
from partita.server.shared import mounted

Start = Callable[..., Any]
Connect = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LAST = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def only_http(app: Callable[[Message, Receive, Send], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def only(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("only http is known here")
        await app(scope, receive, send)

    return only


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_an_application_that_takes_too_long_is_cancelled_and_answered_503(
    start: Start, http2: Connect, version: str
) -> None:
    cancelled = threading.Event()

    async def app(request: Request) -> Response:
        if request.path == "/":
            return Response.text("quick")
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Response.text("never")

    server = start(app, handler_timeout=0.4)
    if version == "2":
        client = http2(server)
        client.request(1, path="/slow")
        head, _ = client.response(1)
        assert (head[":status"], head["retry-after"]) == ("503", "5")
        client.request(3)
        assert client.response(3)[1] == b"quick"
    else:
        with server.connect() as client:
            client.sendall(LAST.replace(b"Connection: close\r\n", b"") % b"/slow" + LAST % b"/")
            raw = b""
            while more := client.recv(1000):
                raw += more
        assert raw.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in raw
        assert raw.endswith(b"quick")
    assert cancelled.wait(5)


def test_a_stream_may_take_longer_than_its_application_may_think(start: Start) -> None:
    async def app(request: Request) -> Response:
        async def pieces() -> Any:
            for _ in range(3):
                yield b"x"
                await asyncio.sleep(0.4)

        return Response.stream(pieces())

    assert start(app, handler_timeout=0.3).send(LAST % b"/").endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "raw", "expected"),
    [
        ("/shop", b"/shop", ("/", b"/")),
        ("/shop/", b"/shop/", ("/", b"/")),
        ("/shop/a b", b"/sh%6Fp/a%20b", ("/a b", b"/a%20b")),
        ("/shopping", b"/shopping", ("/shopping", b"/shopping")),
        ("/other", b"/other", ("/other", b"/other")),
    ],
)
def test_the_root_path_is_cut_off_if_it_is_there(path: str, raw: bytes, expected: tuple[str, bytes]) -> None:
    assert mounted(path, raw, "/shop") == expected


@pytest.mark.parametrize("path", [b"/shop/cart", b"/cart"])
def test_addresses_carry_the_root_path(start: Start, http2: Connect, path: bytes) -> None:
    async def app(request: Request) -> Response:
        return Response.text(f"{request.path} {request.url}")

    async def asgi(scope: Message, receive: Receive, send: Send) -> None:
        text = f"{scope['path']} {scope['root_path']} {scope['raw_path'].decode()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text})

    server = start(app, root_path="/shop/")
    assert server.send(LAST % path).endswith(b"\r\n\r\n/cart http://a/shop/cart")
    client = http2(server)
    client.request(1, path=path.decode())
    assert client.response(1)[1] == b"/cart http://a/shop/cart"
    server = start(only_http(asgi), root_path="/shop")
    assert server.send(LAST % path).endswith(b"\r\n\r\n/shop/cart /shop /shop/cart")


async def extended(scope: Message, receive: Receive, send: Send) -> None:
    assert set(scope["extensions"]) == {"http.response.trailers", "http.response.pathsend", "http.response.early_hint"}
    await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
    await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
    await send({"type": "http.response.body", "body": b"data"})
    await send({"type": "http.response.trailers", "headers": [(b"X-Sum", b"1")], "more_trailers": True})
    await send({"type": "http.response.trailers", "headers": [(b"x-end", b"2")]})


def test_asgi_trailers_and_early_hints_in_http_1(start: Start) -> None:
    raw = start(only_http(extended)).send(LAST % b"/")
    assert raw.startswith(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert raw.endswith(b"4\r\ndata\r\n0\r\nx-sum: 1\r\nx-end: 2\r\n\r\n")


def test_asgi_trailers_and_early_hints_in_http_2(start: Start, http2: Connect) -> None:
    client = http2(start(only_http(extended)))
    client.request(1)
    found: list[object] = []
    for kind, flags, _, payload in client.frames():
        if kind == HEADERS:
            found.append(client.decode(payload))
        elif kind == DATA:
            found.append(payload)
        if kind in {HEADERS, DATA} and flags & 1:
            break
    assert found[0] == {":status": "103", "link": "</a.css>; rel=preload"}
    assert found[2:] == [b"data", {"x-sum": "1", "x-end": "2"}]


def test_a_line_break_in_a_trailer_or_a_hint_never_goes_out(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def hint(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": [b"a\r\nset-cookie: b=c"]})

    async def trailer(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": b"data"})
        await send({"type": "http.response.trailers", "headers": [(b"x", b"a\r\nset-cookie: b=c")]})

    for app in (hint, trailer):
        assert b"set-cookie" not in quick(only_http(app)).send(LAST % b"/")
    assert [record.exc_info[0].__name__ for record in caplog.records if record.exc_info and record.exc_info[0]] == [
        "HeaderSyntaxError"
    ] * 2


def test_asgi_pathsend_sends_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"f" * 300_000)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"a/b")]})
        await send({"type": "http.response.pathsend", "path": str(tmp_path / "file")})

    raw = start(only_http(app)).send(LAST % b"/")
    assert b"content-length: 300000\r\n" in raw
    assert raw.endswith(b"\r\n\r\n" + b"f" * 300_000)


def test_an_application_learns_that_the_server_stops_and_may_end_its_streams(start: Start) -> None:
    class App:
        def __init__(self) -> None:
            self.event = asyncio.Event()

        def stopping(self) -> None:
            self.event.set()

        async def __call__(self, request: Request) -> Response:
            async def pieces() -> Any:
                yield b"first"
                await self.event.wait()
                yield b"last"

            return Response.stream(pieces())

    server = start(App())
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        raw = b""
        while b"first" not in raw:
            raw += client.recv(1000)
        assert server.stop(5)
        while more := client.recv(1000):
            raw += more
        assert raw.endswith(b"4\r\nlast\r\n0\r\n\r\n")


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_an_asgi_application_that_has_begun_to_answer_may_take_its_time(
    start: Start, http2: Connect, version: str
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(4):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.4)
        await send({"type": "http.response.body"})

    server = start(only_http(app), handler_timeout=0.3)
    if version == "2":
        client = http2(server)
        client.request(1)
        assert client.response(1)[1] == b"xxxx"
    else:
        assert server.send(LAST % b"/").endswith(b"x\r\n0\r\n\r\n")
