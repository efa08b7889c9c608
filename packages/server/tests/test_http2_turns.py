"""A flood of frames on one connection of HTTP/2 leaves others their turns of the event loop."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from partita.http import Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.http2 import codes
from partita.server.http2.connection import Http2Connection
from partita.server.http2.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    PRIORITY,
    SETTINGS,
    FrameReader,
    frame,
    settings_payload,
)
from partita.server.http2.receiving import _TURN
from partita.server.shared import Shared

BLOCK = b"\x82\x86\x84\x41\x01a"  # GET http / with the authority "a"
BEGIN = PREFACE + frame(SETTINGS, 0, 0)
FEW = _TURN // 2  # frames that one turn may take, each of which costs something


class Recorder(asyncio.Transport):
    """A transport that keeps what is written, and whether it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reads = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        reader = FrameReader()
        reader.add(self.written)
        found = []
        while (each := reader.next()) is not None:
            found.append(each)
        return found


Hold = Callable[[Request], object]


def flooded(
    data: bytes, handler: Hold, then: Callable[[Http2Connection, Recorder], None] | None = None, turns: int = 400
) -> tuple[list[int], Recorder]:
    """Return how many frames or answers there were at the end of each turn, and the transport."""

    async def main() -> tuple[list[int], Recorder]:
        loop = asyncio.get_running_loop()
        shared = Shared(native(handler), Options(), loop, wants_outgoing=False)  # type: ignore[arg-type]
        transport, connection = Recorder(), Http2Connection(shared)
        connection.connection_made(transport)
        counts: list[int] = []

        def others() -> None:  # whoever else is on this loop
            counts.append(len(transport.frames()))
            if len(counts) < turns:
                loop.call_soon(others)
            else:
                done.set_result(None)

        done = loop.create_future()
        loop.call_soon(others)
        loop.call_soon(connection.data_received, BEGIN)
        loop.call_soon(connection.data_received, data)
        if then is not None:
            loop.call_soon(then, connection, transport)
        await done
        connection.connection_lost(None)
        await asyncio.sleep(0.05)
        return counts, transport

    return asyncio.run(main())


async def at_once(request: Request) -> Response:
    return Response.text("")


def most(counts: list[int]) -> int:
    return max(after - before for before, after in pairwise(counts))


def test_frames_that_come_together_are_taken_in_several_turns_and_in_order() -> None:
    pings = [b"%08d" % number for number in range(500)]
    counts, transport = flooded(b"".join([frame(PING, 0, 0, each) for each in pings]), at_once)
    assert most(counts) <= FEW + 4  # those that begin the connection come first
    assert [payload for kind, flags, _, payload in transport.frames() if kind == PING and flags & ACK] == pings
    assert transport.reads


def test_a_request_counts_for_several_frames() -> None:
    heads = b"".join([frame(HEADERS, END_HEADERS | END_STREAM, number, BLOCK) for number in range(1, 401, 2)])
    counts, transport = flooded(heads, at_once)
    assert most(counts[1:]) <= FEW
    assert len([kind for kind, *_ in transport.frames() if kind == HEADERS]) == 200


def test_nothing_is_read_while_frames_wait_for_their_turn() -> None:
    seen: list[bool] = []
    flooded(frame(PRIORITY, 0, 1, bytes(5)) * 500, at_once, lambda _, transport: seen.append(transport.reads))
    assert seen == [False]


def test_what_comes_all_the_same_is_taken_behind_what_waits() -> None:
    def more(connection: Http2Connection, transport: Recorder) -> None:
        connection.data_received(frame(PING, 0, 0, b"the last"))

    _, transport = flooded(frame(PING, 0, 0, b"earlier!") * 100, at_once, more)
    payloads = [payload for kind, _, _, payload in transport.frames() if kind == PING]
    assert payloads == [b"earlier!"] * 100 + [b"the last"]


def test_frames_wait_while_the_client_takes_no_answers() -> None:
    def full(connection: Http2Connection, transport: Recorder) -> None:
        connection.pause_writing()
        before = len(transport.frames())
        loop = asyncio.get_running_loop()

        def compare() -> None:
            assert len(transport.frames()) == before
            seen.append(True)
            connection.resume_writing()

        loop.call_later(0.01, compare)

    seen: list[bool] = []
    _, transport = flooded(frame(PING, 0, 0, b"12345678") * 100, at_once, full, turns=20_000)
    assert seen
    assert len([kind for kind, *_ in transport.frames() if kind == PING]) == 100


@pytest.mark.parametrize("ends", ["by an error", "by the client"])
def test_streams_of_a_connection_that_ends_are_stopped_some_at_a_turn(ends: str) -> None:
    running, stopped = 0, 0
    at_turns: list[int] = []

    async def forever(request: Request) -> Response:
        nonlocal running, stopped
        running += 1
        try:
            await asyncio.Event().wait()
        finally:
            stopped += 1
        return Response.text("")

    def watch() -> None:
        at_turns.append(stopped)
        if len(at_turns) < 100:
            asyncio.get_running_loop().call_soon(watch)

    def end(connection: Http2Connection, transport: Recorder) -> None:
        loop = asyncio.get_running_loop()

        def now() -> None:
            if running < 60:
                loop.call_soon(now)
                return
            if ends == "by the client":
                connection.connection_lost(None)
            else:
                connection.data_received(frame(PING, 0, 1, b"12345678"))  # PING belongs to no stream
            loop.call_soon(watch)

        now()

    heads = b"".join([frame(HEADERS, END_HEADERS | END_STREAM, number, BLOCK) for number in range(1, 121, 2)])
    _, transport = flooded(heads, forever, end)
    assert stopped == running == 60
    assert 0 < most(at_turns) <= 8
    last = transport.frames()[-1]
    assert ends == "by the client" or (last[0], last[3][4:8]) == (GOAWAY, codes.PROTOCOL_ERROR.to_bytes(4, "big"))


def test_a_setting_that_is_repeated_counts_as_the_last_one_says() -> None:
    payload = settings_payload({4: 1}) * 900 + settings_payload({4: 5}) + settings_payload({4: 1}) * 3
    data = frame(SETTINGS, 0, 0, payload) + frame(HEADERS, END_HEADERS | END_STREAM, 1, BLOCK)

    async def text(request: Request) -> Response:
        return Response.text("abc")

    _, transport = flooded(data, text)
    assert [body for kind, _, number, body in transport.frames() if kind == 0 and number == 1] == [b"a"]


def test_a_reader_of_frames_keeps_nothing_of_what_was_read() -> None:
    reader = FrameReader()
    reader.add(frame(PING, 0, 0, b"12345678") * 1000 + b"\0\0")
    while reader.next() is not None:
        pass
    assert not reader.has_frame
    assert not reader.is_empty
    assert len(reader._buffer) == 2
    reader.add(b"\x08\x06\0\0\0\0\0" + b"87654321")
    assert reader.has_frame
    assert reader.next() == (PING, 0, 0, b"87654321")
    assert reader.next() is None
    assert reader.is_empty


def test_what_comes_after_the_end_is_read_in_sips() -> None:
    reads: list[bool] = []

    def end(connection: Http2Connection, transport: Recorder) -> None:
        loop = asyncio.get_running_loop()
        connection.data_received(frame(PING, 0, 1, b"12345678"))  # PING belongs to no stream
        transport.reads = True
        connection.data_received(b"x" * 100_000)
        reads.append(transport.reads)

        def wait() -> None:
            if transport.reads:
                reads.append(True)
            else:
                loop.call_soon(wait)

        wait()

    flooded(b"", at_once, end, turns=20_000)
    assert reads == [False, True]
