"""Applications for tests."""

import asyncio

import msgspec

from partita.http import Handler, Request, Response
from partita.urls import path
from partita.web import App, Settings
from partita.web.testing import application

LEAN = ("partita.http", "partita.urls")


class Shop(msgspec.Struct, frozen=True):
    """A section."""

    currency: str = "EUR"


async def hello(request: Request) -> Response:
    return Response.text("hello")


def stamping(handler: Handler) -> Handler:
    async def stamp(request: Request) -> Response:
        return (await handler(request)).with_header("X-Stamp", "1")

    return stamp


def test_one_like_another_has_its_routes_middleware_packages_and_settings() -> None:
    settings = Settings(
        "the key of the project", allowed_hosts=["shop.example"], sections={"shop": {"currency": "USD"}}
    )
    first = App(settings, ["partita.forms"], [path("hello/", hello)], [stamping], default_apps=LEAN)
    with application(like=first, default_apps=LEAN, debug=True, shop={"currency": "SAR"}) as second:
        response = asyncio.run(second(Request.build("GET", "/hello/")))
        assert (response.status, response.headers["x-stamp"]) == (200, "1")
        assert [each.name for each in second.packages] == [each.name for each in first.packages]
        assert second.settings.secret_key == first.settings.secret_key
        assert second.settings.debug
        assert second.settings.section("shop", Shop).currency == "SAR"
        assert {"shop.example", "testserver"} <= set(second.settings.allowed_hosts)
    assert (first.settings.debug, first.settings.section("shop", Shop).currency) == (False, "USD")


def test_what_is_given_counts_instead_of_what_the_other_has() -> None:
    first = App(Settings("key"), urls=[path("hello/", hello)], middleware=[stamping], default_apps=LEAN)
    with application(urls=[path("there/", hello)], like=first, default_apps=LEAN) as second:
        assert asyncio.run(second(Request.build("GET", "/hello/"))).status == 404
        assert asyncio.run(second(Request.build("GET", "/there/"))).status == 200
