"""What nginx and haproxy hand on of the smuggling corpus is read here as they meant it.

The proxy marks each request that it knows of with a secret. A request that arrives without it was hidden in another one.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response

Start = Callable[..., Any]
SECRET = "5a1f"
POST = b"POST /first HTTP/1.1\r\nHost: a\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)

MESSAGES = [
    *[
        POST + b"Content-Length: %b\r\n\r\n" % value + HIDDEN
        for value in (b"0", b"+0", b"0x0", b"0, 0", b"-1", b"1_0", b"")
    ],
    *[
        POST + fields + b"\r\n\r\n" + BODY
        for fields in (
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 0",
            b"Content-Length: 3\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: xchunked\r\nContent-Length: 0",
            b"Transfer-Encoding: identity\r\nContent-Length: 0",
            b"Transfer-Encoding : chunked\r\nContent-Length: 0",
            b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 0",
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: ,chunked",
            b"Transfer_Encoding: chunked\r\nContent-Length: 0",
            b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0",
            b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0",
        )
    ],
    *[
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n" + HIDDEN
        for chunks in (
            b"1\r\na\r\n",
            b"1;a=b\r\na\r\n",
            b"1;a\nb\r\na\r\n",
            b"0x1\r\na\r\n",
            b"+1\r\na\r\n",
            b"1 \r\na\r\n",
            b"1\na\r\n",
            b"1\r\naXX",
            b"10000000000000001\r\na\r\n",
        )
    ],
    *[
        line + b"\r\nHost: a\r\n\r\n" + HIDDEN
        for line in (
            b"GET /first HTTP/1.1",
            b"GET  /first HTTP/1.1",
            b"GET\t/first\tHTTP/1.1",
            b"GET /first HTTP/1.1 ",
            b"GET /first HTTP/1.0",
            b"GET http://a/first HTTP/1.1",
            b"GET /first?a=%0d%0aX:%20y HTTP/1.1",
            b"GET /first%20HTTP/1.1%0d%0aHost:%20b HTTP/1.1",
            b"GET /first HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket",
            b"GET /first HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            b"PRI * HTTP/2.0",
            b"CONNECT a:80 HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"GET /first HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0",
            b"GET /first HTTP/1.1\r\nX: y\0z",
            b"GET /first HTTP/1.1\r\nHost: b",
            b"HEAD /first HTTP/1.1",
        )
    ],
]

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; underscores_in_headers on; ignore_invalid_headers off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  upstream app {{ server 127.0.0.1:{backend}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header X-Proxy {secret};
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend all
  bind 127.0.0.1:{port}
  http-request set-header X-Proxy {secret}
  default_backend app
backend app
  http-reuse always
  server one 127.0.0.1:{backend}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@pytest.fixture(params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Return what puts a proxy before a port, and gives the proxy's port."""
    program = shutil.which(request.param, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{request.param} is not installed")
        pytest.skip(f"platform: {request.param} is not installed")
    running: list[subprocess.Popen[bytes]] = []

    def start(backend: int) -> int:
        port = free_port()
        values = {"folder": tmp_path, "port": port, "backend": backend, "secret": SECRET}
        settings = tmp_path / "settings"
        settings.write_text((NGINX if request.param == "nginx" else HAPROXY).format(**values))
        command = [program, "-c", str(settings)] if request.param == "nginx" else [program, "-db", "-f", str(settings)]
        log = (tmp_path / "log").open("wb")
        running.append(subprocess.Popen(command, stdout=log, stderr=log))
        deadline = time.monotonic() + 15
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except OSError:
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.05)

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def test_the_proxy_and_the_server_see_the_same_requests(quick: Start, proxy: Callable[[int], int]) -> None:
    seen: list[tuple[str, str | None]] = []

    async def app(request: Request) -> Response:
        seen.append((request.path, request.headers.get("x-proxy")))
        await request.aread()
        return Response.text(f"[{request.path}]")

    port = proxy(quick(app).port)
    for message in MESSAGES:
        for tail in (b"", b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.settimeout(0.3)
                client.sendall(message + tail)
                raw = b""
                try:
                    while data := client.recv(65_536):
                        raw += data
                except (TimeoutError, ConnectionError):
                    pass
            answered = [name.decode() for name in re.findall(rb"\[(/\w+)\]", raw)]
            arrived = [path for path, _ in seen]
            assert [secret for _, secret in seen] == [SECRET] * len(seen), message
            # Each answer belongs to a request that came, in order; nobody gets another one's answer.
            assert [path for path in arrived if path in answered][: len(answered)] == answered, message
            seen.clear()
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"[/last]" in client.recv(65_536)
