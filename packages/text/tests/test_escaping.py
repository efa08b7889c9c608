"""Escaping leaves nothing that HTML reads as markup, in short texts and in long ones, in text and in scripts."""

import datetime as dt
import html
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.i18n import LazyText
from partita.text import conditional_escape, escape, format_html, format_html_join, html_safe, json_script, mark_safe
from partita.text.html import Markup, escape_text

REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def by_hand(text: str) -> str:
    return "".join(REFERENCES.get(letter, letter) for letter in text)


@given(st.text(st.sampled_from("&<>\"'#34;x27ü\ud800\x00"), max_size=60), st.integers(150, 170))
def test_a_text_is_escaped_the_same_way_however_long_it_is(text: str, length: int) -> None:
    assert escape_text(text) == by_hand(text)
    padded = text + "x" * (length - len(text))
    assert escape_text(padded) == by_hand(padded)


@pytest.mark.parametrize("length", [1, 159, 160, 161, 5000])
@pytest.mark.parametrize("letter", [*REFERENCES])
def test_one_letter_that_means_something_is_found_wherever_it_stands(letter: str, length: int) -> None:
    for at in {0, length // 2, length - 1}:
        text = "x" * at + letter + "x" * (length - at - 1)
        assert escape_text(text) == by_hand(text)


@pytest.mark.parametrize("text", ["&#34;", "&#39;", "&#x27;", "&quot;", "&amp;#34;", "'&#34;\""])
def test_references_that_were_typed_are_text_and_stay_apart_from_those_that_stand_for_quotes(text: str) -> None:
    assert html.unescape(escape_text(text)) == text
    assert html.unescape(escape_text(text * 100)) == text * 100


@pytest.mark.parametrize("length", [3, 160, 161])
def test_a_text_without_any_of_them_comes_back_itself(length: int) -> None:
    text = "ü" * length
    assert escape_text(text) is text


def test_what_is_safe_is_escaped_only_by_escape() -> None:
    class Bold:
        def __html__(self) -> str:
            return "<b>"

    assert conditional_escape(Markup("<b>")) == "<b>"
    assert conditional_escape(Bold()) == "<b>"
    assert conditional_escape("<b>") == "&lt;b&gt;"
    assert escape(Markup("<b>")) == "&lt;b&gt;"
    assert conditional_escape(3) == "3"
    assert isinstance(conditional_escape(Bold()), Markup)


def test_what_is_safe_already_is_marked_once() -> None:
    safe = Markup("<b>")
    assert mark_safe(safe) is safe


def test_lazy_text_that_is_marked_safe_stays_lazy() -> None:
    language = "en"
    lazy = mark_safe(LazyText(lambda: f"<b>{language}</b>"))
    language = "de"
    assert isinstance(lazy, LazyText)
    assert conditional_escape(lazy) == "<b>de</b>"


def test_an_object_that_is_html_is_marked_as_what_it_shows() -> None:
    class Bold:
        def __html__(self) -> str:
            return "<b>"

        def __str__(self) -> str:
            return "plain"

    assert mark_safe(Bold()) == "<b>"
    assert mark_safe(Bold).startswith(
        "<class"
    )  # a class has no such text, and is no function whose results would be meant


def test_a_function_that_is_marked_safe_gives_safe_results() -> None:
    @mark_safe
    def bold(text: str) -> str:
        return f"<b>{text}</b>"

    assert isinstance(bold("a"), Markup)
    assert conditional_escape(bold("a")) == "<b>a</b>"
    assert bold.__name__ == "bold"


@pytest.mark.parametrize(
    "value",
    ["</script><script>", "<!--", "a & b", "]]>", "\u2028", "'\"", {"</script>": ["&amp;", "<", ">"]}, None, 1.5],
)
def test_a_script_holds_json_and_no_letter_that_could_end_it(value: object) -> None:
    written = json_script(value)
    inner = written.removeprefix('<script type="application/json">').removesuffix("</script>")
    assert not set("<>&") & set(inner)
    assert json.loads(inner) == value


def test_dates_and_decimals_become_text_in_a_script_unless_an_encoder_says_otherwise() -> None:
    class Brief(json.JSONEncoder):
        def default(self, o: object) -> object:
            return "<brief>"

    value = [dt.date(2026, 5, 4), Decimal("1.50")]
    assert json_script(value) == '<script type="application/json">["2026-05-04", "1.50"]</script>'
    assert json_script(value, encoder=Brief) == (
        '<script type="application/json">["\\u003Cbrief\\u003E", "\\u003Cbrief\\u003E"]</script>'
    )


def test_the_id_of_a_script_is_escaped() -> None:
    assert json_script(1, '"><script>').startswith('<script id="&quot;&gt;&lt;script&gt;" type=')
    assert json_script(1, "").startswith("<script type=")


def test_everything_that_goes_into_a_template_is_escaped() -> None:
    assert format_html("<a {}>{name}</a>", "'x'", name="<b>") == "<a &#x27;x&#x27;>&lt;b&gt;</a>"
    assert format_html_join("<", "{}", []) == ""
    assert format_html_join("<", "{}", [("&",), (Markup("<br>"),)]) == "&amp;&lt;<br>"
    assert format_html_join(Markup("<br>"), "{a}", [{"a": "<"}, {"a": 1}]) == "&lt;<br>1"
    with pytest.raises(TypeError, match="must be provided"):
        format_html("<b>")


def test_a_class_is_html_as_its_text_is_and_only_once() -> None:
    @html_safe
    class Bold:
        def __str__(self) -> str:
            return "<b>"

    class Bolder(Bold):
        def __str__(self) -> str:
            return "<strong>"

    assert conditional_escape(Bold()) == "<b>"
    assert conditional_escape(Bolder()) == "<strong>"
    with pytest.raises(ValueError, match="it defines __html__"):
        html_safe(Bold)
    with pytest.raises(ValueError, match="doesn't define __str__"):
        html_safe(type("Plain", (), {}))
