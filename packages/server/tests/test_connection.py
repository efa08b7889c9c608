import asyncio
import logging
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from partita import bridge
from partita.http import ClientDisconnected, ContentTooLarge, Limits, NotFound, Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.shared import Shared

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


def test_hello_is_one_response_with_length_and_date(start: Start) -> None:
    raw = start(echo).send(LAST)
    assert re.fullmatch(
        rb"HTTP/1\.1 200 OK\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\ncontent-type: text/plain; charset=utf-8"
        rb"\r\ncontent-length: 10\r\nconnection: close\r\n\r\nGET /last ",
        raw,
    )


def test_a_connection_serves_many_requests_one_after_the_other(start: Start) -> None:
    with start(echo).connect() as client:
        for _ in range(3):
            client.sendall(HELLO)
            assert bodies(client.recv(1000)) == [b"GET / "]


def test_pipelined_requests_are_answered_in_order_even_if_the_first_takes_longest(start: Start) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/slow":
            await asyncio.sleep(0.1)
        return await echo(request)

    raw = start(app).send(
        b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
        b"POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n" + LAST
    )
    assert bodies(raw) == [b"GET /slow ", b"POST /b hi", b"POST /c xyz", b"GET /last "]


@pytest.mark.parametrize("wait", [False, True])
def test_hundreds_of_pipelined_requests_are_all_answered(start: Start, wait: bool) -> None:
    async def app(request: Request) -> Response:
        if wait:
            await asyncio.sleep(0)
        return await echo(request)

    assert len(bodies(start(app).send(HELLO * 500 + LAST))) == 501


def test_a_request_may_be_cut_anywhere(quick: Start) -> None:
    data = b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + LAST
    server = quick(echo)
    for cut in range(1, len(data), 3):
        with server.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(data[:cut])
            time.sleep(0.002)
            client.sendall(data[cut:])
            received = b""
            while more := client.recv(65_536):
                received += more
        assert bodies(received) == [b"POST /p abc", b"GET /last "]


def test_head_has_the_length_but_not_the_body(start: Start) -> None:
    raw = start(echo).send(LAST.replace(b"GET", b"HEAD"))
    assert b"content-length: 11\r\n" in raw
    assert raw.endswith(b"\r\n\r\n")


def test_statuses_without_a_body_have_none(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response(b"", int(request.path[1:]))

    server = quick(app)
    for status, length in ((204, False), (304, False), (205, True)):
        raw = server.send(LAST.replace(b"/last", b"/%d" % status))
        assert raw.startswith(b"HTTP/1.1 %d " % status)
        assert (b"content-length" in raw) is length
        assert raw.endswith(b"\r\n\r\n")


def test_http_1_0_closes_unless_asked_not_to(start: Start) -> None:
    server = start(echo)
    assert b"connection: close" in server.send(b"GET / HTTP/1.0\r\n\r\n")
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert b"connection: keep-alive" in client.recv(1000)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b"GET / " in client.recv(1000)


def test_streams_are_chunked_and_the_first_piece_does_not_wait_for_the_last(start: Start) -> None:
    go = threading.Event()

    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[str]:
            yield "one"
            await asyncio.to_thread(go.wait, 5)
            yield ""
            yield "two"

        return Response.stream(pieces())

    with start(app).connect() as client:
        client.sendall(HELLO)
        received = b""
        while b"one" not in received:
            received += client.recv(1000)
        assert b"transfer-encoding: chunked" in received
        assert b"two" not in received
        go.set()
        while not received.endswith(b"0\r\n\r\n"):
            received += client.recv(1000)
        assert received.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_sync_iterator_streams_from_a_thread(start: Start) -> None:
    main_threads = []

    async def app(request: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            for _ in range(3):
                main_threads.append(threading.current_thread())
                yield b"x"

        loop_thread = threading.current_thread()
        main_threads.append(loop_thread)
        return Response.stream(pieces())

    assert start(app).send(LAST).endswith(b"1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n0\r\n\r\n")
    assert main_threads[0] not in main_threads[1:]


def test_a_stream_to_http_1_0_ends_with_the_connection(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.stream(iter(["a", "b"]))

    raw = quick(app).send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert raw.endswith(b"connection: close\r\n\r\nab")
    assert b"chunked" not in raw


def test_an_announced_length_replaces_chunks(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.stream(iter(["ab", "c"]), headers={"Content-Length": "3"})

    raw = quick(app).send(LAST)
    assert b"chunked" not in raw
    assert raw.endswith(b"abc")


@pytest.mark.parametrize("announced", [1, 9])
def test_a_body_that_does_not_fit_its_length_breaks_the_connection(quick: Start, announced: int) -> None:
    async def app(request: Request) -> Response:
        return Response.stream(iter(["ab", "c"]), headers={"Content-Length": str(announced)})

    raw = quick(app).send(HELLO + HELLO)
    assert raw.count(b"HTTP/1.1") <= 1
    assert len(raw.partition(b"\r\n\r\n")[2]) < 9


def test_the_servers_own_fields_are_not_the_applications_to_set(quick: Start) -> None:
    async def app(request: Request) -> Response:
        headers = {
            "Content-Length": "999",
            "Transfer-Encoding": "chunked",
            "Date": "never",
            "Connection": "x",
            "X-A": "update",
        }
        return Response.text("hi", headers=headers)

    raw = quick(app).send(LAST)
    assert raw.count(b"content-length") == raw.count(b"date: ") == raw.count(b"connection") == 1
    assert b"transfer-encoding" not in raw
    assert b"x-a: update\r\n" in raw
    assert bodies(raw) == [b"hi"]


def test_an_application_may_close_the_connection(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("bye", headers={"Connection": "close"})

    assert bodies(quick(app).send(HELLO + HELLO)) == [b"bye"]


def test_files_small_and_large_are_sent_whole(start: Start, tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"s" * 100)
    (tmp_path / "large").write_bytes(b"l" * 3_000_000)

    async def app(request: Request) -> Response:
        return Response.file(tmp_path / request.path[1:])

    server = start(app)
    for name, size in ((b"/small", 100), (b"/large", 3_000_000)):
        raw = server.send(LAST.replace(b"/last", name))
        assert b"content-length: %d\r\n" % size in raw
        assert len(raw.partition(b"\r\n\r\n")[2]) == size


def test_expect_100_continue_is_answered_when_the_body_is_wanted(start: Start) -> None:
    with start(echo).connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert bodies(client.recv(1000)) == [b"POST / hi"]


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


def test_an_error_of_the_application_is_500_without_details_and_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/":
            raise ZeroDivisionError("secret")
        raise NotFound("no such page")

    raw = start(app).send(HELLO + LAST)
    assert raw.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in raw
    assert b"HTTP/1.1 404 " in raw
    assert "ZeroDivisionError: secret" in caplog.text


def test_an_application_that_returns_nothing_is_a_500(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def app(request: Request) -> None:
        return None

    assert quick(app).send(LAST).startswith(b"HTTP/1.1 500 ")
    assert "no response" in caplog.text


def test_what_a_request_sets_in_its_context_the_next_one_does_not_see(start: Start) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="clean")

    async def app(request: Request) -> Response:
        seen = variable.get()
        variable.set("dirty")
        if request.path == "/last":
            await asyncio.sleep(0)
        return Response.text(seen)

    assert bodies(start(app).send(HELLO + HELLO + LAST)) == [b"clean", b"clean", b"clean"]


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


def test_each_request_is_logged_if_asked_for(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    quick(echo, access_log=True).send(LAST)
    assert '127.0.0.1 "GET /last" 200 10' in caplog.text


def test_cve_2026_3902_names_with_an_underscore_are_dropped(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.json(request.headers.items())

    raw = quick(app).send(LAST[:-2] + b"X_User: root\r\nX-User: ada \t\r\n\r\n")
    assert b"root" not in raw
    assert b'["x-user","ada"]' in raw


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
