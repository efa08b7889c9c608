"""Text to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.text import (
    FileNameError,
    camel_case_to_spaces,
    capfirst,
    get_valid_filename,
    normalize_newlines,
    pluralize,
    slugify,
    truncate_chars,
    truncate_words,
    wrap,
)
from partita.text.strings import add_slashes, phone_to_numeric, title


@pytest.mark.parametrize(
    ("value", "slug", "unicode"),
    [
        ("Hello, World!", "hello-world", "hello-world"),
        ("  --A  b__c-- ", "a-b__c", "a-b__c"),
        ("Crème Brûlée", "creme-brulee", "crème-brûlée"),
        ("日本 語", "", "日本-語"),
        ("<script>", "script", "script"),
        (5, "5", "5"),
    ],
)
def test_a_slug_has_letters_digits_and_hyphens(value: object, slug: str, unicode: str) -> None:
    assert slugify(value) == slug
    assert slugify(value, allow_unicode=True) == unicode


@given(st.text())
def test_a_slug_is_its_own_slug(text: str) -> None:
    slug = slugify(text)
    assert slugify(slug) == slug
    assert not set(slug) - set("abcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(), st.integers(0, 40))
def test_text_cut_to_characters_is_never_longer_than_asked(text: str, length: int) -> None:
    import unicodedata

    cut = truncate_chars(text, length)
    assert sum(not unicodedata.combining(letter) for letter in cut) <= length


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("hello", 5, "hello"),
        ("hello", 4, "hel…"),
        ("hello", 1, "…"),
        ("hello", 0, ""),
        ("hello", -1, ""),
        ("o\u0308o\u0308o\u0308o\u0308", 3, "öö…"),
    ],
)
def test_text_is_cut_with_an_ellipsis(text: str, length: int, cut: str) -> None:
    assert truncate_chars(text, length) == cut


def test_words_are_cut_and_spaces_made_single() -> None:
    assert truncate_words("a  b\nc d", 3) == "a b c …"
    assert truncate_words("a  b", 2) == "a b"
    assert truncate_words("a b c", 2, "...") == "a b..."


@pytest.mark.parametrize(
    ("count", "endings", "ending"),
    [(0, "s", "s"), (1, "s", ""), (2, "y,ies", "ies"), ("1", "y,ies", "y"), ([1], "s", ""), ([], "s", "s"), ("x", "s", ""), (object(), "s", ""), (1, "a,b,c", "")],
)  # fmt: skip
def test_an_ending_fits_its_number(count: object, endings: str, ending: str) -> None:
    assert pluralize(count, endings) == ending


def test_small_things() -> None:
    assert capfirst("élan vital") == "Élan vital"
    assert capfirst("") == ""
    assert title("joe's 3rd club") == "Joe's 3rd Club"
    assert add_slashes("a\"b'c\\") == "a\\\"b\\'c\\\\"
    assert phone_to_numeric("0800 flowers qz") == "0800 3569377 79"


def test_lines_break_between_words() -> None:
    assert wrap("aaa bb c dddd", 5) == "aaa\nbb c\ndddd"
    assert wrap("a\n\nlonglong b", 3) == "a\n\nlonglong\nb"
    with pytest.raises(ValueError, match="at least 1"):
        wrap("a", 0)


@pytest.mark.parametrize(
    ("name", "words"),
    [("camelCase", "camel case"), ("HTTPResponse", "http response"), ("a", "a"), ("X2Y", "x2 y"), ("", "")],
)
def test_camel_case_is_taken_apart(name: str, words: str) -> None:
    assert camel_case_to_spaces(name) == words


def test_a_file_name_has_only_what_every_file_system_takes() -> None:
    assert get_valid_filename("^&'@{}[],$=!-#()%+~_123.txt") == "-_123.txt"
    assert get_valid_filename("  käse & brot.txt ") == "käse__brot.txt"
    assert get_valid_filename("../../etc/passwd") == "....etcpasswd"
    for name in ("???", "$.$.$", "", "  "):
        with pytest.raises(FileNameError, match="Could not derive file name"):
            get_valid_filename(name)


@given(st.text())
def test_a_valid_file_name_stays_as_it_is(text: str) -> None:
    try:
        name = get_valid_filename(text)
    except FileNameError:
        return
    assert get_valid_filename(name) == name
    assert not set(name) & set("/\\\0:\n ")


def test_line_breaks_become_line_feeds() -> None:
    assert normalize_newlines("a\r\nb\rc\n\r\r\n") == "a\nb\nc\n\n\n"
