"""Matching, held against a plain walk over all routes one after the other."""

import pickle
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.urls import (
    Converter,
    NoMatch,
    Pattern,
    PatternError,
    Route,
    Router,
    WrongMethod,
    host,
    include,
    path,
    re_path,
    resolve,
)
from partita.urls.patterns import Include, Literal

REGEXES = {
    "str": "[^/]+",
    "int": "[0-9]+",
    "slug": "[-a-zA-Z0-9_]+",
    "path": ".+",
    "even": "[0-9]+",
    "opt": "[ab]*",
    "any2": "..",
}


def view(request: object, *args: object, **kwargs: object) -> None:
    """A view."""


class Even:
    """Even numbers; others match the expression and are refused by the conversion."""

    regex = "[0-9]+"

    def to_python(self, text: str) -> int:
        """Return the number."""
        if int(text) % 2:
            raise ValueError(text)
        return int(text)

    def to_url(self, value: object) -> str:
        """Return the digits."""
        return str(value)


class Optional:
    """Possibly nothing."""

    regex = "[ab]*"

    def to_python(self, text: str) -> str:
        """Return the text."""
        return text

    def to_url(self, value: object) -> str:
        """Return the text."""
        return str(value)


class AnyTwo(Optional):
    """Two characters, slashes too."""

    regex = ".."


CONVERTERS: dict[str, type[Converter]] = {"even": Even, "opt": Optional, "any2": AnyTwo}
PYTHON: dict[str, Callable[[str], object]] = {"int": int, "even": Even().to_python}

Found = tuple[str, tuple[object, ...], dict[str, object]] | None


def linear(patterns: Sequence[Pattern], rest: str) -> Found:
    """Do what Django documents: try one route after the other, includes on what their beginning leaves."""
    for route in patterns:
        assert isinstance(route, Route)
        nested = isinstance(route.target, Include)
        step = take(route, rest, last=not nested)
        if step is None:
            continue
        end, args, captured = step
        if not isinstance(route.target, Include):
            return str(route.name), args, {**captured, **route.kwargs}
        inner = linear(route.target.patterns, rest[end:])
        if inner is None:
            continue
        kwargs = {**captured, **route.kwargs, **inner[2]}
        return inner[0], inner[1] if kwargs else args + inner[1], kwargs
    return None


def take(route: Route, rest: str, *, last: bool) -> tuple[int, tuple[object, ...], dict[str, object]] | None:
    """Match one level."""
    if route.regex is not None:
        whole = last and route.regex.pattern.endswith("$")
        found = route.regex.fullmatch(rest) if whole else route.regex.search(rest)
        if found is None:
            return None
        named = {name: text for name, text in found.groupdict().items() if text is not None}
        return found.end(), () if found.groupdict() else found.groups(), named
    pattern = "".join(
        re.escape(token) if isinstance(token, Literal) else f"(?P<{token.name}>{REGEXES[token.converter]})"
        for token in route.tokens
    )
    found = re.fullmatch(pattern, rest) if last else re.match(pattern, rest)
    if found is None:
        return None
    kwargs: dict[str, object] = {}
    for token in route.tokens:
        if not isinstance(token, Literal):
            try:
                kwargs[token.name] = PYTHON.get(token.converter, str)(found[token.name])
            except ValueError:
                return None
    return found.end(), (), kwargs


pieces = st.lists(
    st.one_of(st.sampled_from(["a", "b", "ab", "/", "/", "a/", "-", "1", "12/"]), st.sampled_from(sorted(REGEXES))),
    max_size=5,
)
expressions = st.sampled_from([
    r"^a/$", r"^(?P<r>[ab]+)/", r"^([0-9]+)", r"b$", r"^$", r"^a(?:/(?P<s>b))?/?$", r"^([ab])/([0-9]+)/$", r"(a)", r"",
])  # fmt: skip
_EXTRAS: list[dict[str, object]] = [{}, {}, {}, {"x": 0}, {"p0_1": "default"}]
extras = st.sampled_from(_EXTRAS)


def declared(parts: list[str], depth: int) -> str:
    """Write a route from pieces: text, or names of converters."""
    return "".join(f"<{part}:p{depth}_{i}>" if part in REGEXES else part for i, part in enumerate(parts))


@st.composite
def routes(draw: st.DrawFn, depth: int = 0) -> list[Pattern]:
    """Draw a list of routes, some of which include others."""
    drawn: list[Pattern] = []
    for _ in range(draw(st.integers(1, 4 if depth else 6))):
        name = f"r{draw(st.integers(0, 10**6))}"
        inner = depth < 2 and draw(st.booleans())
        kwargs = draw(extras)
        if draw(st.integers(0, 3)) == 0:
            text = draw(expressions)
            drawn.append(
                re_path(text, include(draw(routes(depth + 1))), kwargs)
                if inner
                else re_path(text, view, kwargs, name=name)
            )
        else:
            text = declared(draw(pieces), depth)
            drawn.append(
                path(text, include(draw(routes(depth + 1))), kwargs) if inner else path(text, view, kwargs, name=name)
            )
    return drawn


@settings(max_examples=400, deadline=None)
@given(routes(), st.lists(st.text("ab12/-", max_size=8), min_size=1, max_size=8))
def test_the_tree_answers_as_a_walk_over_all_routes_does(patterns: list[Pattern], paths: list[str]) -> None:
    router = Router(patterns, converters=CONVERTERS)
    for below in paths:
        expected = linear(patterns, below)
        try:
            match = router.match(f"/{below}")
        except NoMatch:
            assert expected is None
        else:
            assert (match.name, match.args, match.kwargs) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_either_matches_or_is_refused(text: str) -> None:
    router = Router([path("a/<slug:x>/<path:rest>", view), path("<str:x>", view), re_path(r"^r/(\d+)$", view)])
    try:
        found = router.match(text)
    except NoMatch:
        return
    assert found.view is view


def test_parameters_arrive_converted() -> None:
    router = Router([
        path("", view, name="home"),
        path("n/<int:n>/", view, name="int"),
        path("s/<slug:s>/", view, name="slug"),
        path("u/<uuid:u>/", view, name="uuid"),
        path("p/<path:p>", view, name="path"),
        path("t/<t>/", view, name="str"),
        path("m/<int:year>-<slug:title>.html", view, name="mixed"),
    ])  # fmt: skip
    assert router.match("/").kwargs == {}
    assert router.match("/n/12/").kwargs == {"n": 12}
    assert router.match("/s/a-b_c/").kwargs == {"s": "a-b_c"}
    number = uuid.UUID(int=7)
    assert router.match(f"/u/{number}/").kwargs == {"u": number}
    assert router.match("/p/a/b/c").kwargs == {"p": "a/b/c"}
    assert router.match("/t/ü x/").kwargs == {"t": "ü x"}
    assert router.match("/m/2024-hello-1.html").kwargs == {"year": 2024, "title": "hello-1"}
    for refused in ("/n/-1/", "/n/١/", "/n/12", "/s/a.b/", "/u/7/", "/p/", "/t//", "/t/a/b/", "//", "n/12/", ""):
        with pytest.raises(NoMatch):
            router.match(refused)


def test_a_number_too_long_for_python_is_not_there() -> None:
    with pytest.raises(NoMatch):
        Router([path("<int:n>", view)]).match("/" + "9" * 5000)


def test_the_route_declared_first_wins_whatever_its_kind() -> None:
    first = Router([path("<str:x>/", view, name="any"), path("new/", view, name="new")])
    second = Router([path("new/", view, name="new"), path("<str:x>/", view, name="any")])
    assert first.match("/new/").name == "any"
    assert second.match("/new/").name == "new"


def test_a_match_tells_where_it_came_from() -> None:
    inner = ([path("<int:pk>/", view, {"format": "html"}, name="album")], "shop")
    match = Router([path("store/", include(inner, namespace="cds"))]).match("/store/3/")
    assert (match.view, match.func) == (view, view)
    assert match.kwargs == {"pk": 3, "format": "html"}
    assert (match.name, match.url_name, match.view_name) == ("album", "album", "cds:album")
    assert (match.namespaces, match.namespace, match.app_names) == (["cds"], "cds", ["shop"])
    assert match.route == "store/<int:pk>/"


def test_arguments_of_one_match_do_not_reach_another() -> None:
    router = Router([path("a/", view, {"n": 1})])
    router.match("/a/").kwargs["n"] = 2
    assert router.match("/a/").kwargs == {"n": 1}


def test_nothing_found_lists_what_was_tried() -> None:
    with pytest.raises(NoMatch) as caught:
        Router([path("a/", view), re_path("^b$", view)]).match("/c")
    assert caught.value.tried == ("a/", "^b$")
    assert "tried 'a/', '^b$'" in str(caught.value)


def test_a_message_about_many_routes_is_short() -> None:
    with pytest.raises(NoMatch, match="and 990 more"):
        Router([path(f"{n}/", view) for n in range(1000)]).match("/c")


@pytest.mark.parametrize("text", ["/a/\n", "/a\n/", "/a/\x00", "/a/\x7f", "/x\r\n/"])
def test_cve_2021_44420_a_path_with_control_characters_leads_nowhere(text: str) -> None:
    router = Router([path("a/", view), re_path(r"^a/$", view), path("<path:x>", view)])
    assert router.match("/a/").route == "a/"
    with pytest.raises(NoMatch):
        router.match(text)


@pytest.mark.parametrize("kind", ["int", "uuid", "str", "slug"])
@pytest.mark.parametrize("end", ["", "/"])
@pytest.mark.parametrize("start", ["", "a/"])
def test_a_path_must_begin_with_a_slash_and_have_no_control_characters(kind: str, end: str, start: str) -> None:
    router = Router([path(f"{start}<{kind}:x>{end}", view)])
    value = "00000000-0000-0000-0000-000000000000" if kind == "uuid" else "7"
    assert router.match(f"/{start}{value}{end}").route == f"{start}<{kind}:x>{end}"
    for text in (
        f"{start}{value}{end}",
        f"/{start}{value}\n{end}",
        f"/{start}{value}{end}\n",
        f"/\x00{start}{value}{end}",
    ):
        with pytest.raises(NoMatch):
            router.match(text)


def test_routes_share_a_path_by_method() -> None:
    def create(request: object) -> None: ...

    router = Router([path("a/", view, methods=["get"]), path("a/", create, methods=["POST"])])
    assert router.match("/a/", "GET").view is view
    assert router.match("/a/", "HEAD").view is view
    assert router.match("/a/", "POST").view is create
    with pytest.raises(WrongMethod) as caught:
        router.match("/a/", "DELETE")
    assert caught.value.allowed == ("GET", "HEAD", "POST")
    with pytest.raises(NoMatch):
        router.match("/b/", "DELETE")


def test_a_view_may_say_its_methods_itself() -> None:
    def posted(request: object) -> None: ...

    posted.http_methods = frozenset({"POST"})  # type: ignore[attr-defined]
    router = Router([path("a/", posted)])
    assert router.match("/a/", "POST").view is posted
    posted.http_methods = frozenset({"GET"})  # type: ignore[attr-defined]
    with pytest.raises(WrongMethod):  # a view that leaves HEAD out means it
        Router([path("a/", posted)]).match("/a/", "HEAD")
    with pytest.raises(WrongMethod):
        router.match("/a/", "GET")


def test_hosts_have_their_own_routes() -> None:
    router = Router([
        host("api.example.test", [path("", view, name="api")]),
        host("<slug:tenant>.example.test", [path("<int:n>/", view, name="tenant")]),
        path("", view, name="main"),
    ])  # fmt: skip
    assert router.match("/", host="api.example.test").name == "api"
    assert router.match("/", host="API.example.test:8000").name == "api"
    assert router.match("/", host="www.example.test").name == "main"
    assert router.match("/3/", host="acme.example.test").kwargs == {"tenant": "acme", "n": 3}
    for name in ("example.test", "a.b.example.test", "acme.example.test.evil", "[::1]", ""):
        with pytest.raises(NoMatch):
            router.match("/3/", host=name)


def test_a_route_added_at_run_time_is_there_for_all_threads() -> None:
    router = Router([path("a/", view)])
    failures: list[Exception] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                router.match("/a/")
            except Exception as error:  # noqa: BLE001 - the test wants to see any
                failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(50):
        router.add(path(f"new/{number}/", view, name=f"new{number}"))
        assert router.match(f"/new/{number}/").name == f"new{number}"
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    with pytest.raises(PatternError):
        router.add(path("<nope:x>/", view))
    assert router.reverse("new7") == "/new/7/"


def test_many_routes_cost_no_more_than_few() -> None:
    def visited(count: int) -> int:
        router = Router([path(f"section{n}/<int:pk>/edit/", view) for n in range(count)])
        calls = 0

        class Counted(str):
            __slots__ = ()

            def __hash__(self) -> int:
                nonlocal calls
                calls += 1
                return super().__hash__()

        tree = router._compiled.only
        assert tree is not None
        assert tree.find(Counted(f"section{count - 1}/5/edit/")) is not None
        return calls

    assert visited(10) == visited(2000)


def test_a_thousand_routes_are_looked_up_in_far_less_than_a_millisecond() -> None:
    router = Router([path(f"a{n}/<slug:s>/<int:pk>/", view) for n in range(1000)])
    times = []
    for n in range(1000):
        start = time.thread_time()  # what others do on this machine at the same time does not count
        router.match(f"/a{n}/some-slug/{n}/")
        times.append(time.thread_time() - start)
    assert sorted(times)[989] < 0.001


def test_routes_made_to_overlap_cost_no_more_than_there_are_nodes() -> None:
    # Each depth has a static and a dynamic way on; a walk that comes twice to a node would take 2 ** 40 steps.
    patterns = [
        path("/".join(["a"] * n + ["<str:x>"] * m + ["end"]).replace("<str:x>", "<str:x{}>").format(*range(m)), view)
        for n in range(40)
        for m in range(40 - n)
    ]
    router = Router(patterns)
    taken: list[str] = []

    def count(frame: object, event: str, arg: object) -> None:
        if event == "call":
            taken.append(event)

    sys.setprofile(count)
    try:
        with pytest.raises(NoMatch):
            router.match("/" + "a/" * 40)
    finally:
        sys.setprofile(None)
    assert len(taken) < 5 * 40 * 40


def test_the_list_of_routes_names_view_methods_and_host() -> None:
    router = Router([
        path("a/", view, name="a", methods=("GET",)),
        host("x.test", ([path("b/", view, name="b")], "ns")),
    ])  # fmt: skip
    listed = list(router.routes())
    assert [(each.route, each.name, each.view, each.host) for each in listed] == [
        ("a/", "a", view, None),
        ("b/", "ns:b", view, "x.test"),
    ]
    assert listed[0].methods == frozenset({"GET", "HEAD"})
    assert listed[1].methods is None


def test_a_match_is_not_pickled() -> None:
    match = Router([path("a/", len, name="a")]).match("/a/")
    with pytest.raises(pickle.PicklingError, match="view_name"):
        pickle.dumps(match)


def test_a_route_without_arguments_has_one_match_which_nobody_can_change() -> None:
    router = Router([path("a", view), path("b", view, {"kept": 1}), path("<int:pk>", view)])
    match = router.match("/a")
    assert router.match("/a") is match
    changes: list[Callable[[dict[str, object]], object]] = [
        lambda kwargs: kwargs.update(x=1),
        lambda kwargs: kwargs.setdefault("x", 1),
        lambda kwargs: kwargs.__setitem__("x", 1),
        lambda kwargs: kwargs.__ior__({"x": 1}),
        lambda kwargs: kwargs.pop("x", None),
        lambda kwargs: kwargs.clear(),
    ]
    for change in changes:
        with pytest.raises(TypeError, match=r"change those of match\.copy\(\)"):
            change(match.kwargs)
    with pytest.raises(TypeError, match=r"change match\.copy\(\)"):
        match.kwargs = {"x": 1}
    with pytest.raises(TypeError, match=r"change match\.copy\(\)"):
        del match.view
    assert (match.kwargs, match.kwargs | {"x": 1}, match.kwargs.copy()) == ({}, {"x": 1}, {})
    own = match.copy()
    own.kwargs["x"] = 1
    assert copy(match.kwargs).__class__ is dict
    for target in ("/b", "/7"):
        router.match(target).kwargs["x"] = 1
        assert "x" not in router.match(target).kwargs
    assert (router.match("/a").kwargs, resolve("/a", router).kwargs.__class__) == ({}, dict)
