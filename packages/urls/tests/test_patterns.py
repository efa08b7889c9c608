"""Declarations: what is taken, and what is refused with a reason."""

import sys
from types import ModuleType
from typing import Any, ClassVar, cast

import pytest

from partita.contracts.errors import ImproperlyConfigured
from partita.urls import PatternError, Router, host, include, path, re_path


def view(request: object) -> None:
    """A view."""


class Classy:
    """A class with `as_view`, as class-based views have it."""

    @classmethod
    def as_view(cls) -> None:
        """Make a view."""


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        ("a/<int:2x>/", "not a Python identifier"),
        ("a/<int:>/", "not a Python identifier"),
        ("a/<int: x>/", "no white space is allowed in '<int: x>'; write <int:x>"),
        ("a/<int pk>/", "no white space is allowed in '<int pk>'; write <int:pk>"),
        ("a/<int:x>/<str:x>", "stands twice"),
        ("a/<x", None),
        ("a/<<x>>/", "not a Python identifier"),
    ],
)
def test_a_malformed_route_is_refused_with_the_reason(route: str, problem: str | None) -> None:
    if problem is None:
        path(route, view)
        return
    with pytest.raises(PatternError, match=problem):
        path(route, view)


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        (
            "<money:x>",
            "no converter 'money'; there are alpha, .*int, json, octal, path, slug, str, uuid. Register more with",
        ),
        ("<integer:x>", "no converter 'integer'; did you mean 'int'"),
        ("<pk:int>", "no converter 'pk'; the converter stands first: write <int:pk>"),
    ],
)
def test_an_unknown_converter_is_named_with_what_may_have_been_meant(route: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem):
        Router([path(route, view)])


@pytest.mark.parametrize(
    ("patterns", "problem"),
    [
        ([[path("a/", view)], path("b/", view)], r"put a star before a list of them: \[\*i18n_patterns"),
        ([include([path("a/", view)])], r"include\(\) stands inside of one: path\('shop/', include\(...\)\)"),
        ([("a/", view)], "not tuple"),
        (["a/"], "not str"),
        ([None], "not NoneType"),
        ([[]], "not list"),
    ],
)
def test_what_is_no_route_is_refused_with_what_to_write_instead(patterns: Any, problem: str) -> None:
    with pytest.raises(PatternError, match=rf"urlpatterns hold path\(\), re_path\(\) and host\(\) only[;,] {problem}"):
        Router(patterns)
    with pytest.raises(PatternError, match=rf"needs a list of path\(\) and re_path\(\)[;,] {problem}"):
        include(patterns)


@pytest.mark.parametrize(
    ("target", "problem"),
    [(None, "not NoneType"), (5, "not int"), (path("a/", view), r"put it into one: \[path\(...\)\]")],
)
def test_what_holds_no_routes_is_not_included(target: Any, problem: str) -> None:
    with pytest.raises(PatternError, match=problem):
        include(target)


def test_a_view_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(PatternError, match="must be a callable"):
        path("a/", cast("Any", 5))
    with pytest.raises(PatternError, match="no dotted name"):
        path("a/", "index")
    with pytest.raises(PatternError, match=r"pass Classy.as_view\(\)"):
        path("a/", Classy)


def test_methods_given_as_one_text_are_refused() -> None:
    with pytest.raises(PatternError, match=r"such as \('GET',\)"):
        path("a/", view, methods="GET")


def test_a_regular_expression_that_does_not_compile_is_refused() -> None:
    with pytest.raises(PatternError, match="not a regular expression"):
        re_path("(", view)


def test_a_module_is_included_with_its_app_name() -> None:
    module = ModuleType("partita_test_shop_urls")
    module.__dict__.update(urlpatterns=[path("x/", view, name="x")], app_name="shop")
    sys.modules[module.__name__] = module
    try:
        router = Router([path("s/", include("partita_test_shop_urls")), path("t/", include(module, namespace="t"))])
    finally:
        del sys.modules[module.__name__]
    assert router.match("/s/x/").view_name == "shop:x"
    assert router.match("/t/x/").view_name == "t:x"


def test_a_module_without_urlpatterns_is_refused_by_name() -> None:
    with pytest.raises(PatternError, match="'json': the module has no `urlpatterns`"):
        include("json")


def test_a_namespace_needs_an_app_name() -> None:
    with pytest.raises(PatternError, match="needs an app_name"):
        include([path("x/", view)], namespace="one")


def test_a_list_or_a_triple_may_stand_where_include_would() -> None:
    router = Router([path("a/", [path("x/", view)]), path("b/", ([path("x/", view, name="x")], "app", "inst"))])
    assert router.match("/a/x/").view is view
    assert router.reverse("inst:x") == "/b/x/"


def test_routes_may_stand_in_a_tuple_as_well() -> None:
    assert Router([path("a/", include((path("x/", view), path("y/", view))))]).match("/a/y/").view is view
    assert list(Router(include(()).patterns).routes()) == []
    with pytest.raises(PatternError, match="pair"):
        include((path("x/", view), "one", "two", "three"))


def test_include_takes_neither_name_nor_methods() -> None:
    with pytest.raises(PatternError, match="neither name nor methods"):
        path("a/", include([path("x/", view)]), name="a")


def test_host_belongs_into_the_outermost_list() -> None:
    with pytest.raises(PatternError, match="outermost"):
        Router([path("a/", include([host("x.test", [path("", view)])]))])


def test_something_else_in_the_list_is_refused() -> None:
    with pytest.raises(PatternError, match="list of path"):
        include([view])
    with pytest.raises(PatternError, match="only"):
        Router([view])  # type: ignore[list-item]


def test_a_route_tells_its_middleware_the_outermost_first() -> None:
    def one(handler: Any) -> Any:
        return handler

    def two(handler: Any) -> Any:
        return handler

    below = [path("a/", view, middleware=[two]), path("b/", view)]
    router = Router([path("in/", include(below), middleware=[one]), path("in/c/", view)])
    assert router.match("/in/a/").middleware == (one, two)
    assert router.match("/in/b/").middleware == (one,)
    assert router.match("/in/c/").middleware == ()
    with pytest.raises(PatternError, match="callables"):
        path("a/", view, middleware=[cast("Any", 5)])


def test_anything_with_urlpatterns_is_included() -> None:
    class Shop:
        app_name = "shop"
        urlpatterns: ClassVar = [path("cart/", view, name="cart")]

    for each in (Shop, Shop()):
        router = Router([path("shop/", include(each))])  # type: ignore[arg-type]  # whatever has the two names
        assert router.reverse("shop:cart") == "/shop/cart/"
        assert router.resolve("/shop/cart/").view is view


def test_mistakes_of_routes_are_mistakes_of_the_configuration() -> None:
    with pytest.raises(ImproperlyConfigured, match="not a regular expression"):
        re_path("(", view)


def test_what_is_no_view_is_a_wrong_type_as_well() -> None:
    class Listing:
        @classmethod
        def as_view(cls) -> Any:
            return view

    for wrong, message in (
        (Listing, r"pass Listing\.as_view\(\), not the class"),
        (Listing(), r"pass Listing\.as_view\(\), not Listing\(\)"),
        ("album", "'album' is no dotted name"),
        (None, "got NoneType"),
    ):
        with pytest.raises(TypeError, match=message):
            path("a/", cast("Any", wrong))


@pytest.mark.parametrize("methods", [[], [None], ["GE T"], [""], ["GET", 5]])
def test_methods_that_are_none_are_refused(methods: Any) -> None:
    with pytest.raises(PatternError, match="methods must be names such as 'GET', got"):
        path("a/", view, methods=methods)
