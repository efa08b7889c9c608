"""Answers to requests that were sent ahead: in their order, in as few writes as may be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from partita.http import Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.shared import Shared

Start = Callable[..., Any]
HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Recorder(asyncio.Transport):
    """A transport that keeps each write apart."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.writes.append(b"closed")

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def written(view: object, data: bytes) -> list[bytes]:
    """Return what a connection writes, one by one, when ``data`` comes in one piece."""

    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        shared = Shared(native(view), Options(), loop, wants_outgoing=False)  # type: ignore[arg-type]
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        done = loop.create_future()

        def receive() -> None:
            connection.data_received(data)
            done.set_result(None)

        loop.call_soon(receive)
        await done
        for _ in range(20):
            await asyncio.sleep(0)
        return [write for write in transport.writes if write]

    return asyncio.run(main())


def test_requests_that_were_sent_ahead_together_are_answered_in_one_write() -> None:
    async def app(request: Request) -> Response:
        return Response.text(request.path)

    pieces = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(10)]
    (answers,) = written(app, b"".join(pieces))
    assert [answers.find(b"\r\n\r\n/%d" % number) > 0 for number in range(10)] == [True] * 10
    assert answers.index(b"/3") < answers.index(b"/4")


def test_an_answer_does_not_wait_for_one_behind_it_that_takes_its_time() -> None:
    async def app(request: Request) -> Response:
        if request.path == "/slow":
            await asyncio.sleep(0)
        return Response.text(request.path)

    first, second = written(
        app, b"".join([b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % name for name in (b"a", b"b", b"slow", b"c")])
    )
    assert first.endswith(b"/b")
    assert second.endswith(b"/c")
    assert b"/slow" in second


def test_large_answers_and_streams_keep_their_place() -> None:
    async def app(request: Request) -> Response:
        if request.path == "/big":
            return Response(b"B" * 70_000)
        if request.path == "/stream":
            return Response.stream(_one(b"S"))
        return Response.text(request.path)

    names = (b"a", b"big", b"b", b"stream", b"c", b"big", b"d")
    raw = b"".join(written(app, b"".join([b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % name for name in names])))
    places = [raw.index(mark) for mark in (b"/a", b"BBBB", b"/b", b"\r\nS\r\n", b"/c", b"/d")]
    assert places == sorted(places)
    assert raw.count(b"B" * 70_000) == 2


async def _one(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk


def test_the_last_answer_takes_those_before_it_along_when_the_connection_closes() -> None:
    async def app(request: Request) -> Response:
        return Response.text(request.path)

    closing = b"GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers, closed = written(app, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + closing)
    assert answers.index(b"/a") < answers.index(b"/z")
    assert closed == b"closed"
