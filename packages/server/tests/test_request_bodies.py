"""Bodies of requests: asked for, bounded, read in every way."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from partita import bridge
from partita.http import ContentTooLarge, Limits, Request, Response

Start = Callable[..., Any]
HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def echo(request: Request) -> Response:
    body = await request.aread()
    return Response.text(f"{request.method} {request.path} {body.decode()}")


def bodies(raw: bytes) -> list[bytes]:
    """Take responses with a length apart, and check that nothing else is there."""
    found = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 ")
        size = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
        found.append(raw[:size])
        raw = raw[size:]
    return found


def test_expect_100_continue_is_answered_when_the_body_is_wanted(start: Start) -> None:
    with start(echo).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert bodies(client.recv(1000)) == [b"POST / hi"]


@pytest.mark.parametrize("asgi", [False, True])
def test_no_100_continue_stands_within_an_answer_that_has_begun(start: Start, asgi: bool) -> None:
    """RFC 9110, section 10.1.1: an answer that is made of the body while that comes in has its head before."""

    async def native(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            async for piece in request.body:
                yield piece

        return Response.stream(pieces())

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        body = (await receive())["body"]
        await send({"type": "http.response.body", "body": body, "more_body": False})

    with start(foreign if asgi else native, asgi=asgi).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(1000)
        client.sendall(b"hi")
        while more := client.recv(1000):
            received += more
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b"2\r\nhi\r\n0\r\n\r\n"


def test_a_body_that_nobody_wants_is_never_asked_for(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("no", 403)

    with start(app).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        received = b""
        while more := client.recv(1000):
            received += more
    assert received.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close" in received


def test_an_early_answer_arrives_although_the_client_still_sends(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("enough", 413)

    with start(app).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
        for _ in range(20):
            client.sendall(b"x" * 50_000)
            time.sleep(0.001)
        received = b""
        while more := client.recv(1000):
            received += more
    assert received.endswith(b"enough")


def test_a_body_beyond_the_limit_is_refused_before_it_comes(start: Start) -> None:
    server = start(echo, limits=Limits(max_body=10, max_upload=100))
    raw = server.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 413 ")
    raw = server.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 413 ")
    chunks = b"5\r\nabcde\r\n" * 30
    raw = server.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert raw.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_upload_is_counted_as_it_comes(quick: Start) -> None:
    seen: list[BaseException] = []

    async def app(request: Request) -> Response:
        try:
            async for _ in request.stream():
                pass
        except Exception as error:
            seen.append(error)
            raise
        return Response.text("ok")

    server = quick(app, limits=Limits(max_body=10, max_upload=1000))
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        received = b""
        client.settimeout(0.02)
        for _ in range(100):
            try:
                client.sendall(b"14\r\n" + b"x" * 20 + b"\r\n")
                received += client.recv(1000)
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert received.startswith(b"HTTP/1.1 413 ")
    assert getattr(seen[0], "status", None) == 413


def test_a_large_upload_is_read_with_little_memory(start: Start) -> None:
    biggest = 0

    async def app(request: Request) -> Response:
        nonlocal biggest
        size = 0
        async for chunk in request.stream():
            biggest = max(biggest, len(chunk))
            size += len(chunk)
            await asyncio.sleep(0.0005)
        return Response.text(str(size))

    with start(app).connect(30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n")
        for _ in range(20):
            client.sendall(bytes(1_000_000))
        assert bodies(client.recv(1000)) == [b"20000000"]
    assert biggest < 600_000


def test_sync_code_reads_the_body_through_the_bridge_and_from_threads(start: Start) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/thread":
            return Response(await asyncio.to_thread(request.read))
        return Response(await bridge.run(request.read))

    server = start(app)
    for path in (b"/thread", b"/bridge"):
        with server.connect() as client:
            client.sendall(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n" % path)
            time.sleep(0.05)
            client.sendall(b"ab")
            time.sleep(0.02)
            client.sendall(b"cd")
            assert bodies(client.recv(1000)) == [b"abcd"]


def test_cve_2026_33034_a_request_larger_than_the_limit_for_bodies_is_refused_by_its_reader(quick: Start) -> None:
    async def app(request: Request) -> Response:
        try:
            await request.aread()
        except ContentTooLarge:
            return Response.text("too large", 413)
        raise AssertionError

    server = quick(app, limits=Limits(max_body=5))
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert server.send(head + b"6\r\nabcdef\r\n0\r\n\r\n").startswith(b"HTTP/1.1 413 ")
