"""What one request costs between the transport's two calls, with all default layers and without any: microseconds of processor time.

    python packages/web/bench/bench_layers.py [--varied] [--rounds 9]

There is no socket: a connection of partita's server gets the bytes of a request and writes its answer to nowhere. With ``--varied`` each
request has another query.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec

from partita.http import Request, Response
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.options import Options
from partita.server.shared import Shared
from partita.urls import path
from partita.web import App, Settings

COUNT = 8_000
HOST = b" HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
BODY = b'{"name":"Kind of Blue","price":12.5,"tags":["jazz"]}'
POST = b"Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)
REQUESTS = {
    "plaintext": (b"GET /text", HOST + b"\r\n"),
    "JSON": (b"GET /json", HOST + b"\r\n"),
    "path and query": (b"GET /items/7?page=3", HOST + b"\r\n"),
    "POST JSON": (b"POST /orders", HOST + POST),
}


class Order(msgspec.Struct, frozen=True):
    """What is posted."""

    name: str
    price: float
    tags: list[str]


class Nowhere(asyncio.Transport):
    """A transport that counts what is written."""

    written = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count it."""
        self.written += 1

    def get_write_buffer_size(self) -> int:
        """Return that nothing waits."""
        return 0


async def text(request: Request) -> Response:
    """Answer with a text."""
    return Response.text("Hello, world!")


async def data(request: Request) -> Response:
    """Answer with an object."""
    return Response.json({"message": "Hello, world!"})


async def item(request: Request, id: int) -> Response:
    """Answer with what the path and the query say."""
    return Response.json({"id": id, "page": int(request.query["page"])})


async def order(request: Request) -> Response:
    """Answer with what came."""
    found = await request.ajson(Order)
    return Response.json({"name": found.name, "price": found.price})


URLS = [path("text", text), path("json", data), path("items/<int:id>", item), path("orders", order)]


async def microseconds(app: App, handler: Callable[[Request], Any], requests: list[bytes]) -> float:
    """Return the processor time of one request."""
    loop = asyncio.get_running_loop()
    shared = Shared(native(app), Options(), loop, wants_outgoing=False, handler=handler)
    shared.tick(time.time())
    connection, transport = Connection(shared), Nowhere()
    connection.connection_made(transport)
    done: asyncio.Future[float] = loop.create_future()

    def run() -> None:  # from a callback, as the loop calls it: outside of any task
        start = time.process_time()
        for request in requests:
            connection.data_received(request)
        done.set_result((time.process_time() - start) / len(requests) * 1e6)

    loop.call_soon(run)
    spent = await done
    if transport.written < len(requests):
        raise RuntimeError(f"{transport.written} answers for {len(requests)} requests")
    return spent


async def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--varied", action="store_true", help="another query in each request")
    parser.add_argument("--rounds", type=int, default=9, help="of which the best counts")
    options = parser.parse_args()
    apps = {
        "all default layers": App(Settings(secret_key="x" * 50, allowed_hosts=["127.0.0.1"]), urls=URLS),
        "no layers": App(
            Settings(secret_key="x" * 50, sections={"web": {"compress": False}}), urls=URLS, default_apps=()
        ),
    }
    requests = {}
    for name, (line, rest) in REQUESTS.items():
        joint = b"&" if b"?" in line else b"?"
        requests[name] = [line + (b"%bn=%d" % (joint, n) if options.varied else b"") + rest for n in range(COUNT)]
    best: dict[tuple[str, str], float] = {}
    handlers = {}
    for kind, app in apps.items():
        await app.startup()
        handlers[kind] = app.for_server()
    for _ in range(options.rounds):
        for kind, app in apps.items():
            for name, each in requests.items():
                spent = await microseconds(app, handlers[kind], each)
                best[kind, name] = min(spent, best.get((kind, name), spent))
    print(f"| us a request | {' | '.join(REQUESTS)} |")
    print(f"|---|{'---:|' * len(REQUESTS)}")
    for kind in apps:
        print(f"| {kind} | {' | '.join(f'{best[kind, name]:.1f}' for name in REQUESTS)} |")


if __name__ == "__main__":
    asyncio.run(main())
