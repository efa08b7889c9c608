"""Files go to the socket within the kernel: whole, by ranges, to clients that are slow, leave or meet a file that shrinks."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Server, sendfile
from partita.server.tls import tls_context

Start = Callable[..., Any]
SIZE = 6_000_000
pytestmark = pytest.mark.skipif(not hasattr(os, "sendfile"), reason="platform: there is no sendfile(2)")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(b"".join(i.to_bytes(4, "big") for i in range(SIZE // 4)))
    return path


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the kernel was asked to send."""
    asked: list[int] = []
    real = os.sendfile

    def spy(target: int, source: int, start: int, size: int) -> int:
        asked.append(size)
        return real(target, source, start, size)

    monkeypatch.setattr(os, "sendfile", spy)
    return asked


def serving(path: Path) -> Callable[[Request], Any]:
    async def app(request: Request) -> Response:
        whole = Response.file(path)
        return whole if request.path == "/" else whole.with_body(whole.body.part(1_000_001, 5_000_000))  # type: ignore[union-attr]

    return app


def request(*lines: bytes) -> bytes:
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", *lines, b"", b""])


def read_some(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.recv(min(65_536, size - len(data)))):
        data += more
    return data


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def settles(expected: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if descriptors() <= expected:
            return True
        time.sleep(0.02)
    return False


def test_two_requests_that_were_sent_together_get_the_whole_file_each(
    start: Start, file: Path, steps: list[int]
) -> None:
    raw = start(serving(file)).send(request() + request(b"Connection: close"))
    for _ in range(2):
        head, _, raw = raw.partition(b"\r\n\r\n")
        assert b"content-length: %d" % SIZE in head
        assert raw[:SIZE] == file.read_bytes()
        raw = raw[SIZE:]
    assert raw == b""
    assert sum(steps) >= 2 * SIZE


def test_a_range_is_sent_from_its_first_byte_to_its_last(quick: Start, file: Path, steps: list[int]) -> None:
    raw = quick(serving(file)).send(request(b"Connection: close").replace(b"GET /", b"GET /part"))
    assert raw.partition(b"\r\n\r\n")[2] == file.read_bytes()[1_000_001:5_000_000]
    assert steps[0] == 3_999_999


def test_a_slow_client_gets_all(start: Start, file: Path) -> None:
    server = start(serving(file))
    with server.connect() as client:
        client.sendall(request(b"Connection: close"))
        received = read_some(client, 100_000)
        time.sleep(0.2)
        while data := client.recv(1_000_000):
            received += data
    assert received.partition(b"\r\n\r\n")[2] == file.read_bytes()


def test_a_client_that_takes_nothing_is_cut_and_one_that_leaves_gives_all_descriptors_back(
    start: Start, file: Path
) -> None:
    os.truncate(file, 40_000_000)  # more than the buffers of both ends take
    server = start(serving(file), write_timeout=0.3)
    before = descriptors()
    with server.connect() as stuck, server.connect() as leaving:
        stuck.sendall(request())
        leaving.sendall(request())
        read_some(stuck, 10_000)
        read_some(leaving, 10_000)
        leaving.close()
        time.sleep(1)
        got = 10_000
        try:
            while data := stuck.recv(1_000_000):
                got += len(data)
        except ConnectionResetError:
            pass
        assert got < 40_000_000
    assert settles(before)


def test_a_file_that_shrinks_breaks_the_connection(quick: Start, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sendfile.kernel_socket

    def cut(transport: Any) -> Any:
        os.truncate(file, 1000)
        return real(transport)

    monkeypatch.setattr("partita.server.sending.kernel_socket", cut)
    raw = quick(serving(file)).send(request())
    assert b"content-length: %d" % SIZE in raw
    assert len(raw.partition(b"\r\n\r\n")[2]) <= 1000


def test_over_tls_the_file_is_read_and_not_handed_to_the_kernel(
    file: Path, certificate: Path, steps: list[int]
) -> None:
    async def main() -> bytes:
        server = Server(serving(file), ssl=tls_context(certificate))
        await server.start("127.0.0.1", 0)
        trusting = ssl.create_default_context(cafile=certificate)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.addresses[0][1], ssl=trusting)
        writer.write(request(b"Connection: close").replace(b"Host: a", b"Host: localhost"))
        answer = await reader.read()
        writer.close()
        assert await server.stop()
        return answer

    assert asyncio.run(main()).partition(b"\r\n\r\n")[2] == file.read_bytes()
    assert not steps


def test_a_transfer_given_back_while_the_worker_thread_uses_it_is_closed_by_the_thread(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    before = descriptors()
    transfer = sendfile._Transfer(Response.file(file).body, ours)  # type: ignore[arg-type]

    def leave(*arguments: int) -> int:
        transfer.close()
        assert descriptors() == before + 2  # still in use
        raise BlockingIOError

    monkeypatch.setattr(os, "sendfile", leave)
    assert transfer.advance()
    assert descriptors() == before
    transfer.close()  # once more harms nobody
    ours.close()
    theirs.close()
