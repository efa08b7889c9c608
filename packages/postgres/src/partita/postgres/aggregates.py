"""Aggregates that only PostgreSQL has."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql import aggregate_order_by

from partita.orm import Aggregate, BigIntegerField, BooleanField, Field, FloatField, JSONField, Value
from partita.postgres.arrays import ArrayField
from partita.postgres.comparisons import of_postgresql

__all__ = (
    "ArrayAgg",
    "BoolAnd",
    "BoolOr",
    "Corr",
    "CovarPop",
    "JSONBAgg",
    "RegrAvgX",
    "RegrAvgY",
    "RegrCount",
    "RegrIntercept",
    "RegrR2",
    "RegrSXX",
    "RegrSXY",
    "RegrSYY",
    "RegrSlope",
)

_BOOLEAN, _FLOAT, _JSON, _COUNT = BooleanField(), FloatField(), JSONField(), BigIntegerField()


class _Collected(Aggregate):
    allow_order_by = True

    def resolve(self, scope: Any) -> Any:
        """Resolve it; a default that is a plain value has the type of what is collected."""
        found: Any = super().resolve(scope)
        default = found.default
        if isinstance(default, Value) and default.output_field is None:
            found.default = Value(default.value, found.output)
        return found

    def call(self, compiler: Any, *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        of_postgresql(type(self).__name__, compiler)
        first: Any = arguments[0]
        if self._is_of_set():
            return func.array_agg(first.element)  # see `wrapped`
        if self.order:
            first = aggregate_order_by(first, *[term.compile(compiler) for term in self.order])
        return super().call(compiler, first)

    def wrapped(self, compiler: Any, result: Any) -> Any:
        """A query of what was collected, where an order would have to be told by the same SQL, with parameters, a second time."""
        return self.of_set(compiler, result, f"{self.function}(v") if self._is_of_set() else result

    def _is_of_set(self) -> bool:
        # An array would come apart into the elements of its arrays.
        return self.is_ordered_by_itself() and self.has_values() and not isinstance(self.sources[0].output, ArrayField)


class ArrayAgg(_Collected):
    """The values of all rows as a list; NULL, or ``default``, if there are none."""

    function = "array_agg"
    shape_is_complete = True

    @property
    def output(self) -> Field[Any]:
        """An array of what is collected."""
        return self.output_field or _array_of(self.sources[0].output)


@lru_cache(256)  # one field for one kind of elements, so that equal queries have equal shapes
def _array_of(inner: Field[Any]) -> ArrayField[Any]:
    return ArrayField(inner)


class JSONBAgg(_Collected):
    """The values of all rows as a JSON list."""

    function = "jsonb_agg"
    shape_is_complete = True
    output_field = _JSON


class BoolAnd(Aggregate):
    """Whether it holds for all rows; NULL if there are none."""

    function = "bool_and"
    shape_is_complete = True
    output_field = _BOOLEAN


class BoolOr(Aggregate):
    """Whether it holds for any row; NULL if there are none."""

    function = "bool_or"
    shape_is_complete = True
    output_field = _BOOLEAN


class _OfTwo(Aggregate):
    """A figure of two expressions, by rows in which both have a value.

    Args:
        y: What depends.
        x: What it depends on.
    """

    output_field: Field[Any] | None = _FLOAT
    arity = 2
    allow_distinct = False

    def __init__(self, y: Any, x: Any, **options: Any) -> None:
        super().__init__(y, x, **options)

    def call(self, compiler: Any, *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        of_postgresql(type(self).__name__, compiler)
        figure: ColumnElement[Any] = getattr(func, self.function)(*arguments)
        return figure


class Corr(_OfTwo):
    """The correlation coefficient."""

    function = "corr"
    shape_is_complete = True


class CovarPop(_OfTwo):
    """The covariance, of the whole or of a sample."""

    function = "covar_pop"
    shape_is_complete = True

    def __init__(self, y: Any, x: Any, *, sample: bool = False, **options: Any) -> None:
        super().__init__(y, x, **options)
        self.function = "covar_samp" if sample else "covar_pop"


class RegrAvgX(_OfTwo):
    """The mean of x."""

    function = "regr_avgx"
    shape_is_complete = True


class RegrAvgY(_OfTwo):
    """The mean of y."""

    function = "regr_avgy"
    shape_is_complete = True


class RegrCount(_OfTwo):
    """How many rows have both."""

    function = "regr_count"
    shape_is_complete = True
    output_field = _COUNT
    empty_result_set_value = 0


class RegrIntercept(_OfTwo):
    """Where the line of least squares meets the y axis."""

    function = "regr_intercept"
    shape_is_complete = True


class RegrR2(_OfTwo):
    """The square of the correlation coefficient."""

    function = "regr_r2"
    shape_is_complete = True


class RegrSlope(_OfTwo):
    """The slope of the line of least squares."""

    function = "regr_slope"
    shape_is_complete = True


class RegrSXX(_OfTwo):
    """The sum of squares of x."""

    function = "regr_sxx"
    shape_is_complete = True


class RegrSXY(_OfTwo):
    """The sum of products of x and y."""

    function = "regr_sxy"
    shape_is_complete = True


class RegrSYY(_OfTwo):
    """The sum of squares of y."""

    function = "regr_syy"
    shape_is_complete = True
