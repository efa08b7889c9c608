"""Routes by decorators stand beside those of lists."""

import pytest

from partita.urls import PatternError, Router, Routes, WrongMethod, include, path


def around(handler: object) -> object:
    return handler


def test_a_view_is_reached_by_its_decorator_and_by_a_list() -> None:
    routes = Routes()

    @routes.get("albums/<int:pk>/", name="album")
    def album(request: object, pk: int) -> int:
        return pk

    router = Router([*routes, path("old/<int:pk>/", album, name="old"), path("in/", include((routes, "shop")))])
    for target in ("/albums/7/", "/old/7/", "/in/albums/7/"):
        match = router.match(target)
        assert match.view(None, **match.kwargs) == 7
    assert router.reverse("album", pk=7) == "/albums/7/"
    assert router.reverse("shop:album", pk=7) == "/in/albums/7/"
    assert album(None, 3) == 3  # the decorator leaves it as it is


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_each_method_has_its_decorator(method: str) -> None:
    routes = Routes()
    getattr(routes, method.lower())("a/")(lambda request: method)
    router = Router(routes)
    assert router.match("/a/", method).view(None) == method
    with pytest.raises(WrongMethod):
        router.match("/a/", "OPTIONS")


def test_one_view_answers_several_paths_and_methods() -> None:
    routes = Routes("api/", middleware=[around])

    @routes.route("cart/", "basket/", methods=["GET", "POST"], name="cart")
    def cart(request: object) -> str:
        return "cart"

    router = Router(routes)
    for target in ("/api/cart/", "/api/basket/"):
        for method in ("GET", "HEAD", "POST"):
            assert router.match(target, method).view is cart
        with pytest.raises(WrongMethod):
            router.match(target, "DELETE")
    assert router.match("/api/cart/").middleware == (around,)
    assert router.reverse("cart") == "/api/basket/"


def test_a_decorator_without_a_route_is_refused() -> None:
    routes = Routes()
    with pytest.raises(PatternError, match="needs the text of its route"):
        routes.get(lambda request: None)  # type: ignore[arg-type]  # as when the parentheses are forgotten


def test_routes_are_found_by_name_and_by_view() -> None:
    routes = Routes()

    @routes.get("a/", name="home")
    @routes.post("b/", name="send")
    def view(request: object) -> None:
        return None

    router = Router([*routes, path("c/", include(([path("d/", view, name="d")], "shop")))])
    assert [route.route for route in router.find_by_name("shop:d")] == ["c/d/"]
    assert router.find_by_name("missing") == []
    assert [route.route for route in router.find_by_view(view)] == ["b/", "a/", "c/d/"]
    assert router.find_by_view(f"{view.__module__}.{view.__qualname__}") == router.find_by_view(view)
