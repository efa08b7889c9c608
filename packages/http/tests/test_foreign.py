import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, cast

import pytest

from partita.http import (
    ContentTooLarge,
    Handler,
    HeaderSyntaxError,
    Limits,
    Request,
    Response,
    StreamBody,
    asgi_app,
    wsgi_app,
)
from partita.http.foreign import ForeignError, asgi_handler, wsgi_handler


def ask(handler: Handler, request: Request) -> tuple[Response, bytes]:
    async def live() -> tuple[Response, bytes]:
        response = await handler(request)
        return response, await response.aread()

    return asyncio.run(live())


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    names = (
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "HTTP_X_A",
        "REMOTE_ADDR",
        "wsgi.url_scheme",
    )
    start_response(
        "201 Created",
        [
            ("Content-Type", "text/plain"),
            ("X-Own", "1"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("Connection", "close"),
        ],
    )
    yield " ".join(str(environ.get(name)) for name in names).encode("latin-1")
    yield b""
    yield b" " + environ["wsgi.input"].read()


REQUEST = Request.build(
    "POST", "/caf%C3%A9?x=1", body=b"data", headers={"Content-Type": "text/plain", "X-A": "y", "X_A": "forged", "Proxy": "evil"}, root_path="/old"
)  # fmt: skip


def test_a_wsgi_application_answers() -> None:
    response, body = ask(wsgi_handler(wsgi), REQUEST)
    assert (response.status, response.headers["x-own"]) == (201, "1")
    assert response.headers.get_all("set-cookie") == ("a=1", "b=2")
    assert "connection" not in response.headers
    assert body.decode() == "POST /old /café x=1 text/plain y 127.0.0.1 http data"


def test_cve_2015_0219_cve_2016_5385_no_field_passes_for_another() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ)
        start_response("204 No Content", [])
        return []

    ask(wsgi_handler(app), REQUEST)
    assert seen[0]["HTTP_X_A"] == "y"
    assert "HTTP_PROXY" not in seen[0]


def test_what_a_wsgi_application_opens_is_closed_even_if_nobody_reads_on() -> None:
    class Chunks:
        closed = 0

        def __iter__(self) -> Iterator[bytes]:
            yield b"first"
            yield b"second"

        def close(self) -> None:
            self.closed += 1

    chunks = Chunks()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [])
        return chunks

    async def live() -> None:
        response = await wsgi_handler(app)(Request.build())
        body = response.chunks()
        assert await anext(body) == b"first"
        await body.aclose()  # type: ignore[attr-defined]  # it is a generator

    asyncio.run(live())
    assert chunks.closed == 1


class Failing:
    """A body that fails at once, or after its first chunk, when the head has gone."""

    def __init__(self, start_response: Callable[..., Any], chunks: int) -> None:
        self._start_response, self._left = start_response, chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._left < 0:
            raise StopIteration
        if self._left:
            self._left -= 1
            return b"chunk"
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            self._start_response("500 Internal Server Error", [("X-Own", "error")], sys.exc_info())
        self._left = -1
        return b"sorry"

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("chunks", [0, 1])
def test_a_wsgi_application_that_fails_answers_so_while_it_can_and_breaks_off_once_it_has_begun(chunks: int) -> None:
    bodies: list[Failing] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        bodies.append(Failing(start_response, chunks))
        return bodies[0]

    async def live() -> tuple[Response, list[bytes]]:
        response = await wsgi_handler(app)(Request.build())
        body = response.chunks()
        read = [await anext(body)]
        with pytest.raises(ZeroDivisionError if chunks else StopAsyncIteration):
            await anext(body)
        await body.aclose()  # type: ignore[attr-defined]  # it is a generator
        return response, read

    response, read = asyncio.run(live())
    assert (response.status, read) == ((200, [b"chunk"]) if chunks else (500, [b"sorry"]))
    assert bodies[0].closed == 1


@pytest.mark.parametrize("fails", ["while it is iterated over", "for it did not begin"])
def test_what_a_wsgi_application_opens_is_closed_if_it_never_begins(fails: str) -> None:
    closed: list[bool] = []

    class Chunks:
        def __iter__(self) -> Iterator[bytes]:
            if fails == "while it is iterated over":
                raise ZeroDivisionError
            return iter([b"x"])

        def close(self) -> None:
            closed.append(True)

    with pytest.raises((ZeroDivisionError, ForeignError)):
        ask(wsgi_handler(lambda environ, start_response: cast("Any", Chunks())), Request.build())
    assert closed == [True]


def test_what_a_wsgi_application_logs_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.errors"].write("a traceback\n")  # where Flask, for one, logs to
        start_response("204 No Content", [])
        return []

    ask(wsgi_handler(app), Request.build())
    assert capsys.readouterr().err == "a traceback\n"


def test_what_breaks_wsgi_is_an_error_and_limits_hold() -> None:
    with pytest.raises(ForeignError, match="did not call"):
        ask(wsgi_handler(lambda environ, start_response: [b"x"]), Request.build())

    def twice(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [])
        start_response("200 OK", [])
        return []

    with pytest.raises(ForeignError, match="twice"):
        ask(wsgi_handler(twice), Request.build())

    def splitting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("X-A", "a\r\nX-B: b")])
        return []

    with pytest.raises(HeaderSyntaxError):
        ask(wsgi_handler(splitting), Request.build())
    with pytest.raises(ContentTooLarge):
        ask(wsgi_handler(wsgi), Request.build("POST", "/", body=b"x" * 11, limits=Limits(max_body=10)))


async def native(request: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield f"{request.method} {request.root_path} {request.path} {request.query_string.decode()} ".encode()
        async for chunk in request.stream():
            yield chunk

    return Response(chunks(), 201, {"x-own": "1"}).with_cookie("a", "1").with_cookie("b", "2")


def test_an_asgi_application_answers() -> None:
    response, body = ask(asgi_handler(asgi_app(native)), REQUEST)
    assert (response.status, response.headers["x-own"], len(response.headers.get_all("set-cookie"))) == (201, "1", 2)
    assert body.decode() == "POST /old /café x=1 data"


def test_bodies_go_both_ways_as_they_come() -> None:
    order: list[str] = []

    async def receive() -> bytes | None:
        order.append("asked")
        return b"x" if len(order) < 6 else None

    async def live() -> bytes:
        request = Request.build("POST", "/", body=StreamBody(receive), headers={"Transfer-Encoding": "chunked"})
        response = await asgi_handler(asgi_app(native))(request)
        body = response.chunks()
        first = await anext(body)
        assert len(order) < 4  # nobody has read ahead without bounds
        return first + b"".join([chunk async for chunk in body])

    assert asyncio.run(live()) == b"POST  /  xxxxx"


def test_a_client_that_leaves_cancels_the_application() -> None:
    ended: list[str] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def live() -> None:
        response = await asgi_handler(endless)(Request.build())
        body = response.chunks()
        await anext(body)
        await body.aclose()  # type: ignore[attr-defined]  # it is a generator
        await asyncio.sleep(0)

    asyncio.run(live())
    assert ended == ["cancelled"]


@pytest.mark.parametrize("broken", ["nothing", "error", "order", "middle"])
def test_what_breaks_asgi_never_looks_complete(broken: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if broken == "error":
            raise KeyError("mine")
        if broken == "order":
            await send({"type": "http.response.body", "body": b"x"})
        if broken == "middle":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})

    with pytest.raises(KeyError if broken == "error" else ForeignError):
        ask(asgi_handler(app), Request.build())


def test_an_asgi_application_lives_under_wsgi_and_a_wsgi_application_under_asgi() -> None:
    def start_response(status: str, fields: list[tuple[str, str]], error: object = None) -> None:
        heads.append((status, dict(fields)["X-Own"]))

    heads: list[tuple[str, str]] = []
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "SCRIPT_NAME": "/old", "QUERY_STRING": "a=1"}
    environ["wsgi.input"] = io.BytesIO()
    body = wsgi_app(asgi_handler(asgi_app(native)))(environ, start_response)
    assert (b"".join(body), heads) == (b"GET /old /x a=1 ", [("201 Created", "1")])

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": "/old/x", "root_path": "/old", "query_string": b"", "headers": []}
    asyncio.run(asgi_app(wsgi_handler(wsgi))(scope, receive, send))
    assert sent[0]["status"] == 201
    assert b"".join(message.get("body", b"") for message in sent).startswith(b"GET /old /x ")
