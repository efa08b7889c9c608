"""Texts compared by patterns: case as asked, characters and not bytes, whatever the collation."""

from typing import Any

import pytest

from partita.orm import CharField, Database, Model, Registry

WORDS = ("abc", "ABC", "äbc", "☃", "x.y", "a|b")


def words_of(collation: str | None) -> Any:
    """Return a model with words that the database orders by ``collation``."""

    class Word(Model):
        text = CharField(max_length=10, db_collation=collation)

        class Meta:
            registry = Registry()
            app_label = "compared"

    return Word


@pytest.mark.parametrize("binary", [False, True], ids=["usual", "binary"])
@pytest.mark.parametrize(
    ("lookup", "pattern", "expected"),
    [
        ("regex", "^a", {"abc", "a|b"}),
        ("iregex", "^a", {"abc", "ABC", "a|b"}),
        ("regex", "^.{3}$", {"abc", "ABC", "äbc", "x.y", "a|b"}),
        ("regex", "^.$", {"☃"}),
        ("regex", "zzz|C$", {"ABC"}),
        ("iregex", "zzz|C$", {"abc", "ABC", "äbc"}),
        ("regex", r"x\.y|a\|b", {"x.y", "a|b"}),
    ],
)
def test_regular_expressions_see_characters_and_case_as_asked(
    database: Database, tables: Any, lookup: str, pattern: str, expected: set[str], binary: bool
) -> None:
    names = {"sqlite": "BINARY", "postgresql": "C", "mysql": "utf8mb4_bin"}
    Word = words_of(names[database.vendor] if binary else None)
    tables(Word)
    Word.objects.bulk_create([Word(text=word) for word in WORDS])
    found = Word.objects.filter(**{f"text__{lookup}": pattern})
    assert set(found.values_list("text", flat=True)) == expected
    assert (
        set(Word.objects.exclude(**{f"text__{lookup}": pattern}).values_list("text", flat=True))
        == set(WORDS) - expected
    )


def test_a_statement_is_prepared_anew_after_its_table_has_changed(database: Database, tables: Any) -> None:
    Word = words_of(None)
    tables(Word)
    Word.objects.create(text="abc")
    for _ in range(10):  # drivers prepare what they see several times
        assert [row.text for row in Word.objects.all()] == ["abc"]
    database.execute("DROP TABLE compared_word")
    if database.vendor == "postgresql":
        database.execute("CREATE TABLE compared_word (id bigserial PRIMARY KEY, text varchar(20) NOT NULL)")
    else:
        database.create_all(Word)
    Word.objects.create(text="abcdef")
    assert [row.text for row in Word.objects.all()] == ["abcdef"]
