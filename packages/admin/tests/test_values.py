"""Values on pages: escaped, whatever they are."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.admin.values import is_number, link_or_text, show_boolean, show_value


@given(st.text())
def test_no_text_brings_html_of_its_own(text: str) -> None:
    for html in (show_value(text), link_or_text(text), show_value([text])):
        inner = html.replace('<span class="quiet">–</span>', "")
        inner = inner.replace("</a>", "").replace("</span>", "")
        assert "<" not in inner or inner.startswith('<a href="http')


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:x", "java\nscript:x", "data:text/html,x", "vbscript:x",
     "//evil.test", "https\n://x", "ht\ttps://x", "\x01javascript:x", "file:///etc/passwd"],
)  # fmt: skip
def test_cve_2026_15920_a_stored_url_with_another_scheme_is_no_link(url: str) -> None:
    assert "href" not in link_or_text(url)


def test_cve_2024_41991_a_stored_url_cannot_leave_its_attribute() -> None:
    html = link_or_text('https://x.test/"onmouseover="alert(1)')
    assert 'href="https://x.test/&#34;onmouseover=&#34;alert(1)"' in html


def test_values_are_written_for_people() -> None:
    assert show_value(None) == show_value("") == '<span class="quiet">–</span>'
    assert "Yes" in show_value(True)
    assert "No" in show_value(False)
    assert "Unknown" in show_boolean(None)
    assert show_value(0) == "0"
    assert show_value(Decimal("1.50")) == "1.50"
    assert "2026" in show_value(date(2026, 11, 21))
    assert "07:30" in show_value(datetime(2026, 11, 21, 7, 30))  # noqa: DTZ001 - what a model may hold
    assert show_value(time(7, 5)) == "07:05"
    assert show_value(["a", "<b>"]) == "a, &lt;b&gt;"
    assert show_value(Markup("<b>code made this</b>")) == "<b>code made this</b>"


def test_a_long_text_is_cut_in_lists() -> None:
    assert len(show_value("x" * 500)) == 200
    assert len(show_value("x" * 500, longest=None)) == 500


def test_numbers_stand_on_the_right() -> None:
    assert is_number(1)
    assert is_number(Decimal(1))
    assert not is_number(True)
    assert not is_number("1")
