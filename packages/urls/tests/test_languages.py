"""Routes below the tag of a language."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from partita.contracts.i18n import TRANSLATOR
from partita.urls import NoMatch, PatternError, Router, host, i18n_patterns, include, path


def view(request: object, **kwargs: object) -> None:
    """A view."""


class Speaker:
    """A translator that translates nothing."""

    def __init__(self, language: str) -> None:
        self.language = language

    def gettext(self, message: str) -> str:
        """Return the message."""
        return message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form."""
        return singular if number == 1 else plural

    def pgettext(self, context: str, message: str) -> str:
        """Return the message."""
        return message


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Enter a language."""
    token = TRANSLATOR.set(Speaker(language))
    yield
    TRANSLATOR.reset(token)


ROUTES = [path("", view, name="home"), path("<slug:album>/", include(([path("buy/", view, name="buy")], "shop")))]


def test_each_language_has_its_prefix_and_the_match_tells_it() -> None:
    router = Router([*i18n_patterns(*ROUTES, languages=["de", "pt-br"]), path("api/", view, name="api")])
    assert router.match("/de/").language == "de"
    found = router.match("/pt-br/aja/buy/")
    assert (found.language, found.kwargs, found.view_name) == ("pt-br", {"album": "aja"}, "shop:buy")
    assert router.match("/api/").language is None
    assert router.languages == ("de", "pt-br")
    assert router.unprefixed_language is None
    for missing in ("/", "/aja/buy/", "/en/", "/DE/"):
        with pytest.raises(NoMatch):
            router.match(missing)


def test_reverse_takes_the_current_language() -> None:
    router = Router([*i18n_patterns(*ROUTES, languages=["de", "pt", "fr"]), path("api/", view, name="api")])
    with speaking("fr"):
        assert router.reverse("shop:buy", album="aja") == "/fr/aja/buy/"
        assert router.reverse("api") == "/api/"
    with speaking("pt-br"):
        assert router.reverse("home") == "/pt/"
    with speaking("ja"):
        assert router.reverse("home") == "/de/"
    assert router.reverse("home") == "/de/"


def test_one_language_may_have_no_prefix() -> None:
    router = Router(i18n_patterns(*ROUTES, languages=["en", "de"], unprefixed="en"))
    assert router.match("/").language == "en"
    assert router.match("/aja/buy/").language == "en"
    assert router.match("/de/").language == "de"
    assert router.match("/de/aja/buy/").language == "de"
    assert (router.languages, router.unprefixed_language) == (("de",), "en")
    with speaking("de"):
        assert router.reverse("home") == "/de/"
    for language in ("en", "ja"):
        with speaking(language):
            assert router.reverse("shop:buy", album="aja") == "/aja/buy/"


def test_routes_added_later_may_have_languages() -> None:
    router = Router([path("api/", view)])
    assert not router.languages
    router.add(*i18n_patterns(path("news/", view, name="news"), languages=["de"]))
    assert list(router.languages) == ["de"]
    assert router.match("/de/news/").language == "de"


@pytest.mark.parametrize("tag", ["DE", "d", "de_AT", "de/", "", "../x"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(PatternError, match="tag"):
        i18n_patterns(*ROUTES, languages=[tag])
    with pytest.raises(PatternError, match="tag"):
        i18n_patterns(*ROUTES, languages=["fr"], unprefixed=tag)


def test_a_tag_instead_of_a_list_is_refused() -> None:
    with pytest.raises(PatternError, match="list"):
        i18n_patterns(*ROUTES, languages="de")


def test_routes_of_languages_stand_outermost() -> None:
    below = i18n_patterns(path("a/", view, name="a"), languages=["de"])
    with pytest.raises(PatternError, match="outermost list of routes"):
        Router([path("shop/", include(below))])
    assert Router([host("shop.test", below)]).match("/de/a/", host="shop.test").language == "de"
