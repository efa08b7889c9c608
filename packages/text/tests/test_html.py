"""Escaping and building HTML."""

import datetime
import decimal
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.text import conditional_escape, escape, format_html, format_html_join, json_script, mark_safe
from partita.text.html import escape_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>\"'&", "&lt;b&gt;&quot;&#x27;&amp;"),
        ("plain", "plain"),
        ("&#39; &#34;", "&amp;#39; &amp;#34;"),
        (5, "5"),
        (Markup("<b>"), "&lt;b&gt;"),
        (gettext_lazy("a & b"), "a &amp; b"),
    ],
)
def test_five_characters_become_references(value: object, shown: str) -> None:
    assert escape(value) == shown
    assert isinstance(escape(value), Markup)


@given(st.text())
def test_escaped_text_holds_no_mark_up_and_reads_back_as_itself(text: str) -> None:
    import html

    escaped = str(escape(text))
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped.replace("&amp;", "&")) == html.unescape(text)


@given(st.text(alphabet=st.sampled_from("<>&\"'aé日\ud800\U0001f3b5"), min_size=50, max_size=100), st.integers(1, 6))
def test_a_long_text_is_escaped_as_a_short_one(text: str, times: int) -> None:
    assert escape_text(text * times) == "".join(map(escape_text, text)) * times


def test_a_long_text_without_anything_to_escape_is_the_same_object() -> None:
    for text in ("plain " * 100, "schön " * 100):
        assert escape_text(text) is text


def test_what_is_safe_stays_as_it_is() -> None:
    class Page:
        def __html__(self) -> str:
            return "<p>"

    assert conditional_escape(Markup("<b>")) == "<b>"
    assert conditional_escape(Page()) == mark_safe(Page()) == "<p>"
    assert conditional_escape("<b>") == "&lt;b&gt;"
    assert mark_safe("<b>") == "<b>"


def test_arguments_of_format_html_are_escaped() -> None:
    assert format_html("<a href='{}'>{x}</a>", "'>", x=Markup("<b>")) == "<a href='&#x27;&gt;'><b></a>"
    assert format_html_join(", ", "<i>{}</i>", [("a",), ("<",)]) == "<i>a</i>, <i>&lt;</i>"
    assert format_html_join("<br>", "{n}", [{"n": 1}, {"n": 2}]) == "1&lt;br&gt;2"
    with pytest.raises(TypeError, match="needs arguments"):
        format_html("<b>")


def test_json_in_a_script_cannot_end_the_script() -> None:
    value = {"x": "</script><!--&", "d": datetime.date(2026, 1, 2), "n": decimal.Decimal("1.5"), "u": uuid.UUID(int=1)}
    shown = json_script(value, 'a"b')
    assert shown.startswith('<script id="a&quot;b" type="application/json">')
    assert "</script>" not in shown.removesuffix("</script>")
    assert "<!--" not in shown
    assert '"2026-01-02"' in shown
    assert '"1.5"' in shown
    assert json_script(1) == '<script type="application/json">1</script>'
