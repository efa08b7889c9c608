"""Places among siblings stay 0 to n-1, whatever moves."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, FieldError, ForeignKey, Model, ModelError, Registry, UniqueConstraint
from partita.orm.patterns.positions import PositionField, amove_to, arrange, move_to

music = Registry()


class Playlist(Model):
    """Has songs."""

    name = CharField(max_length=20)

    class Meta:
        registry = music
        app_label = "music"


class Song(Model):
    """Has a place in a list."""

    playlist = ForeignKey(Playlist, CASCADE, null=True, related_name="songs")
    name = CharField(max_length=20)
    place = PositionField(within="playlist")

    class Meta:
        registry = music
        app_label = "music"
        ordering = ("place",)
        constraints = (UniqueConstraint(fields=("playlist", "place"), name="one_song_a_place"),)


class Two(Model):
    """Has two places."""

    one = PositionField()
    other = PositionField()

    class Meta:
        registry = music
        app_label = "music"


@pytest.fixture
def songs(tables: Callable[..., None]) -> Playlist:
    tables(Playlist, Song)
    lists = [Playlist.objects.create(name=name) for name in ("mine", "yours")]
    for name in "abcdef":
        for playlist in lists:
            Song.objects.create(playlist=playlist, name=name)
    return lists[0]


def names(playlist: Playlist) -> str:
    rows = list(Song.objects.filter(playlist=playlist))
    assert [song.place for song in rows] == list(range(len(rows)))
    return "".join(song.name for song in rows)


def test_rows_move_and_places_stay_whole(songs: Playlist, run: Any) -> None:
    assert names(songs) == "abcdef"
    song = Song.objects.get(playlist=songs, name="e")
    for place, expected in ((1, "aebcdf"), (4, "abcdef"), (0, "eabcdf"), (99, "abcdfe"), (-2, "abcdef"), (4, "abcdef")):
        move_to(song, place)
        assert names(songs) == expected
        assert song.place == expected.index("e")
    Song.objects.get(playlist=songs, name="b").delete()
    assert names(songs) == "acdef"
    Song.objects.filter(playlist=songs, name__in=["a", "e"]).delete()
    assert names(songs) == "cdf"
    Song.objects.create(playlist=songs, name="g")
    assert names(songs) == "cdfg"

    async def awaited() -> None:
        await amove_to(await Song.objects.aget(playlist=songs, name="g"), 0)

    run(awaited())
    assert names(songs) == "gcdf"
    assert names(Playlist.objects.get(name="yours")) == "abcdef"


def test_many_moves_at_random(songs: Playlist) -> None:
    choose = random.Random(7)
    order = list("abcdef")
    for _ in range(25):
        name, place = choose.choice(order), choose.randrange(6)
        order.remove(name)
        order.insert(place, name)
        move_to(Song.objects.get(playlist=songs, name=name), place)
        assert names(songs) == "".join(order)


def test_a_list_sorted_by_hand(songs: Playlist) -> None:
    rows = Song.objects.filter(playlist=songs)
    keys = {song.name: song.pk for song in rows}
    arrange(rows, [keys[name] for name in "fbdaec"])
    assert names(songs) == "fbdaec"
    with pytest.raises(ValueError, match="not exactly"):
        arrange(rows, [keys[name] for name in "fbdae"])
    with pytest.raises(ValueError, match="not exactly"):
        arrange(rows, [keys[name] for name in "fbdaaa"])


def test_rows_without_a_list_are_siblings(songs: Playlist) -> None:
    one, other = Song.objects.create(name="x"), Song.objects.create(name="y")
    move_to(other, 0)
    one.refresh_from_db()
    assert (one.place, other.place) == (1, 0)


def test_what_is_refused(songs: Playlist) -> None:
    with pytest.raises(FieldError, match="no PositionField"):
        move_to(songs, 1)
    with pytest.raises(ModelError, match="several"):
        move_to(Two(), 1)
    gone = Song.objects.create(playlist=songs, name="z")
    Song.objects.filter(pk=gone.pk).delete()
    with pytest.raises(Song.DoesNotExist):
        move_to(gone, 0)


def test_a_field_is_made_again_from_its_parts() -> None:
    for field in (Song._meta.get_field("place"), PositionField(within=("a", "b"), editable=True)):
        _, path, args, kwargs = field.deconstruct()
        assert path == "partita.orm.patterns.positions.PositionField"
        again = PositionField(*args, **kwargs)
        assert again.deconstruct()[1:] == field.deconstruct()[1:]
        assert (again.within, again.editable) == (field.within, field.editable)
