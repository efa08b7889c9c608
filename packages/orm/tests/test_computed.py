"""Columns computed out of related rows follow them, whatever is saved, moved or deleted."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Count,
    DecimalField,
    F,
    FieldError,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    ModelError,
    Q,
    Registry,
    Sum,
)
from partita.orm.patterns.computed import Recomputed, recompute

shop = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = shop
        app_label = "totals"


class Order(Base):
    """Keeps its total."""

    name = CharField(max_length=20)
    total = DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))
    cheap = IntegerField(default=0)

    sums = Recomputed(
        total=Sum(F("items__product__price") * F("items__count"), default=Decimal(0)),
        cheap=Count("items", filter=Q(items__product__price__lt=5)),
    )


class Product(Base):
    """Costs something."""

    price = DecimalField(max_digits=10, decimal_places=2)


class Item(Base):
    """So many of a product."""

    order = ForeignKey(Order, CASCADE, related_name="items")
    product = ForeignKey(Product, CASCADE, related_name="items")
    count = IntegerField(default=1)


class Tagged(Base):
    """Depends on rows over a table between, which nobody can follow."""

    products = ManyToManyField(Product, related_name="tagged")
    n = IntegerField(default=0)
    counted = Recomputed(n=Sum("products__price"))


def totals() -> list[tuple[Any, ...]]:
    return [(row.name, row.total, row.cheap) for row in Order.objects.order_by("name")]


def test_totals_follow_what_they_are_made_of(tables: Callable[..., None], run: Any) -> None:
    tables(Order, Product, Item, Tagged)
    one, two = Order.objects.create(name="one"), Order.objects.create(name="two")
    tea, pot = Product.objects.create(price=Decimal("2.50")), Product.objects.create(price=Decimal(20))
    item = Item.objects.create(order=one, product=tea, count=4)
    Item.objects.create(order=one, product=pot)
    assert totals() == [("one", Decimal(30), 1), ("two", Decimal(0), 0)]
    item.count = 2
    item.save()
    assert totals()[0] == ("one", Decimal(25), 1)
    item.order = two  # both orders change
    item.save()
    assert totals() == [("one", Decimal(20), 0), ("two", Decimal(5), 1)]
    tea.price = Decimal(6)  # two steps away
    tea.save()
    assert totals() == [("one", Decimal(20), 0), ("two", Decimal(12), 0)]
    item.delete()
    assert totals() == [("one", Decimal(20), 0), ("two", Decimal(0), 0)]
    pot.delete()
    assert totals() == [("one", Decimal(0), 0), ("two", Decimal(0), 0)]

    async def awaited() -> None:
        made = await Item.objects.acreate(order=two, product=tea)
        assert (await Order.objects.aget(name="two")).total == 6
        await made.adelete()
        assert (await Order.objects.aget(name="two")).total == 0

    run(awaited())


def test_bulk_changes_are_worked_out_on_demand(tables: Callable[..., None]) -> None:
    tables(Order, Product, Item, Tagged)
    one = Order.objects.create(name="one")
    tea = Product.objects.create(price=Decimal(3))
    Item.objects.bulk_create([Item(order=one, product=tea, count=2) for _ in range(3)])
    assert totals() == [("one", Decimal(0), 0)]
    assert recompute(Order.objects.all()) == 2
    assert totals() == [("one", Decimal(18), 3)]
    assert recompute(Order.objects.all()) == 0
    with pytest.raises(FieldError, match="no Recomputed"):
        recompute(Product.objects.all())


def test_what_cannot_be_followed_is_refused() -> None:
    with pytest.raises(ModelError, match="at least one"):
        Recomputed()
    counted: Any = Tagged.counted
    with pytest.raises(FieldError, match="many-to-many"):
        _ = counted.ways

    class Lost(Base):
        n = IntegerField(default=0)
        counted = Recomputed(n=Sum("nothing__price"))

        class Meta(Base.Meta):
            registry = Registry()

    lost: Any = Lost.counted
    with pytest.raises(FieldError, match="leads nowhere"):
        _ = lost.ways
