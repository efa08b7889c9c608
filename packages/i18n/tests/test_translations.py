"""Messages from files, and the language in force."""

import asyncio
import os
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR
from partita.contracts.settings import LANGUAGE
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.i18n import (
    TRANSLATIONS,
    Catalogue,
    CatalogueError,
    LanguageError,
    Translations,
    get_language,
    gettext,
    gettext_lazy,
    ngettext,
    override,
    override_zone,
    pgettext,
    read_catalogue,
)
from partita.i18n.integration import LOCALE_DIRS, setup
from partita.text import Markup, current_zone, localize


def test_messages_plurals_and_contexts_are_translated(locale_dir: Path) -> None:
    with Translations([locale_dir], ["de"]).use("de") as translator:
        assert (gettext("Cart"), gettext("Absent"), gettext("Fuzzy"), gettext("Untranslated")) == (
            "Warenkorb",
            "Absent",
            "Fuzzy",
            "Untranslated",
        )
        assert (pgettext("verb", "Open"), pgettext("state", "Open"), pgettext("x", "Open"), gettext("Open")) == (
            "Öffnen",
            "Offen",
            "Open",
            "Open",
        )
        assert [ngettext("%(n)s track", "%(n)s tracks", n) for n in (1, 2)] == ["%(n)s Stück", "%(n)s Stücke"]
        assert translator.npgettext("rail", "%(n)s track", "%(n)s tracks", 2) == "%(n)s Gleise"  # type: ignore[attr-defined] # more than the port asks for
    assert gettext("Cart") == "Cart"


@pytest.mark.parametrize(
    ("language", "messages", "forms"),
    [
        (
            "ru",
            ("file", "files"),
            {1: "файл", 2: "файла", 5: "файлов", 11: "файлов", 21: "файл", 24: "файла", 112: "файлов"},
        ),
        ("ar", ("book", "books"), {0: "0", 1: "1", 2: "2", 3: "3", 10: "3", 11: "4", 99: "4", 100: "5", 102: "5"}),
        ("de", ("absent", "absents"), {0: "absents", 1: "absent", 2: "absents"}),
    ],
)
def test_plural_forms_follow_the_language(
    locale_dir: Path, language: str, messages: tuple[str, str], forms: dict[int, str]
) -> None:
    with Translations([locale_dir], [language]).use(language):
        assert {n: ngettext(*messages, n) for n in forms} == forms


def test_a_region_falls_back_to_its_language(locale_dir: Path) -> None:
    translations = Translations([locale_dir], ["de-at", "de-ch"])
    with translations.use("de-at"):
        assert (gettext("Cart"), pgettext("verb", "Open")) == ("Wagerl", "Öffnen")
    with translations.use("de-ch"):
        assert gettext("Cart") == "Warenkorb"


def test_lazy_text_follows_the_language(locale_dir: Path) -> None:
    label = gettext_lazy("Cart")
    translations = Translations([locale_dir], ["de"])
    with translations.use("de"):
        assert str(label) == "Warenkorb"
        assert get_language() == "de"
        with override("en"):
            assert str(label) == "Cart"
            assert get_language() == "en"
        with override(None):
            assert str(label) == "Cart"
            assert get_language() is None
        with override("de-li"):
            assert get_language() == "de"
    assert get_language() is None


def test_override_without_translations_changes_formats() -> None:
    with override("de"):
        assert localize(1.5) == "1,5"
        assert get_language() == "de"
    assert localize(1.5) == "1.5"


def test_tasks_have_languages_of_their_own(locale_dir: Path) -> None:
    translations = Translations([locale_dir], ["de"])

    async def speak(language: str) -> str:
        with translations.use(language):
            await asyncio.sleep(0)
            return gettext("Cart")

    async def both() -> list[str]:
        return await asyncio.gather(*(speak(language) for language in ["de", "en"] * 10))

    assert asyncio.run(both()) == ["Warenkorb", "Cart"] * 10


def test_compiled_files_are_read_unless_their_source_is_newer(locale_dir: Path) -> None:
    source = locale_dir / "de" / "LC_MESSAGES" / "messages.po"
    compiled = source.with_suffix(".mo")
    with source.open("rb") as read, compiled.open("wb") as written:
        write_mo(written, read_po(read))
    assert read_catalogue(compiled).messages == read_catalogue(source).messages
    source.write_text(source.read_text(encoding="utf-8").replace("Warenkorb", "Korb"), encoding="utf-8")
    os.utime(compiled, (1, 1))
    with Translations([locale_dir], ["de"]).use("de"):
        assert gettext("Cart") == "Korb"
    os.utime(source, (0, 0))
    with Translations([locale_dir], ["de"]).use("de"):
        assert gettext("Cart") == "Warenkorb"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mo", b"junk"),
        ("a.mo", b"\xde\x12\x04\x95" + b"\xff" * 60),
        ("a.po", b"nonsense here\n"),
        ("a.po", b'\xff\xfe"'),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogueError, match=name):
        read_catalogue(tmp_path / name)


def test_a_language_that_is_not_set_up_is_refused() -> None:
    with pytest.raises(LanguageError, match="one of de, en"):
        Translations(languages=["de"]).translator("fr")
    with pytest.raises(LanguageError):
        Translations(languages=["../etc"])


def test_setup_provides_the_languages_of_the_settings(locale_dir: Path) -> None:
    app = SimpleRegistrar(i18n={"languages": ("de", "ru")})
    setup(app)
    app.add(LOCALE_DIRS, locale_dir)
    app.provide(LANGUAGE, lambda: "en")
    assert app.require(TRANSLATIONS).languages == ("de", "ru", "en")
    assert {name for name, _ in app.all(TEMPLATE_LIBRARIES)} >= {"i18n", "l10n", "tz"}
    token = CURRENT.set(app)
    with override("de"):
        assert gettext("Cart") == "Warenkorb"
    CURRENT.reset(token)
    assert TRANSLATOR.get() is None


def test_two_sites_do_not_share_messages() -> None:
    one, two = (
        Translations(languages=["de"], catalogues={"de": [Catalogue({(None, "Cart"): (text,)})]})
        for text in ("Korb", "Wagen")
    )
    with one.use("de"):
        first = gettext("Cart")
        with two.use("de"):
            assert (first, gettext("Cart")) == ("Korb", "Wagen")


def test_the_zone_in_force_can_be_changed() -> None:
    with override_zone("Asia/Tokyo"):
        assert str(current_zone()) == "Asia/Tokyo"
        with override_zone(None):
            assert current_zone() is None
    assert current_zone() is None


def test_safe_html_stays_safe_when_it_is_translated() -> None:
    messages = {(None, "<b>Cart</b>"): ("<b>Korb</b>",), ("verb", "May"): ("Kann",)}
    with Translations(languages=["de"], catalogues={"de": [Catalogue(messages)]}).use("de"):
        assert gettext(Markup("<b>Cart</b>")) == "<b>Korb</b>"
        assert type(gettext(Markup("<b>Cart</b>"))) is Markup
        assert type(pgettext("verb", Markup("May"))) is Markup
        assert type(gettext("<b>Cart</b>")) is str
