"""Rows that came with others by way of select_related know one another, too: what is missing on one is loaded for all."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.bridge import run as bridged
from partita.orm import CASCADE, FETCH_ONE, FETCH_RAISE, CharField, Database, ForeignKey, Model, OneToOneField, Registry
from partita.orm.prefetch_modes import FieldFetchBlocked
from partita.orm.testing import assert_num_queries

joined = Registry()


class Land(Model):
    """Has towns."""

    name = CharField(max_length=10)
    motto = CharField(max_length=10, default="")

    class Meta:
        registry = joined
        app_label = "joined"


class Flag(Model):
    """Belongs to one land."""

    land = OneToOneField(Land, CASCADE, related_name="flag")

    class Meta:
        registry = joined
        app_label = "joined"


class Town(Model):
    """Lies in a land."""

    land: "ForeignKey[Land | None]" = ForeignKey(Land, CASCADE, null=True)

    class Meta:
        registry = joined
        app_label = "joined"


class House(Model):
    """Stands in a town."""

    town = ForeignKey(Town, CASCADE)

    class Meta:
        registry = joined
        app_label = "joined"


@pytest.fixture
def houses(tables: Callable[..., None]) -> Any:
    """Two in each of three lands, and one in none."""
    tables(Land, Flag, Town, House)
    for name in ("A", "B", "C"):
        land = Land.objects.create(name=name)
        Flag.objects.create(land=land)
        town = Town.objects.create(land=land)
        House.objects.create(town=town)
        House.objects.create(town=town)
    House.objects.create(town=Town.objects.create())
    return House.objects.order_by("pk")


def test_what_joined_rows_lack_is_loaded_for_all(houses: Any) -> None:
    with assert_num_queries(2):
        assert [house.town.land and house.town.land.name for house in houses.select_related("town")] == [
            *"AABBCC",
            None,
        ]
    with assert_num_queries(2):
        found = list(houses.select_related("town__land").filter(town__land__isnull=False))
        assert all(house.town.land.flag for house in found[1:])
    Town.objects.create(land=Land.objects.get(name="A"))
    part = Town.objects.select_related("land").only("land__name").filter(land__isnull=False)
    with assert_num_queries(2):  # two towns each have a land of their own, which is the same row
        assert [town.land and town.land.motto for town in part] == [""] * 4


def test_it_is_not_where_nobody_wants_it(houses: Any) -> None:
    rows = houses.select_related("town").filter(town__land__isnull=False)
    with assert_num_queries(7):
        assert all(house.town.land for house in rows.fetch_mode(FETCH_ONE))
    with pytest.raises(FieldFetchBlocked, match=r"Town\.land"):
        assert [house.town.land for house in rows.fetch_mode(FETCH_RAISE)]


def test_it_is_awaited(houses: Any, database: Database, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    async def ask() -> list[Any]:
        return await bridged(lambda: [house.town.land is None for house in houses.select_related("town")])

    with assert_num_queries(2, database):
        assert run(ask()) == [False] * 6 + [True]
