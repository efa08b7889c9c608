"""Decimal numbers with a limited number of digits."""

from decimal import Decimal
from typing import Final

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError
from partita.validation.texts import ngettext_lazy

__all__ = ("DecimalValidator",)

_MESSAGES: Final[dict[str, Message]] = {
    "invalid": gettext_lazy("Enter a number."),
    "max_digits": ngettext_lazy(
        "Ensure that there are no more than %(max)s digit in total.",
        "Ensure that there are no more than %(max)s digits in total.",
        "max",
    ),
    "max_decimal_places": ngettext_lazy(
        "Ensure that there are no more than %(max)s decimal place.",
        "Ensure that there are no more than %(max)s decimal places.",
        "max",
    ),
    "max_whole_digits": ngettext_lazy(
        "Ensure that there are no more than %(max)s digit before the decimal point.",
        "Ensure that there are no more than %(max)s digits before the decimal point.",
        "max",
    ),
}


class DecimalValidator(Validator):
    """Refuse decimals with too many digits, in all, after or before the point; NaN and infinity too.

    Args:
        max_digits: Digits in all, or None for any number.
        decimal_places: Digits after the point, or None for any number.
    """

    def __init__(self, max_digits: int | None, decimal_places: int | None) -> None:
        self.max_digits, self.decimal_places = max_digits, decimal_places

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is no finite `Decimal` or has too many digits."""
        digits = _digits(value) if isinstance(value, Decimal) else None
        if digits is None or not isinstance(value, Decimal):
            raise ValidationError(_MESSAGES["invalid"], code="invalid", params={"value": value})
        whole, places = digits
        if self.max_digits is not None and whole + places > self.max_digits:
            raise self._error("max_digits", self.max_digits, value)
        if self.decimal_places is not None and places > self.decimal_places:
            raise self._error("max_decimal_places", self.decimal_places, value)
        if self.max_digits is not None and self.decimal_places is not None:
            room = self.max_digits - self.decimal_places
            if whole > room:
                raise self._error("max_whole_digits", room, value)

    def identity(self) -> tuple[object, ...]:
        """Return both limits."""
        return (self.max_digits, self.decimal_places)

    def _error(self, code: str, limit: int, value: Decimal) -> ValidationError:
        return ValidationError(_MESSAGES[code], code=code, params={"max": limit, "value": value})


def _digits(value: Decimal) -> tuple[int, int] | None:
    """Return the number of digits before and after the point; None for NaN and infinity."""
    text = str(value)  # as long as its digits, since zeros beyond them become an exponent
    whole, point, places = text.partition(".")
    if places.isdecimal():
        return (len(whole.lstrip("-0")), len(places))
    if not point and whole.isdecimal():
        return (len(whole), 0)
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return None
    # By arithmetic on the exponent only: 1E+999999 is short, but not if it is written out.
    if exponent >= 0:
        return (len(digits) + exponent if any(digits) else len(digits), 0)
    return (max(len(digits) + exponent, 0), -exponent)
