"""Money, telephone numbers and addresses in every database."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.orm import CharField, F, Model, Registry, Sum
from partita.orm.patterns.contacts import Address, AddressField, CurrencyMismatch, Money, MoneyField, PhoneField
from partita.validation import ValidationError

people = Registry()
EUR = "EUR"


class Customer(Model):
    """Can be reached."""

    name = CharField(max_length=20)
    credit = MoneyField(currency=EUR, default=0)
    limit = MoneyField(currency=EUR, null=True, blank=True)
    phone = PhoneField(country_code="49", blank=True)
    address = AddressField(null=True, blank=True)

    class Meta:
        registry = people
        app_label = "people"


def euro(amount: Any) -> Money:
    return Money(Decimal(str(amount)), EUR)


def test_money_adds_up_in_one_currency_only() -> None:
    assert euro(1) + euro("2.50") == euro("3.50")
    assert sum([euro(1), euro(2)]) == euro(3)
    assert euro(5) - euro(7) == -euro(2)
    assert abs(-euro(2)) == euro(2) * 1 == 2 * euro(1)
    assert (euro(3) / 2, euro(3) / euro(2)) == (euro("1.5"), Decimal("1.5"))
    assert euro(1) < euro(2) <= euro(2)
    assert euro(2) > euro(1) >= euro(1)
    assert not euro(0)
    assert str(euro("2.50")) == "2.50 EUR"
    assert euro("2.555").rounded() == euro("2.56")
    dollars = Money(Decimal(1), "USD")
    assert dollars != euro(1)
    for wrong in (
        lambda: euro(1) + dollars,
        lambda: euro(1) - dollars,
        lambda: euro(1) < dollars,
        lambda: euro(1) >= dollars,
        lambda: euro(1) / dollars,
    ):
        with pytest.raises(CurrencyMismatch, match="Convert one"):
            wrong()
    for odd in (lambda: euro(1) + 1, lambda: euro(1) * euro(1), lambda: euro(1) * 0.5, lambda: euro(1) * True):
        with pytest.raises(TypeError):
            odd()  # type: ignore[no-untyped-call]  # wrong on purpose
    with pytest.raises(TypeError, match="no floats"):
        Money(0.1, EUR)  # type: ignore[arg-type]  # wrong on purpose
    for bad in ("eur", "EURO", ""):
        with pytest.raises(ValueError, match="three capital letters"):
            Money(Decimal(1), bad)
    with pytest.raises(ValueError, match="no amount"):
        Money(Decimal("NaN"), EUR)


@given(st.decimals(-(10**9), 10**9, places=2), st.integers(1, 50))
def test_parts_add_up_to_the_whole(amount: Decimal, parts: int) -> None:
    made = Money(amount, EUR).allocated(parts)
    assert len(made) == parts
    assert sum(made) == Money(amount, EUR)
    assert max(made).amount - min(made).amount <= Decimal("0.01")


def test_money_is_kept_and_asked_for(tables: Callable[..., None], run: Any) -> None:
    tables(Customer)
    ann = Customer.objects.create(name="Ann", credit=euro("12.50"))
    assert ann.credit == euro("12.50")
    assert Customer(name="x").credit == euro(0)
    Customer.objects.create(name="Bob", credit="3", limit="4.50 EUR")
    fresh = Customer.objects.get(name="Ann")
    assert (fresh.credit, fresh.limit) == (euro("12.50"), None)
    assert Customer.objects.get(credit=euro(3)).limit == euro("4.5")
    assert [row.name for row in Customer.objects.filter(credit__gt=euro(5))] == ["Ann"]
    assert Customer.objects.aggregate(s=Sum("credit"))["s"] == euro("15.50")
    assert Customer.objects.filter(credit__gte=F("limit")).count() == 0
    Customer.objects.filter(name="Bob").update(credit=F("credit") + euro(1).amount)
    assert Customer.objects.get(name="Bob").credit == euro(4)
    for wrong in (
        lambda: Customer.objects.create(credit=Money(Decimal(1), "USD")),
        lambda: Customer.objects.get(credit=Money(Decimal(1), "USD")),
        lambda: Customer.objects.update(credit=Money(Decimal(1), "USD")),
    ):
        with pytest.raises(CurrencyMismatch):
            wrong()
    fresh.credit = "1.234"
    with pytest.raises(ValidationError):
        fresh.full_clean()

    async def awaited() -> None:
        assert (await Customer.objects.aget(name="Ann")).credit == euro("12.50")

    run(awaited())


@pytest.mark.parametrize(
    ("given_number", "kept"),
    [
        ("+49 30 901820", "+4930901820"),
        ("0049 (30) 90 18-20", "+4930901820"),
        ("030/901820", "+4930901820"),
        ("030.901820", "+4930901820"),
        ("+1 (555) 010–9999", "+15550109999"),
        ("", ""),
    ],
)
def test_numbers_as_the_standard_writes_them(given_number: str, kept: str) -> None:
    assert PhoneField(country_code="49").to_python(given_number) == kept


@pytest.mark.parametrize(
    "wrong", ["+0123456789", "x", "+49", "+491234567890123456", "++4930901820", "+4930901820;ext=1", "١٢٣٤٥٦٧٨"]
)
def test_what_is_no_number_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        PhoneField().to_python(wrong)


def test_numbers_and_addresses_are_kept(tables: Callable[..., None]) -> None:
    tables(Customer)
    home = Address(("Unter den Linden 6",), "Berlin", "10117", country="DE", name="Ann")
    Customer.objects.create(name="Ann", phone="030 901820", address=home)
    Customer.objects.create(name="Bob", address={"city": "Paris", "lines": ["1 rue"], "country": "FR"})
    ann = Customer.objects.get(phone="+49 30 901820")
    assert (ann.phone, ann.address) == ("+4930901820", home)
    assert Customer.objects.get(address__city="Paris").address == Address(("1 rue",), "Paris", country="FR")
    assert str(home) == "Ann\nUnter den Linden 6\n10117 Berlin\nDE"
    ann.phone = "nonsense"
    with pytest.raises(ValidationError):
        ann.save()
    ann.phone = ""
    ann.full_clean()
    for wrong in ("text", {"planet": "Mars"}, {"city": 5}, {"city": "x" * 201}, {"lines": ["x"] * 6}):
        with pytest.raises(ValidationError):
            Customer._meta.get_field("address").to_python(wrong)
    ann.address = Address(country="Germany")
    with pytest.raises(ValidationError):
        ann.full_clean()


def test_fields_are_made_again_from_their_parts() -> None:
    for name in ("credit", "limit", "phone", "address"):
        field = Customer._meta.get_field(name)
        _, path, args, kwargs = field.deconstruct()
        assert path == f"partita.orm.patterns.contacts.{type(field).__name__}"
        assert type(field)(*args, **kwargs).deconstruct()[1:] == field.deconstruct()[1:]
