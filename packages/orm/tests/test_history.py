"""The past of rows, in every database."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    DateTimeField,
    DecimalField,
    ForeignKey,
    Model,
    ModelError,
    OneToOneField,
    Registry,
    atomic,
)
from partita.orm.patterns.history import History

shop = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = shop
        app_label = "past"


class Maker(Base):
    """Makes things."""

    name = CharField(max_length=20, unique=True)


class Thing(Base):
    """Remembers what it was."""

    name = CharField(max_length=20, unique=True, default="unnamed")
    price = DecimalField(max_digits=8, decimal_places=2, default=Decimal(1))
    maker = ForeignKey(Maker, CASCADE, related_name="things")
    twin = OneToOneField("self", CASCADE, null=True, related_name="other")
    changed = DateTimeField(auto_now=True)

    history = History()


def moment() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def maker(tables: Callable[..., None]) -> Maker:
    history: Any = Thing.history
    tables(Maker, Thing, history.model)
    return Maker.objects.create(name="Ann")


def test_the_past_is_returned(maker: Maker, run: Any) -> None:
    history: Any = Thing.history
    before = moment()
    thing = Thing.objects.create(name="a", maker=maker)
    other = Thing.objects.create(name="b", maker=maker)
    first = moment()
    thing.price = Decimal(2)
    thing.save()
    second = moment()
    thing.name = "c"
    thing.save(update_fields=["name"])
    other.delete()
    last = moment()

    def seen(at: dt.datetime) -> list[Any]:
        return [(row.name, row.price) for row in history.as_of(at).order_by("id")]

    assert seen(before) == []
    assert seen(first) == [("a", Decimal(1)), ("b", Decimal(1))]
    assert seen(second) == [("a", Decimal(2)), ("b", Decimal(1))]
    assert seen(last) == [("c", Decimal(2))]
    own: Any = thing.history
    assert [(row.change, row.name) for row in own] == [("~", "c"), ("~", "a"), ("+", "a")]
    assert [row.change for row in history.filter(name="b").order_by("history_id")] == ["+", "-"]
    assert history.as_of(first).get(maker__name="Ann", name="a").maker == maker
    assert history.between(before, first).count() == 2
    assert own.last().valid_to == own[1].valid_from
    assert own[0].valid_to is None

    async def awaited() -> None:
        made = await Thing.objects.acreate(name="d", maker=maker)
        await made.adelete()
        assert await history.filter(name="d").acount() == 2

    run(awaited())


def test_what_was_is_brought_back(maker: Maker) -> None:
    thing = Thing.objects.create(name="a", maker=maker)
    then = moment()
    thing.name = "b"
    thing.save()
    was: Any = thing.history
    old = was.as_of(then).get().as_instance()
    assert isinstance(old, Thing)
    assert (old.pk, old.name, old.maker) == (thing.pk, "a", maker)
    old.save()
    assert Thing.objects.get().name == "a"
    key = thing.pk
    thing.delete()
    again: Any = Thing.history
    again.filter(id=key, change="-").get().as_instance().save()
    assert Thing.objects.get(pk=key).name == "b"


def test_what_is_undone_has_no_history(maker: Maker) -> None:
    history: Any = Thing.history
    with pytest.raises(RuntimeError), atomic():
        Thing.objects.create(name="a", maker=maker)
        raise RuntimeError
    assert not history.exists()
    maker.delete()  # history of a row may outlive what it points to


def test_models_that_cannot_have_one() -> None:
    with pytest.raises(ModelError, match="needs this name"):

        class Clash(Base):
            valid_to = DateTimeField()
            history = History()

    with pytest.raises(ModelError, match="give that one a History"):

        class Special(Thing):
            own = History()
