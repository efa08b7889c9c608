"""Middleware of single routes, views by name, languages in paths: what the router knows and the application does."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.i18n import gettext
from partita.http import Handler, NotFound, Request, Response
from partita.urls import i18n_patterns, include, path, reverse
from partita.web import App, AppError, Settings

LEAN = ("partita.http", "partita.urls")


async def hello(request: Request) -> Response:
    """Answer."""
    return Response.text("hello")


def blocking(request: Request) -> Response:
    """Answer from a thread."""
    return Response.text("blocking")


async def missing(request: Request) -> Response:
    """Raise."""
    raise NotFound()


def marking(mark: str) -> Callable[[Handler], Handler]:
    """Return a middleware that leaves a mark on answers."""

    def middleware(handler: Handler) -> Handler:
        made.append(mark)

        async def handle(request: Request) -> Response:
            return (await handler(request)).with_added_header("x-mark", mark)

        return handle

    return middleware


made: list[str] = []


def ask(app: App, target: str, **headers: str) -> Response:
    """Ask once."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(app(Request.build("GET", target, headers=fields)))


def test_only_the_routes_that_say_so_are_wrapped() -> None:
    made.clear()
    inner = [path("a/", hello, middleware=[marking("two"), marking("three")]), path("b/", blocking)]
    urls = [path("in/", include(inner), middleware=[marking("one")]), path("out/", hello)]
    app = App(Settings("key"), urls=urls, default_apps=LEAN)
    for _ in range(2):
        assert ask(app, "/in/a/").headers.get_all("x-mark") == ("three", "two", "one")
        assert ask(app, "/in/b/").headers.get_all("x-mark") == ("one",)
        assert ask(app, "/out/").headers.get_all("x-mark") == ()
        assert ask(app, "/in/").headers.get_all("x-mark") == ()
    assert sorted(made) == ["one", "one", "three", "two"]  # once for each chain, not for each request


def test_middleware_of_a_route_sees_answers_instead_of_exceptions_and_may_fail_itself() -> None:
    def failing(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            raise NotFound("not here")

        return handle

    urls = [path("a/", missing, middleware=[marking("one")]), path("b/", hello, middleware=[failing])]
    app = App(Settings("key"), urls=urls, default_apps=LEAN)
    found = ask(app, "/a/")
    assert (found.status, found.headers["x-mark"]) == (404, "one")
    assert ask(app, "/b/").status == 404


def test_views_may_be_named(make_package: Callable[..., Path]) -> None:
    text = "from partita.http import Response\nasync def view(request):\n    return Response.text('lazy')\n"
    make_package("lazy_site", {"views.py": text})
    app = App(Settings("key"), urls=[path("", "lazy_site.views.view")], default_apps=LEAN)
    assert ask(app, "/").body == b"lazy"


async def greet(request: Request) -> Response:
    """Say something that has a translation, and where it says so."""
    return Response.text(f"{gettext('Garden gate')} {reverse('greet')}")


@pytest.fixture
def localized(make_package: Callable[..., Path]) -> Callable[..., App]:
    """Make an application in two languages."""
    message = (
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Garden gate"\nmsgstr "Gartentor"\n'
    )
    make_package("gates", {"locale/de/LC_MESSAGES/messages.po": message})

    def make(*languages: str, unprefixed: str | None = None) -> App:
        routes: Any = [
            *i18n_patterns(path("gate/", greet, name="greet"), languages=languages, unprefixed=unprefixed),
            path("api/", hello),
        ]
        settings = Settings("key", sections={"i18n": {"languages": ["de"]}})
        return App(settings, ["gates"], routes, default_apps=(*LEAN, "partita.i18n"))

    return make


def test_the_language_in_the_path_decides_whatever_the_browser_wants(localized: Callable[..., App]) -> None:
    app = localized("en", "de")
    german = ask(app, "/de/gate/", accept_language="en")
    assert (german.body, german.headers["content-language"]) == (b"Gartentor /de/gate/", "de")
    assert ask(app, "/en/gate/", accept_language="de").body == b"Garden gate /en/gate/"


def test_a_path_without_its_language_is_redirected_to_the_one_the_browser_wants(localized: Callable[..., App]) -> None:
    app = localized("en", "de")
    sent = ask(app, "/gate/?a=1", accept_language="de-AT")
    assert (sent.status, sent.headers["location"]) == (302, "/de/gate/?a=1")
    assert {"Accept-Language", "Cookie"} <= {each.strip() for each in sent.headers["vary"].split(",")}
    assert ask(app, "/gate/").headers["location"] == "/en/gate/"
    assert ask(app, "/nowhere/", accept_language="de").status == 404
    assert ask(app, "/fr/gate/", accept_language="de").status == 404
    assert ask(app, "/api/", accept_language="de").status == 200


def test_a_path_without_prefix_may_belong_to_one_language(localized: Callable[..., App]) -> None:
    app = localized("de", unprefixed="en")
    assert ask(app, "/gate/", accept_language="de").body == b"Garden gate /gate/"
    assert ask(app, "/de/gate/", accept_language="en").body == b"Gartentor /de/gate/"


def test_a_language_that_is_not_set_up_is_told_when_the_application_gets_ready(localized: Callable[..., App]) -> None:
    with pytest.raises(AppError, match="fr"):
        localized("en", "fr").prepare()
