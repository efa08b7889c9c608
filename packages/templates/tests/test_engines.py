"""Several engines by name: this package's own, Jinja2, and Python's string.Template."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATES, TemplateEngine
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.testing.templates import TemplateEngineContract
from partita.templates import Engine, Engines, TemplateError, TemplateNotFound, TemplateSyntaxError
from partita.templates.integration import setup
from partita.templates.jinja import JinjaEngine
from partita.templates.strings import StringEngine


def processor(request: object) -> dict[str, object]:
    return {"site": "S&S", "name": "processor"}


class TestJinja(TemplateEngineContract):
    def make(self, templates: dict[str, str]) -> TemplateEngine:
        return JinjaEngine(templates=templates)


@pytest.fixture
def engines() -> Engines:
    return Engines({
        "own": Engine(templates={"a.html": "own {{ x|upper }}", "both.html": "own"}, context_processors=[processor]),
        "jinja2": JinjaEngine(templates={"b.html": "jinja {{ x.upper() }} {{ site }}", "both.html": "jinja",
                                         "broken.html": "one\n  {% block %}\nthree"}, context_processors=[processor]),
        "plain": StringEngine(templates={"c.txt": "plain $x ${site} $$ $absent", "bad.txt": "ok\ncosts $ 5"},
                              context_processors=[processor]),
    })  # fmt: skip


def test_a_template_is_found_in_whichever_engine_has_it(engines: Engines) -> None:
    request = SimpleNamespace()
    assert engines.render("a.html", {"x": "<a>"}) == "own &lt;A&gt;"
    assert engines.render("b.html", {"x": "<a>"}, request) == "jinja &lt;A&gt; S&amp;S"
    assert asyncio.run(engines.arender("c.txt", {"x": "<a>"}, request)) == "plain &lt;a&gt; S&amp;S $ $absent"
    assert engines.render("both.html") == "own"
    assert engines.render("both.html", using="jinja2") == "jinja"
    assert engines.render(["none.html", "b.html"], {"x": "y"}) == "jinja Y "
    assert (list(engines), len(engines)) == (["own", "jinja2", "plain"], 3)


def test_names_of_the_context_go_before_those_of_the_processors(engines: Engines) -> None:
    for name, source in (("own", "{{ name }}"), ("jinja2", "{{ name }}"), ("plain", "$name")):
        template = engines[name].from_string(source)
        assert template.render({}, SimpleNamespace()) == "processor"
        assert template.render({"name": "mine"}, SimpleNamespace()) == "mine"


def test_a_template_that_no_engine_has_tells_what_each_tried(engines: Engines) -> None:
    with pytest.raises(TemplateNotFound) as caught:
        engines.select_template(["x.html", "y.html"])
    chain = caught.value.chain
    assert [(error.name, error.backend) for error in chain[:3]] == [("x.html", engine) for engine in engines.all()]
    assert [error.tried[0][0].template_name for error in chain] == ["x.html"] * 3 + ["y.html"] * 3
    with pytest.raises(TemplateNotFound):
        engines.get_template("a.html", using="jinja2")
    with pytest.raises(TemplateError, match="no template engine is called 'mako'; known: own, jinja2, plain"):
        engines.get_template("a.html", using="mako")
    wrong: Any = "a.html"
    with pytest.raises(TypeError, match="takes an iterable of template names but got a string"):
        engines.select_template(wrong)


def test_mistakes_in_jinja2_templates_are_told_like_those_in_ours(engines: Engines) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        engines.get_template("broken.html")
    error = caught.value
    assert (error.name, error.line, error.excerpt) == ("broken.html", 2, "{% block %}")
    assert error.template_debug is not None
    assert {key: error.template_debug[key] for key in ("before", "during", "after", "line", "total")} == {
        "before": "  ", "during": "{% block %}", "after": "", "line": 2, "total": 3,
    }  # fmt: skip
    template = engines["jinja2"].from_string("{% include 'broken.html' %}")
    with pytest.raises(TemplateSyntaxError, match=r"broken\.html, line 2"):
        template.render()
    with pytest.raises(TemplateNotFound, match=r"absent\.html"):
        engines["jinja2"].from_string("{% include 'absent.html' %}").render()


def test_jinja2_may_be_kept_in_a_sandbox_and_awaits_what_it_shows() -> None:
    from jinja2.exceptions import SecurityError

    open_, closed = JinjaEngine(), JinjaEngine(sandboxed=True)
    source = "{{ ''.__class__.__mro__ }}"
    assert "object" in open_.from_string(source).render()
    with pytest.raises(SecurityError):
        closed.from_string(source).render()

    async def later() -> str:
        await asyncio.sleep(0)
        return "<late>"

    assert asyncio.run(open_.from_string("{{ f() }}").arender({"f": later})) == "&lt;late&gt;"


def test_string_templates_refuse_a_lone_dollar_sign_with_its_line(engines: Engines) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"bad\.txt, line 2: a dollar sign stands alone"):
        engines.render("bad.txt")
    with pytest.raises(TemplateNotFound):
        StringEngine(["/"]).get_template("../etc/passwd")


def test_an_application_may_have_both_languages(tmp_path: Path) -> None:
    for folder in ("own", "jinja"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.html").write_text("{{ site }} {{ x }}", encoding="utf-8")
    app = SimpleRegistrar(templates={"dirs": (str(tmp_path / "own"),), "jinja2_dirs": (str(tmp_path / "jinja"),)})
    setup(app)
    app.add(CONTEXT_PROCESSORS, processor)
    engine = app.require(TEMPLATES)
    for name in ("own.html", "jinja.html"):
        assert engine.render(name, {"x": 1}, SimpleNamespace()) == "S&amp;S 1"
