"""Catalogues made from sources, by the commands as they are typed."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from partita.i18n import CatalogueError, ExtractionError, Translations, read_catalogue
from partita.i18n.collecting import compile_catalogue
from partita.i18n.commands import CheckMessages, CompileMessages, MakeMessages
from partita.i18n.extraction import extract_javascript, extract_python, extract_template
from partita.templates import Engine


class NoApp:
    """An application that has nothing."""

    def require(self, key: Any) -> Any:
        raise LookupError(key)

    def find(self, key: Any) -> Any:
        return None

    def all(self, point: Any) -> tuple[Any, ...]:
        return ()


def run(kind: type[MakeMessages | CompileMessages | CheckMessages], root: Path, *arguments: str) -> tuple[int, str]:
    said: list[str] = []
    command = kind(root, said.append)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(NoApp(), parser.parse_args(arguments)), "".join(said)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "locale").mkdir()
    shop = tmp_path / "shop"
    (shop / "locale").mkdir(parents=True)
    (shop / "templates").mkdir()
    (shop / "templates" / "cart.html").write_text(
        "{% load i18n %}{# Translators: heading #}<h1>{% translate 'Cart' %}</h1>\n"
        "{% blocktranslate count n=items trimmed %}\n  {{ n }} record\n{% plural %}\n  {{ n }} records\n"
        "{% endblocktranslate %}{% translate 'Sale' context 'price' %}{{ title|default:_('Untitled') }}",
        encoding="utf-8",
    )
    (shop / "models.py").write_text(
        '_ = str\nngettext = pgettext = print\nname = _("Artist")\n'
        'ngettext("%d song", "%d songs", 3)\npgettext("month", "May")\n',
        encoding="utf-8",
    )
    (tmp_path / "urls.py").write_text('title = gettext_lazy("Shop")\n', encoding="utf-8")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.py").write_text('_("never")', encoding="utf-8")
    return tmp_path


def messages(path: Path) -> str:
    return path.read_text("utf-8")


def test_messages_of_python_and_templates_land_in_the_nearest_catalogue(project: Path) -> None:
    status, said = run(MakeMessages, project, "-l", "de", "-l", "pt-br", "-v", "0")
    assert status == 0
    assert said.split() == [
        "locale/de/LC_MESSAGES/messages.po",
        "locale/pt_BR/LC_MESSAGES/messages.po",
        "shop/locale/de/LC_MESSAGES/messages.po",
        "shop/locale/pt_BR/LC_MESSAGES/messages.po",
    ]
    outer = messages(project / "locale/de/LC_MESSAGES/messages.po")
    assert 'msgid "Shop"' in outer
    assert "never" not in outer
    inner = messages(project / "shop/locale/de/LC_MESSAGES/messages.po")
    for part in (
        'msgid "Artist"', 'msgid "Cart"', 'msgid "Untitled"', 'msgid "%d song"\nmsgid_plural "%d songs"',
        'msgid "%(n)s record"\nmsgid_plural "%(n)s records"', 'msgctxt "price"\nmsgid "Sale"',
        'msgctxt "month"\nmsgid "May"', "#. Translators: heading", "#: templates/cart.html:1",
    ):  # fmt: skip
        assert part in inner


def test_what_was_extracted_is_what_templates_look_up(project: Path) -> None:
    run(MakeMessages, project, "-l", "de")
    path = project / "shop/locale/de/LC_MESSAGES/messages.po"
    text = messages(path).replace('msgid "Cart"\nmsgstr ""', 'msgid "Cart"\nmsgstr "Wagen"')
    head, _, tail = text.partition('msgid_plural "%(n)s records"')
    tail = tail.replace('[0] ""\nmsgstr[1] ""', '[0] "%(n)s Platte"\nmsgstr[1] "%(n)s Platten"', 1)
    text = f'{head}msgid_plural "%(n)s records"{tail}'
    path.write_text(text, encoding="utf-8")
    engine = Engine(dirs=[project / "shop/templates"], libraries={"i18n": "partita.i18n.templatetags"})
    with Translations([project / "shop/locale"], ["de"]).use("de"):
        shown = engine.render("cart.html", {"items": 3})
    assert "<h1>Wagen</h1>" in shown
    assert "3 Platten" in shown


def test_translations_stay_and_lost_messages_become_obsolete(project: Path) -> None:
    path = project / "locale/de/LC_MESSAGES/messages.po"
    run(MakeMessages, project, "-l", "de")
    path.write_text(messages(path).replace('msgid "Shop"\nmsgstr ""', 'msgid "Shop"\nmsgstr "Laden"'), encoding="utf-8")
    assert run(MakeMessages, project, "-l", "de", "-v", "0") == (0, "Nothing to do.\n")
    (project / "urls.py").write_text('gettext("Impressum")', encoding="utf-8")
    assert run(MakeMessages, project, "--check", "-a")[0] == 1
    assert run(MakeMessages, project, "-a", "--no-fuzzy")[0] == 0
    assert '#~ msgstr "Laden"' in messages(path)
    assert 'msgid "Impressum"' in messages(path)
    run(MakeMessages, project, "-a", "--no-obsolete", "--no-location")
    assert "Laden" not in messages(path)
    assert "#:" not in messages(path)


def test_a_similar_message_proposes_what_is_not_shown_before_somebody_looked(project: Path) -> None:
    path = project / "locale/de/LC_MESSAGES/messages.po"
    (project / "urls.py").write_text('gettext("All the records")', encoding="utf-8")
    run(MakeMessages, project, "-l", "de")
    path.write_text(messages(path).replace('records"\nmsgstr ""', 'records"\nmsgstr "Alle Platten"'), encoding="utf-8")
    (project / "urls.py").write_text('gettext("All the records!")', encoding="utf-8")
    run(MakeMessages, project, "-l", "de")
    assert "fuzzy" in messages(path)
    assert (None, "All the records!") not in read_catalogue(path).messages


def test_scripts_have_a_catalogue_of_their_own(project: Path) -> None:
    (project / "shop" / "cart.js").write_text(
        'alert(gettext("Empty cart")); ngettext("one", "many", n); pgettext("noun", `File`);', encoding="utf-8"
    )
    run(MakeMessages, project, "-l", "de", "-d", "javascript", "--keep-pot")
    text = messages(project / "shop/locale/de/LC_MESSAGES/javascript.po")
    assert 'msgid "Empty cart"' in text
    assert 'msgid_plural "many"' in text
    assert 'msgctxt "noun"' in text
    assert "Artist" not in text
    assert (project / "shop/locale/javascript.pot").is_file()


def test_without_a_language_the_command_asks_for_one(project: Path) -> None:
    with pytest.raises(SystemExit, match="makemessages -l de"):
        run(MakeMessages, project)


def test_a_source_that_cannot_be_read_is_named(project: Path) -> None:
    (project / "shop" / "templates" / "bad.html").write_text("{% blocktranslate %}never closed", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"bad\.html: line 1: 'blocktranslate' is not closed"):
        run(MakeMessages, project, "-l", "de")


def test_compiled_catalogues_are_read_in_place_of_their_sources(project: Path) -> None:
    path = project / "locale/de/LC_MESSAGES/messages.po"
    run(MakeMessages, project, "-l", "de", "-l", "fr")
    path.write_text(messages(path).replace('msgid "Shop"\nmsgstr ""', 'msgid "Shop"\nmsgstr "Laden"'), encoding="utf-8")
    status, said = run(CompileMessages, project, "-x", "fr")
    assert status == 0
    assert "locale/de/LC_MESSAGES/messages.mo" in said.split()
    assert not list(project.rglob("fr/**/*.mo"))
    assert (
        read_catalogue(path.with_suffix(".mo")).messages
        == read_catalogue(path).messages
        == {(None, "Shop"): ("Laden",)}
    )


def test_a_translation_that_takes_other_values_is_not_compiled(project: Path) -> None:
    path = project / "shop/locale/de/LC_MESSAGES/messages.po"
    run(MakeMessages, project, "-l", "de")
    wrong = 'msgid "%(n)s record"\nmsgid_plural "%(n)s records"\nmsgstr[0] "%(m)s Platte"'
    text = messages(path).replace('msgid "%(n)s record"\nmsgid_plural "%(n)s records"\nmsgstr[0] ""', wrong)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="m"):
        compile_catalogue(path)
    status, said = run(CompileMessages, project)
    assert status == 1
    assert "shop" in said
    assert (project / "locale/de/LC_MESSAGES/messages.mo").is_file()  # the others are compiled all the same


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% trans 'a%b' %}", ("a%%b", None)),
        ('{% translate "x"|upper as y %}', ("x", None)),
        ("{% blocktranslate with a=b.c %}Hi {{ a }}, 5%{% endblocktranslate %}", ("Hi %(a)s, 5%%", None)),
        ('{% trans "May" context "month" %}', ("May", "month")),
        ("{{ _('it\\'s') }}", ("it's", None)),
    ],
)
def test_templates_name_their_messages(source: str, expected: tuple[str, str | None]) -> None:
    (found,) = extract_template(source)
    assert (found.message, found.context) == expected


@pytest.mark.parametrize(
    "source",
    ["{% verbatim %}{% trans 'x' %}{% endverbatim %}", "{% comment %}{% trans 'x' %}{% endcomment %}", "{# {% trans 'x' %} #}",
     "{% trans name %}"],
)  # fmt: skip
def test_what_is_not_rendered_is_no_message(source: str) -> None:
    assert list(extract_template(source)) == []


def test_calls_are_found_in_python_and_javascript() -> None:
    (found,) = extract_python(b'# Translators: short\nx = npgettext("shop", "one", "many", n)')
    assert (found.message, found.context, found.comments) == (("one", "many"), "shop", ("Translators: short",))
    (script,) = extract_javascript(b"const a = <p>{gettext('Hi')}</p>;")
    assert script.message == "Hi"
    with pytest.raises(ExtractionError):
        list(extract_python(b"_('"))


def test_a_text_that_is_a_part_of_an_argument_is_no_message() -> None:
    source = b"""gettext(texts["key"]); _("one" if a else "two"); gettext("a" "b"); _("c" + "d" + f"e"); _(f"{x}"); _(call("no"))"""
    assert [found.message for found in extract_python(source)] == ["ab", "cde"]


def test_what_a_catalogue_lacks_and_what_it_has_too_much_is_listed(project: Path) -> None:
    assert run(MakeMessages, project, "-l", "de")[0] == 0
    path = project / "locale" / "de" / "LC_MESSAGES" / "messages.po"
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "Shop"\nmsgstr ""', '#, fuzzy\nmsgid "Shop"\nmsgstr "Schop"')
        + '\nmsgid "Gone"\nmsgstr "Weg"\n',
        encoding="utf-8",
    )
    status, said = run(CheckMessages, project)
    assert status == 1
    assert "locale/de/LC_MESSAGES/messages.po: not looked at: 'Shop'" in said
    assert "locale/de/LC_MESSAGES/messages.po: not used: 'Gone'" in said
    assert "shop/locale/de/LC_MESSAGES/messages.po: not translated: 'Artist'" in said
    done = path.read_text(encoding="utf-8").replace("#, fuzzy\n", "")
    path.write_text(done, encoding="utf-8")
    for text in (project / "shop" / "locale").rglob("*.po"):
        text.unlink()
    assert run(CheckMessages, project) == (
        0,
        f"{path.relative_to(project)}: not used: 'Gone'\nEvery message is translated.\n",
    )
    assert run(CheckMessages, project, "--unused")[0] == 1


def test_the_command_tells_what_it_does_and_what_it_passes_over(project: Path) -> None:
    (project / "old").mkdir()
    (project / "old" / "x.py").write_text('_("old")', encoding="utf-8")
    (project / "draft_1.py").write_text('_("draft")', encoding="utf-8")
    _, said = run(MakeMessages, project, "-l", "de", "-i", "old/*", "-i", "draft_*", "-v", "2")
    for line in (
        "processing locale de",
        "ignoring directory old",
        "ignoring file draft_1.py in .",
        "ignoring directory node_modules",
    ):
        assert line in said.splitlines()
    text = messages(project / "locale/de/LC_MESSAGES/messages.po")
    assert '"old"' not in text
    assert '"draft"' not in text
    assert "ignoring" not in run(MakeMessages, project, "-l", "de")[1]
    run(MakeMessages, project, "-l", "de", "--no-default-ignore")
    assert '"never"' in messages(project / "locale/de/LC_MESSAGES/messages.po")


def test_links_to_folders_are_followed_if_asked_and_never_round(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "more.py").write_text('_("Elsewhere")', encoding="utf-8")
    (project / "linked").symlink_to(other)
    (project / "shop" / "round").symlink_to(project)
    path = project / "locale/de/LC_MESSAGES/messages.po"
    run(MakeMessages, project, "-l", "de")
    assert "Elsewhere" not in messages(path)
    run(MakeMessages, project, "-l", "de", "--symlinks")
    assert "#: linked/more.py:1" in messages(path)
    assert "round/" not in messages(path)


def test_messages_without_a_nearer_catalogue_go_where_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "urls.py").write_text('_("Shop")', encoding="utf-8")
    command = MakeMessages(tmp_path, lambda line: None, lambda: ("/usr/share/locale", "texts"))
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(NoApp(), parser.parse_args(["-l", "de"])) == 0
    assert "#: urls.py:1" in messages(tmp_path / "texts/de/LC_MESSAGES/messages.po")


def test_a_catalogue_whose_messages_stay_keeps_the_head_that_other_tools_wrote(project: Path) -> None:
    path = project / "locale/de/LC_MESSAGES/messages.po"
    run(MakeMessages, project, "-l", "de")
    body = messages(path).partition("\n\n")[2]
    text = (
        '# Copyright (C) YEAR THE PACKAGE\nmsgid ""\nmsgstr ""\n"Language: \\n"\n'
        f'"Content-Type: text/plain; charset=UTF-8\\n"\n\n{body}'
    )
    path.write_text(text, encoding="utf-8")
    run(MakeMessages, project, "-l", "de")
    assert messages(path) == text


def test_notes_in_a_comment_block_keep_their_lines_and_leave_out_what_stands_before() -> None:
    source = "{% comment %}Internal\nTranslators: first\n  second\n{% endcomment %}\n{% translate 'Cart' %}"
    assert [found.comments for found in extract_template(source)] == [("Translators: first", "second")]


def test_compiling_again_says_so_and_a_mark_of_byte_order_is_refused(project: Path) -> None:
    run(MakeMessages, project, "-l", "de")
    assert "locale/de/LC_MESSAGES/messages.mo" in run(CompileMessages, project)[1]
    assert "locale/de/LC_MESSAGES/messages.po” is already compiled and up to date." in run(CompileMessages, project)[1]
    path = project / "locale/de/LC_MESSAGES/messages.po"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    status, said = run(CompileMessages, project)
    assert (status, "has a BOM" in said) == (1, True)


def test_warnings_name_the_file_and_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "empty.py").write_text('\n_("")', encoding="utf-8")
    run(MakeMessages, project, "-l", "de")
    assert "empty.py:2" in capsys.readouterr().err
