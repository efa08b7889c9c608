"""The static checker: mistakes found without rendering."""

from pathlib import Path

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.templates import TEMPLATE_DIRS
from partita.contracts.testing.app import SimpleRegistrar
from partita.templates import Engine
from partita.templates.checking import Problem, check_templates
from partita.templates.integration import setup

BASE = "<title>{% block title %}{% endblock %}</title>{% block content %}{% endblock %}"


def problems(**templates: str) -> list[tuple[str, str, int, int]]:
    engine = Engine(templates={"base.html": BASE, **{f"{name}.html": text for name, text in templates.items()}})
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
    assert str(problem).startswith("a:1:1: unknown tag 'inclde'")


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
