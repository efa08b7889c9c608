"""A folder of messages that several test modules use."""

from pathlib import Path

import pytest

GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Cart"
msgstr "Warenkorb"

msgctxt "verb"
msgid "Open"
msgstr "Öffnen"

msgctxt "state"
msgid "Open"
msgstr "Offen"

msgid "%(n)s track"
msgid_plural "%(n)s tracks"
msgstr[0] "%(n)s Stück"
msgstr[1] "%(n)s Stücke"

msgctxt "rail"
msgid "%(n)s track"
msgid_plural "%(n)s tracks"
msgstr[0] "%(n)s Gleis"
msgstr[1] "%(n)s Gleise"

#, fuzzy
msgid "Fuzzy"
msgstr "Unscharf"

msgid "Untranslated"
msgstr ""

msgid "100%% of <b>"
msgstr "100%% von <b>"

msgid "Hello %(name)s"
msgstr "Hallo %(name)s"

msgid "Broken %(name)s"
msgstr "Kaputt %(nome)s"

msgid "two lines joined"
msgstr "zwei Zeilen"
"""

RUSSIAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "file"
msgid_plural "files"
msgstr[0] "файл"
msgstr[1] "файла"
msgstr[2] "файлов"
"""

ARABIC = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

msgid "book"
msgid_plural "books"
msgstr[0] "0"
msgstr[1] "1"
msgstr[2] "2"
msgstr[3] "3"
msgstr[4] "4"
msgstr[5] "5"
"""


@pytest.fixture
def locale_dir(tmp_path: Path) -> Path:
    for language, text in {
        "de": GERMAN,
        "ru": RUSSIAN,
        "ar": ARABIC,
        "de_AT": 'msgid ""\nmsgstr ""\n\nmsgid "Cart"\nmsgstr "Wagerl"\n',
    }.items():
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(text, encoding="utf-8")
    return tmp_path
