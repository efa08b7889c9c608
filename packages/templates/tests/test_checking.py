"""The static checker: mistakes found without rendering."""

from pathlib import Path

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.templates import TEMPLATE_DIRS
from partita.contracts.testing.app import SimpleRegistrar
from partita.templates import DictLoader, Engine
from partita.templates.checking import Problem, check_templates
from partita.templates.integration import setup

BASE = "<title>{% block title %}{% endblock %}</title>{% block content %}{% endblock %}"

COMPONENTS = {
    "components/card.html": "{% props title: str %}{{ title }}",
    "components/open.html": "{% props title: str %}<p {{ attrs }}>{{ title }}</p>",
}


def problems(**templates: str) -> list[tuple[str, str, int, int]]:
    engine = Engine(
        templates={"base.html": BASE, **COMPONENTS, **{f"{name}.html": text for name, text in templates.items()}}
    )
    return [(each.id, each.file, each.line, each.column) for each in check_templates(engine)]


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        ("\n  {% fro x in y %}", "templates.E001", 2, 1),
        ("{{ a|uper }}", "templates.E001", 1, 1),
        ("{% load nothing %}", "templates.E001", 1, 1),
        ("{% if a %}", "templates.E001", 1, 1),
        ("{% extends 'bas.html' %}", "templates.E002", 1, 1),
        ("a\n  {% include 'row.html' %}", "templates.E002", 2, 3),
        ("{% if x %}{% include 'base.html#part' %}{% endif %}", "templates.E002", 1, 11),
        ("{% for a in b %}{% partial row %}{% endfor %}", "templates.E003", 1, 17),
        ("{% extends 'base.html' %}{% block contnet %}{% endblock %}", "templates.W001", 1, 26),
        ("\n {% component 'crd' / %}", "templates.E004", 2, 2),
        ("{% component 'card' / %}", "templates.E005", 1, 1),
        ("{% if x %}{% component 'card' title=1 / %}{% endif %}", "templates.E005", 1, 11),
        ("{% component 'card' title='x' wide=1 / %}", "templates.E005", 1, 1),
        ("{% component 'card' title='x' %}{% fill foot %}{% endfill %}{% endcomponent %}", "templates.E005", 1, 1),
        ("{% component 'open' title='x' titel='y' / %}", "templates.W002", 1, 1),
        ("{% props title: str %}{{ titel }}", "templates.E007", 1, 23),
    ],
)
def test_a_mistake_is_found_with_its_place(source: str, code: str, line: int, column: int) -> None:
    file = "page.html" if code == "templates.E001" else "template:page.html"
    assert problems(page=source) == [(code, file, line, column)]


@pytest.mark.parametrize(
    "source",
    [
        "{% extends 'base.html' %}{% block content %}{% block inner %}{% endblock %}{{ anything }}{% endblock %}",
        "{% extends layout %}{% block whatever %}{% partial unknown %}{% endblock %}",
        "{% include name %}{% include 'base.html' %}{% include one_of|first %}",
        "{% partialdef row %}x{% endpartialdef %}{% partial row %}{% include 'page.html#row' %}",
    ],
)
def test_what_is_right_or_only_known_at_run_time_is_left_alone(source: str) -> None:
    assert problems(page=source) == []


def test_the_message_proposes_what_was_meant() -> None:
    (problem,) = check_templates(Engine(templates={"a": "{% inclde 'b' %}"}))
    assert "did you mean 'include'?" in problem.text
    engine = Engine(templates={"base.html": BASE, **COMPONENTS})
    for source, meant in (
        ("{% extends 'bsae.html' %}", "base.html"),
        ("{% include 'bse.html' %}", "base.html"),
        ("{% component 'crd' / %}", "components/card.html"),
        ("{% component 'card' titel='x' / %}", "title"),
        ("{% extends 'base.html' %}{% block titel %}{% endblock %}", "title"),
        ("{% partialdef row %}{% endpartialdef %}{% partial rwo %}", "row"),
        ("{{ x|uper }}", "upper"),
    ):
        engine.loaders.insert(0, DictLoader({"page": source}))
        engine.reset()
        assert f"did you mean {meant!r}?" in next(check_templates(engine, ["page"])).text
    assert str(problem).startswith("a:1:1: Invalid block tag on line 1: 'inclde'")


def test_files_are_checked_but_pictures_and_hidden_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.html").write_text("{% endif %}", encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\xff{% x %}")
    (tmp_path / ".hidden").write_text("{% x %}", encoding="utf-8")
    (problem,) = check_templates(Engine([tmp_path]))
    assert isinstance(problem, Problem)
    assert (problem.file, problem.line) == ("shop/cart.html", 1)


def test_the_command_check_tells_them(tmp_path: Path) -> None:
    (tmp_path / "cart.html").write_text("\n{% include 'row.html' %}", encoding="utf-8")
    app = SimpleRegistrar()
    app.add(TEMPLATE_DIRS, tmp_path)
    setup(app)
    (check,) = app.all(CHECKS)
    (finding,) = check(app)
    assert (finding.id, finding.level) == ("templates.E002", "error")
    assert f"{tmp_path / 'cart.html'}:2:1:" in finding.text
