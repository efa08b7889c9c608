"""What type checkers know about models, without a plugin."""

from decimal import Decimal
from typing import assert_type

from partita.orm import CASCADE, SET_NULL, CharField, DecimalField, ForeignKey, IntegerField, Manager, ManyToManyField
from partita.orm import Model, QuerySet, RelatedManager


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
