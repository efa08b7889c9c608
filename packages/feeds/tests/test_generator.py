"""Feeds that grow item by item, written as Django's users write them; read back by a real reader."""

import io
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.feeds import FeedSetupError, FeedValueError
from partita.feeds.generator import (
    Atom1Feed,
    DefaultFeed,
    Enclosure,
    Rss201rev2Feed,
    RssUserland091Feed,
    Stylesheet,
    SyndicationFeed,
    XmlHandler,
    get_tag_uri,
    rfc2822_date,
    rfc3339_date,
)

MAY = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
ATOM = "{http://www.w3.org/2005/Atom}"
KINDS: list[type[SyndicationFeed]] = [Rss201rev2Feed, Atom1Feed, RssUserland091Feed]


def filled(kind: type[SyndicationFeed], **more: Any) -> SyndicationFeed:
    feed = kind(
        "Records & more", "https://shop.example/", "What is new", language="en-gb", author_name="Joni",
        author_email="joni@example.org", subtitle="Below", categories=("Music",), feed_url="https://shop.example/feed/",
        feed_copyright="2026 Shop", ttl=60, **more,
    )  # fmt: skip
    feed.add_item(
        "Blue", "https://shop.example/1/", "<p>Short</p>", author_name="Joni", author_email="joni@example.org", pubdate=MAY,
        updateddate=MAY + timedelta(days=1), categories=("Folk",), item_copyright="All", comments="/1/comments",
        enclosures=[Enclosure("https://shop.example/ü.mp3", "12", "audio/mpeg")],
    )  # fmt: skip
    feed.add_item("Hejira", "https://shop.example/2/", "", unique_id="urn:2", unique_id_is_permalink=False)
    return feed


@pytest.mark.parametrize("kind", KINDS)
def test_a_reader_understands_what_is_written(kind: type[SyndicationFeed]) -> None:
    held = io.BytesIO()
    feed = filled(kind)
    feed.write(held, "utf-8")
    found = feedparser.parse(held.getvalue())
    assert not found.bozo, found.get("bozo_exception")
    assert (found.feed.title, found.feed.link) == ("Records & more", "https://shop.example/")
    assert [(each.title, each.link) for each in found.entries] == [
        ("Blue", "https://shop.example/1/"), ("Hejira", "https://shop.example/2/"),
    ]  # fmt: skip
    assert feed.num_items() == 2
    if kind is not RssUserland091Feed:
        first, second = found.entries
        assert first.enclosures[0].href == "https://shop.example/%C3%BC.mp3"
        assert (first.enclosures[0].length, first.enclosures[0].type) == ("12", "audio/mpeg")
        assert first.published_parsed[:4] == (2026, 5, 1, 10)
        assert second.id == "urn:2"
        assert [tag.term for tag in first.tags] == ["Folk"]
    assert ("rss" if kind is not Atom1Feed else "atom") in found.version


def test_each_format_names_its_media_type() -> None:
    assert [kind.content_type.partition(";")[0] for kind in KINDS] == [
        "application/rss+xml", "application/atom+xml", "application/rss+xml",
    ]  # fmt: skip
    assert DefaultFeed is Rss201rev2Feed


def test_urls_are_written_as_they_are_given() -> None:
    feed = Rss201rev2Feed("a", "/link/", "b")
    feed.add_item("c", "item", "d", comments="/comments")
    channel = ET.fromstring(feed.writeString("utf-8")).find("channel")
    assert channel is not None
    assert [channel.findtext(name) for name in ("link", "item/link", "item/guid", "item/comments")] == [
        "/link/", "item", "item", "/comments",
    ]  # fmt: skip


def test_atom_has_a_subtitle_and_tags_for_ids() -> None:
    root = ET.fromstring(filled(Atom1Feed).writeString("utf-8"))
    assert root.findtext(f"{ATOM}subtitle") == "Below"
    assert root.findtext(f"{ATOM}entry/{ATOM}id") == "tag:shop.example,2026-05-01:/1/"
    assert root.findtext(f"{ATOM}updated") == "2026-05-02T12:00:00+02:00"
    plain = Atom1Feed("a", "https://a.example/", "not shown")
    assert ET.fromstring(plain.writeString("utf-8")).find(f"{ATOM}subtitle") is None


def test_subclasses_add_elements_and_attributes() -> None:
    class Rated(Rss201rev2Feed):
        def rss_attributes(self) -> dict[str, str]:
            return {**super().rss_attributes(), "xmlns:r": "urn:rating"}

        def root_attributes(self) -> dict[str, str]:
            return {**super().root_attributes(), "kind": "rated"}

        def add_root_elements(self, handler: XmlHandler) -> None:
            super().add_root_elements(handler)
            handler.addQuickElement("r:scale", self.feed["scale"])

        def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
            return {"stars": str(item["stars"])}

        def add_item_elements(self, handler: XmlHandler, item: dict[str, Any]) -> None:
            super().add_item_elements(handler, item)
            handler.startElement("r:stars", {"of": "5"})
            handler.characters("<four>")
            handler.endElement("r:stars")

    feed = Rated("a", "https://a.example/", "b", scale="1 & 5")
    feed.add_item("c", "https://a.example/c", "d", stars=4)
    channel = ET.fromstring(feed.writeString("utf-8")).find("channel")
    assert channel is not None
    assert (channel.get("kind"), channel.findtext("{urn:rating}scale")) == ("rated", "1 & 5")
    item = channel.find("item")
    assert item is not None
    assert (item.get("stars"), item.findtext("{urn:rating}stars"), item.findtext("title")) == ("4", "<four>", "c")


def test_a_format_of_ones_own_writes_what_it_likes() -> None:
    class Titles(SyndicationFeed):
        content_type = "text/plain"

        def write(self, outfile: Any, encoding: str) -> None:
            outfile.write("\n".join(item["title"] for item in self.items))

    feed = filled(Titles)
    assert feed.writeString("utf-8") == "Blue\nHejira"
    assert (feed.root_attributes(), feed.item_attributes(feed.items[0])) == ({}, {})


def test_the_latest_date_of_any_item_counts() -> None:
    feed = Rss201rev2Feed("a", "https://a.example/", "b")
    before = datetime.now(UTC)
    assert before <= feed.latest_post_date() <= datetime.now(UTC)
    feed.add_item("c", "/c", "", pubdate=date(2026, 5, 3))
    feed.add_item("d", "/d", "", pubdate=datetime(2026, 5, 2), updateddate=MAY)  # noqa: DTZ001 - without a zone
    assert feed.latest_post_date() == datetime(2026, 5, 3, tzinfo=UTC)
    assert "<pubDate>Sat, 02 May 2026 00:00:00 -0000</pubDate>" in feed.writeString("utf-8")


def test_dates_may_be_days() -> None:
    assert rfc2822_date(date(2008, 11, 14)) == "Fri, 14 Nov 2008 00:00:00 -0000"
    assert rfc3339_date(date(2008, 11, 14)) == "2008-11-14T00:00:00Z"


def test_style_sheets_say_what_they_know() -> None:
    class Later:
        def __str__(self) -> str:
            raise LookupError

    Stylesheet(Later())  # is asked for when it is written
    sheets = ["/♥.xslt", Stylesheet('/a.css?x="y"&z', media=None), Stylesheet("/b", "text/css"), Stylesheet("/c", None)]
    lines = filled(Rss201rev2Feed, stylesheets=sheets).writeString("utf-8").split("\n")[1:5]
    assert lines == [
        '<?xml-stylesheet href="/%E2%99%A5.xslt" media="screen" type="text/xsl"?>',
        '<?xml-stylesheet href="/a.css?x=%22y%22&amp;z" type="text/css"?>',
        '<?xml-stylesheet href="/b" media="screen" type="text/css"?>',
        '<?xml-stylesheet href="/c" media="screen"?>',
    ]
    assert str(Stylesheet("/b.css")) == 'href="/b.css" media="screen" type="text/css"'
    assert repr(Stylesheet("/b.xsl", media=None)) == "('/b.xsl', 'text/xsl', None)"
    with pytest.raises(TypeError, match="should be a list, not <class 'str'>"):
        Rss201rev2Feed("a", "/", "b", stylesheets="/a.xsl")


def test_a_file_may_be_text_or_bytes_in_any_encoding() -> None:
    feed = Rss201rev2Feed("Füße €", "/", "b")
    held = io.BytesIO()
    feed.write(held, "iso-8859-1")
    assert held.getvalue().startswith(b'<?xml version="1.0" encoding="iso-8859-1"?>')
    assert ET.fromstring(held.getvalue()).findtext("channel/title") == "Füße €"
    text = io.StringIO()
    feed.write(text, "utf-8")
    assert "Füße €" in text.getvalue()


def test_what_a_format_cannot_say_is_refused() -> None:
    feed = Rss201rev2Feed("a", "/", "b")
    feed.add_item("c", "/c", "", enclosures=[Enclosure("/1", 1, "a/b"), Enclosure("/2", 1, "a/b")])
    with pytest.raises(FeedValueError, match="only have one enclosure"):
        feed.writeString("utf-8")
    other = Atom1Feed("a", "/", "b")
    other.add_item("c", "/c", "", enclosures=[Enclosure("/1", "long", "a/b")])
    with pytest.raises(FeedValueError, match="got 'long', expected a number of bytes"):
        other.writeString("utf-8")


def test_tags_are_made_of_host_day_and_path() -> None:
    assert get_tag_uri("https://a.example:8000/b/c#d", MAY) == "tag:a.example,2026-05-01:/b/c/d"
    assert get_tag_uri("/b", None) == "tag::/b"


@given(st.text(), st.text(), st.lists(st.text()))
def test_any_text_gives_well_formed_xml(title: str, description: str, categories: list[str]) -> None:
    for kind in KINDS:
        feed = kind(title, "https://a.example/", description, categories=categories)
        feed.add_item(title, "https://a.example/1", description, categories=categories, comments=title, unique_id=title)
        ET.fromstring(feed.writeString("utf-8").encode())


def test_a_class_that_is_no_format_says_so_when_it_is_written() -> None:
    with pytest.raises(TypeError, match="stylesheets should be a list, not <class 'str'>"):
        SyndicationFeed("title", "/link", "description", stylesheets="/one.xsl")
    with pytest.raises(FeedSetupError, match=r"SyndicationFeed has no write\(\)"):
        SyndicationFeed("title", "/link", "description").writeString("utf-8")
