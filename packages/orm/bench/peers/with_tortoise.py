"""The work in Tortoise ORM, which is awaited only."""

import asyncio
import sys
from itertools import count

import timing
from timing import check, items, remove_scratch
from tortoise import Tortoise, fields
from tortoise.functions import Avg, Max
from tortoise.models import Model

PATH = sys.argv[1]


class Artist(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    country = fields.CharField(max_length=2)

    class Meta:
        table = "artist"


class Album(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=160)
    year = fields.IntField(db_index=True)
    minutes = fields.IntField()
    artist = fields.ForeignKeyField("models.Artist", related_name="albums")

    class Meta:
        table = "album"


class Item(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    number = fields.IntField()

    class Meta:
        table = "item"


async def get() -> None:
    await Album.get(id=500)


async def some_instances() -> None:
    check(len(await Album.filter(year=1950)), 100)


async def all_instances() -> None:
    check(len(await Album.filter(minutes__gt=0)), 10_000)


async def values() -> None:
    check(len(await Album.all().values_list("id", "title", "year")), 10_000)


async def related() -> None:
    check(len(await Album.all().select_related("artist").limit(1000)), 1000)


async def prefetch() -> None:
    artists = await Artist.filter(id__lte=100).prefetch_related("albums")
    check(sum(len(artist.albums) for artist in artists), 1000)


async def aggregate() -> None:
    await Album.annotate(mean=Avg("minutes"), last=Max("year")).values("mean", "last")


async def create() -> None:
    await Item.create(name="one", number=-5)


async def bulk() -> None:
    await Item.bulk_create([Item(name=name, number=number) for name, number in items()])


async def some() -> None:
    remove_scratch(PATH)
    await Item.bulk_create([Item(name=name, number=number) for name, number in items()[:1000]])


async def change() -> None:
    await Item.filter(number__gte=0).update(name="new")


async def remove() -> None:
    check(await Item.filter(number__gte=0).delete(), 1000)


async def main() -> None:
    await Tortoise.init(db_url=f"sqlite://{PATH}?synchronous=NORMAL", modules={"models": [__name__]})
    numbers, first = count(2), await Item.get(id=1)

    async def save() -> None:
        first.number = -next(numbers)
        await first.save(update_fields=["number"])

    work = {
        "get by pk": get,
        "filter, 100 instances": some_instances,
        "filter, 10 000 instances": all_instances,
        "values_list, 10 000": values,
        "select_related, 1 000": related,
        "prefetch, 100 x 10": prefetch,
        "aggregate over 10 000": aggregate,
        "insert one": create,
        "save one changed field": save,
        "bulk insert 10 000": bulk,
        "update 1 000": change,
        "delete 1 000": remove,
    }
    before = {"bulk insert 10 000": lambda: remove_scratch(PATH), "update 1 000": some, "delete 1 000": some}
    try:
        await timing.measure(work, before)
    finally:
        await Tortoise.close_connections()


asyncio.run(main())
