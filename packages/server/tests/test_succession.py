"""Reloads with SIGHUP and SIGUSR2 under load: every request is answered, and every WebSocket is told that it closes.

20 reloads by default; PARTITA_RELOADS=200 for more.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from partita.server.sockets import INHERITED_VARIABLE, inherited, is_inherited

RELOADS = int(os.environ.get("PARTITA_RELOADS", "20"))
APP = """
import asyncio, os, sys
from partita.http import Response
from partita.server import serve

VERSION = 1

class App:
    async def __call__(self, request):
        await asyncio.sleep(0.002)
        return Response.text(f"{VERSION} {os.getpid()}")

    async def websocket(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

serve(App(), port=int(sys.argv[1]), workers=int(sys.argv[2]))
"""
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Load(threading.Thread):
    """One client that asks again and again over a connection that stays open as long as the server likes."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.stopped = port, False
        self.answers: set[str] = set()
        self.failures: list[str] = []
        self.count = 0

    def run(self) -> None:
        client: socket.socket | None = None
        while not self.stopped:
            try:
                client = client or socket.create_connection(("127.0.0.1", self.port), 10)
                client.sendall(REQUEST)
                raw = client.recv(65_536)
                if not raw.startswith(b"HTTP/1.1 200 "):
                    self.failures.append(f"got {raw!r}")
                self.count += 1
                self.answers.add(raw.rpartition(b"\r\n")[2].decode())
                if b"connection: close" in raw or not raw:
                    client.close()
                    client = None
            except OSError as error:
                self.failures.append(repr(error))
                client = None
        if client is not None:
            client.close()


class OpenSocket(threading.Thread):
    """One client of WebSockets that talks until it is told that the server goes away, and opens another then."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.stopped = port, False
        self.failures: list[str] = []
        self.count = self.closed = 0

    def run(self) -> None:
        while not self.stopped:
            try:
                with connect(f"ws://127.0.0.1:{self.port}/", open_timeout=20) as client:
                    while not self.stopped:
                        client.send(f"message {self.count}")
                        answer = client.recv(20)
                        if answer != f"message {self.count}":
                            self.failures.append(f"got {answer!r} for message {self.count}")
                        self.count += 1
                        time.sleep(0.005)
            except ConnectionClosed as error:
                if error.rcvd is None or error.rcvd.code != 1001:
                    self.failures.append(f"no frame said why it closed: {error!r}")
                self.closed += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the test is to tell it
                self.failures.append(f"it could not be opened: {error!r}")


class Served:
    """A program that serves, and what it wrote."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.path = folder / "app.py"
        self.path.write_text(APP)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port = sock.getsockname()[1]
        self.log = folder / f"log-{self.port}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(self.path), str(self.port), str(workers)], stdout=log, stderr=log
            )

    def ask(self) -> str:
        with socket.create_connection(("127.0.0.1", self.port), 10) as client:
            client.sendall(REQUEST[:-2] + b"Connection: close\r\n\r\n")
            return client.recv(65_536).rpartition(b"\r\n")[2].decode()

    def wait_for(self, version: int) -> str:
        deadline = time.monotonic() + 30
        while True:
            try:
                if (answer := self.ask()).startswith(f"{version} "):
                    return answer
            except OSError:
                answer = "nothing"
            assert time.monotonic() < deadline, f"{answer}: {self.log.read_text()}"
            time.sleep(0.02)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[list[Served]]:
    started: list[Served] = []
    yield started
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
            try:
                each.process.wait(20)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_while_the_program_is_replaced(tmp_path: Path, served: list[Served], workers: int) -> None:
    served.append(program := Served(tmp_path, workers))
    program.wait_for(1)
    clients = [Load(program.port) for _ in range(4)]
    talking = [OpenSocket(program.port) for _ in range(2)]
    everybody: list[Load | OpenSocket] = [*clients, *talking]
    for client in everybody:
        client.start()
    for version in range(2, RELOADS // 2 + 2):
        program.path.write_text(APP.replace("VERSION = 1", f"VERSION = {version}"))
        program.process.send_signal(signal.SIGHUP if version % 2 else signal.SIGUSR2)
        program.wait_for(version)
    time.sleep(0.3)
    for client in everybody:
        client.stopped = True
    for client in everybody:
        client.join(30)
    assert [client.failures for client in everybody] == [[]] * 6, program.log.read_text()
    assert sum(client.count for client in clients) > 100
    assert sum(client.count for client in talking) > 20
    assert sum(client.closed for client in talking) >= RELOADS // 4, "too few of the sockets lived to see a reload"
    versions = {int(answer.split()[0]) for client in clients for answer in client.answers}
    assert len(versions) > RELOADS // 4
    program.process.terminate()
    assert program.process.wait(20) == 0
    with pytest.raises(OSError, match=r".*"):
        program.ask()  # nothing is left behind


def test_a_new_version_that_does_not_start_leaves_the_old_one_in_place(tmp_path: Path, served: list[Served]) -> None:
    served.append(program := Served(tmp_path, 1))
    before = program.wait_for(1)
    program.path.write_text("raise SystemExit(7)")
    program.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 15
    while "ended with status 7" not in program.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert program.ask() == before
    program.path.write_text(APP.replace("VERSION = 1", "VERSION = 2"))
    program.process.send_signal(signal.SIGHUP)
    assert program.wait_for(2) != before


@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_to_stop_amid_a_reload_ends_all_processes(tmp_path: Path, served: list[Served], workers: int) -> None:
    """Whenever it comes: before the new process serves, while the old one ends, when it only passes signals on."""
    for wait in (0.0, 0.1, 0.2, 0.3, 0.4, None):
        served.append(program := Served(tmp_path, workers))
        program.wait_for(1)
        program.path.write_text(APP.replace("VERSION = 1", "VERSION = 2"))
        program.process.send_signal(signal.SIGHUP)
        if wait is None:
            program.wait_for(2)  # the new one serves, and the old one may not know yet
        else:
            time.sleep(wait)
        program.process.terminate()
        assert program.process.wait(15) in {0, -signal.SIGTERM}, program.log.read_text()
        assert nobody_has(program)


def test_a_signal_to_stop_soon_after_a_reload_lets_the_requests_of_both_programs_finish(
    tmp_path: Path, served: list[Served]
) -> None:
    """What the former program was told when it was replaced does not count for impatience."""
    slow = APP.replace("asyncio.sleep(0.002)", "asyncio.sleep(4.0 if request.path == '/slow' else 0.002)")
    served.append(program := Served(tmp_path, 1))
    program.wait_for(1)
    for version in (2, 3):  # the one that has served from the start is no child, so it takes two
        program.path.write_text(slow.replace("VERSION = 1", f"VERSION = {version}"))
        if version == 3:
            with socket.create_connection(("127.0.0.1", program.port), 30) as former:
                former.sendall(REQUEST.replace(b" / ", b" /slow "))
                reload(program, version)
                time.sleep(0.2)
                program.process.terminate()
                assert former.recv(65_536).rpartition(b"\r\n")[2].startswith(b"2 ")
        else:
            reload(program, version)
    assert program.process.wait(20) == 0
    assert nobody_has(program)


def reload(program: Served, version: int) -> None:
    program.process.send_signal(signal.SIGHUP)
    program.wait_for(version)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("reloaded", [False, True])
def test_nobody_serves_on_when_the_first_process_is_killed(
    tmp_path: Path, served: list[Served], workers: int, reloaded: bool
) -> None:
    served.append(program := Served(tmp_path, workers))
    program.wait_for(1)
    if reloaded:
        program.path.write_text(APP.replace("VERSION = 1", "VERSION = 2"))
        program.process.send_signal(signal.SIGHUP)
        program.wait_for(2)
    program.process.kill()
    program.process.wait(15)
    assert nobody_has(program)


def nobody_has(program: Served) -> bool:
    """Wait until no process runs the program; those of one start carry its path."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if not _processes_with(str(program.path)):
            return True
        time.sleep(0.05)
    return False


def _processes_with(argument: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if argument.encode() in arguments:
            found.append(int(folder.name))
    return found


def test_the_socket_of_systemd_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(INHERITED_VARIABLE, raising=False)
    assert not is_inherited()
    assert inherited() is None
    code = (
        "import os, socket; from partita.server.sockets import inherited\n"
        "os.environ['LISTEN_PID'] = str(os.getpid())\n"
        "sock = inherited()\n"
        "print(sock.fileno(), sock.getsockname()[1], 'LISTEN_FDS' in os.environ, inherited())"
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        launcher = (
            f"import os, sys; os.dup2({sock.fileno()}, 3); os.set_inheritable(3, True); os.environ['LISTEN_FDS'] = '1'\n"
            "os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
        )
        done = subprocess.run(
            [sys.executable, "-c", launcher, code], pass_fds=[sock.fileno()], capture_output=True, text=True, timeout=30
        )
        assert done.stdout.split() == ["3", str(sock.getsockname()[1]), "False", "None"], done.stderr
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert inherited() is None  # they were for another process
