import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import ETag, HeaderSyntaxError
from partita.http.etag import parse_etag, parse_etags

tags = st.builds(ETag, st.from_regex(r"[!#-~]{0,20}", fullmatch=True), st.booleans())


@given(tags)
def test_a_written_tag_reads_back_as_itself(tag: ETag) -> None:
    assert parse_etag(str(tag)) == tag


@given(st.lists(tags, min_size=1, max_size=5))
def test_a_written_list_reads_back_as_itself(listed: list[ETag]) -> None:
    assert parse_etags(", ".join(map(str, listed))) == tuple(listed)


@pytest.mark.parametrize("value", ["a1", '"a1', 'w/"a1"', '"a1", "b2"'])
def test_a_malformed_tag_is_refused_with_the_form_expected(value: str) -> None:
    with pytest.raises(HeaderSyntaxError, match="expected a quoted tag"):
        parse_etag(value)


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_nothing_but_a_syntax_error_escapes_from_lists(value: str) -> None:
    with contextlib.suppress(HeaderSyntaxError):
        parse_etags(value)


def test_a_star_stands_for_any() -> None:
    assert parse_etags(" * ") is None
    assert parse_etags("") == ()


@pytest.mark.parametrize(
    ("value", "rest", "expected"),
    [
        ('"a" "b"', '"b"', "a comma between tags"),
        ('"a","b" \t "c"', '"c"', "a comma between tags"),
        ('"a",b', "b", "a list of quoted tags"),
        ('"a"b', 'b', ""),
        ('x"a"', 'x"a"', "a list of quoted tags"),
        ('"a", *', "*", "a list of quoted tags"),
    ],
)  # fmt: skip
def test_a_malformed_list_is_refused_where_it_is_wrong(value: str, rest: str, expected: str) -> None:
    with pytest.raises(HeaderSyntaxError) as caught:
        parse_etags(value)
    assert caught.value.value.endswith(rest)
    assert caught.value.expected.startswith(expected)


def test_space_around_tags_is_of_no_account() -> None:
    assert parse_etag('\t "a" \t') == ETag("a")
    assert parse_etags('\t"a"\t,\tW/"b" , "c"\t') == (ETag("a"), ETag("b", weak=True), ETag("c"))
    assert parse_etags("\t*\t") is None


def test_a_line_break_never_gets_into_a_tag() -> None:
    with pytest.raises(HeaderSyntaxError):
        ETag("a\r\nb")


def test_weak_tags_match_weakly_only() -> None:
    weak, strong = ETag("a", weak=True), ETag("a")
    assert weak.matches(strong)
    assert not weak.matches(strong, strong=True)
    assert not strong.matches(weak, strong=True)
    assert not weak.matches(weak, strong=True)
    assert weak.matches(weak)
    assert strong.matches(ETag("a"), strong=True)
    assert not strong.matches(ETag("b"))
