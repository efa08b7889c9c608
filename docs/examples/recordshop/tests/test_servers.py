"""The same application under partita's server, uvicorn (ASGI) and gunicorn (WSGI) answers the same."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
SERVERS = {
    "partita": [
        "-c",
        "from shop.app import app; from partita.server import serve; serve(app, host='127.0.0.1', port={port})",
    ],
    "uvicorn": ["-m", "uvicorn", "--port", "{port}", "--log-level", "warning", "shop.app:app"],
    "gunicorn": [
        "-m",
        "gunicorn",
        "--bind",
        "127.0.0.1:{port}",
        "--threads",
        "4",
        "--log-level",
        "warning",
        "shop.app:app",
    ],
}
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
REQUESTS: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("GET", "/", b"", {}),
    ("HEAD", "/", b"", {}),
    ("GET", "/", b"", {"accept-language": "de"}),
    ("GET", "/albums/141/", b"", {}),
    ("GET", "/tracks/?q=caf%C3%A9&page=2", b"", {}),
    ("GET", "/api/tracks/?q=love&sort=name", b"", {}),
    ("GET", "/artists/?q=%E2%99%AA", b"", {}),
    ("GET", "/static/shop/shop.css", b"", {}),
    ("GET", "/no/such/page", b"", {"accept": "application/json"}),
    ("GET", "/checkout/", b"", {}),
    ("GET", "/admin/", b"", {}),
    ("DELETE", "/tracks/", b"", {"accept": "application/json"}),
    ("POST", "/cart/add/", b"track=1", FORM),
    ("POST", "/cart/add/", b"track=none", FORM),
    ("POST", "/cart/add/", b"track=1", FORM | {"sec-fetch-site": "cross-site"}),
    ("POST", "/cart/add/", b"x" * 5_000_000, FORM),
    ("GET", "/", b"", {"host": "evil.example"}),
]


@contextmanager
def serving(name: str, database: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "PYTHONPATH": str(HERE),
        "PARTITA_DATABASES__DEFAULT": f"sqlite:///{database}",
        "PARTITA_SECRET_KEY": "a key for tests, long enough to be taken for a real one",
    }
    command = [sys.executable, *(part.format(port=port) for part in SERVERS[name])]
    process = subprocess.Popen(command, cwd=HERE, env=environment)
    try:
        for _ in range(200):
            assert process.poll() is None, f"{name} did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        assert process.wait(20) in (0, -15), f"{name} did not stop as asked"


def answer(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body or None, {"host": "127.0.0.1"} | headers)
        response = connection.getresponse()
        content = response.read()
        # What is random in each answer: the masked token, the session's key.
        content = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]*"', b"TOKEN", content)
        own = {"date", "server", "connection", "keep-alive", "transfer-encoding", "content-length", "set-cookie"}
        fields = {name.lower(): value for name, value in response.getheaders() if name.lower() not in own}
        return response.status, fields, content
    finally:
        connection.close()


@pytest.fixture(scope="module")
def ports(loaded: Path) -> Iterator[dict[str, int]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(name, loaded)) for name in SERVERS}


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: f"{each[0]} {each[1]}")
def test_three_servers_give_one_answer(ports: dict[str, int], request_: tuple[str, str, bytes, dict[str, str]]) -> None:
    expected = answer(ports["partita"], *request_)
    assert expected[0] < 500
    for name in ("uvicorn", "gunicorn"):
        assert answer(ports[name], *request_) == expected, name
