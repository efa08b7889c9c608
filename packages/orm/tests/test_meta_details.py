"""Options of Meta in the midst of use: rows that were ordered anew, models that are only there to be inherited from."""

from collections.abc import Iterator
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, Database, ForeignKey, Model, Registry

shelves = Registry()


class Named(Model):
    """Something with a name."""

    name = CharField(max_length=10)

    class Meta:
        abstract = True
        registry = shelves
        app_label = "shelves"


class Shelf(Named):
    """Holds books in an order."""


class Book(Named):
    """Stands beside others."""

    shelf = ForeignKey(Shelf, CASCADE)

    class Meta(Named.Meta):
        abstract = False
        order_with_respect_to = "shelf"


@pytest.fixture
def here(session_database: Database) -> Iterator[Database]:
    """The session's database with this module's tables."""
    with session_database:
        session_database.create_all(Shelf, Book)
        try:
            yield session_database
        finally:
            session_database.drop_all(Shelf, Book)


@pytest.mark.usefixtures("here")
def test_neighbours_are_those_of_the_order_that_is_stored() -> None:
    shelf: Any = Shelf.objects.create(name="s")
    books: tuple[Any, ...] = tuple(Book.objects.create(shelf=shelf, name=name) for name in "abc")
    one, two, three = books
    shelf.set_book_order([three.pk, one.pk, two.pk])
    assert (three.get_next_in_order().name, one.get_previous_in_order().name) == ("a", "c")
    with pytest.raises(Book.DoesNotExist):
        two.get_next_in_order()


def test_an_abstract_model_has_no_instances() -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="Named is abstract"):
            Named(name="x")
    assert Shelf(name="x").name == "x"
