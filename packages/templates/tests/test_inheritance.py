"""Pages from several templates: extends, block, include, partials."""

from collections.abc import Callable
from pathlib import Path

import pytest

from partita.templates import (
    DictLoader,
    Engine,
    FileLoader,
    TemplateError,
    TemplateNotFound,
    TemplateRecursionError,
    TemplateSyntaxError,
)

Show = Callable[..., str]


def test_three_levels_override_blocks_and_show_what_is_above_them(show: Show) -> None:
    templates = {
        "base": "<{% block a %}base a{% endblock %}|{% block b %}base b{% endblock %}|{% block c %}{% endblock %}>",
        "middle": "{% extends 'base' %}{% block a %}middle+{{ block.super }}{% endblock %}ignored",
        "leaf": "{% extends 'middle' %}{% block a %}leaf+{{ block.super }}{% endblock %}"
        "{% block c %}[{{ x }}{% block inner %}in{% endblock %}]{% endblock %}",
    }
    assert show("{% extends 'leaf' %}", templates, x="<") == "<leaf+middle+base a|base b|[&lt;in]>"
    assert (
        show("{% extends 'leaf' %}{% block inner %}new{% endblock %}", templates) == "<leaf+middle+base a|base b|[new]>"
    )


def test_block_super_passes_filters_and_is_not_escaped_again(show: Show) -> None:
    base = {"base": "{% block a %}<i>{{ x }}</i>{% endblock %}"}
    child = "{% extends 'base' %}{% block a %}{{ block.super|upper }}{% if block.super %}!{% endif %}{% endblock %}"
    assert show(child, base, x="&") == "&lt;I&gt;&amp;AMP;&lt;/I&gt;!"
    child = "{% extends 'base' %}{% block a %}{% include 'part' %}{% endblock %}"
    assert show(child, {**base, "part": "{{ block.super }}{{ block.name }}"}, x="&") == "<i>&amp;</i>a"


def test_a_block_sees_loop_variables_around_it_and_keeps_its_own_to_itself(show: Show) -> None:
    base = {"base": "{% for x in xs %}{% block row %}{{ x }}{% endblock %}{{ y }},{% endfor %}"}
    child = "{% extends 'base' %}{% block row %}{% firstof x as y %}{{ y }}{{ forloop.counter }}{% endblock %}"
    assert show(child, base, xs=["a", "b"]) == "a1,b2,"


def test_the_parent_may_be_a_variable_a_template_or_relative() -> None:
    engine = Engine(templates={"d/base": "[{% block a %}{% endblock %}]", "d/leaf": "{% extends './base' %}{% block a %}1{% endblock %}",
                               "e/leaf": "{% extends '../d/leaf' %}", "out": "{% extends '../../x' %}"})  # fmt: skip
    assert engine.render("e/leaf") == "[1]"
    dynamic = engine.from_string("{% extends parent %}{% block a %}2{% endblock %}")
    assert dynamic.render({"parent": "d/base"}) == "[2]"
    assert dynamic.render({"parent": engine.from_string("({% block a %}{% endblock %})")}) == "(2)"
    with pytest.raises(TemplateSyntaxError, match="leads out"):
        engine.render("out")


def test_a_template_may_extend_the_one_of_its_own_name_further_down(tmp_path: Path) -> None:
    for folder, text in {
        "project": "{% extends 'a/b.html' %}{% block x %}project{% endblock %}",
        "package": "({% block x %}{% endblock %})",
    }.items():
        (tmp_path / folder / "a").mkdir(parents=True)
        (tmp_path / folder / "a" / "b.html").write_text(text)
    engine = Engine([tmp_path / "project", tmp_path / "package"])
    assert engine.render("a/b.html") == "(project)"


def test_templates_that_extend_each_other_end_in_an_error() -> None:
    engine = Engine(templates={"a": "{% extends 'b' %}", "b": "{% extends 'a' %}"})
    with pytest.raises((TemplateNotFound, TemplateRecursionError)):
        engine.render("a")


def test_include_takes_names_and_only_hides_the_others(show: Show) -> None:
    templates = {"part": "{{ a }}{{ b }}{{ c }}"}
    assert show("{% include 'part' %}", templates, a=1, b=2) == "12"
    assert show("{% include 'part' with b=a c='<' %}{{ c }}", templates, a=1, b=2) == "11<"
    assert show("{% include 'part' with b=a only %}", templates, a=1, b=2, c=3) == "1"
    assert show("{% include 'part' only %}", templates, a=1) == ""
    assert show("{% include name %}{% include names %}", templates, a=1, name="part", names=["absent", "part"]) == "11"


def test_include_inside_a_loop_sees_the_loop(show: Show) -> None:
    templates = {"row": "{{ forloop.counter }}{{ x }}{{ forloop.parentloop.counter }} "}
    source = "{% for y in xs %}{% for x in xs %}{% include 'row' %}{% endfor %}{% endfor %}"
    assert show(source, templates, xs=["a", "b"]) == "1a1 2b1 1a2 2b2 "


def test_escaping_switched_off_reaches_includes_blocks_and_parents(show: Show) -> None:
    templates = {
        "part": "{{ x }}",
        "base": "{% autoescape off %}{% block a %}{% endblock %}{% include 'part' %}{% endautoescape %}{{ x }}",
    }
    assert (
        show("{% autoescape off %}{% include 'part' %}{% endautoescape %}{% include 'part' %}", templates, x="<")
        == "<&lt;"
    )
    assert show("{% extends 'base' %}{% block a %}{{ x }}{% endblock %}", templates, x="<") == "<<&lt;"


def test_a_template_that_includes_itself_without_end_is_stopped(show: Show) -> None:
    with pytest.raises(TemplateRecursionError, match="levels deep"):
        show("{% include 'loop' %}", {"loop": "{% include 'loop' %}"})


def test_a_tree_may_be_rendered_by_an_include_of_itself(show: Show) -> None:
    node: dict[str, object] = {"name": "0", "children": []}
    for number in range(1, 60):
        node = {"name": str(number), "children": [node]}
    tree = "{{ node.name }}{% for child in node.children %}({% include 'tree' with node=child %}){% endfor %}"
    shown = show("{% include 'tree' %}", {"tree": tree}, node=node)
    assert shown.startswith("59(58(57")
    assert shown.endswith("0" + ")" * 59)


def test_partials_are_shown_in_place_again_and_alone() -> None:
    engine = Engine(templates={"page": "{% partialdef row inline %}<{{ x }}>{% endpartialdef %}{% partial row %}"
                               "{% partialdef other %}{% partial row %}!{% endpartialdef other %}"})  # fmt: skip
    assert engine.render("page", {"x": 1}) == "<1><1>"
    assert engine.render("page#row", {"x": "&"}) == "<&amp;>"
    assert engine.render("page#other", {"x": 2}) == "<2>!"
    with pytest.raises(TemplateNotFound, match="whose partials are: row, other"):
        engine.render("page#absent")
    with pytest.raises(TemplateSyntaxError, match="no partial 'nope'"):
        engine.from_string("{% partial nope %}").render()


def test_a_missing_template_lists_the_places(tmp_path: Path) -> None:
    engine = Engine(loaders=[DictLoader({}), FileLoader([tmp_path])])
    with pytest.raises(TemplateNotFound, match="a mapping") as caught:
        engine.render("absent.html")
    assert str(tmp_path / "absent.html") in str(caught.value)
    with pytest.raises(LookupError, match=r"one.html, two.html"):
        engine.render(["one.html", "two.html"])


@pytest.mark.parametrize(
    "name", ["../secret", "a/../../secret", "/etc/passwd", "a\\..\\secret", "a\0b", "", "a//b", "./a", "C:/x"]
)
def test_cve_2021_33203_a_name_that_leaves_the_folders_is_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "templates" / "a").mkdir(parents=True)
    engine = Engine([tmp_path / "templates"])
    with pytest.raises(TemplateNotFound):
        engine.get_template(name)
    with pytest.raises(TemplateError):
        engine.from_string("{% include name %}").render({"name": name})


def test_debug_sees_changed_files_and_production_does_not(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("one")
    debug, production = Engine([tmp_path], debug=True), Engine([tmp_path])
    assert (debug.render("a.html"), production.render("a.html")) == ("one", "one")
    page.write_text("changed")
    assert (debug.render("a.html"), production.render("a.html")) == ("changed", "one")
    production.reset()
    assert production.render("a.html") == "changed"


def test_two_engines_know_nothing_of_each_other() -> None:
    one, two = Engine(templates={"a": "one"}), Engine(templates={"a": "two"})
    assert (one.render("a"), two.render("a"), one.render("a")) == ("one", "two", "one")
