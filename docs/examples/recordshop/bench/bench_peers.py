"""Requests per second of a hello world and of an album page, against Django, FastAPI and Flask, as ratios in one run.

Each framework serves from one process on the server people use it with. They are measured in turns, several rounds, by wrk on
the same machine; the figure is the median, and what counts is the ratio.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
SHOP = HERE.parent
PAGES = {"hello world": "/hello/", "album page": "/albums/141/"}  # album 141 has 57 tracks
_GUNICORN = ["-m", "gunicorn", "--workers", "1", "--log-level", "error"]
_UVICORN = ["-m", "uvicorn", "--log-level", "error", "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
PEERS = {
    "partita": ["with_partita.py", "{port}"],
    "Django, uvicorn": [*_UVICORN, "--port", "{port}", "with_django:application"],
    "Django, gunicorn": [*_GUNICORN, "--bind", "127.0.0.1:{port}", "with_django:application"],
    "FastAPI, uvicorn": [*_UVICORN, "--port", "{port}", "with_fastapi:app"],
    "Flask, gunicorn": [*_GUNICORN, "--bind", "127.0.0.1:{port}", "with_flask:app"],
}


def main() -> int:
    """Measure and print a table; return the exit status."""
    options = _options()
    if shutil.which("wrk") is None:
        print("wrk is missing; on Debian: apt-get install wrk")
        return 1
    database = _database(options.data)
    figures = {page: {peer: [] for peer in PEERS} for page in PAGES}
    for number in range(options.rounds):
        for peer, command in PEERS.items():
            print(f"round {number + 1} of {options.rounds}: {peer}", file=sys.stderr, flush=True)
            with _serving(peer, command, database) as base:
                for page, address in PAGES.items():
                    figures[page][peer].append(_requests_per_second(base + address, options.seconds))
    for page, by_peer in figures.items():
        ours = statistics.median(by_peer["partita"])
        print(f"\n| {page} | requests/s | partita is faster by |\n|---|---:|---:|")
        for peer, rates in by_peer.items():
            print(f"| {peer} | {statistics.median(rates):,.0f} | {ours / statistics.median(rates):.1f} x |")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4, help="of measuring each page, after one second of warming up")
    parser.add_argument("--data", type=Path, default=SHOP / ".demo")
    return parser.parse_args()


def _database(data: Path) -> Path:
    command = [sys.executable, SHOP / "demo.py", "--data", data, "--no-serve"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return data.resolve() / "shop.sqlite3"


@contextmanager
def _serving(peer: str, command: list[str], database: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"BENCH_DATABASE": str(database), "BENCH_ASYNC": "1" if "uvicorn" in peer else ""}
    arguments = [sys.executable, *(part.format(port=port) for part in command)]
    process = subprocess.Popen(arguments, cwd=HERE / "peers", env=environment)
    try:
        base = f"http://127.0.0.1:{port}"
        _check(peer, process, base)
        yield base
    finally:
        process.terminate()
        process.wait()


def _check(peer: str, process: "subprocess.Popen[bytes]", base: str) -> None:
    """Wait until it serves; see that both pages are what they should be."""
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"{peer} did not start")
        try:
            with urllib.request.urlopen(base + PAGES["hello world"]) as answer:
                assert answer.read() == b"Hello, world!"
            break
        except OSError:
            time.sleep(0.1)
    with urllib.request.urlopen(base + PAGES["album page"]) as answer:
        assert answer.read().count(b"<tr>") == 57, peer


def _requests_per_second(url: str, seconds: int) -> float:
    wrk = ["wrk", "-t1", "-c32"]
    subprocess.run([*wrk, "-d1s", url], check=True, stdout=subprocess.DEVNULL)
    output = subprocess.run([*wrk, f"-d{seconds}s", url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"{url} answered with errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found
    return float(found[1])


if __name__ == "__main__":
    raise SystemExit(main())
