"""Messages in Fluent: numbers, genders, fallbacks, and what is wrong with a file."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.i18n import Translations
from partita.i18n.errors import CatalogueError, LanguageError, MissingTranslation
from partita.i18n.fluent import FluentMessages
from partita.i18n.integration import LOCALE_DIRS, setup
from partita.templates import Engine

FILES = {
    "en": """
cart = { $count ->
    [0] Your cart is empty
    [one] One record in your cart
   *[other] { $count } records in your cart
}
shared = { $name } shared { $gender ->
    [female] her
    [male] his
   *[other] their
} list
login = Log in
    .title = Log in to { $shop }
terms = Read the <a href="{ $link }">terms</a>
only-english = Only here
when = { DATETIME($day, dateStyle: "long") }
price = { NUMBER($sum, minimumFractionDigits: 2) }
""",
    "de": """
cart = { $count ->
    [0] Ihr Korb ist leer
    [one] Eine Platte im Korb
   *[other] { $count } Platten im Korb
}
shared = { $name } hat { $gender ->
    [female] ihre
    [male] seine
   *[other] die eigene
} Liste geteilt
login = Anmelden
when = { DATETIME($day, dateStyle: "long") }
price = { NUMBER($sum, minimumFractionDigits: 2) }
""",
    "de_AT": "login = Einloggen, bitte\n",
    "ar": """
cart = { $count ->
    [zero] صفر
    [one] واحد
    [two] اثنان
    [few] قليل
    [many] كثير
   *[other] آخر
}
""",
    "pl": """
cart = { $count ->
    [one] płyta
    [few] płyty
    [many] płyt
   *[other] płyty i coś
}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, text in FILES.items():
        (tmp_path / language).mkdir()
        (tmp_path / language / "shop.ftl").write_text(text, "utf-8")
    return tmp_path


def shown(folder: Path, language: str, message: str, **arguments: Any) -> str:
    with Translations((), ["en", "de", "de-at", "de-ch", "ar", "pl", "fr"]).use(language):
        return FluentMessages([folder], use_isolating=False).format(message, **arguments)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", {0: "Your cart is empty", 1: "One record in your cart", 2: "2 records in your cart"}),
        ("de", {0: "Ihr Korb ist leer", 1: "Eine Platte im Korb", 1200: "1.200 Platten im Korb"}),
        ("ar", {0: "صفر", 1: "واحد", 2: "اثنان", 3: "قليل", 11: "كثير", 100: "آخر"}),
        ("pl", {1: "płyta", 2: "płyty", 5: "płyt", 22: "płyty", 112: "płyt", 1.5: "płyty i coś"}),
    ],
)
def test_each_language_has_its_own_plurals(folder: Path, language: str, texts: Mapping[float, str]) -> None:
    assert {number: shown(folder, language, "cart", count=number) for number in texts} == texts


@pytest.mark.parametrize(
    ("language", "gender", "text"),
    [
        ("en", "female", "Ada shared her list"),
        ("en", "none said", "Ada shared their list"),
        ("de", "male", "Ada hat seine Liste geteilt"),
        ("de", "", "Ada hat die eigene Liste geteilt"),
    ],
)
def test_a_message_may_depend_on_a_gender(folder: Path, language: str, gender: str, text: str) -> None:
    assert shown(folder, language, "shared", name="Ada", gender=gender) == text


@pytest.mark.parametrize(
    ("language", "message", "text"),
    [
        ("de-at", "login", "Einloggen, bitte"),
        ("de-at", "price", "1.234,50"),  # from German, which Austrian is a variety of
        ("de-ch", "login", "Anmelden"),
        ("de", "login.title", "Log in to A"),  # German has the message, but not that attribute
        ("fr", "only-english", "Only here"),
        ("de", "only-english", "Only here"),
    ],
)
def test_a_language_falls_back_on_its_relatives_and_then_on_the_default(
    folder: Path, language: str, message: str, text: str
) -> None:
    assert shown(folder, language, message, shop="A", sum=1234.5) == text


def test_dates_and_numbers_are_those_of_the_language(folder: Path) -> None:
    assert shown(folder, "en", "when", day=date(2026, 11, 21)) == "November 21, 2026"
    assert shown(folder, "de", "when", day=date(2026, 11, 21)) == "21. November 2026"


def test_without_a_language_in_force_the_default_is_shown_and_gaps_are_named(folder: Path) -> None:
    messages = FluentMessages([folder], "de")
    assert messages.format("login") == "Anmelden"
    assert messages.format("shared", gender="male") == "\u2068name\u2069 hat \u2068seine\u2069 Liste geteilt"


def test_arguments_are_set_apart_so_that_directions_do_not_mix(folder: Path) -> None:
    assert FluentMessages([folder]).format("login.title", shop="A") == "Log in to \u2068A\u2069"


def test_a_message_that_nobody_wrote_is_an_error_that_names_it(folder: Path) -> None:
    with pytest.raises(MissingTranslation, match="'absent' has no translation into de"):
        shown(folder, "de", "absent")
    with pytest.raises(MissingTranslation, match=r"login\.absent"):
        shown(folder, "en", "login.absent")


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "shop.ftl").write_text("fine = Fine\n\nbroken = { $count ->\n", "utf-8")
    with pytest.raises(CatalogueError, match=r"shop\.ftl:3: "):
        FluentMessages([tmp_path]).format("fine")
    (tmp_path / "en" / "shop.ftl").write_bytes(b"\xff")
    with pytest.raises(CatalogueError, match="cannot be read"):
        FluentMessages([tmp_path]).format("fine")
    with pytest.raises(LanguageError):
        FluentMessages([tmp_path], "no language")


def test_earlier_folders_win_and_files_are_read_again_when_asked(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "en" / "LC_MESSAGES"
    own.mkdir(parents=True)
    (own / "a.ftl").write_text("login = Come in\n", "utf-8")
    messages = FluentMessages([tmp_path / "own", folder])
    assert messages.format("login") == "Come in"
    assert messages.format("only-english") == "Only here"
    (own / "a.ftl").write_text("login = Welcome\n", "utf-8")
    assert messages.format("login") == "Come in"
    messages.reload()
    assert messages.format("login") == "Welcome"


def test_the_tags_of_an_application_show_text_and_html_and_escape_what_is_not_trusted(folder: Path) -> None:
    app = SimpleRegistrar()
    setup(app)
    app.add(LOCALE_DIRS, folder)
    engine = Engine(libraries={"fluent": "partita.i18n.fluent_tags"})
    source = (
        "{% load fluent %}{% fluent 'cart' count=n %}|{% fluent 'terms' link=bad %}|{% fluent_html 'terms' link=bad %}"
    )
    before = CURRENT.set(app)
    try:
        text = (
            engine.from_string(source).render({"n": 1, "bad": '"><script>'}).replace("\u2068", "").replace("\u2069", "")
        )
    finally:
        CURRENT.reset(before)
    parts = text.split("|")
    assert parts[0] == "One record in your cart"
    assert parts[1] == "Read the &lt;a href=&quot;&quot;&gt;&lt;script&gt;&quot;&gt;terms&lt;/a&gt;"
    assert parts[2] == 'Read the <a href="&#34;&gt;&lt;script&gt;">terms</a>'


@given(st.text(max_size=200))
def test_whatever_a_file_holds_nothing_but_the_documented_errors_comes_out(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("fluent")
    (folder / "en").mkdir()
    (folder / "en" / "x.ftl").write_text(text, "utf-8", "surrogatepass")
    with suppress(CatalogueError, MissingTranslation):
        FluentMessages([folder]).format("a", x=1)
