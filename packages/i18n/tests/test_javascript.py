"""Catalogues for scripts."""

import json
import re
from pathlib import Path

import pytest

from partita.i18n import CatalogueError, LanguageError
from partita.i18n.javascript import django_catalogue, javascript_catalogue, json_catalogue

PO = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"

msgid "Cart"
msgstr "</script><b>"

msgctxt "verb"
msgid "Order"
msgstr "Bestellen"

msgid "one"
msgid_plural "many"
msgstr[0] "a"
msgstr[1] "b"
msgstr[2] "c"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    messages = tmp_path / "ru" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (messages / "javascript.po").write_text(PO, encoding="utf-8")
    (messages / "messages.po").write_text(PO.replace("Bestellen", "Nie"), encoding="utf-8")
    return tmp_path


def test_messages_plurals_contexts_and_formats_are_there(folder: Path) -> None:
    found = json_catalogue([folder], "ru")
    assert found["messages"] == {"Cart": ["</script><b>"], "verb\x04Order": ["Bestellen"], "one": ["a", "b", "c"]}
    assert "n%10>=2" in str(found["plural"])
    assert isinstance(found["formats"], dict)
    assert (found["formats"]["DECIMAL_SEPARATOR"], found["formats"]["FIRST_DAY_OF_WEEK"]) == (",", 1)


def test_scripts_written_for_django_find_what_they_look_for(folder: Path) -> None:
    found = django_catalogue([folder], "ru")
    assert found["catalog"] == {"Cart": "</script><b>", "verb\x04Order": "Bestellen", "one": ["a", "b", "c"]}
    formats = found["formats"]
    assert isinstance(formats, dict)
    # What Django's views send, name by name.
    assert formats.keys() >= {
        *("DATE_FORMAT", "DATETIME_FORMAT", "TIME_FORMAT", "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT"),
        *("SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT", "FIRST_DAY_OF_WEEK", "DECIMAL_SEPARATOR"),
        *(
            "THOUSAND_SEPARATOR",
            "NUMBER_GROUPING",
            "DATE_INPUT_FORMATS",
            "TIME_INPUT_FORMATS",
            "DATETIME_INPUT_FORMATS",
        ),
    }
    assert formats["DATE_INPUT_FORMATS"][0] == "%d.%m.%Y"


def test_what_is_not_translated_comes_from_another_language(folder: Path) -> None:
    own = folder / "de" / "LC_MESSAGES"
    own.mkdir(parents=True)
    (own / "javascript.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Cart"\nmsgstr "Korb"\n',
        encoding="utf-8",
    )
    found = json_catalogue([folder], "de", fallback="ru")
    assert found["messages"] == {"Cart": ["Korb"], "verb\x04Order": ["Bestellen"]}  # the plurals follow another rule
    assert found["plural"] == "(n != 1)"
    assert '"Bestellen"' in javascript_catalogue([folder], "de", fallback="ru")


def test_a_message_cannot_end_the_script(folder: Path) -> None:
    script = javascript_catalogue([folder], "ru")
    assert "</script" not in script
    assert "<b>" not in script
    found = re.search(r"const catalogue = (\{.*\});", script)
    assert found is not None
    assert json.loads(found[1]) == json.loads(json.dumps(json_catalogue([folder], "ru")))


@pytest.mark.parametrize("rule", ["alert(1)", "(n, alert(1))", "n; x", "n != 1 }"])
def test_the_plural_rule_of_a_file_holds_arithmetic_only(folder: Path, rule: str) -> None:
    path = folder / "ru" / "LC_MESSAGES" / "javascript.po"
    path.write_text(PO.replace("(n%10==1", f"({rule}) || (n%10==1"), encoding="utf-8")
    try:
        script = javascript_catalogue([folder], "ru")
    except CatalogueError:
        return  # refused when it was read
    assert "alert" not in script
    assert "; x" not in script


def test_a_language_without_messages_has_formats(tmp_path: Path) -> None:
    found = json_catalogue([tmp_path], "de")
    assert found["messages"] == {}
    assert found["plural"] == "n != 1"
    with pytest.raises(LanguageError):
        json_catalogue([tmp_path], "../etc")
