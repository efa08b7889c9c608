"""Types of SQLAlchemy's that put SQL around what is stored, and fields that have no column in some databases."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, literal_column
from sqlalchemy.types import TypeDecorator, Unicode

from partita.orm import CharField, Database, Field, Model, NotSupportedError, Registry, Value
from partita.orm.functions import Concat
from partita.orm.inspection import models_source


class Quiet(TypeDecorator[str]):
    """Text that the database makes small as it is stored."""

    impl, cache_ok = Unicode, True

    def bind_expression(self, bindvalue: Any) -> Any:
        """In SQL, with a percent sign."""
        return func.lower(func.replace(bindvalue, literal_column("'%'"), literal_column("' percent'")))


class Twice(TypeDecorator[str]):
    """Text that stands twice in its SQL."""

    impl, cache_ok = Unicode, True

    def bind_expression(self, bindvalue: Any) -> Any:
        """Two marks of one value."""
        return func.coalesce(bindvalue, bindvalue)


class QuietField(CharField[str]):
    """Of a type that is somebody else's."""

    def sql_type(self) -> Any:
        """With a length."""
        return Quiet(self.max_length)


class QuietInSomeField(CharField[str]):
    """Of such a type for some databases, and of the usual one for others."""

    def sql_type(self) -> Any:
        """As a variant."""
        return Unicode(self.max_length).with_variant(Quiet(self.max_length), "postgresql", "sqlite")


class TwiceField(CharField[str]):
    """Of a type that needs two marks for one value."""

    def sql_type(self) -> Any:
        """With a length."""
        return Twice(self.max_length)


class AbsentField(Field[Any]):
    """A field whose column somebody else makes in some databases."""

    def db_type(self, connection: Any) -> str | None:
        """None in PostgreSQL."""
        return None if connection.vendor == "postgresql" else "varchar(9)"


class Sign(Model):
    """Says something."""

    text = QuietField(max_length=40)
    part = QuietInSomeField(max_length=40, default="SOME")

    class Meta:
        registry = Registry()
        app_label = "quiet"


def test_what_is_stored_goes_through_the_sql_of_its_type(
    database: Database, tables: Callable[..., None], run: Any
) -> None:
    tables(Sign)
    some = "SOME" if database.vendor == "mysql" else "some"

    def stored() -> list[tuple[Any, ...]]:
        rows = database.execute("SELECT text, part FROM quiet_sign ORDER BY text")
        database.execute("DELETE FROM quiet_sign")
        return [tuple(row) for row in rows]

    sign = Sign.objects.create(text="HALF 50%")
    assert stored() == [("half 50 percent", some)]
    sign.text = "OTHER"
    Sign.objects.bulk_create([Sign(text="A"), Sign(text="B"), Sign(text="C%")])
    assert stored() == [("a", some), ("b", some), ("c percent", some)]
    sign.save()  # there is no row to update any more
    Sign.objects.create(text=Concat(Value("X"), Value("Y")))
    assert stored() == [("other", some), ("xy", some)]
    run(Sign.objects.acreate(text="AWAITED 1%"))
    run(Sign.objects.abulk_create([Sign(text="A"), Sign(text="B")]))
    assert stored() == [("a", some), ("awaited 1 percent", some), ("b", some)]
    Sign.objects.bulk_create([Sign(text=f"N{number:04}") for number in range(1500)])
    assert stored() == [(f"n{number:04}", some) for number in range(1500)]
    sign = Sign.objects.create(text="FIRST")
    sign.text = "SECOND"
    sign.save()
    assert Sign.objects.filter(text="SECOND").count() == 1
    assert stored() == [("second", some)]


def test_a_type_that_needs_two_marks_is_refused(database: Database, tables: Callable[..., None]) -> None:
    class Double(Model):
        text = TwiceField(max_length=9)

        class Meta:
            registry = Registry()
            app_label = "quiet"

    tables(Double)
    with pytest.raises(NotSupportedError, match=r"2 times, .* Override placeholder\(\)"):
        Double.objects.create(text="a")


def test_a_field_without_a_type_has_no_column(database: Database, tables: Callable[..., None]) -> None:
    class Thing(Model):
        name = CharField(max_length=9)
        other = AbsentField(null=True, db_comment="Made by hand.")

        class Meta:
            registry = Registry()
            app_label = "quiet"

    tables(Thing)
    found = "other" in models_source(database, ["quiet_thing"])
    assert found == (database.vendor != "postgresql")
    if not found:
        database.execute("ALTER TABLE quiet_thing ADD COLUMN other varchar(9) DEFAULT 'by hand'")
    Thing.objects.create(name="a", other="b")
    assert Thing.objects.get().other == "b"
