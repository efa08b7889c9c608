"""The language of the settings is in force where nobody activated another one: in tasks, mails and commands."""

import asyncio
import sys
from collections.abc import Callable
from contextvars import copy_context
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.i18n import (
    current_translator,
    gettext,
    gettext_lazy,
    ngettext,
    npgettext,
    pgettext,
    untranslated,
)
from partita.contracts.templates import TEMPLATES
from partita.http import Request, Response
from partita.i18n import deactivate_all, get_language, get_language_bidi, override
from partita.orm import Model, Registry
from partita.text import current_formats, date_format, localize
from partita.urls import path
from partita.web import App
from partita.web.testing import application

LEAN = ("partita.i18n",)
PO = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=n != 1;\\n"

msgid "Garden gate"
msgstr "{0}"

msgid "one gate"
msgid_plural "many gates"
msgstr[0] "ein Tor"
msgstr[1] "viele Tore"

msgctxt "sport"
msgid "gate"
msgstr "Slalomtor"

msgctxt "sport"
msgid "one gate"
msgid_plural "many gates"
msgstr[0] "ein Slalomtor"
msgstr[1] "viele Slalomtore"
"""


@pytest.fixture
def site(tmp_path: Path) -> Callable[..., App]:
    """Make an application with messages in German and French, in the language named."""
    for language, text in {"de": "Gartentor", "fr": "Portail", "ar": "بوابة"}.items():
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(PO.format(text), encoding="utf-8")

    def make(language: str, **more: Any) -> App:
        sections: dict[str, Any] = {"i18n": {"locale_dirs": (str(tmp_path),)}, "default_apps": LEAN} | more
        with application(language=language, **sections) as app:
            made: App = app
        return made

    return make


def test_texts_outside_a_request_are_in_the_language_of_the_settings(site: Callable[..., App]) -> None:
    lazy = gettext_lazy("Garden gate")
    with site("de"):
        assert get_language() == "de"
        assert (gettext("Garden gate"), str(lazy)) == ("Gartentor", "Gartentor")
        assert (ngettext("one gate", "many gates", 2), pgettext("sport", "gate")) == ("viele Tore", "Slalomtor")
        assert npgettext("sport", "one gate", "many gates", 2) == "viele Slalomtore"
    assert (get_language(), str(lazy)) == (None, "Garden gate")


def test_dates_and_numbers_outside_a_request_are_as_the_language_of_the_settings_writes_them(
    site: Callable[..., App],
) -> None:
    with site("de"):
        assert (localize(Decimal("1.5")), date_format(date(2026, 3, 1), "F")) == ("1,5", "März")
    assert (localize(Decimal("1.5")), date_format(date(2026, 3, 1), "F")) == ("1.5", "March")


def test_a_template_rendered_outside_a_request_writes_numbers_in_the_language_of_the_settings(
    site: Callable[..., App], tmp_path: Path
) -> None:
    (tmp_path / "mail.txt").write_text("{% load i18n %}{{ n }} {% translate 'Garden gate' %}", encoding="utf-8")
    packages = {"default_apps": ("partita.i18n", "partita.templates"), "templates": {"dirs": (str(tmp_path),)}}
    for language, expected in (("de", "1,5 Gartentor"), ("en", "1.5 Garden gate")):
        with site(language, **packages) as app:
            assert app.require(TEMPLATES).render("mail.txt", {"n": 1.5}) == expected


def test_two_applications_in_one_process_speak_their_own_languages(site: Callable[..., App]) -> None:
    german, french, arabic = site("de"), site("fr"), site("ar")
    with german:
        with french:
            assert gettext("Garden gate") == "Portail"
            with arabic:
                assert get_language_bidi()
        assert gettext("Garden gate") == "Gartentor"

    async def speak(app: App) -> str:
        async with app:
            await asyncio.sleep(0)
            return gettext("Garden gate")

    async def both() -> tuple[str, str]:
        of_german, of_french = await asyncio.gather(speak(german), speak(french))
        return of_german, of_french

    assert asyncio.run(both()) == ("Gartentor", "Portail")
    assert copy_context().run(gettext, "Garden gate") == "Garden gate"


def test_names_that_are_stored_do_not_depend_on_the_language_of_the_settings(site: Callable[..., App]) -> None:
    own = Registry()

    class Gate(Model):
        class Meta:
            app_label = "garden"
            registry = own
            verbose_name = gettext_lazy("Garden gate")

    with site("de"):
        assert (str(Gate._meta.verbose_name), Gate._meta.verbose_name_raw) == ("Gartentor", "Garden gate")
        with untranslated():
            assert gettext("Garden gate") == "Garden gate"
        assert gettext("Garden gate") == "Gartentor"


def test_what_somebody_activates_stands_before_the_language_of_the_settings(site: Callable[..., App]) -> None:
    with site("de", i18n={"languages": ("fr",)}):
        with override("fr"):
            assert (get_language(), current_formats().language) == ("fr", "fr")
        with override(None):
            assert (get_language(), gettext("Garden gate"), localize(Decimal("1.5"))) == (None, "Garden gate", "1.5")
        assert get_language() == "de"
        copy_context().run(_nothing_is_translated)


def _nothing_is_translated() -> None:
    deactivate_all()
    assert (get_language(), current_translator(), localize(Decimal("1.5"))) == (None, None, "1.5")


def test_requests_are_answered_in_the_language_of_their_visitors_all_the_same(
    site: Callable[..., App], tmp_path: Path
) -> None:
    def view(request: Request) -> Response:
        return Response.text(gettext("Garden gate"))

    app = site("de", i18n={"languages": ("fr",), "locale_dirs": (str(tmp_path),)}, urls=[path("", view)])

    async def ask(language: str) -> bytes:
        response = await app(Request.build("GET", "/", headers={"accept-language": language}))
        return await response.aread()

    assert asyncio.run(ask("fr")) == b"Portail"
    assert asyncio.run(ask("nl")) == b"Gartentor"
    with app:
        assert asyncio.run(ask("fr")) == b"Portail"
        assert gettext("Garden gate") == "Gartentor"


def test_an_application_in_english_does_not_load_babel_to_say_a_text() -> None:
    code = (
        "import sys\n"
        "from partita.contracts.i18n import gettext\n"
        "from partita.web.testing import application\n"
        "with application(default_apps=('partita.i18n', 'partita.templates')):\n"
        "    assert gettext('x') == 'x'\n"
        "assert 'babel' not in sys.modules\n"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_catalogues_edited_while_the_site_runs_are_read_anew(site: Callable[..., App], tmp_path: Path) -> None:
    from partita.i18n.editing import mark_changed

    with site("de", i18n={"locale_dirs": (str(tmp_path),), "live": True}):
        assert gettext("Garden gate") == "Gartentor"
        (tmp_path / "de" / "LC_MESSAGES" / "messages.po").write_text(PO.format("Pforte"), encoding="utf-8")
        mark_changed(tmp_path)
        assert gettext("Garden gate") == "Pforte"
    assert CURRENT.get() is None
