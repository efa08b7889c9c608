"""The same application under each server: the suite's own, uvicorn, granian, hypercorn."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets.sync.client as ws
from websockets.typing import Origin

PROJECT = """
from partita.http import Response
from partita.urls import path
from partita.web import App, Settings, websocket

started = []

async def startup():
    started.append("started")


async def where(request, name):
    return Response.text(f"{request.method} {request.path} {request.scheme} {request.host} {request.http_version}")

async def echo(request):
    body = await request.aread()
    return Response.json({"bytes": len(body), "ends": body[-1:].decode(), "query": request.query.get("q")})

def threaded(request):
    return Response.text("from a thread")

async def stream(request):
    async def pieces():
        for number in range(3):
            yield b"%d," % number
    return Response(pieces())

async def failing(request):
    raise RuntimeError("on purpose")

async def lifespan(request):
    return Response.text(str(started))

@websocket
async def talk(socket):
    await socket.accept()
    async for message in socket:
        await socket.send(f"heard {message}")

app = App(
    Settings("k3y" * 20, allowed_hosts=("127.0.0.1",)),
    apps=["hooked"],
    urls=[
        path("where/<str:name>/", where), path("echo/", echo), path("threaded/", threaded), path("stream/", stream),
        path("failing/", failing), path("lifespan/", lifespan), path("talk/", talk),
    ],
)
"""
HOOKED = """
from partita.contracts.lifecycle import STARTUP

def setup(app):
    async def hook():
        import smoke
        await smoke.startup()
    app.add(STARTUP, hook)
"""
COMMANDS = {
    "partita": ["partita.cli", "--app", "smoke:app", "run", "--port", "{port}"],
    "uvicorn": ["uvicorn", "smoke:app", "--port", "{port}", "--log-level", "warning"],
    "granian": ["granian", "--interface", "asgi", "--port", "{port}", "smoke:app"],
    "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", "asgi:smoke:app"],  # it takes what answers both for WSGI
}


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("smoke")
    (folder / "smoke.py").write_text(PROJECT)
    (folder / "hooked").mkdir()
    (folder / "hooked" / "__init__.py").write_text("")
    (folder / "hooked" / "integration.py").write_text(HOOKED)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        number = int(sock.getsockname()[1])
    command = [word.format(port=number) for word in COMMANDS[request.param]]
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", number), 1).close()
            break
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{request.param} did not start") from None
            time.sleep(0.05)
    yield number
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in {0, -signal.SIGTERM}, f"{request.param} did not end as it should"


def ask(port: int, path: str, method: str = "GET", body: Any = None) -> tuple[int, str]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        # Chunks for what is no bytes, as http.client does it.
        client.request(
            method, path, body, {"sec-fetch-site": "same-origin"}, encode_chunked=not isinstance(body, bytes)
        )
        response = client.getresponse()
        return response.status, response.read().decode()
    finally:
        client.close()


def test_requests_arrive_as_they_were_sent(port: int) -> None:
    assert ask(port, "/where/caf%C3%A9/") == (200, f"GET /where/café/ http 127.0.0.1:{port} 1.1")
    assert ask(port, "/where/x/", "HEAD") == (200, "")
    assert ask(port, "/nowhere/")[0] == 404


def test_bodies_arrive_whole(port: int) -> None:
    status, answer = ask(port, "/echo/?q=%C3%A4", "POST", b"x" * 300_000 + b"!")
    assert status == 200
    assert answer.replace(" ", "") == '{"bytes":300001,"ends":"!","query":"ä"}'


def test_sync_views_streams_and_errors_are_answered(port: int) -> None:
    assert ask(port, "/threaded/") == (200, "from a thread")
    assert ask(port, "/stream/") == (200, "0,1,2,")
    assert ask(port, "/failing/")[0] == 500


def test_the_application_was_started_once(port: int) -> None:
    assert ask(port, "/lifespan/") == (200, "['started']")


def test_websockets_talk(port: int) -> None:
    with ws.connect(f"ws://127.0.0.1:{port}/talk/", origin=Origin(f"http://127.0.0.1:{port}")) as client:
        client.send("this")
        assert client.recv(10) == "heard this"
