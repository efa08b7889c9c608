import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

APP = """
import argparse, asyncio, logging, os, sys, time
from partita.http import Response
from partita.server.commands import RunCommand

logging.basicConfig(level="INFO")
GREETING = "hello"

class App:
    def find(self, key):
        return "debug" in sys.argv[0] if key.name == "partita.debug" else None

    async def startup(self):
        if "broken" in sys.argv[0]:
            raise OSError("no database")

    async def __call__(self, request):
        if request.path == "/slow":
            await asyncio.sleep(1)
        if request.path == "/long":
            await asyncio.sleep(4)
        if request.path == "/slower":
            await asyncio.sleep(15)
        if request.path == "/die":
            os._exit(7)
        if request.path == "/block":
            time.sleep(0.6)
        if request.path == "/page":
            return Response.html("<html><body>page</body></html>", headers={"etag": '"1"'})
        return Response.text(f"{GREETING} {os.getpid()}")

if __name__ == "__main__":
    command = RunCommand()
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    sys.exit(command.run(App(), parser.parse_args()))
"""


class Process:
    """The command in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, name: str = "app.py", session: bool = False) -> None:
        (folder / name).write_text(APP)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.port = sock.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, name, "--port", str(self.port), *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=session,
        )

    def get(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return str(response.read().decode())

    def get_until(self, wanted: str, seconds: float = 15) -> str:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if (answer := self.get()).startswith(wanted):
                    return answer
            except OSError:
                answer = "nothing"
            if time.monotonic() > deadline:
                raise AssertionError(f"wanted {wanted!r}, got {answer!r}")
            time.sleep(0.02)

    def end(self, *numbers: int) -> tuple[int, str]:
        for number in numbers:
            self.process.send_signal(number)
            time.sleep(0.1)
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for process in started:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_url_serves_and_ends_with_status_0(tmp_path: Path, processes: list[Process], number: int) -> None:
    processes.append(process := Process(tmp_path))
    process.get_until("hello")
    status, output = process.end(number)
    assert status == 0
    assert f"Serving on http://127.0.0.1:{process.port}/ (Ctrl-C stops)" in output


def test_a_signal_lets_running_requests_finish(tmp_path: Path, processes: list[Process]) -> None:
    processes.append(process := Process(tmp_path))
    process.get_until("hello")
    with socket.create_connection(("127.0.0.1", process.port), 10) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        process.process.send_signal(signal.SIGTERM)
        assert b"hello" in client.recv(1000)
    assert process.end()[0] == 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("taken_over", [False, True], ids=["first", "taken over"])
def test_once_it_stops_new_connections_are_refused_while_requests_finish(
    tmp_path: Path, processes: list[Process], workers: int, taken_over: bool
) -> None:
    processes.append(process := Process(tmp_path, "--workers", str(workers)))
    process.get_until("hello")
    if taken_over:
        be_taken_over(process)
    with socket.create_connection(("127.0.0.1", process.port), 10) as client:
        client.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        process.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionRefusedError):
            while True:  # the signal has some processes to reach
                socket.create_connection(("127.0.0.1", process.port), 10).close()
                time.sleep(0.02)
        assert select.select([client], [], [], 0)[0] == [], "refused only when the request had ended"
        assert b"hello" in client.recv(1000)
    assert process.end()[0] == 0


def test_it_serves_a_unix_socket_logs_requests_and_removes_the_socket(tmp_path: Path, processes: list[Process]) -> None:
    path = tmp_path / "s"
    processes.append(process := Process(tmp_path, "--unix", str(path), "--access-log", "json", "--workers", "2"))
    deadline = time.monotonic() + 15
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(b"GET /logged HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"hello" in client.recv(1000)
    status, output = process.end(signal.SIGTERM)
    assert status == 0
    assert f"Serving on unix:{path} (Ctrl-C stops)" in output
    assert '"path":"/logged"' in output
    assert not path.exists()


def test_it_serves_tls_with_a_certificate(tmp_path: Path, processes: list[Process], certificate: Path) -> None:
    processes.append(process := Process(tmp_path, "--certificate", str(certificate)))
    trusting = ssl.create_default_context(cafile=certificate)
    deadline = time.monotonic() + 15
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", process.port), 10) as plain,
                trusting.wrap_socket(plain, server_hostname="127.0.0.1") as client,
            ):
                client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                assert b"hello" in client.recv(1000)
                break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    status, output = process.end(signal.SIGTERM)
    assert status == 0
    assert f"Serving on https://127.0.0.1:{process.port}/" in output


def be_taken_over(process: Process) -> None:
    """Reload, and wait until none of the former processes answers."""
    former = {process.get() for _ in range(30)}
    process.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while former & {process.get() for _ in range(10)}:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("taken_over", [False, True], ids=["first", "taken over"])
def test_one_signal_to_all_of_its_processes_is_one_signal(
    tmp_path: Path, processes: list[Process], number: int, workers: int, taken_over: bool
) -> None:
    """As terminals send it (Ctrl-C), and systemd unless it is told otherwise; each process hears of it from the one that started it, too."""
    processes.append(process := Process(tmp_path, "--workers", str(workers), session=True))
    process.get_until("hello")
    if taken_over:
        be_taken_over(process)
    with socket.create_connection(("127.0.0.1", process.port), 20) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        os.killpg(process.process.pid, number)
        assert b"hello" in client.recv(1000)
    assert process.end()[0] == 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("taken_over", [False, True], ids=["first", "taken over"])
def test_a_second_signal_to_all_of_its_processes_does_not_wait(
    tmp_path: Path, processes: list[Process], workers: int, taken_over: bool
) -> None:
    processes.append(process := Process(tmp_path, "--workers", str(workers), session=True))
    process.get_until("hello")
    if taken_over:
        be_taken_over(process)
    with socket.create_connection(("127.0.0.1", process.port), 20) as client:
        client.sendall(b"GET /slower HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)
        begun = time.monotonic()
        for _ in range(2):
            os.killpg(process.process.pid, signal.SIGINT)
            time.sleep(0.5)
        assert process.end()[0] == 0
        assert time.monotonic() - begun < 10


def test_openssl_finds_the_certificate_in_order(tmp_path: Path, processes: list[Process], certificate: Path) -> None:
    processes.append(process := Process(tmp_path, "--certificate", str(certificate)))
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{process.port}", "-CAfile", str(certificate), "-brief"]
    deadline = time.monotonic() + 15
    while True:
        asked = subprocess.run(
            [*command, "-verify_return_error", "-verify_ip", "127.0.0.1"],
            input="",
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0 or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert asked.returncode == 0, asked.stderr
    assert "Verification: OK" in asked.stderr
    assert "Protocol version: TLSv1.3" in asked.stderr


def test_a_certificate_that_is_not_there_is_told_without_a_traceback(tmp_path: Path, processes: list[Process]) -> None:
    processes.append(process := Process(tmp_path, "--certificate", "missing.pem"))
    status, output = process.end()
    assert status == 1
    assert "Cannot read missing.pem" in output
    assert "Traceback" not in output


def test_a_second_signal_does_not_wait(tmp_path: Path, processes: list[Process]) -> None:
    processes.append(process := Process(tmp_path))
    process.get_until("hello")
    with socket.create_connection(("127.0.0.1", process.port), 10) as client:
        client.sendall(b"GET /slower HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        begun = time.monotonic()
        assert process.end(signal.SIGTERM, signal.SIGTERM)[0] == 0
        assert time.monotonic() - begun < 10


def test_a_port_in_use_is_told_without_a_traceback(tmp_path: Path, processes: list[Process]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        processes.append(process := Process(tmp_path, "--port", str(port)))
        status, output = process.end()
    assert status == 1
    assert f"127.0.0.1:{port} is in use" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_application_that_cannot_start_ends_the_command(
    tmp_path: Path, processes: list[Process], workers: str
) -> None:
    processes.append(process := Process(tmp_path, "--workers", workers, name="broken.py"))
    status, output = process.end()
    assert status == 1
    assert "no database" in output


def test_workers_share_the_port_and_a_dead_one_is_replaced(tmp_path: Path, processes: list[Process]) -> None:
    processes.append(process := Process(tmp_path, "--workers", "2"))
    first = process.get_until("hello").split()[1]
    assert int(first) != process.process.pid
    with pytest.raises(OSError, match=r".*"):
        process.get("/die")
    time.sleep(1.5)
    pids = {process.get_until("hello") for _ in range(10)}
    assert f"hello {process.process.pid}" not in pids
    status, output = process.end(signal.SIGTERM)
    assert status == 0
    assert "ended with status 7; starting another" in output


@pytest.mark.parametrize("reloader", ["auto", "events", "stat"])
def test_a_change_starts_it_again_and_no_request_is_refused_meanwhile(
    tmp_path: Path, processes: list[Process], reloader: str
) -> None:
    processes.append(process := Process(tmp_path, "--reload", "--reloader", reloader))
    process.get_until("hello")
    time.sleep(0.5)  # until the watch is set up
    changed = tmp_path / "new.py"
    changed.write_text(APP.replace('"hello"', '"bye"'))
    os.replace(changed, tmp_path / "app.py")
    deadline = time.monotonic() + 15
    while not (answer := process.get()).startswith("bye"):  # raises if it is refused
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    status, output = process.end(signal.SIGINT)
    assert status == 0
    assert "starting again" in output
    assert "Serving again on" in output


def test_a_module_that_cannot_be_compiled_leaves_the_old_program_serving(
    tmp_path: Path, processes: list[Process]
) -> None:
    processes.append(process := Process(tmp_path, "--reload"))
    before = process.get_until("hello")
    time.sleep(0.5)  # until the watch is set up
    (tmp_path / "part.py").write_text("def broken(:\n")
    (tmp_path / "app.py").write_text(APP.replace('"hello"', '"bye" ('))
    time.sleep(1.5)
    assert process.get() == before
    (tmp_path / "app.py").write_text(APP.replace('"hello"', '"bye"'))
    time.sleep(1.0)
    assert process.get() == before, "another changed module is still broken"
    (tmp_path / "part.py").write_text("")
    process.get_until("bye")
    status, output = process.end(signal.SIGINT)
    assert status == 0
    assert "What was there before goes on" in output
    assert "SyntaxError" in output
    assert output.count("starting again") == 1


def test_development_is_told_about_pages_and_blocked_loops(tmp_path: Path, processes: list[Process]) -> None:
    pytest.importorskip("watchfiles")
    processes.append(process := Process(tmp_path, "--reload"))
    process.get_until("hello")
    assert process.get("/page") == '<html><body>page<script src="/__partita__/refresh.js" defer></script></body></html>'
    script = process.get("/__partita__/refresh.js")
    assert "new WebSocket(" in script
    assert "new URL(document.currentScript.src)" in script  # beside itself, wherever the application is mounted
    with connect(f"ws://127.0.0.1:{process.port}/__partita__/refresh") as first:
        runs = [json.loads(first.recv(15))]
        process.get("/block")
        time.sleep(0.5)  # until the watch is set up
        (tmp_path / "page.html").write_text("changed")
        with pytest.raises(ConnectionClosed):  # the program ends, and a browser connects again
            first.recv(15)
    with connect(f"ws://127.0.0.1:{process.port}/__partita__/refresh") as second:
        runs.append(json.loads(second.recv(15)))
    assert runs[0]["run"] != runs[1]["run"]
    status, output = process.end(signal.SIGINT)
    assert status == 0
    assert "The event loop has been blocked for" in output
    assert "time.sleep(0.6)" in output
    assert "This is for development" in output


@pytest.mark.parametrize(
    ("arguments", "lines"), [(["--reload"], True), (["--reload", "--access-log", "off"], False), ([], False)]
)
def test_development_sees_a_line_for_each_request(
    tmp_path: Path, processes: list[Process], arguments: list[str], lines: bool
) -> None:
    processes.append(process := Process(tmp_path, *arguments))
    process.get_until("hello")
    process.get("/page")
    status, output = process.end(signal.SIGINT)
    assert status == 0
    assert f"Serving on http://127.0.0.1:{process.port}/ (Ctrl-C stops)" in output
    assert "again" not in output
    assert ('"GET /page" 200' in output) is lines


@pytest.mark.parametrize("name", ["app.py", "debug.py"])
def test_debug_in_production_is_warned_of_and_pages_are_left_alone(
    tmp_path: Path, processes: list[Process], name: str
) -> None:
    processes.append(process := Process(tmp_path, name=name))
    process.get_until("hello")
    assert process.get("/page") == "<html><body>page</body></html>"
    process.get("/block")
    status, output = process.end(signal.SIGTERM)
    assert status == 0
    assert ("Warning: debug is on" in output) is (name == "debug.py")
    assert "blocked" not in output


def test_a_socket_of_systemd_is_served_and_debug_is_warned_of_as_with_any_other(tmp_path: Path) -> None:
    (tmp_path / "debug.py").write_text(APP)
    activate = (
        "import os, sys\n"
        "number = int(sys.argv[1])\n"
        "if number != 3:\n    os.dup2(number, 3)\n"
        "os.set_inheritable(3, True)\n"
        "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n"
        "os.execv(sys.executable, [sys.executable, 'debug.py'])"
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", activate, str(sock.fileno())],
            pass_fds=[sock.fileno()],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
                assert response.read().startswith(b"hello ")
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Warning: debug is on" in output
    assert f"Serving on http://127.0.0.1:{port}/" in output


def test_a_certificate_that_ends_soon_is_told_at_the_start(
    tmp_path: Path, processes: list[Process], certificate: Path
) -> None:
    processes.append(process := Process(tmp_path, "--certificate", str(certificate)))
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", process.port), 1).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    time.sleep(0.3)
    assert re.search(r"both\.pem ends on \d{4}-\d\d-\d\d, in 0 days", process.end(signal.SIGTERM)[1])
