import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Headers, HeaderSyntaxError
from partita.http.drafts.headers import DraftHeaders

names = st.from_regex(r"[A-Za-z][A-Za-z0-9\-]{0,12}", fullmatch=True)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)


def test_names_are_found_in_any_case_and_kept_in_lower_case() -> None:
    headers = Headers({"X-A": "1"})
    assert headers["x-a"] == headers["X-A"] == headers.get("x-A") == "1"
    assert "X-a" in headers
    assert "y" not in headers
    assert headers.items() == [("x-a", "1")]


def test_a_missing_name_gives_the_default_or_a_key_error() -> None:
    assert Headers().get("a") is None
    assert Headers().get("a", "b") == "b"
    with pytest.raises(KeyError):
        Headers()["a"]


def test_repeated_fields_read_as_one_joined_with_a_comma() -> None:
    headers = Headers([("Accept", "a"), ("accept", "b"), ("Cookie", "a=1"), ("cookie", "b=2")])
    assert headers["accept"] == "a, b"
    assert headers["cookie"] == "a=1; b=2"
    assert headers.get_all("accept") == headers.getlist("accept") == ("a", "b")
    assert len(headers) == 4
    assert headers.keys() == ["accept", "cookie"]


def test_changes_give_new_headers_and_leave_the_old_ones_alone() -> None:
    old = Headers([("a", "1"), ("a", "2"), ("b", "3")])
    assert old.with_header("A", "9").items() == [("b", "3"), ("a", "9")]
    assert old.with_added("b", "4").get_all("b") == ("3", "4")
    assert old.without("a").items() == [("b", "3")]
    assert old.items() == [("a", "1"), ("a", "2"), ("b", "3")]
    assert hash(old) == hash(Headers(old.items()))


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x7f", "smile \u263a"])
def test_a_value_that_could_end_its_field_early_is_refused(value: str) -> None:
    with pytest.raises(HeaderSyntaxError, match="expected"):
        Headers({"x-a": value})


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "ä", "a\0"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(HeaderSyntaxError, match="a name of letters"):
        Headers().with_header(name, "x")


@given(st.lists(st.tuples(names, values)))
def test_fields_come_out_as_they_went_in(pairs: list[tuple[str, str]]) -> None:
    expected = [(name.lower(), value.strip(" \t")) for name, value in pairs]
    assert Headers(pairs).items() == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_accepted_stays_one_line(name: str, value: str) -> None:
    try:
        headers = Headers([(name, value)])
    except HeaderSyntaxError:
        return
    assert headers.wire.count(b"\r") == headers.wire.count(b"\n") == 1
    assert headers.wire.endswith(b"\r\n")
    assert b"\0" not in headers.wire


def test_cve_2025_14550_many_equal_headers_cost_no_more_than_their_length() -> None:
    def cost(count: int) -> float:
        headers = Headers.from_raw([(b"x", b"y" * 20)] * count)
        start = time.thread_time()
        headers.get("x")
        return time.thread_time() - start

    cost(1000)
    assert cost(100_000) < 100 * max(min(cost(10_000) for _ in range(3)), 0.0005)


def test_joined_headers_are_those_of_both_and_need_distinct_names() -> None:
    one, other = Headers([("a", "1"), ("a", "2")]), Headers({"B": "3"})
    both = one.joined(other)
    assert both == Headers([("a", "1"), ("a", "2"), ("b", "3")])
    assert both is not None
    assert both.wire == b"a: 1\r\na: 2\r\nb: 3\r\n"
    assert both.get("a") == "1, 2"
    assert one.joined(Headers({"A": "x"})) is None
    assert one.wire == b"a: 1\r\na: 2\r\n"


def test_raw_values_are_found_by_name_in_lower_case() -> None:
    headers = Headers([("Accept", "a"), ("Accept", "b"), ("Host", "x")])
    assert headers.get_raw(b"accept") == b"a, b"
    assert headers.get_raw(b"host") == b"x"
    assert headers.get_raw(b"cookie") is None


def test_fields_joined_again_give_the_same_object_and_others_do_not() -> None:
    own, added, other = Headers({"a": "1"}), Headers({"b": "2"}), Headers({"a": "3"})
    both = own.joined(added)
    assert both is not None
    assert both.wire == b"a: 1\r\nb: 2\r\n"
    assert own.joined(added) is both
    assert own.joined(other) is None
    assert own.joined(other) is None
    assert own.joined(added) == both


def test_a_memo_is_no_part_of_the_fields() -> None:
    headers = Headers({"a": "1"})
    assert headers.memo is None
    headers.memo = "noted"
    assert headers == Headers({"a": "1"})
    assert headers.with_header("b", "2").memo is None


def test_defaults_are_those_fields_that_are_not_there() -> None:
    own, defaults, strict = Headers({"A": "1", "B": "2"}), Headers({"C": "3"}), Headers({"B": "x", "C": "4"})
    for _ in range(3):
        assert own.with_defaults(defaults).items() == [("a", "1"), ("b", "2"), ("c", "3")]
        assert own.with_defaults(strict).items() == [("a", "1"), ("b", "2"), ("c", "4")]
    assert own.with_defaults(defaults) is own.with_defaults(defaults)


def test_marks_of_checks_stay_with_the_very_fields_that_were_checked() -> None:
    headers = Headers({"Host": "a"})
    headers.passed = (*headers.passed, "mark")
    assert headers == Headers({"Host": "a"})
    for other in (headers.with_header("Host", "b"), headers.with_added("X", "y"), headers.without("host")):
        assert other.passed == ()
    assert Headers(headers.items()).passed == ()


def test_cookies_of_several_lines_are_joined_whether_they_end_with_a_semicolon_or_not() -> None:
    headers = Headers([("Cookie", "a=1;"), ("Cookie", "b=2; "), ("Cookie", "c=3")])
    assert headers["cookie"] == "a=1; b=2; c=3"
    assert Headers([("X-List", "a;"), ("X-List", "b")])["x-list"] == "a;, b", "elsewhere it may have a meaning"


def test_what_was_made_of_fields_that_can_be_changed_is_made_anew_when_they_are() -> None:
    headers, other = DraftHeaders({"X-A": "1"}), Headers({"X-B": "2"})
    assert headers.with_defaults(other).items() == [("x-a", "1"), ("x-b", "2")]
    headers.memo = "what a server made of them"
    headers["X-A"] = "3"
    assert headers.with_defaults(other).items() == [("x-a", "3"), ("x-b", "2")]
    assert headers.joined(other) == Headers({"X-A": "3", "X-B": "2"})
    assert headers.memo is None
