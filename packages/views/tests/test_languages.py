"""The same page in another language."""

import pytest

from partita.contracts.i18n import TRANSLATOR, LazyText
from partita.i18n import override
from partita.testing import application
from partita.urls import host, i18n_patterns, include, path, script_prefix
from partita.views.languages import translate_url

WORDS = {"de": "ueber/", "en": "about/"}


def view(request: object) -> None:
    """Stand for a view."""


def word() -> str:
    translator = TRANSLATOR.get()
    return WORDS.get("" if translator is None else translator.language, "about/")


@pytest.mark.parametrize(
    ("url", "language", "other"),
    [
        ("/en/albums/7/", "de", "/de/albums/7/"),
        ("https://x.test/en/albums/7/?a=1#b", "de", "https://x.test/de/albums/7/?a=1#b"),
        ("/en/in/x%20y/", "de", "/de/in/x%20y/"),
        ("/about/", "de", "/ueber/"),
        ("/nowhere/", "de", "/nowhere/"),
        ("/same/", "de", "/same/"),
    ],
)
def test_a_url_is_translated_if_it_leads_anywhere(url: str, language: str, other: str) -> None:
    inner = [path("<str:name>/", view, name="inner")]
    urls = [
        *i18n_patterns(
            path("albums/<int:pk>/", view, name="album"), path("in/", include((inner, "in"))), languages=("en", "de")
        ),
        path(LazyText(word), view, name="about"),
        path("same/", view, {"x": 1}, name="same"),
    ]
    apps = ("partita.http", "partita.urls", "partita.i18n")
    with application(urls=urls, default_apps=apps, i18n={"languages": ("en", "de")}), override("en"):
        assert translate_url(url, language) == other


def test_it_stays_where_the_application_is_mounted_and_on_its_host() -> None:
    own = i18n_patterns(path("a/<slug:x>/", view, {"x": "over"}, name="a"), languages=("en", "de"))
    urls = [host("shop.test", own), *i18n_patterns(path("b/", view, name="b"), languages=("en", "de"))]
    apps = ("partita.http", "partita.urls", "partita.i18n")
    with application(urls=urls, default_apps=apps, i18n={"languages": ("en", "de")}), override("en"):
        with script_prefix("/my shop/"):
            assert translate_url("/my%20shop/en/b/?q=1", "de") == "/my%20shop/de/b/?q=1"
            assert translate_url("/en/b/", "de") == "/en/b/"  # is not ours
        assert translate_url("https://shop.test/en/a/lp/", "de") == "https://shop.test/de/a/lp/"
        assert translate_url("https://other.test/en/a/lp/", "de") == "https://other.test/en/a/lp/"
