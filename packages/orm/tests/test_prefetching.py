"""Rows that were prefetched: what is asked of them later, slices of each owner's, and wrong use."""

import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    FETCH_ONE,
    FETCH_PEERS,
    FETCH_RAISE,
    CharField,
    Count,
    Database,
    Databases,
    F,
    FieldError,
    ForeignKey,
    Model,
    Prefetch,
    Registry,
    connect,
    prefetch_related_objects,
)
from partita.orm.testing import assert_num_queries


def titles(rows: Any) -> list[str]:
    return [row.title for row in rows]


def test_what_goes_on_from_prefetched_rows_stays_with_their_owner(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    bowie, miles = models.Artist.objects.prefetch_related("albums", "albums__genres").order_by("name")
    with assert_num_queries(0):
        assert titles(miles.albums.all()) == ["Bitches Brew", "Kind of Blue"]
        assert (miles.albums.count(), miles.albums.exists(), bowie.albums.count()) == (2, True, 1)
    assert titles(miles.albums.filter(year__gt=0)) == ["Bitches Brew", "Kind of Blue"]
    assert titles(bowie.albums.filter(year__gt=0)) == ["Low"]
    assert titles(bowie.albums.all().all()) == ["Low"]
    assert titles(miles.albums.order_by("-title")) == ["Kind of Blue", "Bitches Brew"]
    assert miles.albums.exclude(year=1959).get().title == "Bitches Brew"
    assert miles.albums.values_list("year", flat=True).order_by("year")[0] == 1959
    assert bowie.albums.aggregate(n=Count("id")) == {"n": 1}
    assert bowie.albums.update(year=1978) == 1
    assert titles(models.Album.objects.filter(year=1978)) == ["Low"]
    brew, blue = miles.albums.all()
    assert [genre.name for genre in blue.genres.filter(name__contains="a").order_by("name")] == ["Jazz", "Modal"]
    assert [genre.name for genre in brew.genres.all().order_by("name")] == ["Jazz", "Rock"]
    jazz, _, _ = models.Genre.objects.prefetch_related("albums").order_by("name")
    assert titles(jazz.albums.filter(title__startswith="K")) == ["Kind of Blue"]


def test_the_rows_chosen_for_prefetching_stay_chosen(music: SimpleNamespace, models: SimpleNamespace) -> None:
    old = Prefetch("albums", models.Album.objects.filter(year__lt=1970))
    bowie, miles = models.Artist.objects.prefetch_related(old).order_by("name")
    assert titles(miles.albums.all()) == titles(miles.albums.all().all()) == ["Kind of Blue"]
    assert titles(miles.albums.filter(price__gt=0)) == ["Kind of Blue"]
    assert titles(bowie.albums.filter(price__gt=0)) == []
    again = pickle.loads(pickle.dumps(miles))
    with assert_num_queries(0):
        assert titles(again.albums.all()) == ["Kind of Blue"]


def test_a_slice_is_taken_of_the_rows_of_each_owner(music: SimpleNamespace, models: SimpleNamespace) -> None:
    newest = Prefetch("albums", models.Album.objects.order_by("-year")[:1])
    with assert_num_queries(2):
        bowie, miles = models.Artist.objects.prefetch_related(newest).order_by("name")
        assert (titles(bowie.albums.all()), titles(miles.albums.all())) == (["Low"], ["Bitches Brew"])
    assert titles(miles.albums.filter(price__gt=0)) == ["Bitches Brew"]
    rest = Prefetch("albums", models.Album.objects.order_by("-year")[1:3], to_attr="older")
    assert [titles(a.older) for a in models.Artist.objects.prefetch_related(rest).order_by("name")] == [
        *[[], ["Kind of Blue"]]
    ]
    unordered = Prefetch("tracks", models.Track.objects.order_by()[:2])
    assert [len(album.tracks.all()) for album in models.Album.objects.prefetch_related(unordered)] == [0, 2, 2]
    backwards = Prefetch("tracks", models.Track.objects.order_by("number").reverse()[:1])
    assert [[t.number for t in a.tracks.all()] for a in models.Album.objects.prefetch_related(backwards)] == [
        [],
        [3],
        [2],
    ]


def test_a_slice_over_a_table_between(music: SimpleNamespace, models: SimpleNamespace) -> None:
    first = Prefetch("genres", models.Genre.objects.order_by("name")[:1])
    with assert_num_queries(2):
        albums = list(models.Album.objects.prefetch_related(first))
        assert [[genre.name for genre in album.genres.all()] for album in albums] == [["Jazz"], ["Jazz"], []]
    assert [genre.name for genre in albums[0].genres.filter(name__gt="")] == ["Jazz"]
    last = Prefetch("albums", models.Album.objects.order_by("-year")[:1], to_attr="newest")
    assert {genre.name: titles(genre.newest) for genre in models.Genre.objects.prefetch_related(last)} == {
        "Jazz": ["Bitches Brew"],
        "Rock": ["Bitches Brew"],
        "Modal": ["Kind of Blue"],
    }
    with pytest.raises(FieldError, match="one row at most"):
        list(models.Album.objects.prefetch_related(Prefetch("artist", models.Artist.objects.all()[:1])))


def test_rows_to_one_come_in_no_order(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    with database.query_log() as log:
        albums = list(models.Album.objects.prefetch_related("artist", "sleeve"))
    assert [album.artist.name for album in albums] == ["Miles Davis", "Miles Davis", "David Bowie"]
    assert "ORDER BY" in log[0].sql
    assert not any("ORDER BY" in each.sql for each in log[1:])


def test_a_join_over_the_table_between_is_used_again(music: SimpleNamespace, models: SimpleNamespace) -> None:
    """A condition on the other side's relation means the row that the table between was found by."""
    named = models.Genre.objects.annotate(by=F("albums__title")).filter(by="Kind of Blue")
    albums = models.Album.objects.prefetch_related(Prefetch("genres", named, to_attr="own"))
    assert [sorted(genre.name for genre in album.own) for album in albums] == [[], ["Jazz", "Modal"], []]


def test_any_iterable_of_rows_may_be_given(music: SimpleNamespace, models: SimpleNamespace) -> None:
    for rows in ({music.blue}, (music.blue,), {"a": music.blue}.values(), iter([music.blue])):
        music.blue.refresh_from_db()
        with assert_num_queries(1):
            prefetch_related_objects(rows, "genres")
        with assert_num_queries(0):
            assert len(music.blue.genres.all()) == 2
    prefetch_related_objects([], "nothing")


def test_raw_queries_keep_what_was_asked_before(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with assert_num_queries(2):
        (album,) = models.Album.objects.prefetch_related("genres").raw(
            "SELECT * FROM shop_album WHERE id = %s", [music.blue.pk]
        )
        assert len(album.genres.all()) == 2


def test_wrong_use_is_told(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    with pytest.raises(ValueError, match="to_attr=genres conflicts with a field on the Album model"):
        list(albums.prefetch_related(Prefetch("genres", models.Genre.objects.all(), to_attr="genres")))
    with pytest.raises(ValueError, match="already seen with a different queryset"):
        list(models.Artist.objects.prefetch_related("albums__genres", Prefetch("albums", albums.filter(year=1))))
    with pytest.raises(ValueError, match="'genres__name' does not resolve to an item that supports prefetching"):
        list(albums.prefetch_related("genres__name"))
    list(models.Artist.objects.prefetch_related("albums__genres", "albums"))  # the same twice is no harm


def test_rows_of_another_database_are_asked_there() -> None:
    registry_of_houses = Registry()

    class House(Model):
        name = CharField(max_length=5)
        rooms: Any

        class Meta:
            app_label = "elsewhere"
            registry = registry_of_houses

    class Room(Model):
        house = ForeignKey(House, CASCADE, related_name="rooms")

        class Meta:
            app_label = "elsewhere"
            registry = registry_of_houses

    with Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"}) as databases:
        for alias in databases:
            databases[alias].create_all(House, Room)
        house = House.objects.using("other").create(name="a")
        Room.objects.using("other").create(house=house)
        there = House.objects.using("other")
        assert len(there.prefetch_related(Prefetch("rooms", Room.objects.all()))[0].rooms.all()) == 1
        assert len(there.prefetch_related(Prefetch("rooms", Room.objects.using("default")))[0].rooms.all()) == 0


@pytest.mark.parametrize("mode", [FETCH_ONE, FETCH_PEERS, FETCH_RAISE])
def test_rows_tell_their_fetch_mode(music: SimpleNamespace, models: SimpleNamespace, mode: Any) -> None:
    rows = list(models.Album.objects.fetch_mode(mode).select_related("artist"))
    assert {row._state.fetch_mode for row in rows} == {row.artist._state.fetch_mode for row in rows} == {mode}
    assert models.Artist.objects.fetch_mode(mode).first()._state.fetch_mode is mode


def test_the_log_sees_rows_that_come_one_by_one(models: SimpleNamespace, tmp_path: Any) -> None:
    database = connect(f"sqlite:///{tmp_path}/rows.sqlite3")
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with database:
        database.create_all(models.Genre)
        models.Genre.objects.bulk_create([models.Genre(name=str(number)) for number in range(5)])
        with database.query_log() as log, database.execute_wrapper(note):
            assert len(list(models.Genre.objects.iterator(chunk_size=2))) == 5
        assert [each.sql for each in log] == seen
        assert len(seen) == 1
    database.close()


def test_prefetched_rows_load_other_relations_for_all_of_them(music: SimpleNamespace, models: SimpleNamespace) -> None:
    models.Album.objects.update(producer=music.low.artist)
    artists = list(models.Artist.objects.prefetch_related("albums"))
    albums = [album for artist in artists for album in artist.albums.all()]
    del artists
    assert len(albums) == 3
    with assert_num_queries(1):
        assert {album.producer.name for album in albums} == {"David Bowie"}
    with assert_num_queries(1):
        assert [getattr(album, "sleeve", None) for album in albums] == [None, None, None]
    chosen = Prefetch("albums", models.Album.objects.only("title", "artist"))
    albums = [album for artist in models.Artist.objects.prefetch_related(chosen) for album in artist.albums.all()]
    with assert_num_queries(1):
        assert {album.year for album in albums} == {1959, 1970, 1977}


def test_prefetched_rows_whose_owner_forgot_them_still_load(music: SimpleNamespace, models: SimpleNamespace) -> None:
    models.Album.objects.update(producer=music.low.artist)
    miles = models.Artist.objects.prefetch_related("albums").get(name="Miles Davis")
    first, second = miles.albums.all()
    miles.albums.add(second)  # what was prefetched is forgotten
    with assert_num_queries(2):
        assert first.producer.name == second.producer.name == "David Bowie"


def test_rows_prefetched_into_a_list_know_one_another(music: SimpleNamespace, models: SimpleNamespace) -> None:
    models.Album.objects.update(producer=music.low.artist)
    artists = models.Artist.objects.prefetch_related(Prefetch("albums", to_attr="records"))
    albums = [album for artist in artists for album in artist.records]
    with assert_num_queries(1):
        assert {album.producer.name for album in albums} == {"David Bowie"}


def test_the_mode_of_what_is_prefetched_is_kept(music: SimpleNamespace, models: SimpleNamespace) -> None:
    alone = Prefetch("albums", models.Album.objects.fetch_mode(FETCH_ONE))
    miles = models.Artist.objects.prefetch_related(alone).get(name="Miles Davis")
    models.Album.objects.update(producer=music.low.artist)
    first, second = miles.albums.all()
    assert first._state.fetch_mode is second._state.fetch_mode is FETCH_ONE
    plain = models.Artist.objects.prefetch_related("albums").get(name="Miles Davis")
    assert {album._state.fetch_mode for album in plain.albums.all()} == {FETCH_PEERS}
