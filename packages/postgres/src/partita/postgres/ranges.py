"""Ranges: pairs of limits, and fields that hold them."""

import datetime as dt
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Integer, Numeric, SmallInteger, cast, func, literal_column
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm import (
    BigIntegerField,
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    FloatField,
    Func,
    IntegerField,
    TextField,
    Transform,
)
from partita.orm.fields.base import Converter, Text
from partita.postgres.comparisons import OperatorLookup, of_postgresql, stored_as
from partita.postgres.literals import LiteralType, stored
from partita.validation import ValidationError

__all__ = (
    "BigIntegerRangeField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "IntegerRangeField",
    "Range",
    "RangeBoundary",
    "RangeField",
    "RangeOperators",
)

T = TypeVar("T")
_BOUNDS = frozenset({"[)", "(]", "()", "[]"})


@dataclass(frozen=True, slots=True)
class Range(Generic[T]):
    """Everything between two limits.

    Args:
        lower: The lower limit; None if there is none.
        upper: The upper limit; None if there is none.
        bounds: ``[`` and ``]`` take the limit in, ``(`` and ``)`` leave it out.
        empty: Nothing at all.
    """

    lower: T | None = None
    upper: T | None = None
    bounds: str = "[)"
    empty: bool = False

    def __post_init__(self) -> None:
        if self.bounds not in _BOUNDS:
            raise ValueError(f"Bounds are '[)', '(]', '()' or '[]', not {self.bounds!r}.")

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what makes an equal range, for migrations."""
        if self.empty:
            return "partita.postgres.Range", (), {"empty": True}
        own = {} if self.bounds == "[)" else {"bounds": self.bounds}
        return "partita.postgres.Range", (self.lower, self.upper), own

    def __contains__(self, value: Any) -> bool:
        if self.empty:
            return False
        after = self.lower is None or (value >= self.lower if self.bounds[0] == "[" else value > self.lower)
        return after and (self.upper is None or (value <= self.upper if self.bounds[1] == "]" else value < self.upper))

    @property
    def isempty(self) -> bool:
        """Whether it is nothing at all; the names of these are those of the look-ups and of the drivers' ranges."""
        return self.empty

    @property
    def lower_inc(self) -> bool:
        """Whether the lower limit belongs to it."""
        return not self.empty and self.lower is not None and self.bounds[0] == "["

    @property
    def upper_inc(self) -> bool:
        """Whether the upper limit belongs to it."""
        return not self.empty and self.upper is not None and self.bounds[1] == "]"

    @property
    def lower_inf(self) -> bool:
        """Whether there is no lower limit."""
        return not self.empty and self.lower is None

    @property
    def upper_inf(self) -> bool:
        """Whether there is no upper limit."""
        return not self.empty and self.upper is None

    def __str__(self) -> str:
        if self.empty:
            return "empty"
        lower, upper = ("" if limit is None else f'"{_written(limit)}"' for limit in (self.lower, self.upper))
        return f"{self.bounds[0]}{lower},{upper}{self.bounds[1]}"


class RangeOperators:
    """Operators of ranges by name, for `ExclusionConstraint`."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    CONTAINS = "@>"
    CONTAINED_BY = "<@"
    OVERLAPS = "&&"
    FULLY_LT = "<<"
    FULLY_GT = ">>"
    NOT_LT = "&>"
    NOT_GT = "&<"
    ADJACENT_TO = "-|-"


class RangeBoundary(Func):
    """Which limits belong to a range that a function makes of two columns: ``Func("start", "end", RangeBoundary())``.

    Args:
        inclusive_lower: Whether the lower limit belongs to it.
        inclusive_upper: Whether the upper limit does.
    """

    output_field = TextField()

    def __init__(self, inclusive_lower: bool = True, inclusive_upper: bool = False) -> None:
        super().__init__()
        self.lower = "[" if inclusive_lower else "("
        self.upper = "]" if inclusive_upper else ")"

    def options(self) -> Hashable:
        """Both brackets."""
        return (self.lower, self.upper)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what makes an equal one, for migrations."""
        return "partita.postgres.RangeBoundary", (self.lower == "[", self.upper == "]"), {}

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """Both brackets as text."""
        of_postgresql("RangeBoundary", compiler)
        brackets: ColumnElement[Any] = literal_column(f"'{self.lower}{self.upper}'")
        return brackets


class RangeField(Field[Any]):
    """Base of the fields that hold a `Range`; a pair is taken as ``[lower, upper)``.

    Look-ups: ``contains`` (a value or a range), ``contained_by``, ``overlap``, ``fully_lt``, ``fully_gt``, ``not_lt``,
    ``not_gt``, ``adjacent_to``, ``startswith`` and ``endswith`` (the limits), ``isempty``, ``lower_inc``, ``lower_inf``,
    ``upper_inc``, ``upper_inf``.
    """

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("Enter a lower and an upper limit."),
        "bound_ordering": gettext_lazy("The start of the range must not exceed the end of the range."),
    }
    empty_strings_allowed = False
    base_field: ClassVar[Field[Any]]
    type_name: ClassVar[str]

    def formfield(self, **options: Any) -> Any:
        """Return the field of a form; needs the extra ``forms``."""
        from partita.postgres.forms import formfield_of

        return formfield_of(self, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """The range type."""
        return LiteralType(self.type_name)

    def placeholder(self, mark: str, dialect: str) -> str:
        """A parameter that is text."""
        return stored(mark, self.type_name, dialect)

    def to_driver(self, dialect: str) -> Converter | None:
        """The range as text."""
        convert = self.base_field.to_driver(dialect)
        if convert is None:
            return str

        def made(given: Range[Any]) -> str:
            lower, upper = (None if limit is None else convert(limit) for limit in (given.lower, given.upper))
            return str(Range(lower, upper, given.bounds, given.empty))

        return made

    def from_driver(self, dialect: str) -> Converter | None:
        """Either driver's own kind of range, as ours."""
        convert = self.base_field.from_driver(dialect)

        def made(given: Any) -> Range[Any]:
            if given.isempty:
                return Range(empty=True)
            bounds = _bounds_of(given)
            lower, upper = given.lower, given.upper
            if convert is not None:
                lower, upper = (None if limit is None else convert(limit) for limit in (lower, upper))
            return Range(lower, upper, bounds)

        return made

    def get_prep_value(self, value: Any) -> Any:
        """Return a `Range` with prepared limits.

        Raises:
            TypeError: If ``value`` is neither a range nor a pair.
        """
        if value is None or hasattr(value, "resolve"):
            return value
        made = _as_range(value)
        if made is None:
            raise TypeError(f"{self!r} takes a Range or a pair of limits, not {str(value)[:80]!r}.")
        prepare = self.base_field.get_prep_value
        lower, upper = (None if limit is None else prepare(limit) for limit in (made.lower, made.upper))
        return Range(lower, upper, made.bounds, made.empty)

    def to_python(self, value: Any) -> Any:
        """Return ``value``, a range, a pair, or JSON as serializers write it, as a `Range`."""
        if value in (None, ""):
            return None
        bounds, empty = "[)", False
        if isinstance(value, str):
            try:
                loaded = json.loads(value)
                bounds, empty = loaded.get("bounds", "[)"), bool(loaded.get("empty"))
                value = (loaded.get("lower"), loaded.get("upper"))
            except (ValueError, AttributeError, RecursionError):
                raise self.invalid("invalid") from None
        made = _as_range(value)
        if made is None or bounds not in _BOUNDS:
            raise self.invalid("invalid")
        if isinstance(value, Range):
            bounds, empty = made.bounds, made.empty
        clean: Callable[[Any], Any] = self.base_field.to_python
        return Range(clean(made.lower), clean(made.upper), bounds, empty)

    def validate(self, value: Any, instance: Any) -> None:
        """Check the order of the limits as well."""
        super().validate(value, instance)
        if value is not None and value.lower is not None and value.upper is not None and value.lower > value.upper:
            raise self.invalid("bound_ordering")

    def value_to_string(self, instance: Any) -> str:
        """Return JSON with both limits and the bounds."""
        value = self.value_from_object(instance)
        if value is None:
            return ""
        limits = {
            name: None if limit is None else _written(limit)
            for name, limit in (("lower", value.lower), ("upper", value.upper))
        }
        return json.dumps({**limits, "bounds": value.bounds, **({"empty": True} if value.empty else {})})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name the package, not the module."""
        name, path, args, kwargs = super().deconstruct()
        return name, path.replace("partita.postgres.ranges.", "partita.postgres."), args, kwargs


class IntegerRangeField(RangeField):
    """A range of whole numbers of 32 bits; PostgreSQL gives it back as ``[lower, upper)``."""

    base_field, type_name = IntegerField(), "int4range"


class BigIntegerRangeField(RangeField):
    """A range of whole numbers of 64 bits; PostgreSQL gives it back as ``[lower, upper)``."""

    base_field, type_name = BigIntegerField(), "int8range"


class ContinuousRangeField(RangeField):
    """Base of the fields whose ranges keep their bounds.

    Args:
        default_bounds: Which limits belong to a range that is given as a pair.
    """

    def __init__(self, verbose_name: Text | None = None, *, default_bounds: str = "[)", **options: Any) -> None:
        if default_bounds not in _BOUNDS:
            raise ValueError("default_bounds must be one of '[)', '(]', '()', or '[]'.")
        self.default_bounds = default_bounds
        super().__init__(verbose_name, **options)

    def get_prep_value(self, value: Any) -> Any:
        """Return a `Range` with prepared limits."""
        return super().get_prep_value(self._bounded(value))

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a `Range`."""
        return super().to_python(self._bounded(value))

    def _bounded(self, value: Any) -> Any:
        if isinstance(value, list | tuple) and len(value) == 2:
            return Range(value[0], value[1], self.default_bounds)
        return value

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the bounds."""
        name, path, args, kwargs = super().deconstruct()
        return (
            name,
            path,
            args,
            kwargs | ({"default_bounds": self.default_bounds} if self.default_bounds != "[)" else {}),
        )


class DecimalRangeField(ContinuousRangeField):
    """A range of decimal numbers."""

    base_field, type_name = DecimalField(), "numrange"


class DateRangeField(RangeField):
    """A range of days; PostgreSQL gives it back as ``[lower, upper)``."""

    base_field, type_name = DateField(), "daterange"


class DateTimeRangeField(ContinuousRangeField):
    """A range of moments."""

    base_field, type_name = DateTimeField(), "tstzrange"


@RangeField.register_lookup
class _Contains(OperatorLookup):
    lookup_name, operator = "contains", "@>"

    def rhs_field(self) -> Field[Any]:
        field: Any = stored_as(self.lhs.output)
        return field if _as_range(self.rhs) is not None else field.base_field  # type: ignore[no-any-return]

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The operator; what is computed is cast to the type of the limits, for which alone there is one."""
        of_postgresql(type(self).__name__, compiler)
        lhs: ColumnElement[Any] = self.lhs.compile(compiler)
        rhs: ColumnElement[Any] = self.rhs.compile(compiler)
        limit, given = stored_as(self.lhs.output).base_field, stored_as(self.rhs.output)
        if not isinstance(given, RangeField) and given is not limit:
            rhs = cast(rhs, limit.sql_type())
        return lhs.op(self.operator, is_comparison=True)(rhs)


@RangeField.register_lookup
class _ContainedBy(OperatorLookup):
    lookup_name, operator = "contained_by", "<@"


@RangeField.register_lookup
class _Overlap(OperatorLookup):
    lookup_name, operator = "overlap", "&&"


@RangeField.register_lookup
class _FullyLess(OperatorLookup):
    lookup_name, operator = "fully_lt", "<<"


@RangeField.register_lookup
class _FullyGreater(OperatorLookup):
    lookup_name, operator = "fully_gt", ">>"


@RangeField.register_lookup
class _NotLess(OperatorLookup):
    lookup_name, operator = "not_lt", "&>"


@RangeField.register_lookup
class _NotGreater(OperatorLookup):
    lookup_name, operator = "not_gt", "&<"


@RangeField.register_lookup
class _Adjacent(OperatorLookup):
    lookup_name, operator = "adjacent_to", "-|-"


class _InRange(OperatorLookup):
    """``day__contained_by=Range(...)`` of a field that holds one value."""

    lookup_name, operator = "contained_by", "<@"

    def rhs_field(self) -> Field[Any]:
        return _range_of(stored_as(self.lhs.output))

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The operator; there are no ranges of the smallest integers, and none of floats."""
        of_postgresql(type(self).__name__, compiler)
        lhs: ColumnElement[Any] = self.lhs.compile(compiler)
        output = stored_as(self.lhs.output)
        if isinstance(output, FloatField):
            lhs = cast(lhs, Numeric())
        elif isinstance(output.sql_type(), SmallInteger):
            lhs = cast(lhs, Integer())
        return lhs.op(self.operator, is_comparison=True)(self.rhs.compile(compiler))


def _range_of(field: Field[Any]) -> RangeField:
    """Return the kind of ranges that a field's values are in."""
    for kind, made in _RANGES_OF.items():
        if isinstance(field, kind):
            return made
    return _OF_LARGE if isinstance(field.sql_type(), BigInteger) else _OF_WHOLE


_OF_WHOLE, _OF_LARGE, _OF_DECIMALS = IntegerRangeField(), BigIntegerRangeField(), DecimalRangeField()
_RANGES_OF: Mapping[type[Field[Any]], RangeField] = MappingProxyType(
    {
        FloatField: _OF_DECIMALS,
        DecimalField: _OF_DECIMALS,
        DateTimeField: DateTimeRangeField(),
        DateField: DateRangeField(),
    }
)


class _Limit(Transform):
    @property
    def output(self) -> Field[Any]:
        """What the limits are."""
        base: Field[Any] = stored_as(self.sources[0].output).base_field
        return base

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("A limit of a range", compiler)
        limit: ColumnElement[Any] = getattr(func, self.function)(self.sources[0].compile(compiler))
        return limit


@RangeField.register_lookup
class _Lower(_Limit):
    lookup_name, function = "startswith", "lower"


@RangeField.register_lookup
class _Upper(_Limit):
    lookup_name, function = "endswith", "upper"


class _Truth(Transform):
    output_field = BooleanField()


def register() -> None:
    """Offer the questions about limits, and ``contained_by`` for fields that hold one value."""
    for name in ("isempty", "lower_inc", "lower_inf", "upper_inc", "upper_inf"):
        RangeField.register_lookup(type(f"_{name}", (_Truth,), {"lookup_name": name, "function": name}))
    kinds: tuple[type[Field[Any]], ...] = (IntegerField, *_RANGES_OF)
    for kind in kinds:
        kind.register_lookup(_InRange)


def _as_range(value: Any) -> Range[Any] | None:
    if isinstance(value, Range):
        return value
    if isinstance(value, list | tuple):
        return Range(value[0], value[1]) if len(value) == 2 else None
    if not hasattr(value, "isempty") or not hasattr(value, "lower_inc"):
        return None
    # A driver's own range, such as psycopg's or asyncpg's.
    return Range(empty=True) if value.isempty else Range(value.lower, value.upper, _bounds_of(value))


def _bounds_of(driven: Any) -> str:
    return ("[" if driven.lower_inc else "(") + ("]" if driven.upper_inc else ")")


def _written(limit: Any) -> str:
    if isinstance(limit, dt.date):
        return limit.isoformat()
    text = str(Decimal(limit) if isinstance(limit, float) else limit)
    if not set(text) <= set("0123456789+-.eE"):
        raise ValidationError(f"{text[:80]!r} is no limit of a range.")
    return text
