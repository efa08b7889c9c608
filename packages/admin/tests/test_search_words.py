"""What is typed into the search box becomes a few words."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from partita.admin.search import LONGEST_SEARCH, MOST_WORDS, words_of
from partita.contracts.testing.cost import least_seconds


def test_words_in_quotes_stay_together() -> None:
    assert words_of('black "let there" be') == ["black", "let there", "be"]
    assert words_of('an "open end') == ["an", '"open', "end"]
    assert words_of('"" "  "') == []


@given(st.text(max_size=500))
def test_any_text_gives_few_and_short_words(text: str) -> None:
    words = words_of(text)
    assert len(words) <= MOST_WORDS
    assert all(word.strip() and len(word) <= LONGEST_SEARCH for word in words)


def test_cve_2024_39317_a_long_search_costs_no_more_than_a_short_one() -> None:
    for text in ('"' * 1_000_000, 'a" ' * 500_000, " " * 1_000_000, 'key:"' * 200_000):
        assert least_seconds(partial(words_of, text), enough=0.02) < 0.05
