"""Pages are listed in menus, sitemaps and the administration."""

from typing import Any

import pytest

from partita.admin import site as administration
from partita.auth import AnonymousUser
from partita.auth.models import User
from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.flatpages import FlatPage, SetupError
from partita.flatpages.admin import FlatPageAdmin
from partita.flatpages.forms import FlatPageForm
from partita.flatpages.sitemaps import FlatPageSitemap
from partita.sites import NoSiteNamed, Site
from partita.templates import Engine, TemplateSyntaxError
from partita.testing import Client
from partita.urls import path
from partita.web import App


@pytest.fixture
def pages(app: App, add: Any) -> None:
    """Pages for all, for users, and of another site."""
    add("/about/")
    add("/about/us/")
    add("/secret/", registration_required=True)
    add("/two/", sites=(2,))


def listed(source: str, **context: Any) -> str:
    engine: Any = require(TEMPLATES)
    template = "{% load flatpages %}" + source + "{% for page in pages %}{{ page.url }} {% endfor %}"
    text: str = engine.from_string(template).render(context)
    return text.strip()


@pytest.mark.usefixtures("pages")
def test_a_menu_lists_the_pages_of_the_site(app: App) -> None:
    client = Client(app)
    assert client.get("/menu/", headers={"Host": "testserver"}).text == "/about/ /about/us/ "
    assert client.get("/menu/", headers={"Host": "two.example"}).text == "/two/ "
    assert client.get("/menu/", headers={"Host": "three.example"}).text == ""
    client.force_login(User.objects.create(email="a@example.com"))
    assert client.get("/menu/", headers={"Host": "testserver"}).text == "/about/ /about/us/ /secret/ "


def test_a_menu_may_be_narrowed(make: Any, add: Any) -> None:
    with make(sites={"site_id": 1}):
        add("/about/")
        add("/about/us/")
        add("/secret/", registration_required=True)
        user = User(email="a@example.com")
        assert listed("{% get_flatpages as pages %}") == "/about/ /about/us/"
        assert listed("{% get_flatpages '/about/us' as pages %}") == "/about/us/"
        assert listed("{% get_flatpages where for me as pages %}", where="/s", me=user) == "/secret/"
        assert listed("{% get_flatpages '/s' for me as pages %}", me=AnonymousUser()) == ""


@pytest.mark.usefixtures("pages")
def test_a_menu_without_a_request_needs_the_setting(app: App) -> None:
    with pytest.raises(SetupError, match="site_id"):
        listed("{% get_flatpages as pages %}")


@pytest.mark.parametrize(
    "words", ["", "as", "pages more", "as pages more", "prefix user as pages", "for user as pages more"]
)
def test_a_tag_that_says_something_else_is_refused(app: App, words: str) -> None:
    engine: Any = require(TEMPLATES)
    assert isinstance(engine, Engine)
    with pytest.raises(TemplateSyntaxError, match="expects a syntax of get_flatpages"):
        engine.from_string("{% load flatpages %}{% get_flatpages " + words + " %}")


@pytest.mark.usefixtures("pages")
def test_a_sitemap_lists_what_everybody_may_see(make: Any, add: Any) -> None:
    with pytest.raises(NoSiteNamed):
        FlatPageSitemap().items()
    found = FlatPageSitemap(Site.objects.get(pk=1)).urls("https://example.com")
    assert [url.location for url in found] == [
        "https://example.com/pages/about/",
        "https://example.com/pages/about/us/",
    ]
    with make(sites={"site_id": 1}):
        add("/only/")
        assert [page.url for page in FlatPageSitemap().items()] == ["/only/"]


def errors(**data: Any) -> list[str]:
    form = FlatPageForm({"title": "A", "sites": ["1"], **data})
    return [message for messages in form.errors.values() for message in messages]


def test_the_form_checks_urls(app: App, make: Any) -> None:
    assert errors(url="/new/") == []
    assert errors(url="/ new/") == [
        "This value must contain only letters, numbers, dots, underscores, dashes, slashes or tildes."
    ]
    assert errors(url="new/") == ["URL is missing a leading slash."]
    assert errors(url="/new") == ["URL is missing a trailing slash."]
    with make(flatpages={"append_slash": False}):
        assert errors(url="/new") == []


def test_the_form_keeps_urls_apart_within_a_site(app: App, add: Any) -> None:
    page = add("/about/", content="x")
    assert errors(url="/about/", sites=["1", "2"]) == ["Flatpage with url /about/ already exists for site testserver"]
    assert errors(url="/about/", sites=["2"]) == []
    form = FlatPageForm({"title": "B", "url": "/about/", "sites": ["1"]}, instance=page)
    assert form.is_valid(), form.errors
    form.save()
    assert FlatPage.objects.get().title == "B"


def test_pages_are_registered_in_the_administration() -> None:
    assert [type(admin) for admin in administration.model_admins if admin.model is FlatPage] == [FlatPageAdmin]


def test_people_write_pages_in_the_administration(make: Any) -> None:
    apps = ("partita.admin", "partita.sites")
    with make(apps=apps, routes=[path("admin/", administration.urls)]) as app:
        client = Client(app)
        client.force_login(User.objects.create(email="a@example.com", is_staff=True, is_superuser=True))
        target = "/admin/flatpages/flatpage/add/"
        page = {"url": "/new/", "title": "New", "content": "<p>x</p>", "sites": ["1"]}
        assert "URL is missing a leading slash." in client.post(target, {**page, "url": "new/"}).text
        assert client.post(target, page, follow=False).status_code == 302
        assert "New" in client.get("/admin/flatpages/flatpage/").text
        assert client.get("/new/").status_code == 200


def test_the_form_says_which_slashes_it_wants(make: Any) -> None:
    with make():
        assert "leading and trailing slashes" in str(FlatPageForm().fields["url"].help_text)
    with make(flatpages={"append_slash": False}):
        assert str(FlatPageForm().fields["url"].help_text) == (
            "Example: “/about/contact”. Make sure to have a leading slash."
        )
