"""``partita run`` with a whole application: settings move the port and the links, static files come, warnings can be put off."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROJECT = """
from partita.http import Response
from partita.http.drafts import HttpRequest
from partita.urls import path, reverse
from partita.web import App, Settings

async def page(request):
    draft = HttpRequest.of(request)
    return Response.text(f"{draft.build_absolute_uri(reverse('page'))} {reverse('page')}")

app = App(Settings.load(), urls=[path("here/", page, name="page")])
"""
TOML = """
secret_key = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
debug = {debug}
allowed_hosts = ["127.0.0.1"]

[server]
port = {port}
{more}

[static]
dirs = ["assets"]
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


class Served:
    """The command, running in a project of its own."""

    def __init__(
        self, folder: Path, *arguments: str, port: int, wait: int = 0, debug: bool = True, more: str = "", **env: str
    ) -> None:
        (folder / "assets").mkdir(exist_ok=True)
        (folder / "assets" / "site.css").write_text("body {}")
        (folder / "served.py").write_text(PROJECT)
        (folder / "partita.toml").write_text(TOML.format(debug=str(debug).lower(), port=port, more=more))
        code = "import sys; from partita.cli import main; sys.exit(main())"
        self.port = wait or port
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "--app", "served:app", "run", *arguments],
            cwd=folder,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(self.end()) from None
                time.sleep(0.02)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=20)
        return str(output)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str, **options: object) -> Served:
        started.append(Served(tmp_path, *arguments, **options))  # type: ignore[arg-type]  # handed on
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.end()


def test_the_port_of_the_settings_moves_the_server_and_its_links(serve: Callable[..., Served]) -> None:
    port = free_port()
    served = serve(port=port)
    assert served.get("/here/") == (200, f"http://127.0.0.1:{port}/here/ /here/")
    assert f"Serving on http://127.0.0.1:{port}/" in served.end()


def test_the_environment_stands_above_the_file_and_the_argument_above_both(serve: Callable[..., Served]) -> None:
    written, told, asked = free_port(), free_port(), free_port()
    served = serve(port=written, wait=told, PARTITA_SERVER__PORT=str(told))
    assert served.get("/here/")[1].startswith(f"http://127.0.0.1:{told}/")
    served.end()
    served = serve("--port", str(asked), port=written, wait=asked, PARTITA_SERVER__PORT=str(told))
    assert served.get("/here/")[1].startswith(f"http://127.0.0.1:{asked}/")


def test_reverse_carries_the_root_path(serve: Callable[..., Served]) -> None:
    served = serve("--root-path", "/shop", port=free_port())
    assert served.get("/shop/here/")[1] == f"http://127.0.0.1:{served.port}/shop/here/ /shop/here/"
    served.end()
    served = serve(port=free_port(), more='root_path = "/forced"')
    assert served.get("/forced/here/")[1].endswith(" /forced/here/")


def test_static_files_are_served_while_debugging_and_not_if_the_settings_say_so(serve: Callable[..., Served]) -> None:
    served = serve(port=free_port())
    assert served.get("/static/site.css") == (200, "body {}")
    served.end()
    served = serve(port=free_port(), PARTITA_STATIC__SERVE="false")
    assert served.get("/static/site.css")[0] == 404


def test_options_say_whether_static_files_are_served(serve: Callable[..., Served]) -> None:
    served = serve("--nostatic", port=free_port())
    assert served.get("/static/site.css")[0] == 404
    served.end()
    collected = {
        "PARTITA_STATIC__MANIFEST": "true",
        "PARTITA_STATIC__ROOT": "nothing-here",
        "PARTITA_STATIC__SERVE": "false",
    }
    served = serve("--insecure", port=free_port(), debug=False, **collected)
    assert served.get("/static/site.css") == (200, "body {}")
    served.end()
    served = serve(port=free_port(), debug=False, **collected)
    assert served.get("/static/site.css")[0] == 404


def test_debug_is_warned_of_unless_that_is_put_off(serve: Callable[..., Served]) -> None:
    assert "Warning: debug is on" in serve(port=free_port()).end()
    assert "Warning: debug is on" not in serve(port=free_port(), debug=False).end()
    assert "Warning: debug is on" not in serve("--no-debug-warning", port=free_port()).end()
    assert "Warning: debug is on" not in serve(port=free_port(), more="debug_warning = false").end()


def test_a_port_that_is_none_is_told_with_its_bounds(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="between 0 and 65535"):
        Served(tmp_path, port=70_000, wait=free_port())
