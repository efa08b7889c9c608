"""A page in a real browser follows what is edited, without anybody reloading it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

CHROMIUM = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="platform: Chromium is missing; set PARTITA_CHROMIUM")

APP = """
import argparse, pathlib, sys
from partita.http import Response
from partita.server.commands import RunCommand

class App:
    def find(self, key):
        return None

    async def __call__(self, request):
        return Response.html(pathlib.Path("page.html").read_text())

command = RunCommand()
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(App(), parser.parse_args()))
"""
PAGE = "<!doctype html><html><title>page</title><body><p id='shown'>{text}</p></body></html>"


@pytest.fixture(params=["events", "stat"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "page.html").write_text(PAGE.format(text="before"))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--reload", "--reloader", request.param]
    process = subprocess.Popen(command, cwd=tmp_path)
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGINT)
    process.wait(20)


def test_the_page_reloads_itself_after_its_template_was_edited(url: str, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        told: list[object] = []
        page.on("websocket", lambda found: found.on("framereceived", lambda data: told.append(data)))
        page.goto(url)
        expect(page.locator("#shown")).to_have_text("before")
        deadline = time.monotonic() + 60
        while not told:  # which run answers
            assert time.monotonic() < deadline
            page.wait_for_timeout(20)
        number = 0
        while not page.locator("#shown").inner_text().startswith("after"):
            assert time.monotonic() < deadline
            number += 1
            (tmp_path / "page.html").write_text(PAGE.format(text=f"after {number}"))  # until changes are watched for
            page.wait_for_timeout(2000)
        browser.close()
