"""Related rows that begin with another manager of their model."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

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


class Shelved(QuerySet[Any]):
    """Rows with a method for managers, and one that is not for them."""

    def _counted(self) -> int:
        return self.count()

    _counted.queryset_only = False  # type: ignore[attr-defined]  # a mark, as Django has it

    def hidden(self) -> int:
        """Stay away from managers."""
        return 0

    hidden.queryset_only = True  # type: ignore[attr-defined]  # the same


class Numbered(Manager[Any]):
    """Takes arguments."""

    use_in_migrations = True

    def __init__(self, number: int, *, text: str = "") -> None:
        super().__init__()
        self.number, self.text = number, text


def test_a_manager_tells_what_makes_an_equal_one() -> None:
    assert Manager().deconstruct() == (False, "partita.orm.managers.Manager", None, (), {})
    assert Numbered(3, text="x").deconstruct() == (False, f"{__name__}.Numbered", None, (3,), {"text": "x"})
    shelved: Any = Shelved.as_manager()
    assert shelved.deconstruct() == (True, None, f"{__name__}.Shelved", None, None)
    with pytest.raises(ValueError, match="you need to inherit from managers you dynamically generated"):
        Manager.from_queryset(Shelved)().deconstruct()


def test_methods_say_whether_managers_have_them() -> None:
    manager = Shelved.as_manager()
    assert hasattr(manager, "_counted")
    assert not hasattr(manager, "hidden")
    assert Shelved(Book, hints={"instance": 1})._hints == {"instance": 1}


def test_what_a_narrower_manager_does_not_know_is_not_taken_away(
    music: SimpleNamespace, models: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Old(Manager[Any]):
        def get_queryset(self) -> Any:
            return super().get_queryset().filter(year__lt=1960)

    old = Old()
    old.contribute_to_class(models.Album, "old")
    monkeypatch.setattr(models.Album, "old", old, raising=False)
    music.low.producer = music.bowie
    music.low.save()
    produced = music.bowie.produced
    assert [album.title for album in produced(manager="old").all()] == ["Kind of Blue"]
    produced(manager="old").remove(music.low)
    assert music.low.producer == music.bowie
    produced(manager="objects").remove(music.low)
    assert [album.title for album in produced.all()] == ["Kind of Blue"]
    produced(manager="old").clear()
    assert produced.count() == 0


def test_the_nearest_manager_is_the_default_one() -> None:
    class First(Manager[Any]):
        """Of the class that stands first."""

    class Second(Manager[Any]):
        """Of a class that is mixed in."""

    class Tool(Model):
        first = First()
        plain: Manager[Any] = Manager()

        class Meta:
            app_label = "tools"
            registry = shelves

    class Mixed(Model):
        second = Second()

        class Meta:
            abstract = True
            app_label = "tools"
            registry = shelves

    class Hammer(Tool, Mixed):
        class Meta:
            proxy = True
            app_label = "tools"
            registry = shelves

    assert Hammer._meta.manager_names == ("first", "plain", "second")
    assert type(Hammer._default_manager) is First
