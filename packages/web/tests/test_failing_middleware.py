"""What middleware raises becomes an answer like any other: with its headers, and seen by whoever tells of failures."""

import asyncio
from typing import Any, cast

import pytest

from partita.http import Forbidden, Request, Response
from partita.http.handlers import HOST, Handler, Layer
from partita.urls import path
from partita.web import FAILURE, App, AppError, Settings
from partita.web.testing import application


async def view(request: Request) -> Response:
    return Response.text("ok")


def raising(error: Exception) -> Layer:
    def middleware(handler: Handler) -> Handler:
        async def fail(request: Request) -> Response:
            raise error

        return fail

    return Layer(HOST + 5, middleware, "failing")


@pytest.mark.parametrize(("error", "status"), [(Forbidden("Not you."), 403), (ValueError("wrong"), 500)])
def test_an_answer_to_what_middleware_raised_has_the_headers_and_is_seen_outside(error: Exception, status: int) -> None:
    seen: list[tuple[int, object]] = []

    def watching(handler: Handler) -> Handler:
        async def watch(request: Request) -> Response:
            response = await handler(request)
            seen.append((response.status, request[FAILURE]))
            return response

        return watch

    layers = [raising(error), Layer(HOST - 60, watching, "watching")]
    with application(urls=[path("", view)], middleware=layers, default_apps=("partita.security",)) as app:
        answer = asyncio.run(app(Request.build()))
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in answer.headers
    assert seen == [(status, error)]


def test_what_stands_outermost_may_raise_as_well() -> None:
    layer = raising(Forbidden("Not you."))
    outermost = Layer(HOST - 100, layer.middleware, "outermost")
    with application(urls=[path("", view)], middleware=[outermost], default_apps=()) as app:
        assert asyncio.run(app(Request.build())).status == 403


def test_browsers_that_are_turned_away_get_the_headers() -> None:
    web = {"disallowed_user_agents": ["^bad"]}
    with application(urls=[path("", view)], default_apps=("partita.security",), web=web) as app:
        answer = asyncio.run(app(Request.build(headers={"User-Agent": "bad bot"})))
    assert (answer.status, answer.headers["x-content-type-options"]) == (403, "nosniff")


@pytest.mark.parametrize("given", ["shop.layers.stamp", None, 3])
def test_what_cannot_be_called_is_refused_as_the_application_is_made(given: Any) -> None:
    with pytest.raises(
        AppError, match=r"middleware holds .*, which cannot be called\. Expected the function or class itself"
    ):
        App(Settings("key"), middleware=[given])


def test_a_layer_that_takes_no_handler_is_named() -> None:
    class Instance:
        """One that was meant to be made by hand."""

    with pytest.raises(TypeError) as caught:
        App(Settings("key"), middleware=[cast("Any", Instance)]).prepare()
    assert caught.value.__notes__ == [
        "The layer 'test_a_layer_that_takes_no_handler_is_named.<locals>.Instance' was called with the next handler, "
        "as in `layer(handler)`, and returns another."
    ]
