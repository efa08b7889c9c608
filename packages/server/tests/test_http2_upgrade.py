"""From HTTP/1.1 in the clear to HTTP/2 (RFC 7540, section 3.2): only where it is allowed, and nothing is lost on the way."""

import base64
import shutil
import struct
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server.http2 import codes
from partita.server.http2.frames import DATA, GOAWAY, HEADERS, PING, PREFACE, SETTINGS

Start = Callable[..., Any]
Connect = Callable[..., Any]


async def echo(request: Request) -> Response:
    names = ",".join(sorted(name for name, _ in request.headers.items()))
    return Response.text(
        f"{request.http_version} {request.method} {request.full_path} {names} {len(await request.aread())}"
    )


def asking(settings: bytes = b"", *, path: str = "/a", method: str = "GET", more: str = "") -> bytes:
    field = base64.urlsafe_b64encode(settings).rstrip(b"=").decode()
    return (
        f"{method} {path} HTTP/1.1\r\nHost: a\r\nX-A: b\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        f"HTTP2-Settings: {field}\r\n{more}\r\n"
    ).encode()


def head_of(client: Any) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.sock.recv(1)
    return head


def greet(client: Any) -> None:
    client.raw(PREFACE)
    client.send(SETTINGS)


def test_the_request_that_asked_is_answered_on_stream_1_and_others_follow(start: Start, http2: Connect) -> None:
    client = http2(start(echo, http2_upgrade=True), greet=False)
    client.raw(asking())
    assert head_of(client) == b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
    greet(client)
    assert client.response(1)[1] == b"2 GET /a host,x-a 0"
    client.request(3, method="POST", path="/b", end=False)
    client.send(0, 1, 3, b"body")
    assert client.response(3)[1].startswith(b"2 POST /b")


def test_what_comes_right_behind_the_request_belongs_to_http2(start: Start, http2: Connect) -> None:
    client = http2(start(echo, http2_upgrade=True), greet=False)
    client.raw(asking(method="HEAD") + PREFACE)
    client.send(SETTINGS)
    client.request(3, path="/later")
    assert head_of(client).startswith(b"HTTP/1.1 101 ")
    assert client.response(1)[1] == b""
    assert client.response(3)[1].startswith(b"2 GET /later")


def test_requests_before_it_are_answered_before_it(start: Start, http2: Connect) -> None:
    client = http2(start(echo, http2_upgrade=True), greet=False)
    client.raw(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n" + asking())
    head = head_of(client)
    assert head.startswith(b"HTTP/1.1 200 ")
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert client.sock.recv(length).startswith(b"1.1 GET /first")
    assert head_of(client).startswith(b"HTTP/1.1 101 ")
    greet(client)
    assert client.response(1)[1].startswith(b"2 GET /a")


def test_the_settings_that_came_along_count_from_the_first_frame(quick: Start, http2: Connect) -> None:
    async def large(request: Request) -> Response:
        return Response.text("x" * 1000)

    client = http2(quick(large, http2_upgrade=True), greet=False)
    client.raw(asking(struct.pack("!HL", 4, 10)))
    head_of(client)
    greet(client)
    found, begun = b"", False
    for number in range(2):  # it was written before the answer to the first PING, or never
        client.send(PING, 0, 0, b"marker%02d" % number)
        for kind, flags, stream, payload in client.frames():
            begun = begun or (kind, stream) == (HEADERS, 1)
            found += payload if (kind, stream) == (DATA, 1) else b""
            if (kind, flags, payload) == (PING, 1, b"marker%02d" % number):
                break
    assert begun
    assert found == b"x" * 10


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(asking(method="POST", more="Content-Length: 2\r\n") + b"hi", id="a body"),
        pytest.param(asking().replace(b", HTTP2-Settings\r\n", b"\r\n"), id="settings that are not of the connection"),
        pytest.param(asking().replace(b"HTTP2-Settings: \r\n", b""), id="no settings"),
        pytest.param(asking().replace(b"X-A: b", b"HTTP2-Settings: AAMAAABk"), id="settings twice"),
        pytest.param(asking().replace(b"Upgrade: h2c", b"Upgrade: h2"), id="another protocol"),
    ],
)
def test_who_does_not_ask_as_he_should_is_answered_in_http_1(quick: Start, data: bytes) -> None:
    raw = quick(echo, http2_upgrade=True).send(data)
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert b"\r\n\r\n1.1 " in raw


@pytest.mark.parametrize("options", [{}, {"http2_upgrade": True, "http2": False}])
def test_it_must_be_allowed(quick: Start, options: dict[str, Any]) -> None:
    raw = quick(echo, **options).send(asking())
    assert raw.startswith(b"HTTP/1.1 200 ")
    assert b"101" not in raw


@pytest.mark.parametrize("value", [b"%%%", b"AAMAAABkAA", b"A"])
def test_settings_that_cannot_be_read_are_a_bad_request(quick: Start, value: bytes) -> None:
    raw = quick(echo, http2_upgrade=True).send(
        asking().replace(b"HTTP2-Settings: \r\n", b"HTTP2-Settings: " + value + b"\r\n")
    )
    assert raw.startswith(b"HTTP/1.1 400 ")


def test_settings_that_are_not_allowed_end_the_connection(quick: Start, http2: Connect) -> None:
    client = http2(quick(echo, http2_upgrade=True), greet=False)
    client.raw(asking(struct.pack("!HL", 2, 7)))
    head_of(client)
    last = [(kind, payload) for kind, _, _, payload in client.frames(2)][-1]
    assert last[0] == GOAWAY
    assert int.from_bytes(last[1][4:8], "big") == codes.PROTOCOL_ERROR


def test_a_client_that_asks_and_then_says_nothing_is_let_go(quick: Start, http2: Connect) -> None:
    client = http2(quick(echo, http2_upgrade=True, header_timeout=0.3), greet=False)
    client.raw(asking())
    head_of(client)
    kinds = [kind for kind, _, _, _ in client.frames(10)]
    assert HEADERS in kinds  # it has its answer
    assert kinds[-1] == GOAWAY


@pytest.mark.parametrize("command", [["curl", "-sv", "--http2"], ["nghttp", "-vu"]])
def test_real_clients_upgrade(quick: Start, command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"platform: {command[0]} is not installed")
    server = quick(echo, http2_upgrade=True)
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/a"], capture_output=True, text=True, timeout=30, check=True
    )
    assert "101 Switching Protocols" in done.stdout + done.stderr
    assert "2 GET /a" in done.stdout
