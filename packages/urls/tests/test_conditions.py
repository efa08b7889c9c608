"""A route whose condition does not hold lets the routes behind it have the request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.urls import Match, NoMatch, PatternError, Router, Routes, WrongMethod, include, path, re_path


def view(name: str) -> Any:
    def answer(request: object, **kwargs: object) -> None: ...

    answer.__qualname__ = name
    return answer


def beta(request: Any) -> bool:
    return bool(request.get("beta"))


def json(request: Any) -> bool:
    return bool(request.get("format") == "json")


def find(router: Router, target: str, method: str = "GET", **request: object) -> Match:
    return router.fitting(router.match(target, method), request, target, method)


NEW, OLD, AS_JSON, POSTED = view("new"), view("old"), view("json"), view("posted")


def test_a_condition_that_is_false_falls_through() -> None:
    router = Router([path("albums/<int:pk>/", NEW, when=beta), re_path(r"^albums/(?P<pk>\d+)/$", OLD)])
    assert find(router, "/albums/7/", beta=True).view is NEW
    found = find(router, "/albums/7/")
    assert (found.view, found.kwargs) == (OLD, {"pk": "7"})


def test_where_no_other_route_takes_it_there_is_no_match() -> None:
    router = Router([path("albums/", NEW, when=beta), path("about/", OLD)])
    with pytest.raises(NoMatch):
        find(router, "/albums/")
    assert find(router, "/about/").view is OLD


def test_conditions_of_includes_and_routes_must_all_hold() -> None:
    router = Router(
        [
            path("", include([path("a/", AS_JSON, when=json), path("a/", NEW)]), when=beta),
            path("a/", OLD),
        ]
    )
    assert find(router, "/a/", beta=True, format="json").view is AS_JSON
    assert find(router, "/a/", beta=True).view is NEW
    assert find(router, "/a/", format="json").view is OLD


def test_methods_of_routes_that_do_not_take_the_request_are_not_allowed() -> None:
    router = Router([path("a/", NEW, methods=["GET"], when=beta), path("a/", POSTED, methods=["POST"])])
    assert find(router, "/a/", beta=True).view is NEW
    with pytest.raises(WrongMethod) as caught:
        find(router, "/a/")
    assert caught.value.allowed == ("POST",) or list(caught.value.allowed) == ["POST"]


def test_routes_declared_by_decorators_have_conditions_too() -> None:
    routes = Routes()
    routes.get("a/", when=beta)(NEW)
    routes.get("a/")(OLD)
    router = Router(routes)
    assert (find(router, "/a/", beta=1).view, find(router, "/a/").view) == (NEW, OLD)


def test_a_route_with_a_condition_hides_none_behind_it() -> None:
    router = Router(
        [path("a/", NEW, when=beta), path("<slug:x>/", NEW, when=beta), path("a/", OLD), path("<int:x>/", OLD)]
    )
    assert router.problems() == []
    assert Router([path("a/", NEW), path("a/", OLD, when=beta)]).problems()[0].id == "urls.W101"


def test_a_name_leads_to_the_path_whatever_the_condition() -> None:
    assert Router([path("a/", NEW, name="a", when=beta)]).reverse("a") == "/a/"


def test_a_condition_is_a_function() -> None:
    with pytest.raises(PatternError, match="when must be a function of the request, got str"):
        path("a/", NEW, when="beta")  # type: ignore[arg-type]


def needing(wanted: set[int]) -> Any:
    def holds(request: Any) -> bool:
        return bool(wanted <= request["has"])

    return holds


@given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=6), st.sets(st.integers(0, 4)))
def test_the_first_route_whose_conditions_hold_is_found(wanted: list[set[int]], there: set[int]) -> None:
    views = [view(str(number)) for number in range(len(wanted))]
    pairs = list(zip(views, wanted, strict=True))
    router = Router([path("a/", each, when=needing(needs)) for each, needs in pairs])
    expected = next((each for each, needs in pairs if needs <= there), None)
    if expected is None:
        with pytest.raises(NoMatch):
            find(router, "/a/", has=there)
    else:
        assert find(router, "/a/", has=there).view is expected


def test_a_path_whose_routes_are_all_refused_says_which_were_tried() -> None:
    router = Router([path("a/", view, when=lambda request: False)])
    with pytest.raises(NoMatch, match="tried 'a/'"):
        router.fitting(router.match("/a/"), None, "/a/")
