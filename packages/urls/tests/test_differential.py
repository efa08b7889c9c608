"""The same routes and paths given to partita and to Django: the same route is found, with the same arguments."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.urls import NoMatch, Router, include, path

pytest.importorskip("django")

import django
from django.urls import Resolver404, URLResolver
from django.urls import include as django_include
from django.urls import path as django_path
from django.urls.resolvers import RegexPattern

VALUES = ["a", "b", "7", "12", "a b", "٣", "²", "é", "-", "_", "", "+1", "1_0", "a-7", "a.7", "007", "7\u00a0"]
VALUES += ["00000000-0000-0000-0000-00000000000a", "0000000a-0000-0000-0000-00000000000A"]
segments = st.sampled_from(["a", "b", "7", "<int>", "<int>", "<str>", "<slug>", "<uuid>", "a-<int>", "<slug>.<int>"])
texts = st.one_of(
    *[st.lists(segments, min_size=1, max_size=5).map("/".join)] * 4,
    st.sampled_from(["<path>", "a/<path>", "<int>/<path>", "b/a/<path>"]),
)
ends = st.sampled_from(["", "/"])
Site = list[tuple[str, list[str]]]
sites = st.lists(
    st.tuples(
        st.sampled_from(["", "", "a/", "b/", "<int>/", "<slug>/"]), st.lists(st.builds(str.__add__, texts, ends), max_size=5)
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _django() -> None:
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
        django.setup()


def view(request: object, **kwargs: object) -> None:
    """A view."""


def numbered(text: str, prefix: str) -> str:
    """Give the parameters of a route names."""
    return "".join(
        f"{part}:{prefix}{number}>" if "<" in part else part for number, part in enumerate(re.split(">", text))
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Site, list[str]]:
    """Draw routes within includes, and paths that look as they do."""
    site = draw(sites)
    whole = [f"{start}{text}" for start, below in site for text in below] or ["a"]
    paths = []
    for _ in range(draw(st.integers(1, 12))):
        pieces = re.split("<[a-z]+>", draw(st.sampled_from(whole)))
        gaps = [draw(st.sampled_from(VALUES)) for _ in pieces[1:]]
        paths.append("".join(f"{piece}{gap}" for piece, gap in zip(pieces, [*gaps, ""], strict=True)))
    return site, paths


@settings(max_examples=300, deadline=None)
@given(questions())
def test_the_same_route_is_found_with_the_same_arguments(question: tuple[Site, list[str]]) -> None:
    site, paths = question
    ours, theirs = [], []
    for outer, (start, below) in enumerate(site):
        routes = [(numbered(text, "p"), f"r{outer}-{inner}") for inner, text in enumerate(below)]
        ours.append(path(numbered(start, "q"), include([path(text, view, name=name) for text, name in routes])))
        theirs.append(
            django_path(
                numbered(start, "q"), django_include([django_path(text, view, name=name) for text, name in routes])
            )
        )
    router, resolver = Router(ours), URLResolver(RegexPattern(r"^/"), theirs)
    for text in paths:
        expected = found = None
        try:
            match = resolver.resolve(f"/{text}")
            expected = match.url_name, match.args, match.kwargs
        except Resolver404:
            pass
        try:
            own = router.match(f"/{text}")
            found = own.name, own.args, own.kwargs
        except NoMatch:
            pass
        assert found == expected
