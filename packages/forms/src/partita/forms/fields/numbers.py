"""Fields for numbers."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.widgets import NumberInput, RangeInput, TextInput, Widget
from partita.validation import DecimalValidator, MaxValueValidator, MinValueValidator, StepValueValidator

__all__ = ("DecimalField", "FloatField", "IntegerField")

Limit: TypeAlias = int | float | Decimal | Callable[[], int | float | Decimal]

_LONGEST = 1000  # digits; conversion costs the square of their number
_SHORT = 18  # characters; what has no more is read without much ado
_MOST_BITS = 3322  # of a number with as many digits
_INTEGER = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,5})?", re.IGNORECASE)
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_LARGEST_EXPONENT = 1000  # 1E+999999 is short to send and long to write out


class IntegerField(Field):
    """A whole number.

    Args:
        max_value: The greatest number, or a function that returns it.
        min_value: The least number, or a function that returns it.
        step_size: The difference between two numbers that are fine, counted from ``min_value``.
        **kwargs: As for `Field`.
    """

    validates_shared = True
    widget: Widget = NumberInput()
    default_error_messages = {"invalid": gettext_lazy("Enter a whole number.")}

    def __init__(
        self,
        *,
        max_value: Limit | None = None,
        min_value: Limit | None = None,
        step_size: Limit | None = None,
        **kwargs: Any,
    ) -> None:
        self.max_value, self.min_value, self.step_size = max_value, min_value, step_size
        if kwargs.get("localize") and kwargs.get("widget") is None and type(type(self).widget) is NumberInput:
            kwargs["widget"] = TextInput  # browsers take no other way of writing in a control for numbers
        super().__init__(**kwargs)
        if max_value is not None:
            self.validators.append(MaxValueValidator(max_value))
        if min_value is not None:
            self.validators.append(MinValueValidator(min_value))
        if step_size is not None:
            self.validators.append(StepValueValidator(step_size, offset=_now(min_value)))

    def to_python(self, value: object) -> object:
        """Return an `int`, or None."""
        if self.is_empty(value):
            return None
        if type(value) is str and len(value) <= _SHORT and value.isdecimal() and value.isascii() and not self.localize:
            return int(value)  # nearly every number that is sent
        if isinstance(value, int):
            if value.bit_length() > _MOST_BITS:
                raise self.error("invalid")
            return int(value)
        text = self._text(value)
        if not _INTEGER.fullmatch(text):
            raise self.error("invalid", value=value)
        return int(text.partition(".")[0])

    def _text(self, value: object) -> str:
        """Return ``value`` as Python writes numbers; nothing if it is too long to be one."""
        try:
            text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST else str(value)[: _LONGEST + 1]
        except ValueError:  # a number of more digits than Python writes
            return ""
        if len(text) > _LONGEST:
            return ""
        if self.localize:
            from partita.text import plain_number  # who does not localise does not pay for it

            text = plain_number(text)
        return text

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return ``min``, ``max`` and ``step`` for a control of numbers."""
        if not isinstance(widget, NumberInput | RangeInput):
            return {}
        limits = (("min", self.min_value), ("max", self.max_value), ("step", self.step_size))
        return {name: _now(limit) for name, limit in limits if limit is not None}


class FloatField(IntegerField):
    """A number with a binary exponent. Infinity and NaN are refused."""

    validates_shared = True

    default_error_messages = {"invalid": gettext_lazy("Enter a number.")}

    def to_python(self, value: object) -> object:
        """Return a finite `float`, or None."""
        if self.is_empty(value):
            return None
        if not isinstance(value, float):
            text = self._text(value)
            if not _NUMBER.fullmatch(text):
                raise self.error("invalid", value=value)
            value = float(text)
        if not math.isfinite(value):
            raise self.error("invalid", value=value)
        return value

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return the limits, and ``step="any"`` if there is no step."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, NumberInput) and "step" not in widget.attrs:
            attrs.setdefault("step", "any")
        return attrs


class DecimalField(IntegerField):
    """A number with exactly the digits that were given.

    Args:
        max_digits: Digits in all.
        decimal_places: Digits after the point.
        **kwargs: As for `IntegerField`.
    """

    validates_shared = True

    default_error_messages = {"invalid": gettext_lazy("Enter a number.")}

    def __init__(self, *, max_digits: int | None = None, decimal_places: int | None = None, **kwargs: Any) -> None:
        self.max_digits, self.decimal_places = max_digits, decimal_places
        super().__init__(**kwargs)
        self.validators.append(DecimalValidator(max_digits, decimal_places))

    def to_python(self, value: object) -> object:
        """Return a finite `decimal.Decimal`, or None."""
        if self.is_empty(value):
            return None
        if type(value) is str and len(value) <= _SHORT and _PLAIN.fullmatch(value) and not self.localize:
            return Decimal(value)  # nearly every number that is sent
        if not isinstance(value, Decimal):
            text = self._text(value)
            if not _NUMBER.fullmatch(text):
                raise self.error("invalid", value=value)
            value = Decimal(text)
        if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
            raise self.error("invalid", value=value)
        return value

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return the limits, and the step that fits ``decimal_places``."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, NumberInput) and "step" not in widget.attrs and "step" not in attrs:
            places = self.decimal_places
            attrs["step"] = "any" if places is None else str(Decimal(1).scaleb(-places)).lower()
        return attrs


def _now(limit: Limit | None) -> object:
    return limit() if callable(limit) else limit
