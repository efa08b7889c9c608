"""Which site a request is for."""

import asyncio
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.sites import SITES, Sites
from partita.contracts.testing.sites import SitesContract
from partita.http import BadRequest, Request
from partita.http.drafts import HttpRequest
from partita.orm import Database, Databases, atomic
from partita.orm.testing import assert_num_queries
from partita.sites import (
    SITES_SETTINGS,
    CurrentSiteMiddleware,
    NoSiteNamed,
    RequestSite,
    Site,
    SitesSettings,
    TransientSite,
    aget_current_site,
    get_current_site,
)
from partita.sites.creation import acreate_default_site, create_default_site
from partita.validation import ValidationError
from partita.web.testing import application


def ask(host: str) -> Request:
    return Request.build(path="/", headers={"Host": host})


class Named:
    """An application whose settings name a site, or none."""

    def __init__(self, site_id: int | None) -> None:
        self.settings = SitesSettings(site_id)

    def find(self, key: object) -> Any:
        return self.settings if key is SITES_SETTINGS else None


@pytest.fixture
def named() -> Any:
    """Enters an application with a setting."""
    tokens = []

    def enter(site_id: int | None) -> None:
        app: Any = Named(site_id)
        tokens.append(CURRENT.set(app))

    yield enter
    for token in reversed(tokens):
        CURRENT.reset(token)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("one.example", "One"),
        ("ONE.example.", "One"),
        ("one.example:8000", "One"),
        ("two.example:8000", "Two"),
    ],
)
def test_the_host_says_which_site_is_meant(database: Database, host: str, name: str) -> None:
    with assert_num_queries(2 if host == "one.example:8000" else 2 if ":" in host else 1):
        assert Site.objects.get_current(ask(host)).name == name
    with assert_num_queries(0):
        assert Site.objects.get_current(ask(host)).name == name


@pytest.mark.parametrize("host", ["two.example", "two.example:81", "three.example", "one.example.org"])
def test_a_host_without_a_site_is_told(database: Database, host: str) -> None:
    with pytest.raises(Site.DoesNotExist, match="no site for the host"):
        Site.objects.get_current(ask(host))


def test_what_is_no_host_is_refused(database: Database) -> None:
    with pytest.raises(BadRequest):
        Site.objects.get_current(ask("one.example/evil"))


def test_a_setting_comes_before_the_host(database: Database, named: Any) -> None:
    named(2)
    with assert_num_queries(1):
        assert Site.objects.get_current(ask("one.example")).name == "Two"
        assert Site.objects.get_current().name == "Two"
        assert get_current_site(ask("one.example")).name == "Two"
    named(None)
    assert get_current_site(ask("one.example")).name == "One"


def test_without_setting_and_request_nobody_knows(database: Database) -> None:
    with pytest.raises(NoSiteNamed, match="site_id"):
        Site.objects.get_current()


def test_an_application_without_sites_goes_by_the_host() -> None:
    site = get_current_site(ask("one.example:81"))
    assert isinstance(site, RequestSite)
    assert (site.domain, site.name, str(site)) == ("one.example:81",) * 3
    with pytest.raises(TransientSite):
        site.save()
    with pytest.raises(TransientSite):
        site.delete()
    draft = HttpRequest()
    draft.META["HTTP_HOST"] = "one.example"
    assert RequestSite(draft).domain == "one.example"
    assert asyncio.run(aget_current_site(ask("one.example"))).domain == "one.example"


def test_the_async_twins_find_the_same(database: Database, named: Any) -> None:
    named(None)

    async def check() -> None:
        assert (await aget_current_site(ask("one.example"))).name == "One"
        assert (await Site.objects.aget_current(ask("two.example:8000"))).name == "Two"
        assert await acreate_default_site(database) is None

    asyncio.run(check())


def test_a_changed_site_is_asked_for_again(database: Database, named: Any) -> None:
    named(1)
    site = Site.objects.get_current()
    site.name = "Uno"
    site.save()
    assert Site.objects.get_current().name == "Uno"
    Site.objects.all().delete()
    with pytest.raises(Site.DoesNotExist):
        Site.objects.get_current()


def test_a_change_that_is_undone_leaves_nothing_behind(database: Database, named: Any) -> None:
    named(1)
    with pytest.raises(ZeroDivisionError), atomic():
        site = Site.objects.get(pk=1)
        site.name = "Uno"
        site.save()
        assert Site.objects.get_current().name == "Uno"
        raise ZeroDivisionError
    assert Site.objects.get_current().name == "One"
    with atomic():
        Site.objects.create(domain="three.example", name="Three")
    with assert_num_queries(1):
        assert Site.objects.get_current().name == "One"
    Site.objects.clear_cache()
    with assert_num_queries(1):
        Site.objects.get_current()


def test_two_databases_do_not_share_what_is_known() -> None:
    with Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"}) as databases:
        for alias in databases:
            databases[alias].create_all(Site)
            Site.objects.using(alias).create(domain="one.example", name=alias)
        assert Site.objects.get_current(ask("one.example")).name == "default"
        assert Site.objects.db_manager("other").get_current(ask("one.example")).name == "other"
        databases.close()


def test_what_is_known_is_bounded(database: Database) -> None:
    for port in range(1100):
        Site.objects.get_current(ask(f"one.example:{port + 1}"))
    known: Any = next(iter(database.kept.values()))
    assert len(known._by_domain) <= 1000


def test_domains_are_checked(database: Database) -> None:
    for domain in ("two words", "tab\tbed", "line\nbreak"):
        with pytest.raises(ValidationError, match="spaces or tabs"):
            Site(domain=domain, name="x").full_clean()
    with pytest.raises(ValidationError, match="already exists"):
        Site(domain="one.example", name="x").full_clean()
    site = Site.objects.get(pk=1)
    assert Site.objects.get_by_natural_key(*site.natural_key()) == site
    assert str(site) == "one.example"


def test_the_first_site_is_made_once(database: Database) -> None:
    assert create_default_site(database) is None
    Site.objects.all().delete()
    made = create_default_site(database, 7)
    assert made is not None
    assert (made.pk, made.domain) == (7, "example.com")


class OnlyElsewhere:
    """Sends sites to one database only."""

    def allow_migrate(self, alias: str, app_label: str, model_name: str | None = None) -> bool | None:
        return alias == "other" if (app_label, model_name) == ("sites", "site") else None


def test_a_database_that_routers_keep_sites_from_gets_none() -> None:
    databases = Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"}, [OnlyElsewhere()])
    with databases:
        databases["other"].create_all(Site)
        assert create_default_site(databases["default"]) is None  # it has no table either
        made = create_default_site(databases["other"])
        assert made is not None
        assert Site.objects.using("other").get() == made
    databases.close()


def test_a_site_made_of_a_request_is_in_no_database() -> None:
    site = RequestSite(ask("one.example"))
    with pytest.raises(NotImplementedError, match=r"RequestSite cannot be saved\."):
        site.save()
    with pytest.raises(TransientSite, match=r"RequestSite cannot be deleted\."):
        site.delete()


def test_middleware_in_djangos_manner_gives_requests_their_site(database: Database, named: Any) -> None:
    named(2)
    request = HttpRequest.of(ask("one.example"))
    assert CurrentSiteMiddleware(lambda asked: asked.site.name)(request) == "Two"


def test_an_application_tells_other_packages_its_sites(database: Database) -> None:
    with application(apps=["partita.sites"], sites={"site_id": 2}) as app, database:
        assert app.require(SITES).get_current().domain == "two.example:8000"


class TestSitesOfADatabase(SitesContract):
    @pytest.fixture(autouse=True)
    def _with_database(self, database: Database, named: Any) -> None:
        self._named = named

    def make(self, domain: str | None) -> Sites:
        self._named(None if domain is None else Site.objects.get(domain=domain).pk)
        sites: Any = Site.objects
        return sites  # type: ignore[no-any-return]  # its manager
