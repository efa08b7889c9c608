"""An engine that refuses variables which are not there."""

import pytest

from partita.templates import Engine, Library, VariableDoesNotExist

register = Library()


@register.simple_tag
def double(value: int) -> int:
    """Return twice ``value``."""
    return value * 2


@pytest.fixture
def engine() -> Engine:
    return Engine(strict=True, builtins=[register])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ titel }}", "titel"),
        ("{{ album.titel }}", "album.titel"),
        ("{{ titel|upper }}", "titel"),
        ("{% for x in titel %}{% endfor %}", "titel"),
        ("{% with x=titel %}{{ x }}{% endwith %}", "titel"),
        ("{% double titel %}", "titel"),
        ("{% filter upper %}{{ titel }}{% endfilter %}", "titel"),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_its_line(engine: Engine, source: str, name: str) -> None:
    template = engine.from_string(f"first\n{source}", "page.html")
    with pytest.raises(VariableDoesNotExist, match=rf"page\.html, line 2: no variable '{name}'") as raised:
        template.render({"album": {"title": "Blue"}})
    assert (raised.value.name, raised.value.template, raised.value.line) == (name, "page.html", 2)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ title }}", "Blue"),
        ("{{ nothing }}", "None"),
        ("{% if titel %}a{% else %}b{% endif %}", "b"),
        ("{{ titel|default:'none' }}", "none"),
        ("{% firstof titel title %}", "Blue"),
        ("{% for x in 'ab' %}{{ forloop.counter }}{% endfor %}", "12"),
        ("{% block a %}{{ block.super }}x{% endblock %}", "x"),
    ],
)
def test_conditions_and_defaults_may_ask_for_what_is_not_there(engine: Engine, source: str, expected: str) -> None:
    assert engine.from_string(source).render({"title": "Blue", "nothing": None}) == expected


def test_streams_are_strict_too(engine: Engine) -> None:
    with pytest.raises(VariableDoesNotExist):
        "".join(engine.from_string("a{{ titel }}").stream({}))
