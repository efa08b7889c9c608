"""Layers of plain functions: what they see, and that joining them changes nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from partita.http import Handler, Headers, Layer, Request, Response
from partita.http.handlers import compose
from partita.http.inline import Inline, ShortWay, answering
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


async def failed(request: Request, error: Exception) -> Response:
    return Response.text(f"answered {error!r}", 500)


def test_what_fails_within_is_answered_before_it_passes_the_layers_outside() -> None:
    seen: list[str] = []
    inside = answering(recording(seen, "inner")(handling(seen)), failed)
    response = answer(answering(recording(seen, "outer")(inside), failed), "/broken")
    assert response.body == b"answered LookupError('broken')"
    assert response.headers.get("x-through") == "outer"
    assert seen == ["outer before", "inner before", "handler", "outer after"]


def test_what_layers_raise_is_answered_by_the_nearest_around_them() -> None:
    def broken(name: str) -> Inline:
        def before(request: Request) -> Response | None:
            if request.path == f"/{name}":
                raise LookupError(name)
            return None

        return Inline(before)

    def telling(name: str) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
        async def tell(request: Request, error: Exception) -> Response:
            return Response.text(f"{name} answers {error}")

        return tell

    handler = handling([])
    for name in ("third", "second", "first"):  # more than are joined
        handler = answering(broken(name)(handler), telling(name))
    assert [answer(handler, f"/{name}").body for name in ("first", "second", "third", "broken")] == [
        b"first answers first",
        b"second answers second",
        b"third answers third",
        b"third answers broken",
    ]
    assert answer(Inline()(handler)).body == b"handled"


def test_an_early_answer_of_the_inner_group_passes_all_of_the_outer_one() -> None:
    seen: list[str] = []
    inside = answering(recording(seen, "second")(recording(seen, "third", early=True)(handling(seen))), failed)
    response = answer(recording(seen, "first")(inside))
    assert response.headers.get("x-through") == "second, first"
    assert seen == ["first before", "second before", "third before", "second after", "first after"]


@pytest.mark.parametrize("places", [(0,), (1,), (2,), (0, 2)])
def test_a_layer_may_want_only_what_is_no_success(places: tuple[int, ...]) -> None:
    seen: list[str] = []

    def refused(request: Request, response: Response) -> Response:
        seen.append(f"{request.path} {response.status}")
        return response

    async def handle(request: Request) -> Response:
        return Response.text("", int(request.path[1:]))

    early = Inline(before=lambda request: Response.text("", 403) if request.path == "/403" else None)
    layers: list[Callable[[Handler], Handler]] = [recording([], "one"), early, recording([], "two")]
    for place in reversed(places):
        layers.insert(place, Inline(after=refused, if_refused=True))
    handler: Handler = handle
    for layer in reversed(layers):
        handler = layer(handler)
    for status in (200, 299, 300, 500):
        answer(handler, f"/{status}")
    assert seen == ["/300 300"] * len(places) + ["/500 500"] * len(places)
    seen.clear()
    answer(handler, "/403")
    assert seen == ["/403 403"] * len([place for place in places if place < 2])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_fields_are_added_without_a_call_as_long_as_nobody_has_looked(scheme: str) -> None:
    fields, slot, seen = (Headers({"x-over": "http"}), Headers({"x-over": "https"})), Slot[str]("tests.slot"), []

    def after(request: Request, response: Response) -> Response:
        seen.append(request.path)
        return response.with_header("x-over", "called")

    async def handle(request: Request) -> Response:
        if request.path == "/looks":
            assert request[slot] == "made"
        headers = {"x-over": "mine"} if request.path == "/own" else {"x-more": "2"}
        return Response.text(request.path, 201, headers)

    adding = Inline(after=after, fields=fields, slots={slot: lambda request: "made"})
    for handler in (adding(handle), recording([], "outer")(adding(handle)), adding(Inline()(handle))):
        seen.clear()
        over = {}
        for path in ("/", "/", "/own", "/looks"):
            response = asyncio.run(handler(Request.build("GET", path, scheme=scheme)))
            assert (response.status, response.body, response.content_type) == (
                201,
                path.encode(),
                "text/plain; charset=utf-8",
            )
            over[path] = response.headers["x-over"]
        assert over == {"/": scheme, "/own": "mine", "/looks": "called"}
        assert seen == ["/looks"]


def test_a_layer_that_adds_fields_is_called_if_one_within_it_might_look() -> None:
    slot = Slot[str]("tests.slot")

    def look(request: Request, response: Response) -> Response:
        assert request[slot] == "made"
        return response

    def after(request: Request, response: Response) -> Response:
        return response.with_header("x-looked", str(request.is_looked_into))

    fields = Headers({"x-looked": "nobody asked"})
    adding = Inline(after=after, fields=(fields, fields), slots={slot: lambda request: "made"})
    assert answer(adding(Inline(after=look)(handling([])))).headers["x-looked"] == "True"


@pytest.mark.parametrize("among", range(4))
def test_a_layer_may_want_only_long_bodies(among: int) -> None:
    seen: list[str] = []
    fields = Headers({"x-added": "1"})

    def after(request: Request, response: Response) -> Response:
        seen.append(request.path)
        return response

    async def stream() -> AsyncIterator[bytes]:
        yield b"a"

    async def handle(request: Request) -> Response:
        return Response.stream(stream()) if request.path == "/stream" else Response.text("x" * int(request.path[1:]))

    def lengthen(request: Request, response: Response) -> Response:
        return response.with_body("x" * 9) if request.path == "/3" else response

    adding = Inline(after=lambda request, response: response.with_defaults(fields), fields=(fields, fields))
    wants = Inline(after=after, least=5)
    layers = [
        [wants, adding],
        [Inline(after=lengthen), wants, adding],
        [wants, Inline(after=lengthen), adding],
        [wants],
    ][among]
    handler: Handler = handle
    for layer in reversed(layers):
        handler = layer(handler)
    for path in ("/0", "/3", "/4", "/5", "/6", "/stream"):
        response = answer(handler, path)
        assert response.headers.get("x-added") == (None if among == 3 else "1")
    wanted = {"/5", "/6", "/stream", *(["/3"] if among == 2 else [])}
    assert wanted <= set(seen)  # that it is called for others is no harm
    assert among > 1 or wanted == set(seen)


def test_a_handler_may_be_called_by_a_short_way() -> None:
    called: list[str] = []

    async def handle(request: Request) -> Response:
        called.append(f"{request.path} the long way")
        return Response.text("long")

    async def view(request: Request) -> object:
        called.append(f"{request.path} the short way")
        if request.path == "/broken":
            raise LookupError("broken")
        return "another class" if request.path == "/other" else Response.text("short")

    async def finish(request: Request, returned: object) -> Response:
        return Response.text(f"finished {returned}")

    def begin(request: Request, is_looked_into: bool) -> Coroutine[Any, Any, object] | None:
        return None if request.path == "/unknown" else view(request)

    handle.short_way = ShortWay(begin, finish, failed)  # type: ignore[attr-defined]
    handler = recording([], "layer")(handle)
    bodies = [answer(handler, path) for path in ("/", "/other", "/broken", "/unknown")]
    assert [response.body for response in bodies] == [
        b"short",
        b"finished another class",
        b"answered LookupError('broken')",
        b"long",
    ]
    assert {response.headers.get("x-through") for response in bodies} == {"layer"}
    assert called == ["/ the short way", "/other the short way", "/broken the short way", "/unknown the long way"]
