"""Exceptions of views are answered by the filter that stands closest to them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Layer, NotFound, Request, Response
from partita.http.error_answers import answer_errors
from partita.http.handlers import USER
from partita.urls import include, path
from partita.web import App, Settings

LEAN = ("partita.http", "partita.urls")


class CardDeclined(Exception):
    """The card was declined."""


class CardExpired(CardDeclined):
    """The card is too old."""


def failing(error: Exception) -> Callable[[Request], Any]:
    async def view(request: Request) -> Response:
        raise error

    return view


def saying(text: str) -> Callable[[Request, Exception], Response]:
    return lambda request, error: Response.text(f"{text}: {type(error).__name__}", status=402)


async def awaiting(request: Request, error: Exception) -> Response:
    return Response.text("awaited", status=402)


def broken(request: Request, error: Exception) -> Response:
    raise KeyError("broken")


def site(debug: bool = False) -> App:
    shop = [
        path("own/", failing(CardExpired()), middleware=[answer_errors({CardDeclined: saying("route")})]),
        path("exact/", failing(CardExpired()), middleware=[answer_errors({CardDeclined: saying("wide"), CardExpired: saying("exact")})]),
        path("other/", failing(CardDeclined()), middleware=[answer_errors({KeyError: saying("route")})]),
        path("async/", failing(CardDeclined()), middleware=[answer_errors({CardDeclined: awaiting})]),
        path("broken/", failing(CardDeclined()), middleware=[answer_errors({CardDeclined: broken})]),
        path("missing/", failing(NotFound())),
    ]  # fmt: skip
    urls = [
        path("shop/", include(shop), middleware=[answer_errors({CardDeclined: saying("include")})]),
        path("app/", failing(CardDeclined())),
        path("unknown/", failing(ValueError("secret"))),
    ]
    layer = Layer(USER, answer_errors({CardDeclined: saying("app"), NotFound: saying("app")}), "errors")
    return App(Settings("key", debug=debug), urls=urls, middleware=[layer], default_apps=LEAN)


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("/shop/own/", 402, b"route: CardExpired"),
        ("/shop/exact/", 402, b"exact: CardExpired"),
        ("/shop/other/", 402, b"include: CardDeclined"),
        ("/shop/async/", 402, b"awaited"),
        ("/shop/missing/", 402, b"app: NotFound"),
        ("/app/", 402, b"app: CardDeclined"),
    ],
)
def test_the_closest_filter_answers(target: str, status: int, said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        response = asyncio.run(site()(Request.build("GET", target)))
    assert (response.status, response.body) == (status, said)
    assert caplog.text == ""


@pytest.mark.parametrize("target", ["/unknown/", "/shop/broken/"])
def test_what_no_filter_answers_goes_the_usual_way(target: str, caplog: pytest.LogCaptureFixture) -> None:
    response = asyncio.run(site()(Request.build("GET", target)))
    assert response.status == 500
    assert b"secret" not in response.body  # type: ignore[operator]  # bytes
    assert "failed" in caplog.text
