"""Resources give seven routes, nested ones the key of their parent."""

import pytest

from partita.urls import PatternError, Router, WrongMethod, resources


class Everything:
    def __getattr__(self, name: str) -> object:
        if name not in {"index", "create", "new", "show", "update", "destroy", "edit"}:
            raise AttributeError(name)

        def view(request: object, **kwargs: object) -> tuple[str, dict[str, object]]:
            return name, kwargs

        return view


def answer(router: Router, path: str, method: str = "GET") -> object:
    match = router.match(path, method)
    return match.view(None, **match.kwargs)


def test_a_resource_has_seven_routes_with_names() -> None:
    router = Router(resources("albums", Everything()))
    assert answer(router, "/albums/") == ("index", {})
    assert answer(router, "/albums/", "POST") == ("create", {})
    assert answer(router, "/albums/new/") == ("new", {})
    assert answer(router, "/albums/7/") == ("show", {"pk": 7})
    assert answer(router, "/albums/7/", "PUT") == answer(router, "/albums/7/", "PATCH") == ("update", {"pk": 7})
    assert answer(router, "/albums/7/", "DELETE") == ("destroy", {"pk": 7})
    assert answer(router, "/albums/7/edit/") == ("edit", {"pk": 7})
    paths = {route.name: route.route for route in router.routes()}
    assert len(paths) == 7
    assert router.reverse("albums-show", pk=7) == "/albums/7/"
    assert router.reverse("albums-new") == "/albums/new/"


def test_only_the_actions_that_are_there_have_routes() -> None:
    class Reading:
        def index(self, request: object) -> str:
            return "index"

        def show(self, request: object, slug: str) -> str:
            return slug

    router = Router(resources("pages", Reading(), key="slug:slug"))
    assert [route.name for route in router.routes()] == ["pages-index", "pages-show"]
    assert answer(router, "/pages/about/") == "about"
    with pytest.raises(WrongMethod):
        router.match("/pages/about/", "DELETE")
    assert len(list(Router(resources("pages", Everything(), only=["show"])).routes())) == 1


def test_nested_resources_have_the_key_of_their_parent() -> None:
    tracks = resources("tracks", Everything())
    albums = resources("albums", Everything(), nested=[tracks])
    router = Router(resources("artists", Everything(), key="slug:name", nested=[albums]))
    assert answer(router, "/artists/abba/albums/") == ("index", {"artist_name": "abba"})
    assert answer(router, "/artists/abba/albums/7/tracks/2/") == (
        "show",
        {"artist_name": "abba", "album_pk": 7, "pk": 2},
    )
    assert (
        router.reverse("tracks-edit", artist_name="abba", album_pk=7, pk=2) == "/artists/abba/albums/7/tracks/2/edit/"
    )


def test_shallow_ones_only_where_it_is_needed() -> None:
    albums = resources("albums", Everything())
    router = Router(resources("artists", Everything(), nested=[albums], shallow=True))
    assert router.reverse("albums-index", artist_pk=1) == "/artists/1/albums/"
    assert router.reverse("albums-new", artist_pk=1) == "/artists/1/albums/new/"
    assert router.reverse("albums-show", pk=7) == "/albums/7/"
    assert answer(router, "/albums/7/", "DELETE") == ("destroy", {"pk": 7})


def test_middleware_stands_around_nested_ones_too() -> None:
    def outer(handler: object) -> object:
        return handler

    def inner(handler: object) -> object:
        return handler

    albums = resources("albums", Everything(), middleware=[inner])
    router = Router(resources("artists", Everything(), nested=[albums], middleware=[outer]))
    assert router.match("/artists/1/albums/").middleware == (outer, inner)
    assert router.match("/artists/").middleware == (outer,)


@pytest.mark.parametrize(("actions", "only", "said"), [(Everything(), ["list"], "no action list"), (object(), None, "has none of"), (object(), ["show"], "has no show")])  # fmt: skip
def test_what_makes_no_sense_is_refused(actions: object, only: list[str] | None, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        resources("albums", actions, only=only)
