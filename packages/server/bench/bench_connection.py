"""What a request costs between the transport's two calls, without any socket: microseconds each.

python bench/bench_connection.py [--profile]
"""

import asyncio
import cProfile
import pstats
import sys
import time

from partita.http import Request, Response
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.options import Options
from partita.server.shared import Shared

HEAD = (
    b"GET /albums/17?page=2 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"
    b"Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Cookie: sessionid=abcdefghijklmnopqrstuvwxyz\r\nSec-Fetch-Site: none\r\n\r\n"
)
POST = HEAD.replace(b"GET", b"POST").replace(
    b"\r\n\r\n", b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=1&b=2"
)


class Sink(asyncio.Transport):
    """A transport that throws everything away."""

    def write(self, data: bytes) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


async def hello(request: Request) -> Response:
    return Response.text("Hello, world!")


async def form(request: Request) -> Response:
    return Response.text((await request.aform())["b"])


async def measure(app, data: bytes, count: int = 50_000) -> float:
    loop = asyncio.get_running_loop()
    shared = Shared(native(app), Options(), loop, wants_outgoing=False, handler=app)
    shared.tick(time.time())
    connection = Connection(shared)
    connection.connection_made(Sink())
    done = loop.create_future()

    def run() -> None:  # from a callback, as the loop calls it: outside of any task
        start = time.perf_counter()
        for _ in range(count):
            connection.data_received(data)
        done.set_result((time.perf_counter() - start) / count * 1e6)

    loop.call_soon(run)
    return await done


async def main() -> None:
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.enable()
        await measure(hello, HEAD)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(22)
        return
    print("| request | us in the server, with the handler |\n|---|---:|")
    for name, app, data in (("GET, seven fields", hello, HEAD), ("POST, a form", form, POST)):
        print(f"| {name} | {min([await measure(app, data) for _ in range(5)]):.2f} |")


asyncio.run(main())
