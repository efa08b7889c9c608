"""Sitemaps against a schema, written here after the text of the protocol (https://www.sitemaps.org/protocol.html)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request as Outgoing
from urllib.request import urlopen

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request
from partita.sitemaps import (
    Alternate,
    GenericSitemap,
    Image,
    IndexEntry,
    News,
    Url,
    Video,
    write_index,
    write_sitemap,
)
from partita.sitemaps.indexnow import submission
from partita.sitemaps.views import indexnow_key_view, sitemap_view

SCHEMA = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"
    targetNamespace="http://www.sitemaps.org/schemas/sitemap/0.9" elementFormDefault="qualified">
  <xs:simpleType name="location"><xs:restriction base="xs:anyURI">
    <xs:pattern value="https?://[^/]+.*"/><xs:maxLength value="2048"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="moment"><xs:union memberTypes="xs:date xs:dateTime xs:gYearMonth xs:gYear"/></xs:simpleType>
  <xs:simpleType name="frequency"><xs:restriction base="xs:string">
    <xs:enumeration value="always"/><xs:enumeration value="hourly"/><xs:enumeration value="daily"/>
    <xs:enumeration value="weekly"/><xs:enumeration value="monthly"/><xs:enumeration value="yearly"/>
    <xs:enumeration value="never"/></xs:restriction></xs:simpleType>
  <xs:simpleType name="share"><xs:restriction base="xs:decimal">
    <xs:minInclusive value="0"/><xs:maxInclusive value="1"/></xs:restriction></xs:simpleType>
  <xs:element name="urlset"><xs:complexType><xs:sequence>
    <xs:element name="url" minOccurs="0" maxOccurs="50000"><xs:complexType><xs:sequence>
      <xs:element name="loc" type="s:location"/>
      <xs:element name="lastmod" type="s:moment" minOccurs="0"/>
      <xs:element name="changefreq" type="s:frequency" minOccurs="0"/>
      <xs:element name="priority" type="s:share" minOccurs="0"/>
      <xs:any namespace="##other" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="sitemapindex"><xs:complexType><xs:sequence>
    <xs:element name="sitemap" minOccurs="0" maxOccurs="50000"><xs:complexType><xs:sequence>
      <xs:element name="loc" type="s:location"/>
      <xs:element name="lastmod" type="s:moment" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
_HEAD = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:x="{0}" targetNamespace="{0}" elementFormDefault="qualified">
"""
# After what Google documents (https://developers.google.com/search/docs/crawling-indexing/sitemaps/).
IMAGES = (
    _HEAD.format("http://www.google.com/schemas/sitemap-image/1.1")
    + """
  <xs:element name="image"><xs:complexType><xs:sequence><xs:element name="loc" type="xs:anyURI"/></xs:sequence>
  </xs:complexType></xs:element>
</xs:schema>
"""
)
VIDEOS = (
    _HEAD.format("http://www.google.com/schemas/sitemap-video/1.1")
    + """
  <xs:element name="video"><xs:complexType><xs:sequence>
    <xs:element name="thumbnail_loc" type="xs:anyURI"/>
    <xs:element name="title" type="xs:string"/>
    <xs:element name="description"><xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="2048"/>
      </xs:restriction></xs:simpleType></xs:element>
    <xs:choice maxOccurs="2"><xs:element name="content_loc" type="xs:anyURI"/><xs:element name="player_loc" type="xs:anyURI"/>
    </xs:choice>
    <xs:element name="duration" minOccurs="0"><xs:simpleType><xs:restriction base="xs:integer">
      <xs:minInclusive value="1"/><xs:maxInclusive value="28800"/></xs:restriction></xs:simpleType></xs:element>
    <xs:element name="publication_date" type="xs:dateTime" minOccurs="0"/>
    <xs:element name="tag" type="xs:string" minOccurs="0" maxOccurs="32"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
)
NEWS = (
    _HEAD.format("http://www.google.com/schemas/sitemap-news/0.9")
    + """
  <xs:element name="news"><xs:complexType><xs:sequence>
    <xs:element name="publication"><xs:complexType><xs:sequence><xs:element name="name" type="xs:string"/>
      <xs:element name="language"><xs:simpleType><xs:restriction base="xs:string">
      <xs:pattern value="[a-z]{2,3}|zh-cn|zh-tw"/></xs:restriction></xs:simpleType></xs:element></xs:sequence>
    </xs:complexType></xs:element>
    <xs:element name="publication_date"><xs:simpleType><xs:union memberTypes="xs:date xs:dateTime"/></xs:simpleType></xs:element>
    <xs:element name="title" type="xs:string"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
)
LINKS = (
    _HEAD.format("http://www.w3.org/1999/xhtml")
    + """
  <xs:element name="link"><xs:complexType><xs:attribute name="rel" fixed="alternate" use="required"/>
    <xs:attribute name="hreflang" use="required"><xs:simpleType><xs:union memberTypes="xs:language"/></xs:simpleType>
    </xs:attribute><xs:attribute name="href" type="xs:anyURI" use="required"/></xs:complexType></xs:element>
</xs:schema>
"""
)
MOMENT = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def with_extensions() -> Any:
    made = xmlschema.XMLSchema11(SCHEMA, build=False)
    for text in (IMAGES, VIDEOS, NEWS, LINKS):
        made.add_schema(text)
    made.build()
    return made


VALIDATOR = with_extensions()


@pytest.fixture
def schema() -> Any:
    return VALIDATOR


def test_the_schema_itself_refuses_what_the_protocol_refuses(schema: Any) -> None:
    text = write_sitemap([Url("https://a.example/", date(2026, 5, 1), "daily", 0.5)])
    assert schema.is_valid(text)
    for wrong, right in (("daily", "often"), ("0.5", "1.5"), ("2026-05-01", "May"), ("https://a.example/", "/")):
        assert not schema.is_valid(text.replace(wrong, right))


PICTURED = Url(
    "https://a.example/", alternates=(Alternate("de", "https://a.example/de/"),), images=(Image("https://a.example/a.jpg"),),
    videos=(Video("https://a.example/t.jpg", "A", "B", player="https://a.example/p", duration=60),),
    news=News("The Paper", "en", MOMENT, "Title"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('rel="alternate"', 'rel="self"'),
        ("<image:loc>https://a.example/a.jpg</image:loc>", ""),
        ("<video:title>A</video:title>", ""),
        ("<video:duration>60<", "<video:duration>60000<"),
        ("<news:language>en<", "<news:language>English<"),
        ("<news:title>Title</news:title>", ""),
    ],
)
def test_the_schema_refuses_what_search_engines_refuse_in_extensions(schema: Any, right: str, wrong: str) -> None:
    text = write_sitemap([PICTURED])
    assert schema.is_valid(text)
    assert right in text
    assert not schema.is_valid(text.replace(right, wrong))


def test_everything_that_a_page_may_have_is_valid(schema: Any) -> None:
    url = Url(
        "https://a.example/?x=1&y=<2>", MOMENT, "weekly", 1,
        alternates=(Alternate("de", "https://a.example/de/"), Alternate("x-default", "https://a.example/")),
        images=(Image("https://a.example/a.jpg"),),
        videos=(Video("https://a.example/t.jpg", "A & B", "…", "https://a.example/v.mp4", duration=60, published=MOMENT),),
        news=News("The Paper", "en", MOMENT, "Title"),
    )  # fmt: skip
    schema.validate(write_sitemap([url, Url("https://a.example/plain")]))
    schema.validate(write_sitemap([]))
    schema.validate(write_index([IndexEntry("https://a.example/1.xml", MOMENT), IndexEntry("https://a.example/2.xml")]))


@given(
    st.text(alphabet="abc/?&=<>\"'é ", max_size=30),
    st.none() | st.dates() | st.datetimes(timezones=st.just(UTC)) | st.datetimes(),
    st.none() | st.floats(0, 1),
)
def test_any_page_is_valid(path: str, moment: date | None, priority: float | None) -> None:
    text = write_sitemap([Url(f"https://a.example/{path}", moment, "never", priority)])
    VALIDATOR.validate(text)


class Rows:
    """What a GenericSitemap asks of a QuerySet."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows, self.asked = rows, 0

    def all(self) -> list[Any]:
        return self.rows

    def filter(self, day__isnull: bool) -> "Rows":
        assert day__isnull
        return Rows([row for row in self.rows if row.day is None])

    def exists(self) -> bool:
        return bool(self.rows)

    def order_by(self, name: str) -> "Rows":
        assert name == "-day"
        return Rows(sorted(self.rows, key=lambda row: row.day, reverse=True))

    def first(self) -> Any:
        return self.rows[0] if self.rows else None


class Row:
    def __init__(self, name: str, day: date | None) -> None:
        self.name, self.day = name, day

    def get_absolute_url(self) -> str:
        return f"/{self.name}/"


def test_a_database_is_asked_for_the_last_change_only() -> None:
    rows = Rows([Row("a", date(2026, 5, 1)), Row("b", date(2026, 5, 3))])
    sitemap = GenericSitemap({"queryset": rows, "date_field": "day"}, changefreq="daily")
    assert sitemap.get_latest_lastmod() == date(2026, 5, 3)
    VALIDATOR.validate(write_sitemap(sitemap.urls("https://a.example")))
    assert GenericSitemap(Rows([Row("a", None)]), "day").get_latest_lastmod() is None
    assert GenericSitemap(Rows([]), "day").get_latest_lastmod() is None
    assert GenericSitemap([Row("a", date(2026, 5, 1))], "day").get_latest_lastmod() == date(2026, 5, 1)
    assert GenericSitemap([Row("a", None)]).get_latest_lastmod() is None


def test_an_item_may_have_pages_in_some_languages_only() -> None:
    class Pages(GenericSitemap):
        i18n, alternates, x_default = True, True, True
        languages = ("en", "de")

        def get_languages_for_item(self, item: Row) -> tuple[str, ...]:
            return ("de",) if item.name == "b" else ("en", "de")

        def location(self, item: Row, language: str = "en") -> str:
            return f"/{language}/{item.name}/"

    urls = list(Pages([Row("a", None), Row("b", None)]).urls("https://a.example"))
    assert [url.location[17:] for url in urls] == ["/en/a/", "/de/a/", "/de/b/"]
    assert [alternate.language for alternate in urls[2].alternates] == ["de", "x-default"]
    view = sitemap_view({"pages": Pages([Row("b", None)])})
    body = view(Request.build("GET", "/sitemap.xml")).body
    assert isinstance(body, bytes)
    VALIDATOR.validate(body.decode())


@pytest.fixture
def engine() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A search engine: takes what IndexNow says it takes."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Content-Type"], body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/indexnow", taken
    server.shutdown()
    server.server_close()


def test_a_search_engine_takes_the_submission(engine: tuple[str, list[tuple[str, bytes]]]) -> None:
    endpoint, taken = engine
    made = submission(["https://a.example/1"], "0123456789abcdef", endpoint=endpoint)
    with urlopen(Outgoing(made.url, made.body, made.headers), timeout=10) as answer:
        assert answer.status == 202
    assert taken == [("application/json; charset=utf-8", made.body)]
    key = indexnow_key_view("0123456789abcdef")(Request.build("GET", "/0123456789abcdef.txt"))
    assert (key.body, key.content_type) == (b"0123456789abcdef", "text/plain; charset=utf-8")
