"""Feeds as views."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import USE_TZ
from partita.contracts.templates import TEMPLATES
from partita.feeds import Atom, Feed, FeedSetupError, Item, Rss
from partita.feeds.views import FeedView, feed_response
from partita.http import Http404, Request

MAY = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Record:
    name: str
    day: date

    def get_absolute_url(self) -> str:
        return f"/records/{self.name}/"


class Records(FeedView):
    title = "New records"
    categories = ("Music",)
    language = "en"

    def get_object(self, request: Request, **arguments: Any) -> str:
        if arguments["artist"] == "nobody":
            raise Http404("no such artist")
        return str(arguments["artist"])

    def link(self, artist: str) -> str:
        return f"/artists/{artist}/"

    def description(self) -> str:
        return "without an argument"

    def items(self, artist: str) -> list[Record]:
        return [Record(f"{artist}-1", date(2026, 4, 1)), Record(f"{artist}-2", date(2026, 5, 1))]

    def item_title(self, record: Record) -> str:
        return record.name.title()

    def item_pubdate(self, record: Record) -> date:
        return record.day

    item_author_name = "Joni"
    item_enclosure_url = "/1.mp3"
    item_enclosure_length = 12
    item_enclosure_mime_type = "audio/mpeg"


def request(**headers: str) -> Request:
    return Request.build(path="/feed/", scheme="https", headers={"Host": "shop.example", **headers})


def test_hooks_give_the_parts_of_the_feed() -> None:
    response = Records()(request(), artist="joni")
    assert response.content_type == "application/rss+xml; charset=utf-8"
    assert isinstance(response.body, bytes)
    found = ET.fromstring(response.body)
    texts = [found.findtext(f"channel/{name}") for name in ("title", "link", "description", "category", "language")]
    assert texts == ["New records", "https://shop.example/artists/joni/", "without an argument", "Music", "en"]
    first, _ = found.findall("channel/item")
    assert first.findtext("title") == "Joni-1"
    assert first.findtext("link") == "https://shop.example/records/joni-1/"
    assert first.findtext("pubDate") == "Wed, 01 Apr 2026 00:00:00 +0000"
    assert first.findtext("{http://purl.org/dc/elements/1.1/}creator") == "Joni"
    link = found.find("channel/{http://www.w3.org/2005/Atom}link")
    assert link is not None
    assert link.get("href") == "https://shop.example/feed/"


def test_what_is_not_there_is_404() -> None:
    with pytest.raises(Http404):
        Records()(request(), artist="nobody")


def test_a_reader_that_has_the_feed_gets_304() -> None:
    view = Records()
    first = view(request(), artist="joni")
    assert first.headers["last-modified"] == "Fri, 01 May 2026 00:00:00 GMT"
    again = view(request(**{"If-None-Match": first.headers["etag"]}), artist="joni")
    assert (again.status, again.body) == (304, b"")
    assert view(request(**{"If-Modified-Since": first.headers["last-modified"]}), artist="joni").status == 304
    assert view(request(**{"If-None-Match": '"other"'}), artist="joni").status == 200
    assert view(request(**{"If-None-Match": first.headers["etag"]}), artist="other").status == 200


def test_a_feed_may_be_written_in_any_format() -> None:
    feed = Feed("a", "https://a.example/", items=(Item("b", "/b", published=MAY),))
    response = feed_response(request(), feed, Atom())
    assert response.content_type == "application/atom+xml; charset=utf-8"
    assert b"<entry>" in bytes(response.body)  # type: ignore[arg-type] # a body of text is bytes


class Texts:
    """An engine for templates, and the application that has it."""

    def require(self, key: Any) -> Any:
        assert key is TEMPLATES
        return self

    def find(self, key: Any) -> Any:
        return None if key is USE_TZ else self.require(key)

    def all(self, point: Any) -> tuple[Any, ...]:
        return ()

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        assert request is not None
        return f"{name}: {(context or {})['obj']} of {(context or {})['feed_object']} {(context or {}).get('more', '')}"


def passing_on(function: Any) -> Any:
    @wraps(function)
    def wrapper(*args: Any) -> str:
        return f"{function(*args)} (decorated)"

    return wrapper


class Minutes:
    def __call__(self) -> int:
        return 90


class Everything(FeedView):
    link = "/"
    feed_guid = "urn:feed"
    subtitle = "Below"
    ttl = Minutes()
    writer = Atom()
    title_template = "title.html"
    description_template = "description.html"
    item_image = "/a.jpg"
    item_media = ("/b.jpg", {"url": "/c.mp4", "medium": "video"})

    @passing_on
    def title(self) -> str:
        return "All"

    @staticmethod
    @passing_on
    def feed_copyright() -> str:
        return "©"

    @staticmethod
    def categories() -> tuple[str, ...]:
        return ("a", "b")

    def get_object(self, request: Request, **arguments: Any) -> str:
        return "everything"

    def get_context_data(self, item: Any, obj: Any, request: Request) -> Mapping[str, object]:
        return {**super().get_context_data(item, obj, request), "more": "!"}

    def items(self) -> list[str]:
        return ["one"]

    def item_link(self, item: str) -> str:
        return f"/{item}/"

    def item_guid(self, item: str) -> str:
        return f"https://shop.example/{item}/?id"

    def item_guid_is_permalink(self, item: str) -> bool:
        return True


def test_every_hook_of_a_feed_is_asked() -> None:
    view = Everything()
    token = CURRENT.set(Texts())
    try:
        feed = view.feed(Request.build("GET", "/feed/"), "everything")
    finally:
        CURRENT.reset(token)
    assert (feed.title, feed.rights, feed.ttl, feed.id, feed.description, feed.categories) == (
        "All (decorated)", "© (decorated)", 90, "urn:feed", "Below", ("a", "b"),
    )  # fmt: skip
    (item,) = feed.items
    assert item.title == "title.html: one of everything !"
    assert item.description == "description.html: one of everything !"
    assert (item.id, item.id_is_link, item.image) == ("https://shop.example/one/?id", True, "/a.jpg")
    assert [(media.url, media.medium) for media in item.media] == [("/b.jpg", ""), ("/c.mp4", "video")]
    assert '<guid isPermaLink="true">https://shop.example/one/?id</guid>' in Rss().write(feed)
    assert "<id>urn:feed</id>" in Atom().write(feed)


def test_an_item_without_an_address_is_an_error_that_says_what_to_do() -> None:
    class Nowhere(FeedView):
        title = "x"

        def items(self) -> list[int]:
            return [1]

    with pytest.raises(FeedSetupError, match="get_absolute_url"):
        Nowhere()(Request.build("GET", "/"))
