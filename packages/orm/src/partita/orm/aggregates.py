"""Functions of many rows."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Numeric, Text, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by

from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import (
    BIG,
    DECIMAL,
    FLOAT,
    TEXT,
    Case,
    Column,
    Expression,
    Func,
    Leaf,
    Scope,
    Value,
    When,
)
from partita.orm.expressions import (
    expression as as_expression,
)
from partita.orm.expressions.identity import identity_of, written_in_sql
from partita.orm.fields import BigIntegerField, DecimalField, DurationField, Field, IntegerField
from partita.orm.ordering import resolve_order
from partita.orm.sql_elements import case, cast, distinct, func, null
from partita.orm.sql_text import Fragment

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "Aggregate",
    "AnyValue",
    "Avg",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Count",
    "Max",
    "Min",
    "StdDev",
    "StringAgg",
    "Sum",
    "Variance",
)

_USUAL = Func.template
_WITH_DISTINCT = "%(function)s(%(distinct)s%(expressions)s)"


class Aggregate(Func):
    """One value out of many rows.

    Args:
        expression: A field's name or an expression.
        distinct: Take each value once.
        filter: A `Q`; take only rows for which it holds.
        default: The value if there are no rows.
        order_by: In which order the rows are taken, where that matters: names or expressions.
    """

    contains_aggregate = True
    allow_distinct = True
    allow_order_by = False
    empty_result_set_value: Any = None
    name: str = ""

    def __init__(
        self,
        *sources: Any,
        distinct: bool = False,
        filter: Any = None,
        default: Any = None,
        order_by: Any = None,
        output_field: Field[Any] | None = None,
        **extra: Any,
    ) -> None:
        if not sources:
            raise TypeError(f"'{type(self).__name__}' takes exactly 1 argument ({len(sources)} given)")
        if distinct and not self.allow_distinct:
            raise TypeError(f"{type(self).__name__} does not allow distinct.")
        if order_by and not self.allow_order_by:
            raise TypeError(f"{type(self).__name__} does not allow order_by.")
        if default is not None and self.empty_result_set_value is not None:
            raise TypeError(f"{type(self).__name__} does not allow default.")
        super().__init__(*sources, output_field=output_field, **extra)
        self.distinct, self.filter = distinct, filter
        self.order: tuple[Any, ...] = (
            tuple(order_by) if isinstance(order_by, list | tuple) else (order_by,) if order_by else ()
        )
        self.default = (
            None if default is None else as_expression(Value(default) if isinstance(default, str) else default)
        )

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
        if len(self.sources) != 1:
            return None
        source: Any = self.sources[0]
        name = getattr(getattr(source, "name", None), "name", None)
        return None if name is None else f"{name}__{type(self).__name__.lower()}"

    def resolve(self, scope: Scope) -> Expression:
        """Resolve what is aggregated and the filter."""
        copy: Any = super().resolve(scope)
        for given, source in zip(self.sources, copy.sources, strict=True):
            if source.contains_aggregate:
                name = getattr(getattr(given, "name", None), "name", None) or type(source).__name__
                raise FieldError(
                    f"Cannot compute {self.name or type(self).__name__}('{name}'): '{name}' is an aggregate"
                )
            if source.windowed:
                raise FieldError("A window function cannot stand inside of another, or of an aggregate.")
        copy.contains_aggregate = True
        copy.filter = None if self.filter is None else self.filter.resolve(scope)
        copy.order = resolve_order(scope, self.order) if self.order else ()
        copy.default = None if self.default is None else self.default.resolve(scope)
        copy.multiple = any(
            part is not None and part.multiple for part in (copy, copy.filter, copy.default, *copy.order)
        )
        return copy  # type: ignore[no-any-return]  # a copy of self

    def get_group_by_cols(self) -> list[Any]:
        """Nothing: it is one value for the whole group."""
        return []

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The function, its options and its arguments."""
        return (
            super().shape(leaves),
            self.distinct,
            tuple([term.shape(leaves) for term in self.order]) if self.order else (),
            self.distinct and self.is_ordered_by_itself(),
            None if self.filter is None else self.filter.shape(leaves),
            None if self.default is None else self.default.shape(leaves),
        )

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The function; the filter as FILTER, or as CASE where there is none."""
        kind: Any = type(self)
        method = written_in_sql(kind, compiler.vendor)
        if method is not None or self.template != _USUAL:
            return self._defaulted(compiler, compiler.written(self, method or "as_sql"))
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
        return self._defaulted(compiler, self.wrapped(compiler, result))

    def wrapped(self, compiler: "Compiler", result: Any) -> Any:
        """Return the finished call, with what a database needs around it."""
        return result

    def is_ordered_by_itself(self) -> bool:
        """Return whether distinct values are in an order that only they tell, which is the one order that there is of them."""
        if not (self.distinct and self.order):
            return False
        asked = _asked(self.sources[0])
        return all(_asked(term.sources[0]) == asked for term in self.order)

    def has_values(self) -> bool:
        """Return whether there are values of the caller's in what is aggregated: parameters, which PostgreSQL never takes for equal."""
        return bool(_asked(self.sources[0])[1])

    def of_set(self, compiler: "Compiler", collected: Any, before: str, *after: Any) -> Any:
        """Return an aggregate of distinct values in order to PostgreSQL, with what is aggregated written once.

        Args:
            compiler: Compiles the query.
            collected: An array of all the values.
            before: The function, with the bracket and what stands before the order.
            after: What stands between the value and the order.
        """
        value: Any = literal_column("v")
        parts: list[Any] = [f"(SELECT {before}", *after, " ORDER BY "]
        for number, term in enumerate(self.order):
            parts += [", " if number else "", term.directed(compiler, value)]
        return Fragment([*parts, ") FROM (SELECT DISTINCT unnest(", collected, ") AS v) AS collected)"])

    def _defaulted(self, compiler: "Compiler", result: Any) -> ColumnElement[Any]:
        made: ColumnElement[Any] = result
        return made if self.default is None else func.coalesce(result, self.default.compile(compiler))

    def as_sql(self, compiler: "Compiler", connection: Any, *args: Any, **extra_context: Any) -> tuple[str, list[Any]]:
        """Return the filled template; it may name ``%(distinct)s``, and a filter becomes FILTER or CASE."""
        extra_context.setdefault("distinct", "DISTINCT " if self.distinct else "")
        if self.template == _USUAL and len(args) < 2:  # else the caller brings a template
            extra_context.setdefault("template", _WITH_DISTINCT)
        if self.filter is None:
            return super().as_sql(compiler, connection, *args, **extra_context)
        if compiler.vendor == "mysql":
            copy: Any = self.copy()
            copy.filter = None
            copy.sources = (Case(When(self.filter, then=self.sources[0])), *self.sources[1:])
            return Func.as_sql(copy, compiler, connection, *args, **extra_context)
        sql, params = super().as_sql(compiler, connection, *args, **extra_context)
        condition, more = compiler.render(compiler.where(self.filter, negated=False, strict=False))
        return f"{sql} FILTER (WHERE {condition})", [*params, *more]

    def __repr__(self) -> str:
        options = []
        if self.distinct:
            options.append("distinct=True")
        if self.filter is not None:
            options.append(f"filter={self.filter}")
        if self.default is not None:
            options.append(f"default={self.default!r}")
        options.extend(f"{name}={value}" for name, value in self.shown_options())
        return f"{type(self).__name__}({', '.join([*map(repr, self.sources), *options])})"

    def shown_options(self) -> list[tuple[str, Any]]:
        """Return what else there is to tell of it, by name."""
        return []


def _asked(source: Any) -> tuple[Hashable, tuple[Hashable, ...]]:
    """Return what is equal for expressions that are the same in SQL, and have the same values; and these."""
    leaves: list[Leaf] = []
    shape = source.shape(leaves)
    return shape, tuple([identity_of(leaf.value) for leaf in leaves])


class _Star(Expression):
    """All columns, for COUNT(*)."""

    def __repr__(self) -> str:
        return "'*'"

    output_field = BIG

    def shape(self, leaves: list[Leaf]) -> Hashable:
        return _Star

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        return literal_column("*")


class Count(Aggregate):
    """How many values there are that are not NULL; ``Count("*")`` counts rows."""

    function, name, arity = "count", "Count", 1
    output_field = BIG
    empty_result_set_value = 0

    def __init__(self, expression: Any, filter: Any = None, **options: Any) -> None:
        if isinstance(expression, str) and expression == "*":
            if filter is not None:
                raise ValueError("Star cannot be used with filter. Please specify a field.")
            expression = _Star()
        super().__init__(expression, filter=filter, **options)

    takes_composite = True

    def resolve(self, scope: Scope) -> Expression:
        """Resolve what is counted; of a key made of several columns, which are never NULL, the first stands for all."""
        copy: Any = super().resolve(scope)
        source = copy.sources[0]
        if isinstance(source, Column) and source.field.is_tuple:
            if copy.distinct:
                raise ValueError("COUNT(DISTINCT) doesn't support composite primary keys")
            key: Any = source.field
            copy.sources = (Column(source.path, key.counted), *copy.sources[1:])
        return copy  # type: ignore[no-any-return]  # a copy of self


class _SumField(BigIntegerField[Any]):
    """A sum of whole numbers, which servers give as a decimal once it may be a large one."""

    def from_driver(self, dialect: str) -> Any:
        return None if dialect == "sqlite" else int


_SUM = _SumField(null=True)


class Sum(Aggregate):
    """The sum; NULL if there are no rows."""

    function, name, arity = "sum", "Sum", 1

    @property
    def output(self) -> Field[Any]:
        """A wide whole number for whole numbers, else as the argument."""
        if self.output_field is not None:
            return self.output_field
        source: Field[Any] = self.sources[0].output
        return _SUM if isinstance(source, IntegerField) else source


class Avg(Aggregate):
    """The mean; NULL if there are no rows."""

    function, name, arity = "avg", "Avg", 1

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

    function, name, arity = "min", "Min", 1


class Max(Aggregate):
    """The largest value; NULL if there are no rows."""

    function, name, arity = "max", "Max", 1


class _Spread(Aggregate):
    allow_distinct, arity = False, 1
    kind: str

    def __init__(self, expression: Any, sample: bool = False, **options: Any) -> None:
        super().__init__(expression, **options)
        self.function = f"{self.kind}_{'samp' if sample else 'pop'}"

    def shown_options(self) -> list[tuple[str, Any]]:
        return [("sample", self.function.endswith("_samp"))]

    @property
    def output(self) -> Field[Any]:
        """A decimal for decimals, else a float."""
        if self.output_field is not None:
            return self.output_field
        return DECIMAL if isinstance(self.sources[0].output, DecimalField) else FLOAT

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        if compiler.vendor == "mysql" and not isinstance(self.output, DecimalField):
            return super().call(
                compiler, arguments[0].op("+")(literal_column("0e0"))
            )  # of whole numbers it gives four places only
        found = super().call(compiler, *arguments)
        return cast(found, Numeric(40, 15)) if compiler.vendor == "mysql" else found  # it gives floats for decimals


class StdDev(_Spread):
    """The standard deviation, of the whole or of a sample."""

    kind = "stddev"


class Variance(_Spread):
    """The variance, of the whole or of a sample."""

    kind = "var"


class AnyValue(Aggregate):
    """The value of any row that has one."""

    function = "any_value"
    allow_distinct = False

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """ANY_VALUE, or the first that comes where there is no such function."""
        if compiler.vendor == "postgresql":
            return func.array_agg(*arguments)
        return func.min(*arguments) if compiler.vendor == "mysql" else func.any_value(*arguments)

    def wrapped(self, compiler: "Compiler", result: Any) -> Any:
        """In PostgreSQL, the first of all; version 16 brings the function."""
        return Fragment(["(array_remove(", result, ", NULL))[1]"]) if compiler.vendor == "postgresql" else result


class _Bits(Aggregate):
    allow_distinct = False
    output_field = BIG

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        found = super().call(compiler, *arguments)
        # MySQL gives all bits, or none, where there is no row.
        return (
            case((func.count(*arguments) > literal_column("0"), found), else_=null())
            if compiler.vendor == "mysql"
            else found
        )


class BitAnd(_Bits):
    """Bits that all the numbers have; NULL if there are no rows."""

    function = "bit_and"


class BitOr(_Bits):
    """Bits that any of the numbers has; NULL if there are no rows."""

    function = "bit_or"


class BitXor(_Bits):
    """Bits that an odd count of the numbers has; NULL if there are no rows."""

    function = "bit_xor"


class StringAgg(Aggregate):
    """Texts joined, in the order given. The delimiter is a bound parameter."""

    function, arity = "string_agg", 2
    allow_order_by = True
    output_field = TEXT

    def __init__(self, expression: Any, delimiter: Any, **options: Any) -> None:
        super().__init__(expression, Value(delimiter) if isinstance(delimiter, str) else delimiter, **options)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """STRING_AGG or GROUP_CONCAT.

        Raises:
            NotSupportedError: If SQLite is too old for an order (before 3.44).
        """
        source: Any = arguments[0]
        delimiter: Any = arguments[1]
        if compiler.vendor == "postgresql" and self._is_of_set():
            return func.array_agg(source.element)  # see `wrapped`
        order = [term.compile(compiler) for term in self.order]
        if compiler.vendor == "postgresql":
            if not self.sources[0].output.is_text:
                source = cast(source.element if self.distinct else source, Text)
                source = distinct(source) if self.distinct else source
            return func.string_agg(source, aggregate_order_by(delimiter, *order) if order else delimiter)
        if compiler.vendor == "mysql":
            parts: list[Any] = [source]
            for number, term in enumerate(order):
                parts.extend((", " if number else " ORDER BY ", term))
            return func.group_concat(Fragment([*parts, " SEPARATOR ", delimiter]))
        if order and _sqlite_version() < (3, 44):
            raise NotSupportedError(
                "This database backend does not support specifying an order on aggregates. SQLite before 3.44 cannot order what StringAgg joins; order the values in Python."
            )
        if self.distinct:
            source = source.element
        last: Any = literal_column("1" if self.distinct else "0")
        if order:
            parts = [last]
            for number, term in enumerate(order):
                parts.extend((", " if number else " ORDER BY ", term))
            last = Fragment(parts)
        return func.partita_join(source, delimiter, last)

    def wrapped(self, compiler: "Compiler", result: Any) -> Any:
        """In PostgreSQL, a query of what was collected, where an order would have to be told by the same SQL a second time."""
        if compiler.vendor != "postgresql" or not self._is_of_set():
            return result
        return self.of_set(compiler, result, "string_agg(CAST(v AS TEXT), ", self.sources[1].compile(compiler))

    def _is_of_set(self) -> bool:
        return self.is_ordered_by_itself() and (self.has_values() or not self.sources[0].output.is_text)


def _sqlite_version() -> tuple[int, ...]:
    import sqlite3  # other databases do without it

    return sqlite3.sqlite_version_info
