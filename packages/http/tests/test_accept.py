import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.http import HeaderSyntaxError, Request
from partita.http.accept import parse_accept, parse_preferences
from partita.http.media_types import parse_media_type


def request(accept: str) -> Request:
    return Request.build(headers={"Accept": accept})


def test_without_accept_everything_is_welcome() -> None:
    bare = Request.build()
    assert bare.accepts("text/html")
    assert bare.prefers(["application/json", "text/html"]) == "application/json"


def test_the_most_specific_range_decides() -> None:
    wanted = request("text/*;q=0.5, text/html;q=0, */*;q=0.1")
    assert not wanted.accepts("text/html")
    assert wanted.accepts("text/plain")
    assert wanted.prefers(["image/png", "text/plain"]) == "text/plain"
    assert request("text/html").prefers(["application/json"]) is None


def test_quality_orders_and_ties_go_to_the_server() -> None:
    browser = request("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert browser.prefers(["application/json", "text/html"]) == "text/html"
    assert request("*/*").prefers(["a/b", "c/d"]) == "a/b"
    assert [p.value for p in parse_preferences("da, en-gb;q=0.8, en;q=0.7, x;q=2")] == ["da", "en-gb", "en"]


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_no_accept_header_makes_the_parser_fail(value: str) -> None:
    for preference in parse_accept(value):
        assert 0 <= preference.quality <= 1
        assert "/" in preference.value


def test_a_media_type_comes_with_its_parameters() -> None:
    found = parse_media_type('Multipart/Form-Data; Boundary="a\\"b;c" ; charset=UTF-8;')
    assert found.essence == "multipart/form-data"
    assert dict(found.parameters) == {"boundary": 'a"b;c', "charset": "UTF-8"}


@pytest.mark.parametrize("value", ["", "text", "/html", "text/", 'a/b; c="d', "a/b c", "a/b; c", "a/b;c=d e"])
def test_what_is_no_media_type_is_refused(value: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        parse_media_type(value)


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_nothing_but_a_syntax_error_escapes_from_media_types(value: str) -> None:
    with contextlib.suppress(HeaderSyntaxError):
        parse_media_type(value)


@pytest.mark.parametrize(
    "attack",
    [
        lambda n: 'a/b; c="' + ";" * n,
        lambda n: "a/b" + ";" * n + "=",
        lambda n: "a/b" + '; c="\\' * n,
        lambda n: "a/b" + ";c=d" * n + '"',
        lambda n: "a/b" + " " * n + "x",
    ],
)
def test_cve_2026_84429_separators_within_quotes_cost_linear_time(attack: object) -> None:
    value = attack(100_000)  # type: ignore[operator]

    def refuse() -> None:
        with pytest.raises(HeaderSyntaxError):
            parse_media_type(value)

    assert least_seconds(refuse, enough=0.2) < 1.0


def test_a_range_with_parameters_stands_for_the_plain_type_unless_that_is_named() -> None:
    program = request("application/json; charset=utf-8, text/html;q=0.5")
    assert program.prefers(["text/html", "application/json"]) == "application/json"
    assert request("application/json;odata=verbose;q=0.2").accepts("application/json")
    assert not request("application/json;odata=verbose").accepts("text/html")
    both = request("text/html;level=1, text/html;q=0.3, text/plain;q=0.4")
    assert both.prefers(["text/html", "text/plain"]) == "text/plain"
    assert request("text/html;level=1;q=0, */*;q=0.1").accepts("text/html")
