"""The work in partita.orm, sync; with a second argument, awaited."""

import sys
from itertools import count
from pathlib import Path

from timing import check, items, remove_scratch, run

from partita.orm import CASCADE, Avg, CharField, ForeignKey, IntegerField, Max, Model, connect

PATH = sys.argv[1]


class Artist(Model):
    name = CharField(max_length=100)
    country = CharField(max_length=2)

    class Meta:
        db_table = "artist"


class Album(Model):
    title = CharField(max_length=160)
    year = IntegerField(db_index=True)
    minutes = IntegerField()
    artist = ForeignKey(Artist, on_delete=CASCADE, related_name="albums")

    class Meta:
        db_table = "album"


class Item(Model):
    name = CharField(max_length=100)
    number = IntegerField()

    class Meta:
        db_table = "item"


def prefetch() -> None:
    artists = list(Artist.objects.filter(pk__lte=100).prefetch_related("albums"))
    check(sum(len(artist.albums.all()) for artist in artists), 1000)


def save() -> None:
    first.number = -next(numbers)
    first.save(update_fields=["number"])


def bulk() -> None:
    Item.objects.bulk_create([Item(name=name, number=number) for name, number in items()])


def some() -> None:
    remove_scratch(PATH)
    Item.objects.bulk_create([Item(name=name, number=number) for name, number in items()[:1000]])


SYNC = {
    "get by pk": lambda: Album.objects.get(pk=500),
    "filter, 100 instances": lambda: check(len(list(Album.objects.filter(year=1950))), 100),
    "filter, 10 000 instances": lambda: check(len(list(Album.objects.filter(minutes__gt=0))), 10_000),
    "values_list, 10 000": lambda: check(len(list(Album.objects.values_list("id", "title", "year"))), 10_000),
    "select_related, 1 000": lambda: check(len(list(Album.objects.select_related("artist")[:1000])), 1000),
    "prefetch, 100 x 10": prefetch,
    "aggregate over 10 000": lambda: Album.objects.aggregate(mean=Avg("minutes"), last=Max("year")),
    "insert one": lambda: Item.objects.create(name="one", number=-5),
    "save one changed field": save,
    "bulk insert 10 000": bulk,
    "update 1 000": lambda: Item.objects.filter(number__gte=0).update(name="new"),
    "delete 1 000": lambda: check(Item.objects.filter(number__gte=0).delete()[0], 1000),
}


async def aget() -> None:
    await Album.objects.aget(pk=500)


async def afilter() -> None:
    check(len([album async for album in Album.objects.filter(year=1950)]), 100)


async def aall() -> None:
    check(len([album async for album in Album.objects.filter(minutes__gt=0)]), 10_000)


async def acreate() -> None:
    await Item.objects.acreate(name="one", number=-5)


ASYNC = {
    "get by pk": aget,
    "filter, 100 instances": afilter,
    "filter, 10 000 instances": aall,
    "insert one": acreate,
}
BEFORE = {"bulk insert 10 000": lambda: remove_scratch(PATH), "update 1 000": some, "delete 1 000": some}

with connect(f"sqlite:///{Path(PATH)}"):
    numbers, first = count(2), Item.objects.get(pk=1)
    run(ASYNC if sys.argv[2:] else SYNC, BEFORE)
