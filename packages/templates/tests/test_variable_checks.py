"""Variables that nobody gives a template are found before anybody asks for the page, and nothing else is reported."""

import dataclasses
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypedDict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.templates import Context, Engine, Library, Node
from partita.templates.checking import check_templates
from partita.templates.declared_context import declared_names, names_of_processors
from partita.templates.parser import Parser
from partita.templates.sources import Source
from partita.templates.tokens import Token

HERE = "declared_for_tests"  # the name of a test module need not be one that a program could write
sys.modules[HERE] = sys.modules[__name__]


class Artist(TypedDict):
    """A dictionary with known keys."""

    name: str


class Album(msgspec.Struct):
    """An object with known attributes."""

    title: str
    artist: Artist


class Row(NamedTuple):
    """A tuple with known names."""

    number: int


@dataclasses.dataclass
class Open:
    """Anything may be set on it."""

    title: str


class AlbumPage(TypedDict):
    """What the page of an album is given."""

    album: Album
    artist: Artist
    rows: list[Row]
    row: Row
    loose: Open


def found(page: str, *, processors: Any = (), libraries: Any = None, **others: str) -> list[tuple[int, int, str]]:
    engine = Engine(
        templates={"page.html": page, **{f"{name}.html": text for name, text in others.items()}},
        context_processors=processors,
        libraries=libraries or {},
    )
    return [
        (each.line, each.column, each.text)
        for each in check_templates(engine, ["page.html"])
        if each.id == "templates.E007"
    ]


def unknown(page: str, **options: Any) -> list[str]:
    return [text.split("'")[1] for _, _, text in found(page, **options)]


def test_a_variable_that_is_not_declared_is_found_with_its_place_and_what_was_meant() -> None:
    page = "{# context: album: Album, page: int #}\n<h1>\n  {{ albun.title }}</h1>{{ page }}"
    assert found(page) == [(3, 3, "nothing gives this template a variable 'albun'; did you mean 'album'?")]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{% if x and not y.z %}{% endif %}", ["x", "y"]),
        ("{% for a in x %}{{ a }}{{ forloop.counter }}{% empty %}{{ y }}{% endfor %}", ["x", "y"]),
        ("{{ album|default:x|add:y }}", ["x", "y"]),
        ("{% with a=x b=album %}{{ a }}{{ b }}{% endwith %}", ["x"]),
        ("{% include 'other.html' with a=x %}", ["x"]),
        ("{% firstof album x %}{% cycle album x as c %}{{ c }}", ["x", "x"]),
        ("{% filter upper|add:x %}{{ var }}{% endfilter %}", ["x", "var"]),
        ("{% block b %}{% if album %}{{ x }}{% endif %}{% endblock %}", ["x"]),
        ("{% partialdef p %}{{ x }}{% endpartialdef %}", ["x"]),
        ("{% regroup x by y as z %}{{ z }}", ["x"]),
        ("{% filter upper %}{{ x }}{% endfilter %}{% autoescape off %}{{ y }}{% endautoescape %}", ["x", "y"]),
        ("{% if x|length > 3 %}{% elif y in album %}{% endif %}", ["x", "y"]),
        ("{% now 'Y' as year %}{{ year }}{{ request.path }}{{ csrf_token }}{{ block.super }}{{ None }}{{ True }}", []),
        ("{{ 'text' }}{{ 3 }}{{ _('text') }}{# {{ x }} #}{% comment %}{{ x }}{% endcomment %}", []),
        ("{% verbatim %}{{ x }}{% endverbatim %}", []),
    ],
)
def test_what_the_template_names_itself_is_known(source: str, names: list[str]) -> None:
    assert unknown("{# context: album #}" + source, other="") == names


def test_templates_that_declare_nothing_are_left_alone() -> None:
    assert unknown("{{ anything }}{# no context here #}") == []


@pytest.mark.parametrize(
    "declaration",
    [
        "{# context: a, b?: dict[str, int], c: int | None #}",
        "{#context:a,b,c,#}",
        "{# context: a #}{# context: b: str, c: tuple[int, str] #}",
    ],
)
def test_a_declaration_lists_names_with_or_without_types(declaration: str) -> None:
    assert unknown(declaration + "{{ a }}{{ b }}{{ c }}{{ d }}") == ["d"]


def test_a_declaration_may_name_nothing() -> None:
    assert unknown("{# context: #}{{ a }}") == ["a"]


def test_a_class_may_declare_the_names() -> None:
    page = (
        f"{{# context from {HERE}:AlbumPage #}}" + "{{ album }}{{ artist }}{{ rows }}{{ row }}{{ loose }}{{ albums }}"
    )
    engine_finds = [text for _, _, text in found(page)]
    assert engine_finds == ["nothing gives this template a variable 'albums'; did you mean 'album'?"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{{ album.title }}{{ album.titel }}", ["titel"]),
        ("{{ artist.name }}{{ artist.items }}{{ artist.nam }}", ["nam"]),
        ("{{ row.number }}{{ row.0 }}{{ row.count }}{{ row.numer }}", ["numer"]),
        ("{{ loose.anything }}{{ rows.anything }}", []),  # they may have it
        ("{% for album in rows %}{{ album.anything }}{% endfor %}", []),  # another one than the declared
    ],
)
def test_attributes_of_classes_that_have_no_others_are_checked(source: str, names: list[str]) -> None:
    page = f"{{# context from {HERE}:AlbumPage #}}{source}"
    assert [text.split("'")[3] for _, _, text in found(page)] == names


def test_a_single_name_may_have_such_a_class() -> None:
    page = f"{{# context: album: {HERE}:Album, artist #}}" + "{{ album.titel }}{{ artist.nam }}"
    assert [text for _, _, text in found(page)] == [
        "'album' is a Album, which has no 'titel'; did you mean 'title'?",
    ]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("{# context: 1a #}", "expected a name"),
        ("{# context: a b #}", "expected a name"),
        ("{# context from nowhere.at.all:Page #}", "cannot be imported"),
        ("{# context from shop #}", "expected a module and a class"),
        (f"{{# context: a: {HERE}:Absent #}}", "cannot be imported"),
        (f"{{# context from {HERE}:found #}}", None),
        (f"{{# context from {HERE}:HERE #}}", "no annotations"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_told(declaration: str, message: str | None) -> None:
    told = found("\n " + declaration + "{{ anything }}")
    if message is None:
        return
    ((line, column, text),) = told
    assert (line, column) == (2, 2)
    assert message in text


def test_parents_may_name_what_a_block_shows() -> None:
    base = "{% for track in tracks %}{% block row %}{% endblock %}{% endfor %}{% now 'Y' as year %}"
    page = "{% extends 'base.html' %}{# context: album #}{% block row %}{{ track }}{{ year }}{{ x }}{% endblock %}"
    assert unknown(page, base=base) == ["x"]
    assert unknown("{% extends layout %}{# context: album, layout #}{% block row %}{{ x }}{% endblock %}") == []


def test_components_are_checked_against_their_props() -> None:
    assert unknown("{% props title: str %}{{ title }}{{ attrs }}{{ slots.foot }}{{ request }}{{ other }}") == ["other"]


register = Library()


@register.simple_tag(takes_context=True)
def tells(context: Any) -> str:
    """Name something in secret."""
    context["secret"] = 1
    return ""


@register.simple_tag
def plain() -> str:
    """Name nothing."""
    return ""


class OwnNode(Node):
    """Names something in secret."""

    def render(self, context: Context) -> str:
        context["secret"] = 1
        return ""


@register.tag
def own(parser: Parser, token: Token) -> Node:
    """Return the node."""
    return OwnNode()


def test_tags_that_may_name_anything_keep_the_template_from_being_judged() -> None:
    for tag, names in (("tells", []), ("own", []), ("plain as x", ["secret"])):
        page = "{% load own %}{# context: album #}{% " + tag + " %}{{ secret }}"
        assert unknown(page, libraries={"own": HERE}) == names


def gives(request: object) -> Mapping[str, object]:
    """Give names in all ways that can be read."""
    values: dict[str, object] = {"a": 1}
    if request:
        values["b"] = 2
        values.update({"c": 3}, d=4)
        values |= {"e": 5}
        return dict(f=6)  # noqa: C408 - written in another way on purpose
    return {"g": 1} if request is None else values


def unreadable(request: object) -> Mapping[str, object]:
    """Give names from elsewhere."""
    return gives(request)


def computed(request: object) -> Mapping[str, object]:
    """Give names that are made."""
    return {f"x{number}": number for number in range(3)}


def partly(request: object) -> Mapping[str, object]:
    """Give names, and others from elsewhere."""
    return {"a": 1, **gives(request)}


def handed(request: object) -> Mapping[str, object]:
    """Let another function fill the names in."""
    values: dict[str, object] = {"a": 1}
    fill(values)
    return values


def fill(values: dict[str, object]) -> None:
    values["x"] = 1


def said(request: object) -> Mapping[str, object]:
    """Say which names there are."""
    return unreadable(request)


said.names = ("x", "y")  # type: ignore[attr-defined]


def test_names_that_context_processors_give_are_known() -> None:
    assert names_of_processors([gives]) == frozenset("abcdefg")
    assert unknown("{# context: album #}{{ a }}{{ g }}{{ x }}", processors=[gives]) == ["x"]
    assert names_of_processors([gives, said]) == frozenset("abcdefgxy")


@pytest.mark.parametrize("processor", [unreadable, computed, partly, handed, lambda request: {"a": 1}, dict])
def test_processors_that_cannot_be_read_keep_templates_from_being_judged(processor: Callable[..., Any]) -> None:
    assert names_of_processors([processor]) is None
    assert unknown("{# context: album #}{{ x }}", processors=[processor]) == []


@given(st.text(alphabet="abc:,.[](){}|? \n#%'\"x", max_size=40))
def test_whatever_stands_in_the_declaration_it_is_read_or_told(text: str) -> None:
    declared = declared_names(Source("{# context: " + text + " #}"))
    assert declared is None or all(line == 1 for line, _, _ in declared.problems)
