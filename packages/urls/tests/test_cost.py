"""Hostile paths cost what honest ones of their length do; the text of routes is the programmer's own."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.urls import PatternError, Router, UrlError, include, path, re_path
from partita.urls.converters import DEFAULT_CONVERTERS
from partita.urls.verification import verify_source

SIZE = 2**14
"""Characters; twice as many may cost 2.3 times as much."""
NOISE = 0.004
"""Seconds of processor time below which nothing is told from nothing."""


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
    "reverse": lambda text: router.reverse("end", rest=text),
    "verify_source": lambda text: verify_source(router, f'reverse("{text}")'),
}  # fmt: skip
CASES = [(name, piece) for name in NASTY for piece in PIECES]


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    for edge in ("", "/", "!"):
        small, large = (piece * (size // len(piece)) + edge for size in (SIZE, 2 * SIZE))

        def run(text: str) -> None:
            try:
                NASTY[name](text)
            except UrlError:  # what is refused has been looked at, too
                return

        if least_seconds(partial(run, large), enough=NOISE, attempts=1) <= NOISE:
            continue
        # What grows too fast does so in every round; a machine that slows down between two measurements does not.
        assert any(is_within(partial(run, small), partial(run, large)) for _ in range(5))


def is_within(small: Callable[[], object], large: Callable[[], object]) -> bool:
    allowed = 2.3 * least_seconds(small, attempts=3) + NOISE
    return least_seconds(large, enough=allowed, attempts=5) <= allowed


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
