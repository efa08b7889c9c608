import asyncio
import gc
import io
import os
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from partita.http import ContentTooLarge, Limits, NotFound, Request, Response, wsgi_app
from partita.http.drafts import HttpRequest
from partita.http.wsgi import ENVIRON, WSGIApp, request_from_environ


def call(
    app: WSGIApp, method: str = "GET", path: str = "/", body: bytes = b"", **extra: str
) -> tuple[str, dict[str, str], bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "wsgi.input": io.BytesIO(body),
        "QUERY_STRING": "",
        **extra,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    setup_testing_defaults(environ)
    started: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        started.append((status, dict(headers)))
        return lambda data: None

    chunks = validator(app)(environ, start_response)
    try:
        content = b"".join(chunks)
    finally:
        chunks.close()  # type: ignore[attr-defined]
    return started[0][0], started[0][1], content


def test_the_standard_librarys_validator_finds_nothing_wrong() -> None:
    async def view(request: Request) -> Response:
        await asyncio.sleep(0)
        body = await request.aread()
        return Response.text(f"{request.method} {request.path} {request.headers['x-a']} {body.decode()}")

    status, headers, content = call(
        wsgi_app(view), "POST", "/\xc3\xbc%41", b"abc", HTTP_X_A="1", CONTENT_TYPE="text/plain"
    )
    assert status == "200 OK"
    assert content == "POST /ü%41 1 abc".encode()
    assert headers["Content-Length"] == str(len(content))


def test_statuses_head_and_streams() -> None:
    async def letters() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0)
        yield b"b"

    async def view(request: Request) -> Response:
        if request.path == "/gone":
            raise NotFound
        return Response.stream(letters(), content_type="text/plain")

    app = wsgi_app(view)
    assert call(app, path="/gone")[0] == "404 Not Found"
    assert call(app)[2] == b"ab"
    assert call(app, "HEAD")[2] == b""


def test_sync_code_in_a_thread_reads_the_body() -> None:
    async def view(request: Request) -> Response:
        return Response(await asyncio.to_thread(request.read), content_type="text/plain")

    assert call(wsgi_app(view), "POST", body=b"x" * 200_000)[2] == b"x" * 200_000


def test_a_length_that_is_no_number_is_a_bad_request() -> None:
    async def view(request: Request) -> Response:
        raise AssertionError

    environ: dict[str, Any] = {"CONTENT_LENGTH": "\xb2", "wsgi.input": io.BytesIO()}
    setup_testing_defaults(environ)
    statuses: list[str] = []
    list(wsgi_app(view)(environ, lambda status, headers: statuses.append(status)))
    assert statuses == ["400 Bad Request"]


def test_one_loop_serves_all_threads_of_a_process_and_starts_the_application_once() -> None:
    loops, starts = set(), []

    async def startup() -> None:
        starts.append(os.getpid())

    async def view(request: Request) -> Response:
        loops.add(asyncio.get_running_loop())
        return Response.text("ok")

    app = wsgi_app(view, startup)
    assert starts == []
    threads = [threading.Thread(target=call, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loops) == len(starts) == 1


def test_a_startup_that_fails_is_tried_again_and_leaves_no_coroutine_unawaited() -> None:
    starts: list[asyncio.AbstractEventLoop] = []

    async def startup() -> None:
        starts.append(asyncio.get_running_loop())
        if len(starts) == 1:
            raise OSError("no database")

    async def view(request: Request) -> Response:
        return Response.text("ok")

    app = wsgi_app(view, startup)
    gc.collect()  # what tests before this one left behind is no business of this one
    with warnings.catch_warnings(record=True) as seen:
        warnings.filterwarnings("always", message=".*was never awaited")
        with pytest.raises(OSError, match="no database"):
            call(app)
        gc.collect()
    assert [str(warning.message) for warning in seen if "never awaited" in str(warning.message)] == []
    assert starts[0].is_closed()
    assert call(app)[2] == b"ok"
    assert len(starts) == 2


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # the fork is what we test
def test_a_forked_process_gets_a_loop_of_its_own() -> None:
    async def view(request: Request) -> Response:
        return Response.text("ok")

    app = wsgi_app(view)
    call(app)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, call(app)[2])
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(read, 10) == b"ok"
    os.close(read)
    os.close(write)


def test_a_path_whose_escapes_the_server_resolved_makes_the_same_address_again() -> None:
    environ = {"PATH_INFO": "/caf\xc3\xa9/a b?c%2F", "HTTP_HOST": "a.example"}
    request = request_from_environ(environ)
    assert request.path == "/café/a b?c%2F"
    assert request.full_path == "/caf%C3%A9/a%20b%3Fc%252F"
    assert Request.build(path=request.full_path).path == request.path
    assert Response.redirect(request.url).headers["location"] == f"http://a.example{request.full_path}"
    assert request_from_environ({"PATH_INFO": "/\xff"}).raw_path == b"/%FF"


def test_what_a_server_says_besides_is_in_a_slot() -> None:
    environ = {"PATH_INFO": "/", "REMOTE_USER": "ada", "HTTP_X_FORWARDED_FOR": "6.6.6.6"}
    request = request_from_environ(environ)
    assert not request.is_looked_into
    assert request[ENVIRON] is environ
    meta = HttpRequest(request).META
    assert meta["REMOTE_USER"] == "ada"
    assert HttpRequest(request).environ is environ


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "+1", "1_0", "\u00b2", "0x1", "1, 1"])
def test_a_length_that_is_no_number_of_a_sane_size_is_refused_and_not_a_failure(length: str) -> None:
    async def view(request: Request) -> Response:
        return Response.text(str(len(await request.aread())))

    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"abc")}
    answered: list[str] = []
    wsgi_app(view)(environ, lambda status, headers: answered.append(status))
    assert answered[0].startswith("400 ")
    assert request_from_environ(environ).read() == b""


def test_a_body_that_is_announced_as_too_long_is_read_and_refused() -> None:
    """An answer at once would be lost, because servers close what is not read while the client still sends."""

    async def view(request: Request) -> Response:
        return Response.text(str(len(await request.aread())))

    app, stream = wsgi_app(view, limits=Limits(max_body=10)), io.BytesIO(b"x" * 100_000)
    status = call(app, "POST", **{"CONTENT_LENGTH": "100000", "wsgi.input": stream})[0]  # type: ignore[arg-type]  # a stream
    assert status.startswith("413 ")
    assert 10 < stream.tell() < 100_000


def test_a_body_that_was_read_is_held_against_the_limit_of_whoever_asks_next() -> None:
    body = request_from_environ({"CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"abc")}).body
    assert body.read(10) == b"abc"
    with pytest.raises(ContentTooLarge):
        body.read(2)
