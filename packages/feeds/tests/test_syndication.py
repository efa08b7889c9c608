"""Feeds as views with the hooks that Django documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.errors import ImproperlyConfigured
from partita.contracts.settings import LANGUAGE, TIME_ZONE
from partita.contracts.sites import SITES
from partita.contracts.templates import TEMPLATES
from partita.feeds import FeedSetupError
from partita.feeds.generator import Atom1Feed, Enclosure, Rss201rev2Feed, RssUserland091Feed, Stylesheet
from partita.feeds.syndication import Feed, add_domain
from partita.http import Http404, Request
from partita.http.drafts import HttpRequest
from partita.orm import ObjectDoesNotExist

ATOM = "{http://www.w3.org/2005/Atom}"


class Shop:
    """An application with a site, a language, a time zone and templates."""

    def __init__(self) -> None:
        site = SimpleNamespace(domain="shop.example", name="Shop")
        self._values: dict[object, Any] = {
            SITES: SimpleNamespace(get_current=lambda request: site),
            LANGUAGE: "en-gb",
            TIME_ZONE: "America/Chicago",
            TEMPLATES: self,
        }

    def find(self, key: Any) -> Any:
        return self._values.get(key)

    require = find

    def all(self, point: Any) -> tuple[Any, ...]:
        return ()

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        names = context or {}
        return f"{name} shows {names['obj']} of {names['site'].name}, {names.get('mood')}"  # type: ignore[attr-defined] # a site


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    token = CURRENT.set(made)
    yield made
    CURRENT.reset(token)


@dataclass
class Record:
    name: str
    day: datetime

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/records/{self.name}/"


RECORDS = [Record("Blue & Co", datetime(2026, 5, 1, 12)), Record("Hejira", datetime(2026, 4, 1, tzinfo=UTC))]  # noqa: DTZ001


class Records(Feed):
    title = "Records"
    link = "/records/"
    feed_guid = "urn:records"
    description = "What is new"
    author_name = "Shop"
    categories = ("Music",)
    feed_copyright = "2026"
    ttl = 60
    item_author_name = "Joni"
    item_author_email = "joni@example.org"
    item_categories = ("Folk",)
    item_copyright = "All"
    item_comments = "/comments"

    def items(self) -> list[Record]:
        return RECORDS

    def item_pubdate(self, item: Record) -> datetime:
        return item.day


def request(path: str = "/feed/", **headers: str) -> Any:
    return HttpRequest.of(Request.build(path=path, scheme="https", headers={"Host": "host.example", **headers}))


def channel(response: Any) -> ET.Element:
    found = ET.fromstring(response.body).find("channel")
    assert found is not None
    return found


def test_attributes_give_the_feed_and_sites_the_domain(shop: Shop) -> None:
    response = Records()(request())
    assert response.content_type == "application/rss+xml; charset=utf-8"
    found = channel(response)
    names = ("title", "link", "description", "language", "copyright", "ttl", "category")
    assert [found.findtext(name) for name in names] == [
        "Records", "https://shop.example/records/", "What is new", "en-gb", "2026", "60", "Music",
    ]  # fmt: skip
    link = found.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://shop.example/feed/"
    first, _ = found.findall("item")
    texts = [first.findtext(name) for name in ("title", "description", "link", "author", "comments", "category")]
    assert texts == [
        "Blue &amp; Co", "Blue & Co", "https://shop.example/records/Blue%20&%20Co/", "joni@example.org (Joni)",
        "/comments", "Folk",
    ]  # fmt: skip


def test_a_time_without_a_zone_is_in_that_of_the_application(shop: Shop) -> None:
    found = [item.findtext("pubDate") for item in channel(Records()(request())).findall("item")]
    assert found == ["Fri, 01 May 2026 12:00:00 -0500", "Wed, 01 Apr 2026 00:00:00 +0000"]


def test_without_an_application_the_request_says_all() -> None:
    found = channel(Records()(Request.build(path="/feed/", headers={"Host": "host.example"})))
    assert found.findtext("link") == "http://host.example/records/"
    assert found.find("language") is None


def test_a_reader_that_has_the_feed_gets_304(shop: Shop) -> None:
    first = Records()(request())
    assert first.headers["last-modified"] == "Fri, 01 May 2026 17:00:00 GMT"
    assert Records()(request(**{"If-None-Match": first.headers["etag"]})).status == 304
    assert Records()(request(**{"If-Modified-Since": first.headers["last-modified"]})).status == 304

    class Undated(Feed):
        title, link = "Undated", "/"

        def items(self) -> list[Record]:
            return RECORDS

    assert "last-modified" not in Undated()(request()).headers


def test_a_feed_may_be_about_an_object(shop: Shop) -> None:
    class OfArtist(Feed):
        feed_type = Atom1Feed
        item_guid_is_permalink = False

        def get_object(self, request: Any, name: str) -> str:
            if name == "nobody":
                raise Http404
            return name.title()

        def title(self, obj: str) -> str:
            return f"Records of {obj}"

        def link(self, obj: str) -> str:
            return f"/{obj}/"

        subtitle = title

        def items(self, obj: str) -> list[Record]:
            return [Record(f"{obj}-1", RECORDS[1].day)]

        def item_link(self, item: Record) -> str:
            return f"//cdn.example/{item}"

        def item_guid(self, item: Record) -> str:
            return f"urn:{item}"

        def item_updateddate(self, item: Record) -> datetime:
            return item.day

        def item_enclosures(self, item: Record) -> list[Enclosure]:
            return [Enclosure("/a.mp3", 1, "audio/mpeg"), Enclosure("/b.mp3", 2, "audio/mpeg")]

    root = ET.fromstring(OfArtist()(request(), name="joni").body)  # type: ignore[arg-type] # a body of text is bytes
    assert root.findtext(f"{ATOM}title") == root.findtext(f"{ATOM}subtitle") == "Records of Joni"
    assert root.findtext(f"{ATOM}entry/{ATOM}id") == "urn:Joni-1"
    assert root.findtext(f"{ATOM}entry/{ATOM}updated") == "2026-04-01T00:00:00Z"
    links = [(each.get("rel"), each.get("href")) for each in root.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [("alternate", "https://cdn.example/Joni-1"), ("enclosure", "/a.mp3"), ("enclosure", "/b.mp3")]
    with pytest.raises(Http404):
        OfArtist()(request(), name="nobody")


def test_a_missing_row_is_404_and_other_errors_stay(shop: Shop) -> None:
    class Lost(Records):
        def get_object(self, request: Any, error: type[Exception]) -> object:
            raise error("none")

    with pytest.raises(Http404, match="Feed object does not exist"):
        Lost()(request(), error=ObjectDoesNotExist)
    with pytest.raises(KeyError):
        Lost()(request(), error=KeyError)


def test_templates_make_titles_and_descriptions(shop: Shop) -> None:
    class Shown(Records):
        title_template = "title.html"
        description_template = "text.html"

        def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
            assert kwargs["obj"] is None
            return {**super().get_context_data(**kwargs), "mood": "blue"}

    item = channel(Shown()(request())).find("item")
    assert item is not None
    assert item.findtext("title") == "title.html shows Blue & Co of Shop, blue"
    assert item.findtext("description") == "text.html shows Blue & Co of Shop, blue"


def test_one_enclosure_may_be_named_by_attributes(shop: Shop) -> None:
    class Sounding(Records):
        item_enclosure_url = "https://cdn.example/1.mp3"
        item_enclosure_length = 32_000
        item_enclosure_mime_type = "audio/mpeg"

    enclosure = channel(Sounding()(request())).find("item/enclosure")
    assert enclosure is not None
    assert enclosure.attrib == {"url": "https://cdn.example/1.mp3", "length": "32000", "type": "audio/mpeg"}


def test_generators_get_more_arguments(shop: Shop) -> None:
    class Rated(Rss201rev2Feed):
        def add_root_elements(self, handler: Any) -> None:
            super().add_root_elements(handler)
            handler.addQuickElement("scale", self.feed["scale"])

        def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
            super().add_item_elements(handler, item)
            handler.addQuickElement("stars", item["stars"])

    class RatedRecords(Records):
        feed_type = Rated
        language = "de"
        feed_url = "https://other.example/feed/"
        stylesheets = ("/a.xsl", Stylesheet("/b.css"))

        def feed_extra_kwargs(self, obj: Any) -> dict[str, Any]:
            return {"scale": 5}

        def item_extra_kwargs(self, item: Record) -> dict[str, Any]:
            return {"stars": len(item.name)}

    response = RatedRecords()(request())
    found = channel(response)
    assert (found.findtext("scale"), found.findtext("language")) == ("5", "de")
    assert [item.findtext("stars") for item in found.findall("item")] == ["9", "6"]
    assert bytes(response.body).count(b"<?xml-stylesheet ") == 2  # type: ignore[arg-type] # a body of text is bytes


def test_a_feed_may_be_rss_091(shop: Shop) -> None:
    class Old(Records):
        feed_type = RssUserland091Feed

    found = channel(Old()(request()))
    assert {each.tag for each in found.findall("item/*")} == {"title", "link", "description"}


def test_mistakes_say_how_to_mend_them(shop: Shop) -> None:
    class Nowhere(Records):
        def items(self) -> list[Any]:
            return [1]

    with pytest.raises(FeedSetupError, match=r"Give your int class a get_absolute_url\(\) method"):
        Nowhere()(request())

    def hiding(function: Any) -> Any:
        def wrapper(*args: Any) -> Any:
            return function(*args)

        return wrapper

    class Hidden(Records):
        @hiding
        def item_description(self, item: Record) -> str:
            return item.name

    with pytest.raises(
        ImproperlyConfigured, match=r"'item_description' decorated by 'wrapper' needs to use @functools"
    ):
        Hidden()(request())


@pytest.mark.parametrize(
    ("url", "secure", "whole"),
    [
        ("/a/?b=c", False, "http://shop.example/a/?b=c"),
        ("/a/", True, "https://shop.example/a/"),
        ("//cdn.example/a", True, "https://cdn.example/a"),
        ("https://other.example/", False, "https://other.example/"),
        ("mailto:a@b.example", True, "mailto:a@b.example"),
    ],
)
def test_a_domain_is_added_where_there_is_none(url: str, secure: bool, whole: str) -> None:
    assert add_domain("shop.example", url, secure) == whole
