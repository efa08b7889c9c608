"""Fields are asked for by any text, and only names that can stand on the wire are ever found."""

import pytest

from partita.http import Headers
from partita.http.errors import HeaderSyntaxError

HEADERS = Headers([("X-A", "1"), ("x-b", "ü"), ("X-a", "2")])


@pytest.mark.parametrize("name", ["", "€", "x-a€", "ü", "\ud800", "X-A ", "x-a:", "\x00"])
def test_a_name_that_no_field_can_have_is_not_there(name: str) -> None:
    assert name not in HEADERS
    assert HEADERS.get(name) is None
    assert HEADERS.get(name, "x") == "x"
    assert HEADERS.get_all(name) == ()
    assert HEADERS.without(name) == HEADERS
    with pytest.raises(KeyError):
        HEADERS[name]


@pytest.mark.parametrize("name", ["x-a", "X-A", "X-a"])
def test_the_case_of_a_name_says_nothing(name: str) -> None:
    assert name in HEADERS
    assert HEADERS[name] == HEADERS.get(name) == "1, 2"
    assert HEADERS.get_all(name) == ("1", "2")
    assert HEADERS.without(name) == Headers({"x-b": "ü"})
    assert HEADERS.with_header(name, "3").get_all("x-a") == ("3",)


def test_what_is_no_text_is_no_name() -> None:
    assert 1 not in HEADERS
    assert b"x-a" not in HEADERS


@pytest.mark.parametrize("value", ["b", " b", "b ", "\tb\t", " \t b \t "])
def test_white_space_around_a_value_is_none_of_it(value: str) -> None:
    assert Headers({"a": value}).raw == ((b"a", b"b"),)


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\x00", "a\x7f", "\x0b"])
def test_a_value_that_could_end_the_line_is_refused(value: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        Headers({"a": value})


@pytest.mark.parametrize("name", ["", " ", "a b", "a:", "ü", "a\r\nb", "a\n", "(a)"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(HeaderSyntaxError):
        Headers({name: "a"})


def test_letters_of_latin_1_arrive_as_they_left() -> None:
    assert HEADERS.get("x-b") == "ü"
    assert HEADERS.raw[1] == (b"x-b", b"\xfc")
    assert HEADERS.items() == [("x-a", "1"), ("x-b", "ü"), ("x-a", "2")]
    assert repr(HEADERS) == "Headers([('x-a', '1'), ('x-b', 'ü'), ('x-a', '2')])"


def test_raw_fields_are_taken_from_anything_that_gives_pairs() -> None:
    pairs = [(b"x-a", b"1"), (b"x-b", b"\xfc"), (b"x-a", b"2")]
    assert Headers.from_raw(pairs) == Headers.from_raw(tuple(pairs)) == Headers.from_raw(iter(pairs)) == HEADERS
    assert hash(Headers.from_raw(pairs)) == hash(HEADERS)
