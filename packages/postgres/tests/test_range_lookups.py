"""Ranges beside values of other types, beside the drivers' own ranges, and in migrations."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has no types
import pytest
from psycopg.types.range import Range as PsycopgRange

from partita.orm import (
    BigIntegerField,
    DateField,
    DateTimeField,
    DecimalField,
    F,
    FloatField,
    Func,
    IntegerField,
    Model,
    PositiveBigIntegerField,
    PositiveSmallIntegerField,
    Registry,
    SmallAutoField,
    SmallIntegerField,
)
from partita.postgres import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
    Range,
    RangeBoundary,
)

stays = Registry()
DAY = dt.date(2024, 1, 2)
NOON = dt.datetime(2024, 1, 2, 12, tzinfo=dt.UTC)


class Stay(Model):
    """Values of every kind that ranges have, and the ranges."""

    small: Any = SmallIntegerField(default=5)
    whole: Any = IntegerField(default=5)
    large: Any = BigIntegerField(default=5)
    positive: Any = PositiveSmallIntegerField(default=5)
    huge: Any = PositiveBigIntegerField(default=2**40)
    share: Any = FloatField(default=5.5)
    price: Any = DecimalField(max_digits=5, decimal_places=2, default=Decimal("5.5"))
    day: Any = DateField(default=DAY)
    moment: Any = DateTimeField(default=NOON)
    wholes = IntegerRangeField(null=True)
    larges = BigIntegerRangeField(null=True)
    prices = DecimalRangeField(null=True)
    days = DateRangeField(null=True)
    moments = DateTimeRangeField(null=True)

    class Meta:
        registry = stays
        app_label = "stays"
        ordering = ("id",)


class Seat(Model):
    """Has a key of the smallest kind."""

    id = SmallAutoField(primary_key=True)

    class Meta:
        registry = stays
        app_label = "stays"


@pytest.fixture
def full(tables: Callable[..., None]) -> None:
    tables(Stay, Seat)
    Stay.objects.create(
        wholes=Range(1, 10),
        larges=Range(1, 2**41),
        prices=Range(1, 10),
        days=Range(DAY, DAY + dt.timedelta(days=30)),
        moments=Range(NOON - dt.timedelta(days=1), NOON + dt.timedelta(days=1)),
    )
    Stay.objects.create()
    Seat.objects.create()


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "asked",
    [
        {"small__contained_by": Range(0, 100)},
        {"whole__contained_by": (0, 100)},
        {"large__contained_by": Range(0, 2**50)},
        {"positive__contained_by": Range(0, 100)},
        {"huge__contained_by": Range(2**39, None)},
        {"id__contained_by": Range(0, 2**60)},
        {"pk__contained_by": F("larges")},
        {"share__contained_by": Range(Decimal("5.4"), Decimal("5.6"))},
        {"share__contained_by": F("prices")},
        {"price__contained_by": Range(5, 6)},
        {"day__contained_by": (DAY, None)},
        {"moment__contained_by": Range(NOON, NOON, "[]")},
        {"small__contained_by": F("wholes")},
        {"large__contained_by": F("larges")},
        {"larges__contains": F("whole")},
        {"larges__contains": F("small")},
        {"prices__contains": F("share")},
        {"prices__contains": 5.5},
        {"days__contains": F("moment")},
        {"days__contains": NOON},
        {"days__contains": Func(F("moments"), function="upper", output_field=DateField())},
        {"moments__contains": F("day")},
        {"wholes__contains": F("wholes")},
        {"wholes__contains": PsycopgRange(2, 4)},
        {"wholes__overlap": asyncpg.Range(9, 30, upper_inc=True)},
        {"wholes__contained_by": PsycopgRange(0, None)},
    ],
)
def test_values_of_all_kinds_are_in_ranges(asked: dict[str, Any], run: Callable[..., Any]) -> None:
    rows = Stay.objects.filter(wholes__isnull=False, **asked)
    assert rows.count() == 1
    assert Stay.objects.filter(wholes__isnull=False).exclude(**asked).count() == 0

    async def main() -> int:
        return await rows.acount()

    assert run(main()) == 1


@pytest.mark.usefixtures("full")
def test_the_smallest_keys_are_in_ranges() -> None:
    assert Seat.objects.filter(pk__contained_by=(0, 10)).exists()
    assert not Seat.objects.filter(id__contained_by=(10, 20)).exists()


@pytest.mark.usefixtures("full")
def test_ranges_of_the_drivers_are_stored() -> None:
    made = Stay.objects.create(
        wholes=PsycopgRange(empty=True), prices=PsycopgRange(1, 2, "(]"), larges=asyncpg.Range(1, None)
    )
    found = Stay.objects.get(pk=made.pk)
    assert (found.wholes, found.prices, found.larges) == (Range(empty=True), Range(1, 2, "(]"), Range(1, None))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (Range(1, 2), {"lower_inc"}),
        (Range(1, 2, "(]"), {"upper_inc"}),
        (Range(1, None, "[]"), {"lower_inc", "upper_inf"}),
        (Range(None, 1, "[]"), {"upper_inc", "lower_inf"}),
        (Range(None, None, "[]"), {"lower_inf", "upper_inf"}),
        (Range(None, None, "[]", empty=True), {"isempty"}),
        (Range(1, 2, "[]", empty=True), {"isempty"}),
    ],
)
def test_a_range_answers_what_look_ups_ask(given: Range[int], wanted: set[str]) -> None:
    names = ("lower_inc", "upper_inc", "lower_inf", "upper_inf", "isempty")
    assert {name for name in names if getattr(given, name)} == wanted


@pytest.mark.parametrize("given", [Range(1, None), Range(1, 2, "()"), Range(NOON, None), Range(empty=True)])
def test_a_range_is_made_again_from_its_parts(given: Range[Any]) -> None:
    path, args, kwargs = given.deconstruct()
    assert path == "partita.postgres.Range"
    assert Range(*args, **kwargs) == given


@pytest.mark.parametrize("brackets", [(True, False), (False, True), (True, True), (False, False)])
def test_boundaries_are_made_again_from_their_parts(brackets: tuple[bool, bool]) -> None:
    path, args, kwargs = RangeBoundary(*brackets).deconstruct()
    assert path == "partita.postgres.RangeBoundary"
    assert RangeBoundary(*args, **kwargs).options() == RangeBoundary(*brackets).options()


@pytest.mark.parametrize("wrong", [5, "[1,2)", (1, 2, 3), [1], {}, object()])
def test_what_is_no_range_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="takes a Range or a pair of limits"):
        Stay.objects.filter(wholes__overlap=wrong)
