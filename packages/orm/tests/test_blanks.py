"""Instances come out of blank objects: what they are, what they keep, and where that is not possible."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import CharField, Database, F, IntegerField, Model, Registry
from partita.orm.blanks import blank_class
from partita.orm.testing import assert_num_queries


def shared(row: Any) -> bool:
    """Return whether the names of a row's attributes are kept once for many rows."""
    return sys.getsizeof(vars(row)) < sys.getsizeof(dict(vars(row)))


def test_rows_of_a_query_keep_the_names_of_their_attributes_together(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    albums = list(models.Album.objects.select_related("artist"))
    assert {type(album) for album in albums} == {models.Album}
    assert {type(album.artist) for album in albums} == {models.Artist}
    assert all(shared(album) and shared(album.artist) for album in albums)
    assert list(vars(albums[0])) == ["_s", *[field.attname for field in models.Album._meta.fields], "artist"]


def test_there_is_room_for_related_rows_that_are_loaded_later(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = list(models.Album.objects.prefetch_related("genres", "tracks"))
    assert {album.artist.name for album in albums} == {"Miles Davis", "David Bowie"}
    assert [getattr(album, "sleeve", None) for album in albums] == [None, None, None]
    assert all({"artist", "sleeve", "_prefetched"} <= vars(album).keys() for album in albums)
    assert all(shared(album) for album in albums)


def test_aliases_that_python_would_read_as_another_name_stay_as_they_are(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    for alias in ("class", "größe", "ﬁnal"):
        row: Any = models.Album.objects.annotate(**{alias: F("year")}).get(pk=music.low.pk)
        assert vars(row)[alias] == 1977
        assert type(row) is models.Album


def test_a_model_with_slots_has_dictionaries_of_its_own(database: Database, tables: Any) -> None:
    class Slotted(Model):
        __slots__ = ("beside",)
        name = CharField(max_length=10)

        class Meta:
            registry = Registry()
            app_label = "slots"

    assert blank_class(Slotted, ["name"]) is None
    tables(Slotted)
    Slotted.objects.create(name="one")
    row: Any = Slotted.objects.get()
    row.beside = 5
    assert (type(row), row.name, row.beside) == (Slotted, "one", 5)
    assert "beside" not in vars(row)


def test_a_wide_model_has_dictionaries_of_its_own(database: Database, tables: Any) -> None:
    class Wide(Model):
        class Meta:
            registry = Registry()
            app_label = "wide"

    for number in range(40):
        Wide.add_to_class(f"n{number}", IntegerField(default=number))
    tables(Wide)
    Wide.objects.create()
    row: Any = Wide.objects.get()
    assert [getattr(row, f"n{number}") for number in range(40)] == list(range(40))
    assert type(row) is Wide


def test_what_the_class_does_with_assignments_and_at_the_end_is_left_alone(database: Database, tables: Any) -> None:
    told: list[str] = []

    class Watching(Model):
        name = CharField(max_length=10)

        class Meta:
            registry = Registry()
            app_label = "watching"

        def __setattr__(self, name: str, value: Any) -> None:
            told.append(name)
            super().__setattr__(name, value)

        def __del__(self) -> None:
            told.append("gone")

    tables(Watching)
    assert list(Watching.objects.all()) == []
    assert told == []
    Watching.objects.bulk_create([Watching(name="one")])
    told.clear()
    row: Any = Watching.objects.get()
    assert told == []
    row.name = "two"
    assert told == ["name"]


@pytest.mark.parametrize("names", [["a-b"], ["__class__"], ["if"], ["é"], [f"n{number}" for number in range(60)]])
def test_names_that_cannot_be_assigned_are_refused(names: list[str]) -> None:
    class Plain:
        pass

    assert blank_class(Plain, names) is None
    made: Any = blank_class(Plain, ["a"], names)  # as names that may come later, they are left out
    row = made()
    row.a = 1
    row.__class__ = Plain
    assert (type(row), vars(row)) == (Plain, {"a": 1})


def test_deferred_fields_are_loaded_into_the_same_rows(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = list(models.Album.objects.only("title"))
    assert all("year" not in vars(album) for album in albums)
    with assert_num_queries(1):
        assert {album.year for album in albums} == {1959, 1970, 1977}
