"""A client that leaves ends its view, and the query that the view waits for; so does the end of the time that a view has."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from partita.http import Request, Response
from partita.orm import connect
from partita.orm.databases import DATABASES
from partita.server import Options, Server
from partita.urls import path
from partita.web import App, Settings

POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MARK = "partita-leaving-client"
SLOW = f"SELECT pg_sleep(20) /* {MARK} */"
GET = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    options = Options(handler_timeout=getattr(request, "param", 0.0))
    app: App

    async def awaiting(request: Request) -> Response:
        await app.require(DATABASES)["default"].aexecute(SLOW)
        return Response.text("slept")

    async def natively(request: Request) -> Response:
        app.require(DATABASES)["default"].execute(SLOW)  # beneath the bridge this waits natively
        return Response.text("slept")

    async def calling(request: Request) -> Response:
        """Wait for a query, and for the answer of another server to an outgoing request."""
        other = request.query["other"]
        async with httpx.AsyncClient(timeout=60) as client:
            await asyncio.gather(client.get(other), app.require(DATABASES)["default"].aexecute(SLOW))
        return Response.text("both have answered")

    async def quick(request: Request) -> Response:
        ((one,),) = await app.require(DATABASES)["default"].aexecute("SELECT 1")
        return Response.text(str(one))

    settings = Settings("key" * 20, allowed_hosts=("127.0.0.1",), sections={"databases": {"default": POSTGRESQL}})
    app = App(
        settings,
        urls=[path("awaiting", awaiting), path("natively", natively), path("quick", quick), path("calling", calling)],
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(app, options)
    asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(30)
    yield server.addresses[0][1]
    asyncio.run_coroutine_threadsafe(server.stop(0.5), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def running() -> int:
    with connect(POSTGRESQL) as database:
        ((count,),) = database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() "
            f"AND position('{MARK}' in query) > 0"
        )
        return int(count)


def assert_it_ends() -> None:
    deadline = time.monotonic() + 10  # half of what the query would take
    while running():
        assert time.monotonic() < deadline, "the query still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("view", [b"/awaiting", b"/natively"])
def test_the_query_of_a_client_that_has_left_is_cancelled(port: int, view: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(GET % view)
        deadline = time.monotonic() + 10
        while not running():
            assert time.monotonic() < deadline, "the query has not begun"
            time.sleep(0.02)
    assert_it_ends()
    with socket.create_connection(("127.0.0.1", port), 10) as client:  # and the pool is fit for use
        client.sendall(GET % b"/quick")
        assert client.recv(1000).endswith(b"\r\n\r\n1")


@pytest.mark.parametrize("port", [1.0], indirect=True)
@pytest.mark.parametrize("view", [b"/awaiting", b"/natively"])
def test_the_query_of_a_view_whose_time_is_over_is_cancelled_and_answered(port: int, view: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 15) as client:
        client.sendall(GET % view)
        assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
    assert_it_ends()


@pytest.mark.parametrize("port", [1.0], indirect=True)
def test_the_end_of_its_time_ends_a_query_and_an_outgoing_request(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(15)
        target = f"/calling?other=http://127.0.0.1:{other.getsockname()[1]}/".encode()
        with socket.create_connection(("127.0.0.1", port), 15) as client:
            client.sendall(GET % target)
            outgoing, _ = other.accept()
            with outgoing:
                outgoing.settimeout(15)
                assert outgoing.recv(1000).startswith(b"GET / HTTP/1.1\r\n")
                assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
                assert outgoing.recv(1000) == b""  # who asked has hung up, though nobody answered
    assert_it_ends()
