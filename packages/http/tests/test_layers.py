"""Layers: their hooks, their conditions, and whether they stand where they must."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Handler, Layer, Request, Response
from partita.http.conditions import Condition, both, either, for_hosts, for_methods, for_paths, unless
from partita.http.handlers import Hooks, MiddlewareNotUsed, compose, misplaced


async def innermost(request: Request) -> Response:
    return Response.text("view")


def marking(name: str) -> Callable[[Handler], Handler]:
    def middleware(handler: Handler) -> Handler:
        async def marked(request: Request) -> Response:
            return (await handler(request)).with_added_header("x-through", name)

        return marked

    return middleware


def through(handler: Handler, request: Request) -> str:
    return asyncio.run(handler(request)).headers.get("x-through", "")


@pytest.mark.parametrize(
    ("condition", "taken", "left"),
    [
        (for_paths("/api/"), [("GET", "/api"), ("GET", "/api/x")], [("GET", "/apis"), ("GET", "/")]),
        (for_methods("post"), [("POST", "/")], [("GET", "/")]),
        (unless(for_paths("/a")), [("GET", "/b")], [("GET", "/a/b")]),
        (both(for_paths("/a"), for_methods("GET")), [("GET", "/a")], [("POST", "/a"), ("GET", "/b")]),
        (either(for_paths("/a"), for_methods("POST")), [("GET", "/a"), ("POST", "/b")], [("GET", "/b")]),
        (for_hosts(".test"), [], [("GET", "/")]),
        (for_hosts("testserver"), [("GET", "/")], []),
    ],
)
def test_a_layer_takes_the_requests_of_its_condition(
    condition: Condition, taken: list[tuple[str, str]], left: list[tuple[str, str]]
) -> None:
    handler = compose(innermost, [Layer(1, marking("a"), "a", when=condition)])
    assert [through(handler, Request.build(*each)) for each in taken] == ["a"] * len(taken)
    assert [through(handler, Request.build(*each)) for each in left] == [""] * len(left)


def test_a_middleware_that_is_not_used_is_left_out() -> None:
    def unused(handler: Handler) -> Handler:
        raise MiddlewareNotUsed("nothing to do")

    handler = compose(innermost, [Layer(1, marking("a"), "a"), Layer(2, unused, "unused"), Layer(3, marking("c"), "c")])
    assert through(handler, Request.build()) == "c, a"


def test_a_layer_that_does_not_stand_within_what_it_needs_is_named() -> None:
    sessions, user = Layer(400, marking("s"), "sessions"), Layer(300, marking("u"), "user", within=("sessions",))
    assert misplaced([sessions, user]) == [
        "The layer 'user' must stand inside of 'sessions', but stands outside of it."
    ]
    assert misplaced([user]) == ["The layer 'user' needs a layer 'sessions' outside of it, and there is none."]
    assert misplaced([sessions, Layer(500, marking("u"), "user", within=("sessions",))]) == []


def test_hooks_are_taken_in_the_order_they_are_called() -> None:
    class Layered:
        def __init__(self, handler: Handler, name: str) -> None:
            self.handler, self.name = handler, name

        async def __call__(self, request: Request) -> Response:
            return await self.handler(request)

        def process_view(self, request: Request, view: Any, args: Any, kwargs: Any) -> None:
            seen.append(f"view {self.name}")

        def process_exception(self, request: Request, error: Exception) -> None:
            seen.append(f"exception {self.name}")

        def process_template_response(self, request: Request, response: Response) -> Response:
            seen.append(f"template {self.name}")
            return response

    def layer(order: int, name: str, when: Condition | None = None) -> Layer:
        return Layer(order, lambda handler: Layered(handler, name), name, when)

    seen: list[str] = []
    hooks = Hooks()
    assert not hooks.active
    compose(innermost, [layer(1, "outer"), layer(2, "inner"), layer(3, "never", for_paths("/x"))], hooks)
    assert hooks.active
    request, response = Request.build(), Response()
    for hook in hooks.view:
        hook(request, innermost, (), {})
    for hook in hooks.exception:
        hook(request, ValueError())
    assert [hook(request, response) for hook in hooks.template] == [response] * 3
    assert seen == [
        "view outer",
        "view inner",
        "exception inner",
        "exception outer",
        "template inner",
        "template outer",
    ]
