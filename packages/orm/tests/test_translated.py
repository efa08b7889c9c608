"""Texts in several languages: read, written and asked for in the one in force."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from partita.contracts.i18n import TRANSLATOR
from partita.orm import CASCADE, CharField, F, ForeignKey, Model, ModelError, Registry, TextField
from partita.orm.patterns.translated import TranslatedField

records = Registry()


class Named(Model):
    """Has a name in three languages."""

    name = TranslatedField(CharField(max_length=40, db_index=True), languages=["en", "de", "pt-br"])

    class Meta:
        registry = records
        app_label = "records"
        abstract = True


class Genre(Named):
    """Has nothing else."""

    class Meta:
        registry = records
        app_label = "records"


class Record(Named):
    """Has a genre and a text."""

    genre = ForeignKey(Genre, CASCADE, null=True, related_name="records")
    text = TranslatedField(TextField(default="", blank=True), languages=["en", "de"])

    class Meta:
        registry = records
        app_label = "records"


class Language:
    """As much of a translator as is asked for."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not needed")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    token = TRANSLATOR.set(Language(language))
    try:
        yield
    finally:
        TRANSLATOR.reset(token)


@pytest.fixture
def rock(tables: Callable[..., None]) -> Genre:
    tables(Genre, Record)
    return Genre.objects.create(name_en="Rock music", name_de="Rockmusik")


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Rock music"), ("de", "Rockmusik"), ("de-at", "Rockmusik"), ("pt-br", "Rock music"), ("fr", "Rock music")],
)
def test_the_language_in_force_is_read_and_else_the_first(rock: Genre, language: str, name: str) -> None:
    assert rock.name == "Rock music"
    with speaking(language):
        assert Genre.objects.get().name == name


def test_the_language_in_force_is_written(rock: Any) -> None:
    record: Any
    with speaking("pt-br"):
        rock.name = "Música rock"
        rock.save()
        record = Record.objects.create(name="Disco", genre=rock)
    rock.refresh_from_db()
    assert (rock.name_en, rock.name_de, rock.name_pt_br) == ("Rock music", "Rockmusik", "Música rock")
    assert (record.name_pt_br, record.name_en) == ("Disco", "")


def test_filters_orders_and_values_mean_the_language_in_force(rock: Any) -> None:
    Genre.objects.create(name_en="Accordion", name_de="Ziehharmonika")
    Record.objects.create(name_en="One", name_de="Eins", genre=rock)
    with speaking("de"):
        assert Genre.objects.get(name="Rockmusik") == rock
        assert Genre.objects.filter(name="Rock music").count() == 0
        assert list(Genre.objects.order_by("name").values_list("name", flat=True)) == ["Rockmusik", "Ziehharmonika"]
        assert Record.objects.filter(genre__name__startswith="Rockm").get().name == "Eins"
        assert Genre.objects.filter(records__name="Eins").get() == rock
        again: Any = Genre.objects.annotate(again=F("name")).get(pk=rock.pk)
        assert again.again == "Rockmusik"
        assert Genre.objects.filter(pk=rock.pk).update(name="Rock auf Deutsch") == 1
        assert Genre.objects.only("name").get(pk=rock.pk).name == "Rock auf Deutsch"
    # The same queries in another language, after their names have been looked up once.
    assert Genre.objects.get(name="Rock music") == rock
    assert list(Genre.objects.order_by("name").values_list("name", flat=True)) == ["Accordion", "Rock music"]
    assert Record.objects.filter(genre__name__startswith="Rock m").get().name == "One"
    rock.refresh_from_db()
    assert rock.name_de == "Rock auf Deutsch"


def test_the_columns_are_fields_of_their_own_and_all_but_the_first_may_be_empty() -> None:
    meta = Genre._meta
    assert [field.name for field in meta.fields] == ["id", "name_en", "name_de", "name_pt_br"]
    first, second = meta.get_field("name_en"), meta.get_field("name_de")
    assert (first.null, first.blank, second.null, second.blank) == (False, False, True, True)
    assert (second.max_length, second.db_index) == (40, True)
    assert str(second.verbose_name) == "name [de]"


@pytest.mark.parametrize("languages", [[], ["de", "de"], "de"])
def test_languages_must_be_a_list_of_different_ones(languages: Any) -> None:
    with pytest.raises(ModelError, match="different languages"):
        TranslatedField(CharField(max_length=5), languages)
