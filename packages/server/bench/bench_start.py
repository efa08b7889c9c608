"""Start of a hello application: time to the first answer, processor time and idle memory, by turns; as a Markdown table.

    python bench/bench_start.py [--rounds 9]

partita's `App` has all its default packages. Every program runs one process on uvloop and httptools without an access log,
and from compiled modules, as installed packages have them.
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PARTITA = """
import sys
from partita.http import Response
from partita.server import serve
from partita.urls import path
from partita.web import App, Settings
async def hello(request):
    return Response.text("Hello, world!")
app = App(Settings("k3y" * 20, allowed_hosts=("127.0.0.1",)), urls=[path("", hello)])
serve(app, port=int(sys.argv[1]))
"""
UVICORN = """
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error", loop="uvloop", http="httptools")
"""
STARLETTE = f"""
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def hello(request):
    return PlainTextResponse("Hello, world!")
app = Starlette(routes=[Route("/", hello)])
{UVICORN}"""
FASTAPI = f"""
import sys, uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()
@app.get("/")
async def hello():
    return PlainTextResponse("Hello, world!")
{UVICORN}"""
COMMAND = PARTITA.replace("from partita.server import serve\n", "").replace(
    "serve(app, port=int(sys.argv[1]))",
    "sys.modules['hello'] = sys.modules['__main__']\n"
    "from partita.cli import main\n"
    "main(['--app', 'hello:app', 'run', '--port', sys.argv[1]])",
)
CASES = {"partita": PARTITA, "partita run": COMMAND, "uvicorn+starlette": STARLETTE, "uvicorn+fastapi": FASTAPI}


def measure(source: str, environment: dict[str, str]) -> tuple[float, float, float, float]:
    """Seconds to the first answer, seconds of processor time, MiB resident, MiB of its own share."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-c", source, str(port)], env=environment, stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir()
    )
    try:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                break
            except ConnectionRefusedError:
                if server.poll() is not None or time.perf_counter() - begun > 60:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.002)
        if (response.status, response.read()) != (200, b"Hello, world!"):
            raise SystemExit(f"answered {response.status}")
        waited = time.perf_counter() - begun
        connection.close()
        time.sleep(0.5)
        folder = Path(f"/proc/{server.pid}")
        ticks = folder.joinpath("stat").read_text().rpartition(")")[2].split()[11:13]
        return (
            waited,
            sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"),
            _kib(folder / "status", "VmRSS:") / 1024,
            _kib(folder / "smaps_rollup", "Pss:") / 1024,
        )
    finally:
        server.terminate()
        server.wait()


def _kib(path: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith(name))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as compiled:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = compiled
        found = {name: [] for name in CASES}
        for source in CASES.values():
            measure(source, environment)  # compiles the modules
        for _ in range(options.rounds):
            for name, source in CASES.items():
                found[name].append(measure(source, environment))
    print(
        "| server | first answer, s | processor, s | idle, MiB | its own share, MiB | first answer, ratio | idle, ratio |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    peers = found["uvicorn+starlette"]
    for name, each in found.items():
        middle = [statistics.median(column) for column in zip(*each, strict=True)]
        time_ratio = statistics.median(a[0] / b[0] for a, b in zip(each, peers, strict=True))
        size_ratio = statistics.median(a[2] / b[2] for a, b in zip(each, peers, strict=True))
        print(
            f"| {name} | {middle[0]:.3f} | {middle[1]:.2f} | {middle[2]:.1f} | {middle[3]:.1f} "
            f"| {time_ratio:.2f} | {size_ratio:.2f} |"
        )


if __name__ == "__main__":
    main()
