"""Guards, which stand between routing and the view, may wait or not."""

import asyncio
from collections.abc import Awaitable

import pytest

from partita.http import Request, Response
from partita.urls import Router, path
from partita.web.calling import Calls
from partita.web.failures import Failures
from partita.web.routing import route_to_views


async def view(request: Request) -> Response:
    return Response.text("view")


async def refuse() -> Response:
    return Response.text("refused", 403)


def plain(request: Request, view: object) -> Awaitable[Response | None] | None:
    return refuse() if request.path == "/plain" else None


async def waiting(request: Request, view: object) -> Response | None:
    await asyncio.sleep(0)
    return Response.text("refused later", 403) if request.path == "/waiting" else None


@pytest.mark.parametrize(("name", "body"), [("plain", b"refused"), ("waiting", b"refused later"), ("open", b"view")])
def test_a_guard_may_be_a_plain_function_or_wait(name: str, body: bytes) -> None:
    router = Router([path(each, view) for each in ("plain", "waiting", "open")])
    handler = route_to_views(router, [plain, waiting], Calls(2), append_slash=False, failures=Failures(False))
    assert asyncio.run(handler(Request.build(path=f"/{name}"))).body == body
