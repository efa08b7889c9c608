"""Text in parts, and filler text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.text import Truncator, get_text_list, lazystr, smart_split, unescape_string_literal
from partita.text.lorem import COMMON_PARAGRAPH, paragraph, paragraphs, sentence, words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('This is "a person" test.', ["This", "is", '"a person"', "test."]),
        ('a "b\\" c" d', ["a", '"b\\" c"', "d"]),
        ("\"a 'one", ['"a', "'one"]),
        ("all friends' tests", ["all", "friends'", "tests"]),
        ("words='some thing'x y", ["words='some thing'x", "y"]),
        ("cut:','|cut:' '", ["cut:','|cut:' '"]),
        ("  ", []),
    ],
)
def test_what_is_quoted_is_one_word(text: str, parts: list[str]) -> None:
    assert list(smart_split(text)) == parts
    assert list(smart_split(lazystr(text))) == parts


@given(st.text(alphabet="ab '\"\\\n\t", max_size=30))
def test_words_put_together_are_the_text_without_its_spaces(text: str) -> None:
    parts = list(smart_split(text))
    assert all(parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize(("literal", "text"), [('"abc"', "abc"), ("'a\\'b'", "a'b"), ('"a\\\\b"', "a\\b"), ("''", "")])
def test_a_literal_is_read(literal: str, text: str) -> None:
    assert unescape_string_literal(literal) == text


@pytest.mark.parametrize("literal", ["", "'", "abc", "'abc\""])
def test_what_is_no_literal_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="Not a string literal"):
        unescape_string_literal(literal)


def test_enumerations() -> None:
    assert get_text_list(["a", "b", "c"]) == "a, b or c"
    assert get_text_list(["a", "b"], "and") == "a and b"
    assert get_text_list([1]) == "1"
    assert get_text_list([]) == ""


def test_one_text_is_shortened_in_every_way() -> None:
    text = Truncator("The quick brown fox")
    assert (text.chars(10), text.chars(19), text.words(2), text.words(2, "[more]"), text.words(0)) == (
        "The quick…", "The quick brown fox", "The quick…", "The quick[more]", "",
    )  # fmt: skip
    html = Truncator(lazystr("<p>The <b>quick brown</b> fox</p>"))
    assert html.words(2, html=True) == "<p>The <b>quick…</b></p>"
    assert html.chars(6, "", html=True) == "<p>The <b>qu</b></p>"


def test_filler_text() -> None:
    assert words(3) == "lorem ipsum dolor"
    assert words(-17) == "lorem ipsum"
    assert len(words(500).split()) == 500
    assert len(words(5, common=False).split()) == 5
    assert paragraphs(2)[0] == COMMON_PARAGRAPH
    assert sentence()[0].isupper()
    assert paragraph()[-1] in ".?"
