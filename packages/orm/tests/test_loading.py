"""Fields that are loaded later: how only() and defer() follow one another, and what is refused."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import CharField, Database, FieldDoesNotExist, FieldError, IntegerField, Model, Prefetch, Registry
from partita.orm.testing import assert_num_queries


@pytest.mark.parametrize(
    ("steps", "missing"),
    [
        ([("only", "title", "year"), ("defer", "title")], "all but year"),
        ([("defer", "title"), ("only", "year", "title")], "all but year"),
        ([("defer", "title"), ("only", "title"), ("only", "year")], "all but year"),
        ([("only", "year"), ("defer", "price")], "all but year"),
        ([("only", "title"), ("defer", "title")], ""),
        ([("defer", "title"), ("only", "title")], ""),
        ([("only", "title"), ("defer", "title", "year")], "year"),
        ([("only", "title"), ("defer", "title"), ("defer", "year")], "year"),
        ([("defer", "title"), ("defer", "year")], "title year"),
        ([("only", "title"), ("only", "year")], "all but year"),
    ],
)
def test_steps_follow_one_another(music: SimpleNamespace, models: SimpleNamespace, steps: Any, missing: str) -> None:
    rows = models.Album.objects.all()
    for method, *names in steps:
        rows = getattr(rows, method)(*names)
    found = rows.get(pk=music.low.pk).get_deferred_fields()
    every = {field.attname for field in models.Album._meta.fields}
    assert found == (every - {"id", "year"} if missing == "all but year" else set(missing.split()))


def test_names_that_lead_nowhere_are_refused(models: SimpleNamespace) -> None:
    albums = models.Album.objects
    for method in ("only", "defer"):
        with pytest.raises(FieldDoesNotExist, match="Album has no field named 'missing'"):
            getattr(albums, method)("missing")
        with pytest.raises(FieldDoesNotExist, match="Artist has no field named 'missing'"):
            getattr(albums, method)("artist__missing")
        with pytest.raises(FieldError, match="no relation"):
            getattr(albums, method)("title__missing")
    with pytest.raises(TypeError, match=r"Cannot pass None as an argument to only\(\)"):
        albums.only(None)


def test_what_is_joined_cannot_stay_away(music: SimpleNamespace, models: SimpleNamespace) -> None:
    message = "Album.artist cannot be both deferred and traversed"
    with pytest.raises(FieldError, match=message):
        list(models.Album.objects.defer("artist").select_related("artist"))
    with pytest.raises(FieldError, match=message):
        list(models.Album.objects.only("title").select_related("artist"))
    with assert_num_queries(1):
        rows = list(
            models.Track.objects.only("name", "album__title", "album__artist__name").select_related("album__artist")
        )
        assert {row.album.artist.name for row in rows} == {"Miles Davis", "David Bowie"}


def test_peers_without_a_key_are_left_out(music: SimpleNamespace, models: SimpleNamespace) -> None:
    first, second, _ = models.Album.objects.defer("year")
    first.pk = None
    with assert_num_queries(1):
        assert second.year == 1959
    with pytest.raises(AttributeError, match="Cannot retrieve deferred field 'year' from an unsaved model"):
        _ = first.year


def test_an_overridden_refresh_is_what_loads(database: Database, tables: Any) -> None:
    class Weather(Model):
        place = CharField(max_length=10)
        degrees = IntegerField()

        class Meta:
            registry = Registry()
            app_label = "weather"

        def refresh_from_db(
            self, using: Any = None, fields: Iterable[str] | None = None, from_queryset: Any = None
        ) -> None:
            if fields is not None:
                fields = {*fields, *self.get_deferred_fields()}
            super().refresh_from_db(using, fields, from_queryset)

    tables(Weather)
    Weather.objects.create(place="Graz", degrees=21)
    row = Weather.objects.only("id").get()
    with assert_num_queries(1):
        assert (row.place, row.degrees) == ("Graz", 21)


def test_the_key_of_a_parent_is_that_of_the_child(database: Database, tables: Any) -> None:
    registry_of_places = Registry()

    class Place(Model):
        name = CharField(max_length=10)

        class Meta:
            registry = registry_of_places
            app_label = "places"

    class Bar(Place):
        stools = IntegerField()

        class Meta:
            registry = registry_of_places
            app_label = "places"

    tables(Place, Bar)
    bar = Bar.objects.create(name="Loos", stools=9)
    row = Bar.objects.only("stools").get()
    with assert_num_queries(0):
        assert row.id == bar.pk


def test_what_was_joined_or_prefetched_is_not_replaced_by_the_owner(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    bowie = models.Artist.objects.get(name="David Bowie")
    album = bowie.albums.select_related("artist__manager").get()
    with assert_num_queries(0):
        assert album.artist.manager.name == "Miles Davis"
    inner = models.Album.objects.prefetch_related(Prefetch("artist", models.Artist.objects.only("email")))
    artist = models.Artist.objects.only("name").prefetch_related(Prefetch("albums", inner)).get(name="David Bowie")
    with assert_num_queries(0):
        assert artist.albums.all()[0].artist.email == ""
