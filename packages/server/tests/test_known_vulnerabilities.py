"""What went wrong in other servers, by the number under which it became known; the families are in `test_smuggling`."""

import asyncio
import logging
import re
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from partita.contracts.testing.cost import is_linear
from partita.http import Limits, Request, Response
from partita.server import Options
from partita.server.access_log import AccessEntry, json_line, text_line
from partita.server.errors import BadMessage
from partita.server.http2.frames import END_HEADERS, END_STREAM, HEADERS, SETTINGS, WINDOW_UPDATE, frame
from partita.server.message import HeadParser
from partita.server.testing import client_frame
from partita.server.websocket import FrameError, FrameReader

Start = Callable[..., Any]

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
MARKER = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

MESSAGES = {
    "CVE-2024-1135 two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END,
    "CVE-2024-6827 an odd coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END,
    "CVE-2022-24801 a lenient coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END,
    "CVE-2020-10108 two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "CVE-2020-10109 length and coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "CVE-2021-21330 a path of two slashes with a coding twice": POST
    + b"Transfer-Encoding: chunked, chunked\r\n\r\n"
    + END,
    "CVE-2022-24761 a signed length": POST + b"Content-Length: +1\r\n\r\na",
    "CVE-2022-31015 a sized chunk with a prefix": CHUNKED + b"0x1\r\na\r\n" + END,
    "CVE-2023-37276 CR in a value": POST + b"X: a\rContent-Length: 5\r\n\r\nabcde",
    "CVE-2023-47641 length and coding in one message": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
    + END,
    "CVE-2023-47627 a length with an underscore": POST + b"Content-Length: 1_0\r\n\r\n0123456789",
    "CVE-2024-23829 a space in a name": POST + b"Content-Length : 1\r\n\r\na",
    "CVE-2025-43859 bytes after a chunk": CHUNKED + b"1\r\naXX" + END,
    "CVE-2025-53643 a bad trailer": CHUNKED + b"0\r\nX y\r\n\r\n",
    "CVE-2025-58068 a trailer that frames": CHUNKED + b"0\r\nTransfer-Encoding\r\n\r\n",
    "CVE-2023-41419 a body behind no length": POST + b"Content-Length:\r\n\r\n",
    "CVE-2026-34525 two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "CVE-2026-53540 a negative length": POST + b"Content-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_it_is_refused_and_nothing_behind_it_is_read(quick: Start, name: str) -> None:
    paths: list[str] = []

    async def app(request: Request) -> Response:
        paths.append(request.path)
        await request.aread()
        return Response.text("ok")

    raw = quick(app).send(MESSAGES[name] + MARKER)
    found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", raw)]
    assert len(found) == 1
    assert found[0] in {400, 501}
    assert b"connection: close" in raw
    assert "/smuggled" not in paths


def test_cve_2025_67724_the_reason_is_the_one_of_the_standard(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x", status=599)

    first = quick(app).send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").split(b"\r\n")[0]
    assert re.fullmatch(rb"HTTP/1\.1 599[ A-Za-z]*", first)


@pytest.mark.parametrize("control", ["\x1b[31m", "\r\n", "\n", "\x07", "\x7f", "\x9b31m"])
def test_cve_2020_7694_cve_2026_111211_nothing_that_a_client_says_commands_the_terminal(control: str) -> None:
    entry = AccessEntry(
        datetime(2026, 1, 1, tzinfo=UTC), "192.0.2.7", "GET", f"/a{control}b", 200, 0, 1.0, user_agent=f"a{control}b"
    )
    for line in (text_line(entry), json_line(entry)):
        assert not re.search("[\x00-\x1f\x7f-\x9f]", line)


def test_cve_2020_7694_an_escaped_path_is_logged_escaped(quick: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "partita.server.access")

    async def app(request: Request) -> Response:
        return Response.text("ok")

    server = quick(app, access_log=True)
    server.send(b"GET /%1b%5b31m%0d%0aforged HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    server.stop()
    (record,) = [record for record in caplog.records if record.name == "partita.server.access"]
    assert not re.search("[\x00-\x1f\x7f-\x9f]", record.getMessage())


def test_cve_2023_46137_answers_come_in_the_order_of_the_requests_however_long_each_takes(quick: Start) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/slow":
            await asyncio.sleep(0.2)
        return Response.text(request.path)

    requests = [
        b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]
    raw = quick(app).send(b"".join(requests))
    assert re.findall(rb"\r\n\r\n(/slow|/quick)", raw) == [b"/slow", b"/quick"]


def test_cve_2024_49768_nothing_behind_a_bad_request_is_served_though_it_comes_later(quick: Start) -> None:
    paths: list[str] = []

    async def app(request: Request) -> Response:
        paths.append(request.path)
        return Response.text("ok")

    with quick(app).connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n")
        received = client.recv(1000)
        try:
            for _ in range(5):
                client.sendall(MARKER)
            while more := client.recv(1000):
                received += more
        except ConnectionError:
            pass
    assert len(re.findall(rb"HTTP/1\.1 ", received)) == 1
    assert paths == []


def test_cve_2024_49769_a_client_that_has_left_is_forgotten(quick: Start) -> None:
    seen: list[bytes] = []

    async def app(request: Request) -> Response:
        seen.append(request.raw_path)
        return Response.text("x" * 100_000)

    server = quick(app)
    for _ in range(20):
        with server.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # leaves with a reset
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    with server.connect() as client:
        client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while client.recv(65_536):
            pass
    assert seen[-1] == b"/last"
    assert server.stop(5)  # nothing is left that it would have to wait for


@pytest.mark.parametrize("piece", [" ", "\t", "a", ":", "a:", "a: b\r\n", "\r\n", ",", "a:\t \t", "\xe9"])
def test_cve_2020_5236_cve_2025_67725_a_head_costs_no_more_than_its_length(piece: str) -> None:
    limits = Limits(max_header_bytes=10**9, max_headers=10**9)

    def read(text: str) -> None:
        for start in ("X: ", ""):
            head = f"GET / HTTP/1.1\r\nHost: a\r\n{start}{text}".encode("latin-1").removesuffix(b"\r\n") + b"\r\n\r\n"
            try:
                HeadParser(limits).parse(head)
            except BadMessage:
                continue

    assert is_linear(read, piece, 2**15)


def test_cve_2026_44545_cve_2026_44546_a_websocket_has_limits_though_nobody_set_any() -> None:
    most = Options().websocket_max_message
    assert most <= 1_048_576
    for message in (
        client_frame(2, b"", fin=True)[:1] + b"\xff" + (most + 1).to_bytes(8, "big") + b"mask",  # announced
        client_frame(2, b"x" * most, fin=False) + client_frame(0, b"x"),  # in pieces
    ):
        reader = FrameReader(most)
        reader.feed(message)
        with pytest.raises(FrameError) as refused:
            while reader.next() is not None:
                pass
        assert refused.value.code == 1009


def test_cve_2019_9511_an_answer_that_is_asked_for_in_dribbles_ends(quick: Start, http2: Callable[..., Any]) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x" * 60_000)

    client = http2(quick(app, write_timeout=0.6), greet=False)
    client.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0"))  # windows of nothing
    block = b"\x82\x86\x84\x41\x01a"
    client.raw(b"".join([frame(HEADERS, END_HEADERS | END_STREAM, stream, block) for stream in range(1, 100, 2)]))
    client.sock.settimeout(0.2)
    received, ended, resets = b"", False, set[int]()
    deadline = time.monotonic() + 60
    while not ended and len(resets) < 50 and time.monotonic() < deadline:
        try:
            client.raw(frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1"))
            time.sleep(0.02)
            more = client.sock.recv(65_536)
            received, ended = received + more, not more
        except TimeoutError:
            pass
        except ConnectionError:
            ended = True
        resets = {
            int.from_bytes(found, "big") for found in re.findall(rb"\x00\x00\x04\x03\x00(....)", received, re.DOTALL)
        }
    assert ended or resets == set(range(1, 100, 2))  # none is held for ever, nor the one that is given a byte a time


class CountingFile:
    """A temporary file that tells what is written to it."""

    def __init__(self, file: Any, note: Callable[[int], None]) -> None:
        self._file, self._note = file, note

    def write(self, data: bytes) -> int:
        self._note(len(data))
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_cve_2025_54121_the_loop_turns_while_an_upload_is_written_to_disk(
    quick: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time is measured: what counts is how much is written between two turns of the loop."""
    size = 8_000_000
    written: Counter[int] = Counter()
    turns = 0
    make = tempfile.TemporaryFile

    def note(count: int) -> None:
        written[turns] += count

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **named: CountingFile(make(*args, **named), note))

    async def app(request: Request) -> Response:
        nonlocal turns
        done = False

        async def turn() -> None:
            nonlocal turns
            while not done:
                turns += 1
                await asyncio.sleep(0)

        turning = asyncio.create_task(turn())
        form = await request.aform()
        done = True
        await turning
        return Response.text(str(form.files["a"].size))

    body = b'--B\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + b"x" * size + b"\r\n--B--\r\n"
    head = POST + b"Content-Type: multipart/form-data; boundary=B\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    raw = quick(app).send(head % len(body) + body, 60)
    assert raw.endswith(b"%d" % size)
    assert sum(written.values()) >= size
    # What had been kept in memory until it was too much, and what a socket gives at once.
    assert max(written.values()) <= Limits().max_file_memory + 2 * 262_144
    assert len(written) >= size // (2 * 262_144)
