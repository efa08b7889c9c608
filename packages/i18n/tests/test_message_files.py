"""Messages in ICU MessageFormat and MessageFormat 2, from files and in templates."""

import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.settings import LANGUAGE
from partita.contracts.testing.app import SimpleRegistrar
from partita.i18n import CatalogueError, MissingTranslation, Translations
from partita.i18n.errors import MessageSyntaxError
from partita.i18n.icu import MAX_DEPTH, MAX_MESSAGE, IcuMessage
from partita.i18n.integration import LOCALE_DIRS, setup
from partita.i18n.message_files import MessageFiles
from partita.i18n.translations import MESSAGE_FILES
from partita.templates import Engine
from partita.text import Markup

SHARED = (
    "{gender, select, female {{count, plural, =0 {Sie teilt nichts} one {Sie teilt # Liste} other {Sie teilt # Listen}}} "
    "other {{count, plural, one {Teilt # Liste} other {Teilt # Listen}}}}"
)


@pytest.mark.parametrize(
    ("gender", "count", "shown"),
    [
        ("female", 0, "Sie teilt nichts"),
        ("female", 1, "Sie teilt 1 Liste"),
        ("female", 1200, "Sie teilt 1.200 Listen"),
        ("male", 1, "Teilt 1 Liste"),
        ("", 2, "Teilt 2 Listen"),
    ],
)
def test_icu_messages_choose_by_number_and_gender(gender: str, count: int, shown: str) -> None:
    assert IcuMessage(SHARED, "de").format({"gender": gender, "count": count}) == shown


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [("ru", 3, "few"), ("ru", 5, "many"), ("ar", 0, "zero"), ("ar", 2, "two"), ("ar", 11, "many"), ("ja", 1, "other")],
)
def test_icu_plurals_are_those_of_the_language(language: str, number: int, shown: str) -> None:
    source = "{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}"
    assert IcuMessage(source, language).format({"n": number}) == shown


def test_icu_writes_ordinals_dates_and_values_of_other_kinds() -> None:
    assert IcuMessage("{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}").format({"n": 22}) == "22nd"
    assert IcuMessage("{d, date, short}", "de").format({"d": datetime.date(2026, 3, 1)}) == "01.03.26"
    assert IcuMessage("{n} {b} {x}", "de").format({"n": Decimal("1.5"), "b": True, "x": Path("a")}) == "1,5 true a"
    assert IcuMessage("Hi {name}").format() == "Hi {name}"


@pytest.mark.parametrize(
    "source", ["{", "{n, plural, one {x}}", "{n, nothing, x}", "\0", "{" * (MAX_DEPTH + 1), "x" * (MAX_MESSAGE + 1)]
)
def test_what_is_no_icu_message_is_refused(source: str) -> None:
    with pytest.raises(MessageSyntaxError, match="expected"):
        IcuMessage(source)


@given(st.text(st.sampled_from("{}'#, anplurselectothx=0|\u2067é") | st.characters(), max_size=60))
def test_nothing_but_the_documented_error_escapes_from_icu(source: str) -> None:
    try:
        message = IcuMessage(source, "de")
    except MessageSyntaxError:
        return
    assert isinstance(message.format({"n": 1, "a": "x"}), str)


@pytest.fixture
def files(tmp_path: Path) -> MessageFiles:
    texts = {
        "en/shop.mf2.json": {"cart": {"items": ".input {$n :integer} .match $n one {{{$n} item}} * {{{$n} items}}"}, "hi": "Hi {$name}"},
        "de/LC_MESSAGES/shop.mf2.json": {"cart.items": ".input {$n :integer} .match $n one {{{$n} Sache}} * {{{$n} Sachen}}"},
        "de/shop.icu.json": {"shared": SHARED, "link": "<b>{name}</b>"},
    }  # fmt: skip
    for name, content in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    return MessageFiles([tmp_path], use_isolating=False)


def test_messages_follow_the_language_in_force_and_fall_back(files: MessageFiles) -> None:
    site = Translations(languages=["de-at", "fr"])
    assert files.format("cart.items", n=1) == "1 item"
    with site.use("de-at"):
        assert files.format("cart.items", n=2) == "2 Sachen"
        assert files.format("shared", gender="female", count=1) == "Sie teilt 1 Liste"
        assert files.format("hi", name="Ada") == "Hi Ada"
    with site.use("fr"):
        assert files.format("cart.items", n=2) == "2 items"
        with pytest.raises(MissingTranslation, match="shared"):
            files.format("shared")
    assert set(files.identifiers("de")) == {"shared", "link", "cart.items"}


def test_html_is_that_of_translators_alone(files: MessageFiles) -> None:
    with Translations(languages=["de"]).use("de"):
        assert files.format_html("link", name="<i>") == "<b>&lt;i&gt;</b>"
        assert type(files.format_html("link", name=Markup("<i>"))) is Markup
        assert files.format_html("link", name=Markup("<i>")) == "<b><i></b>"


def test_changed_files_are_read_anew(files: MessageFiles) -> None:
    path = files.dirs[0] / "en/shop.mf2.json"
    assert files.format("hi", name="Ada") == "Hi Ada"
    path.write_text('{"hi": "Hello {$name}"}', encoding="utf-8")
    assert files.format("hi", name="Ada") == "Hi Ada"
    files.reload()
    assert files.format("hi", name="Ada") == "Hello Ada"


@pytest.mark.parametrize(
    ("content", "reason"),
    [("[", "not a file of JSON"), ("[]", "expected an object"), ('{"a": 1}', "expected a text"), ("[" * 100_000, "not a file"),
     ('{"a": "{"}', "expected")],
)  # fmt: skip
def test_a_broken_file_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en/x.mf2.json").write_text(content, encoding="utf-8")
    with pytest.raises(CatalogueError, match=reason) as caught:
        MessageFiles([tmp_path]).check("en")
    assert "x.mf2.json" in str(caught.value)


def test_templates_show_messages(files: MessageFiles) -> None:
    app = SimpleRegistrar()
    app.provide(LANGUAGE, lambda: "en")
    app.add(LOCALE_DIRS, files.dirs[0])
    setup(app)
    token = CURRENT.set(app)
    try:
        assert app.require(MESSAGE_FILES).dirs == files.dirs
        engine = Engine(libraries={"messageformat": "partita.i18n.message_tags"})
        source = '{% load messageformat %}{% message "hi" name=who %}|{% message_html "hi" name=who %}'
        shown = engine.from_string(source).render({"who": "<i>"}).replace("\u2068", "").replace("\u2069", "")
        assert shown == "Hi &lt;i&gt;|Hi &lt;i&gt;"
    finally:
        CURRENT.reset(token)
