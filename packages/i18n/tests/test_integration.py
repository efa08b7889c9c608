"""What the settings of an application do to its languages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT
from partita.contracts.settings import LANGUAGE
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.i18n import TRANSLATIONS, Translations, currency, get_language_bidi, gettext, language_cookie, override
from partita.i18n.alternates import alternates
from partita.i18n.integration import setup
from partita.templates import Engine
from partita.text import date_format, localize, number_format


class Application:
    """An application as far as this package needs one."""

    def __init__(self, language: str = "en", **section: Any) -> None:
        self.language, self.values = language, section
        self.factories: dict[Any, Callable[[], Any]] = {LANGUAGE: lambda: language}
        self.made: dict[Any, Any] = {}
        self.points: dict[Any, list[Any]] = {}
        setup(self)

    def provide(self, key: Any, factory: Callable[[], Any]) -> None:
        self.factories[key] = factory

    def require(self, key: Any) -> Any:
        if key not in self.made:
            self.made[key] = self.factories[key]()
        return self.made[key]

    def find(self, key: Any) -> Any:
        return self.require(key) if key in self.factories else None

    def add(self, point: Any, value: Any) -> None:
        self.points.setdefault(point, []).append(value)

    def all(self, point: Any) -> tuple[Any, ...]:
        return tuple(self.points.get(point, ()))

    def section(self, name: str, kind: type[Any]) -> Any:
        assert name == "i18n"
        return msgspec.convert(self.values, kind)

    @property
    def translations(self) -> Translations:
        found: Translations = self.require(TRANSLATIONS)
        return found

    def findings(self) -> list[tuple[str, str]]:
        (check,) = self.all(CHECKS)
        return [(found.id, found.text) for found in check(self)]


def test_folders_and_languages_come_from_the_settings(locale_dir: Path) -> None:
    app = Application("de", languages=["ar"], locale_dirs=[str(locale_dir)])
    assert app.translations.languages == ("ar", "de")
    with app.translations.use("de"):
        assert gettext("Cart") == "Warenkorb"
    assert {command.name for command in app.all(COMMANDS)} == {"makemessages", "compilemessages", "checkmessages"}
    assert {name for name, _ in app.all(TEMPLATE_LIBRARIES)} == {"fluent", "messageformat", "i18n", "l10n", "tz"}


def test_names_directions_and_formats_come_from_the_settings() -> None:
    app = Application(
        languages={"de": "Deutsch", "dv": "Dhivehi"},
        right_to_left=["dv"],
        formats={
            "de": {"named": {"DATE_FORMAT": "d.m.Y"}, "group_numbers": True, "grouping": [2], "thousand_separator": "'"}
        },
    )
    token = CURRENT.set(app)
    try:
        with override("de"):
            import datetime

            assert date_format(datetime.date(2026, 3, 1)) == "01.03.2026"
            assert number_format(12345) == "1'23'45"
            engine = Engine(libraries={"i18n": "partita.i18n.templatetags"})
            shown = engine.from_string("{% load i18n %}{% get_available_languages as l %}{{ l|join:' ' }}").render({})
            assert "Deutsch" in shown
            assert "Dhivehi" in shown
        with override("dv"):
            assert get_language_bidi()
    finally:
        CURRENT.reset(token)


def test_thousands_may_be_set_apart_everywhere() -> None:
    app = Application(languages=["de", "hi"], group_numbers=True, formats={"de": {"group_numbers": False}})
    shown = []
    for language in ("en", "hi", "de"):
        with app.translations.use(language):
            shown.append(localize(1234567))
    assert shown == ["1,234,567", "12,34,567", "1234567"]


def test_the_cookie_comes_from_the_settings() -> None:
    app = Application(
        languages=["de"], cookie_name="lang", cookie_max_age=60, cookie_domain="shop.com", cookie_path="/s/", cookie_secure=True,
        cookie_httponly=False, cookie_samesite="Strict",
    )  # fmt: skip
    assert language_cookie("de", app.translations) == {
        "name": "lang", "value": "de", "max_age": 60, "domain": "shop.com", "path": "/s/", "secure": True, "httponly": False,
        "samesite": "Strict",
    }  # fmt: skip
    assert language_cookie("xx", app.translations) is None
    plain = language_cookie("en", Application().translations, secure=True)
    assert plain is not None
    assert (plain["name"], plain["secure"], plain["httponly"]) == ("partita_language", True, True)


def test_an_arabic_site_is_arabic_from_right_to_left_with_its_money() -> None:
    app = Application("ar")
    token = CURRENT.set(app)
    try:
        engine = Engine(libraries={"i18n": "partita.i18n.templatetags"})
        page = engine.from_string(
            "{% load i18n %}{% get_current_language as tag %}{% get_current_language_bidi as bidi %}"
            '<html lang="{{ tag }}"{% if bidi %} dir="rtl"{% endif %}>{% translate "This field is required." %}'
        )
        with app.translations.use(app.translations.default):
            assert page.render({}) == '<html lang="ar" dir="rtl">هذا الحقل مطلوب.'
            assert currency(1234.5, "SAR").endswith("ر.س.\u200f")
    finally:
        CURRENT.reset(token)


@pytest.mark.parametrize(
    ("language", "section", "identifier"),
    [
        ("en us!", {}, "i18n.E001"),
        ("en", {"languages": ["de", "not a tag"]}, "i18n.E002"),
        ("en", {"right_to_left": ["???"]}, "i18n.E003"),
        ("en", {"languages": ["qqq"]}, "i18n.W004"),
        ("en", {"languages": ["de"], "formats": {"de": {"colour": "red"}}}, "i18n.E006"),
        ("en", {"locale_dirs": ["/no/such/folder"]}, "i18n.W001"),
    ],
)
def test_wrong_settings_are_found_before_the_site_serves(
    language: str, section: dict[str, Any], identifier: str
) -> None:
    findings = Application(language, **section).findings()
    assert [found for found, _ in findings] == [identifier]


def test_a_broken_catalogue_is_found_before_the_site_serves(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.mo").write_bytes(b"no catalogue")
    ((identifier, text),) = Application(languages=["de"], locale_dirs=[str(tmp_path)]).findings()
    assert identifier == "i18n.E005"
    assert "messages.mo" in text
    assert Application("en-xa", languages=["de", "ar"]).findings() == []


def test_pages_name_the_same_page_in_other_languages() -> None:
    found = alternates("https://a.example/de/cart/?x=1#y", ["en", "de"], default="en")
    assert found == (
        ("en", "https://a.example/en/cart/"), ("de", "https://a.example/de/cart/"), ("x-default", "https://a.example/en/cart/"),
    )  # fmt: skip
    assert alternates("https://a.example/cart/", ["en", "de"]) == ()
    assert alternates("https://a.example/cart/", ["en", "de"], unprefixed="en") == (
        ("en", "https://a.example/cart/"), ("de", "https://a.example/de/cart/"),
    )  # fmt: skip
    assert alternates("https://a.example/de", ["en", "de"], unprefixed="en")[0].url == "https://a.example/"

    class Request:
        scheme, host, path = "https", "a.example", '/de/"<x>/'

    engine = Engine(libraries={"i18n": "partita.i18n.templatetags"})
    with Translations(languages=["de", "en"]).use("de"):
        shown = engine.from_string('{% load i18n %}{% alternate_links "en" %}').render({"request": Request()})
    assert shown == (
        '<link rel="canonical" href="https://a.example/de/&quot;&lt;x&gt;/">'
        '<link rel="alternate" hreflang="de" href="https://a.example/de/&quot;&lt;x&gt;/">'
        '<link rel="alternate" hreflang="en" href="https://a.example/en/&quot;&lt;x&gt;/">'
        '<link rel="alternate" hreflang="x-default" href="https://a.example/en/&quot;&lt;x&gt;/">'
    )


def test_the_currency_of_a_site_is_set_once() -> None:
    app = Application("ar", currency="SAR")
    token = CURRENT.set(app)
    try:
        page = Engine(libraries={"l10n": "partita.i18n.localization_tags"}).from_string(
            '{% load l10n %}{{ price|currency }}|{{ price|currency:"EUR" }}|{{ word|currency }}'
        )
        with app.translations.use("ar"):
            sar, euro, word = page.render({"price": "1234.5", "word": "free"}).split("|")
        assert (sar.endswith("ر.س.\u200f"), "€" in euro, word) == (True, True, "free")
    finally:
        CURRENT.reset(token)
    with pytest.raises(ValueError, match="no currency: pass one"):
        currency(1)
    with pytest.raises(msgspec.ValidationError):
        Application(currency="euro").require(TRANSLATIONS)
