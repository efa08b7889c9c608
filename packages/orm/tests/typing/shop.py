"""What type checkers know about models, without a plugin."""

from decimal import Decimal
from typing import ClassVar, TypeVar, assert_type

from partita.orm import (
    CASCADE,
    SET_NULL,
    CharField,
    DecimalField,
    ForeignKey,
    IntegerField,
    Manager,
    ManyToManyField,
    Model,
    QuerySet,
    RelatedManager,
)

M = TypeVar("M", bound=Model)


class Artist(Model):
    name = CharField(max_length=100)
    nickname = CharField(max_length=100, null=True)
    albums: "RelatedManager[Album]"


class Genre(Model):
    name = CharField(max_length=40)


class AlbumManager(Manager["Album"]):
    def cheap(self) -> "QuerySet[Album]":
        return self.filter(price__lt=10)


class Album(Model):
    title = CharField(max_length=100)
    artist = ForeignKey(Artist, on_delete=CASCADE, related_name="albums")
    producer = ForeignKey(Artist, on_delete=SET_NULL, null=True)
    price = DecimalField(max_digits=8, decimal_places=2)
    year = IntegerField(null=True)
    genres = ManyToManyField(Genre)

    objects = AlbumManager()


def sync_code(album: Album) -> None:
    assert_type(album.title, str)
    assert_type(album.artist.name, str)
    assert_type(album.artist.nickname, str | None)
    assert_type(album.producer, Artist | None)
    assert_type(album.price, Decimal)
    assert_type(album.year, int | None)
    assert_type(Artist.objects.get(pk=1), Artist)
    assert_type(Artist.objects.filter(name="x").first(), Artist | None)
    assert_type([a.title for a in Album.objects.cheap().order_by("title")], list[str])
    assert_type(album.artist.albums.create(title="x"), Album)
    assert_type([genre.name for genre in album.genres.all()], list[str])
    assert_type(Artist.objects.all()[0].name, str)
    album.year = None
    album.artist = Artist(name="x")
    album.title = 3  # type: ignore[assignment]  # a title is text


async def async_code() -> None:
    assert_type(await Album.objects.aget(pk=1), Album)
    assert_type(await Artist.objects.acount(), int)
    async for album in Album.objects.filter(year=1959):
        assert_type(album.artist.name, str)


class SongManager(Manager["Song"]):
    def long(self) -> "QuerySet[Song]":
        return self.filter(seconds__gt=300)


class Song(Model):
    """Its manager's class is known with and without the annotation; relations named by text are what the annotation says."""

    seconds = IntegerField()
    cover_of: "ForeignKey[Song | None]" = ForeignKey("self", on_delete=SET_NULL, null=True)
    mixes: "ManyToManyField[Song]" = ManyToManyField("self")

    objects: ClassVar[SongManager] = SongManager()
    others = SongManager()


def own_managers(song: Song) -> None:
    assert_type(Song.objects, SongManager)
    assert_type(Song.objects.long().get(), Song)
    assert_type(Song.others.long().get(), Song)
    assert_type(Artist.objects, Manager[Artist])
    assert_type(song.cover_of, Song | None)
    assert_type(song.mixes.get(), Song)
    assert_type(newest(Artist), Artist | None)


def newest(model: type[M]) -> M | None:
    return model.objects.order_by("-pk").first()
