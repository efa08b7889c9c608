"""HTTP/2 with clients as people use them, and what both sides may do to each other."""

import asyncio
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from partita.http import ClientDisconnected, Request, Response
from partita.server import Server
from partita.server.http2 import codes
from partita.server.http2.frames import DATA, END_STREAM, GOAWAY, HEADERS, RST_STREAM, WINDOW_UPDATE
from partita.server.tls import tls_context

Start = Callable[..., Any]
Connect = Callable[..., Any]
Message = MutableMapping[str, Any]


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"platform: {name} is not installed")
    return found


async def app(request: Request) -> Response:
    if request.path == "/wait":
        await asyncio.sleep(0.3)
    if request.path == "/stream":

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"x" * 10_000

        return Response.stream(pieces())
    if request.path == "/fail":
        raise ZeroDivisionError("secret")
    return Response.json([request.method, request.http_version, request.scheme, len(await request.aread())])


def test_httpx_over_tls_agrees_on_http2_and_many_requests_share_one_connection(certificate: Path) -> None:
    async def main() -> None:
        server = Server(app, ssl=tls_context(certificate))
        await server.start("127.0.0.1", 0)
        url = f"https://127.0.0.1:{server.addresses[0][1]}"
        trusting = ssl.create_default_context(cafile=certificate)
        async with httpx.AsyncClient(http2=True, verify=trusting) as client:
            assert (await client.post(f"{url}/", content=b"x" * 200_000)).json() == ["POST", "2", "https", 200_000]
            begun = time.monotonic()
            answers = await asyncio.gather(*[client.get(f"{url}/wait") for _ in range(50)])
            assert {answer.http_version for answer in answers} == {"HTTP/2"}
            assert time.monotonic() - begun < 50 * 0.3 / 2  # they ran beside each other
            assert len((await client.get(f"{url}/stream")).content) == 500_000
            assert (await client.get(f"{url}/fail")).status_code == 500
        async with httpx.AsyncClient(http2=False, verify=trusting) as client:
            assert (await client.get(f"{url}/")).json() == ["GET", "1.1", "https", 0]
        assert await server.stop()

    asyncio.run(main())


def test_curl_with_prior_knowledge(start: Start) -> None:
    url = f"http://127.0.0.1:{start(app).port}/"
    command = [tool("curl"), "-sS", "--max-time", "20", "--http2-prior-knowledge"]
    raw = subprocess.run([*command, "-d", "x" * 100_000, url], capture_output=True, check=True, timeout=30).stdout
    assert json.loads(raw) == ["POST", "2", "http", 100_000]
    raw = subprocess.run([*command, url + "stream"], capture_output=True, check=True, timeout=30).stdout
    assert len(raw) == 500_000


def test_curl_that_offers_an_upgrade_is_answered_in_http_1(start: Start) -> None:
    url = f"http://127.0.0.1:{start(app).port}/"
    command = [tool("curl"), "-sS", "--max-time", "20", "--http2", url]
    raw = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    assert json.loads(raw)[1] == "1.1"


def test_nghttp_and_h2load_find_nothing_wrong(start: Start) -> None:
    url = f"http://127.0.0.1:{start(app).port}/"
    found = subprocess.run([tool("nghttp"), "-nv", "--no-dep", url, url + "stream"], capture_output=True, timeout=30)
    assert found.stdout.count(b"; Stream closed") + found.stdout.count(b"END_STREAM") >= 2
    assert b"error" not in found.stdout.lower().replace(b"error_code=no_error", b"")
    load = subprocess.run([tool("h2load"), "-n500", "-c5", "-m20", url], capture_output=True, text=True, timeout=60)
    assert "500 succeeded, 0 failed, 0 errored" in load.stdout


def test_an_asgi_application_is_served_as_well(start: Start, http2: Connect) -> None:
    async def asgi(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Any]) -> None:
        if scope["type"] != "http":
            raise RuntimeError("only http is known here")
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-version", b"2")]})
        await send({"type": "http.response.body", "body": scope["http_version"].encode(), "more_body": True})
        await send({"type": "http.response.body", "body": body})

    client = http2(start(asgi))
    client.request(1, method="POST", end=False)
    client.send(DATA, END_STREAM, 1, b"hi")
    head, body = client.response(1)
    assert (head[":status"], head["x-version"], body) == ("201", "2", b"2hi")


def test_a_browser_opens_its_websocket_on_the_connection_of_the_page(certificate: Path, tmp_path: Path) -> None:
    page = b"""<script>
        const socket = new WebSocket("wss://" + location.host + "/ws")
        socket.onopen = () => socket.send("hello ".repeat(100))
        socket.onmessage = ({data}) => socket.close(4001, data.length + " over " + data.slice(0, 1))
    </script>"""

    async def main() -> tuple[int, str]:
        closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

        async def asgi(scope: Message, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
            if scope["type"] == "http":
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
                await send({"type": "http.response.body", "body": page})
                return
            assert scope["type"] == "websocket"
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": scope["http_version"] + message["text"]})
            closed.set_result((message["code"], message["reason"]))

        server = Server(asgi, ssl=tls_context(certificate))
        await server.start("127.0.0.1", 0)
        flags = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--ignore-certificate-errors",
            f"--user-data-dir={tmp_path}",
        )
        address = f"https://127.0.0.1:{server.addresses[0][1]}/"
        browser = await asyncio.create_subprocess_exec(
            tool("chromium"), *flags, address, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return await asyncio.wait_for(closed, 60)
        finally:
            browser.terminate()
            await browser.wait()
            await server.stop(1)

    assert asyncio.run(main()) == (4001, "601 over 2")


def test_a_stream_that_fails_is_reset_so_that_nobody_takes_it_for_complete(start: Start, http2: Connect) -> None:
    async def broken(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            raise OSError("the disk is gone")

        return Response.stream(pieces())

    client = http2(start(broken))
    client.request(1)
    found = [(kind, payload) for kind, _, stream, payload in client.frames(0.5) if stream == 1 and kind != HEADERS]
    assert found == [(DATA, b"one"), (RST_STREAM, codes.INTERNAL_ERROR.to_bytes(4, "big"))]
    assert client.is_alive()


@pytest.mark.parametrize("leave", [False, True])
def test_a_client_that_resets_or_leaves_cancels_its_request(start: Start, http2: Connect, leave: bool) -> None:
    ended = threading.Event()

    async def slow(request: Request) -> Response:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            ended.set()
            raise
        return Response.text("never")

    client = http2(start(slow))
    client.request(1)
    assert client.is_alive()
    if leave:
        client.sock.close()
    else:
        client.send(RST_STREAM, 0, 1, codes.CANCEL.to_bytes(4, "big"))
    assert ended.wait(5)


def test_a_client_that_leaves_in_its_body_is_an_error_for_the_reader(start: Start, http2: Connect) -> None:
    seen: list[type[BaseException]] = []
    done = threading.Event()

    async def reads(request: Request) -> Response:
        try:
            await request.aread()
        except BaseException as error:
            seen.append(type(error))
            done.set()
            raise
        raise AssertionError

    client = http2(start(reads))
    client.request(1, method="POST", end=False)
    client.send(DATA, 0, 1, b"half")
    assert client.is_alive()
    client.sock.close()
    assert done.wait(5)
    assert seen[0] in {ClientDisconnected, asyncio.CancelledError}


def test_a_slow_reader_holds_the_stream_back_and_is_reset_in_the_end(start: Start, http2: Connect) -> None:
    produced = 0

    async def endless(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            nonlocal produced
            while True:
                produced += 1
                yield b"x" * 10_000

        return Response.stream(pieces())

    client = http2(start(endless, write_timeout=0.6))
    client.request(1)
    assert client.error(1) == ("stream", codes.CANCEL)
    assert produced < 20
    assert client.is_alive()


def test_a_body_that_stops_is_answered_408(start: Start, http2: Connect) -> None:
    client = http2(start(app, body_timeout=0.5))
    client.request(1, method="POST", end=False)
    client.send(DATA, 0, 1, b"half")
    for kind, _, _, payload in client.frames():
        if kind == HEADERS:
            assert client.decode(payload)[":status"] == "408"
            break
    else:
        raise AssertionError("no response")


@pytest.mark.parametrize("begun", [b"", b"\0\0\x05\x01\x04\0\0"])
def test_a_connection_that_stops_is_closed(start: Start, http2: Connect, begun: bytes) -> None:
    client = http2(start(app, header_timeout=0.4, idle_timeout=0.4))
    client.raw(begun)
    kind, payload = [(kind, payload) for kind, _, _, payload in client.frames()][-1]
    assert kind == GOAWAY
    assert int.from_bytes(payload[4:8], "big") == (codes.ENHANCE_YOUR_CALM if begun else codes.NO_ERROR)


def test_stopping_lets_running_streams_finish_and_refuses_new_ones(start: Start, http2: Connect) -> None:
    server = start(app)
    client = http2(server)
    client.request(1, path="/wait")
    assert client.is_alive()
    stopped = threading.Thread(target=lambda: server.stop(5))
    stopped.start()
    going = False
    for kind, _, stream, payload in client.frames():
        if kind == GOAWAY:
            assert (int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")) == (1, codes.NO_ERROR)
            client.request(3)
            going = True
        elif kind == RST_STREAM:
            assert (stream, int.from_bytes(payload, "big")) == (3, codes.REFUSED_STREAM)
        elif kind == DATA and stream == 1:
            assert going
            assert payload == b'["GET","2","http",0]'
            break
    else:
        raise AssertionError("no response")
    stopped.join(10)
    assert not stopped.is_alive()


def test_streams_take_turns(start: Start, http2: Connect) -> None:
    client = http2(start(app))
    client.send(WINDOW_UPDATE, 0, 0, (10_000_000).to_bytes(4, "big"))
    client.send(4, 0, 0, b"\0\x04" + (1_000_000).to_bytes(4, "big"))
    client.request(1, path="/stream")
    client.request(3, path="/stream")
    order = [stream for kind, flags, stream, _ in client.frames(0.5) if kind == DATA and not flags & END_STREAM]
    assert 3 in order[: len(order) * 3 // 4]


def test_each_request_is_logged(quick: Start, http2: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "partita.server.access")
    client = http2(quick(app, access_log=True))
    client.request(1, ("user-agent", "me"), path="/logged?secret")
    client.response(1)
    assert client.is_alive()
    assert '127.0.0.1 "GET /logged" 200 20' in caplog.text
    assert "secret" not in caplog.text
