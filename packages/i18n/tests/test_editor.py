"""Translations edited while a site runs: in files, on the page, and seen by other processes."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import LANGUAGE
from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Forbidden, MethodNotAllowed, NotFound, Request, Response
from partita.i18n import TRANSLATIONS, CatalogueError, Translations, gettext, ngettext
from partita.i18n.editing import EditableCatalogue, mark_changed
from partita.i18n.editor import TranslationEditor
from partita.i18n.errors import TranslationRefused
from partita.i18n.integration import setup
from partita.templates import Engine

PO = """\
# The shop
msgid ""
msgstr ""
"Language: ar\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);\\n"

#. Translators: in the head
#: shop/cart.html:3
msgid "Cart"
msgstr ""

#: shop/cart.html:4
msgctxt "verb"
msgid "Order"
msgstr "اطلب"

#: shop/cart.html:5
#, python-format
msgid "%(n)d record"
msgid_plural "%(n)d records"
msgstr[0] ""
msgstr[1] ""
msgstr[2] ""
msgstr[3] ""
msgstr[4] ""
msgstr[5] ""

#, fuzzy
msgid "Sale"
msgstr "بيع"

msgid "<b>Bold</b>"
msgstr ""
"""
FORMS = [f"%(n)d شكل {at}" for at in range(6)]


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    folder = tmp_path / "locale"
    (folder / "ar/LC_MESSAGES").mkdir(parents=True)
    (folder / "ar/LC_MESSAGES/messages.po").write_text(PO, encoding="utf-8")
    return folder


@pytest.fixture
def catalogue(locale: Path) -> EditableCatalogue:
    return EditableCatalogue(locale / "ar/LC_MESSAGES/messages.po")


def test_entries_tell_what_translators_need(catalogue: EditableCatalogue) -> None:
    entries = {entry.key: entry for entry in catalogue.entries()}
    assert [entry.state for entry in entries.values()] == [
        "untranslated",
        "translated",
        "untranslated",
        "fuzzy",
        "untranslated",
    ]
    assert entries["Cart"].comments == ("Translators: in the head",)
    assert entries["Cart"].locations == ("shop/cart.html:3",)
    assert entries["verb\x04Order"].translations == ("اطلب",)
    assert (entries["%(n)d record"].plural, len(entries["%(n)d record"].translations)) == ("%(n)d records", 6)
    assert catalogue.language == "ar"


def test_what_is_saved_is_in_both_files_and_nothing_else_is_lost(catalogue: EditableCatalogue, locale: Path) -> None:
    catalogue.save("Cart", ["عربة"])
    catalogue.save("verb\x04Order", ["اطلب الآن"])
    catalogue.save("%(n)d record", FORMS)
    text = catalogue.path.read_text("utf-8")
    for part in ("# The shop", "#. Translators: in the head", "#: shop/cart.html:3", "#, fuzzy", "#, python-format"):
        assert part in text
    catalogue.path.unlink()  # the .mo file has it all
    with Translations([locale], ["ar"]).use("ar") as arabic:
        assert (gettext("Cart"), arabic.pgettext("verb", "Order")) == ("عربة", "اطلب الآن")
        assert ngettext("%(n)d record", "%(n)d records", 3) == FORMS[3]
        assert gettext("Sale") == "Sale"  # nobody has looked at it


def test_a_translation_is_looked_at_or_taken_away(catalogue: EditableCatalogue, locale: Path) -> None:
    assert catalogue.save("Sale", ["تخفيض"]).state == "translated"
    assert catalogue.save("Sale", ["تخفيض"], fuzzy=True).state == "fuzzy"
    assert catalogue.save("verb\x04Order", [""]).state == "untranslated"
    with Translations([locale], ["ar"]).use("ar") as arabic:
        assert (gettext("Sale"), arabic.pgettext("verb", "Order")) == ("Sale", "Order")


@pytest.mark.parametrize(
    ("key", "texts", "reason"),
    [
        ("Nothing", ["x"], "no such message"),
        ("", ["x"], "no such message"),
        ("Cart", ["a", "b"], "Expected 1 forms, got 2"),
        ("Cart", [], "Expected 1 forms, got 0"),
        ("%(n)d record", ["x"] * 5, "Expected 6 forms, got 5"),
        ("%(n)d record", ["x", "", "x", "x", "x", "x"], "Fill in all forms"),
        ("%(n)d record", ["%(m)s"] * 6, "placeholder"),
        ("Cart", ["x" * 20_001], "20000 characters"),
        ("Cart", ["a\x00b"], "Control characters"),
    ],
)
def test_what_would_break_the_site_is_refused_and_changes_nothing(
    catalogue: EditableCatalogue, key: str, texts: list[str], reason: str
) -> None:
    with pytest.raises(TranslationRefused, match=reason):
        catalogue.save(key, texts)
    assert catalogue.path.read_text("utf-8") == PO
    assert not catalogue.path.with_suffix(".mo").exists()


def test_line_breaks_are_those_of_the_message(tmp_path: Path) -> None:
    path = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "One\\nTwo\\n"\nmsgstr ""\n', "utf-8"
    )
    saved = EditableCatalogue(path).save("One\nTwo\n", ["Eins\r\nZwei"])
    assert saved.translations == ("Eins\nZwei\n",)


def test_who_saves_at_the_same_time_loses_nothing(catalogue: EditableCatalogue) -> None:
    texts = {"Cart": ["ع"], "Sale": ["ت"], "<b>Bold</b>": ["<b>غ</b>"], "verb\x04Order": ["ا"], "%(n)d record": FORMS}
    threads = [threading.Thread(target=EditableCatalogue(catalogue.path).save, args=pair) for pair in texts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.key: list(entry.translations) for entry in catalogue.entries()} == texts
    assert {path.name for path in catalogue.path.parent.iterdir()} == {"messages.po", "messages.mo", ".lock"}


def test_a_broken_catalogue_is_named(catalogue: EditableCatalogue) -> None:
    catalogue.path.write_text("msgid nonsense", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"messages\.po"):
        catalogue.entries()


def test_another_process_shows_what_was_saved_at_once(catalogue: EditableCatalogue, locale: Path) -> None:
    program = (
        "import sys; from partita.i18n import Translations, gettext\n"
        f"site = Translations([{str(locale)!r}], ['ar'], live={str(locale)!r})\n"
        "for line in sys.stdin:\n"
        "    with site.use('ar'): print(ascii(gettext(line.strip())), flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None

        def shown() -> str:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write("Cart\n")
            worker.stdin.flush()
            return worker.stdout.readline().strip()

        assert shown() == "'Cart'"
        for text in ("عربة", "سلة"):
            catalogue.save("Cart", [text])
            mark_changed(locale)
            assert shown() == ascii(text)
        worker.stdin.close()


def test_without_changes_nothing_is_read_again(catalogue: EditableCatalogue, locale: Path) -> None:
    site = Translations([locale], ["ar"], live=locale)
    first = site.translator("ar")
    assert site.translator("ar") is first
    catalogue.save("Cart", ["عربة"])
    assert site.translator("ar") is first
    mark_changed(locale)
    assert site.translator("ar").gettext("Cart") == "عربة"
    assert Translations([locale], ["ar"]).translator("ar").gettext("Cart") == "عربة"


# -- the page ----------------------------------------------------------------------------------------------------------------


def machine(texts: Sequence[str], source: str, target: str) -> list[str]:
    assert (source, target) == ("en", "ar")
    return [f"«{text}»" for text in texts]


class Site:
    """An application with an editor."""

    def __init__(self, locale: Path, **options: Any) -> None:
        app = self.app = _application(locale)
        folder = Path(sys.modules[TranslationEditor.__module__].__file__ or "").with_name("templates")
        engine = Engine(dirs=[folder], libraries={"i18n": "partita.i18n.templatetags"})
        app.provide(TEMPLATES, lambda: engine)
        self.editor = TranslationEditor([locale], **{"allowed": lambda request: True, **options})

    def ask(self, method: str = "GET", query: str = "", **form: Any) -> Response:
        body = urlencode(form, doseq=True).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
        request = Request.build(
            method, f"/translations/?{query}" if query else "/translations/", headers=headers, body=body
        )
        token = CURRENT.set(self.app)
        try:
            return asyncio.run(self.editor(request))
        finally:
            CURRENT.reset(token)


def _application(locale: Path) -> Any:
    import msgspec

    class Application(SimpleRegistrar):
        def section(self, name: str, kind: type[Any]) -> Any:
            return msgspec.convert({"languages": ("ar",), "locale_dirs": (str(locale),), "live": True}, kind)

    app = Application()
    app.provide(LANGUAGE, lambda: "en")
    setup(app)
    return app


def text_of(response: Response) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


def test_catalogues_and_messages_are_listed(locale: Path) -> None:
    site = Site(locale)
    assert "file=0/ar/messages" in text_of(site.ask()) or "file=0%2Far%2Fmessages" in text_of(site.ask())
    page = text_of(site.ask(query="file=0/ar/messages"))
    assert "Translations into Arabic" in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold" not in page
    assert page.count("<textarea") == 10
    assert 'dir="rtl"' in page
    assert "Propose" not in page
    found = text_of(site.ask(query="file=0/ar/messages&state=fuzzy"))
    assert (found.count("<textarea"), "بيع" in found) == (1, True)
    assert text_of(site.ask(query="file=0/ar/messages&q=ORDER")).count("<textarea") == 1
    assert "No message fits." in text_of(site.ask(query="file=0/ar/messages&q=nowhere"))
    for number in ("0", "-1", "99999999999999999999", "x", "٣"):
        assert "Cart" in text_of(site.ask(query=urlencode({"file": "0/ar/messages", "page": number})))


def test_an_edit_shows_at_once(locale: Path) -> None:
    site, other = Site(locale), Translations([locale], ["ar"], live=locale)
    here = site.app.require(TRANSLATIONS)
    for translations in (here, other):
        assert translations.translator("ar").gettext("Cart") == "Cart"
    response = site.ask("POST", "file=0/ar/messages&q=cart", key="Cart", text="عربة", action="save")
    assert (response.status, response.headers.get("location")) == (302, "/translations/?file=0/ar/messages&q=cart")
    for translations in (here, other):
        assert translations.translator("ar").gettext("Cart") == "عربة"


def test_a_refused_edit_keeps_what_was_typed(locale: Path) -> None:
    site = Site(locale)
    response = site.ask("POST", "file=0/ar/messages", key="%(n)d record", text=["%(m)s <x>"] * 6)
    page = text_of(response)
    assert 'role="alert"' in page
    assert page.count("%(m)s &lt;x&gt;") == 6
    assert (locale / "ar/LC_MESSAGES/messages.po").read_text("utf-8") == PO


def test_machines_propose_and_people_decide(locale: Path) -> None:
    site = Site(locale, machine=machine)
    assert "Propose a translation" in text_of(site.ask(query="file=0/ar/messages"))
    for key in ("Cart", "%(n)d record"):
        assert (site.ask("POST", "file=0/ar/messages", key=key, text="", action="propose")).status == 302
    translations = site.app.require(TRANSLATIONS)
    assert translations.translator("ar").gettext("Cart") == "Cart"
    entries = {entry.key: entry for entry in EditableCatalogue(locale / "ar/LC_MESSAGES/messages.po").entries()}
    assert (entries["Cart"].state, entries["Cart"].translations) == ("fuzzy", ("«Cart»",))
    assert entries["%(n)d record"].translations == ("«%(n)d record»", *["«%(n)d records»"] * 5)
    site.ask("POST", "file=0/ar/messages", key="Cart", text="«Cart»", action="save")
    assert translations.translator("ar").gettext("Cart") == "«Cart»"


@pytest.mark.parametrize("answer", [[], ["a", "b"], [""], [None], OSError("key=secret")])
def test_a_machine_that_fails_breaks_nothing(locale: Path, answer: Any) -> None:
    def broken(texts: Sequence[str], source: str, target: str) -> Any:
        if isinstance(answer, OSError):
            raise answer
        return answer

    page = text_of(Site(locale, machine=broken).ask("POST", "file=0/ar/messages", key="Cart", action="propose"))
    assert "The translation service" in page
    assert "secret" not in page
    assert (locale / "ar/LC_MESSAGES/messages.po").read_text("utf-8") == PO


def test_only_who_may_and_only_catalogues(locale: Path) -> None:
    with pytest.raises(Forbidden):
        Site(locale, allowed=lambda request: False).ask("POST", "file=0/ar/messages", key="Cart", text="x")
    assert (locale / "ar/LC_MESSAGES/messages.po").read_text("utf-8") == PO
    site = Site(locale)
    for name in ("1/ar/messages", "../../etc/passwd", "0/ar/../ar/messages", ""):
        with pytest.raises(NotFound):
            site.ask(query=urlencode({"file": name}))
    with pytest.raises(MethodNotAllowed):
        site.ask("DELETE", "file=0/ar/messages")
