"""Hundreds of clients that dribble, and good ones beside them that are answered all the same.

300 connections by default; PARTITA_SLOW_CLIENTS=4000 for more.
"""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Request, Response

Start = Callable[..., Any]
COUNT = int(os.environ.get("PARTITA_SLOW_CLIENTS", "300"))
ATTACKS = {
    "slow heads": ["-H", "-i", "1"],
    "slow bodies": ["-B", "-i", "1", "-s", "8192"],
    "slow readers": ["-X", "-k", "3", "-n", "2", "-w", "10", "-y", "20", "-z", "5"],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_good_requests_are_answered_while_others_are_slow(quick: Start, attack: str) -> None:
    tool = shutil.which("slowhttptest")
    if tool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("slowhttptest is not installed")
        pytest.skip("platform: slowhttptest is not installed")

    async def app(request: Request) -> Response:
        return Response(await request.aread() or b"x" * 20_000)

    # The slow ones stay for longer than the good requests take on any machine: how many of these fit into some seconds says more
    # about the machine than about the server.
    server = quick(app, header_timeout=60.0, body_timeout=60.0, write_timeout=60.0)
    url = f"http://127.0.0.1:{server.port}/"
    arguments = [*ATTACKS[attack], "-c", str(COUNT), "-r", str(COUNT), "-l", "60", "-p", "5", "-u", url]
    with subprocess.Popen([tool, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as slow:
        try:
            wait_for_connections(server, slow)
            for _ in range(100):
                with urllib.request.urlopen(url, timeout=5) as response:
                    assert len(response.read()) == 20_000
                time.sleep(0.02)
            assert slow.poll() is None
            assert connections(server) >= COUNT * 9 // 10  # the slow ones were there all the time
        finally:
            slow.kill()


def connections(server: Any) -> int:
    return len(server._server._shared.connections)


def wait_for_connections(server: Any, slow: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while connections(server) < COUNT * 9 // 10:
        assert slow.poll() is None, "slowhttptest has ended"
        assert time.monotonic() < deadline, f"{connections(server)} of {COUNT} slow clients came"
        time.sleep(0.02)
