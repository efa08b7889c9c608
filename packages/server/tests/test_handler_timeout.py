"""The time of an application counts from when it begins."""

import asyncio
import logging
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.http2.connection import Http2Connection
from partita.server.http2.frames import END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, frame
from partita.server.shared import Shared

TIMEOUT = 30.0


class Silent(asyncio.Transport):
    """A transport that takes everything and keeps nothing."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("kind", "asking"),
    [
        (Connection, b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            Http2Connection,
            PREFACE
            + frame(SETTINGS, 0, 0)
            + frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x82\x86\x04\x05/slow\x41\x01a"),
        ),
    ],
)
def test_an_application_is_not_ended_before_its_time(
    kind: Any, asking: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> list[bool]:
        ended = False

        async def slow(request: Request) -> Response:
            nonlocal ended
            try:
                await asyncio.Event().wait()
            finally:
                ended = True
            return Response.text("never")

        loop = asyncio.get_running_loop()
        shared = Shared(native(slow), Options(handler_timeout=TIMEOUT), loop, wants_outgoing=False)
        connection = kind(shared)
        connection.connection_made(Silent())
        begun = loop.time()
        loop.call_soon(connection.data_received, asking)
        found = []
        for seconds in (0.0, TIMEOUT - 1.0, TIMEOUT + 60.0):
            for _ in range(10):
                await asyncio.sleep(0)
            connection.check_deadline(begun + seconds)
            for _ in range(10):
                await asyncio.sleep(0)
            found.append(ended)
        connection.connection_lost(None)
        return found

    with caplog.at_level(logging.ERROR, "partita.server"):
        assert asyncio.run(main()) == [False, False, True]
    assert [each.getMessage() for each in caplog.records] == ["The application took too long to answer '/slow'"]
