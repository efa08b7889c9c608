"""Rows of parents as the children that they are, in one query."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, Count, Database, FieldError, ForeignKey, IntegerField, Model, Registry
from partita.orm.patterns.polymorphic import PolymorphicManager, PolymorphicQuerySet, polymorphic
from partita.orm.testing import assert_num_queries

zoo = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = zoo
        app_label = "zoo"


class House(Base):
    """Animals live in it."""

    name = CharField(max_length=20)


class Animal(Base):
    """Of some kind."""

    name = CharField(max_length=20)
    house = ForeignKey(House, CASCADE, null=True, related_name="animals")
    objects = PolymorphicManager()

    class Meta(Base.Meta):
        ordering = ("name",)


class Bird(Animal):
    """Has wings."""

    span = IntegerField(default=0)


class Parrot(Bird):
    """Speaks."""

    words = IntegerField(default=0)


class Fish(Animal):
    """Swims."""

    depth = IntegerField(default=0)


class Keeper(Base):
    """Feeds one animal."""

    animal = ForeignKey(Animal, CASCADE, related_name="keepers")


@pytest.fixture
def animals(tables: Callable[..., None]) -> House:
    tables(House, Animal, Bird, Parrot, Fish, Keeper)
    house = House.objects.create(name="old")
    Animal.objects.create(name="a", house=house)
    Bird.objects.create(name="b", span=3, house=house)
    Parrot.objects.create(name="c", span=2, words=50, house=house)
    fish = Fish.objects.create(name="d", depth=10)
    Keeper.objects.create(animal=fish)
    return house


def test_a_mixed_list_has_the_right_types(animals: House, database: Database, run: Any) -> None:
    with assert_num_queries(1):
        found: list[Any] = list(Animal.objects.all())
        assert [type(each) for each in found] == [Animal, Bird, Parrot, Fish]
        assert [each.name for each in found] == ["a", "b", "c", "d"]
        assert (found[1].span, found[2].span, found[2].words, found[3].depth) == (3, 2, 50, 10)
    assert type(Animal.objects.get(name="c")) is Parrot
    assert type(Animal.objects.first()) is Animal
    assert [type(each) for each in Animal.objects.iterator()] == [Animal, Bird, Parrot, Fish]
    everything: Any = Animal.objects
    counted = everything.annotate(n=Count("keepers")).get(name="d")
    assert (type(counted), counted.n) == (Fish, 1)
    assert Animal.objects.values_list("name", flat=True)[2] == "c"
    counted.depth = 20
    counted.save()
    fishes: Any = Fish.objects
    assert fishes.get().depth == 20

    async def awaited() -> None:
        assert type(await Animal.objects.aget(name="b")) is Bird

    run(awaited())


def test_relations_lead_to_what_is_there(animals: House) -> None:
    assert [type(each) for each in animals.animals.all()] == [Animal, Bird, Parrot]  # type: ignore[attr-defined]
    (house,) = House.objects.prefetch_related("animals")
    with assert_num_queries(0):
        assert [type(each) for each in house.animals.all()] == [Animal, Bird, Parrot]  # type: ignore[attr-defined]
    birds: list[Any] = [each for each in Animal.objects.all() if isinstance(each, Bird)]
    with assert_num_queries(2):  # one for each kind, not for each row
        assert [bird.house.name for bird in birds] == ["old", "old"]


def test_some_kinds_only(animals: House) -> None:
    rows: PolymorphicQuerySet[Any] = PolymorphicQuerySet(Animal)
    assert [type(each) for each in rows.polymorphic(Fish)] == [Animal, Animal, Animal, Fish]
    assert [type(each) for each in rows.polymorphic(Bird)] == [Animal, Bird, Parrot, Animal]
    assert [each.name for each in rows.instance_of(Bird)] == ["b", "c"]
    assert [type(each) for each in rows.instance_of(Parrot, Fish)] == [Parrot, Fish]
    assert [type(each) for each in polymorphic(Bird.objects.order_by("name"))] == [Bird, Parrot]
    assert [type(each) for each in polymorphic(Parrot.objects.all())] == [Parrot]
    for wrong in (House, int):
        with pytest.raises(FieldError, match="does not inherit"):
            rows.polymorphic(wrong)
        with pytest.raises(FieldError, match="does not inherit"):
            rows.instance_of(wrong)
    with pytest.raises(FieldError, match="instances"):
        polymorphic(rows.values("name"))
