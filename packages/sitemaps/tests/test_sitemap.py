"""Pages found among objects, and the views that show them."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from partita.http import Http404, Request, Response
from partita.sitemaps import GenericSitemap, Image, Sitemap, SitemapValueError
from partita.sitemaps.indexnow import submission
from partita.sitemaps.views import index_view, robots_view, sitemap_view

LOC = ".//{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass
class Record:
    number: int

    def get_absolute_url(self) -> str:
        return f"/records/{self.number}/"

    @property
    def changed(self) -> datetime:
        return datetime(2026, 5, self.number, tzinfo=UTC)


class Records(Sitemap):
    limit = 2
    changefreq = "daily"

    def items(self) -> list[Record]:
        return [Record(number) for number in range(1, 6)]

    def lastmod(self, record: Record) -> datetime:
        return record.changed

    def priority(self, record: Record) -> float:
        return record.number / 10

    def images(self, record: Record) -> list[str]:
        return [f"https://cdn.example/{record.number}.jpg"]


class Pages(Sitemap):
    i18n = alternates = x_default = True
    languages = ("en", "de")

    def items(self) -> list[str]:
        return ["about"]

    def location(self, item: str, language: str = "") -> str:
        return f"/{language}/{item}/"


SITEMAPS = {"records": Records(), "pages": Pages()}


def request(path: str = "/sitemap.xml", query: str = "", **headers: str) -> Request:
    return Request.build(path=path, query=query, scheme="https", headers={"Host": "shop.example", **headers})


def locations(response: Response) -> list[str | None]:
    assert isinstance(response.body, bytes)
    return [found.text for found in ET.fromstring(response.body).findall(LOC)]


def test_attributes_and_methods_give_the_elements() -> None:
    first, second = Records().urls("https://shop.example", 1)
    assert (first.location, first.change_frequency, first.priority) == ("https://shop.example/records/1/", "daily", 0.1)
    assert first.last_modified == datetime(2026, 5, 1, tzinfo=UTC)
    assert second.images == (Image("https://cdn.example/2.jpg"),)


def test_items_fill_pages() -> None:
    assert Records().page_count == 3
    assert [url.location for url in Records().urls("https://a.example", 3)] == ["https://a.example/records/5/"]
    with pytest.raises(SitemapValueError, match="1 to 3"):
        list(Records().urls("https://a.example", 4))
    assert Sitemap().page_count == 1


def test_each_language_has_a_page_that_names_the_others() -> None:
    english, german = Pages().urls("https://a.example")
    assert (english.location, german.location) == ("https://a.example/en/about/", "https://a.example/de/about/")
    pairs = [(each.language, each.location.removeprefix("https://a.example")) for each in german.alternates]
    assert pairs == [("en", "/en/about/"), ("de", "/de/about/"), ("x-default", "/en/about/")]


def test_a_query_is_counted_and_asked_anew() -> None:
    class Query:
        def __init__(self) -> None:
            self.records = [Record(1), Record(2)]

        def all(self) -> "Query":
            return self

        def count(self) -> int:
            return len(self.records)

        def __iter__(self) -> object:
            return iter(self.records)

        def __getitem__(self, part: slice) -> list[Record]:
            return self.records[part]

    sitemap = GenericSitemap(Query(), date_field="changed", priority=0.5, protocol="http")
    urls = list(sitemap.urls("https://a.example"))
    assert [url.location for url in urls] == ["http://a.example/records/1/", "http://a.example/records/2/"]
    assert sitemap.get_latest_lastmod() == datetime(2026, 5, 2, tzinfo=UTC)


def test_days_and_missing_dates() -> None:
    assert GenericSitemap([Record(1)]).get_latest_lastmod() is None
    day = Sitemap()
    day.lastmod = date(2026, 5, 1)  # type: ignore[attr-defined] # one for all pages
    day.items = lambda: [Record(1)]  # type: ignore[method-assign] # a sitemap made on the spot
    assert day.get_latest_lastmod() == date(2026, 5, 1)


def test_views_show_sitemaps_and_their_pages() -> None:
    view = sitemap_view(SITEMAPS)
    response = view(request(), section="records")
    assert response.content_type == "application/xml; charset=utf-8"
    assert response.headers["x-robots-tag"] == "noindex, noodp, noarchive"
    assert locations(response) == ["https://shop.example/records/1/", "https://shop.example/records/2/"]
    assert locations(view(request(query="p=3"), section="records")) == ["https://shop.example/records/5/"]
    assert len(locations(view(request()))) == 4


@pytest.mark.parametrize("query", ["p=4", "p=0", "p=x", "p=-1", "p=99999999999999999999", "p=²"])
def test_pages_that_are_not_there_are_404(query: str) -> None:
    with pytest.raises(Http404):
        sitemap_view(SITEMAPS)(Request.build(path="/", query=dict([query.split("=")])), section="records")


def test_a_section_that_is_not_there_is_404() -> None:
    with pytest.raises(Http404):
        sitemap_view(SITEMAPS)(request(), section="nothing")


def test_the_index_lists_every_page() -> None:
    assert locations(index_view(SITEMAPS)(request())) == [
        "https://shop.example/sitemap-records.xml",
        "https://shop.example/sitemap-records.xml?p=2",
        "https://shop.example/sitemap-records.xml?p=3",
        "https://shop.example/sitemap-pages.xml",
    ]


def test_last_modified_is_said_where_every_page_says_it() -> None:
    view = sitemap_view(SITEMAPS)
    assert view(request(), section="records").headers["last-modified"] == "Tue, 05 May 2026 00:00:00 GMT"
    assert "last-modified" not in view(request()).headers
    assert "last-modified" not in index_view(SITEMAPS)(request()).headers


@pytest.mark.parametrize("make", [sitemap_view, index_view])
def test_who_has_it_already_gets_304(make: Callable[..., Callable[..., Response]]) -> None:
    view = make(SITEMAPS)
    etag = view(request()).headers["etag"]
    assert view(request(**{"If-None-Match": etag})).status == 304


def test_a_packed_sitemap_is_the_same_file_each_time() -> None:
    view = sitemap_view(SITEMAPS, packed=True)
    first = view(request())
    assert first.content_type == "application/gzip"
    assert first.body == view(request()).body
    assert isinstance(first.body, bytes)
    assert gzip.decompress(first.body) == sitemap_view(SITEMAPS)(request()).body


def test_robots_txt_names_the_sitemap() -> None:
    response = robots_view("User-agent: *\nAllow: /", sitemap="/sitemap.xml")(request())
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.body == b"User-agent: *\nAllow: /\n\nSitemap: https://shop.example/sitemap.xml\n"


def test_llms_txt_is_a_text_like_it() -> None:
    response = robots_view("# Records\n\n> A shop for records")(request("/llms.txt"))
    assert (response.body, response.content_type) == (
        b"# Records\n\n> A shop for records\n", "text/plain; charset=utf-8",
    )  # fmt: skip


def test_indexnow_gets_the_pages_of_one_host() -> None:
    made = submission(["https://a.example/1", "https://a.example/2"], "0123456789abcdef")
    assert made.url == "https://api.indexnow.org/indexnow"
    assert json.loads(made.body) == {
        "host": "a.example", "key": "0123456789abcdef", "urlList": ["https://a.example/1", "https://a.example/2"],
    }  # fmt: skip
    for urls, key in [
        (["https://a.example/", "https://b.example/"], "0" * 8),
        ([], "0" * 8),
        (["https://a.example/"], "short"),
    ]:
        with pytest.raises(SitemapValueError):
            submission(urls, key)
