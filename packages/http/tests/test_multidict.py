import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import BadRequest, MultiDict
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
