"""What the check finds, and what it leaves in peace."""

from collections.abc import Callable

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.urls import ROUTER, Pattern, Route, Router, host, i18n_patterns, include, path, re_path
from partita.urls.integration import setup


def view(request: object, **kwargs: object) -> None:
    """A view."""


def twin(request: object, **kwargs: object) -> None:
    """Another view."""


class Shelf:
    """A view that is a class."""

    @classmethod
    def as_view(cls) -> Callable[..., None]:
        """Return another function each time."""

        def shelf(request: object, **kwargs: object) -> None:
            """Show the shelf."""

        shelf.view_class = cls  # type: ignore[attr-defined]  # as those of partita.views have
        return shelf


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


def test_a_name_that_two_views_share_is_reported_where_nothing_tells_them_apart() -> None:
    (problem,) = Router([path("a/<int:x>/", view, name="x"), path("b/<int:x>/", twin, name="x")]).problems()
    assert problem.id == "urls.W103"
    assert "reverse() gives 'b/<int:x>/', never 'a/<int:x>/'" in problem.text
    assert "another name" in problem.hint
    inside = include(([path("a/", view, name="x"), path("b/", twin, name="x")], "shop"))
    assert "'shop:x'" in Router([path("s/", inside)]).problems()[0].text


@pytest.mark.parametrize(
    "patterns",
    [
        [path("a/", view, name="x"), path("b/", view, name="x")],  # one view with two paths
        [path("a/", Shelf.as_view(), name="x"), path("b/", Shelf.as_view(), name="x")],
        [path("a/", view, name="x"), path("b/<int:x>/", twin, name="x")],
        [path("a/<slug:x>/", view, name="x"), path("b/<int:x>/", twin, name="x")],
        [path("a/", view, {"kind": "cd"}, name="x"), path("b/", twin, {"kind": "lp"}, name="x")],
        [path("a/", view, name="x", methods=["GET"]), path("a/", twin, name="x", methods=["POST"])],
        [path("a/", view, name="x"), path("b/", twin, name="x", when=lambda request: True)],
        [re_path("^a/([0-9])$", view, name="x"), re_path("^b/$", twin, name="x")],
        [host("a.test", [path("a/", view, name="x")]), host("b.test", [path("b/", twin, name="x")])],
        [path("a/", view), path("b/", twin)],
        [path("a/", include(other)), path("b/", include(other, "second"))],
        i18n_patterns(
            path("a/", view, name="x"), path("b/<int:x>/", twin, name="x"), languages=["de", "fr"], unprefixed="en"
        ),
    ],
)
def test_a_name_may_stand_for_what_reverse_can_tell_apart(patterns: list[Pattern]) -> None:
    assert Router(patterns).problems() == []


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


def test_a_bracket_that_is_part_of_no_parameter_is_doubtful() -> None:
    found = Router([path("<int:a", view), path("b/<int:b>/", view), path("c>/", view)]).problems()
    assert [(problem.id, problem.text[:16]) for problem in found] == [
        ("urls.W007", "route '<int:a' h"),
        ("urls.W007", "route 'c>/' has "),
    ]
