"""Pages are shown where nothing else answers, or by a route."""

import argparse
from typing import Any

import pytest

from partita.auth.models import User
from partita.contracts.commands import COMMANDS
from partita.flatpages import FlatPage, SetupError
from partita.orm.testing import assert_num_queries
from partita.testing import Client
from partita.web import App


def visit(app: App, target: str, host: str = "testserver") -> Any:
    return Client(app).get(target, headers={"Host": host}, follow=False)


def test_a_page_is_shown_where_nothing_else_answers(app: App, add: Any) -> None:
    add("/about/", "About <us>", content="<p>It's flat!</p>")
    answer = visit(app, "/about/")
    assert answer.status_code == 200
    assert "<p>It's flat!</p>" in answer.text
    assert "<h1>About <us></h1>" in answer.text
    assert visit(app, "/nothing/").status_code == 404


def test_a_page_is_shown_by_a_route(app: App, add: Any) -> None:
    page = add("/about/us/")
    assert visit(app, "/pages/about/us/").status_code == 200
    assert visit(app, "/pages/nothing/").status_code == 404
    assert page.get_absolute_url() == "/pages/about/us/"


def test_without_a_route_a_page_knows_its_own_path() -> None:
    assert FlatPage(url="/caf\u00e9 1/").get_absolute_url() == "/caf%C3%A9%201/"


def test_a_missing_slash_is_added(app: App, add: Any) -> None:
    add("/about/")
    for target, location in (
        ("/about", "/about/"),
        ("/about?a=b", "/about/?a=b"),
        ("/pages/about", "/pages/about/"),
    ):
        answer = visit(app, target)
        assert (answer.status_code, answer.headers["location"]) == (301, location)
    assert visit(app, "/nothing").status_code == 404


def test_a_missing_slash_is_not_added_if_the_settings_say_so(make: Any, add: Any) -> None:
    with make(flatpages={"append_slash": False}) as app:
        add("/about/")
        add("/about.txt")
        assert visit(app, "/about").status_code == 404
        assert visit(app, "/about.txt").status_code == 200


def test_no_redirect_leads_to_another_host(app: App, add: Any) -> None:
    add("//evil.example/")
    answer = visit(app, "//evil.example")
    assert not answer.headers.get("location", "").startswith("//")


def test_sites_have_pages_of_their_own(app: App, add: Any) -> None:
    add("/both/", sites=(1, 2))
    add("/two/", sites=(2,))
    assert visit(app, "/two/").status_code == 404
    assert visit(app, "/two/", "two.example").status_code == 200
    assert visit(app, "/both/", "two.example").status_code == 200
    assert visit(app, "/both/", "three.example").status_code == 404


def test_some_pages_are_for_users(app: App, add: Any) -> None:
    add("/secret/", content="For you", registration_required=True)
    for target in ("/secret/", "/pages/secret/"):
        answer = visit(app, target)
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(f"?next={target}")
    user = User.objects.create(email="a@example.com")
    client = Client(app)
    client.force_login(user)
    for target in ("/secret/", "/pages/secret/"):
        assert "For you" in client.get(target, headers={"Host": "testserver"}).text


def test_a_page_may_have_its_own_template(app: App, add: Any) -> None:
    add("/company/", "We", template_name="company.html")
    add("/gone/", "Still here", template_name="gone.html")
    assert visit(app, "/company/").text == "Company: We"
    assert "Still here" in visit(app, "/gone/").text


def test_what_is_missing_in_a_template_is_not_hidden(app: App, add: Any) -> None:
    add("/broken/", template_name="broken.html")
    with pytest.raises(LookupError, match=r"missing\.html"):
        visit(app, "/broken/")


def test_hostile_urls_are_bounded(app: App) -> None:
    with assert_num_queries(0):
        assert visit(app, "/" + "a" * 200).status_code == 404
        assert visit(app, "/a%00b/").status_code in (400, 404)


def test_sites_are_needed(make: Any) -> None:
    with pytest.raises(SetupError, match=r"Add partita\.sites"), make(apps=()) as app:
        visit(app, "/")


def test_pages_are_named_for_people() -> None:
    assert str(FlatPage(url="/a/", title="A")) == "/a/ -- A"


def test_migrations_say_what_the_models_say(app: App) -> None:
    command = next(each for each in app.all(COMMANDS) if each.name == "makemigrations")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(app, parser.parse_args(["--check", "flatpages"])) == 0
