"""Hostile input costs what honest input of its length does."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from partita.text import slugify, strip_tags, truncate_html_chars, truncate_html_words, truncate_words, urlize, wrap


def seconds(function: Callable[[str], object], text: str) -> float:
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        function(text)
        best = min(best, time.process_time() - start)
    return best


def is_linear(function: Callable[[str], object], piece: str, before: str = "", after: str = "") -> bool:
    small, large = (before + piece * (size // len(piece)) + after for size in (12_500, 100_000))
    # Eight times the input; quadratic cost would be sixty-four times as much. A busy machine gets three chances.
    return any(seconds(function, large) < 24 * seconds(function, small) + 0.01 for _ in range(3))


@pytest.mark.parametrize("piece", ["<", "<a", "<a ", "</", "<!--", "<!", "<?", "<a>", "</a>", "<a b='", '<a b="', "&", "&#", "&lt;", "><", "<a<b", "x", "<>", "&gotcha&#;<>", "<!DOCTYPE", "<!-->", "<a\">\"", "<a'>"])  # fmt: skip
def test_cve_2024_53907_and_2025_32873_stripping_tags_is_linear(piece: str) -> None:
    assert is_linear(strip_tags, piece)


@pytest.mark.parametrize("depth", [10, 1000])
def test_tags_inside_tags_end_after_a_bounded_number_of_passes(depth: int) -> None:
    nested = "<" * depth + "b>" + "b>" * depth
    assert seconds(lambda text: strip_tags(text), nested * 20) < 0.5


@pytest.mark.parametrize("piece", ["(", ")", "((((a.com))))", "www.", "a@", "a.", "http://", "&lt;", ";", "&;", ".,:;!?", "[[", "{}", "é.", "<a.com>", "a.com ", "@a.", "'\"", "::", "http://a.com;&amp"])  # fmt: skip
def test_cve_2024_38875_41990_41991_45230_linking_is_linear(piece: str) -> None:
    assert is_linear(lambda text: urlize(text, limit=20, nofollow=True, autoescape=True), piece)
    assert is_linear(lambda text: urlize(text, autoescape=True), piece, "http://a.com/", ".org")


@pytest.mark.parametrize("piece", ["<", "<p>", "</p>", "<p></x>", "&", "&amp", "&amp;", "a ", "</a><b>", "<br>", "<!--", "<a b='", "\t", "<p/>"])  # fmt: skip
def test_cve_2023_43665_2024_27351_2026_1285_cutting_html_is_linear(piece: str) -> None:
    for function in (truncate_html_chars, truncate_html_words):
        for length in (5, 1_000_000):
            assert is_linear(partial(cut, function, length), piece)


def cut(function: Callable[[str, int], str], length: int, text: str) -> str:
    return function(text, length)


@pytest.mark.parametrize("piece", ["a", "a ", " ", "\n", "-", "a-", "a\t"])
def test_cve_2025_26699_wrapping_is_linear(piece: str) -> None:
    assert is_linear(lambda text: wrap(text, 10), piece)
    assert is_linear(lambda text: wrap(text, 1), piece)


def test_slugs_and_words_are_linear() -> None:
    for piece in ("-", " ", "_-", "ﷺ", "a "):
        assert is_linear(slugify, piece)
        assert is_linear(lambda text: truncate_words(text, 10**6), piece)
