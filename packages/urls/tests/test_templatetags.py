"""The tag, within templates."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.templates import Engine, TemplateSyntaxError
from partita.templates.checking import check_templates
from partita.urls import ROUTER, NoReverseMatch, Router, include, path
from partita.urls.current import chosen_urlconf, script_prefix


def view(request: object, **kwargs: object) -> None:
    """A view."""


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine with the tag, inside of an application."""
    polls = ([path("<int:pk>/", view, name="detail")], "polls")
    patterns = [
        path("", view, name="home"),
        path("t/<str:text>/", view, name="text"),
        path("a/", include(polls, namespace="author")),
        path("p/", include(polls, namespace="publisher")),
    ]
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: Router(patterns))
    token = CURRENT.set(app)
    yield Engine(builtins=["partita.urls.templatetags"])
    CURRENT.reset(token)


def test_chosen_routes_and_the_place_of_the_application_count(engine: Engine) -> None:
    others = Router([path("other/", view, name="home")])
    template = engine.from_string("{% url 'home' %}")
    with chosen_urlconf(others), script_prefix("/a b/"):
        assert template.render() == "/a%20b/other/"
    assert template.render() == "/"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% url 'home' %}", "/"),
        ("{% url 'text' x %}", "/t/a%20&amp;%20b/"),
        ("{% url 'text' text=x %}", "/t/a%20&amp;%20b/"),
        ("{% url name %}", "/"),
        ("{% url 'author:detail' 3 as link %}[{{ link }}]", "[/a/3/]"),
        ("{% url 'no-such-route' as link %}[{{ link }}]", "[]"),
        ("{% url 'polls:detail' 3 %}", "/p/3/"),
    ],
)
def test_the_tag_writes_the_path_of_a_route(engine: Engine, source: str, shown: str) -> None:
    assert engine.from_string(source).render({"x": "a & b", "name": "home"}) == shown


def test_the_instance_that_the_request_came_to_is_preferred(engine: Engine) -> None:
    match = SimpleNamespace(namespace="author")
    request = SimpleNamespace(state=SimpleNamespace(match=match))
    assert engine.from_string("{% url 'polls:detail' 3 %}").render({}, request) == "/a/3/"


def test_a_request_of_a_test_may_say_where_it_came_to(engine: Engine) -> None:
    match = SimpleNamespace(namespace="author")
    template = engine.from_string("{% url 'polls:detail' 3 %}")
    assert template.render({}, SimpleNamespace(resolver_match=match)) == "/a/3/"
    assert template.render({}, SimpleNamespace(resolver_match=match, current_app=None)) == "/p/3/"
    assert template.render({}, SimpleNamespace(current_app="author")) == "/a/3/"


def test_an_unknown_name_is_an_error_that_shows_in_the_template(engine: Engine) -> None:
    with pytest.raises(NoReverseMatch, match="did you mean 'home'"):
        engine.from_string("{% url 'hone' %}").render({})


def test_a_name_that_no_route_has_is_found_before_the_page_is_shown(engine: Engine) -> None:
    pages = {
        "a.html": "{% url 'home' %}{% url 'text' %}{% url name %}{% url 'polls:detail' x %}{% url 'absent' as link %}",
        "b.html": "\n {% url 'hone' %}",
    }
    checked = Engine(templates=pages, builtins=["partita.urls.templatetags"])
    (problem,) = check_templates(checked)
    assert (problem.file, problem.line, problem.column) == ("template:b.html", 2, 2)
    assert "did you mean 'home'" in problem.text


def test_a_package_whose_routes_are_not_included_may_have_templates(engine: Engine) -> None:
    checked = Engine(templates={"a.html": "{% url 'accounts:detail' 3 %}"}, builtins=["partita.urls.templatetags"])
    assert list(check_templates(checked)) == []


def test_positional_and_named_values_together_are_found_when_the_template_is_read(engine: Engine) -> None:
    for source in ("{% url 'text' x text=x %}", "{% url 'text' x text=x as link %}"):
        with pytest.raises(TemplateSyntaxError, match="positional or keyword arguments, not both"):
            engine.from_string(source)
    assert engine.from_string("{% url name='text' text=x %}").render({"x": "a"}) == "/t/a/"
