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

    server = quick(app, header_timeout=4.0, body_timeout=4.0, write_timeout=4.0)
    url = f"http://127.0.0.1:{server.port}/"
    arguments = [*ATTACKS[attack], "-c", str(COUNT), "-r", str(COUNT), "-l", "6", "-p", "5", "-u", url]
    with subprocess.Popen([tool, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as slow:
        time.sleep(1.5)
        answered = 0
        try:
            while slow.poll() is None:
                with urllib.request.urlopen(url, timeout=5) as response:
                    assert len(response.read()) == 20_000
                answered += 1
                time.sleep(0.02)
        finally:
            slow.kill()
    assert answered > 20
