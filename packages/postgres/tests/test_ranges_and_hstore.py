"""Ranges and mappings: stored and read back by both drivers, asked for by every look-up."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partita.orm import DateField, DateTimeField, F, Func, IntegerField, IntegrityError, Model, Registry
from partita.postgres import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    ExclusionConstraint,
    HStoreField,
    IntegerRangeField,
    Range,
    RangeBoundary,
    RangeOperators,
)
from partita.validation import ValidationError

concerts = Registry()
DAY, NEXT = dt.date(1959, 3, 2), dt.date(1959, 4, 22)
MOMENT = dt.datetime(1959, 3, 2, 20, tzinfo=dt.UTC)


class Concert(Model):
    """Somewhere, for some days."""

    seats = IntegerRangeField(null=True)
    big = BigIntegerRangeField(null=True)
    price = DecimalRangeField(null=True)
    days = DateRangeField(null=True)
    open = DateTimeRangeField(null=True)
    facts = HStoreField(null=True)
    number = IntegerField(default=0)
    day = DateField(default=DAY)

    class Meta:
        registry = concerts
        app_label = "concerts"
        ordering = ("id",)


@pytest.fixture
def three(tables: Callable[..., None]) -> None:
    tables(Concert)
    Concert.objects.create(
        seats=Range(1, 10),
        big=(2**40, None),
        price=Range(Decimal("1.50"), Decimal("9.90"), "[]"),
        days=(DAY, NEXT),
        open=Range(MOMENT, MOMENT + dt.timedelta(hours=3), "(]"),
        facts={"label": "Columbia", "studio": None},
        number=5,
    )
    Concert.objects.create(seats=Range(10, 20), facts={}, number=15)
    Concert.objects.create(seats=Range(empty=True))


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
ASKED: list[tuple[dict[str, Any], list[int]]] = [
    ({"seats__contains": 5}, [0]),
    ({"seats__contains": Range(2, 4)}, [0]),
    ({"seats__contains": (12, 13)}, [1]),
    ({"seats__contained_by": Range(0, 15)}, [0, 2]),
    ({"seats__overlap": Range(9, 11)}, [0, 1]),
    ({"seats__fully_lt": Range(10, 11)}, [0]),
    ({"seats__fully_gt": Range(1, 10)}, [1]),
    ({"seats__not_lt": Range(5, 6)}, [1]),
    ({"seats__not_gt": Range(1, 10)}, [0]),
    ({"seats__adjacent_to": Range(20, 30)}, [1]),
    ({"seats__startswith": 1}, [0]),
    ({"seats__endswith__gt": 10}, [1]),
    ({"seats__isempty": True}, [2]),
    ({"big__upper_inf": True}, [0]),
    ({"big__lower_inf": True}, []),
    ({"seats__lower_inc": True}, [0, 1]),
    ({"price__upper_inc": True}, [0]),
    ({"seats": Range(10, 20)}, [1]),
    ({"price__contains": Decimal("9.90")}, [0]),
    ({"days__contains": dt.date(1959, 4, 1)}, [0]),
    ({"days__contains": NEXT}, []),
    ({"days__startswith__year": 1959}, [0]),
    ({"open__contains": MOMENT}, []),
    ({"open__contains": MOMENT + dt.timedelta(hours=3)}, [0]),
    ({"number__contained_by": Range(5, 15)}, [0]),
    ({"day__contained_by": Range(DAY, None), "number": 5}, [0]),
    ({"seats__contains": F("number")}, [0, 1]),
    ({"facts__label": "Columbia"}, [0]),
    ({"facts__label__startswith": "Col"}, [0]),
    ({"facts__studio__isnull": True, "facts__has_key": "studio"}, [0]),
    ({"facts__contains": {"label": "Columbia"}}, [0]),
    ({"facts__contained_by": {"label": "Columbia", "studio": None, "x": "y"}}, [0, 1]),
    ({"facts__has_keys": ["label", "studio"]}, [0]),
    ({"facts__has_keys": ["label", "x"]}, []),
    ({"facts__has_any_keys": ["x", "label"]}, [0]),
    ({"facts__keys": ["label", "studio"]}, [0]),
    ({"facts__values__contains": ["Columbia"]}, [0]),
    ({"facts__keys__len": 0}, [1]),
    ({"facts__o'); DROP TABLE concerts_concert; --": "x"}, []),
    ({"facts__has_key": "'); DROP TABLE concerts_concert; --"}, []),
]


@pytest.mark.usefixtures("three")
def test_what_was_stored_comes_back(run: Callable[..., Any]) -> None:
    def check(first: Concert, second: Concert, third: Concert) -> None:
        assert (first.seats, first.big) == (Range(1, 10), Range(2**40, None))
        assert (first.price, first.days) == (Range(Decimal("1.50"), Decimal("9.90"), "[]"), Range(DAY, NEXT))
        assert first.open == Range(MOMENT, MOMENT + dt.timedelta(hours=3), "(]")
        assert first.facts == {"label": "Columbia", "studio": None}
        assert (second.facts, third.seats, third.facts) == ({}, Range(empty=True), None)

    check(*Concert.objects.all())

    async def main() -> None:
        check(*[concert async for concert in Concert.objects.all()])
        made = await Concert.objects.acreate(seats=(1, 2), price=(None, 3), facts={"a": '"q", \\ =>'})
        await made.arefresh_from_db()
        assert (made.seats, made.price, made.facts) == (Range(1, 2), Range(None, 3, "()"), {"a": '"q", \\ =>'})

    run(main())


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("asked", "wanted"), ASKED)
def test_look_ups(asked: dict[str, Any], wanted: list[int], run: Callable[..., Any]) -> None:
    keys = list(Concert.objects.values_list("pk", flat=True))
    rows = Concert.objects.filter(**asked).values_list("pk", flat=True)
    assert [keys.index(key) for key in rows] == wanted

    async def main() -> list[int]:
        return [keys.index(key) async for key in rows.all()]

    assert run(main()) == wanted


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(TEXTS, st.none() | TEXTS))
@pytest.mark.usefixtures("three")
def test_any_mapping_comes_back(facts: dict[str, str | None]) -> None:
    made = Concert.objects.create(facts=facts)
    assert Concert.objects.get(pk=made.pk).facts == facts


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"seats": (5, 1)}, "bound_ordering"),
        ({"seats": 5}, "invalid"),
        ({"seats": "[1"}, "invalid"),
        ({"seats": ("x", 1)}, "invalid"),
        ({"facts": {"a": 5}}, "not_a_string"),
        ({"facts": "[]"}, "invalid"),
    ],
)
def test_validation(values: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Concert(**values).full_clean()
    errors = caught.value.error_dict[next(iter(values))]
    assert [error.code for error in errors] == [code]


def test_serialized_text_reads_back() -> None:
    concert = Concert(seats=Range(1, 10, "(]"), days=Range(DAY, None), price=Range(empty=True), facts={"a": None})
    for name in ("seats", "days", "price", "facts", "open"):
        field = Concert._meta.get_field(name)
        assert field.to_python(field.value_to_string(concert)) == getattr(concert, name)


def test_a_range_knows_what_is_in_it() -> None:
    assert 1 in Range(1, 3)
    assert 3 not in Range(1, 3)
    assert 3 in Range(1, 3, "(]")
    assert 1 not in Range(1, 3, "(]")
    assert 10**9 in Range(1)
    assert 1 not in Range(empty=True)
    with pytest.raises(ValueError, match="Bounds are"):
        Range(1, 2, "][")


def test_fields_are_made_again_from_their_parts() -> None:
    for name in ("seats", "facts"):
        field = Concert._meta.get_field(name)
        assert field.deconstruct()[1] == f"partita.postgres.{type(field).__name__}"
        assert type(field.clone()) is type(field)


class TsTzRange(Func):
    """A range of two columns."""

    function, output_field = "tstzrange", DateTimeRangeField()


class Visit(Model):
    """Has no range of its own, but both limits."""

    room = IntegerField()
    start = DateTimeField()
    end = DateTimeField()

    class Meta:
        registry = concerts
        app_label = "concerts"
        constraints = (
            ExclusionConstraint(
                name="one_visit_at_a_time",
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    (TsTzRange("start", "end", RangeBoundary(inclusive_upper=True)), RangeOperators.OVERLAPS),
                ],
            ),
        )


class Temperature(Model):
    """Ranges that are closed unless they say otherwise."""

    degrees = DecimalRangeField(default_bounds="[]")
    open = DateTimeRangeField(default_bounds="(]", null=True)

    class Meta:
        registry = concerts
        app_label = "concerts"


def test_limits_of_two_columns_make_a_range(tables: Callable[..., None]) -> None:
    tables(Visit)
    hour = dt.timedelta(hours=1)
    Visit.objects.create(room=1, start=MOMENT, end=MOMENT + hour)
    Visit.objects.create(room=2, start=MOMENT, end=MOMENT + hour)
    Visit.objects.create(room=1, start=MOMENT + 2 * hour, end=MOMENT + 3 * hour)
    with pytest.raises(IntegrityError, match="one_visit"):
        Visit.objects.create(room=1, start=MOMENT + hour, end=MOMENT + 2 * hour)  # both limits belong to the range
    with pytest.raises(ValidationError):
        Visit(room=2, start=MOMENT + hour, end=MOMENT + 2 * hour).validate_constraints()
    half_open = Visit.objects.annotate(both=TsTzRange("start", "end", RangeBoundary()))
    assert half_open.filter(both__contains=MOMENT).count() == 2
    assert half_open.filter(both__contains=MOMENT + hour).count() == 0
    closed = Visit.objects.annotate(both=TsTzRange("start", "end", RangeBoundary(False, True)))
    assert closed.filter(both__contains=MOMENT).count() == 0
    assert closed.filter(both__contains=MOMENT + hour).count() == 2


def test_pairs_take_the_bounds_of_the_field(tables: Callable[..., None]) -> None:
    tables(Temperature)
    Temperature.objects.create(degrees=(Decimal(1), Decimal(5)), open=(MOMENT, MOMENT + dt.timedelta(hours=1)))
    found = Temperature.objects.get(degrees__contains=Decimal(5))
    assert found.degrees == Range(Decimal(1), Decimal(5), "[]")
    assert found.open.bounds == "(]"
    assert not Temperature.objects.filter(open__contains=MOMENT).exists()
    field = Temperature._meta.get_field("degrees")
    assert field.deconstruct()[3] == {"default_bounds": "[]"}
    assert field.clone().to_python((1, 2)).bounds == "[]"
    with pytest.raises(ValueError, match="default_bounds"):
        DecimalRangeField(default_bounds="[[")
