"""Text to HTML, HTML to text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from partita.text import linebreaks, linebreaks_br, strip_tags, truncate_html_chars, truncate_html_words, urlize
from partita.text.markup import pieces

fragments = st.lists(
    st.sampled_from(["<", ">", "</", "<b>", "</b>", "<!--", "-->", '"', "'", "&amp;", "&", ";", " ", "x", "a.b", "<br/>", "(", ")", "@", "www.x.org", "http://", "é", "\n"]),
    max_size=30,
).map("".join)  # fmt: skip


@given(fragments)
def test_pieces_put_together_are_the_source(source: str) -> None:
    assert "".join(piece for _, piece in pieces(source)) == source


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>See: &#39;&eacute; is an apostrophe</p>", "See: &#39;&eacute; is an apostrophe"),
        ("a<b", "a<b"),
        ("</adf>a<b>b</b>", "ab"),
        ("<a title='>'>x</a>", "x"),
        ("x<!-- y > -->z", "xz"),
        ("<<b>script>", "<script>"),
        ("a < b > c", "a < b > c"),
        (5, "5"),
        ("<sc<!-- -->ript>test<<!-- -->/script>", "ript>test"),
    ],
)
def test_tags_are_taken_out(html: object, text: str) -> None:
    assert strip_tags(html) in {text, text.replace("<script>", "")}


@given(fragments)
def test_nothing_that_a_browser_takes_for_a_tag_is_left(source: str) -> None:
    left = strip_tags(source)
    assert "<b>" not in left
    assert "</b>" not in left


@pytest.mark.parametrize(
    ("html", "count", "cut"),
    [
        ("<p>one <b>two three</b> four</p>", 2, "<p>one <b>two …</b></p>"),
        ("<p>one</p>", 1, "<p>one</p>"),
        ("<p>one two</p><br>three", 2, "<p>one two</p><br>…"),
        ("a &lt; b &amp; c", 2, "a &lt; …"),
        ("x", 0, ""),
    ],
)
def test_html_is_cut_to_words_and_closed(html: str, count: int, cut: str) -> None:
    assert truncate_html_words(html, count) == cut


def test_html_is_cut_to_characters_and_references_count_as_one() -> None:
    assert truncate_html_chars("<i>a&amp;bcd</i>", 3) == "<i>a&amp;…</i>"
    assert truncate_html_chars("<i>a&amp;b</i>", 3) == "<i>a&amp;b</i>"
    assert truncate_html_chars("<b><i>abc", 2) == "<b><i>a…</i></b>"
    assert truncate_html_chars("a<img src='x'>bcd", 3, "") == "a<img src='x'>bc"


@given(fragments, st.integers(0, 10))
def test_cutting_html_never_fails(source: str, limit: int) -> None:
    truncate_html_chars(source, limit)
    truncate_html_words(source, limit)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("http://a.org/x?y=1&z=2", '<a href="http://a.org/x?y=1&amp;z=2">http://a.org/x?y=1&amp;z=2</a>'),
        ("(www.a.org).", '(<a href="https://www.a.org">www.a.org</a>).'),
        ("a.com/x", '<a href="https://a.com/x">a.com/x</a>'),
        ("me@a.org!", '<a href="mailto:me@a.org">me@a.org</a>!'),
        ("<b>http://a.org", "&lt;b&gt;http://a.org"),
        ("http://", "http://"),
        ("a.b c:d @", "a.b c:d @"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://a.org/\"onclick=", '<a href="http://a.org/%22onclick=">http://a.org/&quot;onclick=</a>'),
        ("http://ü.org/ä b", '<a href="http://%C3%BC.org/%C3%A4">http://ü.org/ä</a> b'),
        ("http://[::1", "http://[::1"),
    ],
)  # fmt: skip
def test_addresses_become_links_and_the_rest_is_escaped(text: str, html: str) -> None:
    assert urlize(text, autoescape=True) == html


def test_links_are_shortened_and_marked() -> None:
    assert (
        urlize("http://a.org/long", limit=8, nofollow=True) == '<a href="http://a.org/long" rel="nofollow">http://…</a>'
    )
    assert (
        urlize(Markup("http://a.org/?a=1&amp;b=2"), autoescape=True)
        == '<a href="http://a.org/?a=1&amp;b=2">http://a.org/?a=1&amp;b=2</a>'
    )


@given(fragments)
def test_links_never_let_mark_up_through(source: str) -> None:
    import re

    shown = urlize(source, autoescape=True)
    assert "<" not in re.sub(r'<a href="[^"<>]*">|</a>', "", shown)


def test_line_breaks_become_paragraphs() -> None:
    assert linebreaks("a\r\nb\n\n\n<c>", autoescape=True) == "<p>a<br>b</p>\n\n<p>&lt;c&gt;</p>"
    assert linebreaks_br("a\rb<", autoescape=False) == "a<br>b<"
