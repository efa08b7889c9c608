"""Hostile paths cost what honest ones of their length do; the text of routes is the programmer's own."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import partita.urls
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.urls import PatternError, Router, UrlError, include, path, re_path
from partita.urls.converters import DEFAULT_CONVERTERS
from partita.urls.current import is_valid_path, resolve, script_prefix, with_script_prefix
from partita.urls.proposals import near, proposal
from partita.urls.reversing import quoted_path, with_query
from partita.urls.tree import is_path
from partita.urls.verification import verify_source

SIZE = cost_size(2**14)
"""Characters of the shorter text."""


def view(request: object, **kwargs: object) -> None:
    """A view."""


below = [path(f"<{name}:x>/", view, name=f"x-{name}") for name in sorted(DEFAULT_CONVERTERS)]
router = Router(
    [
        path("a/<path:rest>/end/", view, name="end"),
        path("b/<str:x>-<str:y>/", view, name="pair"),
        path("c/", include((below, "c"))),
        path("<slug:x>/<slug:y>/<slug:z>/", view, name="three"),
        re_path(r"^d/(?P<x>[^/]+)/$", view, name="regex"),
    ]
)
PIECES = ("a/", "/", "a", "-", "a-", "1", "1/", "%41", "é", "..", "a/end/", "c/", "1.", "a@b.", "{", '["', "0x")
NASTY: dict[str, Callable[[str], object]] = {
    **{f"match {start}": partial(lambda start, text: router.match(f"/{start}{text}"), start) for start in ("a/", "b/", "c/", "", "d/")},
    "resolve": lambda text: resolve(f"/a/{text}", router),
    "is_path": lambda text: is_path(f"/{text}"),
    "is_valid_path": lambda text: is_valid_path(f"/{text}", router),
    "reverse": lambda text: router.reverse("end", rest=text),
    "script_prefix": lambda text: script_prefix(f"/{text}").__enter__(),
    "with_script_prefix": lambda text: with_script_prefix(f"/{text}"),
    "quoted_path": lambda text: quoted_path(f"/{text}"),
    "with_query": lambda text: with_query("/", {text: text}, text),
    "near": lambda text: near(text, ("album", text[1:])),
    "proposal": lambda text: proposal(text, ("album", f"shop:{text.rpartition(':')[2]}")),
    "verify_source": lambda text: verify_source(router, f'reverse("{text}")'),
}  # fmt: skip
NO_INPUT = {
    # Routes, names and regular expressions are the programmer's own text, read once at the start.
    "get_callable", "get_converters", "register_converter", "registered_converters", "chosen_urlconf", "clear_script_prefix",
    "clear_url_caches", "get_resolver", "get_script_prefix", "get_urlconf", "set_script_prefix", "set_urlconf", "make_edge",
    "split", "flatten", "foreign", "setup", "host", "i18n_patterns", "include", "path", "re_path", "find_problems", "takes_slash",
    "templates", "resources", "typed_functions", "verify_files",
    "url", "reverse_lazy",  # they call `reverse`
}  # fmt: skip
CASES = [(name, piece) for name in NASTY for piece in PIECES]


def test_every_function_is_in_the_registry() -> None:
    found = public_functions(partita.urls)
    assert found - set(NASTY) - NO_INPUT == set()
    assert NO_INPUT - found == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    def run(text: str) -> None:
        try:
            NASTY[name](text)
        except (UrlError, ValueError):  # what is refused has been looked at, too
            return

    for edge in ("", "/", "!"):
        assert is_linear(run, piece, SIZE, edge)


@given(st.sampled_from(sorted(DEFAULT_CONVERTERS)), st.text(max_size=30))
def test_a_converter_takes_a_text_and_gives_one_that_it_takes_or_the_path_leads_nowhere(name: str, text: str) -> None:
    try:
        value = router.match(f"/c/{text}/").kwargs["x"]
        written = router.reverse(f"c:x-{name}", x=value)
    except UrlError:
        return
    assert written.startswith("/c/")


@given(st.text(max_size=40))
def test_any_text_is_a_route_or_refused(text: str) -> None:
    try:
        route = path(text, view)
    except PatternError as error:
        assert str(error)  # noqa: PT017 - one of two right outcomes
    else:
        assert route.text == text
