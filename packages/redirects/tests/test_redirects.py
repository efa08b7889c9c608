"""Redirects are followed where nothing else answers."""

import argparse
from collections.abc import Iterator
from typing import Any

import pytest

from partita.admin import site as administration
from partita.contracts.commands import COMMANDS
from partita.contracts.errors import ImproperlyConfigured
from partita.http import Request, Response
from partita.http.drafts import HttpResponseForbidden, HttpResponseRedirect
from partita.orm import DATABASES
from partita.orm.testing import assert_num_queries
from partita.redirects import Redirect, RedirectFallbackMiddleware, SetupError, redirect_fallback
from partita.redirects.admin import RedirectAdmin
from partita.sites import Site
from partita.testing import Client
from partita.urls import path
from partita.views.middleware import adapt
from partita.web import App
from partita.web.testing import application


async def shop(request: Request) -> Response:
    return Response.text("Shop")


def migrate(app: App) -> None:
    command = next(each for each in app.all(COMMANDS) if each.name == "migrate")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    command.run(app, parser.parse_args([]))


@pytest.fixture
def app() -> Iterator[App]:
    """An application with two sites."""
    with application(
        apps=["partita.sites", "partita.redirects"],
        urls=[path("shop/", shop)],
        databases={"default": "sqlite://:memory:"},
        allowed_hosts=("*",),
    ) as app:
        migrate(app)
        Site.objects.create(pk=2, domain="two.example", name="Two")
        yield app
        app.require(DATABASES).close()


def add(old: str, new: str, site: int = 1) -> Redirect:
    return Redirect.objects.create(site_id=site, old_path=old, new_path=new)


def visit(app: App, target: str, host: str = "example.com") -> tuple[int, str | None]:
    answer = Client(app).get(target, headers={"Host": host}, follow=False)
    return answer.status_code, answer.headers.get("location")


def test_a_path_that_leads_nowhere_is_looked_up(app: App) -> None:
    add("/old", "/new")
    add("/search?q=a", "https://search.example/?q=a")
    assert visit(app, "/old") == (301, "/new")
    assert visit(app, "/search?q=a") == (301, "https://search.example/?q=a")
    assert visit(app, "/search?q=b")[0] == 404
    assert visit(app, "/old/")[0] == 404


def test_a_path_is_looked_up_with_a_slash_too(app: App) -> None:
    add("/old/", "/new/")
    add("/search/?q=a", "/found/")
    assert visit(app, "/old") == (301, "/new/")
    assert visit(app, "/search?q=a") == (301, "/found/")


def test_the_exact_path_comes_first(app: App) -> None:
    add("/old/", "/with/")
    add("/old", "/without/")
    assert visit(app, "/old") == (301, "/without/")


def test_an_empty_target_says_that_a_path_is_gone(app: App) -> None:
    add("/old/", "")
    assert visit(app, "/old/") == (410, None)


def test_what_answers_is_left_alone(app: App) -> None:
    add("/shop/", "/elsewhere/")
    assert visit(app, "/shop/") == (200, None)
    with assert_num_queries(0):
        visit(app, "/shop/")


def test_sites_have_redirects_of_their_own(app: App) -> None:
    add("/old/", "/two/", site=2)
    assert visit(app, "/old/")[0] == 404
    assert visit(app, "/old/", "two.example") == (301, "/two/")
    assert visit(app, "/old/", "three.example")[0] == 404


def test_hostile_paths_are_bounded(app: App) -> None:
    with assert_num_queries(0):
        assert visit(app, "/" + "a" * 300)[0] == 404
    assert visit(app, "/%00%ff?%00")[0] == 404


def test_answers_can_be_chosen(app: App) -> None:
    async def nothing(request: Request) -> Response:
        return Response.text("", 404)

    layer = redirect_fallback(
        redirect=lambda request, target: Response.redirect(target), disappear=lambda request: Response.text("", 404)
    )
    add("/old/", "/new/")
    add("/gone/", "")
    client: Any = Client(app)
    answer = client.run(layer(nothing)(Request.build(path="/old/", headers={"Host": "example.com"})))
    assert answer.status == 302
    answer = client.run(layer(nothing)(Request.build(path="/gone/", headers={"Host": "example.com"})))
    assert answer.status == 404


class Elsewhere(RedirectFallbackMiddleware):
    response_redirect_class = HttpResponseRedirect
    response_gone_class = HttpResponseForbidden


@pytest.mark.parametrize(
    ("kind", "statuses"), [(RedirectFallbackMiddleware, (301, 410)), (Elsewhere, (302, 403))], ids=["own", "other"]
)
def test_a_class_in_djangos_manner_answers_as_it_says(
    app: App, kind: type[RedirectFallbackMiddleware], statuses: tuple[int, int]
) -> None:
    async def nothing(request: Request) -> Response:
        return Response.text("found", 404 if request.path != "/shop/" else 200)

    add("/old/", "/new/")
    add("/gone/", "")
    add("/shop/", "/elsewhere/")
    client: Any = Client(app)
    handler = adapt(kind)(nothing)
    answers = [
        client.run(handler(Request.build(path=each, headers={"Host": "example.com"})))
        for each in ("/old", "/gone/", "/shop/", "/none/")
    ]
    assert [each.status for each in answers] == [*statuses, 200, 404]
    assert answers[0].headers["location"] == "/new/"


def test_a_class_in_djangos_manner_needs_sites_too() -> None:
    with application(), pytest.raises(ImproperlyConfigured, match=r"partita\.sites is not installed"):
        RedirectFallbackMiddleware(lambda request: request)


def test_sites_are_needed() -> None:
    with (
        pytest.raises(SetupError, match=r"Add partita\.sites"),
        application(apps=["partita.redirects"], databases={"default": "sqlite://:memory:"}) as app,
    ):
        Client(app).get("/")


def test_it_is_registered_in_the_administration() -> None:
    assert [type(admin) for admin in administration.model_admins if admin.model is Redirect] == [RedirectAdmin]
    assert str(Redirect(old_path="/a/", new_path="/b/")) == "/a/ ---> /b/"


def test_migrations_say_what_the_models_say(app: App) -> None:
    command = next(each for each in app.all(COMMANDS) if each.name == "makemigrations")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(app, parser.parse_args(["--check", "redirects"])) == 0
