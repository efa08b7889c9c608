"""How long a connection lasts, and how many there are."""

import re
import time
from collections.abc import Callable
from typing import Any

from partita.http import Request, Response

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


def test_a_dribbled_head_is_answered_408(start: Start) -> None:
    with start(echo, header_timeout=0.6).connect() as client:
        begun = time.monotonic()
        client.settimeout(0.05)
        received = b""
        for byte in b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1000:
            try:
                client.sendall(bytes([byte]))
                received = client.recv(1000)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if received:
                break
        assert received.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begun < 3


def test_a_dribbled_body_is_answered_408(start: Start) -> None:
    with start(echo, body_timeout=0.6).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        begun = time.monotonic()
        client.settimeout(0.05)
        received = b""
        while time.monotonic() - begun < 4 and not received:
            try:
                client.sendall(b"x")
                received = client.recv(1000)
            except TimeoutError:
                continue
        assert received.startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_closed(start: Start) -> None:
    with start(echo, idle_timeout=0.3).connect() as client:
        client.sendall(HELLO)
        assert b"200 OK" in client.recv(1000)
        begun = time.monotonic()
        assert client.recv(1000) == b""
        assert 0.2 < time.monotonic() - begun < 3


def test_a_connection_that_never_says_anything_is_closed(quick: Start) -> None:
    with quick(echo, header_timeout=0.3).connect() as client:
        assert client.recv(1000) == b""


def test_a_connection_ends_after_its_last_request(quick: Start) -> None:
    assert len(bodies(quick(echo, max_requests=3).send(HELLO * 10))) == 3


def test_more_connections_than_allowed_are_told_so(quick: Start) -> None:
    server = quick(echo, max_connections=1)
    with server.connect() as first:
        first.sendall(HELLO)
        first.recv(1000)
        assert server.send(b"").startswith(b"HTTP/1.1 503 ")
        first.sendall(HELLO)
        assert b"200 OK" in first.recv(1000)
