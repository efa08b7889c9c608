"""The quick way to a route, held against a walk over the tree."""

import html
import re
import sys
import uuid
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.urls import (
    Converter,
    IntConverter,
    Match,
    NoMatch,
    Pattern,
    Router,
    SlugConverter,
    UUIDConverter,
    path,
    re_path,
)


def view(request: object, *args: object, **kwargs: object) -> None:
    """A view."""


class Maybe:
    """Possibly nothing, and no numbers above 50."""

    regex = "[0-9b]*"

    def to_python(self, text: str) -> str:
        """Return the text."""
        if text.isdigit() and int(text) > 50:
            raise ValueError(text)
        return text

    def to_url(self, value: object) -> str:
        """Return the text."""
        return str(value)


OWN: dict[str, type[Converter]] = {"maybe": Maybe}
UUIDS = ["00000000-0000-0000-0000-00000000000a", "0000000a-0000-0000-0000-00000000000A"]
KINDS = ["int", "str", "slug", "uuid", "maybe", "float", "date"]
TEXTS = [
    "a",
    "b",
    "7",
    "12",
    "\x00",
    "a b",
    "٣",
    "²",
    "é",
    "-",
    "_",
    "",
    "99",
    "2026-11-22",
    "1.5",
    "+1",
    "1_0",
    *UUIDS,
]
EXTRAS: list[dict[str, object]] = [{}, {}, {}, {"x": 1}, {"p1": 0}]

segments = st.one_of(
    st.sampled_from(["a", "b", "a", "b", "7", "\x00"]),
    st.sampled_from([f"<{kind}>" for kind in KINDS]),
    st.sampled_from(["a-<int>", "<slug>.<int>"]),
)
texts = st.lists(segments, max_size=5).map("/".join)
tails = st.sampled_from(["<path>", "a/<path>", "b/a/<path>", "<int>/<path>"])


def declared(text: str) -> str:
    """Number the parameters of a route."""
    return "".join(f"{part}:p{number}>" if "<" in part else part for number, part in enumerate(re.split(">", text)))


@st.composite
def sites(draw: st.DrawFn) -> tuple[list[Pattern], list[str]]:
    """Draw routes, few of which have a tail, and paths, most of which look as one of the routes does."""
    drawn: list[Pattern] = []
    written = []
    for number in range(draw(st.integers(1, 12))):
        text = draw(texts if draw(st.integers(0, 9)) else tails) + draw(st.sampled_from(["", "/"]))
        methods = draw(st.sampled_from([None, None, None, ["GET"], ["POST"]])) if number % 4 == 3 else None
        extra = draw(st.sampled_from(EXTRAS))
        drawn.append(path(declared(text), view, extra, name=f"r{number}", methods=methods))
        written.append(re.split("<[a-z]+>", text))
    below = []
    for _ in range(draw(st.integers(1, 12))):
        pieces = draw(st.sampled_from([[""], *written, *written]))
        gaps = [draw(st.sampled_from(TEXTS)) for _ in pieces]
        below.append("".join(f"{piece}{gap}" for piece, gap in zip(pieces, [*gaps[1:], ""], strict=True)))
    return drawn, below


def told(match: Match | None) -> object:
    """Return what can be compared of a match."""
    if match is None:
        return None
    kinds = [type(value) for value in match.kwargs.values()]
    return match.name, match.args, match.kwargs, kinds, match.captured_kwargs, match.view


def found(router: Router, text: str, method: str = "GET") -> Match | None:
    """Return what a router finds, or None."""
    try:
        return router.match(text, method)
    except LookupError:
        return None


@settings(max_examples=400, deadline=None)
@given(sites(), st.sampled_from(["GET", "POST", "PUT"]))
def test_the_quick_way_finds_what_a_walk_over_the_tree_does(site: tuple[list[Pattern], list[str]], method: str) -> None:
    drawn, below = site
    router = Router(drawn, converters=OWN)
    compiled = router._compiled
    tree = compiled.only or compiled.by_method.get(method, compiled.other_methods)
    for text in below:
        expected = None if any(letter < " " for letter in text) else tree._find_among(text)
        assert told(found(router, f"/{text}", method)) == told(expected)
        assert told(tree.find(text) if expected is not None else tree.match(f"/{text}")) == told(expected)
        if not text.startswith("/"):
            assert found(router, text, method) is None  # without its slash


def calls_of(router: Router, text: str) -> list[str]:
    """Return the names of the functions of the package that a look-up enters."""
    entered: list[str] = []

    def note(frame: Any, event: str, arg: object) -> None:
        # Whoever listens to the garbage collector may be called at any time.
        if event == "call" and frame.f_globals["__name__"].startswith("partita."):
            entered.append(frame.f_code.co_name)

    with suppress(NoMatch):
        sys.setprofile(note)
        try:
            router.match(text)
        finally:
            sys.setprofile(None)
    return entered


@pytest.mark.parametrize("count", [1, 300])
@pytest.mark.parametrize("methods", [None, ["GET"]])
def test_most_routes_are_found_without_another_call(count: int, methods: list[str] | None) -> None:
    routes = [
        path(f"s{number}/{text}", view, methods=methods)
        for number in range(count)
        for text in ("list", "<int:pk>", "<int:pk>/", "<int:pk>/edit", "<int:pk>/edit/")
    ]
    router = Router(routes)
    last = count - 1
    for text in (f"/s{last}/7", f"/s{last}/7/", f"/s{last}/7/edit", f"/s{last}/7/edit/"):
        assert router.match(text).kwargs == {"pk": 7}
        assert calls_of(router, text) == ["match"]
    assert calls_of(router, f"/s{last}/list") == ["match"]
    if methods is None:
        for text in (f"/s{last}/x/edit", f"/s{last}/7/nothing", f"/t{last}/7/", "/", "s0/7/edit", "7", ""):
            assert calls_of(router, text) == ["match"]


def test_routes_of_several_shapes_are_looked_up_by_their_text_only() -> None:
    def one(request: object, **kwargs: object) -> None:
        """Another view."""

    routes = [path(f"s{number}/<int:a>/t/<int:b>/", view) for number in range(300)]
    routes += [path(f"x/<slug:a>/y{number}/<slug:b>/", one) for number in range(300)]
    router = Router(routes)
    assert router.match("/s299/1/t/2/").kwargs == {"a": 1, "b": 2}
    assert router.match("/x/1/y299/2/").kwargs == {"a": "1", "b": "2"}
    assert "_walk" not in calls_of(router, "/s299/1/t/2/")
    assert "_walk" not in calls_of(router, "/x/1/y299/2/")
    # Whatever the number of routes, as much is called.
    assert calls_of(router, "/s299/1/t/2/") == calls_of(Router([routes[0], routes[300]]), "/s0/1/t/2/")


def test_routes_that_part_ways_by_their_text_are_found_without_a_walk() -> None:
    texts = [
        (f"r{number}/{text}", name)
        for number in range(40)
        for text, name in (
            ("<int:x>/edit/", "edit"),
            ("by/<slug:x>/", "by"),
            ("<slug:x>/all/", "all"),
            ("by/all/", "never"),
        )
    ]
    router = Router([path(text, view, name=name) for text, name in texts])
    expected = {
        "/r39/7/edit/": "edit",
        "/r39/by/edit/": "by",
        "/r39/by/b/": "by",
        "/r39/a/all/": "all",
        "/r39/by/all/": "by",
    }
    assert {text: router.match(text).name for text in expected} == expected
    for text in ("/r39/7/edit/", "/r39/by/b/"):
        assert "_walk" not in calls_of(router, text)


def test_of_routes_of_several_shapes_the_first_one_wins() -> None:
    routes = [
        path("<slug:x>/7/", view, name="first"),
        path("a/<int:x>/", view, name="second"),
        path("a/<slug:x>/", view, name="third"),
        path("<int:x>/<slug:y>/", view, name="fourth"),
        path("a/7/", view, name="never"),
    ]
    router = Router(routes)
    names = {text: router.match(text).name for text in ("/a/7/", "/a/8/", "/a/b/", "/7/b/", "/b/7/", "/7/7/")}
    assert names == {
        "/a/7/": "first", "/a/8/": "second", "/a/b/": "third", "/7/b/": "fourth", "/b/7/": "first", "/7/7/": "first",
    }  # fmt: skip


def test_a_route_with_a_tail_that_is_declared_first_wins() -> None:
    early = Router(
        [path("a/<path:x>", view, name="tail"), path("a/<int:x>/", view), path("b/<int:x>/", view, name="b")]
    )
    assert [early.match(text).name for text in ("/a/7/", "/a/b", "/b/7/")] == ["tail", "tail", "b"]
    late = Router([path("a/<int:x>/", view, name="a"), re_path("^a/.*", view, name="rest")])
    assert [late.match(text).name for text in ("/a/7/", "/a/b/", "/a/7/8/")] == ["a", "rest", "rest"]


def test_the_text_behind_a_parameter_may_be_the_parameter_of_a_shorter_route() -> None:
    router = Router([path("<int:x>/7/", view, name="a"), path("<int:x>/", view, name="b")])
    assert [router.match(text).name for text in ("/7/", "/8/7/", "/7/7/")] == ["b", "a", "a"]
    router = Router(
        [path("<int:x>/b", view, name="a"), path("<str:x>", view, name="b"), path("c/<str:x>", view, name="c")]
    )
    assert [router.match(text).name for text in ("/b", "/8/b", "/c/b")] == ["b", "a", "c"]


def test_a_parameter_that_may_be_nothing_is_found_at_the_end_of_a_path() -> None:
    router = Router([path("a/<maybe:x>", view, name="a"), path("a/<int:x>/b", view)], converters=OWN)
    assert [router.match(text).kwargs for text in ("/a/", "/a/b", "/a/7")] == [{"x": ""}, {"x": "b"}, {"x": "7"}]
    with pytest.raises(NoMatch):
        router.match("/a/77")


def test_a_literal_route_is_found_where_a_converter_refuses_today_what_it_took_yesterday() -> None:
    class Open(Maybe):
        taken = frozenset({"new"})
        regex = "[a-z]+"

        def to_python(self, text: str) -> str:
            """Return a text that is known."""
            if text not in Open.taken:
                raise ValueError(text)
            return text

    router = Router([path("<open:x>/", view, name="open"), path("new/", view, name="new")], converters={"open": Open})
    assert router.match("/new/").name == "open"
    Open.taken = frozenset()
    assert router.match("/new/").name == "new"


@pytest.mark.parametrize("text", ["a\nb", "a\x00b/<int:x>", "a\x7f/<int:x>/b", "<int:x>/\tb/"])
def test_routes_with_control_characters_in_their_text_lead_nowhere(text: str) -> None:
    with pytest.raises(NoMatch):
        Router([path(text, view)]).match("/" + text.replace("<int:x>", "7"))


@pytest.mark.parametrize("ending", ["", "/", "/b", "/b/", "/b/c"])
@pytest.mark.parametrize("kind", ["int", "slug", "uuid", "str"])
def test_lazy_views_and_arguments_of_the_route_come_with_any_shape(kind: str, ending: str) -> None:
    value = UUIDS[0] if kind == "uuid" else "7"
    lazy = Router([path(f"a/<{kind}:x>{ending}", "html.escape")])
    assert lazy.match(f"/a/{value}{ending}").view is html.escape
    extra = Router([path(f"a/<{kind}:x>{ending}", view, {"x": 1, "y": 2})])
    match = extra.match(f"/a/{value}{ending}")
    assert match.kwargs == {"x": 1, "y": 2}
    assert list(match.captured_kwargs) == ["x"]


def test_every_match_with_arguments_has_its_own() -> None:
    router = Router([path("b/", view, {"x": 1}), path("c/<int:x>/", view), path("d/<int:x>/<int:y>/", view)])
    for text in ("/b/", "/c/1/", "/d/1/2/"):
        before = dict(router.match(text).kwargs)
        router.match(text).kwargs["more"] = 1
        assert router.match(text).kwargs == before


@given(st.text(st.sampled_from("0123456789abcdefABCDEF-_ x٣é"), max_size=40))
def test_a_uuid_is_what_its_expression_says(text: str) -> None:
    assert_like_expression("uuid", text, UUIDConverter.regex)


@given(st.uuids(), st.integers(0, 35), st.sampled_from("0aA-g_ é٣+"))
def test_a_uuid_with_another_character_is_what_its_expression_says(value: uuid.UUID, at: int, letter: str) -> None:
    text = str(value)
    assert_like_expression("uuid", text, UUIDConverter.regex)
    assert_like_expression("uuid", f"{text[:at]}{letter}{text[at + 1 :]}", UUIDConverter.regex)
    taken: Any = Router([path("<uuid:x>", view)]).match(f"/{text}").kwargs["x"]
    assert type(taken) is uuid.UUID
    assert (taken, repr(taken), hash(taken), taken.is_safe) == (value, repr(value), hash(value), value.is_safe)


@given(st.text(st.one_of(st.sampled_from("09azAZ-_.é٣ "), st.characters(exclude_characters="/")), max_size=12))
def test_slugs_and_numbers_are_what_their_expressions_say(text: str) -> None:
    assert_like_expression("slug", text, SlugConverter.regex)
    assert_like_expression("int", text, IntConverter.regex)


def assert_like_expression(kind: str, text: str, expression: str) -> None:
    """Hold a converter's quick way against its expression."""
    taken = found(Router([path(f"a/<{kind}:x>", view)]), f"/a/{text}")
    assert (taken is not None) == (re.fullmatch(expression, text) is not None)
