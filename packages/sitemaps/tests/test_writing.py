"""Sitemaps as text, read back by a parser that is not ours."""

from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.sitemaps import (
    MAX_URLS,
    Alternate,
    Image,
    IndexEntry,
    News,
    SitemapValueError,
    Url,
    Video,
    write_index,
    write_sitemap,
)

NS = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
}


def first(url: Url) -> ET.Element:
    found = ET.fromstring(write_sitemap([url])).find("s:url", NS)
    assert found is not None
    return found


def test_a_page_has_the_elements_of_the_protocol_in_its_order() -> None:
    moment = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
    found = first(Url("https://a.example/?a=1&b=2", moment, "weekly", 0.8))
    assert [child.tag.partition("}")[2] for child in found] == ["loc", "lastmod", "changefreq", "priority"]
    assert [child.text for child in found] == [
        "https://a.example/?a=1&b=2",
        "2026-05-01T12:30:00+00:00",
        "weekly",
        "0.8",
    ]


def test_a_time_without_a_zone_counts_as_its_day() -> None:
    naive = datetime(2026, 5, 1, 12)  # noqa: DTZ001 - that is what is tested
    assert first(Url("https://a.example/", naive)).findtext("s:lastmod", namespaces=NS) == "2026-05-01"
    assert first(Url("https://a.example/", date(2026, 5, 2))).findtext("s:lastmod", namespaces=NS) == "2026-05-02"


def test_pictures_films_news_and_languages_have_their_namespaces() -> None:
    video = Video("https://a.example/t.jpg", "Title", "What", "https://a.example/v.mp4", duration=60, tags=("x",),
                  published=datetime(2026, 5, 1, tzinfo=UTC))  # fmt: skip
    found = first(
        Url(
            "https://a.example/",
            alternates=(Alternate("de", "https://a.example/de/"), Alternate("x-default", "https://a.example/")),
            images=(Image("https://a.example/1.jpg"),),
            videos=(video,),
            news=News("The Times", "en", date(2026, 5, 1), "Title"),
        )
    )
    assert found.findtext("image:image/image:loc", namespaces=NS) == "https://a.example/1.jpg"
    assert found.findtext("video:video/video:duration", namespaces=NS) == "60"
    assert found.findtext("video:video/video:content_loc", namespaces=NS) == "https://a.example/v.mp4"
    assert found.findtext("news:news/news:publication/news:name", namespaces=NS) == "The Times"
    assert found.findtext("news:news/news:publication_date", namespaces=NS) == "2026-05-01"
    links = [(link.get("rel"), link.get("hreflang"), link.get("href")) for link in found.findall("xhtml:link", NS)]
    assert links == [("alternate", "de", "https://a.example/de/"), ("alternate", "x-default", "https://a.example/")]


def test_namespaces_that_are_not_used_are_not_declared() -> None:
    assert "image" not in write_sitemap([Url("https://a.example/")])


def test_an_index_names_sitemaps() -> None:
    found = ET.fromstring(write_index([IndexEntry("https://a.example/1.xml", date(2026, 5, 1))]))
    assert found.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}sitemapindex"
    assert found.findtext("s:sitemap/s:loc", namespaces=NS) == "https://a.example/1.xml"
    assert found.findtext("s:sitemap/s:lastmod", namespaces=NS) == "2026-05-01"


def test_more_pages_than_the_protocol_allows_are_refused() -> None:
    page = Url("https://a.example/")
    assert write_sitemap([page] * MAX_URLS).count("<loc>") == MAX_URLS
    with pytest.raises(SitemapValueError, match="several sitemaps and an index"):
        write_sitemap([page] * (MAX_URLS + 1))
    with pytest.raises(SitemapValueError, match="50000 at most"):
        write_index([IndexEntry("https://a.example/")] * (MAX_URLS + 1))


@pytest.mark.parametrize("location", ["/relative", "javascript:alert(1)", f"https://a.example/{'x' * 2048}", ""])
def test_a_location_is_an_absolute_url(location: str) -> None:
    with pytest.raises(SitemapValueError, match="scheme and host"):
        Url(location)
    with pytest.raises(SitemapValueError, match="scheme and host"):
        IndexEntry(location)


def test_what_search_engines_refuse_is_refused_here() -> None:
    with pytest.raises(SitemapValueError, match="0 to 1"):
        Url("https://a.example/", priority=1.1)
    with pytest.raises(SitemapValueError, match="player"):
        Video("https://a.example/t.jpg", "a", "b")
    with pytest.raises(SitemapValueError, match="28800"):
        Video("https://a.example/t.jpg", "a", "b", "https://a.example/v", duration=0)


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    news = News(text, "en", date(2026, 5, 1), text)
    found = first(Url("https://a.example/", news=news, alternates=(Alternate(text, f"https://a.example/{text}"),)))
    link = found.find("xhtml:link", NS)
    assert link is not None
    assert set(link.attrib) == {"rel", "hreflang", "href"}
    assert [child.tag for child in found] == [
        f"{{{NS['s']}}}loc", f"{{{NS['xhtml']}}}link", f"{{{NS['news']}}}news",
    ]  # fmt: skip
