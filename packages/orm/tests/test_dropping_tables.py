"""Tables that are dropped: some of many, and those that point to one another."""

from collections.abc import Iterator
from typing import Any

import pytest

from partita.orm import CASCADE, Database, ForeignKey, IntegrityError, ManyToManyField, Model, Registry

circles = Registry()


class Hen(Model):
    """Comes out of an egg."""

    egg: "ForeignKey[Egg | None]" = ForeignKey("Egg", CASCADE, null=True, related_name="+")

    class Meta:
        registry = circles
        app_label = "circles"


class Egg(Model):
    """Comes out of a hen."""

    hen = ForeignKey(Hen, CASCADE, related_name="+")

    class Meta:
        registry = circles
        app_label = "circles"


class Yard(Model):
    """Has hens."""

    hens = ManyToManyField(Hen)

    class Meta:
        registry = circles
        app_label = "circles"


@pytest.fixture
def farm(database: Database) -> Iterator[Any]:
    """A hen and an egg that point to one another, in a yard."""
    database.create_all(Hen, Egg, Yard)
    hen = Hen.objects.create()
    hen.egg = Egg.objects.create(hen=hen)
    hen.save()
    Yard.objects.create().hens.add(hen)
    yield hen
    database.create_all(Hen, Egg, Yard)
    database.drop_all(Hen, Egg, Yard)


def names(database: Database) -> set[str]:
    """Return the tables of these models that are there."""
    return {name for name in database.kind.table_names(database) if name.startswith("circles_")}


@pytest.mark.filterwarnings("error")
def test_some_go_without_those_that_they_point_to(farm: Hen, database: Database) -> None:
    database.drop_all(Yard)
    assert names(database) == {"circles_hen", "circles_egg"}
    assert Hen.objects.get() == farm


@pytest.mark.filterwarnings("error")
def test_a_circle_goes_as_a_whole(farm: Hen, database: Database) -> None:
    database.drop_all(Hen, Egg, Yard)
    assert names(database) == set()
    database.create_all(Hen, Egg, Yard)
    with pytest.raises(IntegrityError):  # foreign keys are looked at as before
        Egg.objects.create(hen_id=99)
