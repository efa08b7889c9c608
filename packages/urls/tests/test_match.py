"""What a match tells about its route."""

import pickle
from functools import partial
from typing import Any, ClassVar

import pytest

from partita.urls import Match, ResolverMatch, Router, include, path, re_path


def view(request: object, *args: object, **kwargs: object) -> None:
    """Answer nothing."""


class Page:
    """What a class-based view looks like."""

    view_class: ClassVar[Any]

    def __call__(self, request: object) -> None:
        """Answer nothing."""


class Listing:
    """A class that views are made of."""


def test_its_class_has_the_name_that_people_know() -> None:
    assert Match is ResolverMatch
    router = Router([path("", view), path("<int:pk>", view)])
    assert router.match("/7").__class__ is ResolverMatch
    assert isinstance(router.match("/"), ResolverMatch)


def test_what_the_path_gave_is_known_where_the_route_gives_something_else() -> None:
    routes = [
        path("a/<int:pk>/<slug:kind>/", view, {"kind": "cd"}, name="a"),
        re_path("^b/(?P<pk>[0-9]+)/(?P<kind>[a-z]+)/$", view, {"kind": "cd"}, name="b"),
        path("c/<slug:kind>/", include([path("<path:rest>/", view, {"kind": "cd", "n": 1}, name="c")])),
        path("d/<int:pk>/", view, {"kind": "cd"}, name="d"),
    ]
    for router in (Router(routes), Router(routes, cache=10)):
        for _ in range(2):  # the second one is remembered
            for name, text in (("a", "/a/1/lp/"), ("b", "/b/1/lp/"), ("c", "/c/lp/x/y/"), ("d", "/d/1/")):
                match = router.match(text)
                assert match.kwargs["kind"] == "cd"
                assert "n" not in match.captured_kwargs
                assert match.extra_kwargs == {"kind": "cd", **({"n": 1} if name == "c" else {})}
                assert router.reverse(name, kwargs=match.captured_kwargs) == text
                match.captured_kwargs.clear()  # what is given out is a copy
                assert match.captured_kwargs


def test_its_repr_says_where_it_leads_and_with_what() -> None:
    page = Page()
    page.view_class = Listing  # type: ignore[misc]  # of this one
    shop = [path("<int:pk>/", partial(view, template="x"), {"new": True}, name="album")]
    router = Router(
        [path("s/", include((shop, "shop"), "cds")), path("page/", page), path("plain/", view), path("o/", Page())]
    )
    assert repr(router.match("/s/3/")) == (
        f"ResolverMatch(func=functools.partial({view!r}, template='x'), args=(), kwargs={{'pk': 3, 'new': True}}, "
        "url_name='album', app_names=['shop'], namespaces=['cds'], route='s/<int:pk>/', "
        "captured_kwargs={'pk': 3}, extra_kwargs={'new': True})"
    )
    assert repr(router.match("/page/")).startswith(
        f"ResolverMatch(func={__name__}.Listing, args=(), kwargs={{}}, url_name=None"
    )
    assert repr(router.match("/o/")).startswith(f"ResolverMatch(func={__name__}.Page, ")
    assert repr(router.match("/plain/")).startswith(f"ResolverMatch(func={__name__}.view, ")


def test_a_route_without_a_name_to_a_partial_is_called_after_its_function() -> None:
    assert Router([path("", partial(partial(view, a=1), b=2))]).match("/").view_name == f"{__name__}.view"


def test_it_is_not_pickled() -> None:
    with pytest.raises(pickle.PicklingError, match=r"Cannot pickle ResolverMatch\. Keep its `view_name`"):
        pickle.dumps(Router([path("", view)]).match("/"))
