import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, MutableMapping
from functools import wraps
from typing import Any, ParamSpec

import pytest

from partita.http import Request, Response, asgi_app
from partita.http.errors import ClientDisconnected

Message = MutableMapping[str, Any]
View = Callable[[Request], Awaitable[Response]]
P = ParamSpec("P")

END = {"type": "http.request", "body": b"", "more_body": False}
LEFT = {"type": "http.disconnect"}


def on_a_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


class Server:
    """What a server of ASGI gives an application; its test says when a message comes."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        self.asked = 0

    async def receive(self) -> Message:
        self.asked += 1
        return await self.messages.get()

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        await asyncio.sleep(0)

    def start(self, view: View, method: str = "GET", *headers: tuple[bytes, bytes]) -> "asyncio.Task[None]":
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", b"a"), *headers],
        }
        app: Any = asgi_app(view)
        return asyncio.create_task(app(scope, self.receive, self.send))

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)


@on_a_loop
async def test_a_stream_without_an_end_is_closed_when_its_client_leaves() -> None:
    closed = []

    async def ticks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    async def view(request: Request) -> Response:
        return Response.stream(ticks())

    server = Server()
    running = server.start(view)
    server.messages.put_nowait(END)
    await server.until(lambda: len(server.sent) > 3)
    server.messages.put_nowait(LEFT)
    await asyncio.wait_for(running, 30)
    assert closed
    assert server.sent[-1]["more_body"], "nobody says that the stream is complete"
    assert not running.cancelling()


@on_a_loop
async def test_a_plain_iterator_is_closed_when_the_step_that_runs_has_ended() -> None:
    steps: list[str] = []
    waits, go_on = threading.Event(), threading.Event()

    def ticks() -> Iterator[bytes]:
        try:
            yield b"tick"
            waits.set()
            go_on.wait(30)
            steps.append("step")
            yield b"tick"
        finally:
            steps.append("closed")

    async def view(request: Request) -> Response:
        return Response.stream(ticks())

    server = Server()
    running = server.start(view)
    await server.until(waits.is_set)
    server.messages.put_nowait(LEFT)
    await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.wait_for(running, 30)
    assert steps == ["step", "closed"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@on_a_loop
async def test_a_view_that_waits_is_cancelled_when_its_client_leaves(method: str) -> None:
    ends: list[str] = []

    async def view(request: Request) -> Response:
        ends.append(repr(await request.aread()))
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise
        raise AssertionError

    server = Server()
    running = server.start(view, method, *([(b"content-length", b"2")] if method == "POST" else []))
    server.messages.put_nowait({"type": "http.request", "body": b"ab" if method == "POST" else b""})
    await server.until(lambda: len(ends) == 1)
    await asyncio.sleep(0)
    server.messages.put_nowait(LEFT)
    await asyncio.wait_for(running, 30)
    assert ends == ["b'ab'" if method == "POST" else "b''", "cancelled"]
    assert server.sent == []


@on_a_loop
async def test_nobody_asks_while_a_view_answers_at_once() -> None:
    async def view(request: Request) -> Response:
        return Response.text("ok")

    server = Server()
    await server.start(view)
    assert server.asked == 0
    assert server.sent[-1]["body"] == b"ok"


@on_a_loop
async def test_a_body_that_was_announced_is_not_asked_for_before_the_view_does() -> None:
    """Asking tells a client that waits for it (``Expect: 100-continue``) to send what the view may not want."""

    async def view(request: Request) -> Response:
        for _ in range(5):
            await asyncio.sleep(0)
        return Response.empty(403)

    server = Server()
    await server.start(view, "POST", (b"content-length", b"1000000"), (b"expect", b"100-continue"))
    assert server.asked == 0
    assert server.sent[0]["status"] == 403


@on_a_loop
async def test_what_came_before_the_view_reads_is_not_lost() -> None:
    async def view(request: Request) -> Response:
        for _ in range(20):
            await asyncio.sleep(0)
        pieces = [piece async for piece in request.stream()]
        return Response.json([piece.decode() for piece in pieces])

    server = Server()
    for piece in (b"a", b"b", b"c"):
        server.messages.put_nowait({"type": "http.request", "body": piece, "more_body": piece != b"c"})
    await asyncio.wait_for(server.start(view, "POST"), 30)  # of unknown length, so it may be empty
    assert server.sent[-1]["body"] == b'["a","b","c"]'


@on_a_loop
async def test_a_view_that_reads_while_it_streams_gets_its_body() -> None:
    async def echo(request: Request) -> AsyncIterator[bytes]:
        yield b"<"
        await asyncio.sleep(0.01)
        async for piece in request.stream():
            yield piece
        yield b">"

    async def view(request: Request) -> Response:
        return Response.stream(echo(request))

    server = Server()
    running = server.start(view, "POST", (b"transfer-encoding", b"chunked"))
    server.messages.put_nowait({"type": "http.request", "body": b"a", "more_body": True})
    await server.until(lambda: len(server.sent) > 2)
    server.messages.put_nowait({"type": "http.request", "body": b"b"})
    await asyncio.wait_for(running, 30)
    assert b"".join([message["body"] for message in server.sent[1:]]) == b"<ab>"


@on_a_loop
async def test_whoever_reads_is_told_that_the_client_left_in_its_body() -> None:
    told = []

    async def view(request: Request) -> Response:
        await asyncio.sleep(0.01)
        try:
            await request.aread()
        except ClientDisconnected:
            told.append(True)
            raise
        raise AssertionError

    server = Server()
    running = server.start(view, "POST", (b"content-length", b"9"))
    server.messages.put_nowait({"type": "http.request", "body": b"a", "more_body": True})
    server.messages.put_nowait(LEFT)
    await asyncio.wait_for(running, 30)
    assert told
    assert server.sent == []


@on_a_loop
async def test_who_cancels_the_application_is_not_taken_for_a_client_that_left() -> None:
    async def view(request: Request) -> Response:
        await asyncio.sleep(3600)
        raise AssertionError

    server = Server()
    running = server.start(view)
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


@on_a_loop
async def test_a_server_that_repeats_the_end_of_the_body_is_asked_no_more() -> None:
    async def view(request: Request) -> Response:
        for _ in range(5):
            await asyncio.sleep(0)
        return Response.text("ok")

    class Repeating(Server):
        async def receive(self) -> Message:
            self.asked += 1
            return END

    server = Repeating()
    await server.start(view)
    assert server.sent[-1]["body"] == b"ok"
    assert server.asked == 2


@on_a_loop
async def test_django_s_name_of_the_error_catches_it() -> None:
    from partita.http.drafts import RequestAborted

    said: list[str] = []

    async def view(request: Request) -> Response:
        try:
            async for _ in request.stream():
                said.append("a piece")
        except RequestAborted as error:
            said.append(type(error).__name__)
            raise
        return Response.empty()

    server = Server()
    task = server.start(view, "POST", (b"content-length", b"9"))
    await server.messages.put({"type": "http.request", "body": b"abc", "more_body": True})
    await server.messages.put(LEFT)
    await asyncio.gather(task, return_exceptions=True)
    assert said == ["a piece", "ClientDisconnected"]
    assert server.sent == []
