"""Fields of numbers with a fraction."""

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, overload

from sqlalchemy import Double, Numeric
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.errors import DataError
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
            name = getattr(self, "name", type(self).__name__)  # nameless within an array
            raise type(error)(f"Field {name!r} expected a number but got {value!r:.80}.") from error

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
        # Made once: that takes longer than to round a number by it.
        digits = max_digits if isinstance(max_digits, int) else 0  # else a check tells
        self._context = decimal.Context(prec=min(max(digits, 28), decimal.MAX_PREC), rounding=decimal.ROUND_HALF_EVEN)
        whole = max_digits - (decimal_places or 0) if isinstance(max_digits, int) else None
        # The least number that is too large; no database has columns of more digits than some thousands.
        self._room = None if whole is None or not 0 <= whole < 100_000 else Decimal(1).scaleb(whole)

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

    def check_storable(self, value: Any) -> None:
        """Refuse more digits than there is room for: SQLite would keep any number, MySQL perhaps the largest there is."""
        if self._room is not None and not -self._room < value < self._room:
            name = getattr(self, "name", type(self).__name__)
            raise DataError(
                f"Field {name!r} has room for {self.max_digits} digits, {self.decimal_places or 0} of them after the point; "
                f"{str(value)[:80]} has more."
            )

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite has no decimals."""
        return {"sqlite": _plain, "mysql": _with_point}.get(dialect)

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite gives floats or integers."""
        if dialect != "sqlite":
            return None
        return _decimal if self._step is None else lambda value: self._quantized(_decimal(value))

    def _quantized(self, number: Decimal) -> Decimal:
        try:
            return number.quantize(self._step or Decimal(1), None, self._context)
        except decimal.InvalidOperation:
            return number  # too many digits: the database, or validation, says so


_DOUBLE: Double[float] = Double()


def _decimal(value: Any) -> Decimal:
    # A float has 15 digits that can be relied on; what comes after them is noise, such as in 0.5 - 0.4.
    return Decimal(f"{value:.15g}" if type(value) is float else str(value))


def _with_point(value: Decimal) -> Decimal:
    """Return a decimal that stays one where it is written into the statement: 10 would be a whole number, and 1E+3 a float."""
    exponent = value.as_tuple().exponent
    return Decimal(f"{value:f}.0") if isinstance(exponent, int) and exponent >= 0 else value


def _plain(value: Decimal) -> str:
    return format(value, "f")
