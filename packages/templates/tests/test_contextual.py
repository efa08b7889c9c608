"""Escaping for the place where a variable stands."""

import html
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.i18n import LazyText
from partita.templates import Engine, Markup, TemplateSyntaxError
from partita.templates.checking import check_templates
from partita.templates.js_places import JsReader

EVIL = "</script><b onclick='x'>\"`\\\n&'${alert(1)}//"


def show(source: str, templates: dict[str, str] | None = None, **names: object) -> str:
    return str(Engine(templates=templates or {}, contextual=True).from_string(source).render(names))


@pytest.mark.parametrize(
    ("source", "value", "shown"),
    [
        ("<p>{{ x }}</p>", "<b>", "<p>&lt;b&gt;</p>"),
        ("<p>{{ x }}</p>", Markup("<b>"), "<p><b></p>"),
        ("<p title='{{ x }}'>", "a'b", "<p title='a&#x27;b'>"),
        ("<title>{{ x }}</title><textarea>{{ x }}</textarea>", "<", "<title>&lt;</title><textarea>&lt;</textarea>"),
        ("<script>f({{ x }})</script>", "</script>", '<script>f("\\u003C/script\\u003E")</script>'),
        ("<script>f({{ x }})</script>", ["a", 1, None], '<script>f(["a", 1, null])</script>'),
        ("<script>return{{ x }}</script>", 5, "<script>return 5 </script>"),
        ("<script>f({{ y }})</script>", 0, "<script>f( null )</script>"),
        ("<script>f('{{ x }}')</script>", "a'b</", "<script>f('a\\u0027b\\u003C/')</script>"),
        ("<script>f(`{{ x }}`)</script>", "${a}`", "<script>f(`\\u0024{a}\\u0060`)</script>"),
        ("<script>a = b / c / '{{ x }}'</script>", "'", "<script>a = b / c / '\\u0027'</script>"),
        ("<script>a = /['\"]/.test('{{ x }}')</script>", "'", "<script>a = /['\"]/.test('\\u0027')</script>"),
        ("<script>// it's\nf('{{ x }}')</script>", "'", "<script>// it's\nf('\\u0027')</script>"),
        ("<script>/* it's */f({{ x }})</script>", "a", '<script>/* it\'s */f("a")</script>'),
        ("<script type='application/json'>{{ x }}</script>", {"a": "<"}, "<script type='application/json'>{\"a\": \"\\u003C\"}</script>"),
        ("<script>f({{ x|safe }})</script>", "[1]", "<script>f([1])</script>"),
        ("<script>f('{{ x|escapejs }}')</script>", "'", "<script>f('\\u0027')</script>"),
        ("<a onclick='f({{ x }})'>", "'", "<a onclick='f(&quot;\\u0027&quot;)'>"),
        ("<a onclick=\"f('{{ x }}', {{ y }})\">", "'", "<a onclick=\"f('\\u0027',  null )\">"),
        ("<a href='{{ x }}'>", "javascript:alert(1)", "<a href='#partita-refused'>"),
        ("<a href='{{ x }}'>", " java\tscript\n:alert(1)", "<a href='#partita-refused'>"),
        ("<a href='{{ x }}'>", Markup("javascript&colon;alert(1)"), "<a href='#partita-refused'>"),
        ("<a href='{{ x }}'>", "data:text/html,<script>", "<a href='#partita-refused'>"),
        ("<a href='{{ x }}'>", "https://a.com/?a=1&b=ü", "<a href='https://a.com/?a=1&amp;b=%C3%BC'>"),
        ("<a href='{{ x }}'>", "/a:b?c=d:e", "<a href='/a:b?c=d:e'>"),
        ("<a href='{{ x }}'>", "MAILTO:a@b.c", "<a href='MAILTO:a@b.c'>"),
        ("<a href='/s/{{ x }}/'>", "a b'\"/..", "<a href='/s/a%20b&#x27;%22/../'>"),
        ("<a href='/s/?q={{ x }}&p={{ x }}'>", "a&b=c", "<a href='/s/?q=a%26b%3Dc&p=a%26b%3Dc'>"),
        ("<a href='/s/?q={{ x|urlencode }}'>", "a&b", "<a href='/s/?q=a%26b'>"),
        ("<a href='/s/?{{ x }}'>", Markup("a=1&amp;b=2"), "<a href='/s/?a=1&amp;b=2'>"),
        ("<a href='{{ y }}{{ x }}'>", "javascript:alert(1)", "<a href='javascript%3Aalert(1)'>"),
        ("<a href='java{{ x }}'>", "script:alert(1)", "<a href='javascript%3Aalert(1)'>"),
        ("<img srcset='{{ x }} 2x'>", "javascript:x", "<img srcset='#partita-refused 2x'>"),
        ("<iframe srcdoc='{{ x }}'>", "<b>", "<iframe srcdoc='&amp;lt;b&amp;gt;'>"),
        ("<p style='color: {{ x }}'>", "#f00", "<p style='color: #f00'>"),
        ("<p style='color: {{ x }}'>", "red;background:url(//evil)", "<p style='color: partita-refused'>"),
        ("<style>p { width: {{ x }}px }</style>", 5, "<style>p { width: 5px }</style>"),
        ("<style>p { width: {{ x }} }</style>", "1}</style>", "<style>p { width: partita-refused }</style>"),
        ("<p class={{ x }}>", "a onclick=b", "<p class=a&#32;onclick&#61;b>"),
        ("<p class={{ x }}>", "", '<p class="">'),
        ("<input {{ x }}>", "checked", "<input checked>"),
        ("<input {{ x }}>", "onclick=x", "<input partita-refused>"),
        ("<input {{ x }}>", "onclick", "<input partita-refused>"),
        ("<input {{ x }}>", Markup('a="b"'), '<input a="b">'),
        ("{% autoescape off %}<a href='{{ x }}'>{% endautoescape %}", "javascript:x", "<a href='javascript:x'>"),
        ("<a {% if x %}href='{{ x }}'{% endif %} title='{{ x }}'>", "a:'", "<a href='#partita-refused' title='a:&#x27;'>"),
        ("<a href='{% if x %}/b?q={% endif %}{{ x }}'>", "javascript:a&b", "<a href='/b?q=javascript%3Aa%26b'>"),
        ("{% for a in x %}<a href='{{ a }}'>{% endfor %}", ["b:c"], "<a href='#partita-refused'>"),
        ("<a href='{% if y %}{{ y }}{% else %}{{ x }}{% endif %}'>", "b:c", "<a href='#partita-refused'>"),
        ("<!-- {{ x }} --><p>{{ x }}</p>", "-->", "<!-- --&gt; --><p>--&gt;</p>"),
        ("<script>f({{ x }})</script>", LazyText(lambda: "é<"), '<script>f("\\u00e9\\u003C")</script>'),
    ],
)  # fmt: skip
def test_a_variable_is_escaped_for_the_place_it_stands_in(source: str, value: object, shown: str) -> None:
    assert show(source, x=value) == shown


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<script>// {{ x }}</script>", "cannot be made safe here in <script>"),
        ("<script>/* {{ x }} */</script>", "cannot be made safe here in <script>"),
        ("<script>a = /{{ x }}/</script>", "cannot be made safe here in <script>"),
        ("<script>a = `${ {{ x }} }`</script>", "cannot be made safe here in <script>"),
        ("<a onclick=f({{ x }})>", "cannot be made safe here in 'onclick'"),
        ("<a href=javascript:f({{ x }})>", "needs quotes"),
        ("<a href='javascript:f({{ x }})'>", "cannot be made safe in a javascript: address"),
        ("<a href='{{ x }}:{{ y }}'>", "goes on with ':'"),
        ("<a href='{{ x }}&#58;{{ y }}'>", "goes on with ':'"),
        ("<script>{% include 'a.js' %}</script>", "shows what other templates say"),
        ("<script>f('{% firstof x y %}')</script>", "Store it with 'as name'"),
        ("<p {% if x %}title='{% endif %}{{ y }}'>", "ends in the attribute 'title'"),
        ("{% for a in x %}<script>{% endfor %}{{ x }}", "ends in <script>"),
        ("{% if x %}<script>{% else %}<style>{% endif %}{{ x }}", "ends in"),
        ("<style>{% block a %}{% endblock %}</style>", "a block cannot stand in a script, a style"),
        ("<p{% block a %} title='{% endblock %}'>", "begins in a tag and ends in the attribute 'title'"),
    ],
)
def test_a_template_whose_places_cannot_be_told_is_refused(source: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        show(f"\n{source}")
    assert said in str(caught.value)
    assert "line 2" in str(caught.value)


def test_blocks_includes_and_components_stand_in_text() -> None:
    templates = {
        "base.html": "<title>{% block title %}{% endblock %}</title><body class='{% block c %}{% endblock %}'>{% block b %}{% endblock %}",
        "page.html": "{% extends 'base.html' %}<script>{{ never }}{% block title %}{{ x }}{% endblock %}"
        "{% block b %}<a href='{{ x }}'>{% include 'part.html' %}{% component 'card' / %}{% endblock %}",
        "part.html": "<script>f({{ x }})</script>",
        "components/card.html": "{% props x='j:' %}<a href='{{ x }}'>",
        "mail.txt": "<a href='{{ x }}'>",
    }
    engine = Engine(templates=templates, contextual=True)
    assert engine.render("page.html", {"x": "j:<"}) == (
        "<title>j:&lt;</title><body class=''><a href='#partita-refused'><script>f(\"j:\\u003C\")</script><a href='#partita-refused'>"
    )
    assert engine.render("mail.txt", {"x": "j:<"}) == "<a href='j:&lt;'>"
    assert "".join(engine.stream("page.html", {"x": "j:<"})) == engine.render("page.html", {"x": "j:<"})
    assert show("<script>{% with y=x %}f({{ y }}){% endwith %}{% comment %}{% endcomment %}{% firstof x as z %}g({{ z }})</script>",
                x="<") == '<script>f("\\u003C")g("\\u0026lt;")</script>'  # fmt: skip


def test_a_block_may_stand_among_attributes() -> None:
    templates = {
        "base.html": "<body{% block attributes %} class='{{ x }}'{% endblock %}>{% block b %}{% endblock %}",
        "middle.html": "{% extends 'base.html' %}{% block b %}<a href='{{ x }}'>{% endblock %}",
        "page.html": "{% extends 'middle.html' %}{% block attributes %} onload='f({{ x }})' id={{ x }} {% endblock %}",
        "wrong.html": "{% extends 'middle.html' %}{% block attributes %}>{% endblock %}",
    }
    engine = Engine(templates=templates, contextual=True)
    assert engine.render("middle.html", {"x": "j:"}) == "<body class='j:'><a href='#partita-refused'>"
    assert engine.render("page.html", {"x": "a b"}) == "<body onload='f(&quot;a b&quot;)' id=a&#32;b ><a href='a%20b'>"
    (problem,) = check_templates(engine, ["wrong.html"])
    assert (problem.id, problem.line) == ("templates.E001", 1)
    assert "begins in a tag and ends in text" in problem.text


class Seen(HTMLParser):
    """What a browser makes of a page: elements, attributes, texts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        self.texts.append(data)


PAGE = (
    "<i title='{{ x }}' class={{ x }} style='color:{{ x }}'>{{ x }}</i><a href='{{ x }}' onclick='f({{ x }})'>b</a>"
    "<a href='/?q={{ x }}'>c</a><script>v({{ x }})</script>"
)


@given(st.one_of(st.text(max_size=30), st.text(alphabet=EVIL + "javscript:/?#=%; \t", max_size=30)))
def test_no_value_does_anything_but_be_a_value(text: str) -> None:
    seen = Seen()
    seen.feed(show(PAGE, x=text))
    seen.close()
    assert [tag for tag, _ in seen.tags] == ["i", "a", "a", "script"]
    first, link, query, script = (attributes for _, attributes in seen.tags)
    assert set(first) == {"title", "class", "style"}
    assert set(link) == {"href", "onclick"}
    assert set(query) == {"href"}
    assert script == {}
    address = (
        "".join(mark for mark in link["href"] or "" if mark > " ").partition("/")[0].partition("?")[0].partition("#")[0]
    )
    assert ":" not in address or address.partition(":")[0].lower() in {"http", "https", "mailto", "tel", "sms", "ftp"}
    assert (query["href"] or "").count("&") == 0
    code = next(each for each in reversed(seen.texts) if each.startswith("v("))
    assert json.loads(code[2:-1]) == text
    assert json.loads((link["onclick"] or "")[2:-1]) == text


@given(
    st.lists(
        st.sampled_from(["'", '"', "`", "\\", "/", "//", "/*", "*/", "\n", "a", " ", ")", "${", "[", "]", "return"]),
        max_size=12,
    )
)
def test_reading_a_script_in_pieces_is_never_bolder_than_at_once(pieces: list[str]) -> None:
    whole = JsReader()
    whole.read("".join(pieces))
    assert whole.mode in {"code", "single", "double", "template", "regex", "line", "block", "substitution"}
    assert html.unescape(show("<p title='{{ x }}'>", x="".join(pieces)))[10:-2] == "".join(pieces)


@pytest.mark.parametrize("piece", ["'", "\\", "/", "a/", "`", "/*", "\n", "[", "/[", "a ", "'\\", "${"])
def test_the_cost_of_reading_a_script_grows_with_it_and_no_faster(piece: str) -> None:
    from functools import partial

    from partita.contracts.testing.cost import least_seconds

    def read(size: int) -> None:
        JsReader().read(piece * (size // len(piece)))

    assert any(
        least_seconds(partial(read, 200_000), attempts=3)
        <= 24 * least_seconds(partial(read, 25_000), attempts=3) + 0.01
        for _ in range(3)
    )
