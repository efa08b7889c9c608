"""The short way: whatever comes together, however it is cut, is answered as if each request came alone."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.http import Forbidden, Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.receiving import TURNS
from partita.server.shared import Shared

HOST = b" HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
_ANSWER = re.compile(rb"HTTP/1\.1 (\d+)[^\r]*\r\n(?:[^\r]+\r\n)*?content-length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n")


class Recorder(asyncio.Transport):
    """A transport that keeps what is written; above a number of bytes it asks to wait."""

    def __init__(self, most: int = 1 << 30) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.waiting: Connection | None = None
        self.most = most

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))
        if self.waiting is not None and sum(map(len, self.writes)) > self.most:
            self.waiting.pause_writing()

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self.writes.append(b"closed")

    def get_write_buffer_size(self) -> int:
        return 0


async def letters() -> AsyncIterator[bytes]:
    for letter in (b"a", b"b"):
        await asyncio.sleep(0)
        yield letter


async def echo(request: Request) -> Response:
    """Answer with the request itself; some paths in a way of their own."""
    body = (await request.aread()).decode()  # whoever answers without it ends the connection
    if request.path.startswith("/wait"):
        await asyncio.sleep(0)
    if request.path.startswith("/error"):
        raise Forbidden("no")
    if request.path.startswith("/break"):
        raise LookupError("broken")
    if request.path.startswith("/stream"):
        return Response.stream(letters(), headers={"content-length": "2"})
    if request.path.startswith("/large"):
        return Response.text("x" * 70_000)
    query = request.query_string.decode()
    return Response.text(f"{request.method} {request.path} {query} {body}")


def exchange(
    pieces: Iterable[bytes], handler: Callable[..., object] = echo, count: int = 0, **options: Any
) -> list[bytes]:
    """Return what a connection writes when ``pieces`` come one after the other, once it has written ``count`` answers."""

    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        shared = Shared(native(handler), Options(**options), loop, wants_outgoing=False, handler=handler)  # type: ignore[arg-type]
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        for piece in pieces:
            loop.call_soon(connection.data_received, piece)  # outside of any task, as the loop calls it
            for _ in range(8):
                await asyncio.sleep(0)
        for _ in range(5000):
            if b"".join(transport.writes).count(b"HTTP/1.1 ") >= count:
                break
            await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)  # the rest of a body, and anything that is too much
        return transport.writes

    return asyncio.run(main())


def answers(written: bytes) -> list[tuple[int, bytes]]:
    """Take answers apart."""
    found, at = [], 0
    while at < len(written) and (head := _ANSWER.match(written, at)) is not None:
        end = head.end() + int(head[2])
        found.append((int(head[1]), written[head.end() : end]))
        at = end
    assert written[at:] in {b"", b"closed"}
    return found


paths = st.sampled_from(
    [b"/a", b"/a?b=1", b"/%C3%BC", b"/wait", b"/error", b"/break", b"/stream", b"/large", b"//x?y?z"]
)
plain = st.builds(lambda method, path: method + b" " + path + HOST, st.sampled_from([b"GET", b"DELETE"]), paths)
posts = st.builds(lambda path, body: b"POST " + path + BODY + body, paths, st.sampled_from([b"abc", b"GET", b"\r\n\r"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(plain, posts), min_size=1, max_size=12), st.lists(st.integers(1, 400), max_size=10))
def test_requests_that_come_together_are_answered_as_those_that_come_alone(
    requests: list[bytes], cuts: list[int]
) -> None:
    alone = [answers(b"".join(exchange([request])))[0] for request in requests]
    data, pieces = b"".join(requests), []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    assert answers(b"".join(exchange([*filter(None, pieces), data], count=len(requests)))) == alone


@pytest.mark.parametrize("size", [0, 1, 9, 10, 2047, 2048, 65_536, 65_537])
def test_answers_of_any_size_say_how_long_they_are(size: int) -> None:
    async def handler(request: Request) -> Response:
        return Response.text("x" * size)

    for requests in ([b"GET /" + HOST] * 4, [b"GET /%d" % number + HOST for number in range(4)]):
        assert answers(b"".join(exchange(requests, handler))) == [(200, b"x" * size)] * 4


def test_what_looks_the_same_but_for_the_status_is_told_apart() -> None:
    async def handler(request: Request) -> Response:
        return Response.text("", int(request.path[1:]))

    statuses = [200, 200, 404, 404, 200, 204, 404, 304, 304, 200]
    written = b"".join(exchange([b"GET /%d" % status + HOST for status in statuses], handler))
    assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", written)] == statuses
    assert written.count(b"content-length: 0") == len([status for status in statuses if status not in {204, 304}])


def test_answers_to_what_comes_together_leave_in_one_write() -> None:
    first, rest = exchange([b"GET /0" + HOST, b"".join([b"GET /%d" % number + HOST for number in range(1, 30)])])
    assert len(answers(first)) == 1
    assert [body for _, body in answers(rest)] == [b"GET /%d  " % number for number in range(1, 30)]


_OTHER = b" HTTP/1.1\r\nHost: a\r\nX-Other: %d\r\n\r\n"


@pytest.mark.parametrize("fields", [lambda number: HOST, lambda number: _OTHER % number], ids=["quick", "long"])
def test_one_connection_does_not_take_the_loop_for_longer_than_a_turn(fields: Callable[[int], bytes]) -> None:
    async def main() -> tuple[list[int], bytes]:
        loop = asyncio.get_running_loop()
        answered, at_turns = 0, [0]

        async def handler(request: Request) -> Response:
            nonlocal answered
            answered += 1
            return Response.text(request.path)

        def others() -> None:  # whoever else is on this loop
            at_turns.append(answered)
            if answered < 300:
                loop.call_soon(others)

        shared = Shared(native(handler), Options(), loop, wants_outgoing=False, handler=handler)
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        loop.call_soon(connection.data_received, b"GET /first" + HOST)
        loop.call_soon(connection.data_received, b"".join([b"GET /%d" % at + fields(at) for at in range(299)]))
        loop.call_soon(others)
        for _ in range(100):
            await asyncio.sleep(0)
        return at_turns, b"".join(transport.writes)

    at_turns, written = asyncio.run(main())
    assert max(after - before for before, after in pairwise(at_turns)) <= TURNS + 1
    assert [body for _, body in answers(written)] == [b"/first", *[b"/%d" % at for at in range(299)]]


def test_what_waits_for_its_turn_is_not_overtaken() -> None:
    many = b"".join([b"GET /%d" % at + HOST for at in range(100)])
    last = b"POST /last" + BODY + b"abc"

    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        shared = Shared(native(echo), Options(), loop, wants_outgoing=False, handler=echo)
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        for piece in (b"GET /" + HOST, many[:2500], many[2500:] + last[:20], last[20:]):
            loop.call_soon(connection.data_received, piece)  # all of them before the turn comes again
        for _ in range(100):
            await asyncio.sleep(0)
        return b"".join(transport.writes)

    wanted = [b"GET /  ", *[b"GET /%d  " % at for at in range(100)], b"POST /last  abc"]
    assert [body for _, body in answers(asyncio.run(main()))] == wanted


def test_answers_before_one_that_waits_do_not_wait() -> None:
    async def handler(request: Request) -> Response:
        if request.path == "/never":
            await asyncio.Event().wait()
        return Response.text(request.path)

    writes = exchange([b"GET /0" + HOST, b"GET /1" + HOST + b"GET /2" + HOST + b"GET /never" + HOST], handler)
    assert [body for _, body in answers(b"".join(writes))] == [b"/0", b"/1", b"/2"]


def test_a_client_that_does_not_read_gets_no_more_answers() -> None:
    async def main() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        called = 0

        async def handler(request: Request) -> Response:
            nonlocal called
            called += 1
            return Response.text("x" * 10_000)

        shared = Shared(native(handler), Options(), loop, wants_outgoing=False, handler=handler)
        transport, connection = Recorder(most=100_000), Connection(shared)
        transport.waiting = connection
        connection.connection_made(transport)
        loop.call_soon(connection.data_received, b"GET /" + HOST)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        loop.call_soon(connection.data_received, (b"GET /" + HOST) * 100)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        paused = called
        transport.waiting = None
        loop.call_soon(connection.resume_writing)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return paused, called

    paused, called = asyncio.run(main())
    assert paused < 25
    assert called > paused


@pytest.mark.parametrize("fields", [b"X-Other: b\r\n", b"Cookie: a=1\r\n"])
def test_other_fields_are_read_anew(fields: bytes) -> None:
    async def handler(request: Request) -> Response:
        return Response.text(repr(sorted(request.headers)))

    other = b"GET /" + HOST[:-2] + fields + b"\r\n"
    written = exchange([b"GET /" + HOST, b"GET /" + HOST, (b"GET /" + HOST + other) * 2], handler)
    name = fields.partition(b":")[0].lower().decode()
    usual, unusual = (200, b"['host']"), (200, repr(sorted(["host", name])).encode())
    assert answers(b"".join(written)) == [usual, usual, usual, unusual, usual, unusual]


def test_a_head_that_never_ends_does_not_get_more_time_for_each_byte() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        shared = Shared(native(echo), Options(header_timeout=5), loop, wants_outgoing=False, handler=echo)
        clock = 1000.0
        shared.time = lambda: clock
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        loop.call_soon(connection.data_received, b"GET /" + HOST)
        for _ in range(3):
            await asyncio.sleep(0)
        for byte in b"GET / HTTP":
            clock += 1
            loop.call_soon(connection.data_received, bytes([byte]))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            connection.check_deadline(clock)
        return b"".join(transport.writes)

    assert b"HTTP/1.1 408 " in asyncio.run(main())


def test_a_head_in_two_pieces_that_was_answered_leaves_a_quiet_connection() -> None:
    async def main() -> list[bytes]:
        loop = asyncio.get_running_loop()
        options = Options(header_timeout=10.0, idle_timeout=5.0)
        shared = Shared(native(echo), options, loop, wants_outgoing=False, handler=echo)
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        head = b"GET /a" + HOST
        for piece in (head, head, head[:9], head[9:]):
            loop.call_soon(connection.data_received, piece)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        now = loop.time()
        for seconds in (1.0, 7.0, 20.0):
            connection.check_deadline(now + seconds)
        return transport.writes

    *written, last = asyncio.run(main())
    assert last == b"closed"  # and not 408: nothing has begun
    assert [status for status, _ in answers(b"".join(written))] == [200, 200, 200]


def test_behind_a_proxy_the_short_way_says_what_the_long_way_says() -> None:
    async def handler(request: Request) -> Response:
        return Response.text(
            f"{request.client} {request.scheme} {request.root_path} {request.path} {request.raw_path!r}"
        )

    options: Any = {"trusted_proxies": ("0.0.0.0/0", "127.0.0.1"), "root_path": "/shop"}
    ask = b"GET /shop/a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n"
    alone = answers(b"".join(exchange([ask], handler, **options)))
    assert answers(b"".join(exchange([ask, ask * 3], handler, **options))) == alone * 4
