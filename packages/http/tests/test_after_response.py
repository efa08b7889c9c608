import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextvars import ContextVar

import pytest

from partita.http import Handler, Request, Response, asgi_app
from partita.http.after_response import AfterResponse, NotAfterResponse, after_response
from partita.http.handlers import compose

VISITOR: ContextVar[str] = ContextVar("visitor", default="nobody")


async def deliver(handler: Handler, method: str = "GET") -> list[str]:
    """Send a request through ASGI; return what was sent."""
    sent: list[str] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, object]) -> None:
        sent.append(str(message["type"]) + ("" if message.get("more_body") else " end"))

    scope = {"type": "http", "method": method, "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    await asgi_app(handler)(scope, receive, send)  # type: ignore[arg-type]  # a small ASGI server
    return sent


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("streamed", [False, True])
def test_work_begins_when_the_answer_was_sent_and_runs_in_its_order(method: str, streamed: bool) -> None:
    events: list[str] = []
    works = AfterResponse()

    async def first(name: str) -> None:
        await asyncio.sleep(0)
        events.append(f"first for {name} {VISITOR.get()}")

    def second() -> None:
        events.append(f"second {VISITOR.get()} {threading.current_thread() is threading.main_thread()}")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        events.append("streaming")
        yield b"b"

    async def view(request: Request) -> Response:
        VISITOR.set("ada")
        after_response(request, first, name="ada")
        after_response(request, second)
        events.append("view")
        return Response(chunks()) if streamed else Response.text("done")

    async def live() -> None:
        await deliver(compose(view, [works.layer()]), method)
        events.append("sent")
        assert await works.drain() == 0

    asyncio.run(live())
    begun = ["view", "streaming"] if streamed and method == "GET" else ["view"]
    assert events == [*begun, "sent", "first for ada ada", "second ada False"]
    assert works.pending == 0


def test_a_failure_is_logged_and_the_rest_is_done(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []
    works = AfterResponse()

    async def view(request: Request) -> Response:
        after_response(request, int, "no number")
        after_response(request, done.append, 1)
        return Response.text("")

    async def live() -> None:
        await compose(view, [works.layer()])(Request.build())
        await asyncio.sleep(0)
        await works.drain()

    with caplog.at_level(logging.ERROR):
        asyncio.run(live())
    assert done == [1]
    assert "no number" in caplog.text


def test_work_that_does_not_end_is_cancelled_at_the_shutdown(caplog: pytest.LogCaptureFixture) -> None:
    works = AfterResponse()

    async def view(request: Request) -> Response:
        after_response(request, asyncio.sleep, 3600)
        return Response.text("")

    async def live() -> int:
        await compose(view, [works.layer()])(Request.build())
        await asyncio.sleep(0)
        return await works.drain(0.01)

    assert asyncio.run(live()) == 1
    assert "took too long" in caplog.text


def test_without_the_layer_nobody_would_do_it() -> None:
    with pytest.raises(NotAfterResponse, match="AfterResponse"):
        after_response(Request.build(), print)
