"""Requests that say the same as the one before on their connection: quick, and yet each on its own."""

import asyncio
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from partita.http import Forbidden, Request, Response
from partita.http.state import Slot

Start = Callable[..., Any]
GET = b"GET /a?page=2 HTTP/1.1\r\nHost: a\r\nCookie: k=v\r\n\r\n"
SEEN = Slot[int]("test.seen")
_variable: ContextVar[int] = ContextVar("_variable", default=0)


def ask(server: Any, *requests: bytes) -> list[tuple[int, bytes]]:
    """Send requests one after the other on one connection; return the status and the body of each."""
    found = []
    with server.connect() as client:
        for request in requests:
            client.sendall(request)
            raw = b""
            while b"\r\n\r\n" not in raw:
                raw += client.recv(65_536)
            head, _, body = raw.partition(b"\r\n\r\n")
            size = re.search(rb"content-length: (\d+)", head)
            while size is not None and not request.startswith(b"HEAD") and len(body) < int(size[1]):
                body += client.recv(65_536)
            found.append((int(head[9:12]), body))
            assert b"\r\ndate: " in head
    return found


def test_each_has_a_state_and_variables_of_its_own(start: Start) -> None:
    async def app(request: Request) -> Response:
        seen = request.state.get(SEEN, 0), _variable.get()
        request.state.fill(SEEN, 1)
        _variable.set(1)
        return Response.text(f"{seen} {request.query['page']} {request.cookies['k']}")

    assert ask(start(app), *[GET] * 5) == [(200, b"(0, 0) 2 v")] * 5


def test_each_has_a_body_of_its_own(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text((await request.aform())["n"])

    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n"
    requests = [head + b"n=%d" % number for number in range(6)]
    assert ask(start(app), *requests) == [(200, b"%d" % number) for number in range(6)]


def test_a_body_that_comes_later_is_waited_for(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text((await request.aread()).decode())

    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
    server = start(app)
    with server.connect() as client:
        for number in range(4):
            client.sendall(head + b"%d" % number)
            if number % 2:
                client.sendall(b"...")
                assert client.recv(1000).endswith(b"\r\n\r\n%d..." % number)
            else:
                client.sendall(b"," * 3 + head + b"next")
                raw = b""
                while not raw.endswith(b"next"):
                    raw += client.recv(1000)
                assert b"\r\n\r\n%d,,," % number in raw


def test_answers_of_every_kind_come_as_they_would_the_first_time(start: Start) -> None:
    kinds: list[Callable[[], Response]] = [
        lambda: Response.text("plain"),
        lambda: Response.empty(204),
        lambda: Response(b"", 304),
        lambda: Response.text("x" * 100_000),
        lambda: Response.stream([b"in ", b"pieces"], headers={"content-length": "9"}),
        lambda: Response.text("dated", headers={"date": "yesterday"}),
        lambda: Response.text("not found", 404),
    ]
    asked = 0

    async def app(request: Request) -> Response:
        nonlocal asked
        asked += 1
        if asked == 9:
            raise Forbidden("no")
        if asked == 10:
            raise LookupError("broken")
        if asked == 11:
            await asyncio.sleep(0.001)
        return kinds[(asked - 1) % len(kinds)]()

    got = ask(start(app), *[GET] * 12)
    first = [(200, b"plain"), (204, b""), (304, b""), (200, b"x" * 100_000), (200, b"in pieces"), (200, b"dated")]
    assert got[:7] == [*first, (404, b"not found")]
    assert [status for status, _ in got[7:]] == [200, 403, 500, 200, 200]


def test_head_has_no_body_however_often_it_is_asked(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("long")

    head = GET.replace(b"GET", b"HEAD")
    assert ask(start(app), head, head, head) == [(200, b"")] * 3


def test_what_asks_to_close_is_the_last(start: Start) -> None:
    asked = 0

    async def app(request: Request) -> Response:
        nonlocal asked
        asked += 1
        return Response.text(str(asked), headers={"connection": "close"} if asked == 3 else {})

    with start(app).connect() as client:
        for number in (b"1", b"2", b"3"):
            client.sendall(GET)
            raw = client.recv(1000)
            assert raw.endswith(b"\r\n\r\n" + number)
        assert b"connection: close" in raw
        assert client.recv(1000) == b""


@pytest.mark.parametrize("most", [2, 3])
def test_the_most_requests_of_a_connection_count_them_all(start: Start, most: int) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x")

    with start(app, max_requests=most).connect() as client:
        for _ in range(most):
            client.sendall(GET)
            raw = client.recv(1000)
        assert b"connection: close" in raw
        assert client.recv(1000) == b""


def test_the_access_log_has_a_line_for_each(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x")

    server = start(app, access_log=True)
    with caplog.at_level("INFO", "partita.server.access"):
        ask(server, *[GET] * 4)
        server.stop(2)  # the last line is written behind the answer
    assert len([record for record in caplog.records if record.name == "partita.server.access"]) == 4


def test_a_server_that_stops_says_so_in_the_answer(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x")

    server = start(app)
    with server.connect() as client:
        for _ in range(3):
            client.sendall(GET)
            assert b"connection: close" not in client.recv(1000)
        client.sendall(GET)
        server.stop(2)
        raw = client.recv(1000)
        assert raw.endswith(b"\r\n\r\nx")
        assert client.recv(1000) == b""
