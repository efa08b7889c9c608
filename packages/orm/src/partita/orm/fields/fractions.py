"""Fields of numbers with a fraction."""

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, overload

from sqlalchemy import Double, Numeric
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.fields.base import Converter, Field, FieldOptions, Text
from partita.validation import DecimalValidator

__all__ = ("DecimalField", "FloatField")

T = TypeVar("T")
_NOT_A_FLOAT = {"invalid": gettext_lazy("“%(value)s” value must be a float.")}
_NOT_A_DECIMAL = {"invalid": gettext_lazy("“%(value)s” value must be a decimal number.")}


class FloatField(Field[T], Generic[T]):
    """A floating point number of 64 bits."""

    default_error_messages: ClassVar[Mapping[str, Text]] = _NOT_A_FLOAT
    empty_strings_allowed: ClassVar[bool] = False
    plain_type: ClassVar[type | None] = float

    @overload
    def __init__(
        self: "FloatField[float]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "FloatField[float | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """DOUBLE PRECISION."""
        return _DOUBLE

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a float."""
        try:
            return value if value is None else float(value)
        except (TypeError, ValueError):
            raise self.invalid("invalid", value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a float."""
        if value is None or type(value) is float:
            return value
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"Field {self.name!r} expected a number but got {value!r:.80}.") from error

    def from_driver(self, dialect: str) -> Converter | None:
        """Aggregates of whole numbers come as Decimal from PostgreSQL and MySQL."""
        return float


class DecimalField(Field[T], Generic[T]):
    """A decimal number with a fixed count of places.

    Args:
        max_digits: All digits together.
        decimal_places: Digits after the point.
    """

    default_error_messages: ClassVar[Mapping[str, Text]] = _NOT_A_DECIMAL
    empty_strings_allowed: ClassVar[bool] = False

    @overload
    def __init__(
        self: "DecimalField[Decimal]",
        verbose_name: Text | None = None,
        *,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "DecimalField[Decimal | None]",
        verbose_name: Text | None = None,
        *,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Text | None = None,
        *,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)
        self.max_digits, self.decimal_places = max_digits, decimal_places
        self._step = None if decimal_places is None else Decimal(1).scaleb(-decimal_places)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the digits."""
        name, path, args, kwargs = super().deconstruct()
        for option in ("max_digits", "decimal_places"):
            if getattr(self, option) is not None:
                kwargs[option] = getattr(self, option)
        return name, path, args, kwargs

    @property
    def validators(self) -> list[Callable[[Any], object]]:
        """The validators of the class, those given, and the count of digits."""
        return [*super().validators, DecimalValidator(self.max_digits, self.decimal_places)]

    def sql_type(self) -> TypeEngine[Any]:
        """NUMERIC."""
        return Numeric(self.max_digits, self.decimal_places)

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a finite Decimal."""
        if value is None:
            return value
        try:
            if isinstance(value, float) and self.max_digits is not None:  # a float has digits that nobody meant
                number = decimal.Context(prec=max(self.max_digits, 1)).create_decimal_from_float(value)
            else:
                number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        except (decimal.InvalidOperation, TypeError, ValueError):
            raise self.invalid("invalid", value=value) from None
        if not number.is_finite():
            raise self.invalid("invalid", value=value)
        return number

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a Decimal with this field's places."""
        number = self.to_python(value)
        return number if number is None or self._step is None else self._quantized(number)

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite has no decimals."""
        return _plain if dialect == "sqlite" else None

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite gives floats or integers."""
        if dialect != "sqlite":
            return None
        return _decimal if self._step is None else lambda value: self._quantized(_decimal(value))

    def _quantized(self, number: Decimal) -> Decimal:
        context = decimal.Context(prec=max(self.max_digits or 28, 28), rounding=decimal.ROUND_HALF_EVEN)
        try:
            return number.quantize(self._step or Decimal(1), context=context)
        except decimal.InvalidOperation:
            return number  # too many digits: the database, or validation, says so


_DOUBLE: Double[float] = Double()


def _decimal(value: Any) -> Decimal:
    # A float has 15 digits that can be relied on; what comes after them is noise, such as in 0.5 - 0.4.
    return _RELIABLE.create_decimal_from_float(value) if type(value) is float else Decimal(str(value))


_RELIABLE = decimal.Context(prec=15)


def _plain(value: Decimal) -> str:
    return format(value, "f")
