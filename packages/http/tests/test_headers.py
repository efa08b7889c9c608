import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Headers, HeaderSyntaxError, Response
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


def test_neither_an_answer_nor_a_check_takes_fields_that_were_changed_for_those_before() -> None:
    headers, other = DraftHeaders({"X-A": "1"}), Headers({"X-B": "2"})
    response = Response(b"", 200, headers)
    assert response.with_defaults(other).headers == Headers({"X-A": "1", "X-B": "2"})
    headers.passed = (*headers.passed, "a mark")
    headers["X-A"] = "3"
    assert response.with_defaults(other).headers == Headers({"X-A": "3", "X-B": "2"})
    assert headers.passed == ()


def test_the_last_eight_joins_are_kept_and_no_more() -> None:
    own = Headers({"a": "1"})
    others = [Headers({f"x-{number}": "2"}) for number in range(9)]
    first = own.joined(others[0])
    kept = [own.joined(other) for other in others[:8]]
    assert kept[0] is first
    assert all(own.joined(other) is both for other, both in zip(others[:8], kept, strict=True))
    newest = own.joined(others[8])  # the oldest makes place for it, and no other does
    assert all(own.joined(other) is both for other, both in zip(others[1:8], kept[1:], strict=True))
    assert own.joined(others[8]) is newest
    again = own.joined(others[0])
    assert again == first
    assert again is not first
    assert own.joined(others[2]) is kept[2]
    assert own.joined(others[1]) is not kept[1]


def test_what_is_written_and_what_is_joined_is_made_once() -> None:
    headers = Headers([("Accept", "a"), ("Accept", "b")])
    assert headers.wire is headers.wire
    assert headers.get_raw(b"accept") is headers.get_raw(b"accept")
    headers.get("accept")
    assert headers.get_raw(b"accept") is headers.get_raw(b"accept")


def test_fields_given_as_a_dict_too_are_found_in_that() -> None:
    index = {b"host": b"a"}
    headers = Headers.from_raw(((b"host", b"a"),), index)
    assert headers.get_raw(b"host") is index[b"host"]
    assert list(headers) == ["host"]


def test_the_last_defaults_can_be_asked_for() -> None:
    own, defaults = Headers({"A": "1"}), Headers({"A": "x", "B": "2"})
    assert own.completed is None
    both = own.with_defaults(defaults)
    assert own.completed == (defaults, both)
    assert own.completed is not None
    assert own.completed[0] is defaults
    assert own.completed[1] is both


def test_fields_equal_fields_and_nothing_else() -> None:
    headers = Headers({"A": "1"})
    assert headers == Headers([("a", "1")])
    assert headers != Headers({"A": "2"})
    for other in (headers.raw, {"a": "1"}, [("a", "1")], None, 1, object()):
        assert headers != other


def test_a_semicolon_at_the_end_of_a_line_of_cookies_may_have_a_space_before_it() -> None:
    assert Headers([("Cookie", "a=1 ;"), ("Cookie", "b=2 ; ;")])["cookie"] == "a=1; b=2"


def test_an_error_shows_the_beginning_of_a_name_and_names_what_was_expected() -> None:
    with pytest.raises(HeaderSyntaxError) as caught:
        Headers({" " + "n" * 100: "v" * 1000})
    assert caught.value.header == " " + "n" * 39
    assert caught.value.expected == "a name of letters, digits and !#$%&'*+-.^_`|~"
    assert len(str(caught.value)) < 250
