"""Reversing: from names back to paths."""

import pickle
import uuid
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.urls import ROUTER, NoReverseMatch, Router, include, path, re_path, reverse, reverse_lazy


def view(request: object, **kwargs: object) -> None:
    """A view."""


def other(request: object, **kwargs: object) -> None:
    """Another view."""


ROUTES = [
    path("", view, name="home"),
    path("n/<int:n>/", other, name="number"),
    path("t/<str:t>/", view, name="text"),
    path("u/<uuid:u>/", view, name="uuid"),
    path("p/<path:p>/end", view, name="path"),
    path("fix/<slug:s>/", view, {"format": "html"}, name="fixed"),
    path("fix/<slug:s>.json", view, {"format": "json"}, name="fixed"),
    re_path(r"^y/(?P<year>[0-9]{4})/(?:(?P<month>[a-z]{3})/)?$", view, name="archive"),
    re_path(r"^z/([0-9]+)-([a-z]+)/$", view, name="unnamed"),
]
router = Router(ROUTES)


def test_paths_are_made_from_positional_or_named_values() -> None:
    assert router.reverse("home") == "/"
    assert router.reverse("number", 12) == router.reverse("number", n=12) == "/n/12/"
    assert router.reverse("number", args=[12]) == router.reverse("number", kwargs={"n": 12}) == "/n/12/"
    assert router.reverse("uuid", uuid.UUID(int=1)) == "/u/00000000-0000-0000-0000-000000000001/"
    assert router.reverse(other, 3) == "/n/3/"


def test_values_are_percent_encoded() -> None:
    assert router.reverse("text", "a b?#%ü") == "/t/a%20b%3F%23%25%C3%BC/"
    assert router.reverse("path", "a/b c") == "/p/a/b%20c/end"


def test_query_and_fragment_are_encoded_and_appended() -> None:
    assert router.reverse("home", query={"q": "a&b", "page": [1, 2], "none": None}, fragment="top two") == (
        "/?q=a%26b&page=1&page=2#top%20two"
    )
    assert router.reverse("home", query=[("a", 1), ("a", 2)]) == "/?a=1&a=2"
    assert router.reverse("home", query={}) == "/"


@pytest.mark.parametrize("query", ["page=1", b"page=1"])
def test_a_query_that_is_text_is_refused(query: Any) -> None:
    with pytest.raises(TypeError, match=r"names and values, such as \{'page': 2\}"):
        router.reverse("home", query=query)
    empty: Any = type(query)()
    assert router.reverse("home", query=empty) == "/"


@given(st.text(min_size=1).filter(lambda text: "/" not in text and text.isprintable()))
def test_a_reversed_path_matches_again(text: str) -> None:
    match = router.match(unquote(router.reverse("text", text)))
    assert (match.name, match.kwargs) == ("text", {"t": text})


@given(st.from_regex("[0-9]{4}", fullmatch=True), st.none() | st.from_regex("[a-z]{3}", fullmatch=True))
def test_a_reversed_expression_matches_again(year: str, month: str | None) -> None:
    if not year.isascii():
        return
    values = {"year": year} if month is None else {"year": year, "month": month}
    made = router.reverse("archive", kwargs=values)
    assert router.match(made).kwargs == values


def test_unnamed_groups_are_filled_in_order() -> None:
    assert router.reverse("unnamed", 7, "x") == "/z/7-x/"
    with pytest.raises(NoReverseMatch):
        router.reverse("unnamed", "x", 7)


def test_fixed_arguments_choose_among_routes_of_one_name() -> None:
    assert router.reverse("fixed", s="a", format="html") == "/fix/a/"
    assert router.reverse("fixed", s="a", format="json") == "/fix/a.json"
    assert router.reverse("fixed", s="a") == "/fix/a.json"  # the one declared last, as in Django
    with pytest.raises(NoReverseMatch):
        router.reverse("fixed", s="a", format="xml")


@pytest.mark.parametrize("value", ["x", -1, "1/2", "", "1\n", "١"])
def test_a_value_that_the_converter_does_not_take_is_refused(value: object) -> None:
    with pytest.raises(NoReverseMatch, match="do not fit: 'n/<int:n>/' cannot have n="):
        router.reverse("number", value)


def test_an_unknown_name_comes_with_a_proposal() -> None:
    with pytest.raises(NoReverseMatch, match="did you mean 'number'"):
        router.reverse("numbre")
    with pytest.raises(NoReverseMatch, match="no namespace 'shop'"):
        router.reverse("shop:x")


def test_positional_and_named_values_do_not_mix() -> None:
    with pytest.raises(NoReverseMatch, match="not both"):
        router.reverse("number", 1, n=1)


def test_a_path_never_begins_with_two_slashes() -> None:
    assert Router([path("<path:p>", view, name="p")]).reverse("p", "/evil.test/") == "/%2Fevil.test/"


def test_instances_of_one_application_reverse_apart() -> None:
    polls = ([path("<int:pk>/", view, name="detail")], "polls")
    two = Router([path("a/", include(polls, namespace="author")), path("p/", include(polls, namespace="publisher"))])
    assert two.reverse("author:detail", 1) == "/a/1/"
    assert two.reverse("publisher:detail", 1) == "/p/1/"
    assert two.reverse("polls:detail", 1) == "/p/1/"  # no instance is called polls: the last one
    assert two.reverse("polls:detail", 1, current_app="author") == "/a/1/"
    default = Router([path("a/", include(polls)), path("p/", include(polls, namespace="publisher"))])
    assert default.reverse("polls:detail", 1) == "/a/1/"


def test_nested_namespaces_reverse_and_resolve() -> None:
    inner = ([path("x/<int:n>/", view, name="x")], "inner")
    outer = ([path("in/", include(inner))], "outer")
    nested = Router([path("out/<slug:who>/", include(outer))])
    assert nested.reverse("outer:inner:x", who="me", n=3) == "/out/me/in/x/3/"
    match = nested.match("/out/me/in/x/3/")
    assert (match.view_name, match.kwargs) == ("outer:inner:x", {"who": "me", "n": 3})


def test_the_current_application_answers_for_reverse() -> None:
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: router)
    lazy = reverse_lazy("number", 5)
    with pytest.raises(LookupError, match="outside an application"):
        reverse("number", 5)
    token = CURRENT.set(app)
    try:
        assert reverse("number", 5) == "/n/5/"
        assert str(lazy) == "/n/5/"
    finally:
        CURRENT.reset(token)


def test_a_converter_may_give_a_number() -> None:
    class Number:
        regex = "[0-9]+"

        def to_python(self, text: str) -> int:
            return int(text)

        def to_url(self, value: Any) -> Any:
            return value

    router = Router([path("<number:n>/", len, name="n")], converters={"number": Number})
    assert router.reverse("n", 7) == "/7/"
    with pytest.raises(NoReverseMatch):
        router.reverse("n", -7)


def test_a_back_reference_has_the_value_of_its_group() -> None:
    router = Router(
        [
            re_path(r"^people/(?P<name>\w+)-(?P=name)/$", view, name="named"),
            re_path(r"^pairs/(\w+)-(\w+)-\1/$", view, name="numbered"),
            path("<slug:x>/", include([re_path(r"^(?P<x>\w+)=(?P=x)/$", view, name="below")])),
        ]
    )
    assert router.reverse("named", kwargs={"name": "nate"}) == "/people/nate-nate/"
    assert router.reverse("named", args=("nate",)) == "/people/nate-nate/"
    assert router.reverse("numbered", args=("a", "b")) == "/pairs/a-b-a/"
    assert router.reverse("below", args=("a", "b")) == "/a/b=b/"
    assert router.match("/people/nate-nate/").kwargs == {"name": "nate"}
    with pytest.raises(NoReverseMatch):
        router.reverse("named", args=("nate", "nate"))


def test_a_refusal_says_what_each_route_lacks_or_does_not_take() -> None:
    router = Router(
        [
            path("a/<int:pk>/", view, name="a"),
            path("b/<slug:artist>/<int:pk>/", view, {"kind": "cd"}, name="a"),
            *[path(f"m{number}/", view, name="many") for number in range(7)],
        ]
    )
    for args, kwargs, text in (
        ((), {}, "no arguments do not fit: 'b/<slug:artist>/<int:pk>/' lacks artist, pk; 'a/<int:pk>/' lacks pk"),
        ((), {"pk": -1}, "'b/<slug:artist>/<int:pk>/' lacks artist; 'a/<int:pk>/' cannot have pk=-1"),
        ((), {"pk": 1, "x": 2}, "lacks artist and takes no x; 'a/<int:pk>/' takes no x"),
        ((), {"pk": 1, "artist": "abba", "kind": "lp"}, "has kind='cd'; 'a/<int:pk>/' takes no artist, kind"),
        ((1, 2, 3), {}, "'b/<slug:artist>/<int:pk>/' takes artist, pk; 'a/<int:pk>/' takes pk"),
    ):
        with pytest.raises(NoReverseMatch) as caught:
            router.reverse("a", args=args, kwargs=kwargs)
        assert text in str(caught.value)
    with pytest.raises(NoReverseMatch, match=r"takes nothing; and 2 more$"):
        router.reverse("many", args=(1,))
    mistakes: list[Any] = [None, 5, [1], {}]
    for wrong in mistakes:
        with pytest.raises(
            NoReverseMatch, match=rf"expected the name of a route, or a view, got {type(wrong).__name__}$"
        ):
            router.reverse(wrong)


SHOP = Router(
    [
        path("shop/", include(([path("<int:pk>/", view, name="album"), path("l/", other, name="albums")], "shop"))),
        path("home/", view, name="home"),
    ]
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hoem", "no route has this name; did you mean 'home'?"),
        ("album", "no route has this name; did you mean 'shop:album'?"),
        ("shop:albun", "no route has this name; did you mean 'shop:album' or 'shop:albums'?"),
        ("shop.albums", "no route has this name; did you mean 'shop:albums' or 'shop:album'?"),
        ("shpo:album", "there is no namespace 'shpo'; did you mean 'shop:album'?"),
        ("shop:home", "no route has this name; did you mean 'home'?"),
        ("xyz", "no route has this name; there are 'home', 'shop:album', 'shop:albums'"),
        (other, "a view in a namespace is not found by itself; give its name: 'shop:albums'"),
        (str, "no route outside a namespace leads to this view"),
    ],
)
def test_a_name_that_leads_nowhere_comes_with_those_that_may_have_been_meant(name: Any, text: str) -> None:
    with pytest.raises(NoReverseMatch) as caught:
        SHOP.reverse(name)
    assert caught.value.problem == text
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.name, again.problem) == (str(caught.value), caught.value.name, text)


def test_of_many_names_none_is_shown_if_none_is_near() -> None:
    many = Router([path(f"{number}/", view, name=f"route-{number}") for number in range(11)])
    with pytest.raises(NoReverseMatch, match=r"this name; `partita routes` lists the names$"):
        many.reverse("xyz")
    with pytest.raises(NoReverseMatch, match=r"this name; no route has a name$"):
        Router([path("a/", view)]).reverse("xyz")
    with pytest.raises(NoReverseMatch, match="no route has this name; did you mean 'a:x'"):
        Router([path("b/", include(([path("c/", view, name="x")], "a")))]).reverse("x")


def test_a_class_whose_views_stand_in_routes_is_told_apart_from_them() -> None:
    class Album:
        @classmethod
        def as_view(cls) -> Any:
            return view

    wrong: Any = Album
    with pytest.raises(NoReverseMatch, match=r"what Album.as_view\(\) returned, not the class; give the route's name"):
        Router([path("a/", Album.as_view())]).reverse(wrong)


def test_what_may_have_been_meant_is_looked_for_only_when_the_error_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def note(name: str, names: Any) -> str:
        looked.append(name)
        return "!"

    monkeypatch.setattr("partita.urls.proposals.proposal", note)
    with pytest.raises(NoReverseMatch) as caught:
        SHOP.reverse("hoem")
    assert looked == []
    assert str(caught.value) == str(caught.value) == "reverse of 'hoem': no route has this name!"
    assert looked == ["hoem"]
