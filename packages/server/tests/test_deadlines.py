"""No timeout ends early, and none later than two looks at the connections (`server._TICK`); a server that is held up blames nobody."""

import asyncio
import importlib.util
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Options, Server
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.http2.connection import Http2Connection
from partita.server.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, frame
from partita.server.shared import Shared

LOOK = 0.25
HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
GREETING = PREFACE + frame(SETTINGS, 0, 0)
WEBSOCKET = (
    b"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def asking(path: bytes, flags: int = END_HEADERS | END_STREAM, first: bytes = b"\x82") -> bytes:
    """A request of HTTP/2; ``first`` is its method."""
    return frame(HEADERS, flags, 1, first + b"\x86\x04" + bytes([len(path)]) + path + b"\x41\x01a")


class Recorder(asyncio.Transport):
    """A transport that remembers what was done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.ended, self.full = b"", False, 0
        self.protocol: Any = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.ended = True

    abort = close
    write_eof = close

    def is_closing(self) -> bool:
        return self.ended

    def can_write_eof(self) -> bool:
        return True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        return self.full


async def app(request: Request) -> Response:
    if request.path == "/slow":
        await asyncio.Event().wait()
    return Response.text(f"got {len(await request.aread())}")


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/socket":
        await receive()
    await send({"type": "websocket.close"})
    await receive()


@pytest.mark.parametrize("offset", [0.0, 0.01, 0.24])
@pytest.mark.parametrize(
    ("kind", "option", "data", "sign"),
    [
        pytest.param(Connection, "header_timeout", [], b"", id="a client that says nothing"),
        pytest.param(Connection, "header_timeout", [b"GET"], b" 408 ", id="a head"),
        pytest.param(Connection, "header_timeout", [HELLO, b"GET"], b" 408 ", id="the head of another request"),
        pytest.param(Connection, "header_timeout", [HELLO + b"GET"], b" 408 ", id="a head behind a request"),
        pytest.param(Connection, "body_timeout", [UPLOAD], b" 408 ", id="a body"),
        pytest.param(Connection, "body_timeout", [HELLO, UPLOAD], b" 408 ", id="the body of another request"),
        pytest.param(Connection, "idle_timeout", [HELLO], b"", id="idle"),
        pytest.param(Connection, "idle_timeout", [HELLO * 3], b"", id="idle after many"),
        pytest.param(Connection, "idle_timeout", [HELLO, HELLO, HELLO], b"", id="idle after the short way"),
        pytest.param(Connection, "idle_timeout", [UPLOAD, b"123456789"], b"", id="idle after a body"),
        pytest.param(
            Connection, "handler_timeout", [b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"], b" 503 ", id="the view"
        ),
        pytest.param(Http2Connection, "header_timeout", [], b"", id="h2: a client that says nothing"),
        pytest.param(Http2Connection, "header_timeout", [GREETING, b"\0"], b"took too long", id="h2: a frame"),
        pytest.param(
            Http2Connection,
            "header_timeout",
            [GREETING + asking(b"/"), asking(b"/", 0)],
            b"took too long",
            id="h2: a header block",
        ),
        pytest.param(Http2Connection, "idle_timeout", [GREETING], b"", id="h2: idle"),
        pytest.param(Http2Connection, "idle_timeout", [GREETING + asking(b"/")], b"", id="h2: idle after a request"),
        pytest.param(
            Http2Connection,
            "body_timeout",
            [GREETING + asking(b"/", END_HEADERS, b"\x83"), frame(DATA, 0, 1, b"x" * 100)],
            b"",
            id="h2: a body",
        ),
        pytest.param(Http2Connection, "handler_timeout", [GREETING + asking(b"/slow")], b"", id="h2: the view"),
        pytest.param(
            Connection, "websocket_ping_interval", [WEBSOCKET, b"\x8a\x80mask"], b"\x89\x07partita", id="ws: silence"
        ),
        pytest.param(
            Connection,
            "websocket_close_timeout",
            [WEBSOCKET.replace(b"/socket", b"/closes")],
            b"",
            id="ws: the answer to a close",
        ),
    ],
)
def test_a_timeout_ends_after_its_time_and_not_long_after(
    kind: Any, option: str, data: list[bytes], sign: bytes, offset: float
) -> None:
    """Seconds pass in a clock of the test's own; ``offset`` is how long after a look at the connections the last bytes come."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        # What earns time by its bytes would blur the figures.
        others = {"body_timeout": 100.0, "header_timeout": 100.0, "idle_timeout": 100.0, "min_rate": 10**9}
        options = Options(**{**others, option: 3.0})  # type: ignore[arg-type]
        shared = Shared(native(app), options, loop, wants_outgoing=False, handler=app, websocket=sockets)
        clock = 1000.0
        shared.time = lambda: clock
        shared.tick(0.0)
        transport = Recorder()
        clock += offset
        connection = transport.protocol = kind(shared)
        connection.connection_made(transport)
        looks = 1
        for number, piece in enumerate(data):
            if number:
                looks += 2  # seconds that the client was right to take
                for look in (1, 2):
                    clock = 1000.0 + LOOK * (looks - 2 + look - 1)
                    shared.tick(0.0)
                clock += offset
            loop.call_soon(transport.protocol.data_received, piece)
            await turns()
        begun, before = clock, len(transport.written)
        while True:
            clock = 1000.0 + LOOK * looks
            looks += 1
            shared.tick(0.0)
            await turns()
            if transport.ended or len(transport.written) > before:
                break
            assert clock < begun + 50, "it never ends"
        assert sign in transport.written[before:]
        transport.protocol.connection_lost(None)
        await turns()
        return clock - begun

    took = asyncio.run(main())
    assert 3.0 <= took <= 3.0 + 2 * LOOK


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", [Connection, Http2Connection])
def test_a_client_that_takes_nothing_has_its_whole_time(kind: Any) -> None:
    async def main() -> float:
        shared = Shared(
            native(app), Options(write_timeout=3.0, idle_timeout=50.0), asyncio.get_running_loop(), wants_outgoing=False
        )
        clock = 1000.0
        shared.time = lambda: clock
        shared.tick(0.0)
        transport = Recorder()
        connection = kind(shared)
        connection.connection_made(transport)
        clock += 0.24
        transport.full = 100_000
        connection.pause_writing()
        begun, looks = clock, 1
        while not transport.ended:
            clock = 1000.0 + LOOK * looks
            looks += 1
            shared.tick(0.0)
        connection.connection_lost(None)
        return clock - begun

    assert 3.0 <= asyncio.run(main()) <= 3.0 + 2 * LOOK


def test_a_frame_that_begins_when_a_connection_has_been_idle_for_long_has_its_whole_time() -> None:
    async def main() -> list[bool]:
        options = Options(header_timeout=3.0, idle_timeout=10.0)
        shared = Shared(native(app), options, asyncio.get_running_loop(), wants_outgoing=False)
        clock = 1000.0
        shared.time = lambda: clock
        transport, connection = Recorder(), Http2Connection(shared)
        connection.connection_made(transport)
        connection.data_received(GREETING)
        shared.tick(0.0)
        clock += 9.5
        connection.data_received(b"\0")
        found = []
        for look in (1010.5, 1012.4, 1012.5):
            clock = look
            shared.tick(0.0)
            found.append(transport.ended)
        connection.connection_lost(None)
        return found

    assert asyncio.run(main()) == [False, False, True]


def test_a_connection_that_was_not_looked_at_since_its_last_answer_is_not_closed_under_the_next_request() -> None:
    async def main() -> list[bool]:
        loop = asyncio.get_running_loop()
        shared = Shared(native(app), Options(), loop, wants_outgoing=False, handler=app)
        clock = 1000.0
        shared.time = lambda: clock
        shared.tick(0.0)
        transport, connection = Recorder(), Connection(shared)
        connection.connection_made(transport)
        loop.call_soon(connection.data_received, HELLO)
        await turns()
        clock += 0.1
        connection.shut_down()
        found = [transport.ended]
        clock += 0.9
        shared.tick(0.0)
        found.append(transport.ended)
        clock += 0.2
        shared.tick(0.0)
        found.append(transport.ended)
        connection.connection_lost(None)
        return found

    assert asyncio.run(main()) == [False, False, True]


def loops() -> Iterator[Any]:
    yield pytest.param(asyncio.new_event_loop, id="asyncio")
    if importlib.util.find_spec("uvloop") is not None:
        import uvloop

        yield pytest.param(uvloop.new_event_loop, id="uvloop")


@pytest.mark.parametrize("loop", list(loops()))
def test_what_was_sent_while_the_loop_was_held_up_counts_as_in_time(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def blocking(request: Request) -> Response:
        if request.path == "/block":
            time.sleep(1.6)
        return Response.text("in time")

    def clients(address: tuple[str, int]) -> bytes:
        with socket.create_connection(address, 30) as first, socket.create_connection(address, 30) as second:
            first.sendall(HELLO[:10])
            time.sleep(0.3)
            second.sendall(HELLO.replace(b" / ", b" /block "))
            time.sleep(0.2)
            first.sendall(HELLO[10:])
            return first.recv(1000)

    async def main() -> bytes:
        server = Server(blocking, Options(header_timeout=1.0))
        await server.start("127.0.0.1", 0)
        try:
            return await asyncio.to_thread(clients, server.addresses[0])
        finally:
            await server.stop()

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(main()).endswith(b"in time")


def test_a_connection_that_cannot_be_looked_at_is_cut_and_the_others_keep_their_timeouts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def __init__(self) -> None:
            self.was_cut = False

        def check_deadline(self, now: float) -> None:
            raise ArithmeticError("a fault of ours")

        def shut_down(self) -> None:
            self.cut()

        def cut(self) -> None:
            self.was_cut = True

    async def main() -> tuple[bool, bool]:
        server = Server(app, Options(header_timeout=0.1))
        await server.start("127.0.0.1", 0)
        shared, broken = server._shared, Broken()
        assert shared is not None
        shared.connections.add(broken)
        reader, writer = await asyncio.open_connection(*server.addresses[0])
        ended = await reader.read() == b""
        writer.close()
        shared.connections.discard(broken)
        await server.stop()
        return ended, broken.was_cut

    assert asyncio.run(main()) == (True, True)
    assert "A connection could not be looked at, and is cut" in caplog.text
