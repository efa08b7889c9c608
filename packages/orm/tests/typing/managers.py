"""Managers that QuerySets make, and models that have none of their own: what type checkers know of both."""

from typing import TypeVar, assert_type

from partita.orm import CharField, Manager, Model, QuerySet

M = TypeVar("M", bound=Model)


class SongRows(QuerySet["Song"]):
    """Songs, with questions of their own."""

    def loud(self) -> "SongRows":
        """Keep the loud ones."""
        return self.filter(name="loud")

    def total(self) -> int:
        """Count."""
        return self.count()


class Rows(QuerySet[M]):
    """Rows of any model."""

    def latest_ones(self) -> "Rows[M]":
        """Keep a few."""
        return self.order_by("-pk")[:3]


class Song(Model):
    """Begins with its own questions."""

    name = CharField(max_length=20)
    objects = SongRows.as_manager()


class Band(Model):
    """Begins with questions that other models have, too."""

    name = CharField(max_length=20)
    objects = Rows["Band"].as_manager()
    plain = Manager["Band"]()


class Plain(Model):
    """Names no manager."""

    name = CharField(max_length=20)


def first(model: type[M]) -> M | None:
    """Return the first row of any model."""
    return model.objects.first()


assert_type(Song.objects.loud().total(), int)
assert_type(Song.objects.filter(name="x"), SongRows)
assert_type(Song.objects.get(pk=1), Song)
assert_type(Band.objects.latest_ones().get(), Band)
assert_type(Band.plain.get(), Band)
assert_type(Plain.objects, Manager[Plain])
assert_type(Plain.objects.get(), Plain)
assert_type(first(Song), Song | None)
