"""The largest and the smallest value of an indexed column are looked up in SQLite's index, whatever else is asked for."""

import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    Avg,
    CharField,
    Count,
    Database,
    F,
    ForeignKey,
    Index,
    IntegerField,
    Max,
    Min,
    Model,
    Q,
    Registry,
    Sum,
    UniqueConstraint,
    connect,
)


@pytest.fixture(scope="module")
def shelf() -> SimpleNamespace:
    own = Registry()

    class Shelf(Model):
        name = CharField(max_length=9)

        class Meta:
            registry = own

    class Book(Model):
        year = IntegerField(null=True, db_index=True)
        code = IntegerField(unique=True)
        pages = IntegerField()
        first, second = IntegerField(), IntegerField()
        some = IntegerField()
        late = IntegerField()
        shelf = ForeignKey(Shelf, CASCADE, related_name="books")

        class Meta:
            registry = own
            constraints = (UniqueConstraint(fields=["first", "second"], name="both"),)
            indexes = (
                Index(fields=["some"], condition=Q(some__gt=0), name="part"),
                Index(fields=["-late"], name="backwards"),
                Index(F("pages") + 1, name="computed"),
            )

    return SimpleNamespace(Shelf=Shelf, Book=Book)


@pytest.fixture
def books(shelf: SimpleNamespace) -> Iterator[Database]:
    chance = random.Random(1)
    with connect("sqlite://:memory:") as database:
        database.create_all(shelf.Shelf, shelf.Book)
        shelves = [shelf.Shelf.objects.create(name=name) for name in ("a", "b", "empty")]
        shelf.Book.objects.bulk_create(
            shelf.Book(
                year=chance.choice([None, chance.randint(-50, 50)]),
                code=number * 3 - 40,
                pages=chance.randint(-9, 9),
                first=chance.randint(-9, 9),
                second=number,
                some=chance.randint(-9, 9),
                late=chance.randint(-9, 9),
                shelf=shelves[number % 2],
            )
            for number in range(60)
        )
        yield database
    database.close()


def steps(database: Database, rows: Any, **asked: Any) -> tuple[dict[str, Any], str]:
    """Return the answer and how SQLite finds it."""
    with database.query_log() as log:
        found = rows.aggregate(**asked)
    [query] = log
    plan = database.fetch(f"EXPLAIN QUERY PLAN {query.sql}", query.params)
    return found, " / ".join(row[3] for row in plan)


@pytest.mark.parametrize("name", ["year", "code", "id", "pk", "first", "shelf", "shelf_id"])
def test_both_ends_are_found_without_reading_the_table(books: Database, shelf: SimpleNamespace, name: str) -> None:
    values = [value for value in shelf.Book.objects.values_list(name, flat=True) if value is not None]
    found, plan = steps(books, shelf.Book.objects, low=Min(name), high=Max(name))
    assert found == {"low": min(values), "high": max(values)}
    assert plan.count("SCALAR SUBQUERY") == 2
    assert "SCAN t0" not in plan


def test_only_what_needs_the_rows_reads_them(books: Database, shelf: SimpleNamespace) -> None:
    rows = list(shelf.Book.objects.all())
    years = [row.year for row in rows if row.year is not None]
    found, plan = steps(
        books, shelf.Book.objects.order_by("pages"), a=Sum("pages"), b=Max("year"), c=Count("*"), d=Min("year"), e=F("b") - F("d")
    )  # fmt: skip
    spread = max(years) - min(years)
    assert found == {"a": sum(r.pages for r in rows), "b": max(years), "c": 60, "d": min(years), "e": spread}
    assert plan.count("SCALAR SUBQUERY") == 2


@pytest.mark.parametrize(
    "asked",
    [
        {"a": Max("pages"), "b": Min("pages")},
        {"a": Max("some"), "b": Min("some")},  # rows that the index leaves out
        {"a": Max("second"), "b": Min("second")},
        {"a": Max("year", filter=Q(pages__gt=0)), "b": Min("year", default=7)},
        {"a": Max(F("year") + 1), "b": Max("shelf__name")},
        {"a": Max("year")},  # which SQLite looks up by itself
    ],
)
def test_nothing_else_is_asked_for_apart(books: Database, shelf: SimpleNamespace, asked: dict[str, Any]) -> None:
    found, plan = steps(books, shelf.Book.objects, **asked)
    assert "SCALAR SUBQUERY" not in plan
    for name, aggregate in asked.items():
        assert shelf.Book.objects.aggregate(**{name: aggregate}) == {name: found[name]}


def test_rows_that_are_chosen_or_joined_count_alone(books: Database, shelf: SimpleNamespace) -> None:
    for rows in (
        shelf.Book.objects.filter(pages__gt=3),
        shelf.Book.objects.exclude(year=None),
        shelf.Book.objects.filter(shelf__name="a"),
    ):
        found, plan = steps(books, rows, a=Max("year"), b=Min("code"))
        assert "SCALAR SUBQUERY" not in plan
        assert found["a"] == max(row.year for row in rows if row.year is not None)
        assert found["b"] == min(row.code for row in rows)
    found, plan = steps(books, shelf.Shelf.objects, a=Count("books"), b=Max("pk"))
    assert found == {"a": 60, "b": 3}
    assert "SCALAR SUBQUERY" not in plan


def test_a_slice_and_groups_count_alone(books: Database, shelf: SimpleNamespace) -> None:
    few = shelf.Book.objects.order_by("code")[:5]
    assert few.aggregate(a=Max("code"), b=Min("code")) == {"a": -28, "b": -40}
    grouped = shelf.Book.objects.values("shelf").annotate(n=Max("code"))
    assert grouped.aggregate(a=Max("n"), b=Min("n")) == {"a": 137, "b": 134}


def test_a_descending_index_has_the_same_ends(books: Database, shelf: SimpleNamespace) -> None:
    late = list(shelf.Book.objects.values_list("late", flat=True))
    assert shelf.Book.objects.aggregate(a=Max("late"), b=Min("late")) == {"a": max(late), "b": min(late)}


def test_an_empty_table_has_no_ends_but_one_answer(shelf: SimpleNamespace) -> None:
    with connect("sqlite://:memory:") as database:
        database.create_all(shelf.Shelf, shelf.Book)
        asked = shelf.Book.objects.aggregate
        assert asked(a=Max("year"), b=Max("year")) == {"a": None, "b": None}
        assert asked(a=Max("year"), b=Min("pk"), c=Count("*"), d=Avg("pages")) == {
            "a": None,
            "b": None,
            "c": 0,
            "d": None,
        }
    database.close()


def test_one_aggregate_under_two_names_is_one_row(books: Database, shelf: SimpleNamespace) -> None:
    twice = Max("code")
    with books.query_log() as log:
        assert shelf.Book.objects.aggregate(a=twice, b=twice) == {"a": 137, "b": 137}
    assert len(books.fetch(log[0].sql, log[0].params)) == 1


def test_what_is_no_table_of_ours_is_read_once(books: Database, shelf: SimpleNamespace) -> None:
    own = Registry()

    class Known(Model):
        code = IntegerField(unique=True)
        year = IntegerField(null=True, db_index=True)

        class Meta:
            registry = own
            managed = False
            db_table = shelf.Book._meta.db_table

    _, plan = steps(books, Known.objects.using(books), a=Max("code"), b=Min("code"))
    assert "SCALAR SUBQUERY" not in plan
