"""One value in several forms."""

import asyncio
import csv
import io
import re
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import BadRequest, NotAcceptable, Request, Response, UnprocessableContent, UnsupportedMediaType
from partita.http.formats import encode_csv, encode_html, encode_xml, negotiate, read_as


class Album(msgspec.Struct):
    title: str
    year: int


ALBUMS = [Album("Partita <1>", 1726), Album("=SUM(A1)", 1727)]


def ask(accept: str, target: str = "/") -> Response:
    return negotiate(Request.build("GET", target, headers={"Accept": accept}), ALBUMS)


@pytest.mark.parametrize(
    ("accept", "kind", "start"),
    [
        ("*/*", "application/json", b'[{"title":"Partita <1>"'),
        ("application/msgpack", "application/msgpack", msgspec.msgpack.encode(ALBUMS)[:5]),
        ("application/xml, */*;q=0.1", "application/xml", b"<?xml"),
        ("text/csv", "text/csv; charset=utf-8", b"title,year\r\nPartita <1>,1726\r\n'=SUM(A1),1727"),
        ("application/yaml", "application/yaml", b""),
        ("text/html", "text/html; charset=utf-8", b"<!doctype html>"),
    ],
)
def test_the_client_gets_what_it_wants_most(accept: str, kind: str, start: bytes) -> None:
    response = ask(accept)
    assert (response.content_type, response.headers["vary"]) == (kind, "Accept")
    assert isinstance(response.body, bytes)
    assert response.body.startswith(start)


def test_a_link_may_say_the_form_and_what_there_is_not_is_refused() -> None:
    assert ask("text/html", "/?format=csv").content_type.startswith("text/csv")
    for accept, target in (("image/png", "/"), ("*/*", "/?format=png")):
        with pytest.raises(NotAcceptable, match="application/json"):
            ask(accept, target)
    only = negotiate(Request.build(headers={"Accept": "text/csv, */*;q=0.5"}), {}, formats=["application/json"])
    assert only.content_type == "application/json"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_anything_becomes_xml_that_can_be_read(value: Any) -> None:
    root = ElementTree.fromstring(encode_xml(value))
    assert root.tag == "response"
    if isinstance(value, list):
        assert len(root) == len(value)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b"]), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
        ),
        min_size=1,
    )
)
def test_rows_read_back_from_csv_without_formulas(rows: list[dict[str, str]]) -> None:
    text = encode_csv(rows).decode()
    names = list(dict.fromkeys(name for row in rows for name in row))
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    if names:
        assert [row[names[0]].removeprefix("'") for row in found] == [
            row.get(names[0], "").removeprefix("'") for row in rows
        ]
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in found for cell in row.values())


@given(st.text(st.characters(codec="utf-8")))
def test_nothing_of_a_value_is_markup(text: str) -> None:
    for value in ([{text: text}], {"a": [text]}):
        body = encode_html(value).decode().partition("<body>")[2]
        assert body.count("<") == len(re.findall("</?(table|thead|tbody|tr|th|td|pre|body|html)>", body))


def test_what_is_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="levels deep"):
        encode_xml(deep)


def test_bodies_are_read_as_json_or_message_pack() -> None:
    def read(body: bytes, kind: str) -> Album:
        return asyncio.run(read_as(Request.build("POST", "/", body=body, headers={"Content-Type": kind}), Album))

    assert read(msgspec.msgpack.encode(ALBUMS[0]), "application/msgpack") == ALBUMS[0]
    assert read(msgspec.json.encode(ALBUMS[0]), "application/json") == ALBUMS[0]
    with pytest.raises(UnprocessableContent):
        read(msgspec.msgpack.encode({"title": 1}), "application/msgpack")
    with pytest.raises(BadRequest):
        read(b"\xc1", "application/msgpack")
    with pytest.raises(UnsupportedMediaType):
        read(b"title: x", "application/yaml")
