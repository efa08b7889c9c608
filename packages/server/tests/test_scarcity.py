"""Too few file descriptors, no room for the log: every request is answered or refused as a whole, and a signal still ends the server."""

import asyncio
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Options, Server
from partita.server.capacity import most_connections
from partita.server.tls import tls_context

APP = """
import asyncio, resource, sys
if "{loop}" == "asyncio":
    sys.modules["uvloop"] = None
from partita.http import Response
from partita.server import Options, serve
from partita.server.access_log import log_to_stderr

async def app(request):
    await asyncio.sleep(0.01)
    return Response.text("x" * 1000)

if {files}:
    resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
log_to_stderr()
log_to_stderr("partita.server")
serve(app, port=int(sys.argv[1]), options=Options(access_log={access_log!r}))
"""
ASK = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Start = Callable[..., tuple["subprocess.Popen[bytes]", int]]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(log: Path, **values: Any) -> tuple["subprocess.Popen[bytes]", int]:
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = sock.getsockname()[1]
        values = {"loop": "uvloop", "files": 0, "access_log": False, **values}
        with log.open("ab") as output:
            started.append(
                subprocess.Popen([sys.executable, "-c", APP.format(**values), str(port)], stdout=output, stderr=output)
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 10).close()
                return started[-1], port
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def ask(client: socket.socket) -> bytes:
    """Return the whole answer, or what came of it until the connection ended."""
    received = b""
    try:
        client.sendall(ASK)
        while not received.endswith(b"x" * 1000) and (data := client.recv(65_536)):
            received += data
    except ConnectionError:
        pass  # what came until then is what the test looks at
    return received


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    return f"content-length: {len(body)}".encode() in head


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_without_file_descriptors_some_are_refused_and_the_others_served(
    program: Start, tmp_path: Path, loop: str
) -> None:
    log = tmp_path / "log"
    process, port = program(log, loop=loop, files=160)
    with socket.create_connection(("127.0.0.1", port), 30) as first:
        assert is_whole(ask(first))
        crowd = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(400)]
        assert is_whole(ask(first)), "who was there before is served on"
        answers = [ask(client) for client in crowd]
        for client in crowd:
            client.close()
        served = [answer for answer in answers if b" 200 " in answer[:20]]
        refused = [answer for answer in answers if b" 503 " in answer[:20]]
        assert len(served) > 20
        assert all(is_whole(answer) for answer in [*served, *refused])
        assert all(not answer for answer in answers if answer not in {*served, *refused}), "not begun at all, either"
        assert is_whole(ask(first))
    deadline = time.monotonic() + 20
    while True:  # there is room again
        with socket.create_connection(("127.0.0.1", port), 30) as client:
            if b" 200 " in ask(client)[:20]:
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    told = log.read_text()
    assert told.count("which is what the limit on open files (ulimit -n) allows: others are refused") == 1
    assert len(told) < 5000, "the log is no place to flood, either"


def test_the_bound_leaves_room_for_files_and_databases() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (800, hard))
        assert 400 < most_connections() <= 700
        resource.setrlimit(resource.RLIMIT_NOFILE, (80, hard))
        assert 1 <= most_connections() < 16
        if hard == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            assert most_connections() == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("access_log", ["text", "json"])
def test_a_full_disk_under_the_log_costs_lines_and_no_requests(program: Start, access_log: str) -> None:
    process, port = program(Path("/dev/full"), access_log=access_log)
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        for _ in range(200):
            assert is_whole(ask(client))
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")  # what is refused is logged, too
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in {0, 120}  # 120: the interpreter could not write at its end


def test_the_command_starts_where_nothing_can_be_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    code = (
        "import argparse, sys\nfrom partita.http import Response\nfrom partita.server.commands import RunCommand\n"
        "class App:\n"
        "    def find(self, key):\n        return True\n"
        "    async def __call__(self, request):\n        return Response.text('x' * 1000)\n"
        "command, parser = RunCommand(), argparse.ArgumentParser()\ncommand.add_arguments(parser)\n"
        "sys.exit(command.run(App(), parser.parse_args()))"
    )
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen([sys.executable, "-c", code, "--port", str(port)], stdout=full, stderr=full)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 10) as client:
                    assert is_whole(ask(client))
                break
            except ConnectionRefusedError:
                assert process.poll() is None, "it ended because it could not say that it serves"
                assert time.monotonic() < deadline
                time.sleep(0.02)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_never_begins_with_tls_has_no_more_time_than_for_a_head(loop: str, certificate: Path) -> None:
    async def hello(request: Request) -> Response:
        return Response.text("x" * 1000)

    def clients(address: tuple[str, int]) -> tuple[float, bytes]:
        begun = time.monotonic()
        with socket.create_connection(address, 50) as silent:
            assert silent.recv(10) == b""
        took = time.monotonic() - begun
        trusting = ssl.create_default_context(cafile=certificate)
        with (
            socket.create_connection(address, 30) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as client,
        ):
            return took, ask(client)

    async def main() -> tuple[float, bytes]:
        server = Server(hello, Options(header_timeout=1.0), ssl=tls_context(certificate))
        await server.start("127.0.0.1", 0)
        try:
            return await asyncio.to_thread(clients, server.addresses[0])
        finally:
            await server.stop()

    factory = asyncio.new_event_loop if loop == "asyncio" else pytest.importorskip("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        took, answer = runner.run(main())
    assert 0.9 < took < 30
    assert is_whole(answer)
