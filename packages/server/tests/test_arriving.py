"""Connections that do not speak HTTP yet: they count, so that whoever opens many and sends nothing keeps nobody else out for long."""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Options, Server
from partita.server.capacity import SPARE
from partita.server.tls import tls_context

MOST = 3
ASK = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
TOLD = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"
NEVER = 1000.0  # seconds, so that it is no timeout that ends anything here
Address = tuple[str, int]


class App:
    """Answers, and tells when the server begins to stop."""

    def __init__(self) -> None:
        self.stops = asyncio.Event()

    async def __call__(self, request: Request) -> Response:
        return Response.text("done")

    def stopping(self) -> None:
        self.stops.set()


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Run a coroutine function on one of the loops."""
    factory = asyncio.new_event_loop if request.param == "asyncio" else pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield lambda main: runner.run(main())


@pytest.fixture(params=["TLS", "PROXY"])
def kind(request: pytest.FixtureRequest) -> str:
    """What has to come before the first request."""
    return str(request.param)


def server_of(kind: str, certificate: Path, app: App) -> Server:
    options = {"header_timeout": NEVER, "max_connections": MOST, "backlog": 100}
    if kind == "TLS":
        return Server(app, Options(**options), ssl=tls_context(certificate))  # type: ignore[arg-type]  # by name
    return Server(app, Options(**options, proxy_protocol=("127.0.0.1/32",)))  # type: ignore[arg-type]  # by name


def connect(address: Address, into: ExitStack) -> socket.socket:
    return into.enter_context(socket.create_connection(address, 30))


def ask(kind: str, certificate: Path, client: socket.socket) -> bytes:
    """Return the whole answer; nothing if the connection was closed before it began."""
    received = b""
    try:
        if kind == "TLS":
            trusting = ssl.create_default_context(cafile=certificate)
            client = trusting.wrap_socket(client, server_hostname="127.0.0.1")
        client.sendall(ASK if kind == "TLS" else TOLD + ASK)
        while data := client.recv(65_536):
            received += data
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        client.close()
    return received


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def asked_until_served(kind: str, certificate: Path, address: Address) -> bool:
    """Ask again and again, while the server notices who has left."""
    for _ in range(10_000):
        if ask(kind, certificate, socket.create_connection(address, 30)).startswith(b"HTTP/1.1 200 "):
            return True
    return False


def test_who_opens_connections_and_sends_nothing_is_counted(
    run: Callable[..., Any], kind: str, certificate: Path
) -> None:
    def clients(address: Address) -> None:
        with ExitStack() as stack:
            for _ in range(MOST):
                connect(address, stack)
            told = ask(kind, certificate, connect(address, stack))
            assert told.startswith(b"HTTP/1.1 503 "), "beyond the bound others are told so"
            for _ in range(SPARE):
                connect(address, stack)
            for _ in range(20):
                assert is_closed(connect(address, stack)), "and beyond what is spared for that, they are closed at once"
        assert asked_until_served(kind, certificate, address), "those who have left do not count"

    async def main() -> None:
        server = server_of(kind, certificate, App())
        await server.start(sockets=[socket.create_server(("127.0.0.1", 0))])  # one that blocks, as Python makes them
        try:
            await asyncio.to_thread(clients, server.addresses[0])
        finally:
            await server.stop(0.0)

    run(main)


def test_what_does_not_begin_as_it_should_is_not_counted_for_ever(
    run: Callable[..., Any], kind: str, certificate: Path
) -> None:
    def clients(address: Address) -> None:
        for _ in range(3 * (MOST + SPARE)):
            with ExitStack() as stack:
                client = connect(address, stack)
                client.sendall(b"EHLO mail.example\r\n")
                while not is_closed(client):
                    pass  # an alert may come first
        assert asked_until_served(kind, certificate, address)

    async def main() -> None:
        server = server_of(kind, certificate, App())
        await server.start("127.0.0.1", 0)
        try:
            await asyncio.to_thread(clients, server.addresses[0])
        finally:
            assert await server.stop(), "nobody is left"

    run(main)


@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_a_handshake_that_is_under_way_when_the_server_stops_comes_to_its_end(
    run: Callable[..., Any], certificate: Path, protocol: str
) -> None:
    async def main() -> None:
        app = App()
        server = server_of("TLS", certificate, app)
        await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.addresses[0])
        trusting = ssl.create_default_context(cafile=certificate)
        trusting.set_alpn_protocols([protocol])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")

        async def step(act: Callable[[], Any]) -> Any:
            """Do something over TLS; return what it gives, which may take bytes from the server."""
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    writer.write(outgoing.read())
                    data = await reader.read(65_536)
                    incoming.write(data) if data else incoming.write_eof()
                finally:
                    writer.write(outgoing.read())

        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        writer.write(outgoing.read())
        incoming.write(await reader.read(65_536))  # so the server has begun to answer the handshake
        stopping = asyncio.create_task(server.stop(30.0))
        await app.stops.wait()
        await step(client.do_handshake)
        if protocol == "h2":
            received = b""
            while b"\x07\x00" not in received:  # GOAWAY: whoever speaks HTTP/2 asks somebody else then
                received += await step(client.read)
        else:
            await step(lambda: client.write(ASK))
            received = await step(client.read)
            assert received.startswith(b"HTTP/1.1 200 ")
            assert b"connection: close" in received
        writer.close()
        assert await stopping, "and nobody had to be cut"

    run(main)


def test_without_file_descriptors_a_server_over_tls_waits_until_there_are_some(
    run: Callable[..., Any], certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> bytes:
        server = server_of("TLS", certificate, App())
        await server.start("127.0.0.1", 0)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with socket.socket() as client:
            client.settimeout(30)
            resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))  # those that are open stay so
            try:
                client.connect(server.addresses[0])
                while not caplog.records:
                    await asyncio.sleep(0.01)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            answer = await asyncio.to_thread(ask, "TLS", certificate, client)
        await server.stop()
        return answer

    assert run(main).startswith(b"HTTP/1.1 200 ")
    assert [record.getMessage() for record in caplog.records] == [
        "No connection can be accepted for a moment: Too many open files"
    ]


def test_who_has_not_begun_when_the_server_stops_does_not_hold_it_up(
    run: Callable[..., Any], kind: str, certificate: Path
) -> None:
    async def main() -> None:
        server = server_of(kind, certificate, App())
        await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.addresses[0])
        assert await server.stop(30.0), "it was closed after a moment, and not cut at the end of the grace"
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()

    run(main)
