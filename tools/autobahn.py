"""The server's WebSockets under the Autobahn|Testsuite: 517 cases, none may fail.

    python tools/autobahn.py [--cases '9.*' ...] [--python python2.7] [--port 9001]

The suite itself runs on nothing newer than Python 2.7, so it gets an environment of its own in `.artefacts`. All cases take about
twenty minutes, most of them in the ones about compression (12.* and 13.*).
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from repository import Repository

__all__ = ("main",)

SUITE = "autobahntestsuite==0.8.2"
MAKER = "virtualenv<20.22"  # the last ones that make environments for 2.7
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}  # what the suite itself counts as conforming
ECHO = """
import sys
from partita.server import Options, serve

async def echo(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})

serve(echo, port=int(sys.argv[1]), options=Options(websocket_max_message=32 * 2**20))
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the cases and print those that failed; 1 if there are any, 2 if the suite cannot run here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="*", default=["*"], help="which, in the suite's own patterns (default: all)")
    parser.add_argument(
        "--python", default="python2.7", help="an interpreter of Python 2.7 with pip (default: python2.7)"
    )
    parser.add_argument("--port", type=int, default=9001)
    options = parser.parse_args(arguments)
    python = shutil.which(options.python)
    if python is None:
        sys.stdout.write(
            f"{options.python!r} is not on this machine: name an interpreter of Python 2.7 with --python.\n"
        )
        return 2
    home = Repository().root / ".artefacts" / "autobahn"
    home.mkdir(parents=True, exist_ok=True)
    suite = _installed(python, home)
    server = subprocess.Popen([sys.executable, "-c", ECHO, str(options.port)])
    try:
        _await(options.port)
        return _judge(_run(suite, home, options.port, options.cases))
    finally:
        server.terminate()
        server.wait(30)


def _installed(python: str, home: Path) -> Path:
    suite = home / "venv" / "bin" / "wstest"
    if not suite.exists():
        sys.stdout.write(f"==> Installing {SUITE} ...\n")
        sys.stdout.flush()
        subprocess.run([python, "-m", "pip", "install", "-q", "--target", str(home / "maker"), MAKER], check=True)
        maker = {"PYTHONPATH": str(home / "maker"), "PATH": ""}
        subprocess.run([python, "-m", "virtualenv", "-q", str(home / "venv")], check=True, env=maker)
        subprocess.run([str(home / "venv" / "bin" / "pip"), "install", "-q", SUITE], check=True)
    return suite


def _await(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"The server did not listen on port {port} within 30 s: is the port taken?")


def _run(suite: Path, home: Path, port: int, cases: list[str]) -> dict[str, str]:
    """The suite's verdict on each case."""
    reports = home / "reports"
    specification = {
        "servers": [{"agent": "partita", "url": f"ws://127.0.0.1:{port}"}],
        "outdir": str(reports),
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    (home / "specification.json").write_text(json.dumps(specification))
    shutil.rmtree(reports, ignore_errors=True)
    subprocess.run([str(suite), "-m", "fuzzingclient", "-s", str(home / "specification.json")], check=True)
    found = json.loads((reports / "index.json").read_text())["partita"]
    return {
        case: verdict["behavior"] if verdict["behavior"] not in PASSED else verdict["behaviorClose"]
        for case, verdict in found.items()
    }


def _judge(verdicts: dict[str, str]) -> int:
    counts = Counter(verdicts.values())
    failed = sorted(case for case, verdict in verdicts.items() if verdict not in PASSED)
    sys.stdout.write(f"{len(verdicts)} cases: {', '.join(f'{count} {name}' for name, count in counts.most_common())}\n")
    for case in failed:
        sys.stdout.write(f"{case}: {verdicts[case]} (.artefacts/autobahn/reports has the exchange)\n")
    return int(bool(failed) or not verdicts)


if __name__ == "__main__":
    raise SystemExit(main())
