"""What the check finds, and what it leaves in peace."""

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.urls import ROUTER, Pattern, Route, Router, include, path, re_path
from partita.urls.integration import setup


def view(request: object, **kwargs: object) -> None:
    """A view."""


other = ([path("x/", view, name="x")], "other")
another = ([path("x/", view, name="x")], "another")


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        ([path("a/<int:x>/", view), path("a/<int:y>/", view)], "urls.W101"),
        ([path("a/", view, methods=("GET",)), path("a/", view, methods=("GET",))], "urls.W101"),
        ([re_path("^a$", view), re_path("^a$", view)], "urls.W101"),
        ([path("/a/", view)], "urls.W002"),
        ([re_path("^/a/", view)], "urls.W002"),
        ([path("a/", view, name="a:b")], "urls.W003"),
        ([path("^a/$", view)], "urls.W001"),
        ([path("a/", include(other, "n")), path("b/", include(another, "n"))], "urls.W005"),
    ],
)
def test_a_doubtful_route_is_reported_with_its_place(patterns: list[Pattern], found: str) -> None:
    problems = Router(patterns).problems()
    assert [problem.id for problem in problems] == [found]
    assert problems[0].hint


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (path("<slug:x>/", view), path("new/", view)),
        (path("<str:x>/", view), path("<int:pk>/", view)),
        (path("<slug:x>/", view), path("<uuid:pk>/", view)),
        (path("<path:rest>", view), path("a/<int:x>/b/", view)),
        (re_path("^a/", view), path("a/b/", view)),
        (path("<slug:x>/", view), path("new/", view, methods=("POST",))),
    ],
)
def test_a_route_behind_a_wider_one_is_reported_with_both_places(first: Route, second: Route) -> None:
    (problem,) = Router([first, second]).problems()
    assert problem.id == "urls.W102"
    assert first.text in problem.text or "a/" in problem.text
    assert second.text in problem.text
    assert "above" in problem.hint
    assert Router([second, first]).problems() == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (path("<int:x>/", view), path("<slug:y>/", view)),
        (path("<slug:x>/", view), path("a b/", view)),
        (path("<slug:x>/", view, methods=("GET",)), path("new/", view)),
        (path("<slug:x>/", view, methods=("GET",)), path("new/", view, methods=("POST",))),
        (path("<slug:x>/", view), re_path("^new/$", view)),
    ],
)
def test_a_route_that_is_reached_now_and_then_is_left_in_peace(first: Route, second: Route) -> None:
    assert Router([first, second]).problems() == []


def test_many_routes_are_looked_through_in_passing() -> None:
    assert Router([path(f"a{number}/<int:x>/", view) for number in range(3000)]).problems() == []


def test_sound_routes_are_left_in_peace() -> None:
    router = Router([
        path("a/<int:x>/", view),
        path("a/<slug:x>/", view),
        path("a/", view, methods=("GET",)),
        path("a/", view, methods=("POST",)),
        path("a/", view),
        path("o/", include(other)),
        path("b/<path:p>/x", view),
        path("b/<path:p>/y", view),
    ])  # fmt: skip
    assert router.problems() == []


def test_setup_registers_the_tag_and_the_check() -> None:
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: Router([path("/a/", view)]))
    setup(app)
    assert app.all(TEMPLATE_LIBRARIES) == (("", "partita.urls.templatetags"),)
    assert [finding.id for check in app.all(CHECKS) for finding in check(app)] == ["urls.W002"]
