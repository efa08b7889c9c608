"""Rows that are made, or changed, by the manager of another row: they belong to that row."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Database,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    Registry,
    RelatedManager,
)

club = Registry()


class Person(Model):
    name = CharField(max_length=20)

    class Meta:
        registry = club
        app_label = "club"


class Band(Model):
    code = CharField(max_length=5, null=True, unique=True)
    members: "ManyToManyField[Person]" = ManyToManyField(Person, through="Membership", related_name="bands")
    gigs: "RelatedManager[Gig]"
    by_code: "RelatedManager[Gig]"

    class Meta:
        registry = club
        app_label = "club"


class Membership(Model):
    band = ForeignKey(Band, CASCADE)
    person = ForeignKey(Person, CASCADE)
    since = IntegerField(default=0)

    class Meta:
        registry = club
        app_label = "club"


class Gig(Model):
    band = ForeignKey(Band, CASCADE, null=True, related_name="gigs")
    code: "ForeignKey[Band | None]" = ForeignKey(Band, CASCADE, null=True, to_field="code", related_name="by_code")
    town = CharField(max_length=20)
    seats = IntegerField(default=0)

    class Meta:
        registry = club
        app_label = "club"


@pytest.fixture
def bands(tables: Callable[..., None]) -> SimpleNamespace:
    """Two bands, one without a code."""
    tables(Person, Band, Membership, Gig)
    return SimpleNamespace(weather=Band.objects.create(code="wr"), nameless=Band.objects.create())


def test_rows_that_may_be_there_are_changed_or_made_for_the_one_they_are_asked_of(bands: SimpleNamespace) -> None:
    first, made = bands.weather.gigs.update_or_create(town="Montreux", defaults={"seats": 5})
    assert (made, first.band, first.seats) == (True, bands.weather, 5)
    again, made = bands.weather.gigs.update_or_create(town="Montreux", defaults={"seats": 7})
    assert (made, again.pk, Gig.objects.get().seats) == (False, first.pk, 7)
    other, made = bands.nameless.gigs.update_or_create(
        town="Montreux", defaults={"seats": 1}, create_defaults={"seats": 2}
    )
    assert (made, other.band, other.seats) == (True, bands.nameless, 2)
    assert list(bands.weather.gigs.values_list("seats", flat=True)) == [7]


def test_they_are_when_they_are_awaited(bands: SimpleNamespace, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    found, made = run(bands.weather.gigs.aupdate_or_create(town="Nice", defaults={"seats": 5}))
    assert (made, found.band_id) == (True, bands.weather.pk)
    person, made = run(bands.weather.members.aupdate_or_create(name="Joe", through_defaults={"since": 1970}))
    assert (made, Membership.objects.get().since) == (True, 1970)
    person, made = run(bands.weather.members.aget_or_create(name="Wayne", through_defaults={"since": 1971}))
    assert (made, set(bands.weather.members.values_list("name", flat=True))) == (True, {"Joe", "Wayne"})
    assert person.name == "Wayne"


def test_new_rows_behind_a_table_between_are_related_with_what_is_given_for_it(bands: SimpleNamespace) -> None:
    members = bands.weather.members
    joe, made = members.get_or_create(name="Joe", through_defaults={"since": 1970})
    assert made
    assert members.get_or_create(name="Joe", through_defaults={"since": 1999}) == (joe, False)
    assert members.update_or_create(name="Joe", defaults={"name": "Josef"}, through_defaults={"since": 1999}) == (
        joe,
        False,
    )
    jaco, made = members.update_or_create(name="Jaco", defaults={"name": "J"}, create_defaults={"name": "Jaco"})
    assert made
    assert [tuple(row) for row in Membership.objects.order_by("pk").values_list("person__name", "since")] == [
        ("Josef", 1970),
        ("Jaco", 0),
    ]
    assert jaco.bands.get() == bands.weather


def test_nothing_is_made_to_point_to_a_value_that_is_not_there(bands: SimpleNamespace, database: Database) -> None:
    gig = Gig.objects.create(town="Nice")
    missing = bands.nameless.by_code
    makes: tuple[Callable[[], object], ...] = (
        lambda: missing.create(town="Rome"),
        lambda: missing.add(gig),
        lambda: missing.get_or_create(town="Rome"),
        lambda: missing.update_or_create(town="Rome"),
    )
    for make in makes:
        with database.query_log() as log, pytest.raises(ValueError, match='needs to have a value for field "code"'):
            make()
        assert log == []
    assert list(missing.all()) == []
    assert bands.weather.by_code.create(town="Rome").code_id == "wr"
