"""One feed in each format, read back by parsers that are not ours."""

import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

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
    Person,
    Podcast,
    Rss,
    Rss091,
    Transcript,
    XmlWriter,
)

MAY = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
SONG = Enclosure("/songs/1.mp3", 1234, "audio/mpeg")
ITEM = Item(
    "Blue & <Green>", "/records/1/", description="<p>Short</p>", content="<p>Long</p>", published=MAY, updated=JUNE,
    authors=(Person("Joni", "joni@example.org", "https://joni.example/"),), categories=("Folk", "1971"),
    comments="/records/1/#comments", enclosures=(SONG,), rights="All", point=(52.5, 13.4), image="/1.jpg",
    episode=Episode(
        duration=1800, explicit=False, image="/1.png", season=2, number=7, kind="bonus", subtitle="Sub",
        transcripts=(Transcript("/1.vtt", "text/vtt", "en"),), chapters=Chapters("/1.json"),
    ),
)  # fmt: skip
FEED = Feed(
    "Records", "https://shop.example/", "What is new", (ITEM, Item("Second", "https://other.example/2", id="urn:x:2")),
    feed_url="/feed/", language="en-gb", authors=(Person("Shop", "shop@example.org"),), categories=("Music",),
    rights="2026 Shop", ttl=60, image="/logo.png", icon="/icon.png", stylesheets=("/feed.xsl",),
    hubs=("https://hub.example/",),
    podcast=Podcast(
        (("Music", "Music History"), ("Arts",)), "/cover.jpg", explicit=True, owner=Person("Owner", "o@example.org"),
        kind="serial", guid="917393e3-1b1e-5cef-ace4-edaa54e1f810", locked=True, funding=("https://pay.example/", "Help"),
    ),
)  # fmt: skip
NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "georss": "http://www.georss.org/georss",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


def channel(feed: Feed = FEED, writer: Rss | None = None) -> ET.Element:
    found = ET.fromstring((writer or Rss()).write(feed)).find("channel")
    assert found is not None
    return found


def text(element: ET.Element, path: str) -> str | None:
    return element.findtext(path, namespaces=NS)


def attribute(element: ET.Element, path: str, name: str) -> str | None:
    found = element.find(path, NS)
    return None if found is None else found.get(name)


def test_rss_says_what_the_feed_is() -> None:
    found = channel()
    assert [text(found, name) for name in ("title", "link", "description", "language", "copyright", "ttl", "category")] == [
        "Records", "https://shop.example/", "What is new", "en-gb", "2026 Shop", "60", "Music",
    ]  # fmt: skip
    assert text(found, "managingEditor") == "shop@example.org (Shop)"
    assert text(found, "image/url") == "https://shop.example/logo.png"
    assert parsedate_to_datetime(str(text(found, "lastBuildDate"))) == JUNE
    links = [(link.get("rel"), link.get("href")) for link in found.findall("atom:link", NS)]
    assert links == [("self", "https://shop.example/feed/"), ("hub", "https://hub.example/")]
    assert '<?xml-stylesheet href="https://shop.example/feed.xsl" media="screen" type="text/xsl"?>' in Rss().write(FEED)


def test_rss_items_have_absolute_links_ids_and_enclosures() -> None:
    first, second = channel().findall("item")
    assert text(first, "title") == "Blue & <Green>"
    assert text(first, "link") == text(first, "guid") == "https://shop.example/records/1/"
    assert attribute(first, "guid", "isPermaLink") is None  # which means that it leads to the page
    assert (text(second, "guid"), attribute(second, "guid", "isPermaLink")) == ("urn:x:2", "false")
    assert text(first, "content:encoded") == "<p>Long</p>"
    assert text(first, "author") == "joni@example.org (Joni)"
    assert parsedate_to_datetime(str(text(first, "pubDate"))) == MAY
    assert [each.text for each in first.findall("category")] == ["Folk", "1971"]
    enclosure = first.find("enclosure")
    assert enclosure is not None
    assert enclosure.attrib == {"url": "https://shop.example/songs/1.mp3", "length": "1234", "type": "audio/mpeg"}


def test_places_are_written_in_either_vocabulary() -> None:
    assert text(channel(), "item/georss:point") == "52.5 13.4"
    found = channel(writer=Rss(geo="w3c"))
    assert (text(found, "item/geo:lat"), text(found, "item/geo:long")) == ("52.5", "13.4")
    assert text(found, "item/georss:point") is None


def test_podcasts_have_the_tags_that_apple_demands() -> None:
    found = channel()
    assert attribute(found, "itunes:image", "href") == "https://shop.example/cover.jpg"
    assert text(found, "itunes:explicit") == "true"
    assert text(found, "itunes:type") == "serial"
    assert text(found, "itunes:author") == "Shop"
    assert text(found, "itunes:owner/itunes:email") == "o@example.org"
    assert attribute(found, "itunes:category/itunes:category", "text") == "Music History"
    item = found.find("item")
    assert item is not None
    names = ("itunes:duration", "itunes:season", "itunes:episode", "itunes:episodeType", "itunes:explicit")
    assert [text(item, name) for name in names] == ["1800", "2", "7", "bonus", "false"]


def test_podcasting_2_has_transcripts_chapters_and_funding() -> None:
    found = channel()
    assert text(found, "podcast:locked") == "yes"
    assert attribute(found, "podcast:funding", "url") == "https://pay.example/"
    assert attribute(found, "item/podcast:transcript", "url") == "https://shop.example/1.vtt"
    assert attribute(found, "item/podcast:transcript", "language") == "en"
    assert attribute(found, "item/podcast:chapters", "type") == "application/json+chapters"


def test_rss_knows_one_enclosure_and_atom_several() -> None:
    feed = Feed("a", "https://a.example/", items=(Item("b", "/b", enclosures=(SONG, SONG)),))
    with pytest.raises(FeedValueError, match="only have one enclosure"):
        Rss().write(feed)
    entry = ET.fromstring(Atom().write(feed)).find("atom:entry", NS)
    assert entry is not None
    assert len(entry.findall("atom:link[@rel='enclosure']", NS)) == 2


def test_rss_091_has_only_what_it_defines() -> None:
    found = ET.fromstring(Rss091().write(FEED))
    assert found.get("version") == "0.91"
    assert {child.tag for child in found.iter()} == {"rss", "channel", "title", "link", "description", "language",
                                                     "copyright", "item"}  # fmt: skip


def test_atom_has_what_the_rfc_demands() -> None:
    found = ET.fromstring(Atom().write(FEED))
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-gb"
    assert text(found, "atom:id") == "https://shop.example/"
    assert text(found, "atom:updated") == "2026-06-01T00:00:00Z"
    assert text(found, "atom:author/atom:name") == "Shop"
    assert text(found, "atom:subtitle") == "What is new"
    assert text(found, "atom:logo") == "https://shop.example/logo.png"
    first, second = found.findall("atom:entry", NS)
    assert text(first, "atom:published") == "2026-05-01T12:00:00+02:00"
    assert (text(first, "atom:summary"), text(first, "atom:content")) == ("<p>Short</p>", "<p>Long</p>")
    assert attribute(first, "atom:content", "type") == "html"
    assert text(first, "atom:author/atom:uri") == "https://joni.example/"
    assert attribute(first, "atom:category", "term") == "Folk"
    assert text(first, "georss:point") == "52.5 13.4"
    assert text(second, "atom:id") == "urn:x:2"
    assert all(
        entry.find(f"atom:{name}", NS) is not None for entry in (first, second) for name in ("id", "title", "updated")
    )


def test_an_empty_atom_feed_is_valid_and_stays_the_same() -> None:
    empty = Feed("Nothing", "https://a.example/")
    assert Atom().write(empty) == Atom().write(empty)
    found = ET.fromstring(Atom().write(empty))
    assert text(found, "atom:author/atom:name") == "Nothing"
    assert text(found, "atom:updated") == "1970-01-01T00:00:00Z"


def test_json_feed_has_the_members_of_version_1_1() -> None:
    found = json.loads(JsonFeed().write(FEED))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    first, second = found["items"]
    assert first == {
        "id": "https://shop.example/records/1/", "url": "https://shop.example/records/1/", "title": "Blue & <Green>",
        "content_html": "<p>Long</p>", "summary": "<p>Short</p>", "image": "https://shop.example/1.jpg",
        "date_published": "2026-05-01T12:00:00+02:00", "date_modified": "2026-06-01T00:00:00+00:00",
        "authors": [{"name": "Joni", "url": "https://joni.example/"}], "tags": ["Folk", "1971"],
        "attachments": [{"url": "https://shop.example/songs/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1234,
                         "duration_in_seconds": 1800}],
    }  # fmt: skip
    assert second == {"id": "urn:x:2", "url": "https://other.example/2", "title": "Second", "content_text": "Second"}


def test_an_own_format_adds_elements() -> None:
    class Priced(Rss):
        def namespaces(self, feed: Feed) -> dict[str, str]:
            return {**super().namespaces(feed), "g": "http://base.google.com/ns/1.0"}

        def item(self, xml: XmlWriter, feed: Feed, item: Item) -> None:
            super().item(xml, feed, item)
            xml.element("g:price", "9 EUR")

    assert channel(writer=Priced()).findtext("item/{http://base.google.com/ns/1.0}price") == "9 EUR"


@given(st.text())
def test_any_text_is_read_back_without_what_xml_cannot_hold(title: str) -> None:
    feed = Feed("t", "https://a.example/", stylesheets=(title,), items=(Item(title, "/", categories=(title,)),))
    kept = "".join(
        sign for sign in title
        if sign in "\t\n\r" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign > "\uffff"
    )  # fmt: skip
    assert (channel(feed).findtext("item/title") or "") == kept
    category = ET.fromstring(Atom().write(feed)).find("atom:entry/atom:category", NS)
    assert category is not None
    assert category.get("term") == kept


def test_a_title_cannot_open_an_element() -> None:
    feed = Feed("a", "https://a.example/", items=(Item('"/><script>x</script>', "/", categories=('"><x y="',)),))
    for writer in (Rss(), Atom()):
        assert "<script" not in writer.write(feed)
        ET.fromstring(writer.write(feed))


@pytest.mark.parametrize("link", ["/relative/", "javascript:alert(1)", "", "https:///path"])
def test_a_feed_needs_an_absolute_link(link: str) -> None:
    with pytest.raises(FeedValueError, match="scheme and host"):
        Feed("a", link)


def test_times_without_a_zone_and_impossible_places_are_refused() -> None:
    with pytest.raises(FeedValueError, match="a time with its zone"):
        Item("a", "/", published=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake
    with pytest.raises(FeedValueError, match="latitude"):
        Item("a", "/", point=(91, 0))
    with pytest.raises(FeedValueError, match="bytes"):
        Enclosure("/a", -1, "audio/mpeg")
