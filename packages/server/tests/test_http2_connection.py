"""One connection of HTTP/2 in memory, on a loop and a clock that the test turns by hand: what it writes and reads, and when."""

import asyncio
import json
import logging
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from partita.http import ClientDisconnected, Conflict, Limits, Request, Response
from partita.http.files import FileBody
from partita.server import Options
from partita.server.applications import native
from partita.server.asgi import asgi
from partita.server.errors import ResponseAborted
from partita.server.http2 import codes
from partita.server.http2.connection import Http2Connection
from partita.server.message import Message
from partita.server.shared import Shared

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BLOCK = b"\x82\x86\x84\x01\x01a"  # GET http / with the authority "a"; it leaves nothing in the table
POST = b"\x83\x86\x84\x01\x01a"
ALL = 1_048_576  # bytes of the connection's window

App = Callable[[Request], Awaitable[Response]]


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def number(self) -> int:
        return int.from_bytes(self.payload, "big")


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack("!BBL", kind, flags, stream) + payload


def settings(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join([struct.pack("!HL", *pair) for pair in pairs]))


def window(stream: int, size: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!L", size))


def ping(number: int = 0) -> bytes:
    return frame(PING, 0, 0, b"%08d" % number)


def head(stream: int, flags: int = END_HEADERS | END_STREAM, block: bytes = BLOCK) -> bytes:
    return frame(HEADERS, flags, stream, block)


def post(stream: int) -> bytes:
    return head(stream, END_HEADERS, POST)


def reset(stream: int) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack("!L", codes.CANCEL))


class Loop(asyncio.SelectorEventLoop):
    """Goes one turn at a time, and its clock stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__()
        self.faults: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.faults.append(context))

    def time(self) -> float:
        return self.now

    def turn(self, count: int = 1) -> None:
        for _ in range(count):
            self.call_soon(self.stop)
            self.run_forever()
            assert not self.faults

    def do(self, act: Callable[..., object], *args: object) -> None:
        """Call something as the loop would, and end the turn."""
        self.call_soon(act, *args)
        self.turn()


class Wire(asyncio.Transport):
    """A transport that keeps what is written, and what was asked of it."""

    def __init__(self, **known: object) -> None:
        super().__init__(known)
        self.written = b""
        self.reads, self.can_end, self.is_broken = True, True, False
        self.waiting = 0  # bytes that the client has not taken
        self.end: list[str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def can_write_eof(self) -> bool:
        return self.can_end

    def write_eof(self) -> None:
        self.end.append("eof")

    def close(self) -> None:
        self.end.append("close")

    def abort(self) -> None:
        self.end.append("abort")

    def is_closing(self) -> bool:
        return self.is_broken

    def get_write_buffer_size(self) -> int:
        return self.waiting


class Peer:
    """The client at the other end of one connection."""

    def __init__(
        self,
        app: App,
        *,
        is_asgi: bool = False,
        websocket: bool = False,
        connected: bool = True,
        known: dict[str, object] | None = None,
        **options: Any,
    ) -> None:
        self.loop = loop = Loop()
        self.running: set[asyncio.Task[None]] = set()
        begin = asgi(cast("Any", app), {}, self.running) if is_asgi else native(app)
        self.shared = Shared(
            begin,
            Options(**options),
            loop,
            is_asgi,
            cast("Any", app) if websocket else None,
        )
        self.shared.date = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        self.connection = Http2Connection(self.shared)
        self.wire = Wire(**{"peername": ("192.0.2.1", 4000), "sockname": ("192.0.2.2", 80), **(known or {})})
        self.encoder, self._decoder, self._seen = Encoder(), Decoder(), 0
        if connected:
            loop.do(self.connection.connection_made, self.wire)
            self.feed(PREFACE + frame(SETTINGS))
            self.frames()

    def feed(self, *data: bytes) -> None:
        """Send bytes, which come together, and end the turn of the loop in which they come."""
        self.loop.do(self.connection.data_received, b"".join(data))

    def headers(self, stream: int, *fields: tuple[str, str], end: bool = True) -> None:
        self.feed(head(stream, END_HEADERS | (END_STREAM if end else 0), self.encoder.encode(fields)))

    def frames(self, *kinds: int) -> list[Frame]:
        """Return what has come since the last call; with ``kinds``, of these only."""
        found, data = [], self.wire.written
        while self._seen < len(data):
            size = int.from_bytes(data[self._seen : self._seen + 3], "big")
            kind, flags, stream = struct.unpack_from("!BBL", data, self._seen + 3)
            found.append(Frame(kind, flags, stream, data[self._seen + 9 : self._seen + 9 + size]))
            self._seen += 9 + size
        return [each for each in found if not kinds or each.kind in kinds]

    def answers(self) -> dict[int, tuple[str, bytes, bool]]:
        """Return status, body and whether it is complete, of each stream of which something has come since."""
        found: dict[int, tuple[str, bytes, bool]] = {}
        for kind, flags, stream, payload in self.frames(HEADERS, DATA):
            status, body, _ = found.get(stream, ("", b"", False))
            if kind == HEADERS:
                fields = {str(name): str(value) for name, value in self._decoder.decode(payload)}
                status = fields.get(":status", status)
            found[stream] = (status, body + (payload if kind == DATA else b""), bool(flags & END_STREAM))
        return found

    def fields(self, found: Frame) -> dict[str, str]:
        return {str(name): str(value) for name, value in self._decoder.decode(found.payload)}

    def given(self) -> dict[int, int]:
        """Return by how many bytes each window has grown since."""
        grown: dict[int, int] = {}
        for each in self.frames(WINDOW_UPDATE):
            assert not each.flags
            assert 0 < each.number < 2**31
            grown[each.stream] = grown.get(each.stream, 0) + each.number
        return grown

    def failed(self) -> tuple[int, int] | None:
        """Return the last stream and the code of GOAWAY, if it has come."""
        last = [each for each in self.frames() if each.kind == GOAWAY]
        return cast("tuple[int, int]", struct.unpack_from("!LL", last[-1].payload)) if last else None

    def resets(self) -> dict[int, int]:
        """Return the codes of the streams that were reset since."""
        found = self.frames(RST_STREAM)
        assert not any(each.flags for each in found)
        return {each.stream: each.number for each in found}

    def after(self, seconds: float) -> None:
        """Let time pass, then let the server look at its deadlines."""
        self.loop.now += seconds
        self.loop.do(self.connection.check_deadline, self.loop.now)

    def pause(self, waiting: int = 100_000) -> None:
        """Take no more answers."""
        self.wire.waiting = waiting
        self.loop.do(self.connection.pause_writing)

    def resume(self) -> None:
        self.wire.waiting = 0
        self.loop.do(self.connection.resume_writing)

    def close(self) -> None:
        self.loop.do(self.connection.connection_lost, None)
        self.loop.turn(60)
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.turn(3)
        self.loop.close()


Meet = Callable[..., Peer]


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Connect to an application in memory."""
    peers: list[Peer] = []

    def begin(app: App, **options: Any) -> Peer:
        peers.append(Peer(app, **options))
        return peers[-1]

    yield begin
    for peer in peers:
        peer.close()


async def done(request: Request) -> Response:
    return Response.text("done")


async def read(request: Request) -> Response:
    return Response.text(str(len(await request.aread())))


class Held:
    """An application that answers when it is told to, and counts how its requests ended."""

    def __init__(self, response: Response | None = None) -> None:
        self.response = Response.text("held") if response is None else response
        self.begun = self.ended = 0
        self.errors: list[BaseException] = []
        self._waiting: list[asyncio.Future[None]] = []

    async def __call__(self, request: Request) -> Response:
        self.begun += 1
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self.ended += 1
        return self.response

    def release(self) -> None:
        for each in self._waiting:
            if not each.done():
                each.set_result(None)


# Turns of the loop: what one takes costs others no more than so much.


@pytest.mark.parametrize(
    ("one", "most"),
    [
        pytest.param(ping(), 12, id="PING"),
        pytest.param(frame(PRIORITY, 0, 1, bytes(5)), 12, id="PRIORITY"),
        pytest.param(frame(0x77), 12, id="unknown"),
        pytest.param(window(0, 1), 24, id="WINDOW_UPDATE"),
        pytest.param(frame(DATA, 0, 1, b"x" * 100), 24, id="DATA"),
        pytest.param(frame(SETTINGS, ACK), 12, id="SETTINGS"),
        pytest.param(settings((3, 1)), 12, id="one setting"),
        pytest.param(settings(*[(3, 1)] * 10), 8, id="ten settings"),
        pytest.param(settings(*[(3, 1)] * 50), 4, id="fifty settings"),
        pytest.param(settings(*[(3, 1)] * 59), 4, id="59 settings"),
        pytest.param(settings(*[(3, 1)] * 60), 3, id="sixty settings"),
    ],
)
def test_a_turn_takes_so_many_frames_of_a_kind(meet: Meet, one: bytes, most: int) -> None:
    for count, turns in ((most - 1, 1), (most, 2), (2 * most - 1, 2), (2 * most, 3)):
        peer = meet(Held())
        peer.feed(post(1))
        peer.feed(one * count, ping(7))
        waited = 1
        while not [each for each in peer.frames(PING) if each.payload == b"00000007"]:
            peer.loop.turn()
            waited += 1
        assert waited == turns


def test_a_turn_begins_three_requests(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    begun = []
    peer.feed(b"".join([head(number) for number in range(1, 17, 2)]))
    for _ in range(4):
        begun.append(app.begun)
        peer.loop.turn()
    assert begun == [3, 6, 8, 8]


def test_two_requests_leave_room_for_four_small_frames(meet: Meet) -> None:
    peer = meet(Held())
    peer.feed(head(1), head(3), ping() * 5)
    assert len(peer.frames(PING)) == 4


def test_a_head_in_pieces_costs_two_for_each_piece_and_eight_for_the_last(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    pieces = [frame(CONTINUATION, 0, 1)] * 7
    last = frame(CONTINUATION, END_HEADERS, 1)
    peer.feed(head(1, END_STREAM), *pieces, last, head(3))  # 2 + 14 + 8 = 24
    assert app.begun == 1
    peer.loop.turn()
    assert app.begun == 2
    peer.feed(
        head(5, END_STREAM),
        *[each.replace(b"\0\0\0\1", b"\0\0\0\5") for each in pieces[1:]],
        last.replace(b"\0\0\0\1", b"\0\0\0\5"),
        head(7),
    )
    assert app.begun == 4  # 2 + 12 + 8 = 22, so there is room for the next one


def test_reading_stops_only_while_frames_wait(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 12)  # all that a turn has room for, but nothing waits
    assert peer.wire.reads
    peer.feed(ping() * 13)
    assert not peer.wire.reads
    peer.loop.turn()
    assert peer.wire.reads
    assert len(peer.frames(PING)) == 25


def test_a_frame_whose_rest_is_still_to_come_does_not_wait_for_a_turn(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 12 + ping()[:16])
    assert peer.wire.reads
    peer.feed(ping()[16:])
    assert len(peer.frames(PING)) == 13


def test_frames_that_wait_are_left_alone_once_the_connection_is_lost(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 20)
    peer.connection.connection_lost(None)
    peer.loop.turn(3)
    assert len(peer.frames(PING)) == 12
    assert not peer.wire.reads  # there is nothing to read from


def test_frames_that_wait_are_left_alone_once_the_transport_closes(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 20)
    peer.wire.is_broken = True
    peer.loop.turn(3)
    assert len(peer.frames(PING)) == 12
    assert not peer.wire.reads


def test_frames_that_wait_are_left_alone_once_the_server_closes(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 20)
    peer.connection.shut_down()
    assert peer.wire.end == ["eof"]
    peer.loop.turn(3)
    assert len(peer.frames(PING)) == 12
    assert not peer.wire.reads


def test_frames_that_wait_go_on_when_the_client_takes_answers_again(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 30)
    peer.connection.pause_writing()
    peer.loop.turn(3)
    assert len(peer.frames(PING)) == 12
    peer.resume()
    assert len(peer.frames(PING)) == 12
    peer.loop.turn()
    assert len(peer.frames(PING)) == 6
    assert peer.wire.reads


def test_answers_taken_again_within_a_turn_change_nothing_in_the_order_of_turns(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(b"".join([ping(number) for number in range(30)]))

    def blink() -> None:
        peer.connection.pause_writing()
        peer.connection.resume_writing()
        assert not peer.wire.reads  # frames wait for their turn, which has been asked for

    blink()
    assert peer.wire.written.count(frame(PING, ACK)[3:]) == 12
    peer.loop.turn(3)
    assert [int(each.payload) for each in peer.frames(PING)] == [*range(30)]
    assert peer.wire.reads


def test_a_client_that_takes_no_answers_is_not_read_from(meet: Meet) -> None:
    peer = meet(done)
    peer.pause()
    assert not peer.wire.reads
    peer.resume()
    assert peer.wire.reads


def test_what_comes_while_answers_are_not_taken_keeps_the_clock_of_the_client_running(meet: Meet) -> None:
    peer = meet(done, write_timeout=5.0)
    peer.pause()
    peer.after(3)
    peer.feed(ping())  # it was in the buffers of TLS
    peer.after(1.9)
    assert not peer.wire.end
    peer.after(0.2)
    assert peer.wire.end == ["abort"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(head(1), id="whole"),
        pytest.param(head(1, END_STREAM) + frame(CONTINUATION, END_HEADERS, 1), id="in pieces"),
    ],
)
def test_a_request_that_comes_while_answers_are_not_taken_does_not_stop_that_clock(meet: Meet, more: bytes) -> None:
    app = Held(Response(b""))
    peer = meet(app, write_timeout=5.0)
    peer.pause()
    peer.after(3)
    peer.feed(more)
    app.release()
    peer.loop.turn(2)
    assert peer.answers() == {1: ("200", b"", True)}
    peer.after(1.9)
    assert not peer.wire.end
    peer.after(0.2)
    assert peer.wire.end == ["abort"]


def test_what_comes_after_the_end_is_read_in_sips(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping()[:-1] + b"x" + frame(PING, 0, 1, bytes(8)), ping())
    assert len(peer.frames(PING)) == 1
    peer.feed(b"x" * 1000)
    assert not peer.wire.reads
    peer.loop.now += 0.009
    peer.loop.turn()
    assert not peer.wire.reads
    peer.loop.now += 0.002
    peer.loop.turn()
    assert peer.wire.reads


@pytest.mark.parametrize("end", ["lost", "closing"])
def test_a_sip_is_not_read_from_what_is_closed(meet: Meet, end: str) -> None:
    peer = meet(done)
    peer.feed(frame(PING, 0, 1, bytes(8)))
    peer.feed(b"x")
    if end == "lost":
        peer.connection.connection_lost(None)
    else:
        peer.wire.is_broken = True
    peer.loop.now += 1
    peer.loop.turn()
    assert not peer.wire.reads


@pytest.mark.parametrize("count", [1, 8, 9, 16, 20])
def test_streams_of_a_connection_that_ends_are_stopped_eight_at_a_turn(meet: Meet, count: int) -> None:
    app = Held()
    peer = meet(app)
    for number in range(1, 2 * count, 2):
        peer.feed(head(number))
    peer.frames()
    ended = []
    peer.loop.do(peer.connection.connection_lost, None)
    for _ in range(5):
        peer.loop.turn()
        ended.append(app.ended)
    assert ended == [min(8 * turn, count) for turn in range(1, 6)]
    assert [str(error) for error in app.errors] == ["The client went away."] * count
    assert not peer.frames()  # nothing is written for them


def test_what_comes_while_frames_wait_takes_no_turn_of_its_own(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(ping() * 20)
    peer.connection.data_received(ping() * 10)  # as from TLS, which has read it already
    assert len(peer.frames(PING)) == 12
    peer.loop.turn()
    assert len(peer.frames(PING)) == 12
    peer.loop.turn()
    assert len(peer.frames(PING)) == 6


def test_streams_that_wait_to_be_stopped_write_nothing_any_more(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    for number in range(1, 41, 2):
        peer.feed(head(number))
    app.release()
    peer.frames()
    peer.connection.data_received(frame(PING, 0, 1, bytes(8)))
    peer.loop.turn(5)
    assert [each.kind for each in peer.frames()] == [GOAWAY]
    assert app.ended == 20
    assert not peer.connection._streams
    assert not peer.loop._ready  # type: ignore[attr-defined]  # an attribute of the base: nothing goes round and round


# Section 3.4: the beginning.


@pytest.mark.parametrize("cut", range(1, 24))
def test_3_4_the_preface_may_come_in_two_pieces(meet: Meet, cut: int) -> None:
    peer = meet(done, connected=False)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.feed(PREFACE[:cut])
    assert [each.kind for each in peer.frames()] == [SETTINGS, WINDOW_UPDATE]
    peer.feed(PREFACE[cut:] + frame(SETTINGS))
    assert peer.frames() == [Frame(SETTINGS, ACK, 0, b"")]


@pytest.mark.parametrize("at", range(24))
def test_3_4_a_preface_with_another_octet_is_an_error_as_soon_as_it_comes(meet: Meet, at: int) -> None:
    peer = meet(done, connected=False)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.feed(PREFACE[:at])
    assert not peer.wire.end
    peer.feed(b"\0")
    assert peer.failed() == (0, codes.PROTOCOL_ERROR)
    assert peer.wire.end == ["eof"]


@pytest.mark.parametrize("first", [ping(), frame(SETTINGS, ACK), head(1)], ids=["PING", "acknowledgement", "HEADERS"])
def test_3_4_the_first_frame_is_settings(meet: Meet, first: bytes) -> None:
    peer = meet(done, connected=False)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.feed(PREFACE + first)
    assert peer.failed() == (0, codes.PROTOCOL_ERROR)


def test_3_4_the_server_begins_with_its_settings_and_its_window(meet: Meet) -> None:
    limits = Limits(max_header_bytes=3000, max_target=500)
    for websocket in (False, True):
        peer = meet(done, connected=False, http2_max_streams=7, limits=limits, websocket=websocket)
        peer.loop.do(peer.connection.connection_made, peer.wire)
        first, second = peer.frames()
        assert (first.kind, first.flags, first.stream) == (SETTINGS, 0, 0)
        assert dict(struct.iter_unpack("!HL", first.payload)) == {3: 7, 6: 3500, **({8: 1} if websocket else {})}
        assert (second.kind, second.stream, second.number) == (WINDOW_UPDATE, 0, ALL - 65_535)


# Section 6.8: the end.


def test_6_8_the_last_stream_that_goaway_names_never_grows(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(head(1))
    peer.loop.do(peer.connection.shut_down)
    assert peer.failed() == (1, codes.NO_ERROR)
    peer.feed(head(3))
    assert peer.resets() == {3: codes.REFUSED_STREAM}
    peer.feed(frame(PING, 0, 1, bytes(8)))
    assert peer.failed() == (1, codes.PROTOCOL_ERROR)


def test_6_8_bodies_under_way_to_streams_that_came_too_late_do_not_end_those_that_run(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(head(1))
    peer.loop.do(peer.connection.shut_down)
    peer.feed(post(3), frame(DATA, 0, 3, b"x" * 1000), head(3, END_HEADERS | END_STREAM, b"\x00\x01x\x01y"))
    assert peer.given() == {0: 1000}
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1] == ("200", b"held", True)
    assert app.begun == 1
    assert peer.wire.end == ["eof"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_6_8_a_stop_while_answers_are_not_taken_ends_once_they_are(meet: Meet, when: str) -> None:
    app = Held()
    peer = meet(app)
    if when == "after":
        peer.feed(head(1))
    peer.pause()
    peer.loop.do(peer.connection.shut_down)
    app.release()
    peer.loop.turn(2)
    assert not peer.wire.end
    peer.resume()
    peer.loop.turn(2)
    assert peer.wire.end == ["eof"]


def test_6_8_a_stop_waits_for_each_request_that_runs(meet: Meet) -> None:
    one, other = Held(), Held()

    async def app(request: Request) -> Response:
        return await (one if request.method == "GET" else other)(request)

    peer = meet(app)
    peer.feed(head(1), post(3))
    peer.loop.do(peer.connection.shut_down)
    one.release()
    peer.loop.turn(2)
    assert peer.answers() == {1: ("200", b"held", True)}
    peer.pause()
    peer.resume()
    assert not peer.wire.end
    assert not other.ended
    other.release()
    peer.loop.turn(2)
    assert peer.answers() == {3: ("200", b"held", True)}
    assert peer.wire.end == ["eof"]


def test_what_comes_behind_the_last_request_is_not_looked_at(meet: Meet) -> None:
    peer = meet(done, max_requests=1)
    peer.feed(head(1), ping(), head(3))
    assert [each.kind for each in peer.frames()] == [HEADERS, DATA, GOAWAY]
    assert peer.wire.end == ["eof"]


def test_a_connection_that_begins_while_the_server_stops_has_one_request(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    peer.shared.stopping = True
    peer.feed(head(1), head(3))
    assert peer.failed() == (1, codes.NO_ERROR)
    assert app.begun == 1
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1][1] == b"held"
    assert peer.wire.end == ["eof"]


def test_a_connection_ends_after_as_many_requests_as_it_may_have(meet: Meet) -> None:
    app = Held()
    peer = meet(app, max_requests=3)
    peer.feed(head(1), head(3))
    assert peer.failed() is None
    peer.feed(head(9))
    assert peer.failed() == (9, codes.NO_ERROR)
    assert not peer.wire.end
    peer.feed(head(11))
    assert peer.resets() == {11: codes.REFUSED_STREAM}
    app.release()
    peer.loop.turn(3)
    assert {stream: body for stream, (_, body, _) in peer.answers().items()} == {1: b"held", 3: b"held", 9: b"held"}
    assert peer.wire.end == ["eof"]


# Section 6.9: windows.


def test_6_9_bodies_that_nobody_reads_do_not_use_the_window_of_the_connection_up(meet: Meet) -> None:
    peer = meet(done)
    for number in range(1, 41, 2):
        peer.feed(post(number), *[frame(DATA, 0, number, b"x" * 16_000)] * 4, frame(DATA, END_STREAM, number, b"x"))
        peer.loop.turn(2)
        assert peer.answers()[number] == ("200", b"done", True)
    app = Held()
    peer = meet(app)
    for number in range(1, 41, 2):
        peer.feed(post(number), *[frame(DATA, 0, number, b"x" * 16_000)] * 4, frame(DATA, END_STREAM, number, b"x"))
        app.release()
        peer.loop.turn(2)
        assert peer.given()[0] == 64_001


@pytest.mark.parametrize("how", ["reset by the client", "answered"])
def test_6_9_what_is_read_after_the_end_is_given_back_once(meet: Meet, how: str) -> None:
    bodies: list[bytes] = []
    reading: list[asyncio.Task[None]] = []

    async def app(request: Request) -> Response:
        async def late() -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            with suppress(ClientDisconnected):
                async for chunk in request.body:
                    bodies.append(chunk)

        reading.append(asyncio.create_task(late()))
        if how != "answered":
            await asyncio.Event().wait()
        return Response.text("done")

    peer = meet(app)
    peer.feed(post(1) + frame(DATA, 0, 1, b"x" * 5000) + (b"" if how == "answered" else reset(1)))
    peer.loop.turn(8)
    assert peer.given()[0] == 5000
    assert b"".join(bodies) in {b"", b"x" * 5000}


# Section 6.3 and 6.4.


def test_6_4_no_reset_is_sent_for_a_stream_that_is_idle(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(frame(PRIORITY, 0, 5, bytes(4)))
    assert not peer.resets()
    peer = meet(done)
    peer.feed(frame(PRIORITY, 0, 5, bytes(4)))
    assert peer.failed() == (0, codes.FRAME_SIZE_ERROR)


# Clocks.


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([head(1, END_STREAM, b""), frame(CONTINUATION, END_HEADERS, 1, b"\x00\x01x\x01y")], id="trailers"),
        pytest.param([head(7, END_STREAM, b"\x82"), frame(CONTINUATION, END_HEADERS, 7)], id="malformed"),
        pytest.param(
            [reset(5), post(7), frame(PRIORITY, 0, 7, b""), head(7, 0, b"\x82"), frame(CONTINUATION, END_HEADERS, 7)],
            id="late",
        ),
    ],
)
def test_the_clock_of_a_head_in_pieces_stops_at_its_end(meet: Meet, pieces: list[bytes]) -> None:
    app = Held()
    peer = meet(app, header_timeout=5.0)
    peer.feed(post(1), head(5))
    peer.feed(*pieces)
    peer.after(6)
    assert peer.failed() is None
    app.release()
    peer.loop.turn(3)
    assert peer.answers()[1][1] == b"held"


# Extended CONNECT: section 8.5 and RFC 8441.


def test_8_5_headers_on_a_tunnel_are_a_stream_error(meet: Meet) -> None:
    heard: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        heard.append(await receive())

    peer = meet(cast("Any", app), is_asgi=True, websocket=True)
    fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
    ]
    peer.headers(1, *fields, ("sec-websocket-version", "13"), end=False)
    peer.loop.turn(3)
    assert peer.answers()[1] == ("200", b"", False)
    peer.headers(1, ("x", "y"))
    assert peer.resets() == {1: codes.PROTOCOL_ERROR}
    peer.loop.turn(5)
    assert [message["code"] for message in heard] == [1006]


# RFC 7541, section 4.2.


def test_4_2_sizes_of_the_table_are_signalled_twice_at_most(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(head(1))
    peer.frames()
    peer.feed(settings((1, 4096)))  # as it is already
    peer.feed(settings((1, 2000), (1, 100)), settings(*[(1, size) for size in range(200, 300)]), settings((1, 1000)))
    peer.loop.turn(3)
    peer.feed(head(3))
    payload = peer.frames(HEADERS)[0].payload
    sizes, at = [], 0
    while payload[at] & 0xE0 == 0x20:  # section 6.3
        size, at = payload[at] & 0x1F, at + 1
        if size == 0x1F:
            shift = 0
            while True:
                size += (payload[at] & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if not payload[at - 1] & 0x80:
                    break
        sizes.append(size)
    assert sizes == [100, 1000]
    assert payload[at:]


def test_8_2_2_fields_of_http_1_do_not_go_out_in_trailers_either(meet: Meet) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": b"x"})
        fields = [
            (b"connection", b"close"),
            (b"x-sum", b"1"),
            (b"transfer-encoding", b"chunked"),
            (b"content-length", b"9"),
        ]
        await send({"type": "http.response.trailers", "headers": fields})

    peer = meet(cast("Any", app), is_asgi=True)
    peer.feed(head(1))
    peer.loop.turn(5)
    first, last = peer.frames(HEADERS)
    assert peer.fields(first)[":status"] == "200"
    assert last.flags == END_HEADERS | END_STREAM
    assert peer.fields(last) == {"x-sum": "1"}


# Frames and the rules that they may break: sections 5.1, 6.1 to 6.10.

CALM = codes.ENHANCE_YOUR_CALM
_FAULTS: list[tuple[str, bytes, int]] = [
    ("DATA on the connection", frame(DATA, 0, 0, b"x"), codes.PROTOCOL_ERROR),
    ("DATA on a stream of the server", frame(DATA, 0, 2, b"x"), codes.PROTOCOL_ERROR),
    ("DATA on an idle stream", frame(DATA, 0, 3, b"x"), codes.PROTOCOL_ERROR),
    ("DATA with too much padding", frame(DATA, PADDED, 1, b"\x05abc"), codes.PROTOCOL_ERROR),
    ("HEADERS on the connection", head(0), codes.PROTOCOL_ERROR),
    ("HEADERS on a stream of the server", head(2), codes.PROTOCOL_ERROR),
    ("HEADERS that cannot be decoded", head(3, END_HEADERS, b"\x80"), codes.COMPRESSION_ERROR),
    ("PRIORITY on the connection", frame(PRIORITY, 0, 0, bytes(5)), codes.PROTOCOL_ERROR),
    ("RST_STREAM on the connection", reset(0), codes.PROTOCOL_ERROR),
    ("RST_STREAM on an idle stream", reset(3), codes.PROTOCOL_ERROR),
    ("RST_STREAM on a stream of the server", reset(2), codes.PROTOCOL_ERROR),
    ("RST_STREAM of three octets", frame(RST_STREAM, 0, 1, bytes(3)), codes.FRAME_SIZE_ERROR),
    ("RST_STREAM of five octets", frame(RST_STREAM, 0, 1, bytes(5)), codes.FRAME_SIZE_ERROR),
    ("SETTINGS on a stream", frame(SETTINGS, 0, 1), codes.PROTOCOL_ERROR),
    ("SETTINGS acknowledged with more", frame(SETTINGS, ACK, 0, bytes(6)), codes.FRAME_SIZE_ERROR),
    ("SETTINGS of five octets", frame(SETTINGS, 0, 0, bytes(5)), codes.FRAME_SIZE_ERROR),
    ("SETTINGS of seven octets", frame(SETTINGS, 0, 0, bytes(7)), codes.FRAME_SIZE_ERROR),
    ("ENABLE_PUSH of two", settings((2, 2)), codes.PROTOCOL_ERROR),
    ("an initial window too large", settings((4, 2**31)), codes.FLOW_CONTROL_ERROR),
    ("frames smaller than any", settings((5, 16_383)), codes.PROTOCOL_ERROR),
    ("frames larger than any", settings((5, 2**24)), codes.PROTOCOL_ERROR),
    ("PUSH_PROMISE", frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02\x82"), codes.PROTOCOL_ERROR),
    ("PING on a stream", frame(PING, 0, 1, bytes(8)), codes.PROTOCOL_ERROR),
    ("PING of seven octets", frame(PING, 0, 0, bytes(7)), codes.FRAME_SIZE_ERROR),
    ("PING of nine octets", frame(PING, ACK, 0, bytes(9)), codes.FRAME_SIZE_ERROR),
    ("GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), codes.PROTOCOL_ERROR),
    ("GOAWAY of seven octets", frame(GOAWAY, 0, 0, bytes(7)), codes.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE by nothing", window(0, 0), codes.PROTOCOL_ERROR),
    ("WINDOW_UPDATE by nothing but the reserved bit", window(0, 2**31), codes.PROTOCOL_ERROR),
    ("WINDOW_UPDATE of three octets", frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), codes.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE of five octets", frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\0\1"), codes.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE on an idle stream", window(3, 1), codes.PROTOCOL_ERROR),
    ("WINDOW_UPDATE on a stream of the server", window(2, 1), codes.PROTOCOL_ERROR),
    ("a window too large", window(0, 2**31 - 65_535), codes.FLOW_CONTROL_ERROR),
    ("windows of streams too large", window(1, 2**31 - 65_536) + settings((4, 65_536)), codes.FLOW_CONTROL_ERROR),
    ("CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, b"\x82"), codes.PROTOCOL_ERROR),
    ("CONTINUATION of another stream", head(3, 0) + frame(CONTINUATION, END_HEADERS, 1), codes.PROTOCOL_ERROR),
    ("a block interrupted by another", head(3, 0) + head(5), codes.PROTOCOL_ERROR),
    ("a block interrupted by an unknown frame", head(3, 0) + frame(0x77, 0, 3), codes.PROTOCOL_ERROR),
    ("a block interrupted by DATA", head(3, 0) + frame(DATA, 0, 1, b"x"), codes.PROTOCOL_ERROR),
]


@pytest.mark.parametrize(("fault", "code"), [pytest.param(*each[1:], id=each[0]) for each in _FAULTS])
def test_6_a_frame_that_breaks_a_rule_ends_the_connection(meet: Meet, fault: bytes, code: int) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(post(1))
    peer.frames()
    peer.feed(fault, ping())
    found = peer.frames(GOAWAY, PING)
    assert [each.kind for each in found] == [GOAWAY]
    assert found[0].payload[4:8] == code.to_bytes(4, "big")
    assert len(found[0].payload) > 8  # and the reason
    assert peer.wire.end == ["eof"]
    peer.loop.turn()
    assert [str(error) for error in app.errors] == ["The client went away."]


_STREAM_FAULTS: list[tuple[str, bytes, int]] = [
    ("PRIORITY of four octets", frame(PRIORITY, 0, 1, bytes(4)), codes.FRAME_SIZE_ERROR),
    ("PRIORITY of six octets", frame(PRIORITY, 0, 1, bytes(6)), codes.FRAME_SIZE_ERROR),
    ("WINDOW_UPDATE by nothing", window(1, 0), codes.PROTOCOL_ERROR),
    ("a window too large", window(1, 2**31 - 65_535), codes.FLOW_CONTROL_ERROR),
    ("HEADERS within the body", head(1, END_HEADERS, b"\x00\x01x\x01y"), codes.PROTOCOL_ERROR),
    ("trailers with a pseudo-header", head(1, END_HEADERS | END_STREAM, b"\x82"), codes.PROTOCOL_ERROR),
    ("DATA after the end", frame(DATA, END_STREAM, 1) + frame(DATA, 0, 1, b"x"), codes.STREAM_CLOSED),
    ("HEADERS after the end", frame(DATA, END_STREAM, 1) + head(1), codes.STREAM_CLOSED),
    ("trailers after the end", head(1, 5, b"\x00\x01x\x01y") + head(1, 5, b"\x00\x01x\x01y"), codes.STREAM_CLOSED),
]


@pytest.mark.parametrize(("fault", "code"), [pytest.param(*each[1:], id=each[0]) for each in _STREAM_FAULTS])
def test_5_4_2_a_frame_that_breaks_a_rule_of_its_stream_ends_that_stream(meet: Meet, fault: bytes, code: int) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(post(1), head(3))
    peer.feed(fault)
    assert peer.resets() == {1: code}
    peer.feed(window(1, 1), frame(DATA, 0, 1, b"x" * 100), frame(PRIORITY, 0, 1, bytes(5)), head(1))  # were under way
    assert peer.given() == {0: 100}
    assert [str(error) for error in app.errors] == ["The client went away."]
    app.release()
    peer.loop.turn(2)
    assert peer.answers() == {3: ("200", b"held", True)}
    assert peer.failed() is None


def test_6_frames_at_the_edge_of_a_rule_are_taken(meet: Meet) -> None:
    peer = meet(Held())
    peer.feed(post(1))
    peer.frames()
    peer.feed(
        frame(GOAWAY, 0, 0, bytes(8)),
        frame(GOAWAY, 0, 0, bytes(9)),
        frame(PRIORITY, 0, 9, bytes(5)),
        settings((2, 0), (2, 1), (4, 2**31 - 1), (4, 65_535), (5, 16_384), (5, 2**24 - 1), (9, 2**32 - 1)),
    )
    peer.feed(
        window(0, 2**31 - 1 - 65_535), window(1, 2**31 - 1 - 65_535), frame(SETTINGS, ACK), frame(0x77, 255, 1, b"x")
    )
    peer.feed(ping(5), frame(PING, ACK, 0, b"00000006"))
    assert peer.frames() == [Frame(SETTINGS, ACK, 0, b""), Frame(PING, ACK, 0, b"00000005")]


@pytest.mark.parametrize(
    "late", [head(1), head(1, END_HEADERS), frame(DATA, 0, 1, b"x" * 99), frame(DATA, END_STREAM, 1)]
)
@pytest.mark.parametrize("how", ["answered", "reset by the client", "never opened"])
def test_5_1_what_comes_for_a_closed_stream_ends_the_connection(meet: Meet, how: str, late: bytes) -> None:
    peer = meet(done if how == "answered" else Held())
    peer.feed({"answered": head(1), "reset by the client": post(1) + reset(1), "never opened": head(3)}[how])
    peer.feed(window(1, 1), reset(1), frame(PRIORITY, 0, 1, bytes(5)))  # may have been under way
    assert peer.failed() is None
    peer.feed(late)
    assert peer.failed() == (3 if how == "never opened" else 1, codes.STREAM_CLOSED)


def test_5_1_512_streams_that_were_reset_are_remembered(meet: Meet) -> None:
    peer = meet(done)
    for number in range(1, 2 * 2 * 513, 4):
        peer.feed(
            head(number, END_HEADERS | END_STREAM, b"\x82"), head(number + 2)
        )  # malformed; and one that is answered
    assert len(peer.resets()) == 513
    peer.feed(head(5))  # the second of them
    assert peer.failed() is None
    peer.feed(head(1))
    assert peer.failed() == (2051, codes.STREAM_CLOSED)


# Requests at once: section 5.1.2.


def test_5_1_2_as_many_streams_as_agreed_are_open_at_once(meet: Meet) -> None:
    app = Held()
    peer = meet(app, http2_max_streams=2)
    peer.feed(head(1), head(3), head(5))
    assert (app.begun, peer.resets()) == (2, {5: codes.REFUSED_STREAM})
    app.release()
    peer.loop.turn(2)
    peer.feed(head(7), head(9), head(11))
    assert (app.begun, peer.resets()) == (4, {11: codes.REFUSED_STREAM})


def test_5_1_2_applications_that_work_on_after_a_reset_count_up_to_twice_as_many(meet: Meet) -> None:
    begun = 0
    over = asyncio.Event()

    async def stubborn(request: Request) -> Response:
        nonlocal begun
        begun += 1
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()
        return Response.text("")

    peer = meet(stubborn, http2_max_streams=2)
    for number in (1, 3, 5, 7, 9):
        peer.feed(head(number), reset(number))
        peer.loop.turn()
    assert begun == 4
    assert peer.resets() == {9: codes.REFUSED_STREAM}
    over.set()
    peer.loop.turn(3)
    peer.feed(head(11))
    assert begun == 5


# Windows for what comes: section 6.9.


def test_6_9_the_window_of_the_connection_holds_as_much_as_was_said(meet: Meet) -> None:
    for more, failed in ((16, None), (17, (33, codes.FLOW_CONTROL_ERROR))):
        peer = meet(Held())
        for number in range(1, 32, 2):
            peer.feed(post(number), *[frame(DATA, 0, number, bytes(16_000))] * 4, frame(DATA, 0, number, bytes(1535)))
        peer.feed(post(33), frame(DATA, 0, 33, bytes(more)))
        assert peer.failed() == failed
    peer = meet(Held())
    for number in range(1, 32, 2):
        peer.feed(post(number), *[frame(DATA, 0, number, bytes(16_000))] * 4, frame(DATA, 0, number, bytes(1535)))
    peer.feed(reset(1))
    peer.loop.turn(2)
    assert peer.given() == {0: 65_535}
    peer.feed(post(33), *[frame(DATA, 0, 33, bytes(16_000))] * 4, frame(DATA, 0, 33, bytes(1535)))
    assert peer.failed() is None


def test_6_9_the_window_of_a_stream_holds_as_much_as_is_usual(meet: Meet) -> None:
    peer = meet(Held())
    whole = [frame(DATA, 0, 1, bytes(16_384))] * 3 + [frame(DATA, 0, 1, bytes(16_283)), frame(DATA, 0, 1, bytes(100))]
    peer.feed(post(1), *whole)
    assert peer.frames() == []
    peer.feed(frame(DATA, 0, 1, bytes(1)))
    assert peer.frames() == [
        Frame(WINDOW_UPDATE, 0, 0, struct.pack("!L", 1)),
        Frame(RST_STREAM, 0, 1, struct.pack("!L", codes.FLOW_CONTROL_ERROR)),
        Frame(WINDOW_UPDATE, 0, 0, struct.pack("!L", 65_535)),
    ]


def test_6_9_padding_counts_and_is_given_back_at_once(meet: Meet) -> None:
    peer = meet(Held())
    peer.feed(post(1), frame(DATA, PADDED, 1, b"\x63" + bytes(200 + 99)))
    assert peer.given() == {0: 100, 1: 100}
    peer.feed(*[frame(DATA, 0, 1, bytes(16_384))] * 3, frame(DATA, 0, 1, bytes(16_183)))
    assert not peer.frames()
    peer.feed(frame(DATA, PADDED, 1, b"\0"))  # one octet, the length of the padding
    assert peer.resets() == {1: codes.FLOW_CONTROL_ERROR}


def test_6_9_windows_open_by_what_is_read(meet: Meet) -> None:
    sizes: list[int] = []

    async def app(request: Request) -> Response:
        async for chunk in request.body:
            sizes.append(len(chunk))
        return Response.text(str(sum(sizes)))

    peer = meet(app)
    peer.feed(post(1), frame(DATA, 0, 1, bytes(700)))
    peer.loop.turn(2)
    assert peer.given() == {0: 700, 1: 700}
    peer.feed(frame(DATA, END_STREAM, 1, bytes(300)))
    peer.loop.turn(2)
    found = peer.frames()
    assert [each for each in found if each.kind == WINDOW_UPDATE] == [
        Frame(WINDOW_UPDATE, 0, 0, struct.pack("!L", 300))
    ]
    assert [each.payload for each in found if each.kind == DATA] == [b"1000"]


# Lengths and limits of bodies: section 8.1.1.


@pytest.mark.parametrize(
    ("length", "pieces", "fits"),
    [
        (3, [(b"abc", True)], True),
        (3, [(b"ab", False), (b"c", False), (b"", True)], True),
        (3, [(b"ab", True)], False),
        (3, [(b"abcd", False)], False),
        (3, [(b"abc", False), (b"d", False)], False),
        (0, [(b"", True)], True),
        (0, [(b"a", False)], False),
    ],
)
@pytest.mark.parametrize("trailers", [False, True])
def test_8_1_1_a_body_has_the_length_that_was_announced(
    meet: Meet, length: int, pieces: list[tuple[bytes, bool]], fits: bool, trailers: bool
) -> None:
    peer = meet(read)
    fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
        ("content-length", str(length)),
    ]
    peer.headers(1, *fields, end=False)
    for data, end in pieces:
        peer.feed(frame(DATA, END_STREAM if end and not trailers else 0, 1, data))
    if trailers and not (found := peer.resets()):
        peer.headers(1, ("x-sum", "1"))
        peer.loop.turn(2)
        assert bool(peer.answers().get(1)) == fits
    elif not trailers and fits:
        peer.loop.turn(2)
        assert peer.answers()[1][0] == "200"
    else:
        assert (found if trailers else peer.resets()) == {1: codes.PROTOCOL_ERROR}


@pytest.mark.parametrize(("length", "status"), [("0", "200"), ("1", "")])
def test_8_1_1_a_head_that_ends_its_stream_announces_no_body(meet: Meet, length: str, status: str) -> None:
    peer = meet(done)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("content-length", length)]
    peer.headers(1, *fields)
    if status:
        assert peer.answers()[1][0] == status
    else:
        assert peer.resets() == {1: codes.PROTOCOL_ERROR}


@pytest.mark.parametrize("limits", [Limits(max_body=100, max_upload=50), Limits(max_body=50, max_upload=100)])
def test_a_body_beyond_the_larger_limit_is_not_taken(meet: Meet, limits: Limits) -> None:
    peer = meet(Held(), limits=limits)
    peer.feed(post(1), frame(DATA, 0, 1, bytes(100)))
    assert not peer.frames()
    peer.feed(frame(DATA, 0, 1, bytes(1)))
    assert peer.resets() == {1: codes.CANCEL}


# What may be asked for in vain.


def flood(peer: Peer, one: bytes, most: int, together: int = 0) -> int:
    """Send the same until the server is fed up, at first ten together; return how often it took it."""
    for _ in range(0, together, 10):
        peer.feed(one * 10)
        assert not peer.wire.end
    for count in range(together, most):
        peer.feed(one)
        if peer.wire.end:
            assert peer.failed() == (peer.connection._last, CALM)
            return count
    return most


@pytest.mark.parametrize(
    ("one", "most"),
    [
        pytest.param(ping(), 1998, id="PING"),
        pytest.param(frame(PING, ACK, 0, bytes(8)), 1998, id="PING acknowledged"),
        pytest.param(frame(SETTINGS), 1998, id="SETTINGS"),
        pytest.param(settings(*[(3, 1)] * 100), 1998, id="a hundred settings"),
        pytest.param(settings(*[(3, 1)] * 101), 1998 // (1 + 606 / 60), id="more settings"),
        pytest.param(frame(PRIORITY, 0, 1, bytes(5)), 1998, id="PRIORITY"),
        pytest.param(window(1, 1), 1998, id="WINDOW_UPDATE of the stream"),
        pytest.param(window(0, 1), 1998, id="WINDOW_UPDATE of the connection"),
        pytest.param(frame(0x77), 1998, id="unknown"),
        pytest.param(frame(GOAWAY, 0, 0, bytes(8)), 1998, id="GOAWAY"),
        pytest.param(frame(DATA, 0, 1), 1998, id="empty DATA"),
        pytest.param(frame(DATA, PADDED, 1, b"\x01\x00"), 1998, id="DATA of padding"),
        pytest.param(frame(DATA, 0, 1, bytes(1)), 19_980, id="DATA of one octet"),
        pytest.param(frame(DATA, 0, 1, bytes(63)), 19_980, id="DATA of 63 octets"),
    ],
)
def test_frames_that_bring_little_are_taken_so_often(meet: Meet, one: bytes, most: float) -> None:
    async def app(request: Request) -> Response:
        async for _ in request.body:
            pass
        return Response.text("")

    peer = meet(app, limits=Limits(max_body=2_000_000, max_upload=2_000_000))
    peer.feed(post(1))
    assert flood(peer, one, 20_000, 18_000 if most > 18_000 else 0) in {
        int(most),
        int(most) - 1,
    }  # tenths do not add up to a whole one


def test_frames_that_bring_much_are_taken_without_end(meet: Meet) -> None:
    peer = meet(read, limits=Limits(max_body=2_000_000, max_upload=2_000_000))
    peer.feed(post(1))
    assert flood(peer, frame(DATA, 0, 1, bytes(64)), 20_500, 20_400) == 20_500
    peer.feed(frame(DATA, END_STREAM, 1))
    peer.loop.turn(2)
    assert peer.answers()[1][1] == b"1312000"


def test_what_was_asked_in_vain_is_forgotten_with_time_and_with_work(meet: Meet) -> None:
    peer = meet(done)
    assert flood(peer, ping(), 1999) == 1999
    peer.loop.now += 1
    assert flood(peer, ping(), 190) == 190
    for number in range(1, 21, 2):
        peer.feed(head(number))  # each costs one, and gives two for its DATA and four for its end
    assert flood(peer, ping(), 61) == 60


def test_resets_are_taken_a_hundred_times_and_ten_times_a_second(meet: Meet) -> None:
    for fault in (reset, lambda number: window(number, 0)):
        peer = meet(Held())
        for number in range(1, 201, 2):
            peer.feed(head(number), fault(number))
        assert not peer.wire.end
        peer.loop.now += 0.5
        for number in range(201, 211, 2):
            peer.feed(head(number), fault(number))
        assert not peer.wire.end
        peer.feed(head(211), fault(211))
        assert peer.failed() == (211, CALM)


def test_resets_are_forgotten_with_work(meet: Meet) -> None:
    peer = meet(done)
    for number in range(401, 601, 2):
        peer.feed(head(number, END_HEADERS | END_STREAM, b"\x82"))
    assert not peer.wire.end
    for number in range(601, 611, 2):
        peer.feed(head(number))
    for number in range(611, 621, 2):
        peer.feed(head(number, END_HEADERS | END_STREAM, b"\x82"))
    assert not peer.wire.end
    peer.feed(head(621, END_HEADERS | END_STREAM, b"\x82"))
    assert peer.failed() == (621, CALM)


def test_a_stream_that_the_client_resets_gives_nothing_back(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    for number in range(1, 201, 2):
        peer.feed(head(number), reset(number))
        app.release()
    peer.feed(head(201), reset(201))
    assert peer.failed() == (201, CALM)


# Clocks.


def test_a_client_that_begins_nothing_is_let_go(meet: Meet) -> None:
    peer = meet(done, connected=False, header_timeout=5.0)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.feed(PREFACE[:10])
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.1)
    assert peer.failed() == (0, codes.NO_ERROR)
    assert peer.wire.end == ["eof"]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param([ping()[:3], ping()[3:9], ping()[9:16]], id="a frame"),
        pytest.param([head(1, END_STREAM), frame(CONTINUATION, 0, 1), frame(CONTINUATION, 0, 1)], id="a block"),
        pytest.param([head(1, END_STREAM), frame(CONTINUATION, 0, 1)[:4], frame(CONTINUATION, 0, 1)[4:8]], id="both"),
    ],
)
def test_a_frame_or_a_block_has_some_time_from_its_first_octet(meet: Meet, part: list[bytes]) -> None:
    peer = meet(done, header_timeout=5.0, idle_timeout=100.0)
    peer.after(50)
    for piece in part:
        peer.feed(piece)
        peer.after(1.6)
    assert not peer.wire.end
    peer.after(0.3)
    assert peer.failed() == (0, CALM)


def test_a_block_has_some_time_while_other_requests_run(meet: Meet) -> None:
    for stalled in (False, True):
        peer = meet(Held(), header_timeout=5.0, write_timeout=7.0)
        peer.feed(head(1))
        peer.after(100)
        peer.feed(head(3, END_STREAM))
        if stalled:
            peer.pause()
            peer.after(1)
            peer.resume()
            peer.after(7)
        else:
            peer.after(4.9)
            assert not peer.wire.end
            peer.after(0.2)
        assert peer.failed() == (1, CALM)


def test_a_frame_in_pieces_does_not_end_requests_that_run(meet: Meet) -> None:
    app = Held()
    peer = meet(app, header_timeout=5.0)
    peer.feed(head(1) + ping()[:4])
    peer.after(100)
    assert not peer.wire.end
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1][1] == b"held"
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.2)
    assert peer.failed() == (1, CALM)


def test_a_client_may_be_idle_for_some_time_after_each_request(meet: Meet) -> None:
    app = Held()
    peer = meet(app, idle_timeout=5.0, header_timeout=2.0)
    for number in (1, 3):
        peer.after(0)  # a look at it: from here on
        peer.after(4.9)
        peer.feed(head(number))
        peer.after(50)
        app.release()
        peer.loop.turn(2)
        assert peer.answers()[number][1] == b"held"
    peer.after(0)
    peer.after(4.9)
    peer.feed(ping())
    peer.after(0)
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.1)
    assert peer.failed() == (3, codes.NO_ERROR)


def test_a_connection_that_was_ended_is_cut_after_half_a_second(meet: Meet) -> None:
    peer = meet(done, header_timeout=5.0)
    peer.feed(frame(PING, 0, 1, bytes(8)))
    peer.after(0.49)
    assert peer.wire.end == ["eof"]
    peer.after(0.02)
    assert peer.wire.end == ["eof", "abort"]
    peer.after(100)
    assert peer.wire.end == ["eof", "abort"]


@pytest.mark.parametrize("why", ["no half-close", "answers are not taken"])
def test_a_connection_that_cannot_be_ended_by_half_is_closed(meet: Meet, why: str) -> None:
    peer = meet(done)
    if why == "no half-close":
        peer.wire.can_end = False
    else:
        peer.pause()
    peer.feed(frame(PING, 0, 1, bytes(8)))
    assert peer.wire.end == ["close"]
    peer.resume()
    assert peer.wire.reads == (why == "no half-close")
    peer.after(0.49)
    assert peer.wire.end == ["close"]
    peer.after(0.02)
    assert peer.wire.end == ["close", "abort"]


def test_nothing_is_looked_at_once_the_connection_is_lost(meet: Meet) -> None:
    peer = meet(done, idle_timeout=5.0)
    assert peer.connection in peer.shared.connections
    peer.after(0)
    peer.loop.do(peer.connection.connection_lost, None)
    assert peer.connection not in peer.shared.connections
    peer.after(100)
    assert not peer.wire.end
    assert not peer.frames()
    assert peer.connection.eof_received() is False


def test_a_client_that_takes_no_answers_is_cut_off(meet: Meet) -> None:
    peer = meet(done, write_timeout=5.0, min_rate=100)
    peer.after(50)
    peer.pause(1000)
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.1)
    assert peer.wire.end == ["abort"]


def test_a_client_that_takes_answers_slowly_earns_the_time_for_them(meet: Meet) -> None:
    peer = meet(done, write_timeout=5.0, min_rate=100)
    peer.pause(1000)
    for passed, waiting in (
        (4.0, 800),
        (2.9, 800),
        (0.0, 5000),
        (0.0, 4900),
    ):  # 7 seconds, and one more for the last hundred
        peer.wire.waiting = waiting
        peer.after(passed)
    assert not peer.wire.end
    peer.after(1.0)
    assert not peer.wire.end
    peer.after(0.2)
    assert peer.wire.end == ["abort"]
    peer = meet(done, write_timeout=5.0, min_rate=100)
    peer.pause(100_000)
    peer.after(1)
    peer.wire.waiting = 1000
    peer.after(1)  # no more than the whole time, however much it was
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.1)
    assert peer.wire.end == ["abort"]


# The end: section 6.8.


def test_6_8_a_stop_lets_requests_end_and_takes_no_more(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(head(1))
    for _ in range(2):
        peer.loop.do(peer.connection.shut_down)
    found = peer.frames()
    assert [each.kind for each in found] == [GOAWAY]
    assert found[0] == Frame(GOAWAY, 0, 0, struct.pack("!LL", 1, codes.NO_ERROR))
    assert not peer.wire.end
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1][1] == b"held"
    assert peer.wire.end == ["eof"]
    for _ in range(2):
        peer.loop.do(peer.connection.shut_down)
    assert not peer.frames()
    assert peer.wire.end == ["eof"]


@pytest.mark.parametrize("first", ["failed", "lost"])
def test_6_8_a_stop_of_what_has_ended_does_nothing(meet: Meet, first: str) -> None:
    peer = meet(done)
    if first == "failed":
        peer.feed(frame(PING, 0, 1, bytes(8)))
    else:
        peer.loop.do(peer.connection.connection_lost, None)
    peer.frames()
    peer.loop.do(peer.connection.shut_down)
    assert not peer.frames()
    assert len(peer.wire.end) == (first == "failed")


def test_an_idle_connection_ends_at_once(meet: Meet) -> None:
    peer = meet(done)
    peer.loop.do(peer.connection.shut_down)
    assert peer.failed() == (0, codes.NO_ERROR)
    assert peer.wire.end == ["eof"]
    peer = meet(done)
    peer.connection.cut()
    assert peer.wire.end == ["abort"]


def test_a_connection_too_many_is_refused(meet: Meet) -> None:
    peer = meet(done, connected=False, max_connections=1)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    assert peer.failed() is None
    other, wire = Http2Connection(peer.shared), Wire()
    peer.loop.do(other.connection_made, wire)
    assert wire.end == ["eof"]
    assert struct.pack("!LL", 0, CALM) in wire.written


# What the application hears of the connection.


async def tell(request: Request) -> Response:
    return Response.json(
        [request.client, request.server, request.scheme, request.http_version, request.path, request.root_path]
    )


@pytest.mark.parametrize(
    ("known", "through", "seen"),
    [
        ({}, None, b'[["192.0.2.1",4000],["192.0.2.2",80],"http"'),
        ({"sslcontext": object()}, None, b'[["192.0.2.1",4000],["192.0.2.2",80],"https"'),
        ({}, (("198.51.100.1", 9), ("198.51.100.2", 10)), b'[["198.51.100.1",9],["198.51.100.2",10],"http"'),
        ({}, (("198.51.100.1", 9), None), b'[["198.51.100.1",9],["192.0.2.2",80],"http"'),
    ],
)
def test_a_request_knows_whence_it_came(meet: Meet, known: dict[str, object], through: Any, seen: bytes) -> None:
    peer = meet(tell, known=known, root_path="/shop")
    if through:
        peer.connection.arrived_through(*through)
    peer.headers(1, (":method", "GET"), (":scheme", "http"), (":path", "/shop/a%20b"), (":authority", "a"))
    assert peer.answers()[1][1] == seen + b',"2","/a b","/shop"]'


# The upgrade: RFC 7540, section 3.2.


def first() -> Message:
    message = Message("GET", "1.1")
    message.path, message.fields, message.values, message.length = b"/", [(b"host", b"a")], {b"host": b"a"}, -1
    return message


def test_3_2_the_request_that_asked_is_stream_1_and_has_the_time_that_it_needs(meet: Meet) -> None:
    app = Held(Response(b"x" * 100))
    peer = meet(app, connected=False, header_timeout=5.0)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.loop.do(peer.connection.take_first, first(), struct.pack("!HL", 4, 30))
    peer.after(100)
    assert not peer.wire.end
    peer.feed(PREFACE + frame(SETTINGS))
    app.release()
    peer.loop.turn(2)
    assert peer.answers() == {1: ("200", b"x" * 30, False)}
    peer.feed(window(1, 70), head(3))
    peer.loop.turn(2)
    assert peer.answers() == {1: ("", b"x" * 70, True)}
    assert app.begun == 2
    peer.feed(head(1))
    assert peer.failed() == (3, codes.STREAM_CLOSED)


def test_3_2_who_asked_and_does_not_begin_is_let_go_after_the_answer(meet: Meet) -> None:
    peer = meet(done, connected=False, header_timeout=5.0)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.loop.do(peer.connection.take_first, first(), b"")
    assert peer.answers()[1] == ("200", b"done", True)
    peer.after(4.9)
    assert not peer.wire.end
    peer.after(0.2)
    assert peer.failed() == (1, codes.NO_ERROR)


def test_3_2_settings_that_are_not_allowed_end_it(meet: Meet) -> None:
    peer = meet(done, connected=False)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.loop.do(peer.connection.take_first, first(), struct.pack("!HL", 2, 2))
    assert peer.failed() == (0, codes.PROTOCOL_ERROR)
    assert peer.wire.end == ["eof"]


def test_3_2_the_request_that_asked_counts(meet: Meet) -> None:
    peer = meet(done, connected=False, max_requests=1)
    peer.loop.do(peer.connection.connection_made, peer.wire)
    peer.loop.do(peer.connection.take_first, first(), b"")
    assert peer.failed() == (1, codes.NO_ERROR)
    assert peer.wire.end == ["eof"]


# One stream: what it answers.


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "partita.server" and record.levelno >= logging.ERROR
    ]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(
    ("error", "answer", "logged"),
    [
        (Conflict("no"), ("409", None), None),
        (ZeroDivisionError("secret"), ("500", b"Something went wrong here.\n"), "An error while answering GET b'/'"),
        (ClientDisconnected("?"), codes.INTERNAL_ERROR, None),
        (asyncio.CancelledError(), codes.INTERNAL_ERROR, None),
        (ResponseAborted("?"), codes.INTERNAL_ERROR, "An error while answering b'/'"),
    ],
)
def test_what_an_application_raises_is_answered(
    meet: Meet, caplog: pytest.LogCaptureFixture, error: BaseException, answer: Any, logged: str | None, waits: bool
) -> None:
    async def app(request: Request) -> Response:
        if waits:
            await asyncio.sleep(0)
        raise error

    peer = meet(app)
    peer.feed(head(1))
    peer.loop.turn(3)
    if isinstance(answer, tuple):
        status, body, ended = peer.answers()[1]
        assert (status, ended) == (answer[0], True)
        assert answer[1] in {None, body}
    else:
        assert peer.resets() == {1: answer}
    assert errors(caplog) == ([] if logged is None else [logged])
    assert peer.failed() is None
    peer.feed(head(3))
    peer.loop.turn(3)
    assert peer.frames()


def test_a_path_in_the_log_is_cut(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    async def app(request: Request) -> Response:
        if request.method == "GET":
            raise ZeroDivisionError
        return None  # type: ignore[return-value]  # the mistake

    peer = meet(app)
    for stream, method in ((1, "GET"), (3, "PUT")):
        peer.headers(stream, (":method", method), (":scheme", "http"), (":path", "/" + "x" * 300), (":authority", "a"))
    path = b"/" + b"x" * 199
    assert errors(caplog) == [
        f"An error while answering GET {path!r}",
        f"The application gave no response to PUT {path!r}",
    ]
    assert {answer[:2] for answer in peer.answers().values()} == {("500", b"Something went wrong here.\n")}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 204, 304, 404])
@pytest.mark.parametrize("body", [b"body", b"", "pieces", "announced", "none"])
def test_8_1_an_answer_has_a_head_and_a_body_where_there_may_be_one(
    meet: Meet, method: str, status: int, body: Any
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        if body != "none":
            yield b"bo"
            yield b""
            yield b"dy"

    async def app(request: Request) -> Response:
        given = body if isinstance(body, bytes) else pieces()
        fields = {
            "x-a": "b",
            "connection": "close",
            "date": "never",
            **({"content-length": "4"} if body == "announced" else {}),
        }
        return Response(given, status, fields)

    peer = meet(app)
    peer.headers(1, (":method", method), (":scheme", "http"), (":path", "/"), (":authority", "a"))
    peer.loop.turn(3)
    found = peer.frames()
    assert [each.flags for each in found] == [END_HEADERS] * (len(found) > 1) + [0] * (len(found) - 2) + [
        found[-1].flags
    ]
    assert bool(found[-1].flags & END_STREAM)
    fields = peer.fields(found[0])
    length = {b"body": "4", b"": "0", "announced": "4"}.get(body) if status not in {204, 304} else None
    assert fields.pop("content-length", None) == length
    fields.pop("content-type", None)
    assert fields == {":status": str(status), "date": "Thu, 01 Jan 1970 00:00:00 GMT", "x-a": "b"}
    sent = b"".join([each.payload for each in found if each.kind == DATA])
    assert sent == (b"body" if method == "GET" and status in {200, 404} and body not in {b"", "none"} else b"")
    assert peer.resets() == {}


def test_8_1_an_answer_in_one_piece_is_as_few_frames_as_can_be(meet: Meet) -> None:
    for body, kinds in ((b"x", [HEADERS, DATA]), (b"", [HEADERS]), (b"x" * 16_385, [HEADERS, DATA, DATA])):
        app = Held(Response(body))
        peer = meet(app)
        peer.feed(head(1))
        app.release()
        peer.loop.turn(2)
        assert [each.kind for each in peer.frames()] == kinds


def test_8_1_an_answer_before_the_end_of_the_body_is_followed_by_a_reset(meet: Meet) -> None:
    peer = meet(done)
    peer.feed(post(1))
    found = peer.frames()
    assert [(each.kind, each.flags) for each in found] == [(HEADERS, END_HEADERS), (DATA, END_STREAM), (RST_STREAM, 0)]
    assert found[-1].number == codes.NO_ERROR
    peer.feed(frame(DATA, END_STREAM, 1, bytes(100)))
    assert peer.given() == {0: 100}


def test_8_1_what_is_refused_is_answered_before_its_body_comes(meet: Meet) -> None:
    peer = meet(done, limits=Limits(max_headers=2))
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("b", "c"), ("d", "e")]
    peer.headers(1, *fields, end=False)
    found = peer.frames()
    assert peer.fields(found[0])[":status"] == "431"
    assert (found[-1].kind, found[-1].number) == (RST_STREAM, codes.NO_ERROR)


# The request's body.


async def read_twice(request: Request) -> Response:
    try:
        data = await request.aread()
    except ClientDisconnected:
        return Response.text("gone")
    return Response.text(f"{len(data)}")


def test_10_1_1_100_continue_is_sent_once_and_when_the_body_is_wanted(meet: Meet) -> None:
    peer = meet(read)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("expect", "100-continue")]
    peer.headers(1, *fields, end=False)
    peer.loop.turn(2)
    (interim,) = peer.frames()
    assert (interim.kind, interim.flags, peer.fields(interim)) == (HEADERS, END_HEADERS, {":status": "100"})
    peer.feed(frame(DATA, 0, 1, b"ab"))
    peer.feed(frame(DATA, END_STREAM, 1, b"c"))
    peer.loop.turn(2)
    assert peer.answers() == {1: ("200", b"3", True)}
    peer.headers(3, *fields, end=False)
    peer.feed(frame(DATA, END_STREAM, 3, b"c"))
    peer.headers(5, *fields)  # there is no body to wait for
    peer.loop.turn(2)
    assert {stream: answer[:2] for stream, answer in peer.answers().items()} == {3: ("200", b"1"), 5: ("200", b"0")}


def test_10_1_1_no_100_continue_comes_behind_the_head_of_the_answer(meet: Meet) -> None:
    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            async for chunk in request.body:
                yield chunk

        return Response(pieces(), 200)

    peer = meet(app)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a"), ("expect", "100-continue")]
    peer.headers(1, *fields, end=False)
    peer.loop.turn(2)
    (found,) = peer.frames()
    assert peer.fields(found)[":status"] == "200"  # which says just as well that the body is wanted
    peer.feed(frame(DATA, END_STREAM, 1, b"abc"))
    peer.loop.turn(3)
    assert peer.answers() == {1: ("", b"abc", True)}


def test_a_body_that_is_awaited_comes_in_time_or_is_refused(meet: Meet) -> None:
    peer = meet(read, body_timeout=5.0, min_rate=100, limits=Limits(max_body=10_000))
    peer.after(100)
    peer.feed(post(1))
    peer.after(4.9)
    assert not peer.frames()
    peer.after(0.1)
    peer.loop.turn(2)
    status, _, ended = peer.answers()[1]
    assert (status, ended) == ("408", True)
    peer.after(100)
    assert peer.failed() is None


def test_each_piece_of_a_body_sets_the_clock_anew(meet: Meet) -> None:
    peer = meet(read, body_timeout=5.0)
    peer.feed(post(1))
    for _ in range(3):
        peer.after(4.9)
        peer.feed(frame(DATA, 0, 1, b"x"))
        peer.loop.turn(2)
    peer.after(4.9)
    assert not peer.frames(HEADERS)
    peer.after(0.1)
    peer.loop.turn(2)
    assert peer.answers()[1][0] == "408"


def test_a_piece_without_octets_does_not(meet: Meet) -> None:
    peer = meet(read, body_timeout=5.0)
    peer.feed(post(1))
    peer.after(3)
    peer.feed(frame(DATA, 0, 1), frame(DATA, PADDED, 1, b"\x01\0"))
    peer.loop.turn(2)
    peer.after(2)
    peer.loop.turn(2)
    assert peer.answers()[1][0] == "408"


def test_a_body_that_is_not_awaited_may_take_its_time(meet: Meet) -> None:
    app = Held()
    peer = meet(app, body_timeout=5.0)
    peer.feed(post(1))
    peer.after(100)
    assert not peer.frames()
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1][:2] == ("200", b"held")


def test_a_body_that_came_in_time_leaves_no_clock_behind(meet: Meet) -> None:
    go_on: list[asyncio.Future[None]] = []

    async def app(request: Request) -> Response:
        size = len(await request.aread())
        go_on.append(asyncio.get_running_loop().create_future())
        await go_on[0]
        return Response.text(str(size))

    peer = meet(app, body_timeout=5.0)
    peer.feed(post(1))
    peer.after(4)
    peer.feed(frame(DATA, END_STREAM, 1, b"abc"))
    peer.after(100)
    go_on[0].set_result(None)
    peer.loop.turn(2)
    assert peer.answers()[1] == ("200", b"3", True)


@pytest.mark.parametrize("how", ["the stream", "the connection"])
def test_a_client_that_leaves_is_told_to_who_reads(meet: Meet, how: str) -> None:
    seen: list[str] = []

    async def app(request: Request) -> Response:
        try:
            await request.aread()
        except (ClientDisconnected, asyncio.CancelledError) as error:
            seen.append(str(error))
            raise
        return Response.text("")

    peer = meet(app)
    peer.feed(post(1))
    peer.frames()
    if how == "the stream":
        peer.feed(reset(1))
    else:
        peer.loop.do(peer.connection.connection_lost, None)
    peer.loop.turn(2)
    assert seen == ["The client went away."]
    assert not peer.frames()


# Windows for what goes out: section 6.9.


def data_of(peer: Peer) -> list[int]:
    return [len(each.payload) for each in peer.frames(DATA)]


def test_6_9_an_answer_takes_what_both_windows_allow(meet: Meet) -> None:
    app = Held(Response(b"x" * 100_000))
    peer = meet(app)
    peer.feed(settings((4, 20_000)), window(0, 10), head(1), head(3))
    app.release()
    peer.loop.turn(2)
    assert data_of(peer) == [16_384, 3616, 16_384, 3616]
    peer.feed(window(1, 100), window(3, 1))
    peer.loop.turn(2)
    assert data_of(peer) == [100, 1]
    peer.feed(settings((4, 50_000)))
    peer.loop.turn(2)
    assert sum(data_of(peer)) == 65_545 - 40_101
    peer.feed(window(0, 1))
    peer.loop.turn(2)
    assert data_of(peer) == [1]
    peer.feed(window(0, 200_000))
    peer.loop.turn(4)
    assert sum(data_of(peer)) == 2 * 50_000 + 101 - 65_546
    peer.feed(window(1, 60_000), window(3, 60_000))
    peer.loop.turn(4)
    found = peer.frames(DATA)
    assert sum(len(each.payload) for each in found) == 200_000 - 100_101
    assert [each.stream for each in found if each.flags & END_STREAM] == [1, 3]
    assert peer.failed() is None


def test_6_9_2_a_window_may_be_less_than_nothing(meet: Meet) -> None:
    app = Held(Response(b"x" * 100))
    peer = meet(app)
    peer.feed(settings((4, 60)), head(1))
    app.release()
    peer.loop.turn(2)
    assert data_of(peer) == [60]
    peer.feed(settings((4, 10)), window(1, 49))
    peer.loop.turn(2)
    assert data_of(peer) == []
    peer.feed(window(1, 3))
    peer.loop.turn(2)
    assert data_of(peer) == [2]
    peer.feed(head(3))
    app.release()
    peer.loop.turn(2)
    assert data_of(peer) == [10]


@pytest.mark.parametrize(("size", "most"), [(16_384, 16_384), (20_000, 20_000), (65_536, 65_536), (2**24 - 1, 65_536)])
def test_6_5_2_frames_are_as_large_as_the_client_takes_and_no_larger_than_is_fair(
    meet: Meet, size: int, most: int
) -> None:
    app = Held(Response(b"x" * 100_000, headers={"x-long": "ab" * 20_000}))
    peer = meet(app)
    peer.feed(settings((4, 1_000_000), (5, size)), window(0, 1_000_000), head(1))
    app.release()
    peer.loop.turn(4)
    found = peer.frames()
    assert max(len(each.payload) for each in found if each.kind == DATA) == most
    assert max(len(each.payload) for each in found if each.kind in {HEADERS, CONTINUATION}) == 16_384
    assert sum(len(each.payload) for each in found if each.kind == DATA) == 100_000


def test_a_long_answer_gives_others_their_turn(meet: Meet) -> None:
    app = Held(Response(b"x" * 200_000))
    peer = meet(app)
    peer.feed(settings((4, 1_000_000)), window(0, 1_000_000), head(1))
    app.release()
    sizes = []
    for _ in range(6):
        peer.loop.turn()
        sizes.append(sum(data_of(peer)))
    assert [size for size in sizes if size] == [65_536, 65_536, 65_536, 3392]


def test_nothing_goes_out_while_the_client_takes_nothing(meet: Meet) -> None:
    app = Held(Response(b"x" * 100))
    peer = meet(app)
    peer.feed(head(1))
    peer.pause()
    app.release()
    peer.loop.turn(3)
    assert data_of(peer) == []
    peer.resume()
    peer.loop.turn(2)
    assert data_of(peer) == [100]


def test_a_client_that_opens_no_window_is_cut_off_and_others_are_not(meet: Meet) -> None:
    app = Held(Response(b"x" * 100))
    peer = meet(app, write_timeout=5.0, min_rate=100)
    peer.feed(settings((4, 50)), head(1), head(3))
    app.release()
    peer.loop.turn(2)
    assert data_of(peer) == [50, 50]
    peer.after(3)
    peer.feed(window(1, 10), window(3, 50))
    peer.loop.turn(2)
    assert data_of(peer) == [10, 50]
    peer.after(2.0)  # ten octets earned a tenth of a second
    assert not peer.frames()
    peer.after(0.2)
    peer.loop.turn(2)
    assert peer.resets() == {1: codes.CANCEL}
    peer.after(100)
    peer.loop.turn(2)
    assert not peer.resets()


def test_time_that_was_waited_is_earned_back_up_to_the_whole(meet: Meet) -> None:
    app = Held(Response(b"x" * 3000))
    peer = meet(app, write_timeout=5.0, min_rate=100)
    peer.feed(settings((4, 50)), head(1))
    app.release()
    peer.loop.turn(2)
    for opened, waits in ((2000, 4.9), (100, 4.9), (100, 1.0)):
        peer.after(waits)
        assert not peer.resets()
        peer.feed(window(1, opened))
        peer.loop.turn(2)
    # 5; then 0.1 and the whole again; then 0.1 and one second; then nearly nothing and one second
    peer.after(0.9)
    assert not peer.resets()
    peer.after(0.3)
    assert peer.resets() == {1: codes.CANCEL}


def test_an_application_whose_client_takes_nothing_goes_no_further(
    meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[int] = []

    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(5):
                yield b"x" * 100
                sent.append(number)

        return Response(pieces(), 200)

    peer = meet(app, write_timeout=5.0)
    peer.feed(settings((4, 250)), head(1))
    peer.loop.turn(2)
    assert sent == [0, 1]
    peer.after(5.1)
    peer.loop.turn(3)
    assert peer.resets() == {1: codes.CANCEL}
    assert sent == [0, 1]
    assert not errors(caplog)


# The time of the application.


def test_an_application_that_takes_too_long_is_cancelled_and_answered_for(
    meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    app = Held()
    peer = meet(app, handler_timeout=5.0)
    peer.after(100)
    peer.feed(head(1))
    peer.after(4.9)
    assert not peer.frames()
    peer.after(0.1)
    peer.loop.turn(2)
    found = peer.frames()
    fields = peer.fields(found[0])
    assert (fields[":status"], fields["retry-after"]) == ("503", "5")
    assert errors(caplog) == ["The application took too long to answer '/'"]
    assert len(app.errors) == 1
    peer.after(100)
    assert len(errors(caplog)) == 1


def test_a_path_of_an_application_that_takes_too_long_is_cut_in_the_log(
    meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    peer = meet(Held(), handler_timeout=5.0)
    peer.headers(1, (":method", "GET"), (":scheme", "http"), (":path", "/" + "x" * 300), (":authority", "a"))
    peer.after(5)
    assert errors(caplog) == [f"The application took too long to answer {'/' + 'x' * 199!r}"]


def test_an_application_that_has_begun_to_answer_may_take_its_time(
    meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    held = Held()

    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"a"
            await held(request)
            yield b"b"

        return Response(pieces(), 200)

    peer = meet(app, handler_timeout=5.0)
    peer.feed(head(1))
    peer.loop.turn(2)
    peer.after(100)
    held.release()
    peer.loop.turn(3)
    assert peer.answers()[1] == ("200", b"ab", True)
    assert not errors(caplog)


def test_an_application_that_is_cancelled_for_its_client_is_not_too_slow(meet: Meet) -> None:
    app = Held()
    peer = meet(app, handler_timeout=5.0)
    peer.feed(head(1), reset(1))
    peer.loop.turn(3)
    assert len(app.errors) == 1
    assert not peer.frames()


def test_without_a_limit_an_application_may_take_its_time(meet: Meet) -> None:
    app = Held()
    peer = meet(app)
    peer.feed(head(1))
    peer.after(100_000)
    app.release()
    peer.loop.turn(2)
    assert peer.answers()[1][1] == b"held"


# The access log.


def access(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    found = [json.loads(record.getMessage()) for record in caplog.records if record.name == "partita.server.access"]
    for each in found:
        del each["time"]
    caplog.clear()
    return found


def test_each_request_is_a_line_in_the_log(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    app = Held(Response(b"x" * 100))
    peer = meet(app, access_log="json")
    fields = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/a?b"),
        (":authority", "a"),
        ("referer", "r"),
        ("user-agent", "u"),
    ]
    peer.headers(1, *fields)
    peer.loop.now += 1.2345678
    app.release()
    peer.loop.turn(2)
    line = {"client": "192.0.2.1", "method": "GET", "path": "/a", "status": 200, "bytes": 100, "milliseconds": 1234.568}
    assert access(caplog) == [{**line, "referer": "r", "user_agent": "u"}]
    peer.feed(head(3), reset(3))
    peer.loop.turn(3)
    assert access(caplog) == [{**line, "path": "/", "status": 499, "bytes": 0, "milliseconds": 0.0}]
    peer.headers(5, (":method", "CONNECT"), (":authority", "a"))
    assert [(each["client"], each["method"], each["path"], each["status"]) for each in access(caplog)] == [
        ("-", "CONNECT", "", 501)
    ]


def test_without_a_log_there_are_no_lines(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")
    peer = meet(done)
    peer.feed(head(1))
    assert not access(caplog)


def test_an_answer_piece_by_piece_is_logged_with_its_size(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")

    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"abc"
            yield b"de"

        return Response(pieces(), 201)

    peer = meet(app, access_log="json")
    peer.feed(head(1))
    peer.loop.turn(3)
    assert [(each["status"], each["bytes"]) for each in access(caplog)] == [(201, 5)]


# ASGI: what is written by the application itself.


def told(*messages: dict[str, Any]) -> Callable[..., Any]:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


BEGIN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


LAST: dict[str, Any] = {**BEGIN, "trailers": True}


@pytest.mark.parametrize(
    ("messages", "fits", "fits_head"),
    [
        pytest.param([BEGIN, piece(b"abc"), piece(b"d", False)], True, True, id="as announced"),
        pytest.param([BEGIN, piece(b"abc"), piece(b"de"), piece(b"", False)], False, True, id="longer"),
        pytest.param([BEGIN, piece(b"abc"), piece(b"", False)], False, True, id="shorter"),
        pytest.param([BEGIN, piece(b"abc")], False, False, id="not ended"),
        pytest.param([LAST, piece(b"abc"), piece(b"d", False), TRAILERS], True, True, id="with trailers"),
        pytest.param([LAST, piece(b"abc"), piece(b"", False), TRAILERS], False, True, id="shorter, with trailers"),
    ],
)
def test_an_answer_that_does_not_fit_its_length_resets_its_stream(
    meet: Meet, messages: list[dict[str, Any]], fits: bool, fits_head: bool
) -> None:
    peer = meet(cast("Any", told(*messages)), is_asgi=True)
    for stream, method, body, is_whole in ((1, "GET", b"abcd", fits), (3, "HEAD", b"", fits_head)):
        peer.headers(stream, (":method", method), (":scheme", "http"), (":path", "/"), (":authority", "a"))
        peer.loop.turn(6)
        found = peer.frames()
        if is_whole:
            assert [each.kind for each in found if each.flags & END_STREAM] == [found[-1].kind]
            assert b"".join([each.payload for each in found if each.kind == DATA]) == body
        else:
            assert (found[-1].kind, found[-1].number) == (RST_STREAM, codes.INTERNAL_ERROR)
            assert sum(len(each.payload) for each in found if each.kind == DATA) <= len(body)
    assert peer.failed() is None


def test_a_client_that_takes_nothing_of_an_asgi_application_is_no_error_of_that(
    meet: Meet, caplog: pytest.LogCaptureFixture
) -> None:
    peer = meet(cast("Any", told(LAST, piece(b"abc"), piece(b"d", False), TRAILERS)), is_asgi=True, write_timeout=5.0)
    peer.feed(settings((4, 1)), head(1))
    peer.loop.turn(4)
    peer.after(5.1)
    peer.loop.turn(4)
    assert peer.resets() == {1: codes.CANCEL}
    assert not peer.frames()
    assert not errors(caplog)


def test_a_file_has_the_length_that_it_has(meet: Meet, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)

    async def app(request: Request) -> Response:
        return Response(FileBody.open(path), 200)

    peer = meet(app)
    peer.feed(head(1))
    for _ in range(200):
        peer.loop.turn()
        if b"x" * 1000 in peer.wire.written:
            break
        time.sleep(0.01)  # a thread reads the file
    peer.loop.turn(5)
    found = peer.frames()
    assert peer.fields(found[0])["content-length"] == "1000"


def test_rfc_8297_hints_come_before_the_answer(meet: Meet) -> None:
    hint = {"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]}
    peer = meet(cast("Any", told(hint, BEGIN, piece(b"abcd", False))), is_asgi=True)
    peer.feed(head(1))
    peer.loop.turn(4)
    interim, final = peer.frames(HEADERS)
    assert (interim.flags, peer.fields(interim)) == (END_HEADERS, {":status": "103", "link": "</a>; rel=preload"})
    assert peer.fields(final)[":status"] == "200"


def test_what_is_written_for_a_stream_that_was_reset_goes_nowhere(meet: Meet) -> None:
    ended: list[str] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for message in (
            {"type": "http.response.early_hint", "links": [b"</a>"]},
            {**BEGIN, "trailers": True},
            piece(b"abcd"),
            TRAILERS,
        ):
            try:
                await send(message)
            except Exception as error:  # noqa: BLE001 - whichever it is
                ended.append(type(error).__name__)

    peer = meet(cast("Any", app), is_asgi=True)
    peer.feed(head(1), reset(1))
    peer.frames()
    peer.loop.turn(6)
    assert not peer.frames()
    assert ended == ["ResponseAborted"] * 4


# Whatever comes.

STREAMS = st.sampled_from([0, 1, 2, 3, 5, 7])


def upload(stream: int, data: bytes, method: bytes) -> bytes:
    return head(stream, END_HEADERS, method) + frame(DATA, 0, stream, data) + frame(DATA, END_STREAM, stream, data)


SOME = st.one_of(
    st.builds(
        head,
        STREAMS,
        st.sampled_from([END_HEADERS, END_HEADERS | END_STREAM, 0, END_STREAM, 0xFF]),
        st.sampled_from([BLOCK, POST, b"\x00\x01x\x01y", b"\x82", b"\0" + BLOCK]),
    ),
    st.builds(upload, STREAMS, st.binary(max_size=300), st.sampled_from([BLOCK, POST])),
    st.builds(post, STREAMS),
    st.builds(frame, st.just(DATA), st.sampled_from([0, 0, END_STREAM, PADDED]), STREAMS, st.binary(max_size=300)),
    st.builds(window, STREAMS, st.sampled_from([0, 1, 10, 100_000, 2**31 - 1])),
    st.builds(reset, STREAMS),
    st.builds(settings, st.tuples(st.integers(0, 8), st.sampled_from([0, 1, 16_384, 65_535, 2**31 - 1, 2**31]))),
    st.builds(frame, st.integers(0, 12), st.integers(0, 255), STREAMS, st.binary(max_size=12)),
)


def sent_in(data: bytes) -> int:
    """Return how many octets of DATA frames there are."""
    found = 0
    while data:
        size = int.from_bytes(data[:3], "big")
        found += size if data[3] == DATA else 0
        data = data[9 + size :]
    return found


async def some(request: Request) -> Response:
    """Read some of the body, or all, or nothing, and answer at once or later."""
    if request.method == "POST":
        async for chunk in request.body:
            if len(chunk) % 2:
                break
    await asyncio.sleep(0)
    return Response(b"x" * 50)


@given(st.lists(SOME, max_size=30), st.lists(st.integers(0, 3), max_size=30))
def test_whatever_comes_nothing_breaks_and_what_came_is_given_back_once(pieces: list[bytes], turns: list[int]) -> None:
    peer = Peer(some)
    sent = given = 0
    try:
        for at, each in enumerate(pieces):
            peer.feed(each)
            peer.loop.turn(turns[at] if at < len(turns) else 0)
            sent += sent_in(each)
            given += peer.given().get(0, 0)
            assert given <= sent
            if peer.wire.end:
                return
        peer.feed(*[reset(number) for number in peer.connection._streams])
        peer.loop.turn(3)
        # A block that has not ended does not let anything else come.
        assert peer.wire.end or given + peer.given().get(0, 0) == sent
    finally:
        peer.close()
    assert not peer.connection._running
    assert not peer.connection._streams
    assert not peer.shared.connections
