"""Hello world: this server against uvicorn with Starlette, by turns, with wrk; as a Markdown table.

    python bench/bench_hello.py [--seconds 4] [--rounds 3] [--connections 64]

Both sides run one process on uvloop and httptools, without an access log.
"""

import argparse
import re
import socket
import statistics
import subprocess
import sys
import time

PARTITA = """
import sys
from partita.http import Response
from partita.server import serve
async def app(request):
    return Response.text("Hello, world!")
serve(app, port=int(sys.argv[1]))
"""
PARTITA_WAITING = PARTITA.replace("    return", "    await asyncio.sleep(0)\n    return").replace(
    "import sys", "import asyncio, sys"
)
PARTITA_ASGI = """
import sys
from partita.server import serve
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"13")]})
        await send({"type": "http.response.body", "body": b"Hello, world!"})
serve(app, port=int(sys.argv[1]))
"""
UVICORN_ASGI = PARTITA_ASGI.replace("from partita.server import serve", "import uvicorn").replace(
    "serve(app, port=int(sys.argv[1]))",
    "uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level='error', loop='uvloop', http='httptools')",
)
STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def hello(request):
    return PlainTextResponse("Hello, world!")
app = Starlette(routes=[Route("/", hello)])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error", loop="uvloop", http="httptools")
"""
CASES = {
    "partita": PARTITA,
    "uvicorn+starlette": STARLETTE,
    "partita, waiting": PARTITA_WAITING,
    "partita, asgi": PARTITA_ASGI,
    "uvicorn, asgi": UVICORN_ASGI,
}
BROWSER = [
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Cookie: sessionid=abcdefghijklmnopqrstuvwxyz",
    "Sec-Fetch-Site: none",
]


def measure(source: str, seconds: int, connections: int) -> float:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", source, str(port)])
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        headers = [part for header in BROWSER for part in ("-H", header)]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", *headers, f"http://127.0.0.1:{port}/"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in output:
            raise SystemExit(output)
        return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    found = {name: [] for name in CASES}
    for _ in range(options.rounds):
        for name, source in CASES.items():
            found[name].append(measure(source, options.seconds, options.connections))
    print("| server | requests/s | compared with | ratio |\n|---|---:|---|---:|")
    for name, rates in found.items():
        base = "uvicorn, asgi" if "asgi" in name else "uvicorn+starlette"
        ratio = statistics.median(a / b for a, b in zip(rates, found[base], strict=True))
        print(f"| {name} | {statistics.median(rates):,.0f} | {base} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
