"""Mako and MiniJinja: the same view over another engine, found, escaped, awaited and refused alike."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contracts.app import Registrar
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATES, TemplateEngine
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.testing.templates import TemplateEngineContract
from partita.templates import Engine, Engines, TemplateNotFound, TemplateSyntaxError
from partita.templates.foreign import ForeignEngine
from partita.templates.integration import setup
from partita.templates.jinja import JinjaEngine
from partita.templates.mako import MakoEngine
from partita.templates.minijinja import MiniJinjaEngine

ALBUM = {
    "partita": "{% extends 'base' %}{% block body %}{{ title }}:{% for each in tracks %} {{ each.name }}{% endfor %}{% endblock %}",
    "jinja2": "{% extends 'base' %}{% block body %}{{ title }}:{% for each in tracks %} {{ each.name }}{% endfor %}{% endblock %}",
    "minijinja": "{% extends 'base' %}{% block body %}{{ title }}:{% for each in tracks %} {{ each.name }}{% endfor %}{% endblock %}",
    "mako": "<%inherit file='base'/>${title}:\\\n% for each in tracks:\n ${each.name}\\\n% endfor\n",
}
BASE = {
    "partita": "<main>{% block body %}{% endblock %}</main> {{ site }}",
    "jinja2": "<main>{% block body %}{% endblock %}</main> {{ site }}",
    "minijinja": "<main>{% block body %}{% endblock %}</main> {{ site }}",
    "mako": "<main>${self.body()}</main> ${site}",
}
MADE: dict[str, Callable[[Mapping[str, str]], MakoEngine | MiniJinjaEngine]] = {
    "mako": lambda templates: MakoEngine(templates=templates),
    "minijinja": lambda templates: MiniJinjaEngine(templates=templates),
}
both = pytest.mark.parametrize("name", MADE)


def site(request: object) -> dict[str, object]:
    return {"site": "S&S", "title": "from the processor"}


def view(app: Registrar) -> str:
    """What a project writes once."""
    engine: Any = app.require(TEMPLATES)
    tracks = [SimpleNamespace(name="So <What>"), SimpleNamespace(name="Blue in Green")]
    shown: str = engine.render("album", {"title": "Kind of Blue", "tracks": tracks}, SimpleNamespace())
    return shown


@pytest.mark.parametrize("language", ALBUM)
def test_one_view_renders_with_whichever_engine_the_settings_name(language: str, tmp_path: Path) -> None:
    (tmp_path / "album").write_text(ALBUM[language], encoding="utf-8")
    (tmp_path / "base").write_text(BASE[language], encoding="utf-8")
    section = "dirs" if language == "partita" else f"{language}_dirs"
    app = SimpleRegistrar(templates={section: (str(tmp_path),)})
    setup(app)
    app.add(CONTEXT_PROCESSORS, site)
    engine: object = app.require(TEMPLATES)
    assert (
        isinstance(engine, Engine) if language == "partita" else isinstance(engine, Engines) and language in set(engine)
    )
    assert view(app) == "<main>Kind of Blue: So &lt;What&gt; Blue in Green</main> S&amp;S"


class TestMiniJinja(TemplateEngineContract):
    def make(self, templates: dict[str, str]) -> TemplateEngine:
        return MiniJinjaEngine(templates=templates)


@both
def test_names_of_the_context_go_before_those_of_the_processors(name: str) -> None:
    engine = MADE[name]({"a": "${title}" if name == "mako" else "{{ title }}"})
    engine.context_processors.append(site)
    assert engine.render("a", {}, SimpleNamespace()) == "from the processor"
    context: dict[str, object] = {"title": "<mine>"}
    assert asyncio.run(engine.arender(["absent", "a"], context, SimpleNamespace())) == "&lt;mine&gt;"
    assert context == {"title": "<mine>"}


@both
def test_what_is_awaited_and_what_is_safe_are_shown_as_in_other_engines(name: str) -> None:
    from markupsafe import Markup

    async def later(text: str) -> str:
        await asyncio.sleep(0)
        return text

    engine = MADE[name]({"a": "${f(t)} ${m}" if name == "mako" else "{{ f(t) }} {{ m }}"})

    async def main() -> list[str]:
        # Each is begun before the first has ended, so renderings of one engine stand still in the middle of each other.
        texts = [f"<{number}>" for number in range(20)]
        return list(
            await asyncio.gather(*(engine.arender("a", {"f": later, "t": text, "m": Markup("<b>")}) for text in texts))
        )

    assert asyncio.run(main()) == [f"&lt;{number}&gt; <b>" for number in range(20)]


@both
def test_a_template_that_is_not_there_is_told_with_the_places(name: str) -> None:
    include = "<%include file='gone'/>" if name == "mako" else "{% include 'gone' %}"
    engine = MADE[name]({"a": include})
    for ask in (
        lambda: engine.get_template("gone"),
        lambda: engine.render("a"),
        lambda: engine.select_template(["gone"]),
    ):
        with pytest.raises(TemplateNotFound, match=r"'gone'.*given as a mapping") as caught:
            ask()
        assert caught.value.backend is engine


@both
def test_names_that_lead_out_of_the_folders_are_not_found(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    for at, outside in enumerate(("../secret", "/../secret", "//../secret", str(tmp_path / "secret"), "..\\secret")):
        include = f"<%include file='{outside}'/>" if name == "mako" else f"{{% include '{outside}' %}}"
        (inside / f"a{at}").write_text(include, encoding="utf-8")
        engine = MakoEngine([inside]) if name == "mako" else MiniJinjaEngine([inside])
        with pytest.raises(TemplateNotFound):
            engine.get_template(outside)
        with pytest.raises(TemplateNotFound):
            engine.render(f"a{at}")


@both
@pytest.mark.parametrize("where", ["itself", "included", "string"])
def test_a_mistake_is_told_with_its_line(name: str, where: str) -> None:
    broken = "one\n${x +}\nthree" if name == "mako" else "one\n{{ x + }}\nthree"
    include = "<%include file='broken'/>" if name == "mako" else "{% include 'broken' %}"
    engine = MADE[name]({"broken": broken, "a": include})
    with pytest.raises(TemplateSyntaxError) as caught:
        if where == "string":
            engine.from_string(broken)
        elif where == "itself":
            engine.get_template("broken")
        else:
            engine.render("a")
    error = caught.value
    assert (error.name, error.line, error.excerpt) == ("" if where == "string" else "broken", 2, broken.split("\n")[1])
    assert error.template_debug is not None
    assert (error.template_debug["during"], error.template_debug["total"]) == (error.excerpt, 3)


@both
@pytest.mark.parametrize("debug", [True, False])
def test_a_changed_file_is_read_again_in_debug_mode_only(name: str, debug: bool, tmp_path: Path) -> None:
    make: Any = MakoEngine if name == "mako" else MiniJinjaEngine
    engine: ForeignEngine = make([tmp_path], debug=debug)
    include = "<%include file='part'/>" if name == "mako" else "{% include 'part' %}"
    (tmp_path / "a").write_text(f"old {include}", encoding="utf-8")
    (tmp_path / "part").write_text("part", encoding="utf-8")
    assert engine.render("a") == "old part"
    (tmp_path / "a").write_text(f"newer {include}", encoding="utf-8")
    (tmp_path / "part").write_text("other part", encoding="utf-8")
    assert engine.render("a") == ("newer other part" if debug else "old part")


def test_a_template_in_minijinja_does_not_reach_into_python_and_may_be_bounded() -> None:
    engine = MiniJinjaEngine(fuel=5_000)
    shown = engine.from_string("[{{ ''.__class__ }}{{ f.__globals__ }}{{ absent }}{{ none }}]").render({"f": site})
    assert shown == "[]"
    with pytest.raises(RuntimeError, match="fuel"):
        engine.from_string("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}").render()


def test_an_error_in_a_function_keeps_its_kind() -> None:
    def boom() -> str:
        raise ZeroDivisionError("at the very bottom")

    for engine in (MakoEngine(templates={"a": "${boom()}"}), MiniJinjaEngine(templates={"a": "{{ boom() }}"})):
        with pytest.raises(ZeroDivisionError, match="very bottom"):
            engine.render("a", {"boom": boom})


def test_escaping_can_be_switched_off_for_texts_that_are_no_html() -> None:
    for engine in (
        MakoEngine(templates={"a": "${x}"}, autoescape=False),
        MiniJinjaEngine(templates={"a": "{{ x }}"}, autoescape=False),
        JinjaEngine(templates={"a": "{{ x }}"}, autoescape=False),
    ):
        assert engine.render("a", {"x": "<&>"}) == "<&>"
