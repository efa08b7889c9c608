"""Layers of plain functions: what they see, and that joining them changes nothing."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.http import Handler, Layer, Request, Response
from partita.http.handlers import compose
from partita.http.inline import Inline, answering
from partita.http.state import Slot


def answer(handler: Handler, path: str = "/") -> Response:
    return asyncio.run(handler(Request.build("GET", path)))


def recording(seen: list[str], name: str, early: bool = False) -> Inline:
    def before(request: Request) -> Response | None:
        seen.append(f"{name} before")
        return Response.text(f"{name} answers") if early else None

    def after(request: Request, response: Response) -> Response:
        seen.append(f"{name} after")
        return response.with_added_header("x-through", name)

    return Inline(before, after)


def handling(seen: list[str]) -> Handler:
    async def handle(request: Request) -> Response:
        seen.append("handler")
        if request.path == "/broken":
            raise LookupError("broken")
        return Response.text("handled")

    return handle


def test_neighbours_are_called_from_outside_inwards_and_back() -> None:
    seen: list[str] = []
    handler = recording(seen, "outer")(recording(seen, "inner")(handling(seen)))
    response = answer(handler)
    assert seen == ["outer before", "inner before", "handler", "inner after", "outer after"]
    assert response.headers.get("x-through") == "inner, outer"


def test_neighbours_become_one_coroutine() -> None:
    depths: list[int] = []

    async def handle(request: Request) -> Response:
        frame, depth = sys._getframe(), 0
        while frame.f_back is not None and frame.f_code.co_name != "run":
            frame, depth = frame.f_back, depth + 1
        depths.append(depth)
        return Response.text("")

    for handler in (Inline()(handle), Inline()(Inline()(Inline()(handle)))):
        answer(handler)
    assert depths[0] == depths[1]


def test_an_early_answer_passes_only_the_layers_outside() -> None:
    seen: list[str] = []
    handler = recording(seen, "outer")(recording(seen, "inner", early=True)(handling(seen)))
    response = answer(handler)
    assert response.body == b"inner answers"
    assert seen == ["outer before", "inner before", "outer after"]


def test_a_layer_may_wait_after_all() -> None:
    async def later(response: Response) -> Response:
        await asyncio.sleep(0)
        return response.with_header("x-waited", "yes")

    def after(request: Request, response: Response) -> Response | Coroutine[Any, Any, Response]:
        return later(response)

    early = Inline(before=lambda request: Response.text("early") if request.path == "/early" else None)
    handler = Inline(after=after)(early(handling([])))
    assert answer(handler).headers.get("x-waited") == "yes"
    assert answer(handler, "/early").headers.get("x-waited") == "yes"


def test_other_layers_between_keep_their_place() -> None:
    seen: list[str] = []

    def waiting(handler: Handler) -> Handler:
        async def wait(request: Request) -> Response:
            seen.append("waiting before")
            response = await handler(request)
            seen.append("waiting after")
            return response

        return wait

    layers = [
        Layer(3, recording(seen, "third"), "third"),
        Layer(1, recording(seen, "first"), "first"),
        Layer(2, waiting, "second"),
    ]
    answer(compose(handling(seen), layers))
    before, after = seen[:3], seen[4:]
    assert before == ["first before", "waiting before", "third before"]
    assert after == ["third after", "waiting after", "first after"]


@pytest.mark.parametrize("wrap", [lambda handler: handler, recording([], "layer")])
def test_whatever_is_raised_is_answered_where_that_is_wanted(wrap: Callable[[Handler], Handler]) -> None:
    async def failed(request: Request, error: Exception) -> Response:
        return Response.text(f"answered {error!r}", 500)

    handler = answering(wrap(handling([])), failed)
    assert answer(handler, "/broken").body == b"answered LookupError('broken')"
    assert answer(handler).body == b"handled"


def test_without_an_answer_exceptions_go_outwards() -> None:
    with pytest.raises(LookupError):
        answer(recording([], "layer")(handling([])), "/broken")


def test_a_layer_may_want_only_answers_to_requests_that_somebody_looked_into() -> None:
    slot = Slot[str]("test.slot")
    seen: list[str] = []

    def after(request: Request, response: Response) -> Response:
        seen.append(request.path)
        return response

    async def handle(request: Request) -> Response:
        return Response.text(request[slot] if request.path == "/looks" else "")

    early = Inline(before=lambda request: Response.text("early") if request.path == "/early" else None)
    layer = Inline(after=after, slots={slot: lambda request: f"made for {request.path}"}, if_looked_into=True)
    handler = Inline()(layer(early(handle)))
    assert answer(handler, "/looks").body == b"made for /looks"
    answer(handler, "/")
    answer(handler, "/early")
    assert seen == ["/looks"]
