"""Fields for money, telephone numbers and addresses."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar, cast

from partita.contracts.i18n import gettext_lazy
from partita.orm.errors import OrmError
from partita.orm.fields import CharField, DecimalField, Field, JSONField
from partita.orm.fields.base import Converter, Text
from partita.validation import ValidationError

__all__ = ("Address", "AddressField", "CurrencyMismatch", "Money", "MoneyField", "PhoneField")

_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = re.compile(r"[\s()./\-\u2010-\u2015\u00a0]+")


class CurrencyMismatch(OrmError, TypeError):
    """Amounts of two currencies do not add up, nor can they be compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one, other)
        self.one, self.other = one, other

    def __str__(self) -> str:
        return f"{self.one} and {self.other} are two currencies. Convert one of the amounts first."


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217).

    Sums and comparisons take the same currency only; a sum may begin with 0, so that ``sum(prices)`` works. Amounts are
    multiplied and divided by numbers, and divided by one another.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"A currency is three capital letters such as EUR, not {self.currency!r:.40}.")
        if type(self.amount) is not Decimal:
            if isinstance(self.amount, float):
                raise TypeError(
                    "Money takes no floats, which cannot tell 0.1; give a Decimal, a text or a whole number."
                )
            object.__setattr__(self, "amount", Decimal(self.amount))
        if not self.amount.is_finite():
            raise ValueError(f"{self.amount} is no amount of money.")

    def _same(self, other: object) -> Decimal | None:
        if not isinstance(other, Money):
            return None
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount

    def __add__(self, other: object) -> "Money":
        if type(other) is int and other == 0:
            return self
        amount = self._same(other)
        return NotImplemented if amount is None else Money(self.amount + amount, self.currency)

    __radd__ = __add__

    def __sub__(self, other: object) -> "Money":
        amount = self._same(other)
        return NotImplemented if amount is None else Money(self.amount - amount, self.currency)

    def __mul__(self, factor: object) -> "Money":
        return Money(self.amount * cast("Decimal", factor), self.currency) if _is_number(factor) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if _is_number(other):
            return Money(self.amount / other, self.currency)
        amount = self._same(other)
        return NotImplemented if amount is None else self.amount / amount

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.amount), self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: object) -> bool:
        amount = self._same(other)
        return NotImplemented if amount is None else self.amount < amount

    def __le__(self, other: object) -> bool:
        amount = self._same(other)
        return NotImplemented if amount is None else self.amount <= amount

    def __gt__(self, other: object) -> bool:
        amount = self._same(other)
        return NotImplemented if amount is None else self.amount > amount

    def __ge__(self, other: object) -> bool:
        amount = self._same(other)
        return NotImplemented if amount is None else self.amount >= amount

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def rounded(self, places: int = 2, rounding: str = ROUND_HALF_EVEN) -> "Money":
        """Return the amount with so many decimal places."""
        return Money(self.amount.quantize(Decimal(1).scaleb(-places), rounding), self.currency)

    def allocated(self, parts: int, places: int = 2) -> "list[Money]":
        """Return the amount in ``parts`` that differ by the smallest coin at most and add up to the whole.

        Raises:
            ValueError: If there are no parts, or the amount has more decimal places.
        """
        if parts < 1:
            raise ValueError("Money is divided into one part at least.")
        coin = Decimal(1).scaleb(-places)
        coins = self.amount / coin
        if coins != coins.to_integral_value():
            raise ValueError(f"{self} has more than {places} decimal places; round it first.")
        each, rest = divmod(int(coins), parts)
        return [Money((each + (1 if place < rest else 0)) * coin, self.currency) for place in range(parts)]


class MoneyField(DecimalField[Any]):
    """Amounts of one currency: a column of decimal numbers whose values are `Money`.

    Amounts of another currency are refused wherever they come from: saving, look-ups, expressions. Plain numbers and
    texts count as amounts of the field's currency. ``Sum`` and its kin give `Money`, too.

    Args:
        currency: Three letters (ISO 4217).
        options: As for `DecimalField`; 14 digits, 2 of them decimal places, unless given.
    """

    def __init__(self, verbose_name: Any = None, *, currency: str, **options: Any) -> None:
        if not _CURRENCY.fullmatch(currency):
            raise ValueError(f"A currency is three capital letters such as EUR, not {currency!r:.40}.")
        options.setdefault("max_digits", 14)
        options.setdefault("decimal_places", 2)
        super().__init__(verbose_name, **options)
        self.currency = currency

    def get_internal_type(self) -> str:
        """It is stored as a decimal number."""
        return "DecimalField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the currency."""
        name, _, args, kwargs = super().deconstruct()
        return name, "partita.orm.patterns.contacts.MoneyField", args, {**kwargs, "currency": self.currency}

    def get_default(self) -> Any:
        """Return the default as money."""
        value = super().get_default()
        return value if value is None or hasattr(value, "resolve") else self.to_python(value)

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as `Money`."""
        if isinstance(value, Money):
            if value.currency != self.currency:
                raise CurrencyMismatch(self.currency, value.currency)
            return value
        if isinstance(value, str) and value.endswith(f" {self.currency}"):
            value = value.removesuffix(f" {self.currency}")
        amount = super().to_python(value)
        return amount if amount is None or not isinstance(amount, Decimal) else Money(amount, self.currency)

    def get_prep_value(self, value: Any) -> Any:
        """Return the amount.

        Raises:
            CurrencyMismatch: If it is one of another currency.
        """
        made = self.to_python(value)
        number = made.amount if isinstance(made, Money) else made
        return number if number is None or self._step is None else self._quantized(number)

    def from_driver(self, dialect: str) -> Converter | None:
        """A number as money."""
        convert, currency = super().from_driver(dialect), self.currency

        def made(value: Any) -> Money:
            return Money(Decimal(value) if convert is None else convert(value), currency)

        return made

    def run_validators(self, value: Any) -> None:
        """Check the amount."""
        super().run_validators(value.amount if isinstance(value, Money) else value)

    def value_to_string(self, instance: Any) -> str:
        """Return the amount, for serializers."""
        value = self.value_from_object(instance)
        return "" if value is None else str(value.amount if isinstance(value, Money) else value)


class PhoneField(CharField[Any]):
    """A telephone number, stored as E.164 says (ITU-T E.164): a plus sign, the country's code, up to 15 digits in all.

    Spaces and other separators are dropped; a number that begins with 00 is an international one.

    Args:
        country_code: Of numbers that are given without one, such as ``"49"``; a leading 0 of theirs is dropped. Without it
            such numbers are refused.
        options: As for `CharField`.
    """

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("Enter a telephone number with its country code, such as +49 30 901820.")
    }

    def __init__(self, verbose_name: Any = None, *, country_code: str = "", **options: Any) -> None:
        if country_code and not re.fullmatch(r"[1-9][0-9]{0,2}", country_code):
            raise ValueError(f"A country's code is one to three digits such as 49, not {country_code!r:.40}.")
        options["max_length"] = 16
        super().__init__(verbose_name, **options)
        self.country_code = country_code

    def get_internal_type(self) -> str:
        """It is stored as text."""
        return "CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the country's code."""
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("max_length", None)
        given = {"country_code": self.country_code} if self.country_code else {}
        return name, "partita.orm.patterns.contacts.PhoneField", args, {**kwargs, **given}

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as E.164 writes it.

        Raises:
            ValidationError: If it is no telephone number.
        """
        if value in self.empty_values:
            return value
        digits = _SEPARATORS.sub("", str(value)[:80])
        if digits.startswith("00"):
            digits = f"+{digits[2:]}"
        elif not digits.startswith("+") and self.country_code:
            digits = f"+{self.country_code}{digits.removeprefix('0')}"
        if not _E164.fullmatch(digits):
            raise self.invalid("invalid", value=str(value)[:80])
        return digits

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as it is stored; what is no whole number stays as it is, for look-ups of parts."""
        try:
            return self.to_python(value)
        except ValidationError:
            return super().get_prep_value(value)

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the number as it is stored.

        Raises:
            ValidationError: If it is no telephone number.
        """
        value = super().pre_save(instance, add)
        if isinstance(value, str):
            value = self.to_python(value)
            setattr(instance, self.attname, value)
        return value


@dataclass(frozen=True, slots=True)
class Address:
    """Where post goes.

    Args:
        lines: Street and number, and what else stands above the town; at most 5.
        city: The town.
        postal_code: As the country writes it.
        region: State or province.
        country: Two letters (ISO 3166-1).
        name: Who lives there.
    """

    lines: tuple[str, ...] = field(default=())
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(self.lines))

    def __str__(self) -> str:
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return "\n".join(part for part in (self.name, *self.lines, town, self.region, self.country) if part)


class AddressField(JSONField):
    """An `Address`, stored as JSON; look-ups reach its parts: ``address__city="Berlin"``."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {"invalid": gettext_lazy("Enter an address.")}

    def get_internal_type(self) -> str:
        """It is stored as JSON."""
        return "JSONField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name this module."""
        name, _, args, kwargs = super().deconstruct()
        return name, "partita.orm.patterns.contacts.AddressField", args, kwargs

    def to_python(self, value: Any) -> Any:
        """Return ``value``, an address or a mapping of its parts, as an `Address`.

        Raises:
            ValidationError: If it is something else, has other parts, or parts that are too long.
        """
        if value in self.empty_values or isinstance(value, Address):
            return value or None
        if not isinstance(value, Mapping):
            raise self.invalid("invalid")
        try:
            made = Address(**{str(name): part for name, part in value.items()})
        except TypeError:
            raise self.invalid("invalid") from None
        parts = [*made.lines, made.city, made.postal_code, made.region, made.country, made.name]
        if len(made.lines) > 5 or any(not isinstance(part, str) or len(part) > 200 for part in parts):
            raise self.invalid("invalid")
        return made

    def validate(self, value: Any, instance: Any) -> None:
        """Check the country as well."""
        if isinstance(value, Address) and value.country and not _COUNTRY.fullmatch(value.country):
            raise self.invalid("invalid")
        Field.validate(self, value, instance)

    def get_prep_value(self, value: Any) -> Any:
        """Return what JSON can hold."""
        return {**asdict(value), "lines": list(value.lines)} if isinstance(value, Address) else value

    def from_driver(self, dialect: str) -> Converter | None:
        """JSON as an address."""
        convert: Any = super().from_driver(dialect)

        def made(value: Any) -> Any:
            told = convert(value)
            known = Address.__slots__
            return Address(**{n: p for n, p in told.items() if n in known}) if isinstance(told, dict) else told

        return made


def _is_number(value: object) -> Any:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
