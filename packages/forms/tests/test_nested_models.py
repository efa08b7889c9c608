"""A row, the rows that belong to it, and theirs: shown, checked and saved together."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from partita import orm
from partita.forms.json_input import form_from_json
from partita.forms.model_formsets import inlineformset_factory
from partita.forms.nested_models import NestedModelForm
from partita.forms.problems import problem

registry = orm.Registry()


class Artist(orm.Model):
    name = orm.CharField(max_length=40)

    class Meta:
        app_label = "nested"
        registry = registry


class Album(orm.Model):
    artist = orm.ForeignKey(Artist, on_delete=orm.CASCADE)
    title = orm.CharField(max_length=40)

    class Meta:
        app_label = "nested"
        registry = registry


class Track(orm.Model):
    album = orm.ForeignKey(Album, on_delete=orm.CASCADE)
    title = orm.CharField(max_length=40)
    number = orm.IntegerField()

    class Meta:
        app_label = "nested"
        registry = registry
        unique_together = (("album", "number"),)


class AlbumForm(NestedModelForm[Album]):
    formset_classes = {"tracks": inlineformset_factory(Album, Track, fields=("title", "number"), extra=1)}

    class Meta:
        model = Album
        fields = ("title",)


class ArtistForm(NestedModelForm[Artist]):
    formset_classes = {"albums": inlineformset_factory(Artist, Album, AlbumForm, extra=1)}

    class Meta:
        model = Artist
        fields = ("name",)


@pytest.fixture(autouse=True)
def database(tmp_path: Any) -> Iterator[orm.Database]:
    with orm.Databases({"default": f"sqlite:///{tmp_path}/nested.sqlite3"}) as databases:
        found = databases["default"]
        found.create_all(Artist, Album, Track)
        yield found
        found.close()


def rows(prefix: str, total: int, initial: int = 0) -> dict[str, str]:
    return {f"{prefix}-TOTAL_FORMS": str(total), f"{prefix}-INITIAL_FORMS": str(initial)}


def new_artist(**changes: str) -> dict[str, str]:
    return {
        "name": "Bach",
        **rows("albums", 2),
        "albums-0-title": "Partitas",
        **rows("albums-0-tracks", 3),
        "albums-0-tracks-0-title": "Sinfonia",
        "albums-0-tracks-0-number": "1",
        "albums-0-tracks-1-title": "Allemande",
        "albums-0-tracks-1-number": "2",
        "albums-1-title": "",
        **rows("albums-1-tracks", 1),
        **changes,
    }


def stored() -> list[tuple[str, str, str]]:
    tracks = Track.objects.order_by("number")
    return [(track.album.artist.name, track.album.title, track.title) for track in tracks]


def test_grandchildren_are_saved() -> None:
    form = ArtistForm(new_artist())
    assert form.is_valid(), problem(form)
    form.save()
    assert stored() == [("Bach", "Partitas", "Sinfonia"), ("Bach", "Partitas", "Allemande")]
    assert Album.objects.count() == 1


def test_grandchildren_are_saved_in_async_code() -> None:
    async def save() -> None:
        form = ArtistForm(new_artist())
        assert await form.ais_valid()
        await form.asave()

    asyncio.run(save())
    assert len(stored()) == 2


def test_grandchildren_are_saved_from_json() -> None:
    tracks = [{"title": "Sinfonia", "number": 1}]
    form = form_from_json(
        ArtistForm,
        '{"name": "Bach", "albums": [{"title": "Partitas", "tracks": [{"title": "Sinfonia", "number": 1}]}]}',
    )
    assert form.is_valid(), problem(form)
    form.save()
    assert [title for *_, title in stored()] == [track["title"] for track in tracks]


def test_a_grandchild_is_changed_though_its_parent_is_not() -> None:
    ArtistForm(new_artist()).save()
    artist, album = Artist.objects.get(), Album.objects.get()
    first, second = Track.objects.order_by("number")
    html = str(ArtistForm(instance=artist))
    assert f'name="albums-0-tracks-1-id" value="{second.pk}"' in html
    data = {
        "name": "Bach", **rows("albums", 1, 1), "albums-0-id": str(album.pk), "albums-0-title": "Partitas",
        **rows("albums-0-tracks", 2, 2),
        "albums-0-tracks-0-id": str(first.pk), "albums-0-tracks-0-title": "Praeludium", "albums-0-tracks-0-number": "1",
        "albums-0-tracks-1-id": str(second.pk), "albums-0-tracks-1-title": "Allemande", "albums-0-tracks-1-number": "2",
        "albums-0-tracks-1-DELETE": "on",
    }  # fmt: skip
    form = ArtistForm(data, instance=artist)
    assert form.is_valid(), problem(form)
    form.save()
    assert stored() == [("Bach", "Partitas", "Praeludium")]


def test_a_mistake_in_a_grandchild_saves_nothing_and_points_to_it() -> None:
    form = ArtistForm(new_artist(**{"albums-0-tracks-1-number": "x"}))
    assert not form.is_valid()
    assert problem(form)["errors"][0]["pointer"] == "#/albums/0/tracks/1/number"
    with pytest.raises(ValueError, match="could not be"):
        form.save()
    assert Artist.objects.count() == 0
    twice = ArtistForm(new_artist(**{"albums-0-tracks-1-number": "1"}))
    assert not twice.is_valid()
    assert problem(twice)["errors"][0]["pointer"] == "#/albums/0/tracks"


def test_nothing_is_saved_if_a_grandchild_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    form = ArtistForm(new_artist())
    assert form.is_valid()

    def fail(track: Track, *args: object, **kwargs: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(Track, "save", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        form.save()
    assert (Artist.objects.count(), Album.objects.count()) == (0, 0)


def test_a_row_of_somebody_else_is_not_reached_through_the_levels() -> None:
    ArtistForm(new_artist()).save()
    other = Artist.objects.create(name="Handel")
    album, track = Album.objects.get(), Track.objects.order_by("number")[0]
    forged = {
        "name": "Handel", **rows("albums", 1, 1), "albums-0-id": str(album.pk), "albums-0-title": "Mine",
        **rows("albums-0-tracks", 1, 1), "albums-0-tracks-0-id": str(track.pk), "albums-0-tracks-0-title": "Mine",
        "albums-0-tracks-0-number": "1",
    }  # fmt: skip
    assert not ArtistForm(forged, instance=other).is_valid()
    assert stored()[0] == ("Bach", "Partitas", "Sinfonia")


def test_saving_can_wait() -> None:
    form = ArtistForm(new_artist())
    artist = form.save(commit=False)
    assert Artist.objects.count() == 0
    artist.name = "J. S. Bach"
    artist.save()
    form.save_formsets()
    assert stored()[0] == ("J. S. Bach", "Partitas", "Sinfonia")
