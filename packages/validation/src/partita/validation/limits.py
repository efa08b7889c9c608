"""Values that must not be beyond a limit: size, length, step."""

import math
import operator
from collections.abc import Callable, Sized
from decimal import Decimal, InvalidOperation
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError
from partita.validation.texts import ngettext_lazy

__all__ = (
    "BaseValidator",
    "MaxLengthValidator",
    "MaxValueValidator",
    "MinLengthValidator",
    "MinValueValidator",
    "StepValueValidator",
)


class BaseValidator(Validator):
    """Compare a value with a limit.

    Subclasses define `compare`, and `clean` if something made from the value is to be compared.

    Args:
        limit_value: The limit, or a function without arguments that returns it, called at each check.
        message: May hold ``%(limit_value)s``, ``%(show_value)s`` and ``%(value)s``.
    """

    message: Message = gettext_lazy("Ensure this value is %(limit_value)s (it is %(show_value)s).")
    code = "limit_value"

    def __init__(self, limit_value: object | Callable[[], object], message: Message | None = None) -> None:
        self.limit_value = limit_value
        if message is not None:
            self.message = message

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if `compare` says that ``value`` is beyond the limit."""
        cleaned = self.clean(value)
        limit = self.limit_value
        if callable(limit):
            limit = limit()
        if self.compare(cleaned, limit):
            raise ValidationError(
                self.message, code=self.code, params={"limit_value": limit, "show_value": cleaned, "value": value}
            )

    def limit(self) -> object:
        """Return the limit as it is now."""
        return self.limit_value() if callable(self.limit_value) else self.limit_value

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if the value ``a`` is beyond the limit ``b``."""
        return bool(a is not b)

    def clean(self, x: object) -> object:
        """Return what is to be compared."""
        return x

    def identity(self) -> tuple[object, ...]:
        """Return limit, message and code."""
        return (self.limit(), str(self.message), self.code)


class MaxValueValidator(BaseValidator):
    """Refuse values greater than the limit."""

    message: Message = gettext_lazy("Ensure this value is less than or equal to %(limit_value)s.")
    code = "max_value"

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is too great."""
        if type(self) is MaxValueValidator and type(value) is int:
            limit: Any = self.limit_value
            if type(limit) is int and value <= limit:
                return
        super().__call__(value)

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if ``a`` is too great, or is not a number at all (NaN compares with nothing)."""
        return _not_ordered(a, b, operator.le)


class MinValueValidator(BaseValidator):
    """Refuse values less than the limit."""

    message: Message = gettext_lazy("Ensure this value is greater than or equal to %(limit_value)s.")
    code = "min_value"

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is too small."""
        if type(self) is MinValueValidator and type(value) is int:
            limit: Any = self.limit_value
            if type(limit) is int and value >= limit:
                return
        super().__call__(value)

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if ``a`` is too small, or is not a number at all (NaN compares with nothing)."""
        return _not_ordered(a, b, operator.ge)


class StepValueValidator(BaseValidator):
    """Refuse values that are not a whole number of steps away from ``offset``.

    Integers and decimals are compared exactly, floats within what their digits can tell.
    """

    message: Message = gettext_lazy("Ensure this value is a multiple of step size %(limit_value)s.")
    code = "step_size"

    def __init__(self, limit_value: object, message: Message | None = None, offset: object = None) -> None:
        super().__init__(limit_value, message)
        if offset is not None:
            self.message = message or gettext_lazy(
                "Ensure this value is a multiple of step size %(limit_value)s, starting from %(offset)s, "
                "e.g. %(offset)s, %(valid_value1)s, %(valid_value2)s, and so on."
            )
        self.offset = offset

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is between two steps."""
        if self.offset is None:
            super().__call__(value)
            return
        step: Any = self.limit()
        offset: Any = self.offset
        if self.compare(value, step):
            places = {"offset": offset, "valid_value1": offset + step, "valid_value2": offset + 2 * step}
            raise ValidationError(self.message, code=self.code, params={"limit_value": step, "value": value, **places})

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if ``a`` is not on a step of ``b``."""
        if self.offset is not None:
            a = a - self.offset
        if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
            return bool(Decimal(a).remainder_near(Decimal(b)) != 0) if _comparable(a, b) else True
        number, step = float(a), float(b)
        if not math.isfinite(number):
            return True
        return not math.isclose(math.remainder(number, step), 0, abs_tol=1e-9)

    def identity(self) -> tuple[object, ...]:
        """Return limit, message, code and offset."""
        return (*super().identity(), self.offset)


def _comparable(a: int | Decimal, b: int | Decimal) -> bool:
    """Tell whether the remainder fits the precision; beyond it no form field's value is meant seriously."""
    value, step = Decimal(a), Decimal(b)
    return value.is_finite() and (value.is_zero() or value.adjusted() - step.adjusted() < 27)


def _not_ordered(a: object, b: object, holds: Callable[[Any, Any], bool]) -> bool:
    try:
        return not holds(a, b)
    except InvalidOperation:  # Decimal's NaN refuses to be compared
        return True


class MinLengthValidator(BaseValidator):
    """Refuse what is shorter than the limit."""

    message: Message = ngettext_lazy(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code = "min_length"

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is too short."""
        # Nearly every value is a text within a fixed limit, and nearly every form asks for that.
        if type(self) is MinLengthValidator and type(value) is str:
            limit: Any = self.limit_value
            if type(limit) is int and not len(value) < limit:
                return
        super().__call__(value)

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if the length ``a`` is too small."""
        return bool(a < b)

    def clean(self, x: object) -> int:
        """Return the length of ``x``."""
        return len(x) if isinstance(x, Sized) else len(str(x))


class MaxLengthValidator(BaseValidator):
    """Refuse what is longer than the limit."""

    message: Message = ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code = "max_length"

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is too long."""
        # Nearly every value is a text within a fixed limit, and nearly every form asks for that.
        if type(self) is MaxLengthValidator and type(value) is str:
            limit: Any = self.limit_value
            if type(limit) is int and not len(value) > limit:
                return
        super().__call__(value)

    def compare(self, a: Any, b: Any) -> bool:
        """Return True if the length ``a`` is too great."""
        return bool(a > b)

    def clean(self, x: object) -> int:
        """Return the length of ``x``."""
        return len(x) if isinstance(x, Sized) else len(str(x))
