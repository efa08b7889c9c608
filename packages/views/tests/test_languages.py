"""The same page in another language."""

import pytest

from partita.contracts.i18n import TRANSLATOR, LazyText
from partita.i18n import override
from partita.testing import application
from partita.urls import i18n_patterns, include, path
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
