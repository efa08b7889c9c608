"""Queries that differ only in their output_field are read by their own field, whatever was asked before."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Cast, CharField, DecimalField, ExpressionWrapper, F, Func, RawSQL, Value
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
    ],
    ids=["func", "cast", "wrapper", "raw"],
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
