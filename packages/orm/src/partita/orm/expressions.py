"""What a query computes: columns, values, arithmetic, functions, conditions, subqueries."""

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import ColumnElement, case, cast, exists, func, null

from partita.orm.errors import FieldError
from partita.orm.fields import (
    BinaryField,
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Field,
    FloatField,
    IntegerField,
    TextField,
    TimeField,
    UUIDField,
)
from partita.orm.fields.numbers import BigIntegerField
from partita.orm.paths import Path, resolve

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.models import Model

__all__ = (
    "BIG",
    "BOOLEAN",
    "DECIMAL",
    "FLOAT",
    "OF_VALUE",
    "INTEGER",
    "TEXT",
    "Case",
    "Cast",
    "Column",
    "Combinable",
    "Combined",
    "Composed",
    "Exists",
    "Expression",
    "ExpressionWrapper",
    "F",
    "Func",
    "Given",
    "Leaf",
    "OrderBy",
    "OuterRef",
    "Param",
    "Random",
    "Ref",
    "RowScope",
    "Scope",
    "Subquery",
    "Value",
    "When",
    "checked_alias",
    "expression",
)

INTEGER: IntegerField[Any] = IntegerField(null=True)
BIG: BigIntegerField[Any] = BigIntegerField(null=True)
FLOAT: FloatField[Any] = FloatField(null=True)
DECIMAL: DecimalField[Any] = DecimalField(null=True)
TEXT: TextField[Any] = TextField(null=True)
BOOLEAN: BooleanField[Any] = BooleanField(null=True)
OF_VALUE: Mapping[type, Field[Any]] = {
    bool: BOOLEAN,
    int: BIG,
    float: FLOAT,
    str: TEXT,
    Decimal: DECIMAL,
    bytes: BinaryField(null=True),
    dt.date: DateField(null=True),
    dt.datetime: DateTimeField(null=True),
    dt.time: TimeField(null=True),
    dt.timedelta: DurationField(null=True),
    uuid.UUID: UUIDField(null=True),
}
_ALIAS = re.compile(
    r"[^\W\d]\w*"
)  # letters, digits and underscores in any script: nothing that quotes or ends anything
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Mn", "Mc", "Nd"})
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


class Scope(NamedTuple):
    """What names mean where an expression stands."""

    model: "type[Model]"
    annotations: "Mapping[str, Expression]"

    def column(self, name: str) -> "Expression":
        """Return what ``name`` refers to."""
        from partita.orm.lookups import transformed

        first, *rest = name.split("__")
        if first in self.annotations:
            return transformed(Ref(first, self.annotations[first]), rest)
        found = resolve(self.model, name)
        return transformed(Column(found.path, found.field), found.rest)


class RowScope(Scope):
    """What names mean in an aggregate over the rows of a query: its columns, and nothing else."""

    def column(self, name: str) -> "Expression":
        """Return the column of the rows that ``name`` refers to."""
        if name.partition("__")[0] not in self.annotations:
            raise FieldError(
                f"Cannot resolve keyword {name[:80]!r} into a column of the rows. "
                f"Choices are: {', '.join(sorted(self.annotations))}."
            )
        return Scope.column(self, name)


class Given(NamedTuple):
    """A column of the rows of a query: only its type is known."""

    output: Field[Any]
    contains_aggregate: bool = False
    windowed: bool = False
    multiple: bool = False


class Combinable:
    """Arithmetic in the database."""

    def _combine(self, other: Any, operator: str, swapped: bool = False) -> "Combined":
        left, right = expression(self), value_or_expression(other)
        return Combined(right, operator, left) if swapped else Combined(left, operator, right)

    def __add__(self, other: Any) -> "Combined":
        return self._combine(other, "+")

    def __radd__(self, other: Any) -> "Combined":
        return self._combine(other, "+", True)

    def __sub__(self, other: Any) -> "Combined":
        return self._combine(other, "-")

    def __rsub__(self, other: Any) -> "Combined":
        return self._combine(other, "-", True)

    def __mul__(self, other: Any) -> "Combined":
        return self._combine(other, "*")

    def __rmul__(self, other: Any) -> "Combined":
        return self._combine(other, "*", True)

    def __truediv__(self, other: Any) -> "Combined":
        return self._combine(other, "/")

    def __rtruediv__(self, other: Any) -> "Combined":
        return self._combine(other, "/", True)

    def __mod__(self, other: Any) -> "Combined":
        return self._combine(other, "%")

    def __neg__(self) -> "Combined":
        return self._combine(-1, "*")

    def asc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> "OrderBy":
        """Order by this, smallest first."""
        return OrderBy(expression(self), nulls_first=nulls_first, nulls_last=nulls_last)

    def desc(self, *, nulls_first: bool = False, nulls_last: bool = False) -> "OrderBy":
        """Order by this, largest first."""
        return OrderBy(expression(self), descending=True, nulls_first=nulls_first, nulls_last=nulls_last)


class Expression(Combinable):
    """A node of a query.

    ``shape`` says what the node is, without its values; equal shapes have equal SQL. The values are its leaves.
    """

    contains_aggregate: bool = False
    windowed: bool = False
    multiple: bool = False
    output_field: Field[Any] | None = None

    def resolve(self, scope: Scope) -> "Expression":
        """Return this expression with its names bound to columns."""
        return self

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """Append this node's values to ``leaves`` and return the rest of it."""
        raise NotImplementedError

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """Return SQLAlchemy's expression."""
        raise NotImplementedError

    @property
    def output(self) -> Field[Any]:
        """The field that describes the result."""
        if self.output_field is None:
            raise FieldError(f"The type of {type(self).__name__} is not known. Give it an output_field.")
        return self.output_field

    @property
    def nullable(self) -> bool:
        """Whether the result may be NULL."""
        return True


class Param:
    """One bound value."""

    __slots__ = ("field", "value")

    def __init__(self, value: Any, field: Field[Any]) -> None:
        self.value, self.field = value, field


class Value(Expression):
    """A value given by the caller; always a bound parameter."""

    def __init__(self, value: Any, output_field: Field[Any] | None = None) -> None:
        self.output_field = output_field or OF_VALUE.get(type(value))
        self.value = value if self.output_field is None else self.output.get_prep_value(value)

    @property
    def field(self) -> Field[Any]:
        """The field that describes the value."""
        return self.output

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """A value is its type."""
        if self.value is None:
            return None
        leaves.append(self)
        return ("value", self.output)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """A parameter."""
        return null() if self.value is None else compiler.param(self)

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


Leaf = Param | Value


class F(Combinable):
    """The value of a field, of a related row's field, or of an annotation."""

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve(self, scope: Scope) -> Expression:
        """Return the column."""
        return scope.column(self.name)

    def __repr__(self) -> str:
        return f"F({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class OuterRef(F):
    """Inside a subquery, the value of a field of the query around it."""

    def resolve(self, scope: Scope) -> Expression:
        """Wait until the outer query is known."""
        return _Outer(self.name)


class _Outer(Expression):
    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def output(self) -> Field[Any]:
        return TEXT

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        return ("outer", self.name)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        return compiler.outer(self.name)


class _Unresolved(Expression):
    """F, where an Expression is wanted."""

    def __init__(self, name: F) -> None:
        self.name = name

    def resolve(self, scope: Scope) -> Expression:
        return self.name.resolve(scope)


class Column(Expression):
    """A column reached over joins."""

    def __init__(self, path: Path, field: Field[Any]) -> None:
        self.path, self.field = path, field
        self.output_field = field
        self.multiple = any(step.multiple for step in path)

    @property
    def nullable(self) -> bool:
        """Whether the column, or the way to it, may be NULL."""
        return self.field.null or any(step.nullable for step in self.path)

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The way and the field."""
        return ("column", self.path, self.field)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The column of the right alias."""
        return compiler.column(self.path, self.field.column)


class Ref(Expression):
    """An annotation, by its alias."""

    def __init__(self, name: str, source: Expression) -> None:
        self.name, self.source = name, source
        self.contains_aggregate = source.contains_aggregate
        self.windowed = source.windowed

    @property
    def output(self) -> Field[Any]:
        """As the annotation."""
        return self.source.output

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The alias; the annotation itself is part of the query's shape."""
        return ("ref", self.name)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The annotation again, because SQL's WHERE and HAVING do not know aliases."""
        return compiler.annotation(self.name)


class Composed(Expression):
    """A node with children, in ``sources``."""

    sources: tuple[Any, ...] = ()

    def resolve(self, scope: Scope) -> Expression:
        """Resolve the children."""
        return self._with(tuple(source.resolve(scope) for source in self.sources))

    def _with(self, sources: tuple[Any, ...]) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.sources = sources
        copy.contains_aggregate = self.contains_aggregate or any(source.contains_aggregate for source in sources)
        copy.windowed = any(source.windowed for source in sources)
        return copy

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The kind, its options, the children."""
        return (type(self), self.options(), self.output_field, *[source.shape(leaves) for source in self.sources])

    def options(self) -> Hashable:
        """Return what makes SQL differ besides the children."""
        return None


class Combined(Composed):
    """Two expressions and an operator between."""

    def __init__(
        self, left: Expression, operator: str, right: Expression, output_field: Field[Any] | None = None
    ) -> None:
        self.sources = (left, right)
        self.operator = operator
        self.output_field = output_field

    def options(self) -> Hashable:
        """The operator."""
        return self.operator

    @property
    def output(self) -> Field[Any]:
        """The wider of both types; dates and durations by the rules of time."""
        if self.output_field is not None:
            return self.output_field
        left, right = (source.output for source in self.sources)
        if isinstance(left, DateField | DateTimeField) and isinstance(right, DurationField):
            return OF_VALUE[dt.datetime]
        if isinstance(left, DateTimeField) and isinstance(right, DateTimeField) and self.operator == "-":
            return OF_VALUE[dt.timedelta]
        numbers = (IntegerField, DecimalField, FloatField)
        for kind, field in ((FloatField, FLOAT), (DecimalField, DECIMAL), (IntegerField, BIG)):
            if (
                isinstance(left, numbers)
                and isinstance(right, numbers)
                and isinstance(left, kind) | isinstance(right, kind)
            ):
                return field
        if left is right or type(left) is type(right):
            return left  # type: ignore[no-any-return]  # a field
        raise FieldError(
            f"Mixed types: {type(left).__name__} {self.operator} {type(right).__name__}. Wrap it in an ExpressionWrapper "
            "with an output_field."
        )

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The operator as SQL has it; no casts are added."""
        left, right = (source.compile(compiler) for source in self.sources)
        fields = [source.output for source in self.sources]
        if isinstance(fields[1], DurationField) and isinstance(fields[0], DateField | DateTimeField):
            return compiler.shifted(left, right, self.operator)
        result: ColumnElement[Any] = left.op(self.operator)(right)
        return result


class ExpressionWrapper(Composed):
    """An expression whose type is given."""

    def __init__(self, source: Any, output_field: Field[Any]) -> None:
        self.sources = (expression(source),)
        self.output_field = output_field

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By the type's class, because the field is made anew each time."""
        return (type(self), type(self.output_field), self.sources[0].shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The expression."""
        inner: ColumnElement[Any] = self.sources[0].compile(compiler)
        return inner


class Func(Composed):
    """A function of the database.

    Args:
        sources: Names of fields, expressions, or other values.
        function: The function's name, unless the class has one.
        output_field: What it returns, unless it returns what its first argument is.
    """

    function: str = ""
    arity: int | None = None

    def __init__(self, *sources: Any, function: str = "", output_field: Field[Any] | None = None) -> None:
        if self.arity is not None and len(sources) != self.arity:
            raise TypeError(f"{type(self).__name__} takes exactly {self.arity} arguments ({len(sources)} given)")
        if function:
            self.function = function
        if self.function and _FUNCTION.fullmatch(self.function) is None:
            raise FieldError(f"{self.function[:80]!r} is not the name of a function.")
        self.sources = tuple(expression(source) for source in sources)
        if output_field is not None:
            self.output_field = output_field

    def options(self) -> Hashable:
        """The function."""
        return self.function

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By the output's class, because the field may be made anew each time."""
        return (type(self), self.options(), type(self.output_field), *[source.shape(leaves) for source in self.sources])

    @property
    def output(self) -> Field[Any]:
        """As given, else as the first argument."""
        if self.output_field is not None:
            return self.output_field
        if not self.sources:
            return super().output
        first: Field[Any] = self.sources[0].output
        return first

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The function with its arguments."""
        return self.call(compiler, *[source.compile(compiler) for source in self.sources])

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the function applied; override it where databases differ."""
        target: Any = func
        for part in self.function.split("."):
            target = getattr(target, part)
        result: ColumnElement[Any] = target(*arguments)
        return result


class Cast(Composed):
    """An expression converted to the type of a field."""

    def __init__(self, source: Any, output_field: Field[Any]) -> None:
        self.sources = (expression(source),)
        self.output_field = output_field

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By the SQL type, because the field is made anew each time."""
        kind = self.output.sql_type()
        return (type(self), type(self.output_field), repr(kind), self.sources[0].shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """CAST."""
        return cast(self.sources[0].compile(compiler), self.output.sql_type())


class Random(Expression):
    """A random number for each row."""

    output_field = FLOAT

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """It is always the same."""
        return Random

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """RANDOM() or RAND()."""
        return func.rand() if compiler.vendor == "mysql" else func.random()


class When(Composed):
    """One branch of a `Case`."""

    def __init__(self, condition: Any = None, then: Any = None, **lookups: Any) -> None:
        from partita.orm.q import Q

        if lookups:
            condition = Q(**lookups) if condition is None else Q(condition, **lookups)
        if condition is None:
            raise TypeError("When needs a condition.")
        self.sources = (condition, expression(then))

    def resolve(self, scope: Scope) -> Expression:
        """Resolve the condition and the result."""
        condition, then = self.sources
        return self._with((condition.resolve(scope), then.resolve(scope)))


class Case(Composed):
    """The result of the first branch whose condition holds."""

    def __init__(self, *branches: When, default: Any = None, output_field: Field[Any] | None = None) -> None:
        self.sources = (*branches, expression(default))
        self.output_field = output_field

    @property
    def output(self) -> Field[Any]:
        """As given, else as the first result whose type is known."""
        if self.output_field is not None:
            return self.output_field
        *branches, default = self.sources
        for result in [*(branch.sources[1] for branch in branches), default]:
            if not (isinstance(result, Value) and result.value is None):
                field: Field[Any] = result.output
                return field
        return super().output

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """CASE WHEN."""
        *branches, default = self.sources
        if not branches:
            inner: ColumnElement[Any] = default.compile(compiler)
            return inner
        pairs = [
            (compiler.where(branch.sources[0], negated=False, strict=False), branch.sources[1].compile(compiler))
            for branch in branches
        ]
        return case(*pairs, else_=default.compile(compiler))


class Subquery(Expression):
    """The single value that a query gives."""

    def __init__(self, queryset: Any, output_field: Field[Any] | None = None) -> None:
        self.query = getattr(queryset, "query", queryset)
        self.output_field = output_field

    @property
    def output(self) -> Field[Any]:
        """As given, else as the one column selected."""
        return self.output_field or self.query.single_output()

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The query's shape."""
        return (type(self), self.query.shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The query in brackets."""
        inner: ColumnElement[Any] = compiler.nested(self.query).scalar_subquery()
        return inner


class Exists(Expression):
    """Whether a query gives any row."""

    output_field = BOOLEAN

    def __init__(self, queryset: Any, negated: bool = False) -> None:
        self.query = getattr(queryset, "query", queryset)
        self.negated = negated

    def __invert__(self) -> "Exists":
        return Exists(self.query, not self.negated)

    def __and__(self, other: Any) -> Any:
        from partita.orm.q import Q

        return Q(self) & other

    def __or__(self, other: Any) -> Any:
        from partita.orm.q import Q

        return Q(self) | other

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The query's shape."""
        return (type(self), self.negated, self.query.shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """EXISTS."""
        found = exists(compiler.nested(self.query, only_exists=True))
        return ~found if self.negated else found


class OrderBy(Composed):
    """An expression with a direction."""

    def __init__(
        self, source: Any, *, descending: bool = False, nulls_first: bool = False, nulls_last: bool = False
    ) -> None:
        if nulls_first and nulls_last:
            raise ValueError("nulls_first and nulls_last are mutually exclusive")
        self.sources = (expression(source),)
        self.descending, self.nulls_first, self.nulls_last = descending, nulls_first, nulls_last

    def options(self) -> Hashable:
        """Direction and place of NULLs."""
        return (self.descending, self.nulls_first, self.nulls_last)

    def reversed(self) -> "OrderBy":
        """Return the other direction."""
        copy = self._with(self.sources)
        copy.descending = not self.descending
        copy.nulls_first, copy.nulls_last = self.nulls_last, self.nulls_first
        return copy

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The expression with DESC and NULLS."""
        inner = self.sources[0].compile(compiler)
        ordered: ColumnElement[Any] = inner.desc() if self.descending else inner.asc()
        if compiler.vendor == "mysql":
            return ordered  # the compiler puts ``IS NULL`` before it
        if self.nulls_first:
            return ordered.nulls_first()
        return ordered.nulls_last() if self.nulls_last else ordered


def expression(source: Any) -> Any:
    """Return ``source`` as an expression; text is the name of a field."""
    if isinstance(source, str):
        return _Unresolved(F(source))
    if isinstance(source, F):
        return _Unresolved(source)
    if hasattr(source, "resolve") and not isinstance(source, type):
        return source
    if hasattr(source, "query"):
        return Subquery(source)
    return Value(source)


def value_or_expression(source: Any) -> Any:
    """Return ``source`` as an expression; text is a value."""
    return Value(source) if isinstance(source, str) else expression(source)


def checked_alias(name: str) -> str:
    """Return ``name`` if it may be an alias; the one gate that every alias passes.

    Raises:
        FieldError: If it holds anything but letters, digits and underscores.
    """
    good = isinstance(name, str) and len(name) <= 63 and _ALIAS.fullmatch(name) and "__" not in name.strip("_")
    # Modifier letters look like quotes, and some character sets turn them into such.
    if not good or not all(char.isascii() or unicodedata.category(char) in _LETTERS for char in name):
        raise FieldError(
            f"{name!r:.80} cannot be an alias: use letters, digits and single underscores, at most 63 characters."
        )
    return name
