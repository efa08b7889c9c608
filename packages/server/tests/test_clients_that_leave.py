"""Clients that leave or take nothing, and bodies that break off."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from partita.http import ClientDisconnected, Request, Response

Start = Callable[..., Any]
HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_a_client_that_leaves_cancels_its_request(start: Start) -> None:
    ended: list[str] = []

    async def app(request: Request) -> Response:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return Response.text("never")

    with start(app).connect() as client:
        client.sendall(HELLO)
        time.sleep(0.1)
    deadline = time.monotonic() + 3
    while not ended and time.monotonic() < deadline:
        time.sleep(0.01)
    assert ended == ["cancelled"]


def test_a_client_that_leaves_in_its_body_is_an_error_for_the_reader(quick: Start) -> None:
    seen: list[type[BaseException]] = []

    async def app(request: Request) -> Response:
        try:
            await request.aread()
        except BaseException as error:
            seen.append(type(error))
            raise
        raise AssertionError

    with quick(app).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        time.sleep(0.1)
    deadline = time.monotonic() + 3
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen[0] in {ClientDisconnected, asyncio.CancelledError}


def test_a_stream_is_closed_when_its_client_leaves(start: Start) -> None:
    closed = threading.Event()

    async def app(request: Request) -> Response:
        async def forever() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 1000
                    await asyncio.sleep(0.001)
            finally:
                closed.set()

        return Response.stream(forever())

    with start(app).connect() as client:
        client.sendall(HELLO)
        client.recv(1000)
    assert closed.wait(3)


def test_a_slow_reader_holds_the_stream_back(start: Start) -> None:
    produced = 0

    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            nonlocal produced
            for _ in range(2000):
                produced += 1
                yield b"x" * 100_000

        return Response.stream(pieces())

    with start(app).connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        client.sendall(HELLO)
        time.sleep(0.5)
        assert produced < 200


def test_a_reader_that_takes_nothing_is_cut_off(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response(b"x" * 50_000_000)

    server = start(app, write_timeout=0.3)
    with server.connect(10) as client:
        client.sendall(HELLO)
        time.sleep(2)
        received = 0
        try:
            while data := client.recv(1_000_000):
                received += len(data)
        except ConnectionResetError:
            pass
        assert received < 50_000_000


def test_an_error_within_a_stream_breaks_the_connection_so_that_nobody_takes_it_for_complete(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            await asyncio.sleep(0.02)
            raise OSError("the disk is gone")

        return Response.stream(pieces())

    raw = start(app).send(HELLO + HELLO)
    assert raw.count(b"HTTP/1.1") == 1
    assert not raw.endswith(b"0\r\n\r\n")
    assert "the disk is gone" in caplog.text
