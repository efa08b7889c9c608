"""Sitemaps written as Django's users write them, and the views whose arguments a route gives."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.errors import ImproperlyConfigured
from partita.contracts.settings import LANGUAGE
from partita.contracts.sites import SITES
from partita.contracts.templates import TEMPLATES
from partita.http import Http404, Request, Response
from partita.http.drafts import HttpRequest, HttpResponse
from partita.i18n import Translations, get_language, override
from partita.sitemaps import GenericSitemap, Sitemap, SitemapSetupError
from partita.sitemaps.views import SitemapIndexItem, index, sitemap, x_robots_tag
from partita.urls import ROUTER, Router, path

NS = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "xhtml": "http://www.w3.org/1999/xhtml"}


class Pages(Sitemap):
    changefreq = "daily"
    priority = 0.5
    location = "/about/"  # type: ignore[assignment] # one for all pages
    lastmod = date(2026, 5, 1)
    limit = 2
    items = ("a", "b", "c")  # type: ignore[assignment] # a value in place of a method


class Records(Sitemap):
    def items(self) -> list[int]:
        return [1, 2]

    def location(self, item: int) -> str:
        return f"/records/{item}/"

    def lastmod(self, item: int) -> datetime:
        return datetime(2026, 4, item, 12)  # noqa: DTZ001 - as some databases have it


SITEMAPS: dict[str, Any] = {"pages": Pages, "records": Records()}


class Shop:
    """An application with a site, a language, routes and templates."""

    def __init__(self, site: Any = SimpleNamespace(domain="shop.example", name="Shop")) -> None:
        self._site = site
        routes = [
            path("map-<slug:section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="partita.sitemaps.views.sitemap")
        ]
        self._values: dict[object, Any] = {SITES: self, LANGUAGE: "en", TEMPLATES: self, ROUTER: Router(routes)}

    def find(self, key: Any) -> Any:
        return self._values.get(key)

    require = find

    def all(self, point: Any) -> tuple[Any, ...]:
        return ()

    def get_current(self, request: object = None) -> Any:
        if self._site is None:
            raise LookupError
        return self._site

    def render(self, name: str, context: Mapping[str, Any] | None = None, request: object = None) -> str:
        assert context is not None
        return f"{name}: {context!r}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    token = CURRENT.set(made)
    yield made
    CURRENT.reset(token)


def request(query: str = "") -> Any:
    return HttpRequest.of(Request.build(path="/map.xml", query=query, headers={"Host": "host.example"}))


def read(response: Response) -> ET.Element:
    assert isinstance(response.body, bytes)
    return ET.fromstring(response.body)


def locations(response: Response) -> list[str | None]:
    return [found.text for found in read(response).iterfind(".//s:loc", NS)]


def test_a_route_gives_the_sitemaps_as_classes_or_objects(shop: Shop) -> None:
    response = sitemap(request(), SITEMAPS, "records")
    assert locations(response) == ["http://shop.example/records/1/", "http://shop.example/records/2/"]
    assert response.headers["last-modified"] == "Thu, 02 Apr 2026 12:00:00 GMT"
    assert response.headers["x-robots-tag"] == "noindex, noodp, noarchive"
    assert len(locations(sitemap(request(), SITEMAPS))) == 4
    assert locations(sitemap(request("p=2"), SITEMAPS)) == ["http://shop.example/about/"]


def test_without_sites_the_request_says_the_host() -> None:
    assert locations(sitemap(request(), SITEMAPS, "records"))[0] == "http://host.example/records/1/"


def test_an_index_finds_the_route_of_each_sitemap(shop: Shop) -> None:
    found = read(index(request(), SITEMAPS))
    assert [(each.findtext("s:loc", "", NS), each.findtext("s:lastmod", "", NS)) for each in found] == [
        ("http://shop.example/map-pages.xml", "2026-05-01"),
        ("http://shop.example/map-pages.xml?p=2", "2026-05-01"),
        ("http://shop.example/map-records.xml", "2026-04-02T12:00:00+00:00"),
    ]


def test_own_templates_get_what_there_is(shop: Shop) -> None:
    shown = bytes(index(request(), {"records": Records}, "own.xml", "text/plain").body).decode()  # type: ignore[arg-type] # text
    item = SitemapIndexItem("http://shop.example/map-records.xml", datetime(2026, 4, 2, 12, tzinfo=UTC))
    assert shown == f"own.xml: { {'sitemaps': [item]}!r}"
    response = sitemap(request(), {"pages": Pages}, template_name="own.xml", content_type="text/plain")
    assert response.content_type == "text/plain"
    assert b"'item': 'a', 'location': 'http://shop.example/about/'" in bytes(response.body)  # type: ignore[arg-type] # text


@pytest.mark.parametrize(
    ("section", "query", "message"),
    [
        ("none", "", "No sitemap available for section: 'none'"),
        ("pages", "p=0", "Page 0 empty"),
        ("pages", "p=3", "Page 3 empty"),
        (None, "p=9", "Page 9 empty"),
        ("pages", "p=x", "No page 'x'"),
        ("pages", "p=" + "9" * 5000, "No page '999"),
    ],
)
def test_what_is_not_there_is_404(shop: Shop, section: str | None, query: str, message: str) -> None:
    with pytest.raises(Http404, match=message):
        sitemap(request(query), SITEMAPS, section)


def test_pages_are_mappings_with_their_items(shop: Shop) -> None:
    first, *_ = Pages().get_urls()
    assert first == {
        "item": "a", "location": "https://shop.example/about/", "lastmod": date(2026, 5, 1), "changefreq": "daily",
        "priority": "0.5", "alternates": [],
    }  # fmt: skip
    site = SimpleNamespace(domain="other.example", name="Other")
    assert Pages().get_urls(2, site, "http")[0]["location"] == "http://other.example/about/"
    generic = GenericSitemap({"queryset": [1]}, protocol="http")
    assert (generic.get_protocol(), generic.get_protocol("https"), Pages().get_protocol()) == ("http", "http", "https")


def test_without_a_site_pages_have_no_host() -> None:
    with pytest.raises(ImproperlyConfigured, match="either enable the sites framework or pass a Site"):
        Pages().get_urls()
    token = CURRENT.set(Shop(site=None))
    try:
        with pytest.raises(SitemapSetupError, match="To use sitemaps"):
            Pages().get_domain()
    finally:
        CURRENT.reset(token)


class Translated(Sitemap):
    i18n = alternates = x_default = True

    def items(self) -> list[str]:
        return ["a", "only-german"]

    def get_languages_for_item(self, item: str) -> Any:
        return ["de"] if item == "only-german" else super().get_languages_for_item(item)

    def location(self, item: str) -> str:
        return f"/{get_language()}/{item}/"


def test_each_language_is_in_force_while_its_page_is_asked_for(shop: Shop) -> None:
    translations = Translations(languages=["en", "de"])
    with override("en", translations):
        urls = list(Translated().urls("https://a.example"))
        assert get_language() == "en"
    assert [url.location for url in urls] == [
        "https://a.example/en/a/", "https://a.example/de/a/", "https://a.example/de/only-german/",
    ]  # fmt: skip
    pairs = [(each.language, each.location.removeprefix("https://a.example")) for each in urls[1].alternates]
    assert pairs == [("en", "/en/a/"), ("de", "/de/a/"), ("x-default", "/a/")]
    assert [each.language for each in urls[2].alternates] == ["de"]


def test_languages_must_be_known() -> None:
    with pytest.raises(SitemapSetupError, match="Set `languages` in the class"):
        list(Translated().urls("https://a.example"))


def test_an_item_without_an_address_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(
        SitemapSetupError, match=r"Give your int class a get_absolute_url\(\) method, or define location"
    ):
        list(GenericSitemap([1]).urls("https://a.example"))


def test_who_knows_the_last_change_says_it(shop: Shop) -> None:
    class Known(Records):
        def get_latest_lastmod(self) -> datetime:
            return datetime(2026, 6, 1, 10)  # noqa: DTZ001 - as users write it

    class Unknown(Records):
        def get_latest_lastmod(self) -> None:
            return None

    known = sitemap(request(), {"a": Known})
    assert known.headers["last-modified"] == "Mon, 01 Jun 2026 10:00:00 GMT"
    assert b"<lastmod>2026-06-01T10:00:00+00:00</lastmod>" in bytes(index(request(), {"a": Known}).body)  # type: ignore[arg-type] # text
    assert "last-modified" not in sitemap(request(), {"a": Known, "b": Unknown}).headers
    assert b"<lastmod>" not in bytes(index(request(), {"a": Unknown}).body)  # type: ignore[arg-type] # text


def test_other_views_may_be_hidden_from_search_engines_too() -> None:
    assert x_robots_tag(lambda: Response.text("a"))().headers["x-robots-tag"] == "noindex, noodp, noarchive"
    assert x_robots_tag(lambda: HttpResponse("a"))()["X-Robots-Tag"] == "noindex, noodp, noarchive"
