"""A whole application under load for a long time: its memory and its open files may not grow.

    python tools/soak.py [--minutes 120] [--load 0.6] [--most 1.0]

An application with its default layers answers text, JSON, forms with files, pages that are not there, errors and WebSockets.
wrk asks as fast as it can for the given share of every ten seconds; beside it clients upload, leave in the midst of answers,
and talk over WebSockets. The first third warms up. After it the slope of the resident memory, by least squares over all
measurements in the pauses, may be at most `--most` MiB an hour beyond its own uncertainty, and no more files may be open
than before. Needs wrk.
"""

from __future__ import annotations

import argparse
import base64
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from partita.server.testing import client_frame

__all__ = ("main", "slope")

CYCLE = 10.0
APP = """
import sys
from partita.http import Request, Response
from partita.security import csrf_exempt
from partita.server import serve
from partita.urls import path
from partita.web import App, Settings

async def text(request):
    return Response.text("Hello")

async def data(request, id):
    return Response.json({"id": id, "page": request.query.get("page", "")})

@csrf_exempt
async def upload(request):
    form = await request.aform()
    return Response.text(str(sum(file.size for _, file in form.files.pairs())))

async def large(request):
    async def pieces():
        for _ in range(50):
            yield b"x" * 20_000
    return Response.stream(pieces())

async def fail(request):
    raise RuntimeError("planned")

urls = [path("", text), path("items/<int:id>", data), path("upload", upload), path("large", large), path("fail", fail)]
app = App(Settings(secret_key="x" * 50, allowed_hosts=["127.0.0.1"]), urls=urls)

async def whole(scope, receive, send):
    if scope["type"] != "websocket":
        return await app(scope, receive, send)
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})

serve(whole, port=int(sys.argv[1]), asgi=True)
"""
SCRIPT = """
local number = 0
local paths = {"/", "/items/%d?page=2", "/missing/%d", "/", "/items/%d"}
request = function()
  number = number + 1
  return wrk.format("GET", string.format(paths[number % #paths + 1], number))
end
"""


def slope(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the slope of a line through points by least squares, and its standard error.

    Args:
        points: Pairs of x and y; at least three.
    """
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    found = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    left = sum((y - mean_y - found * (x - mean_x)) ** 2 for x, y in points)
    return found, math.sqrt(left / max(1, count - 2) / spread)


def main(arguments: list[str] | None = None) -> int:
    """Run it and print what was measured; 1 if something grows, 2 if it cannot run here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--load", type=float, default=0.6, help="share of the time that wrk asks (default: 0.6)")
    parser.add_argument("--most", type=float, default=1.0, help="MiB an hour (default: 1)")
    options = parser.parse_args(arguments)
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.stdout.write("wrk is not on this machine; install it (Debian: wrk).\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        program, script = Path(folder, "app.py"), Path(folder, "paths.lua")
        program.write_text(APP)
        script.write_text(SCRIPT)
        with socket.create_server(("127.0.0.1", 0)) as sock:
            port = int(sock.getsockname()[1])
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen([sys.executable, str(program), str(port)], stdout=log, stderr=log)
        try:
            _await(port, server, Path(folder, "log"))
            memory, files = _measure(server.pid, port, [wrk, "-t1", "-c20", "-s", str(script)], options)
        finally:
            server.terminate()
            server.wait(60)
    return _judge(memory, files, options.most)


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"The server did not start:\n{log.read_text()[-2000:]}")


def _measure(
    pid: int, port: int, wrk: list[str], options: argparse.Namespace
) -> tuple[list[tuple[float, float]], list[int]]:
    stop = threading.Event()
    others = [threading.Thread(target=work, args=(port, stop)) for work in (_upload, _leave, _talk)]
    for thread in others:
        thread.start()
    memory: list[tuple[float, float]] = []
    files: list[int] = []
    begun, asked, done = time.monotonic(), 0, 0
    try:
        while (now := time.monotonic()) < begun + options.minutes * 60:
            seconds = max(1, round(CYCLE * options.load))
            told = subprocess.run(
                [*wrk, f"-d{seconds}s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True
            ).stdout
            asked += int(told.partition(" requests in ")[0].rpartition(" ")[2])
            time.sleep(max(0.5, now + CYCLE - time.monotonic() - 0.5))
            memory.append(((time.monotonic() - begun) / 3600, _resident(pid)))
            files.append(len(os.listdir(f"/proc/{pid}/fd")))
            done += 1
            if done % 30 == 0:
                sys.stdout.write(f"{memory[-1][0] * 60:.0f} min: {memory[-1][1]:.1f} MiB, {files[-1]} files\n")
                sys.stdout.flush()
    finally:
        stop.set()
        for thread in others:
            thread.join(30)
    sys.stdout.write(f"{asked} requests in {(time.monotonic() - begun) / 60:.1f} min\n")
    return memory, files


def _resident(pid: int) -> float:
    """MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _judge(memory: list[tuple[float, float]], files: list[int], most: float) -> int:
    warm = len(memory) // 3
    if len(memory) - warm < 3:
        sys.stdout.write("Too short to tell anything: at least one minute.\n")
        return 2
    grows, error = slope(memory[warm:])
    more = max(files[-5:]) - max(files[warm : warm + 5])
    sys.stdout.write(
        f"memory: {memory[0][1]:.1f} MiB at first, {memory[warm][1]:.1f} warm, {memory[-1][1]:.1f} at the end; "
        f"{grows:+.2f} ± {error:.2f} MiB/h\nfiles: {files[warm]} warm, {files[-1]} at the end\n"
    )
    return int(grows - 2 * error > most or more > 2)


def _upload(port: int, stop: threading.Event) -> None:
    content = b"x" * 600_000  # goes on in a file
    part = b'--B\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + content + b"\r\n--B--\r\n"
    head = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    head += b"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: %d\r\n\r\n" % len(part)
    while not stop.wait(0.3):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 20) as client:
            client.sendall(head + part)
            while client.recv(65_536):
                pass


def _leave(port: int, stop: threading.Event) -> None:
    while not stop.wait(0.2):
        for path in (b"/large", b"/fail"):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 20) as client:
                client.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path)
                client.recv(1000)  # and leaves


def _talk(port: int, stop: threading.Event) -> None:
    key = base64.b64encode(b"0123456789abcdef")
    opening = b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    opening += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    while not stop.wait(0.2):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 20) as client:
            client.sendall(opening)
            client.recv(1000)
            for size in (1, 1000, 70_000):
                client.sendall(client_frame(2, b"x" * size))
                client.recv(1000)


if __name__ == "__main__":
    raise SystemExit(main())
