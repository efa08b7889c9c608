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

from partita.http import NotFound, Request, Response, wsgi_app
from partita.http.wsgi import WSGIApp


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
