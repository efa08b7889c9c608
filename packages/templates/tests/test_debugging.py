"""What an error tells about the template it came from, in debug mode."""

from typing import Any

import pytest

from partita.templates import Engine, Library, TemplateNotFound, TemplateSyntaxError


def place(engine: Engine, name: str, names: dict[str, Any], kind: type[Exception]) -> dict[str, Any]:
    with pytest.raises(kind) as caught:
        engine.render(name, names)
    found: dict[str, Any] = caught.value.template_debug  # type: ignore[attr-defined] # set in debug mode
    return found


def test_the_innermost_template_and_the_tag_in_it_are_told() -> None:
    engine = Engine(
        templates={
            "base.html": "{% block a %}{% endblock %}",
            "page.html": "{% extends 'base.html' %}\n{% block a %}é{% include 'x' %}{% include 'part' %}.{% endblock %}\n",
            "x": "x",
            "part": "1\n2 ü {{ boom }} tail\n3",
        },
        debug=True,
    )
    told = place(engine, "page.html", {"boom": lambda: 1 / 0}, ZeroDivisionError)
    assert (told["before"], told["during"], told["after"]) == ("2 ü ", "{{ boom }}", " tail\n")
    assert (told["line"], told["top"], told["bottom"], told["total"]) == (2, 0, 3, 3)
    assert told["source_lines"] == [(1, "1\n"), (2, "2 ü {{ boom }} tail\n"), (3, "3")]
    assert (told["name"], told["message"]) == ("template:part", "division by zero")
    engine = Engine(templates={"page.html": "{% for x in 'ab' %}{% include 'none' %}{% endfor %}"}, debug=True)
    assert place(engine, "page.html", {}, TemplateNotFound)["during"] == "{% include 'none' %}"


def test_mistakes_found_while_parsing_are_told_too() -> None:
    library = Library()

    @library.tag
    def broken(parser: object, token: object) -> Any:
        raise RuntimeError("broken tag")

    engine = Engine(
        templates={
            "a": "{% if 1 %}{{ foo@bar }}{% endif %}",
            "b": "{% load l %}\n {% broken %}",
            "c": "{% include 'a' %}",
            "d": "{% if x %}",
        },
        libraries={"l": library},
        debug=True,
    )
    told = place(engine, "a", {}, TemplateSyntaxError)
    assert (told["start"], told["end"], told["during"]) == (10, 23, "{{ foo@bar }}")
    assert place(engine, "b", {}, RuntimeError)["during"] == "{% broken %}"
    assert place(engine, "c", {}, TemplateSyntaxError)["name"] == "template:a"
    assert place(engine, "d", {}, TemplateSyntaxError)["during"] == "{% if x %}"


def test_without_debug_nothing_is_told() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        Engine().from_string("{{ boom }}").render({"boom": lambda: 1 / 0})
    assert not hasattr(caught.value, "template_debug")


def test_long_sources_are_cut_around_the_mistake() -> None:
    source = "\n" * 30 + "{{ boom }}" + "\n" * 30
    told = place(Engine(templates={"a": source}, debug=True), "a", {"boom": lambda: 1 / 0}, ZeroDivisionError)
    assert (told["line"], told["top"], told["bottom"], told["total"]) == (31, 20, 41, 61)
    assert [number for number, _ in told["source_lines"]] == list(range(21, 42))
