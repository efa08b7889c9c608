"""Tables in parts of a real PostgreSQL: rows find their part, queries leave parts out, migrations add and take them away."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from partita import orm
from partita.migrations.autodetector import detect
from partita.migrations.executor import change
from partita.migrations.migration import Migration
from partita.migrations.operations import AddConstraint, RemoveConstraint
from partita.migrations.questions import Answers
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ModelState, ProjectState
from partita.migrations.writer import write
from partita.orm import (
    BigIntegerField,
    CharField,
    CompositePrimaryKey,
    Database,
    DatabaseError,
    DateField,
    Model,
    ModelError,
    Registry,
    connect,
)
from partita.postgres import DefaultPartition, HashPartition, ListPartition, PartitionBy, RangePartition

BY_DAY = PartitionBy("range", "day")
LAST = RangePartition("sale_2025", end=dt.date(2026, 1, 1))
THIS = RangePartition("sale_2026", start=dt.date(2026, 1, 1), end=dt.date(2027, 1, 1))
OTHER = DefaultPartition("sale_other")
sales = Registry()


class Sale(Model):
    """Kept by years."""

    pk = CompositePrimaryKey("number", "day")
    number = BigIntegerField()
    day = DateField()

    class Meta:
        registry = sales
        app_label = "sales"
        constraints = (BY_DAY, LAST, THIS, OTHER)


class Visit(Model):
    """Kept by countries."""

    pk = CompositePrimaryKey("number", "country")
    number = BigIntegerField()
    country = CharField(max_length=20)

    class Meta:
        registry = sales
        app_label = "sales"
        constraints = (
            PartitionBy("list", "country"),
            ListPartition("visit_north", ["SE", "it's 100% {x}: \\"]),
            ListPartition("visit_south", ["IT"]),
        )


class Event(Model):
    """Kept in three parts of one size."""

    number = BigIntegerField(primary_key=True)

    class Meta:
        registry = sales
        app_label = "sales"
        constraints = (
            PartitionBy("hash", "number"),
            *[HashPartition(f"event_{rest}", 3, rest) for rest in range(3)],
        )


def sizes(database: Database, *tables: str) -> list[int]:
    return [database.execute(f"SELECT count(*) FROM ONLY {table}")[0][0] for table in tables]


def test_rows_find_their_part(database: Database, tables: Callable[..., None]) -> None:
    tables(Sale, Visit, Event)
    for number, year in enumerate((1999, 2025, 2026, 2026, 2030)):
        Sale.objects.create(number=number, day=dt.date(year, 5, 1))
    assert sizes(database, "sales_sale", "sale_2025", "sale_2026", "sale_other") == [0, 2, 2, 1]
    assert Sale.objects.filter(day__year=2026).count() == 2
    Visit.objects.bulk_create([Visit(number=1, country="it's 100% {x}: \\"), Visit(number=2, country="IT")])
    assert sizes(database, "visit_north", "visit_south") == [1, 1]
    with pytest.raises(DatabaseError, match="no partition of relation"):
        Visit.objects.create(number=3, country="FR")
    Event.objects.bulk_create([Event(number=number) for number in range(300)])
    assert min(sizes(database, "event_0", "event_1", "event_2")) > 50
    Sale.objects.filter(number=2).update(day=dt.date(2025, 1, 1))
    assert sizes(database, "sale_2025", "sale_2026") == [3, 1]


def test_queries_leave_parts_out(database: Database, tables: Callable[..., None]) -> None:
    tables(Sale, Event)
    plan = Sale.objects.filter(day=dt.date(2026, 7, 1)).explain()
    assert "sale_2026" in plan
    assert "sale_2025" not in plan
    assert "sale_other" not in plan
    assert sum(f"event_{rest}" in Event.objects.filter(number=7).explain() for rest in range(3)) == 1


def state(*constraints: Any) -> ProjectState:
    fields: dict[str, Any] = {
        "number": BigIntegerField(),
        "day": DateField(),
        "pk": CompositePrimaryKey("number", "day"),
    }
    return ProjectState([ModelState("sales", "Sale", fields, {"constraints": constraints} if constraints else {})])


def test_migrations_add_and_take_away(database: Database) -> None:
    editor = SchemaEditor("postgresql", database.run, database=database)

    def go(before: ProjectState, after: ProjectState, backwards: bool = False) -> list[type[Any]]:
        operations = [each.operation for each in detect(before, after, Answers())]
        kind = type("Migration", (Migration,), {"operations": operations, "__slots__": ()})
        assert write(kind("sales", "0001_test"))
        change(kind("sales", "0001_test"), editor, before, after, backwards=backwards)
        return [type(each) for each in operations]

    def parts() -> list[str]:
        return [
            row[0]
            for row in database.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass('sales_sale') ORDER BY 1"
            )
        ]

    first, more = state(BY_DAY, THIS), state(BY_DAY, THIS, LAST)
    go(ProjectState(), first)
    assert parts() == ["sale_2026"]
    assert go(first, more) == [AddConstraint]
    assert parts() == ["sale_2025", "sale_2026"]
    database.execute("INSERT INTO sales_sale VALUES (1, '2025-03-01')")
    assert go(more, first) == [RemoveConstraint]
    assert parts() == ["sale_2026"]
    assert sizes(database, "sale_2025") == [1]  # rows are not thrown away
    go(first, more)
    assert parts() == ["sale_2025", "sale_2026"]
    database.execute("DELETE FROM sales_sale")
    go(more, first)
    assert database.execute("SELECT to_regclass('sale_2025')")[0][0] is None
    go(ProjectState(), first, backwards=True)
    assert database.execute("SELECT to_regclass('sales_sale')")[0][0] is None

    whole = state()
    go(ProjectState(), whole)
    with pytest.raises(DatabaseError, match="cannot be parted: make another one"):
        go(whole, first)
    go(ProjectState(), whole, backwards=True)


def test_elsewhere_there_is_one_table() -> None:
    with connect("sqlite://") as database:
        database.create_all(Sale, Visit, Event)
        Sale.objects.create(number=1, day=dt.date(1999, 1, 1))
        Sale(number=2, day=dt.date(1999, 1, 1)).validate_constraints()
        assert Sale.objects.get().number == 1


def declared(*constraints: Any) -> None:
    class Odd(Model):
        number = BigIntegerField(primary_key=True)
        day = DateField()

        class Meta:
            registry = Registry()
            app_label = "odd"

    Odd._meta.constraints = constraints
    with connect("sqlite://") as database:
        database.create_all(Odd)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ([BY_DAY], r"its primary key has to contain it: pk = CompositePrimaryKey\(..., 'day'\)"),
        ([THIS], "no PartitionBy beside it"),
        (
            [PartitionBy("range", "number"), RangePartition("a", start=(1, 2))],
            "has 1 values, one for each field, not 2",
        ),
    ],
)
def test_models_that_cannot_be_parted_are_refused(constraints: list[Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        declared(*constraints)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PartitionBy("chance", "a"),
        lambda: PartitionBy("list", "a", "b"),
        lambda: PartitionBy("range"),
        lambda: HashPartition("a", 3, 3),
        lambda: ListPartition("a", []),
        lambda: RangePartition('a" ; DROP TABLE x; --'),
    ],
)
def test_wrong_parts_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"parted by|need|from 0 to 2|at least one|no name of a table"):
        make()


def test_several_fields_have_several_bounds() -> None:
    part = RangePartition("a", start=(1, None), end=(2, dt.date(2026, 1, 1)))
    fields = [BigIntegerField(), DateField()]
    assert part.bounds(fields) == "FOR VALUES FROM (1, MINVALUE) TO (2, '2026-01-01')"
    assert RangePartition("a").bounds(fields) == "FOR VALUES FROM (MINVALUE, MINVALUE) TO (MAXVALUE, MAXVALUE)"
    assert orm.Index(fields=["a"], name="a") != part
