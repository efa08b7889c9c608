import asyncio
from collections.abc import Callable

import pytest

from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response

Answer = Callable[[Middleware, Request, Response], Response]


@pytest.fixture
def answer() -> Answer:
    """Run one request through a middleware to a view that gives the response."""

    def run(middleware: Middleware, request: Request, response: Response) -> Response:
        async def view(_: Request) -> Response:
            return response

        async def main(handler: Handler) -> Response:
            return await handler(request)

        return asyncio.run(main(middleware(view)))

    return run
