"""What readers and search engines get, read as they read it; and the shop from right to left."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest

from partita.contracts import current
from partita.orm import DATABASES
from partita.testing import Client

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read(client: Client, path: str, **headers: str) -> Any:
    answer = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status == 200
    found = feedparser.parse(answer.text.encode(), response_headers={"content-type": answer.headers["content-type"]})
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize(("path", "version"), [("/feed/", "rss20"), ("/feed/atom/", "atom10")])
def test_a_reader_gets_the_newest_albums(client: Client, path: str, version: str) -> None:
    found = read(client, path)
    assert found.version == version
    assert found.feed.title == "New albums"
    assert found.feed.link == "http://testserver/albums/"
    assert len(found.entries) == 20
    numbers = [int(re.findall(r"\d+", entry.link)[-1]) for entry in found.entries]
    assert numbers == sorted(numbers, reverse=True)
    first = found.entries[0]
    assert first.title in client.get(first.link.removeprefix("http://testserver")).text.replace("&#x27;", "'")
    assert first.summary == f"{first.title} by {first.author}"


def test_every_page_names_the_feeds(client: Client) -> None:
    links = re.findall(r'<link rel="alternate" type="([^"]+)"[^>]* href="([^"]+)"', client.get("/albums/").text)
    assert links == [("application/rss+xml", "/feed/"), ("application/atom+xml", "/feed/atom/")]
    for kind, href in links:
        assert client.get(href).headers["content-type"].startswith(kind)


def test_a_reader_that_has_the_feed_gets_nothing_again_and_the_database_is_asked_once(client: Client) -> None:
    tag = client.get("/feed/").headers["etag"]
    with current.require(DATABASES)["default"].query_log() as log:
        assert client.get("/feed/", headers={"if-none-match": tag}).status == 304
    assert len(log) == 1


def test_the_feed_speaks_the_readers_language(client: Client) -> None:
    german = read(client, "/feed/", accept_language="de")
    assert (german.feed.title, german.feed.language) == ("Neue Alben", "de")
    assert " von " in german.entries[0].summary
    arabic = read(client, "/feed/atom/", accept_language="ar")
    assert arabic.feed.title == "ألبومات جديدة"


def locations(text: str) -> list[str]:
    root = ET.fromstring(text)
    assert root.tag in {f"{SITEMAP}urlset", f"{SITEMAP}sitemapindex"}
    return [found.text or "" for found in root.iter(f"{SITEMAP}loc")]


def test_search_engines_find_every_page(client: Client) -> None:
    index = locations(client.get("/sitemap.xml").text)
    assert index == [f"http://testserver/sitemap-{name}.xml" for name in ("pages", "albums", "artists")]
    pages, albums, artists = (locations(client.get(url.removeprefix("http://testserver")).text) for url in index)
    assert (len(pages), len(albums), len(artists)) == (4, 347, 275)
    for location in (*pages, albums[0], albums[-1], artists[0], artists[-1]):
        assert client.get(location.removeprefix("http://testserver")).status == 200
    assert client.get("/sitemap-nothing.xml").status == 404
    assert client.get("/robots.txt").text.endswith("\nSitemap: http://testserver/sitemap.xml\n")


def test_the_shop_is_arabic_from_right_to_left(client: Client) -> None:
    assert ' dir="rtl"' not in client.get("/").text
    page = client.get("/", headers={"accept-language": "ar-EG"}).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "وصل حديثًا" in page
    assert (
        client.post("/language/", data={"language": "ar", "next": "/albums/141/"}).headers["location"] == "/albums/141/"
    )
    album = client.get("/albums/141/").text
    assert "57 مقطوعة" in album
    assert '<html lang="ar" dir="rtl">' in album
    assert "هذا الحقل مطلوب." in client.post("/account/login/", data={}).text


def test_the_style_sheet_knows_no_left_and_right(client: Client) -> None:
    style = client.get(re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/").text)[0]).text
    assert (
        re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|[{;] ?(?:left|right):", style)
        == []
    )


@pytest.mark.parametrize("language", ["de", "ar"])
def test_no_text_of_the_shop_is_left_in_english(language: str) -> None:
    from pathlib import Path

    from partita.i18n.collecting import check_catalogue, collect
    from partita.i18n.translations import OWN_TEXTS

    shop = Path(__file__).parents[1] / "shop"
    (template,) = collect(shop).values()
    found = check_catalogue(shop / "locale" / language / "LC_MESSAGES" / "messages.po", template)
    own = check_catalogue(OWN_TEXTS / language / "LC_MESSAGES" / "messages.po", template)
    assert set(found.untranslated) & set(own.untranslated) == set()
    assert found.fuzzy == ()
