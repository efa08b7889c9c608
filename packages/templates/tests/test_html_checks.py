"""The static checker on HTML: what is not closed, and variables where escaping does not help."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import Engine
from partita.templates.checking import check_templates
from partita.templates.html_places import HtmlReader


def problems(source: str, **templates: str) -> list[tuple[str, int, int]]:
    engine = Engine(templates={"page.html": source, **{f"{name}.html": text for name, text in templates.items()}})
    return [
        (each.id.removeprefix("templates."), each.line, each.column) for each in check_templates(engine, ["page.html"])
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<div>\n <b>x</div>", [("W003", 2, 2)]),
        ("<div>x", [("W003", 1, 1)]),
        ("x</div>", [("W003", 1, 2)]),
        ("{% for x in xs %}<li><b>{{ x }}</li>{% endfor %}", [("W003", 1, 22)]),
        ("<ul>{% if a %}<li>x</ul>{% endif %}<i>y", [("W003", 1, 36)]),
        ("<a href={{ x }}>y</a>", [("W004", 1, 9)]),
        ("<a href=/p/{{ x }}>y</a>", [("W004", 1, 12)]),
        ("<a\n  title = {{ x|upper }} >y</a>", [("W004", 2, 11)]),
        ("<button onclick=\"go('{{ x }}')\">y</button>", [("W005", 1, 22)]),
        ("<script>var a = '{{ x }}';</script>", [("W005", 1, 18)]),
        ("<SCRIPT type='module'>{% if a %}{{ x }}{% endif %}</SCRIPT>", [("W005", 1, 33)]),
        ("<a href='javascript:go({{ x }})'>y</a>", [("W006", 1, 24)]),
        ("<a href=' JavaScript:{{ x }}'>y</a>", [("W006", 1, 22)]),
        ("<style>a { color: {{ x }} }</style>", [("W007", 1, 19)]),
        ("{% extends 'base.html' %}{% block a %}<p><i></p>{% endblock %}", [("W003", 1, 42)]),
        ("{% partialdef x %}<div>{% endpartialdef %}", [("W003", 1, 19)]),
    ],
)
def test_a_doubtful_place_is_told(source: str, expected: list[tuple[str, int, int]]) -> None:
    assert problems(source, base="{% block a %}{% endblock %}") == expected


@pytest.mark.parametrize(
    "source",
    [
        "<!DOCTYPE html><html><body><p>a<p>b<ul><li>x<li>y</ul><br><img src='{{ x }}'/><svg><path d='{{ d }}'/></svg></body></html>",
        "<table><tr><td>{{ a }}<td>{{ b }}</table><input value='{{ x }}' {% if c %}checked{% endif %}>",
        "{% if a %}<a href='{{ a }}'>{% endif %}text{% if a %}</a>{% endif %}",
        "{% if a %}<div class='x'>{% else %}<div>{% endif %}text</div>",
        "<script>var a = '{{ x|escapejs }}'; if (a < 3) { document.write('<div>') }</script>{{ x|json_script:'id' }}",
        "<textarea><b>{{ x }}</textarea><!-- <div> {{ x }} --><title>{{ x }} <</title>",
        '<a title="a > b {{ x }}" data-x=\'{{ y }}\' class="{% if a %}b{% else %}c{% endif %}">x</a>',
        "a < b and {{ c }} <3 {% verbatim %}</x{% endverbatim %}",
        "<li class={{ forloop.counter }}>x</li><a tabindex={{ 1 }}>y</a>",
        "<div {% attrs class='x' %}>{% component 'box' %}<p>x</p>{% endcomponent %}</div>",
        "{% include 'head.html' %}x</body></html>",
        "{% comment %}<div>{% endcomment %}{# <div> #}{% url 'x' as y %}",
    ],
)
def test_good_html_is_left_alone(source: str) -> None:
    engine = Engine(
        templates={
            "page.html": source.replace("{% url 'x' as y %}", ""),
            "components/box.html": "<i>{% slot %}{% endslot %}</i>",
            "head.html": "",
        }
    )
    assert list(check_templates(engine, ["page.html"])) == []


def test_only_html_is_looked_at_as_html() -> None:
    engine = Engine(templates={"mail.txt": "<div> {{ x }}", "a.js": "<script>{{ x }}"})
    assert list(check_templates(engine)) == []


@given(
    st.lists(
        st.sampled_from([*"<>/='\" ", "<a", "</a>", "<!--", "-->", "x", "<script>", "</script", "href"]), max_size=30
    )
)
def test_reading_html_in_pieces_is_reading_it_at_once(pieces: list[str]) -> None:
    whole = HtmlReader()
    at_once = whole.read("".join(pieces))
    assert all(0 < end <= len("".join(pieces)) for end, _ in at_once)
    assert whole.place().mode in {"text", "tag", "before value", "unquoted", "quoted", "raw", "comment", "declaration"}


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        "<a ",
        "<!--",
        "<a b='",
        "<script>",
        "</script",
        "<a b=",
        "<a/",
        "/",
        "<p>",
        "</p>",
        "<b><i></b>",
        "<b></i>",
    ],
)
def test_the_cost_of_reading_html_grows_with_it_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        engine = Engine(templates={"a.html": piece * (size // len(piece))})
        start = time.process_time()
        list(check_templates(engine))
        return time.process_time() - start

    # Four times the source; quadratic cost would be sixteen times as much. A busy machine gets a few chances.
    assert any(seconds(20_000) < 10 * seconds(5_000) + 0.02 for _ in range(5))
