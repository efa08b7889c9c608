"""How many rows a table between relates, and whether any: asked of that table alone where nothing else can change the answer."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    SET_NULL,
    CharField,
    Database,
    Databases,
    ForeignKey,
    IntegerField,
    Manager,
    ManyToManyField,
    Model,
    QuerySet,
    Registry,
    connect,
)

clubs = Registry()


class Here:
    """Where all models of this file are."""

    registry = clubs
    app_label = "clubs"


class Loud(Manager["Player"]):
    """Knows some rows only."""

    def get_queryset(self) -> QuerySet["Player"]:
        """Keep the loud ones."""
        return super().get_queryset().filter(volume__gt=5)


class Counting(QuerySet["Tune"]):
    """Counts in its own way."""

    def count(self) -> int:
        """Count one more."""
        return super().count() + 1


class Player(Model):
    """Plays."""

    name = CharField(max_length=20)
    code = CharField(max_length=5, unique=True)
    volume = IntegerField(default=1)
    friends = ManyToManyField("self")
    objects = Manager["Player"]()
    loud = Loud()

    class Meta(Here):
        pass


class Tune(Model):
    """Is played."""

    name = CharField(max_length=20)
    objects = Counting.as_manager()

    class Meta(Here):
        pass


class Club(Model):
    """Has players, tunes and visits."""

    players = ManyToManyField(Player, related_name="clubs")
    tunes = ManyToManyField(Tune, related_name="clubs")
    loose = ManyToManyField(Player, related_name="loose_clubs", db_constraint=False)
    guests = ManyToManyField(Player, through="Visit", related_name="visited")

    class Meta(Here):
        pass


class Visit(Model):
    """Of somebody whose code is known, or of nobody."""

    club = ForeignKey(Club, CASCADE)
    guest = ForeignKey(Player, SET_NULL, to_field="code", null=True)

    class Meta(Here):
        pass


MODELS = (Player, Tune, Club, Visit)


@pytest.fixture
def club(database: Database, tables: Callable[..., None]) -> SimpleNamespace:
    """One club with two players, one tune, three visits of which one is nobody's; another with none."""
    tables(*MODELS)
    soft, loud = Player.objects.create(name="S", code="s"), Player.objects.create(name="L", code="l", volume=9)
    one, none = Club.objects.create(), Club.objects.create()
    one.players.add(soft, loud)
    one.tunes.add(Tune.objects.create(name="So What"))
    one.loose.add(soft)
    for guest in (soft, soft, None):
        Visit.objects.create(club=one, guest=guest)
    soft.friends.add(loud)
    return SimpleNamespace(one=one, none=none, soft=soft, loud=loud, database=database)


def asked(club: SimpleNamespace, related: Any, run: Any) -> tuple[int, bool, set[bool]]:
    """Return the count, whether there are any, both also awaited, and which of the statements join tables."""

    async def awaited() -> tuple[int, bool]:
        return await related.acount(), await related.aexists()

    with club.database.query_log() as log:
        found = related.count(), related.exists()
        assert run(awaited()) == found
    assert len(log) == 4
    return *found, {"JOIN" in query.sql for query in log}


def test_related_rows_are_counted_in_the_table_between(club: SimpleNamespace, run: Any) -> None:
    for related, count in (
        (club.one.players, 2),
        (club.none.players, 0),
        (club.soft.clubs, 1),
        (club.soft.friends, 1),
        (club.one.guests, 2),
        (club.soft.visited, 2),
        (club.loud.visited, 0),
    ):
        assert asked(club, related, run) == (count, count > 0, {False})
        assert len(related.all()) == related.all().count() == count


def test_managers_that_know_better_are_asked(club: SimpleNamespace, run: Any) -> None:
    assert asked(club, club.one.players(manager="loud"), run) == (1, True, {True})
    assert asked(club, club.one.tunes, run)[0] == 2


def test_rows_that_nothing_holds_to_lead_somewhere_are_joined(club: SimpleNamespace, run: Any) -> None:
    gone = Player.objects.create(code="g")
    club.one.loose.add(gone)
    assert asked(club, club.one.loose, run) == (2, True, {True})
    Player.objects.filter(pk=gone.pk)._raw_delete()  # no constraint is in its way, and none tells
    assert club.one.loose.count() == len(club.one.loose.all()) == 1
    assert Club.loose.through.objects.count() == 2


def test_a_table_between_of_ones_own_says_itself_what_holds_its_keys() -> None:
    assert ManyToManyField(Player, db_constraint=False).deconstruct()[3]["db_constraint"] is False
    assert "db_constraint" not in ManyToManyField(Player).deconstruct()[3]
    with pytest.raises(ValueError, match="set it on the model's foreign keys"):
        ManyToManyField(Player, through=Visit, db_constraint=False)


def test_what_was_prefetched_is_counted_without_a_query(club: SimpleNamespace) -> None:
    [one, none] = Club.objects.order_by("pk").prefetch_related("players")
    with club.database.query_log() as log:
        assert (one.players.count(), one.players.exists()) == (2, True)
        assert (none.players.count(), none.players.exists()) == (0, False)
    assert log == []


def test_an_instance_without_a_key_is_told_so() -> None:
    for name in ("count", "exists"):
        with pytest.raises(ValueError, match="needs to have a value"):
            getattr(Club().players, name)()


def test_related_rows_of_another_database_can_be_asked_for() -> None:
    with connect("sqlite://:memory:") as first, connect("sqlite://:memory:") as second:
        for database in (first, second):
            database.create_all(*MODELS)
        with Databases({"default": first, "other": second}):
            club: Any = Club.objects.create(pk=1)
            player = Player.objects.create(code="a")
            club.players.add(player)
            Visit.objects.create(club=club, guest=player)
            assert club.players.count() == club.players.db_manager("default").count() == 1
            there = club.players.db_manager("other")
            assert (there.count(), there.exists(), len(there.all())) == (0, False, 0)
            assert len(club.visit_set.db_manager("other").all()) == 0
            assert len(club.visit_set.all()) == 1
