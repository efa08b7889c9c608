import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from partita import bridge
from partita.http import Request, Response
from partita.server import AddressInUse, Options, Server, StartupFailed
from partita.server.sockets import listen

Start = Callable[..., Any]
HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class App:
    """A native application that knows when it starts and stops."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.entered = threading.Event()

    async def startup(self) -> None:
        self.events.append("startup")

    async def shutdown(self) -> None:
        self.events.append("shutdown")

    async def __call__(self, request: Request) -> Response:
        self.entered.set()
        await asyncio.sleep(float(request.query.get("wait", "0")))
        self.events.append("answered")
        return Response.text("done")


def test_the_application_starts_before_and_stops_after_its_requests(start: Start) -> None:
    app = App()
    server = start(app)
    assert app.events == ["startup"]
    server.send(HELLO[:-2] + b"Connection: close\r\n\r\n")
    assert server.stop()
    assert app.events == ["startup", "answered", "shutdown"]


def test_a_running_request_is_finished_and_its_connection_closed(start: Start) -> None:
    app = App()
    server = start(app)
    with server.connect() as busy, server.connect() as idle:
        idle.sendall(HELLO)
        assert b"done" in idle.recv(1000)
        app.entered.clear()
        busy.sendall(b"GET /?wait=0.3 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert app.entered.wait(3)
        assert server.stop(5)
        answer = busy.recv(1000)
        assert b"done" in answer
        assert b"connection: close" in answer
        assert busy.recv(1000) == b""
        assert idle.recv(1000) == b""
        with pytest.raises(ConnectionError):
            server.connect()


def test_what_does_not_finish_in_time_is_cut(start: Start) -> None:
    app = App()
    server = start(app)
    with server.connect() as client:
        client.sendall(b"GET /?wait=30 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert app.entered.wait(3)
        begun = time.monotonic()
        assert not server.stop(0.2)
        assert time.monotonic() - begun < 3
        with pytest.raises(ConnectionError):
            if not client.recv(1000):
                raise ConnectionError
    assert app.events == ["startup", "shutdown"]


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    async def main() -> None:
        with listen("127.0.0.1", 0) as sock:
            port = sock.getsockname()[1]
            with pytest.raises(AddressInUse, match=rf"127\.0\.0\.1:{port} is in use.*another port, such as {port + 1}"):
                await Server(App()).start("127.0.0.1", port)

    asyncio.run(main())


def test_an_application_that_cannot_start_is_an_error_and_frees_the_port() -> None:
    class Broken(App):
        async def startup(self) -> None:
            raise OSError("no database")

    async def main() -> None:
        server = Server(Broken())
        with pytest.raises(StartupFailed, match="no database"):
            await server.start("127.0.0.1", 0)
        assert server._sockets[0].fileno() == -1
        assert await server.stop()

    asyncio.run(main())


def test_one_process_runs_two_servers_that_do_not_know_each_other(start: Start) -> None:
    one, two = App(), App()
    first, second = start(one), start(two)
    first.send(HELLO[:-2] + b"Connection: close\r\n\r\n")
    assert "answered" in one.events
    assert "answered" not in two.events
    first.stop()
    assert b"done" in second.send(HELLO[:-2] + b"Connection: close\r\n\r\n")


def test_ipv6_is_listened_on() -> None:
    async def main() -> bytes:
        server = Server(App(), Options())
        await server.start("::1", 0)
        reader, writer = await asyncio.open_connection("::1", server.addresses[0][1])
        writer.write(HELLO[:-2] + b"Connection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await server.stop()
        return answer

    assert b"done" in asyncio.run(main())


VARIABLE: ContextVar[str] = ContextVar("variable", default="nothing")


class Quick:
    """An application that has a quicker way in for servers."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, request: Request) -> Response:
        return Response.text("the long way")

    def for_server(self, root_path: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        self.asked.append(root_path)
        VARIABLE.set("set once")

        async def answer(request: Request) -> Response:
            before = VARIABLE.get()
            VARIABLE.set("set by a request")
            return Response.text(f"{before}, {bridge.wait(asyncio.sleep(0, 'waited'))}")

        return answer


def test_an_application_may_give_servers_another_way_in(start: Start) -> None:
    app = Quick()
    server = start(app, root_path="/shop/")
    request = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert server.send(request + last).count(b"set once, waited") == 2  # what one request sets, the next does not see
    assert app.asked == ["/shop"]
