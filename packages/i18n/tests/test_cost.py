"""What visitors and translators write costs what its length says; every function is in the registry below."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages import Catalog

import partita.i18n
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.i18n import Translations, gettext, languages, override, switching
from partita.i18n.alternates import alternate_links, alternates
from partita.i18n.catalogues import read_catalogue
from partita.i18n.collecting import check_catalogue, compile_catalogue, update_catalogue
from partita.i18n.editing import EditableCatalogue
from partita.i18n.errors import I18nError
from partita.i18n.extraction import extract_javascript, extract_python, extract_template
from partita.i18n.fluent import FluentMessages
from partita.i18n.formats import currency, formats_of
from partita.i18n.icu import IcuMessage
from partita.i18n.mf2_syntax import parse_mf2
from partita.i18n.middleware import language_cookie
from partita.i18n.po_writing import write_messages
from partita.i18n.pseudo import pseudo_text
from partita.i18n.translations import override_zone

SIZE = cost_size(2**12)
"""Characters of the shorter text."""
SITE = ("en", "de", "pt-br", "zh-hans")
TAGS = ("a", "-", "de-", "de-x-", "_", "é", " ", "*", "1", "@", "\x00")
HEADERS = (*TAGS, "de,", ",", ";", "de;q=0.1,", ";q=", "q=", "de;q=0.", "*;q=1,", "\t", '"')
PATHS = ("/", "/de", "de/", "/de-x", "?", "%2F", "é", "..")
MESSAGES = ("a", "%", "%(", "%(a)s", "<", "<a", "<b>", "&", "&a;", "{", "}", "{a}", "{{", "{a, plural, ", "'", '"', "\\", "\n", " ",
            "|", ".match $a ", "{$a", "#", "é")  # fmt: skip
PROGRAMS = ('_("a")\n', "_(", "'", '"', "`", "/", "/*", "//", "#", "(", "\\", "_('a' ", "${", "\n", "{% trans 'a' %}", "{%", "{{ _('a') }}",
            "{% blocktranslate %}", "{% comment %}")  # fmt: skip


def of_request(text: str) -> str:
    request = SimpleNamespace(path=f"/{text}", cookies={"language": text}, headers={"accept-language": text})
    return switching.get_language_from_request(request, check_path=True)


def in_zone(text: str) -> None:
    with override_zone(text):
        raise AssertionError(f"a zone is called {text[:40]!r}")


NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "normalize_tag": (languages.normalize_tag, TAGS),
    "to_language": (languages.to_language, TAGS),
    "to_locale": (languages.to_locale, TAGS),
    "is_right_to_left": (languages.is_right_to_left, TAGS),
    "language_info": (languages.language_info, TAGS),
    "best_language": (lambda text: languages.best_language(text, SITE), TAGS),
    "choose_language": (lambda text: languages.choose_language(SITE, "en", text, text, text), HEADERS),
    "parse_accept_language": (languages.parse_accept_language, HEADERS),
    "activate": (switching.activate, TAGS),
    "check_for_language": (switching.check_for_language, TAGS),
    "get_supported_language_variant": (switching.get_supported_language_variant, TAGS),
    "get_language_from_path": (switching.get_language_from_path, PATHS),
    "get_language_from_request": (of_request, HEADERS),
    "language_cookie": (lambda text: language_cookie(text, Translations()), TAGS),
    "formats_of": (formats_of, TAGS),
    "currency": (lambda text: currency(1.5, text), ("E", "é", " ")),
    "override_zone": (in_zone, ("a/", "../", "Europe/", "+", "\x00", "é")),
    "alternates": (lambda text: alternates(f"/{text}", SITE), PATHS),
    "alternate_links": (lambda text: alternate_links(f"/{text}", SITE), (*PATHS, "<", '"')),
    "pseudo_text": (pseudo_text, MESSAGES),
    "gettext": (gettext, MESSAGES),
    "parse_mf2": (parse_mf2, MESSAGES),
    "IcuMessage": (IcuMessage, MESSAGES),
    "extract_python": (lambda text: list(extract_python(text.encode())), PROGRAMS),
    "extract_javascript": (lambda text: list(extract_javascript(text.encode())), PROGRAMS),
    "extract_template": (lambda text: list(extract_template(text)), PROGRAMS),
}
FILES: dict[str, Callable[[Path, str], object]] = {
    "read_catalogue": lambda file, text: read_catalogue(file),
    "compile_catalogue": lambda file, text: compile_catalogue(file),
    "check_catalogue": lambda file, text: check_catalogue(file, template()),
    "update_catalogue": lambda file, text: update_catalogue(file, "de", template()),
    "write_messages": lambda file, text: write_messages(BytesIO(), of_text(text)),
    "EditableCatalogue": lambda file, text: EditableCatalogue(file).save("Cart", [text]),
}
NO_TEXT = {
    "check_languages", "collect", "find_catalogues", "source_files", "mark_changed", "setup", "locale_middleware",
    "preferences_middleware", "current_translations", "javascript_catalogue", "json_catalogue", "django_catalogue",  # over catalogues, read before
    "deactivate", "deactivate_all", "get_language", "get_language_bidi", "gettext_noop", "ngettext_lazy", "npgettext_lazy", "adapted",
    "i18n", "tz", "set_language",  # what they read goes through get_language_from_request and check_for_language
}  # fmt: skip
CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def template() -> Catalog:
    made = Catalog()
    made.add("Cart")
    return made


def of_text(text: str) -> Catalog:
    made = template()
    made.add("long", text)
    return made


def test_every_function_is_in_the_registry() -> None:
    public = public_functions(partita.i18n)
    assert public - set(NASTY) - set(FILES) - NO_TEXT == set()
    assert NO_TEXT - public == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_text_costs_twice_the_time(name: str, piece: str) -> None:
    function = NASTY[name][0]

    def run(text: str) -> None:
        try:
            function(text)
        except (I18nError, LookupError, ValueError, SyntaxError):  # what is refused has been looked at, too
            return

    with override("en", Translations(languages=SITE)):
        for edge in ("", "!"):
            # A program's source is no visitor's, and its tokens take many times its memory.
            assert is_linear(run, piece, min(SIZE, 2**16) if name.startswith("extract") else SIZE, edge)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("piece", ["a ", "%", "%(", "{", "<", '\\"', "\\\\", "é", "\\n"])
def test_a_long_message_costs_what_its_length_says(name: str, piece: str, tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    file = folder / "messages.po"

    def run(text: str) -> None:
        file.write_text(f'msgid ""\nmsgstr ""\n\nmsgid "Cart"\nmsgstr "{text}"\n', encoding="utf-8")
        try:
            FILES[name](file, text)
        except (I18nError, ValueError):
            return

    assert is_linear(run, piece, SIZE)


@pytest.mark.parametrize(
    "piece", ['msgid "a{}"\nmsgstr "b"\n\n', "# {}\n", '"{}"\n', "#, fuzzy\n", 'msgid "a{}\nmsgstr "b"\n']
)
def test_a_file_of_many_messages_costs_what_its_length_says(piece: str, tmp_path: Path) -> None:
    file = tmp_path / "messages.po"

    def run(text: str) -> None:
        file.write_text(
            'msgid ""\nmsgstr ""\n\n' + "".join(piece.format(at) for at in range(len(text))), encoding="utf-8"
        )
        try:
            read_catalogue(file)
        except (I18nError, ValueError):
            return

    assert is_linear(run, "x", SIZE // 32)


@pytest.mark.parametrize(
    "piece", ["a{} = b\n", "a = {{ ", "a = {{ $b }}\n", "    a\n", "a = {{ a }}\n", "-", "a = b\n .c = d\n", "# a\n"]
)
def test_a_file_of_fluent_costs_what_its_length_says(piece: str, tmp_path: Path) -> None:
    folder = tmp_path / "en"
    folder.mkdir()

    def run(text: str) -> None:
        (folder / "messages.ftl").write_text(
            "x = y\n" + "".join(piece.format(at) for at in range(len(text))), encoding="utf-8"
        )
        try:
            FluentMessages([tmp_path]).format("x")
        except (I18nError, ValueError):
            return

    assert is_linear(run, "x", SIZE // 32)
