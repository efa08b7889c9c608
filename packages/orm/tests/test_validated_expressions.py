"""Constraints of instances whose values the database computes."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from partita.orm import (
    CharField,
    CheckConstraint,
    Database,
    F,
    IntegerField,
    Lower,
    Model,
    OuterRef,
    Q,
    Registry,
    Subquery,
    UniqueConstraint,
    Upper,
    Value,
)
from partita.validation import ValidationError

stock = Registry()


class Item(Model):
    name = CharField(max_length=20)
    number = IntegerField(db_default=5)

    class Meta:
        registry = stock
        app_label = "stock"
        constraints = (
            UniqueConstraint(fields=("name",), name="stock_item_name"),
            UniqueConstraint(Lower("name"), name="stock_item_lower"),
            UniqueConstraint(fields=("number",), condition=Q(name="zz"), name="stock_item_zz"),
            CheckConstraint(condition=Q(number__gt=4), name="stock_item_number"),
        )


@pytest.fixture
def item(tables: Callable[..., None]) -> Item:
    """One row."""
    tables(Item)
    return Item.objects.create(name="abc", number=6)


def test_what_is_computed_out_of_the_row_itself_is_left_to_the_database(item: Item, database: Database) -> None:
    item.name, item.number = Upper("name"), F("number") + 1
    item.full_clean()
    item.number = Subquery(Item.objects.filter(pk=OuterRef("pk")).values("number")[:1])
    item.validate_constraints()
    Item(name=F("name")).validate_constraints()


def test_what_is_computed_out_of_values_is_asked_of_the_database(item: Item) -> None:
    def wrong(**values: object) -> list[str]:
        try:
            Item(**values).validate_constraints()
        except ValidationError as error:
            return [text for texts in error.message_dict.values() for text in texts]
        return []

    assert wrong(name=Lower(Value("XYZ")), number=Value(8) + Value(1)) == []
    taken = wrong(name=Lower(Value("ABC")), number=9)
    assert len(taken) == 2
    assert "stock_item_lower" in taken[1]
    [low] = wrong(name="new", number=Value(1) + Value(1))
    assert "stock_item_number" in low


def test_what_the_database_gives_by_itself_is_compared(item: Item) -> None:
    Item(name="other").validate_constraints()
    Item.objects.create(name="zz")
    with pytest.raises(ValidationError, match="stock_item_zz"):
        Item(name="zz").validate_constraints()


def test_the_database_that_is_named_is_asked(item: Item, database: Database) -> None:
    """Conditions are asked of it, too, and not of the one that the row is written to."""
    asked: list[object] = []
    check = Item._meta.constraints[3]
    with database.query_log() as log:
        check.validate(Item, SimpleItem(asked, database), using=database)
    assert asked == [database]
    assert len(log) == 1


class SimpleItem(SimpleNamespace):
    """Stands for an instance, and tells which database it is asked for."""

    def __init__(self, asked: list[object], database: Database) -> None:
        super().__init__(number=9, name="x")
        self._asked, self._database = asked, database

    def _write_database(self, using: object) -> Database:
        self._asked.append(using)
        return self._database
