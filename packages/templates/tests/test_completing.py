"""What fits at a place in a template, for editors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import Engine, Library
from partita.templates.completing import complete, describe

library = Library()


@library.simple_tag
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@library.filter
def shorten(value: str) -> str:
    """Cut what is long."""
    return value[:10]


@library.simple_tag
def link(name: str) -> str:
    return name


library.suggestions["link"] = lambda: ["shop:album", "shop:index", "about"]
ENGINE = Engine(
    templates={
        "base.html": "{% block title %}{% endblock %}{% block body %}{% block inner %}{% endblock %}{% endblock %}",
        "middle.html": "{% extends 'base.html' %}{% block side %}{% endblock %}",
        "parts/card.html": "{% partialdef head %}x{% endpartialdef %}{% partialdef foot %}y{% endpartialdef %}",
    },
    libraries={"shouting": library},
)


def at(source: str, name: str = "page.html") -> list[str]:
    """What fits at the bar."""
    offset = source.index("¦")
    return [each.label for each in complete(ENGINE, source.replace("¦", ""), offset, name)]


@pytest.mark.parametrize(
    ("source", "some", "none"),
    [
        ("{% ¦ %}", {"if", "for", "extends", "load"}, {"shout", "endif", "upper"}),
        ("{% inc¦", {"include"}, {"if"}),
        ("{% load shouting %}{% sho¦ %}", {"shout"}, {"for"}),
        ("{% if a %}{% ¦ %}", {"endif", "else", "elif"}, {"endfor", "empty"}),
        ("{% if a %}{% for x in y %}{% ¦ %}", {"endfor", "empty"}, {"endif", "else"}),
        ("{% if a %}{% for x in y %}{% endfor %}{% e¦ %}", {"endif", "else", "elif", "extends"}, {"endfor"}),
        ("{{ a|¦ }}", {"upper", "default", "date"}, {"shorten", "if"}),
        ("{% load shouting %}{{ a|sho¦ }}", {"shorten"}, {"upper"}),
        ("{% load shorten from shouting %}{{ a|default:b|sho¦", {"shorten"}, set()),
        ("{% if a|up¦ %}", {"upper"}, {"default"}),
        ("{% for album, artist in albums %}{{ ¦ }}{{ title }}", {"album", "artist", "forloop", "title"}, {"albums"}),
        ("{% for a in b %}{{ forloop.¦ }}", {"counter", "parentloop", "last"}, {"a"}),
        ("{% for a in b %}{% endfor %}{{ ¦ }}", set(), {"a", "forloop"}),
        ("{% with total=1 other=2 %}{% if tot¦ %}", {"total"}, {"other"}),
        ("{% url 'x' as where %}{{ w¦ }}", {"where"}, set()),
        ("{% load ¦ %}", {"shouting"}, {"if"}),
        ("{% extends '¦' %}", {"base.html", "middle.html", "parts/card.html"}, set()),
        ('{% include "par¦" %}', {"parts/card.html"}, {"base.html"}),
        ("{% include 'parts/card.html#¦' %}", {"parts/card.html#head", "parts/card.html#foot"}, {"base.html"}),
        ("{% extends 'middle.html' %}{% block ¦ %}", {"title", "body", "inner", "side"}, set()),
        ("{% extends 'base.html' %}{% block title %}{% endblock %}{% block ¦ %}", {"body", "inner"}, {"title"}),
        ("{% partialdef one %}{% endpartialdef %}{% partial ¦ %}", {"one"}, set()),
        ("{% load shouting %}{% link 'shop:¦' %}", {"shop:album", "shop:index"}, {"about"}),
    ],
)
def test_what_fits_is_offered_and_nothing_else(source: str, some: set[str], none: set[str]) -> None:
    found = set(at(source))
    assert some <= found
    assert not none & found


@pytest.mark.parametrize(
    "source", ["a ¦", "{{ a }}¦", "{% if a %}¦{% endif %}", "{{ a|default:'x¦", "{%\n¦", "¦{{ a }}"]
)
def test_where_text_stands_nothing_is_offered(source: str) -> None:
    assert at(source) == []


def test_the_innermost_loop_comes_first_and_tags_carry_their_documentation() -> None:
    assert at("{% for a in x %}{% for b in y %}{{ ¦ }}") == ["b", "forloop", "a"]
    source = "{% load shouting %}{% shout %}{{ a|shorten }}{{ a|absent }}"
    found = complete(ENGINE, source, source.index("shout %}") + 3)
    assert [(each.label, each.detail) for each in found] == [("shout", "Say it louder.")]
    assert describe(ENGINE, source, source.index("shout %}") + 2) == "Say it louder."
    assert describe(ENGINE, source, source.index("shorten") + 1) == "Cut what is long."
    assert describe(ENGINE, source, source.index("absent") + 1) == ""
    assert describe(ENGINE, source, 0) == ""


@given(st.text(alphabet="{}%|'\" .abifor=endextnsclu#/\n", max_size=60), st.integers(0, 60))
def test_a_source_in_any_state_is_no_error(source: str, offset: int) -> None:
    complete(ENGINE, source, min(offset, len(source)))
    describe(ENGINE, source, min(offset, len(source)))
