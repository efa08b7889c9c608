from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.http import BadRequest, MultiDict, Request
from partita.http.query import parse_query

pairs = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=8)


def test_the_last_value_of_a_name_is_its_value_and_getlist_gives_all() -> None:
    query = MultiDict([("a", "1"), ("b", "2"), ("a", "3")])
    assert query["a"] == query.get("a") == "3"
    assert query.getlist("a") == ["1", "3"]
    assert query.getlist("c") == []
    assert query.get("c", "x") == "x"
    assert query.items() == [("a", "3"), ("b", "2")]
    assert query.lists() == [("a", ["1", "3"]), ("b", ["2"])]
    assert query.dict() == {"a": "3", "b": "2"}
    assert "a" in query
    assert len(query) == 2
    assert list(query) == query.keys() == ["a", "b"]


def test_it_cannot_be_changed_but_copied_with_changes() -> None:
    query = MultiDict([("a", "1"), ("b", "2"), ("a", "3")])
    with pytest.raises(TypeError):
        query["a"] = "x"  # type: ignore[index]
    query.getlist("a").append("x")
    assert query.with_value("a", "9").pairs() == (("a", "9"), ("b", "2"))
    assert query.with_value("c", "9").pairs()[-1] == ("c", "9")
    assert query.with_list("a", ["7", "8"]).getlist("a") == ["7", "8"]
    assert query.with_added("a", "4").getlist("a") == ["1", "3", "4"]
    assert query.without("a").pairs() == (("b", "2"),)
    assert query.getlist("a") == ["1", "3"]
    assert hash(query) == hash(MultiDict(query.pairs()))


def test_urlencode_leaves_safe_characters_as_they_are() -> None:
    assert MultiDict([("next", "/a b/"), ("x", "&")]).urlencode(safe="/") == "next=/a+b/&x=%26"


@given(pairs)
def test_a_query_reads_back_as_it_was_written(items: list[tuple[str, str]]) -> None:
    written = MultiDict(items).urlencode().encode()
    assert parse_query(written) == [(name, value) for name, value in items if name or value or "=" in f"{name}={value}"]


@given(st.binary(max_size=60))
def test_no_bytes_make_the_query_parser_fail(raw: bytes) -> None:
    for name, value in parse_query(raw):
        assert isinstance(name, str)
        assert isinstance(value, str)


@given(st.text("ab=&", max_size=12))
def test_queries_without_escapes_have_the_pairs_that_others_find(text: str) -> None:
    expected = parse_qsl(text, keep_blank_values=True)
    assert parse_query(text.encode()) == expected
    assert Request.build("GET", f"/?{text}").query.pairs() == tuple(expected)


def test_cve_2021_23336_only_an_ampersand_separates() -> None:
    assert parse_query(b"a=1;b=2&c=3") == [("a", "1;b=2"), ("c", "3")]


def test_plus_is_a_space_and_bytes_that_are_no_utf8_become_replacement_characters() -> None:
    assert parse_query(b"a+b=%FF+%C3%BC&c&=d") == [("a b", "\ufffd \u00fc"), ("c", ""), ("", "d")]


def test_more_parameters_than_allowed_are_refused() -> None:
    assert len(parse_query(b"&".join([b"a=1"] * 10), 10)) == 10
    with pytest.raises(BadRequest, match="More than 10"):
        parse_query(b"&" * 10, 10)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=20), st.booleans())
def test_the_last_value_is_the_same_whether_values_are_grouped_or_not(
    given: list[tuple[str, str]], group: bool
) -> None:
    query = MultiDict(given)
    if group:
        query.lists()
    last = dict(given)
    for name in "abcd":
        assert query.get(name) == last.get(name)
        if name in last:
            assert query[name] == last[name]
        else:
            with pytest.raises(KeyError):
                query[name]


def test_a_name_without_values_may_have_a_default() -> None:
    assert MultiDict([("a", 1)]).getlist("b", [2]) == [2]
    assert MultiDict([("a", 1)]).getlist("a", [2]) == [1]
    assert MultiDict[int]().getlist("b") == []


_TOKENS = st.sampled_from(
    ["%", "%4", "%41", "%c3%bc", "%f0%9f", "+", "&", "=", "x", "%%", "%zz", "%2B%26%3D", "y" * 1000]
)


@settings(deadline=None)
@given(st.lists(_TOKENS, min_size=1, max_size=12), st.integers(0, 9000), st.integers(8, 30))
def test_long_forms_read_as_short_ones_do(tokens: list[str], shift: int, kilobytes: int) -> None:
    block = "".join(tokens)
    # Each place in the block comes to lie at each place of what is read at once.
    text = "s" * shift + block * (kilobytes * 1024 // len(block) + 1)
    assert parse_query(text.encode(), 10**6) == parse_qsl(text, keep_blank_values=True)


@pytest.mark.parametrize("value", ["x" * 20_000, "x+" * 10_000, "%41" * 7_000, "%c3%bc" * 3_000, "x" * 8191 + "%41"])
@pytest.mark.parametrize("form", ["{}", "a={}", "a={}&b=1", "b=1&a={}&c", "{}=1&b=2", "&&a={}&&b=&", "a={}={}&b"])
def test_a_field_that_is_longer_than_a_piece_is_one_field(form: str, value: str) -> None:
    text = form.replace("{}", value)
    assert parse_query(text.encode()) == parse_qsl(text, keep_blank_values=True)


def test_long_bytes_that_are_not_escaped_are_text_as_short_ones_are() -> None:
    raw = b"a=" + b"\xc3\xbc" * 9000 + b"\xff&b=\xff"
    assert parse_query(raw) == [("a", "\u00fc" * 9000 + "\ufffd"), ("b", "\ufffd")]
