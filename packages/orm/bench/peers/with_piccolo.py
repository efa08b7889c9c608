"""The work in Piccolo, which is awaited only; it has no prefetch."""

import asyncio
import sys
from itertools import count

import timing
from piccolo.columns import ForeignKey, Integer, Varchar
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.query.functions import Avg, Max
from piccolo.table import Table
from timing import check, items, remove_scratch

PATH = sys.argv[1]
DB = SQLiteEngine(path=PATH)


class Artist(Table, tablename="artist", db=DB):
    name = Varchar(length=100)
    country = Varchar(length=2)


class Album(Table, tablename="album", db=DB):
    title = Varchar(length=160)
    year = Integer(index=True)
    minutes = Integer()
    artist = ForeignKey(references=Artist, db_column_name="artist_id")


class Item(Table, tablename="item", db=DB):
    name = Varchar(length=100)
    number = Integer()


async def get() -> None:
    assert await Album.objects().get(Album.id == 500) is not None


async def some_instances() -> None:
    check(len(await Album.objects().where(Album.year == 1950)), 100)


async def all_instances() -> None:
    check(len(await Album.objects().where(Album.minutes > 0)), 10_000)


async def values() -> None:
    check(len(await Album.select(Album.id, Album.title, Album.year)), 10_000)


async def related() -> None:
    check(len(await Album.objects(Album.artist).limit(1000)), 1000)


async def aggregate() -> None:
    await Album.select(Avg(Album.minutes), Max(Album.year))


async def create() -> None:
    await Item(name="one", number=-5).save()


async def insert(rows: list[tuple[str, int]]) -> None:
    async with DB.transaction():
        for start in range(0, len(rows), 400):  # it binds every value, and SQLite takes only so many
            part = rows[start : start + 400]
            await Item.insert(*[Item(name=name, number=number) for name, number in part])


async def bulk() -> None:
    await insert(items())


async def some() -> None:
    remove_scratch(PATH)
    await insert(items()[:1000])


async def change() -> None:
    await Item.update({Item.name: "new"}).where(Item.number >= 0)


async def remove() -> None:
    await Item.delete().where(Item.number >= 0)


async def main() -> None:
    numbers, first = count(2), await Item.objects().get(Item.id == 1)
    assert first is not None

    async def save() -> None:
        first.number = -next(numbers)
        await first.save([Item.number])

    work = {
        "get by pk": get,
        "filter, 100 instances": some_instances,
        "filter, 10 000 instances": all_instances,
        "values_list, 10 000": values,
        "select_related, 1 000": related,
        "aggregate over 10 000": aggregate,
        "insert one": create,
        "save one changed field": save,
        "bulk insert 10 000": bulk,
        "update 1 000": change,
        "delete 1 000": remove,
    }
    before = {"bulk insert 10 000": lambda: remove_scratch(PATH), "update 1 000": some, "delete 1 000": some}
    await timing.measure(work, before)


asyncio.run(main())
