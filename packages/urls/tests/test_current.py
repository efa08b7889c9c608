"""Routes of the current application, of another root, in another language, below another place."""

import datetime
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR, LazyText
from partita.urls import (
    ROUTER,
    NoMatch,
    PatternError,
    Router,
    clear_script_prefix,
    clear_url_caches,
    get_resolver,
    get_script_prefix,
    get_urlconf,
    include,
    is_valid_path,
    path,
    re_path,
    resolve,
    reverse,
    reverse_lazy,
    script_prefix,
    set_script_prefix,
    set_urlconf,
)
from partita.urls.current import Routers, with_script_prefix
from partita.urls.router import CacheInfo


def view(request: object) -> None:
    """Stand for a view."""


class _App:
    def __init__(self, router: Router) -> None:
        self.router = router

    def require(self, key: object) -> Any:
        assert key is ROUTER
        return self.router

    def find(self, key: object) -> Any:
        return self.router if key is ROUTER else None

    def all(self, point: object) -> tuple[Any, ...]:
        return ()


@pytest.fixture
def current() -> Iterator[Router]:
    router = Router([path("a/<int:pk>/", view, name="a"), path("b/", view, {"x": 1}, name="b")], cache=2)
    token = CURRENT.set(_App(router))
    yield router
    CURRENT.reset(token)


def test_paths_resolve_and_reverse_with_the_current_router(current: Router) -> None:
    match = resolve("/a/7/")
    function, args, kwargs = match
    assert (function, args, kwargs) == (view, (), {"pk": 7})
    assert (match.captured_kwargs, match.extra_kwargs) == ({"pk": 7}, {})
    other = resolve("/b/")
    assert (other.captured_kwargs, other.extra_kwargs, other.app_name) == ({}, {"x": 1}, "")
    assert is_valid_path("/b/")
    assert not is_valid_path("/c/")
    assert get_resolver() is current


def test_another_root_takes_the_place_of_the_applications(current: Router) -> None:
    try:
        set_urlconf([path("only/", view, name="only")])
        assert reverse("only") == "/only/"
        assert not is_valid_path("/b/")
        assert get_urlconf() is get_resolver()
    finally:
        set_urlconf(None)
    assert get_urlconf() is None
    assert is_valid_path("/b/")
    assert resolve("/x/", [path("x/", view)]).route == "x/"


def test_links_begin_where_the_application_is_mounted(current: Router) -> None:
    with script_prefix("/shop"):
        assert reverse("b") == "/shop/b/"
        assert get_script_prefix() == "/shop/"
    try:
        set_script_prefix("/other")
        assert reverse("b") == "/other/b/"
    finally:
        clear_script_prefix()
    assert reverse("b") == "/b/"


def test_a_full_cache_makes_room_for_several_paths_at_once() -> None:
    router = Router([path("<slug:x>/", view)], cache=80)

    def ask(*texts: object) -> CacheInfo:
        for text in texts:
            router.match(f"/{text}/")
        found = router.cache_info()
        assert found is not None
        return found

    assert ask(*range(80)).currsize == 80
    assert ask(0, "new").currsize == 71  # one look for the oldest ones serves ten misses
    assert ask(0, *range(11, 80)).hits == 71  # 1 to 10 were asked for longest ago
    assert ask(*range(1, 11)).currsize == 71
    assert ask(*(f"n{each}" for each in range(300))).currsize <= 80


def test_remembered_matches_are_bounded_and_nobody_shares_their_arguments(current: Router) -> None:
    first = resolve("/a/1/")
    first.kwargs["pk"] = "changed"
    assert resolve("/a/1/").kwargs == {"pk": 1}
    for number in range(10):
        assert resolve(f"/a/{number}/").kwargs == {"pk": number}
    assert current._cache is not None
    assert len(current._cache._found) <= 2
    clear_url_caches()
    assert not current._cache._found
    current.add(path("c/", view))
    assert resolve("/c/").route == "c/"
    with pytest.raises(NoMatch):
        resolve("/d/")


def test_routes_are_translated() -> None:
    words = {"de": "ueber/", "fr": "a-propos/"}

    def about() -> str:
        translator = TRANSLATOR.get()
        return words.get("" if translator is None else translator.language, "about/")

    lazy = LazyText(about)
    inner = [re_path(LazyText(lambda: f"^{about()}$"), view, name="inner")]
    router = Router([path(lazy, view, name="about"), path("in/", include((inner, "in")))])
    assert router.reverse("about") == "/about/"
    for language, word in words.items():
        token = TRANSLATOR.set(cast("Any", SimpleNamespace(language=language)))
        try:
            assert router.reverse("about") == f"/{word}"
            assert router.reverse("in:inner") == f"/in/{word}"
            assert router.match(f"/{word}").name == "about"
            assert router.match(f"/in/{word}").name == "inner"
            with pytest.raises(NoMatch):
                router.match("/about/")
        finally:
            TRANSLATOR.reset(token)
    with pytest.raises(PatternError):
        Router([path(LazyText(lambda: "<in valid>"), view)])


def test_matches_are_forgotten_in_time_and_the_used_ones_stay() -> None:
    now, converted = 0.0, []

    class Counting:
        regex = "[0-9]"

        def to_python(self, text: str) -> str:
            converted.append(text)
            return text

        def to_url(self, value: object) -> str:
            return str(value)

    router = Router([path("<n:x>/", view)], {"n": Counting}, cache=2, cache_seconds=60, clock=lambda: now)
    for text in "12131":  # the 1 is asked for again and again, so the others give way
        router.match(f"/{text}/")
    assert converted == ["1", "2", "3"]
    assert router._cache is not None
    assert len(router._cache._found) == 2
    before = len(converted)
    router.match("/3/")
    assert len(converted) == before
    now = 61.0
    router.match("/3/")
    assert len(converted) == before + 1


def test_keyword_arguments_must_be_a_mapping() -> None:
    with pytest.raises(TypeError, match="kwargs argument must be a dict, but got str"):
        path("a/", view, "name")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("converter", "text", "value"),
    [
        ("float", "-1.5", -1.5),
        ("float", "2", 2.0),
        ("bool", "true", True),
        ("date", "2026-02-28", datetime.date(2026, 2, 28)),
        ("hex", "ff", 255),
        ("octal", "17", 15),
        ("alpha", "aB", "aB"),
        ("alphanumeric", "a1", "a1"),
        ("email", "a.b@c.test", "a.b@c.test"),
        ("json", '{"a":[1,null,"ü"]}', {"a": [1, None, "ü"]}),
    ],
)
def test_more_converters_read_and_write(converter: str, text: str, value: object) -> None:
    router = Router([path(f"<{converter}:x>/", view, name="x")])
    assert router.match(f"/{text}/").kwargs == {"x": value}
    assert router.match(unquote(router.reverse("x", x=value))).kwargs == {"x": value}


@pytest.mark.parametrize(
    ("converter", "text"),
    [("float", "1e5"), ("float", "nan"), ("bool", "1"), ("date", "2026-02-30"), ("hex", "FG"), ("octal", "8"), ("alpha", "ä"), ("email", "a@b"), ("json", "{"), ("json", "NaN"), ("json", "[" * 100_000)],
)  # fmt: skip
def test_more_converters_refuse_what_is_something_else(converter: str, text: str) -> None:
    with pytest.raises(NoMatch):
        Router([path(f"<{converter}:x>/", view)]).match(f"/{text}/")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_has_a_path(number: float) -> None:
    router = Router([path("<float:x>/", view, name="x")])
    found = router.match(router.reverse("x", x=number)).kwargs["x"]
    assert found == number


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        ("/bump%20map/", "/bump%2520map/"),
        ("/{{x}}", "/%7B%7Bx%7D%7D/"),
        ("/(a)~/", "/(a)~/"),
        ("//evil.test/", "/%2Fevil.test/"),
    ],
)
def test_the_place_of_the_application_is_escaped(prefix: str, path: str) -> None:
    with script_prefix(prefix):
        assert with_script_prefix("/") == path
        assert with_script_prefix("/x%2F/") == f"{path}x%2F/"
        assert get_script_prefix() == (prefix if prefix.endswith("/") else f"{prefix}/")
    assert with_script_prefix("/x/") == "/x/"


def test_reverse_takes_other_routes(current: Router) -> None:
    others = [path("other/<int:pk>/", view, name="b")]
    assert reverse("b", urlconf=others, pk=3) == "/other/3/"
    assert str(reverse_lazy("b", urlconf=others, pk=4)) == "/other/4/"
    assert reverse("b") == "/b/"


def test_a_router_is_made_once_for_each_root() -> None:
    own, lists = Router([]), [[path(f"{number}/", view)] for number in range(300)]
    routers = Routers({}, "shop.urls", lambda: own)
    assert routers("shop.urls") is own
    assert routers(own) is own
    assert routers(lists[0]) is routers(lists[0])
    assert routers(lists[1]) is not routers(lists[2])
    first = routers(lists[0])
    for each in lists:  # a middleware may make one for each request: they are not kept for ever
        routers(each)
    assert routers(lists[0]) is not first
    kept = routers(lists[-1])
    routers.clear()
    assert routers(lists[-1]) is not kept
    with pytest.raises(ImportError):
        routers("no_such_module")


def test_how_often_remembered_matches_are_of_use_is_told() -> None:
    router = Router([path("a/<int:pk>/", view)], cache=2)
    for number in (1, 1, 2, 3, 1):
        router.match(f"/a/{number}/")
    with pytest.raises(NoMatch):
        router.match("/b/")
    assert router.cache_info() == (1, 5, 2, 2)
    assert Router([]).cache_info() is None
