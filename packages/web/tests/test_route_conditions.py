"""Conditions of routes within an application."""

import asyncio
from typing import Any

import pytest

from partita.http import GUARDS, Request, Response
from partita.urls import include, path
from partita.web import App, Settings

LEAN = ("partita.http", "partita.urls")


def wants_json(request: Request) -> bool:
    return request.prefers(["text/html", "application/json"]) == "application/json"


def for_shop(request: Request) -> bool:
    return request.host.startswith("shop.")


async def as_json(request: Request) -> Response:
    return Response.json({"route": request.state.match.route})  # type: ignore[attr-defined]


async def as_page(request: Request) -> Response:
    return Response.html("page")


async def shop(request: Request) -> Response:
    return Response.html("shop")


def marking(handler: Any) -> Any:
    async def marked(request: Request) -> Response:
        return (await handler(request)).with_header("X-Marked", "yes")  # type: ignore[no-any-return]

    return marked


@pytest.fixture
def app() -> App:
    urls = [
        path("albums/", as_json, when=wants_json, middleware=[marking]),
        path("", include([path("albums/", shop)]), when=for_shop),
        path("albums/", as_page),
        path("only/", as_json, when=wants_json),
    ]
    return App(Settings("key"), urls=urls, default_apps=LEAN)


def ask(app: App, target: str, **headers: str) -> Response:
    return asyncio.run(app(Request.build("GET", target, headers=headers)))


def test_a_condition_that_is_false_falls_through_to_the_next_route(app: App) -> None:
    assert ask(app, "/albums/", accept="application/json").body == b'{"route":"albums/"}'
    assert ask(app, "/albums/", accept="text/html").body == b"page"
    assert ask(app, "/albums/", accept="text/html", host="shop.example.com").body == b"shop"


def test_middleware_of_a_route_runs_only_if_it_is_taken(app: App) -> None:
    assert ask(app, "/albums/", accept="application/json").headers["x-marked"] == "yes"
    assert "x-marked" not in ask(app, "/albums/", accept="text/html").headers


def test_where_no_route_is_left_the_answer_is_404(app: App) -> None:
    assert ask(app, "/only/", accept="text/html").status == 404
    assert ask(app, "/only/", accept="application/json").status == 200


def test_guards_see_the_view_that_is_taken() -> None:
    seen: list[object] = []

    class Guarded(App):
        def all(self, point: Any) -> Any:
            return (guard,) if point is GUARDS else super().all(point)

    async def guard(request: Request, view: object) -> None:
        seen.append(view)

    urls = [path("a/", shop, when=for_shop), path("a/", as_page)]
    ask(Guarded(Settings("key"), urls=urls, default_apps=LEAN), "/a/")
    assert seen == [as_page]
