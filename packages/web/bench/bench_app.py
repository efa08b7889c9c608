"""What an application costs above its view: the bare view, with a router, beneath the bridge, and as an `App`.

python packages/web/bench/bench_app.py
"""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

from partita.bridge import drive
from partita.http import Request, Response
from partita.urls import Router, path
from partita.web import App, Settings

ROUNDS = 20_000


async def hello(request: Request) -> Response:
    """Answer."""
    return Response.text("hello")


ROUTER = Router([path("", hello)])


async def routed(request: Request) -> Response:
    """Answer by way of a router."""
    match = ROUTER.match(request.path, request.method)
    response: Response = await match.view(request, **match.kwargs)
    return response


async def microseconds(handler: Callable[[Request], Awaitable[Response]]) -> float:
    """Return the time of one request; the best of five runs."""
    best = float("inf")
    for _ in range(5):
        requests = [Request.build("GET", "/") for _ in range(ROUNDS)]
        gc.collect()
        gc.freeze()  # a server does not hold thousands of requests, which the collector would visit again and again
        start = time.perf_counter()
        for request in requests:
            await handler(request)
        gc.unfreeze()
        best = min(best, (time.perf_counter() - start) / ROUNDS)
    return best * 1e6


async def main() -> None:
    """Print a table of microseconds."""
    urls = [path("", hello)]
    lean = App(Settings("key"), urls=urls, default_apps=("partita.http", "partita.urls"))
    full = App(Settings("key", allowed_hosts=["testserver"]), urls=urls)
    for name, handler in (
        ("view", hello),
        ("router, view", routed),
        ("bridge, router, view", lambda request: drive(routed(request))),
        ("App without middleware", lean),
        ("App with all default apps", full),
    ):
        print(f"{name:<28}{await microseconds(handler):6.2f} us")


if __name__ == "__main__":
    asyncio.run(main())
