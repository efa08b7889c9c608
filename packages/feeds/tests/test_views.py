"""Feeds as views."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from partita.feeds import Atom, Feed, Item
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
