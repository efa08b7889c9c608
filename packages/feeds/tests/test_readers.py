"""What a reader that millions use makes of the feeds, and what the specifications demand besides."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request as Outgoing
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.feeds import (
    Atom,
    Chapters,
    Enclosure,
    Episode,
    Feed,
    FeedValueError,
    Item,
    JsonFeed,
    Media,
    Person,
    Podcast,
    Rss,
    Rss091,
    Stylesheet,
    publication,
)
from partita.feeds.dates import rfc2822_date, rfc3339_date
from partita.feeds.views import FeedView
from partita.http import Request

MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
ITEM = Item(
    "Blue & <b>green</b>",
    "/records/1/",
    id="urn:record:1",
    id_is_link=False,
    description="<p>A record &amp; more</p>",
    content="<p>All of it</p>",
    authors=(Person("Joni", "joni@example.com", "https://joni.example/"), Person("Neil")),
    published=MAY,
    updated=MAY.replace(day=2),
    categories=("Folk", "Ключ"),
    comments="/records/1/comments/",
    enclosures=(Enclosure("/records/1.mp3", 1234, "audio/mpeg"),),
    rights="© Joni",
    image="/records/1.jpg",
    media=(
        Media("/records/1.jpg", "image/jpeg", "image", width=600, height=400, thumbnail="/small.jpg", title="Cover"),
    ),
    point=(48.1, 11.5),
)
FEED = Feed(
    "New records",
    "https://shop.example/",
    description="Every week",
    items=(ITEM, Item("Hejira", "/records/2/", published=MAY)),
    feed_url="/feed/",
    language="en-gb",
    authors=(Person("The shop", "shop@example.com"),),
    categories=("Music",),
    rights="© 2026",
    ttl=60,
    image="/logo.png",
    icon="/icon.png",
    hubs=("https://hub.example/",),
)


def read(writer: Any, feed: Feed = FEED) -> Any:
    found = feedparser.parse(writer.write(feed).encode())
    assert not found.bozo, found.get("bozo_exception")
    return found


def test_a_reader_understands_rss() -> None:
    found = read(Rss())
    assert found.version == "rss20"
    channel = found.feed
    item, other = found.entries
    assert (channel.title, channel.link, channel.subtitle, channel.language, channel.ttl) == (
        "New records", "https://shop.example/", "Every week", "en-gb", "60",
    )  # fmt: skip
    assert {link.rel: link.href for link in channel.links}["self"] == "https://shop.example/feed/"
    assert (item.link, item.id, item.guidislink) == ("https://shop.example/records/1/", "urn:record:1", False)
    assert (other.id, other.link) == ("https://shop.example/records/2/", "https://shop.example/records/2/")
    assert item.published_parsed[:6] == (2026, 5, 1, 12, 0, 0)
    assert [tag.term for tag in item.tags] == ["Folk", "Ключ"]
    assert item.enclosures[0].length == "1234"
    assert item.media_content[0]["url"] == "https://shop.example/records/1.jpg"
    assert item.media_thumbnail[-1]["url"] == "https://shop.example/records/1.jpg"
    assert item.where.coordinates == (11.5, 48.1)
    assert item.comments == "https://shop.example/records/1/comments/"


def test_a_reader_understands_atom() -> None:
    found = read(Atom())
    assert found.version == "atom10"
    channel, item = found.feed, found.entries[0]
    assert (channel.title, channel.subtitle, channel.id) == ("New records", "Every week", "https://shop.example/")
    assert (item.id, item.link) == ("urn:record:1", "https://shop.example/records/1/")
    assert (item.published_parsed[:3], item.updated_parsed[:3]) == ((2026, 5, 1), (2026, 5, 2))
    assert [author.name for author in item.authors] == ["Joni", "Neil"]
    assert item.rights == "© Joni"
    assert item.summary == "<p>A record &amp; more</p>"
    assert {link.rel for link in item.links} == {"alternate", "enclosure"}


def test_atom_has_what_rfc_4287_demands_and_nothing_twice() -> None:
    names = {"a": "http://www.w3.org/2005/Atom"}
    root = ET.fromstring(Atom().write(FEED))
    for parent in (root, *root.findall("a:entry", names)):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"a:{name}", names)) == 1
        for name in ("subtitle", "rights", "published", "summary", "content", "icon", "logo"):
            assert len(parent.findall(f"a:{name}", names)) <= 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", parent.findtext("a:updated", "", names))
        assert len([link for link in parent.findall("a:link", names) if link.get("rel") == "alternate"]) == 1


def test_a_reader_understands_rss_091() -> None:
    found = read(Rss091())
    assert found.version == "rss091u"
    assert [entry.link for entry in found.entries] == [
        "https://shop.example/records/1/",
        "https://shop.example/records/2/",
    ]
    root = ET.fromstring(Rss091().write(FEED))
    assert {child.tag for child in root.iter()} <= {
        "rss", "channel", "title", "link", "description", "language", "copyright", "item",
    }  # fmt: skip


def test_a_podcast_has_the_tags_of_players() -> None:
    episode = Episode(duration=61, explicit=False, season=1, number=2, chapters=Chapters("/chapters.json"))
    podcast = Podcast((("Music", "Music History"),), "/cover.jpg", owner=Person("Joni", "joni@example.com"))
    feed = Feed("Show", "https://shop.example/", items=(Item("One", "/1/", episode=episode),), podcast=podcast)
    found = read(Rss(), feed)
    assert found.feed.image.href == "https://shop.example/cover.jpg"
    assert found.entries[0].itunes_duration == "61"
    assert found.entries[0].itunes_season == "1"
    assert found.entries[0].podcast_chapters["url"] == "https://shop.example/chapters.json"


def test_json_feed_has_the_types_that_version_1_1_demands() -> None:
    document = json.loads(JsonFeed().write(FEED))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    members: dict[str, type] = {
        "title": str, "home_page_url": str, "feed_url": str, "description": str, "icon": str, "favicon": str, "authors": list,
        "language": str, "hubs": list, "items": list, "version": str,
    }  # fmt: skip
    assert {name: type(value) for name, value in document.items()} == members
    for item in document["items"]:
        assert isinstance(item["id"], str)
        assert "content_html" in item or "content_text" in item
        for moment in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item.get(moment, "2026-01-01T00:00:00Z")).utcoffset() is not None
        for attachment in item.get("attachments", ()):
            assert {"url", "mime_type"} <= attachment.keys()
        assert all({"name", "url", "avatar"} >= author.keys() for author in item.get("authors", ()))


@given(st.text(), st.text())
def test_no_text_breaks_a_feed(title: str, body: str) -> None:
    feed = Feed(title, "https://shop.example/", items=(Item(title, "/1/", description=body, content=body),))
    for writer in (Rss(), Atom(), Rss091()):
        ET.fromstring(writer.write(feed).encode())
    json.loads(JsonFeed().write(feed).encode("utf-8", "surrogatepass").decode("utf-8", "replace"))


def test_ways_and_areas_are_written() -> None:
    corners = ((1.0, 2.0), (1.0, 3.0), (2.0, 3.0), (1.0, 2.0))
    item = Item("Walk", "/1/", line=corners[:2], polygon=corners, box=(1.0, 2.0, 3.0, 4.0), point=(1.0, 2.0))
    feed = Feed("Walks", "https://shop.example/", items=(item,))
    for text in (Rss().write(feed), Atom().write(feed)):
        assert "<georss:line>1.0 2.0 1.0 3.0</georss:line>" in text
        assert "<georss:polygon>1.0 2.0 1.0 3.0 2.0 3.0 1.0 2.0</georss:polygon>" in text
        assert "<georss:box>1.0 2.0 3.0 4.0</georss:box>" in text
    text = Rss(geo="w3c").write(feed)
    assert "<geo:lat>1.0</geo:lat><geo:long>2.0</geo:long>" in text
    ET.fromstring(text)


@pytest.mark.parametrize(
    ("place", "kind", "coordinates"),
    [
        ({"point": (48.0, 11.0)}, "Point", (11.0, 48.0)),
        ({"line": ((1.0, 2.0), (3.0, 4.0))}, "LineString", [(2.0, 1.0), (4.0, 3.0)]),
        ({"polygon": ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0))}, "Polygon", None),
        ({"box": (1.0, 2.0, 3.0, 4.0)}, "Box", ((2.0, 1.0), (4.0, 3.0))),
    ],
)
@pytest.mark.parametrize("writer", [Rss(), Atom()])
def test_a_reader_finds_places(writer: Any, place: dict[str, Any], kind: str, coordinates: object) -> None:
    where = read(writer, Feed("x", "https://a.example/", items=(Item("y", "/y", **place),))).entries[0].where
    assert where.type == kind
    if coordinates is not None:
        assert where.coordinates == coordinates


@pytest.mark.parametrize(
    "place",
    [{"line": ((1.0, 2.0),)}, {"polygon": ((1.0, 2.0),) * 3}, {"polygon": ((1.0, 2.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0))},
     {"point": (91.0, 0.0)}, {"box": (0.0, 0.0, 0.0, 181.0)}],
)  # fmt: skip
def test_places_that_are_nowhere_are_refused(place: dict[str, Any]) -> None:
    with pytest.raises(FeedValueError):
        Item("x", "/", **place)


def test_style_sheets_have_types_and_media() -> None:
    styles = (
        "/feed.css",
        "/feed.xsl?v=1&x",
        Stylesheet("/a", 'text/css; charset="utf-8"', "print"),
        Stylesheet("/b", media=""),
    )
    for writer in (Rss(), Atom()):
        head = writer.write(Feed("x", "https://shop.example/", stylesheets=styles)).split("\n")[1:5]
        assert head == [
            '<?xml-stylesheet href="https://shop.example/feed.css" media="screen" type="text/css"?>',
            '<?xml-stylesheet href="https://shop.example/feed.xsl?v=1&amp;x" media="screen" type="text/xsl"?>',
            '<?xml-stylesheet href="https://shop.example/a" media="print" type="text/css; charset=&quot;utf-8&quot;"?>',
            '<?xml-stylesheet href="https://shop.example/b" type="text/xsl"?>',
        ]


def test_a_hub_is_told_about_changed_feeds() -> None:
    request = publication(FEED.hubs[0], [FEED.url(FEED.feed_url), "https://shop.example/atom/?a=1&b=2"])
    assert request.url == "https://hub.example/"
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs(request.body.decode()) == {
        "hub.mode": ["publish"],
        "hub.url": ["https://shop.example/feed/", "https://shop.example/atom/?a=1&b=2"],
    }
    for hub, topics in (
        ("hub", ["https://a.example/"]),
        ("https://h.example/", []),
        ("https://h.example/", ["/feed/"]),
    ):
        with pytest.raises(FeedValueError):
            publication(hub, topics)


def test_a_hub_takes_the_announcement() -> None:
    taken: list[tuple[str, dict[str, list[str]]]] = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append((self.headers["Content-Type"], parse_qs(body)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        made = publication(f"http://127.0.0.1:{server.server_port}/hub", ["https://shop.example/feed/"])
        with urlopen(Outgoing(made.url, made.body, made.headers), timeout=10) as answer:
            assert answer.status == 202
    finally:
        server.shutdown()
        server.server_close()
    assert taken == [
        ("application/x-www-form-urlencoded", {"hub.mode": ["publish"], "hub.url": ["https://shop.example/feed/"]})
    ]


@given(st.datetimes(timezones=st.none() | st.just(UTC) | st.timezones()))
def test_moments_are_written_as_the_standard_library_writes_them(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is None or offset.seconds % 60 == 0:
        assert rfc2822_date(moment) == format_datetime(moment)
    assert datetime.fromisoformat(rfc3339_date(moment)).replace(tzinfo=None) == moment.replace(
        microsecond=0, tzinfo=None
    )


@pytest.fixture
def shop() -> Iterator[str]:
    """A server that answers with a feed view."""

    class Records(FeedView):
        title, link = "Records", "/"
        item_link = "/records/1/"
        item_pubdate = MAY

        def items(self) -> list[str]:
            return ["Blue"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            response = Records()(Request.build(path=self.path, headers=dict(self.headers.items())))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            assert isinstance(response.body, bytes)
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/feed/"
        server.shutdown()
        thread.join()


def test_a_reader_that_asks_again_is_told_that_nothing_changed(shop: str) -> None:
    first = feedparser.parse(shop)
    assert (first.status, [entry.title for entry in first.entries]) == (200, ["Blue"])
    again = feedparser.parse(shop, etag=first.etag)
    assert (again.status, again.entries) == (304, [])
    assert feedparser.parse(shop, modified=first.modified).status == 304
    assert feedparser.parse(shop, etag='"other"').status == 200
