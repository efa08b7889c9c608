"""Every command of the page about serving starts a server that answers, and stops when it is told to."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "guides" / "serving.md").read_text("utf-8")
FILES = dict(re.findall(r"(?ms)^```(?:py|toml) (\S+)\n(.*?)^```", PAGE))
COMMANDS = re.findall(r"(?ms)^```sh serves\n(.*?)^```", PAGE)
NGINX = re.search(r"(?ms)^```nginx\n(.*?)^```", PAGE)
CADDY = re.search(r"(?ms)^```caddy\n(.*?)^```", PAGE)
UNIT = re.search(r"(?ms)^```ini\n(.*?)^```", PAGE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int, headers: dict[str, str] | None = None) -> str:
    """Ask until something answers."""
    deadline = time.monotonic() + 60
    while True:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            client.request("GET", "/", headers=headers or {})
            return client.getresponse().read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        finally:
            client.close()


@contextmanager
def serving(command: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    words = shlex.split(command.replace("8000", str(port)))
    if words[0] == "partita":
        words += ["--port", str(port)]
    words[0] = str(Path(sys.executable).with_name(words[0]))
    process = subprocess.Popen(words, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_serves_and_stops(command: str, tmp_path: Path) -> None:
    port = free_port()
    with serving(command.strip(), tmp_path, port) as process:
        assert answer(port) == f"Hello over http from 127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM}


def test_nginx_passes_the_host_the_scheme_and_the_client_on(tmp_path: Path) -> None:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("platform: nginx is not installed")
    port, front = free_port(), free_port()
    assert NGINX is not None
    site = NGINX[1].replace("8000", str(port)).replace("listen 8080", f"listen 127.0.0.1:{front}")
    site = site.replace("$scheme", "https")  # as if it ended TLS
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}\nhttp {{ access_log off;"
        f" client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy; fastcgi_temp_path {tmp_path}/fast;"
        f" uwsgi_temp_path {tmp_path}/uwsgi; scgi_temp_path {tmp_path}/scgi;\n{site}\n}}\n"
    )
    command = next(command for command in COMMANDS if "--trusted-proxy" in command)
    with serving(command.strip(), tmp_path, port):
        proxy = subprocess.Popen([program, "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
        try:
            answer(port)
            assert answer(front, {"Host": "localhost"}) == "Hello over https from localhost"
        finally:
            proxy.terminate()
            proxy.wait(20)


def test_caddy_gives_localhost_a_certificate_and_passes_the_scheme_on(tmp_path: Path) -> None:
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("platform: Caddy is not installed")
    assert CADDY is not None
    port, front, plain = free_port(), free_port(), free_port()
    site = CADDY[1].replace("8000", str(port))
    # Other ports than 443 and 80, nothing written outside of the test's folder, and no browser told to trust it.
    (tmp_path / "Caddyfile").write_text(
        f"{{\n https_port {front}\n http_port {plain}\n admin off\n skip_install_trust\n"
        f" storage file_system {tmp_path}/caddy\n}}\n{site}"
    )
    command = next(command for command in COMMANDS if "--trusted-proxy" in command)
    with serving(command.strip(), tmp_path, port):
        answer(port)
        environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
        proxy = subprocess.Popen([program, "run", "--config", "Caddyfile"], cwd=tmp_path, env=environment)
        try:
            root = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            deadline = time.monotonic() + 60
            while True:
                try:
                    context = ssl.create_default_context(cafile=str(root))
                    client = http.client.HTTPSConnection("localhost", front, timeout=20, context=context)
                    client.request("GET", "/")
                    break
                except (OSError, ssl.SSLError):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
            assert client.getresponse().read().decode() == f"Hello over https from localhost:{front}"
            client.close()
        finally:
            proxy.terminate()
            proxy.wait(20)


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("platform: systemd is not installed")
    assert UNIT is not None
    text = UNIT[1].replace("/srv/shop/.venv/bin/partita", sys.executable).replace("/srv/shop", str(tmp_path))
    unit = tmp_path / "shop.service"
    unit.write_text(text.replace("/etc/shop/environment", str(tmp_path / "environment")))
    done = subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, check=False)
    found = [line for line in done.stderr.splitlines() if "shop.service" in line]
    assert not found, done.stderr
