"""Deletion: in which order, and which values are made for it."""

from collections.abc import Callable
from typing import Any

from partita.orm import CASCADE, SET, CharField, Database, F, ForeignKey, Model, OneToOneField, Registry, connect
from partita.orm.signals import post_delete, pre_delete

family = Registry()
made: list[str] = []


def stand_in() -> Any:
    """Return somebody new to whom gifts go."""
    made.append("stand-in")
    return Elder.objects.create(name="new").pk


class Elder(Model):
    name = CharField(max_length=9)

    class Meta:
        app_label = "family"
        registry = family


class Twin(Model):
    elder = OneToOneField(Elder, CASCADE)

    class Meta:
        app_label = "family"
        registry = family


class Child(Model):
    elder = ForeignKey(Elder, CASCADE)

    class Meta:
        app_label = "family"
        registry = family


class Toy(Model):
    child = ForeignKey(Child, CASCADE)

    class Meta:
        app_label = "family"
        registry = family


class Gift(Model):
    elder = ForeignKey(Elder, SET(stand_in))

    class Meta:
        app_label = "family"
        registry = family


def test_those_go_first_that_are_farthest_away(tables: Callable[..., None]) -> None:
    tables(Elder, Twin, Child, Toy, Gift)
    told: list[tuple[str, Any]] = []

    def note(sender: Any, instance: Any, **rest: Any) -> None:
        told.append((sender.__name__, instance.pk))

    elder = Elder.objects.create(name="a")
    children = [Child.objects.create(elder=elder) for _ in range(2)]
    toys = [Toy.objects.create(child=child) for child in children]
    twin = Twin.objects.create(elder=elder)
    pk = elder.pk
    keys = {
        "Child": [child.pk for child in children],
        "Toy": [toy.pk for toy in toys],
        "Twin": [twin.pk],
        "Elder": [pk],
    }
    for signal in (pre_delete, post_delete):
        signal.connect(note)
    try:
        elder.delete()
    finally:
        for signal in (pre_delete, post_delete):
            signal.disconnect(note)
    before, after = told[:6], told[6:]
    assert [name for name, _ in before] == ["Toy", "Toy", *[name for name, _ in before[2:5]], "Elder"]
    assert sorted(before) == sorted(after) == sorted((name, key) for name, several in keys.items() for key in several)
    assert [key for name, key in before if name == "Toy"] == keys["Toy"]
    assert [key for name, key in after if name == "Toy"] == keys["Toy"][::-1]


def test_a_value_is_made_only_for_rows_that_get_it(tables: Callable[..., None]) -> None:
    tables(Elder, Twin, Child, Toy, Gift)
    made.clear()
    alone = Elder.objects.create(name="alone")
    alone.delete()
    assert (made, Elder.objects.count()) == ([], 0)
    giver = Elder.objects.create(name="giver")
    gift = Gift.objects.create(elder=giver)
    giver.delete()
    gift.refresh_from_db()
    assert (made, gift.elder.name) == (["stand-in"], "new")


def test_an_order_is_of_no_account_where_all_rows_go(tables: Callable[..., None], database: Database) -> None:
    tables(Elder, Twin, Child, Toy, Gift)
    elders = [Elder.objects.create(name=name) for name in "abc"]
    for elder in elders:
        Gift.objects.create(elder=elder)
    gifts = Gift.objects.select_related("elder").order_by(F("elder_id") + 7, "-pk").reverse()
    with database.query_log() as log:
        assert gifts.filter(elder=elders[1].pk).delete() == (1, {"family.Gift": 1})
        assert Gift.objects.filter(elder=elders[1].pk).delete() == (0, {})
    assert len(log) == 2
    assert {(query.sql, len(query.params)) for query in log} == {(log[0].sql, 1)}
    assert Gift.objects.count() == 2


def test_rows_go_where_the_query_is_told_to_run(tables: Callable[..., None], database: Database) -> None:
    tables(Elder, Twin, Child, Toy, Gift)
    Gift.objects.create(elder=Elder.objects.create(name="a"))
    with connect("sqlite://:memory:") as other:
        other.create_all(Elder, Twin, Child, Toy, Gift)
        Gift.objects.using(other).create(elder_id=Elder.objects.using(other).create(name="b").pk)
        assert Gift.objects.using(database).filter(pk__gt=0).delete() == (1, {"family.Gift": 1})
        assert (Gift.objects.using(other).count(), Gift.objects.using(database).count()) == (1, 0)
        assert Gift.objects.filter(pk__gt=0).delete() == (1, {"family.Gift": 1})
        assert Gift.objects.using(other).count() == 0
