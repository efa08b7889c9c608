"""Queries that differ only in their output_field are read by their own field, whatever was asked before."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Avg,
    Case,
    Cast,
    CharField,
    DecimalField,
    ExpressionWrapper,
    F,
    FirstValue,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    RawSQL,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from partita.orm.database import Database


class Suffixed(CharField[str]):
    """A text that gets something behind it when it is read."""

    def __init__(self, *args: Any, suffix: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.suffix = suffix

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value + self.suffix

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "suffix": self.suffix}


@pytest.mark.parametrize(
    "made",
    [
        lambda field: Func("title", function="lower", output_field=field),
        lambda field: Cast("title", field),
        lambda field: ExpressionWrapper(F("title"), output_field=field),
        lambda field: RawSQL("title", (), field),
        lambda field: Case(When(title="Low", then="title"), output_field=field),
        lambda field: Window(FirstValue("title"), partition_by="pk", output_field=field),
    ],
    ids=["func", "cast", "wrapper", "raw", "case", "window"],
)
def test_options_of_the_field_count(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, made: Callable[[Any], Any]
) -> None:
    def read(suffix: str) -> str:
        rows = models.Album.objects.filter(title="Low").annotate(read=made(Suffixed(max_length=60, suffix=suffix)))
        found: str = rows.values_list("read", flat=True)[0]
        return found.lower()

    assert [read("-a"), read("-b"), read("-a")] == ["low-a", "low-b", "low-a"]
    before = len(database.backend.plans)
    assert [read("-a"), read("-b")] == ["low-a", "low-b"]
    assert len(database.backend.plans) == before  # equal fields, made anew, share a plan


def test_places_of_a_decimal_count(music: SimpleNamespace, models: SimpleNamespace) -> None:
    def read(places: int) -> Decimal:
        field = DecimalField(max_digits=9, decimal_places=places)
        rows = models.Album.objects.annotate(read=Cast(Value("1.23456"), field))
        found: Decimal = rows.values_list("read", flat=True)[0]
        return found

    assert [read(2), read(4)] == [Decimal("1.23"), Decimal("1.2346")]


WHOLE, DECIMAL, FLOAT = IntegerField(), DecimalField(max_digits=9, decimal_places=2), FloatField()


@pytest.mark.parametrize(
    "made",
    [
        lambda field: Sum(F("price") + 0.0, output_field=field),
        lambda field: Sum("price", output_field=field),
        lambda field: Sum("year", output_field=field),
        lambda field: Avg("year", output_field=field),
    ],
    ids=["mixed", "decimals", "whole numbers", "means"],
)
def test_aggregates_are_of_the_kind_that_they_are_called(
    music: SimpleNamespace, models: SimpleNamespace, made: Callable[[Any], Any]
) -> None:
    for field, kind in ((WHOLE, int), (DECIMAL, Decimal), (FLOAT, float)):
        rows = models.Album.objects.filter(title="Kind of Blue")
        one = rows.aggregate(found=made(field))["found"]
        each = rows.annotate(found=made(field)).get().found
        group = rows.values("artist").annotate(found=made(field)).get()["found"]
        above = rows.annotate(found=made(field)).aggregate(all=Sum("found", output_field=field))["all"]
        assert [type(found) for found in (one, each, group, above)] == [kind] * 4
        assert int(one) in (12, 1959)
        assert one == each == group == above


@pytest.mark.parametrize(
    "made",
    [
        lambda albums, field: ExpressionWrapper(F("price") * 2, output_field=field),
        lambda albums, field: RawSQL("price", (), field),
        lambda albums, field: Case(When(title="Low", then=Value(2.5)), default="price", output_field=field),
        lambda albums, field: Window(Sum("price"), partition_by="pk", output_field=field),
        lambda albums, field: Func("price", function="abs", output_field=field),
        lambda albums, field: Subquery(albums.filter(pk=OuterRef("pk")).values("price"), output_field=field),
    ],
    ids=["wrapper", "raw", "case", "window", "func", "subquery"],
)
def test_numbers_are_of_the_kind_that_they_are_called(
    music: SimpleNamespace, models: SimpleNamespace, made: Callable[[Any, Any], Any]
) -> None:
    for field, kind in ((WHOLE, int), (DECIMAL, Decimal), (FLOAT, float), (WHOLE, int)):
        rows = models.Album.objects.filter(title="Kind of Blue").annotate(found=made(models.Album.objects, field))
        found = [
            rows.get().found,
            *rows.values_list("found", flat=True),
            rows.order_by("found").values("found")[0]["found"],
        ]
        assert [type(each) for each in found] == [kind] * 3
        assert int(found[0]) in (12, 25)
    missing = models.Album.objects.filter(year=0).aggregate(found=Sum("price", output_field=WHOLE))
    assert missing == {"found": None}
