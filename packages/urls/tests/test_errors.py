"""What errors of routers know."""

import pickle

import pytest

from partita.urls import NoMatch, Router, WrongMethod, path


def view(request: object) -> None:
    """A view."""


def test_a_path_that_leads_nowhere_is_known_with_all_routes_also_in_another_process() -> None:
    with pytest.raises(NoMatch) as caught:
        Router([path("a/", view), path("b/<int:pk>/", view)]).match("/c/")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.path, error.tried) == ("/c/", ("a/", "b/<int:pk>/"))
        assert str(error) == "no route matches '/c/'; tried 'a/', 'b/<int:pk>/'"


def test_a_path_may_lead_nowhere_where_no_routes_are_known() -> None:
    error = NoMatch("/c/")
    assert (error.path, error.tried, str(error)) == ("/c/", (), "no route matches '/c/': there are no routes")


def test_each_look_up_raises_an_error_of_its_own() -> None:
    router = Router([path("a/", view)])
    errors = []
    for _ in range(2):
        with pytest.raises(NoMatch) as caught:
            router.match("/c/")
        errors.append(caught.value)
    assert errors[0] is not errors[1]


@pytest.mark.parametrize("routes", ["a/<int:x>/", "a/<int:x>/b/<int:y>/", "a/<path:x>/"])
def test_a_method_that_no_route_has_is_told_for_any_shape(routes: str) -> None:
    router = Router([path(routes, view, methods=["PUT"]), path(routes, view, methods=["POST"])])
    text = f"/{routes}".replace("<int:x>", "1").replace("<int:y>", "2").replace("<path:x>", "a/b")
    assert router.match(text, "PUT").view is view
    with pytest.raises(WrongMethod) as caught:
        router.match(text, "GET")
    assert caught.value.allowed == ("POST", "PUT")
    with pytest.raises(NoMatch):
        router.match(text[:-1], "GET")
