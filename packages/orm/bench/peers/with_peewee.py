"""The work in Peewee, sync."""

import sys
from itertools import count

from peewee import CharField, ForeignKeyField, IntegerField, Model, SqliteDatabase, fn, prefetch
from timing import check, items, remove_scratch, run

PATH = sys.argv[1]
database = SqliteDatabase(PATH, pragmas={"journal_mode": "wal", "synchronous": "normal", "foreign_keys": 1})


class Base(Model):
    class Meta:
        database = database


class Artist(Base):
    name = CharField(max_length=100)
    country = CharField(max_length=2)


class Album(Base):
    title = CharField(max_length=160)
    year = IntegerField(index=True)
    minutes = IntegerField()
    artist = ForeignKeyField(Artist, backref="albums")


class Item(Base):
    name = CharField(max_length=100)
    number = IntegerField()


def prefetched() -> None:
    artists = prefetch(Artist.select().where(Artist.id <= 100), Album.select())
    check(sum(len(artist.albums) for artist in artists), 1000)


def save() -> None:
    first.number = -next(numbers)
    first.save(only=[Item.number])


def insert(rows) -> None:
    with database.atomic():
        Item.bulk_create([Item(name=name, number=number) for name, number in rows], batch_size=400)


def some() -> None:
    remove_scratch(PATH)
    insert(items()[:1000])


SYNC = {
    "get by pk": lambda: Album.get_by_id(500),
    "filter, 100 instances": lambda: check(len(list(Album.select().where(Album.year == 1950))), 100),
    "filter, 10 000 instances": lambda: check(len(list(Album.select().where(Album.minutes > 0))), 10_000),
    "values_list, 10 000": lambda: check(len(list(Album.select(Album.id, Album.title, Album.year).tuples())), 10_000),
    "select_related, 1 000": lambda: check(len(list(Album.select(Album, Artist).join(Artist).limit(1000))), 1000),
    "prefetch, 100 x 10": prefetched,
    "aggregate over 10 000": lambda: Album.select(fn.AVG(Album.minutes), fn.MAX(Album.year)).tuples().get(),
    "insert one": lambda: Item.create(name="one", number=-5),
    "save one changed field": save,
    "bulk insert 10 000": lambda: insert(items()),
    "update 1 000": lambda: Item.update(name="new").where(Item.number >= 0).execute(),
    "delete 1 000": lambda: check(Item.delete().where(Item.number >= 0).execute(), 1000),
}

database.connect()
numbers, first = count(2), Item.get_by_id(1)
run(SYNC, {"bulk insert 10 000": lambda: remove_scratch(PATH), "update 1 000": some, "delete 1 000": some})
