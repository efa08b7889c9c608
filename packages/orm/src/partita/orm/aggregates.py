"""Functions of many rows."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, distinct, func, literal_column, null

from partita.orm.errors import FieldError
from partita.orm.expressions import BIG, DECIMAL, FLOAT, Expression, Func, Leaf, Scope, Value, expression
from partita.orm.fields import DecimalField, DurationField, Field, IntegerField

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Aggregate", "Avg", "Count", "Max", "Min", "StdDev", "StringAgg", "Sum", "Variance")


class Aggregate(Func):
    """One value out of many rows.

    Args:
        source: A field's name or an expression.
        distinct: Take each value once.
        filter: A `Q`; take only rows for which it holds.
        default: The value if there are no rows.
    """

    contains_aggregate = True
    allow_distinct = True
    name: str = ""

    def __init__(
        self,
        *sources: Any,
        distinct: bool = False,
        filter: Any = None,
        default: Any = None,
        output_field: Field[Any] | None = None,
    ) -> None:
        if len(sources) != 1:
            raise TypeError(f"{type(self).__name__} takes one expression.")
        super().__init__(*sources, output_field=output_field)
        if distinct and not self.allow_distinct:
            raise TypeError(f"{type(self).__name__} does not allow distinct.")
        self.distinct, self.filter = distinct, filter
        self.default = None if default is None else expression(Value(default) if isinstance(default, str) else default)

    @property
    def default_alias(self) -> str:
        """The alias an aggregate gets that has none, such as ``price__sum``.

        Raises:
            TypeError: If what is aggregated is more than a field.
        """
        alias = self.simple_alias
        if alias is None:
            raise TypeError("Complex aggregates require an alias")
        return alias

    @property
    def simple_alias(self) -> str | None:
        """The same, or None if there is none."""
        source: Any = self.sources[0]
        name = getattr(getattr(source, "name", None), "name", None)
        return None if name is None else f"{name}__{type(self).__name__.lower()}"

    def resolve(self, scope: Scope) -> Expression:
        """Resolve what is aggregated and the filter."""
        copy: Any = super().resolve(scope)
        if any(source.contains_aggregate for source in copy.sources):
            raise FieldError(f"Cannot compute {type(self).__name__}: its argument is an aggregate.")
        copy.contains_aggregate = True
        copy.filter = None if self.filter is None else self.filter.resolve(scope)
        copy.default = None if self.default is None else self.default.resolve(scope)
        return copy  # type: ignore[no-any-return]  # a copy of self

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The function, its options and its arguments."""
        return (
            super().shape(leaves),
            self.distinct,
            None if self.filter is None else self.filter.shape(leaves),
            None if self.default is None else self.default.shape(leaves),
        )

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The function; the filter as FILTER, or as CASE where there is none."""
        arguments = [source.compile(compiler) for source in self.sources]
        condition = None if self.filter is None else compiler.where(self.filter, negated=False, strict=False)
        if condition is not None and compiler.vendor == "mysql":
            inner = literal_column("1") if isinstance(self.sources[0], _Star) else arguments[0]
            arguments[0], condition = case((condition, inner), else_=null()), None
        if self.distinct:
            arguments[0] = distinct(arguments[0])
        result: Any = self.call(compiler, *arguments)
        if condition is not None:
            result = result.filter(condition)
        if self.default is not None:
            result = func.coalesce(result, self.default.compile(compiler))
        return result  # type: ignore[no-any-return]  # an SQLAlchemy function


class _Star(Expression):
    """All columns, for COUNT(*)."""

    output_field = BIG

    def shape(self, leaves: list[Leaf]) -> Hashable:
        return _Star

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        return literal_column("*")


class Count(Aggregate):
    """How many values there are that are not NULL; ``Count("*")`` counts rows."""

    function = "count"
    output_field = BIG

    def __init__(self, source: Any, *, distinct: bool = False, filter: Any = None) -> None:
        super().__init__(_Star() if source == "*" else source, distinct=distinct, filter=filter)


class Sum(Aggregate):
    """The sum; NULL if there are no rows."""

    function = "sum"

    @property
    def output(self) -> Field[Any]:
        """A wide whole number for whole numbers, else as the argument."""
        if self.output_field is not None:
            return self.output_field
        source: Field[Any] = self.sources[0].output
        return BIG if isinstance(source, IntegerField) else source


class Avg(Aggregate):
    """The mean; NULL if there are no rows."""

    function = "avg"

    @property
    def output(self) -> Field[Any]:
        """A float for whole numbers, else as the argument."""
        if self.output_field is not None:
            return self.output_field
        source: Field[Any] = self.sources[0].output
        if isinstance(source, DecimalField):
            return DECIMAL
        return source if isinstance(source, DurationField) else FLOAT


class Min(Aggregate):
    """The smallest value; NULL if there are no rows."""

    function = "min"


class Max(Aggregate):
    """The largest value; NULL if there are no rows."""

    function = "max"


class _Spread(Aggregate):
    allow_distinct = False
    output_field = FLOAT
    kind: str

    def __init__(self, source: Any, *, sample: bool = False, **options: Any) -> None:
        super().__init__(source, **options)
        self.function = f"{self.kind}_{'samp' if sample else 'pop'}"

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        if compiler.vendor == "sqlite":
            raise FieldError(f"SQLite has no {type(self).__name__}.")
        return super().compile(compiler)


class StdDev(_Spread):
    """The standard deviation, of the whole or of a sample."""

    kind = "stddev"


class Variance(_Spread):
    """The variance, of the whole or of a sample."""

    kind = "var"


class StringAgg(Aggregate):
    """Texts joined. The delimiter is a bound parameter."""

    function = "string_agg"

    def __init__(
        self, source: Any, delimiter: str, *, distinct: bool = False, filter: Any = None, default: Any = None
    ) -> None:
        super().__init__(source, distinct=distinct, filter=filter, default=default)
        self.sources = (*self.sources, Value(str(delimiter)))

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """STRING_AGG or GROUP_CONCAT."""
        source, delimiter = arguments
        if compiler.vendor == "postgresql":
            return func.string_agg(source, delimiter)
        if compiler.vendor == "mysql":
            return func.group_concat(source.op("SEPARATOR")(delimiter))
        if self.distinct:
            raise FieldError("SQLite cannot join distinct texts with a delimiter.")
        return func.group_concat(source, delimiter)
