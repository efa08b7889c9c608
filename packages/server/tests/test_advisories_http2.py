"""Flaws of other HTTP/2 servers by their number: floods are told by what they make the server do, and not by time."""

import asyncio
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server.http2 import codes
from partita.server.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PING,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    settings_payload,
)

Start = Callable[..., Any]
Connect = Callable[..., Any]
Make = Callable[[int], bytes]

BLOCK = b"\x82\x86\x84\x41\x01a"  # GET http / with the authority "a"
MOST = 100_000
"""Frames of which a server that counts takes a small part."""
GOOD = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]


class Counting:
    """An application that counts what it begins, what runs at once, and how much of it ended."""

    def __init__(self) -> None:
        self.begun = self.running = self.most = 0

    async def __call__(self, request: Request) -> Response:
        self.begun += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.05)
        finally:
            self.running -= 1
        return Response.text("x" * 100)


def stream_of(number: int) -> int:
    return 2 * number + 1


def open_stream(number: int, flags: int = END_STREAM) -> bytes:
    return frame(HEADERS, END_HEADERS | flags, stream_of(number), BLOCK)


def is_over(client: Any) -> bool:
    """Tell whether the server has ended the connection because of a flood."""
    try:
        return bool(client.error(-1) == ("connection", codes.ENHANCE_YOUR_CALM))
    except AssertionError:  # a reset has thrown away what was said before it
        pass
    try:
        return not client.is_alive()
    except ConnectionError:
        return True


def flood(quick: Start, http2: Connect, make: Make) -> Counting:
    """Send frames until the server ends the connection, which it must; return what the application did."""
    app = Counting()
    server = quick(app)
    client = http2(server)
    client.sock.settimeout(5)
    tracemalloc.start()
    try:
        for at in range(0, MOST, 100):
            client.raw(b"".join([make(at + each) for each in range(100)]))
    except (ConnectionError, TimeoutError):
        pass  # ended before all was sent
    try:
        assert is_over(client)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 32_000_000
    served = app.begun
    other = http2(server)
    other.request(1)
    assert other.response(1)[0][":status"] == "200"  # nobody else notices
    assert app.begun == served + 1
    app.begun = served
    return app


def test_cve_2023_44487_resets_end_the_connection_before_much_work_is_begun(quick: Start, http2: Connect) -> None:
    reset = struct.pack("!L", codes.CANCEL)
    app = flood(quick, http2, lambda at: open_stream(at) + frame(RST_STREAM, 0, stream_of(at), reset))
    assert app.begun < 5000
    assert app.most <= 200  # those that were reset end at the next turn of the loop


PROVOKED: dict[str, Make] = {
    "a window of nothing": lambda at: open_stream(at) + frame(WINDOW_UPDATE, 0, stream_of(at), bytes(4)),
    "a window too large": lambda at: open_stream(at) + frame(WINDOW_UPDATE, 0, stream_of(at), b"\x7f\xff\xff\xff"),
    "data after the end": lambda at: open_stream(at) + frame(DATA, 0, stream_of(at), b"x"),
    "headers after the end": lambda at: open_stream(at) + frame(HEADERS, END_HEADERS, stream_of(at), BLOCK),
    "a priority of four bytes": lambda at: open_stream(at) + frame(PRIORITY, 0, stream_of(at), bytes(4)),
    "a body longer than announced": lambda at: (
        frame(HEADERS, END_HEADERS, stream_of(at), b"\x83\x86\x84\x41\x01a\x0f\x0d\x011")
        + frame(DATA, END_STREAM, stream_of(at), b"xx")
    ),
}


@pytest.mark.parametrize("name", PROVOKED)
def test_cve_2025_8671_resets_that_the_server_is_made_to_send_count_as_well(
    quick: Start, http2: Connect, name: str
) -> None:
    app = flood(quick, http2, PROVOKED[name])
    assert app.begun < 5000
    assert app.most <= 200  # those that were reset end at the next turn of the loop


@pytest.mark.parametrize("block", [b"", b"\x00\x01x\x01y" * 200, b"\x00"])
def test_cve_2024_27316_a_head_that_never_ends_ends_the_connection(quick: Start, http2: Connect, block: bytes) -> None:
    def make(at: int) -> bytes:
        return (b"" if at else frame(HEADERS, 0, 1, BLOCK)) + frame(CONTINUATION, 0, 1, block)

    app = flood(quick, http2, make)
    assert app.begun == 0


FLOODS: dict[str, Make] = {
    "cve_2019_9512": lambda at: frame(PING, 0, 0, b"12345678"),
    "cve_2019_9513": lambda at: frame(PRIORITY, 0, 1, bytes(5)),
    "cve_2019_9515": lambda at: frame(SETTINGS, 0, 0, settings_payload({4: 65_535})),
    "cve_2019_9518": lambda at: (b"" if at else open_stream(0, 0)) + frame(DATA, 0, 1),
}


@pytest.mark.parametrize("name", FLOODS)
def test_cve_2019_9512_9513_9515_9518_frames_that_bring_nothing_end_the_connection(
    quick: Start, http2: Connect, name: str
) -> None:
    app = flood(quick, http2, FLOODS[name])
    assert app.begun <= 1


def test_cve_2019_9514_streams_that_are_malformed_end_the_connection(quick: Start, http2: Connect) -> None:
    app = flood(quick, http2, lambda at: frame(HEADERS, END_HEADERS | END_STREAM, stream_of(at), b"\x82"))
    assert app.begun == 0


def test_cve_2019_9516_fields_without_a_name_are_refused(quick: Start, http2: Connect) -> None:
    app = Counting()
    client = http2(quick(app))
    client.headers(1, *GOOD, *[("", "")] * 50)
    assert client.error(1) == ("stream", codes.PROTOCOL_ERROR)
    assert app.begun == 0
    flooded = flood(
        quick, http2, lambda at: frame(HEADERS, END_HEADERS | END_STREAM, stream_of(at), BLOCK + b"\x00\x00\x00" * 50)
    )
    assert flooded.begun == 0


@pytest.mark.parametrize("odd", ["\r\n", "\n", "\r", "\0", "\r\nX: y\r\n\r\nGET /hidden HTTP/1.1\r\n"])
@pytest.mark.parametrize("where", [":method", ":path", ":authority", ":scheme", "name", "value", "cookie", "trailer"])
def test_cve_2025_57804_nothing_that_would_end_a_line_in_http1_gets_in(
    quick: Start, http2: Connect, where: str, odd: str
) -> None:
    app = Counting()
    client = http2(quick(app))
    fields = [(name, f"{value}{odd}" if name == where else value) for name, value in GOOD]
    if where == "name":
        fields.append((f"x{odd}y", "z"))
    elif where in {"value", "cookie"}:
        fields.append(("x" if where == "value" else "cookie", f"a{odd}b"))
    if where == "trailer":
        client.headers(1, *GOOD, end=False)
        client.headers(1, ("x", f"a{odd}b"))
    else:
        client.headers(1, *fields)
    assert client.error(1) == ("stream", codes.PROTOCOL_ERROR)
    assert app.begun == (where == "trailer")


@pytest.mark.parametrize(
    "fields",
    [
        [*GOOD, ("host", "b")],
        [*GOOD, ("host", "a"), ("host", "b")],
        [*GOOD[:3], ("host", "a"), ("host", "a")],
        [*GOOD, ("content-length", "1"), ("content-length", "2")],
        [*GOOD, ("content-length", "1, 1")],
        [*GOOD, ("content-length", "+1")],
        [*GOOD, ("content-length", "\u0661".encode().decode("latin-1"))],
        [*GOOD, ("content-length", "1_0")],
        [*GOOD, ("content-length", "")],
        [(":method", "CONNECT"), (":scheme", "http"), (":authority", "a:80")],
        [(":method", "CONNECT"), (":path", "/"), (":authority", "a:80")],
        [(":method", "CONNECT"), (":scheme", "http"), (":path", "/")],
        [*GOOD, (":protocol", "websocket")],
        [*GOOD, (":authority", "a")],
        [*GOOD, (":status", "200")],
    ],
)
def test_h2_4_4_lengths_hosts_and_pseudo_headers_are_right_or_refused(
    quick: Start, http2: Connect, fields: list[tuple[str, str]]
) -> None:
    app = Counting()
    client = http2(quick(app))
    client.headers(1, *[(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields])
    assert client.error(1) == ("stream", codes.PROTOCOL_ERROR)
    assert app.begun == 0
    client.request(3)
    assert client.response(3)[0][":status"] == "200"
