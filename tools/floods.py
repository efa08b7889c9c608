"""Floods of HTTP/2 against a server in a process of its own: how soon they end, what they cost, and what others feel.

    python tools/floods.py [--only NAME] [--seconds 3]

Each flood comes over connection after connection for some seconds. Measured are the longest time until the server ended one, the
growth of its resident memory, its processor time for one connection (others' included), and the 99th percentile of the time that another client waits, beside that without a flood.
The status is 1 if a flood lasts longer than a second, takes 32 MiB, or makes others wait three times as long (and longer than
`--least` milliseconds, below which the machine's own noise decides).
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import multiprocessing.queues
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hpack import Encoder
from repository import Repository

from partita.server.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, frame

__all__ = ("main",)

APP = """
import asyncio, sys
from partita.http import Response
from partita.server import serve

async def app(request):
    if request.path == "/":
        await asyncio.sleep(0.05)
    return Response.text("x" * (60_000 if request.path == "/large" else 4))

serve(app, port=int(sys.argv[1]))
"""
MOST_SECONDS, MOST_MIB, MOST_TIMES = 1.0, 32.0, 3.0
Flood = Callable[[int], bytes]


def main(arguments: list[str] | None = None) -> int:
    """Try every flood and print what was measured; 1 if one goes beyond a bound."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="floods whose name holds this")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each is repeated")
    parser.add_argument("--least", type=float, default=50.0, help="milliseconds that others may wait in any case")
    options = parser.parse_args(arguments)
    failed = False
    for name, flood in {**_floods(), "windows of nothing": _no_window}.items():
        if options.only not in name:
            continue
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = int(sock.getsockname()[1])
        server = subprocess.Popen([sys.executable, "-c", APP, str(port)])
        try:
            _await(port)
            failed |= _try(name, flood, server.pid, port, options)
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    return int(failed)


def _floods() -> dict[str, Flood]:
    """Those of the tests of the server."""
    path = Repository().root / "packages" / "server" / "tests" / "test_http2_floods.py"
    specification = importlib.util.spec_from_file_location("floods_of_tests", path)
    if specification is None or specification.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    floods: dict[str, Flood] = module.FLOODS
    return floods


def _no_window(at: int) -> bytes:
    """Answers are asked for, and no room is given for any of them."""
    if at:
        return frame(DATA, 0, 1, b"") * 50
    head = Encoder().encode(
        [(":method", "GET"), (":scheme", "http"), (":path", "/large"), (":authority", "a")], huffman=False
    )
    asked = [frame(HEADERS, END_HEADERS | END_STREAM, stream, head) for stream in range(1, 200, 2)]
    return frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0") + b"".join(asked)


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("The server did not start within a minute.")


def _try(name: str, flood: Flood, pid: int, port: int, options: argparse.Namespace) -> bool:
    quiet = _wait_times(port, options.seconds)
    before, worked = _resident(pid), _worked(pid)
    context = multiprocessing.get_context("fork")  # in a process of its own: this one measures
    lasted = context.Queue()
    attacker = context.Process(target=_attack, args=(flood, port, options.seconds, lasted))
    attacker.start()
    waited = _wait_times(port, options.seconds)
    times = lasted.get(timeout=60)
    attacker.join()
    worked = (_worked(pid) - worked) / max(1, len(times))
    growth = _resident(pid) - before
    usual, now = _p99(quiet), _p99(waited)
    good = (
        bool(times)
        and max(times) <= MOST_SECONDS
        and growth < MOST_MIB
        and (now < MOST_TIMES * usual or now < options.least / 1000)
    )
    sys.stdout.write(
        f"{'ok  ' if good else 'BAD '}{name}: {len(times)} connections, ended after {max(times, default=-1):.2f} s at most, "
        f"{growth:+.1f} MiB, {worked * 1000:.0f} ms of work each, others wait {now * 1000:.1f} ms (p99; {usual * 1000:.1f} without, {now / usual:.1f} times)\n"
    )
    sys.stdout.flush()
    return not good


def _flood(flood: Flood, port: int) -> float:
    """Flood until the server ends it; return how long that took."""
    begun, at = time.monotonic(), 0
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.settimeout(0.2)
        with suppress(OSError):
            client.sendall(PREFACE + frame(SETTINGS, 0, 0))
            while time.monotonic() - begun < 5:
                client.sendall(flood(at))
                at += 1
    return time.monotonic() - begun


def _attack(flood: Flood, port: int, seconds: float, lasted: multiprocessing.queues.Queue[list[float]]) -> None:
    times, stop = [], time.monotonic() + seconds
    while time.monotonic() < stop:
        times.append(_flood(flood, port))
    lasted.put(times)


def _wait_times(port: int, seconds: float) -> list[float]:
    """How long a client waits for each of its answers."""
    found: list[float] = []
    until = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        while time.monotonic() < until:
            begun = time.monotonic()
            client.sendall(b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
            client.recv(1000)
            found.append(time.monotonic() - begun)
            time.sleep(0.005)
    return found


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def _worked(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


if __name__ == "__main__":
    raise SystemExit(main())
