import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from partita.server import StartupFailed
from partita.server.applications import is_asgi
from partita.server.asgi import Lifespan

Start = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LAST = b"GET /%C3%A4?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def echo(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise AssertionError("only http is known here")
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 201, "headers": [(b"X-Path", scope["path"].encode())]})
    await send({"type": "http.response.body", "body": scope["query_string"] + b" " + body})


def test_an_asgi_application_is_known_by_its_signature() -> None:
    async def native(request: object) -> None: ...

    class Both:
        async def __call__(self, *args: object) -> None: ...

    class Asgi:
        async def __call__(self, scope: object, receive: object, send: object) -> None: ...

    assert is_asgi(echo)
    assert is_asgi(Asgi())
    assert not is_asgi(native)
    assert not is_asgi(Both())


def test_it_gets_the_scope_and_the_body_and_answers_in_one_piece(start: Start) -> None:
    raw = start(echo).send(LAST)
    assert raw.startswith(b"HTTP/1.1 201 Created\r\n")
    assert b"x-path: /\xc3\xa4\r\n" in raw
    assert b"content-length: 4\r\n" in raw
    assert raw.endswith(b"\r\n\r\nx=1 ")
    body = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    assert start(echo).send(body).endswith(b" hi")


def test_it_streams(start: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"one", b"", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body"})

    assert start(app, asgi=True).send(LAST).endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


@pytest.mark.parametrize("after", [0, 1, 2])
def test_one_that_fails_never_looks_complete(quick: Start, after: int, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("no lifespan")
        if after > 0:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        if after > 1:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        raise OSError("broken")

    raw = quick(app).send(LAST)
    if after < 2:
        assert raw.startswith(b"HTTP/1.1 500 ")
    else:
        assert not raw.endswith(b"0\r\n\r\n")
    assert "broken" in caplog.text


def test_messages_in_the_wrong_order_are_an_error(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.body", "body": b"x"})

    assert quick(app, asgi=True).send(LAST).startswith(b"HTTP/1.1 500 ")
    assert "where that is not allowed" in caplog.text


def test_one_that_returns_early_is_an_error(quick: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})

    assert quick(app).send(LAST).startswith(b"HTTP/1.1 500 ")


def test_its_lifespan_runs_around_the_requests_and_shares_state(quick: Start) -> None:
    ran: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["color"] = b"green"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            ran.append("down")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["state"]["color"]})

    server = quick(app)
    assert server.send(LAST).endswith(b"green")
    server.stop()
    assert ran == ["down"]


def test_one_that_cannot_start_stops_the_server_from_listening(quick: Start) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(StartupFailed, match="no database"):
        quick(app)


def test_a_line_break_in_its_headers_is_an_error(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"a\r\nset-cookie: b=c")]})
        await send({"type": "http.response.body"})

    raw = quick(app, asgi=True).send(LAST)
    assert raw.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in raw
    assert "HeaderSyntaxError" in caplog.text


def test_the_end_waits_for_work_after_responses_and_then_cancels_it() -> None:
    ended: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        ended.append("application")
        await send({"type": "lifespan.shutdown.complete"})

    async def work(seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            ended.append("work")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def main() -> None:
        lifespan = Lifespan(app)
        await lifespan.startup()
        lifespan.running |= {asyncio.ensure_future(work(seconds)) for seconds in (0.01, 60)}
        await lifespan.shutdown(0.5)

    asyncio.run(main())
    assert ended == ["work", "cancelled", "application"]
