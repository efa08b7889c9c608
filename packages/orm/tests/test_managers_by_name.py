"""Related rows that begin with another manager of their model."""

from collections.abc import Callable
from typing import Any

from partita.orm import CASCADE, CharField, ForeignKey, Manager, ManyToManyField, Model, QuerySet, Registry

shelves = Registry()


class Short(Manager["Book"]):
    def get_queryset(self) -> "QuerySet[Book]":
        return super().get_queryset().filter(title__lt="m")


class Shelf(Model):
    name = CharField(max_length=9)
    books: Any
    loans: Any
    lent: Any = ManyToManyField("Book", related_name="lenders")

    class Meta:
        registry = shelves
        app_label = "shelves"


class Book(Model):
    title = CharField(max_length=9)
    shelf = ForeignKey(Shelf, CASCADE, related_name="books")
    objects = Manager()
    short = Short()
    lenders: Any

    class Meta:
        registry = shelves
        app_label = "shelves"


def test_another_manager_may_begin_the_related_rows(tables: Callable[..., None]) -> None:
    tables(Shelf, Book)
    one, two = Shelf.objects.create(name="1"), Shelf.objects.create(name="2")
    a, z = (Book.objects.create(title=title, shelf=one) for title in "az")
    Book.objects.create(title="b", shelf=two)
    assert set(one.books.all()) == {a, z}
    assert list(one.books(manager="short").all()) == [a]
    assert one.books(manager="short").create(title="c").shelf == one
    one.lent.add(a, z)
    assert list(one.lent(manager="short").all()) == [a]
    assert one.lent(manager="short").count() == 1
    assert list(a.lenders(manager="objects").all()) == [one]


class Loan(Model):
    shelf = ForeignKey(Shelf, CASCADE, related_name="loans", null=True)
    title = CharField(max_length=9)
    objects = Manager()
    short: Any = type("ShortLoans", (Manager,), {"get_queryset": lambda self: QuerySet(self.model).filter(title="a")})()

    class Meta:
        registry = shelves
        app_label = "shelves"


def test_a_manager_lets_go_only_of_rows_that_it_knows(tables: Callable[..., None]) -> None:
    tables(Shelf, Book, Loan)
    shelf = Shelf.objects.create(name="1")
    a, z = (Book.objects.create(title=title, shelf=shelf) for title in "az")
    shelf.lent.add(a, z)
    shelf.lent(manager="short").remove(z)
    assert set(shelf.lent.all()) == {a, z}
    shelf.lent(manager="short").clear()
    assert set(shelf.lent.all()) == {z}
    shelf.lent.clear()
    assert shelf.lent.count() == 0
    one, other = (Loan.objects.create(title=title, shelf=shelf) for title in "az")
    for bulk in (True, False):
        shelf.loans(manager="short").remove(other, bulk=bulk)
        assert Loan.objects.get(title="z").shelf == shelf
        other.shelf = shelf
    shelf.loans(manager="short").clear()
    assert list(shelf.loans.all()) == [other]
    assert Loan.objects.get(title="a").shelf is None
    assert one.title == "a"
