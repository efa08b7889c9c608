"""Decimals beside columns and beside one another: they are numbers to every database, and have as many digits as there is room for."""

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from types import SimpleNamespace

import pytest

from partita.orm import (
    Case,
    CheckConstraint,
    Coalesce,
    DataError,
    DecimalField,
    F,
    Greatest,
    IntegrityError,
    Least,
    Max,
    Min,
    Model,
    NullIf,
    OperationalError,
    Q,
    Registry,
    Sum,
    Value,
    When,
)
from partita.validation import ValidationError

SEVEN = Decimal("7.05")


@pytest.fixture
def prices(music: SimpleNamespace, models: SimpleNamespace) -> SimpleNamespace:
    """Three artists' worth of prices, some of them whole numbers: 12.50, 10 and 7."""
    models.Album.objects.filter(title="Bitches Brew").update(price=Decimal(10))
    return models


def test_what_is_given_for_null_is_ordered_among_the_numbers(prices: SimpleNamespace) -> None:
    sleeves = prices.Artist.objects.annotate(most=Coalesce(Max("produced__price"), Value(SEVEN)))
    assert [row.most for row in sleeves.order_by("most")] == [SEVEN, Decimal("12.5")]
    computed = Case(When(title="Low", then=Value(Decimal("11.25"))), default=F("price"))
    albums = prices.Album.objects.annotate(asked=computed)
    assert [row.title for row in albums.order_by("asked")] == ["Bitches Brew", "Low", "Kind of Blue"]
    assert albums.aggregate(Max("asked"), Min("asked")) == {
        "asked__max": Decimal("12.5"),
        "asked__min": Decimal("10"),
    }
    assert albums.filter(asked__gt=F("price")).get().title == "Low"


def test_a_given_number_may_be_the_greatest_or_the_least(prices: SimpleNamespace) -> None:
    rows = prices.Album.objects.order_by("title")
    assert list(rows.values_list(Greatest("price", Value(SEVEN)), flat=True)) == [10, Decimal("12.5"), SEVEN]
    assert list(rows.values_list(Least("price", Value(SEVEN)), flat=True)) == [SEVEN, SEVEN, 7]
    assert list(rows.values_list(NullIf("price", Value(Decimal("10.0"))), flat=True)) == [None, Decimal("12.5"), 7]


def test_the_default_of_a_sum_is_aggregated_as_a_number(prices: SimpleNamespace) -> None:
    rows = prices.Artist.objects.annotate(spent=Sum("produced__price", default=SEVEN))
    assert rows.aggregate(least=Min("spent"), most=Max("spent")) == {"least": SEVEN, "most": Decimal("12.5")}


def test_whole_decimals_are_divided_with_their_rest(prices: SimpleNamespace) -> None:
    low = prices.Album.objects.filter(title="Low")
    for divided in (F("price") / 2, F("price") / Value(Decimal("2.0")), F("price") / (F("price") - 5)):
        assert float(low.annotate(part=divided).get().part) == 3.5


def test_a_computed_decimal_is_shown_without_digits_that_nobody_gave(prices: SimpleNamespace) -> None:
    found = prices.Album.objects.filter(title="Low").annotate(given=Value(SEVEN), more=F("price") + Value(SEVEN)).get()
    assert (str(found.given), str(found.more)) == ("7.05", "14.05")


class Offer(Model):
    price = DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        registry = Registry()
        app_label = "offers"
        constraints = (
            CheckConstraint(condition=Q(price__gte=9), name="offers_offer_least"),
            CheckConstraint(condition=Q(price__lt=Greatest(Value(500), Value(20))), name="offers_offer_most"),
        )


@pytest.mark.parametrize(("price", "fits"), [("10", True), ("9", True), ("8.99", False), ("400", True), ("500", False)])
def test_constraints_compare_an_instances_decimals_as_numbers(
    tables: Callable[..., None], price: str, fits: bool
) -> None:
    tables(Offer)
    offer = Offer(price=Decimal(price))
    with nullcontext() if fits else pytest.raises(ValidationError, match="offers_offer"):
        offer.full_clean()
    with nullcontext() if fits else pytest.raises((IntegrityError, OperationalError)):
        offer.save()


@pytest.mark.parametrize("number", [Decimal("1234567.00"), Decimal("-1000000"), Decimal("999999.999"), 10**9])
def test_no_row_gets_more_digits_than_its_column_has(
    music: SimpleNamespace, models: SimpleNamespace, number: Decimal
) -> None:
    albums = models.Album.objects
    with pytest.raises(DataError):
        albums.create(title="Dear", artist=music.miles, price=number)
    with pytest.raises(DataError):
        albums.bulk_create([models.Album(title="Dear", artist=music.miles, price=number)])
    with pytest.raises(DataError):
        albums.filter(title="Low").update(price=number)
    music.low.price = number
    with pytest.raises(DataError):
        music.low.save()
    with pytest.raises(DataError):
        albums.bulk_update([music.low], ["price"])
    assert albums.get(title="Low").price == 7
    assert albums.filter(price__lt=abs(number)).count() == 3  # what no row has may be asked for
    music.low.price = Decimal("999999.99")
    music.low.save()
    assert albums.get(title="Low").price == Decimal("999999.99")
