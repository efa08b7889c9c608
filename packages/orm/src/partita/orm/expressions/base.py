"""What every expression is: names, values, columns, arithmetic, and how they are resolved and told apart."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, not_, null

from partita.orm.errors import FieldError
from partita.orm.expressions.arithmetic import combined, type_of_combined
from partita.orm.expressions.identity import identity_of, is_ours, written_in_sql
from partita.orm.fields import BooleanField, Field
from partita.orm.value_types import BOOLEAN, OF_VALUE

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.expressions.names import Sliced
    from partita.orm.expressions.scope import Scope

__all__ = (
    "Combinable",
    "Combined",
    "Composed",
    "Expression",
    "F",
    "Leaf",
    "Negated",
    "OrderBy",
    "Param",
    "Value",
    "expression",
    "value_or_expression",
)

_NOT_OWN = frozenset({"sources", "contains_aggregate", "windowed", "multiple"})


class Combinable:
    """Arithmetic and logic in the database."""

    ADD, SUB, MUL, DIV, POW, MOD = "+", "-", "*", "/", "^", "%"
    BITAND, BITOR, BITXOR, BITLEFTSHIFT, BITRIGHTSHIFT = "&", "|", "#", "<<", ">>"

    @property
    def conditional(self) -> bool:
        """Whether this is true or false, so that rows can be filtered by it."""
        return False

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

    def __rmod__(self, other: Any) -> "Combined":
        return self._combine(other, "%", True)

    def __pow__(self, other: Any) -> "Combined":
        return self._combine(other, "^")

    def __rpow__(self, other: Any) -> "Combined":
        return self._combine(other, "^", True)

    def __neg__(self) -> "Combined":
        return self._combine(-1, "*")

    def bitand(self, other: Any) -> "Combined":
        """Bits that both numbers have."""
        return self._combine(other, "&")

    def bitor(self, other: Any) -> "Combined":
        """Bits that any of the numbers has."""
        return self._combine(other, "|")

    def bitxor(self, other: Any) -> "Combined":
        """Bits that one of the numbers has."""
        return self._combine(other, "#")

    def bitleftshift(self, other: Any) -> "Combined":
        """Bits moved to the left."""
        return self._combine(other, "<<")

    def bitrightshift(self, other: Any) -> "Combined":
        """Bits moved to the right."""
        return self._combine(other, ">>")

    def _logic(self, other: Any, connector: str) -> Any:
        if not (self.conditional and getattr(other, "conditional", False)):
            raise TypeError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")
        return _joined(self, other, connector)

    def __and__(self, other: Any) -> Any:
        return self._logic(other, "AND")

    def __or__(self, other: Any) -> Any:
        return self._logic(other, "OR")

    def __xor__(self, other: Any) -> Any:
        return self._logic(other, "XOR")

    def __invert__(self) -> Any:
        return _negated(self)

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

    @property
    def conditional(self) -> bool:
        """Whether the result is true or false, so that rows can be filtered by it."""
        return isinstance(self.output_field, BooleanField)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return type(other) is type(self) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    @property
    def identity(self) -> Hashable:
        """What makes this expression equal to others: its kind and all that it was given."""
        return (type(self), identity_of(self.__dict__))

    def copy(self) -> Self:
        """Return another expression with the same parts."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def get_lookup(self, name: str) -> Any:
        """Return the class of the look-up ``name`` for the result, or None."""
        return self.output.get_lookup(name)

    def get_transform(self, name: str) -> Any:
        """Return what makes the transform ``name`` of the result, or None."""
        return self.output.get_transform(name)

    def resolve(self, scope: "Scope") -> "Expression":
        """Return this expression with its names bound to columns."""
        return self

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """Append this node's values to ``leaves`` and return the rest of it."""
        return (type(self), self.identity)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """Return SQLAlchemy's expression: by default, what ``as_sql`` or ``as_<vendor>`` writes."""
        kind: Any = type(self)
        method = written_in_sql(kind, compiler.vendor)
        if method is None:
            raise TypeError(f"{type(self).__name__} stands for nothing in SQL; give it an as_sql().")
        return compiler.written(self, method)

    def as_sql(self, compiler: "Compiler", connection: Any) -> tuple[str, list[Any]]:
        """Return SQL with ``%s`` for each parameter, and the parameters.

        Args:
            compiler: ``compiler.compile(expression)`` gives the same of an expression inside of this one.
            connection: Knows the ``vendor`` of the database, and quotes names.
        """
        return compiler.render(self.compile(compiler))

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

    @property
    def identity(self) -> Hashable:
        """The value, as it was given, and its type."""
        return (Value, identity_of(self.value), identity_of(self.output_field))

    def __repr__(self) -> str:
        return f"Value({self.value!r})"


Leaf = Param | Value


class F(Combinable):
    """The value of a field, of a related row's field, or of an annotation."""

    @property
    def conditional(self) -> bool:
        """It may be; nobody knows yet what the name stands for."""
        return True

    def __init__(self, name: str) -> None:
        self.name = name

    def resolve(self, scope: "Scope") -> Expression:
        """Return the column."""
        return scope.column(self.name)

    def __getitem__(self, place: int | slice) -> "Sliced":
        """Return some characters of a text, counted from 0 as Python does."""
        from partita.orm.expressions.names import Sliced

        return Sliced(self, place)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class _Unresolved(Expression):
    """F, where an Expression is wanted."""

    def __init__(self, name: F) -> None:
        self.name = name

    def resolve(self, scope: "Scope") -> Expression:
        return self.name.resolve(scope)

    @property
    def conditional(self) -> bool:
        return True

    @property
    def identity(self) -> Hashable:
        return (F, self.name)

    def __repr__(self) -> str:
        return repr(self.name)


class Composed(Expression):
    """A node with children, in ``sources``."""

    sources: tuple[Any, ...] = ()
    takes_composite = False
    """Whether a key that is made of several columns may be a child."""

    def resolve(self, scope: "Scope") -> Expression:
        """Resolve the children."""
        sources = tuple(source.resolve(scope) for source in self.sources)
        for source in sources:
            if source.output_field is not None and source.output_field.is_tuple and not self.takes_composite:
                name = "CombinedExpression" if isinstance(self, Combined) else type(self).__name__
                raise ValueError(f"{name} expression does not support composite primary keys.")
        return self._with(sources)

    def _with(self, sources: tuple[Any, ...]) -> Self:
        copy = self.copy()
        copy.sources = sources
        copy.contains_aggregate = self.contains_aggregate or any(source.contains_aggregate for source in sources)
        copy.windowed = any(source.windowed for source in sources)
        copy.multiple = any(source.multiple for source in sources)
        return copy

    @property
    def identity(self) -> Hashable:
        """The kind, the options and the children."""
        own = {name: value for name, value in self.__dict__.items() if name not in _NOT_OWN}
        return (type(self), identity_of(own), identity_of(self.sources))

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The kind, its options, the children; everything of a class that is not ours."""
        kind: Any = type(self)
        children = [source.shape(leaves) for source in self.sources]
        if not is_ours(kind):
            own = {name: value for name, value in self.__dict__.items() if name not in _NOT_OWN}
            return (kind, self.options(), identity_of(own), *children)
        field = self.__dict__.get("output_field")
        return (kind, self.options(), None if field is None else identity_of(field), *children)

    def get_source_expressions(self) -> list[Any]:
        """Return the children."""
        return list(self.sources)

    def set_source_expressions(self, sources: Sequence[Any]) -> None:
        """Replace the children."""
        self.sources = tuple(sources)

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
        left, right = self.sources
        if isinstance(left, Value) and left.value is None:
            return right.output  # type: ignore[no-any-return]  # a field
        if isinstance(right, Value) and right.value is None:
            return left.output  # type: ignore[no-any-return]  # a field
        found = type_of_combined(left.output, self.operator, right.output)
        if found is None:
            raise FieldError(
                f"Cannot infer type of {self.operator!r} expression involving these types: {type(left.output).__name__}, "
                f"{type(right.output).__name__}. You must set output_field."
            )
        return found

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The operator as SQL has it; no casts are added."""
        left, right = (source.compile(compiler) for source in self.sources)
        fields = [_type_or_none(source) for source in self.sources]
        return combined(compiler, left, fields[0], self.operator, right, fields[1])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.sources[0]!r} {self.operator} {self.sources[1]!r}>"


def _type_or_none(source: Any) -> Field[Any] | None:
    try:
        found: Field[Any] = source.output
    except FieldError:
        return None
    return found


class Negated(Composed):
    """The opposite of a condition."""

    output_field = BOOLEAN

    def __init__(self, source: Any) -> None:
        self.sources = (expression(source),)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """NOT."""
        inner: ColumnElement[Any] = self.sources[0].compile(compiler)
        return not_(inner.self_group() if compiler.vendor != "postgresql" else inner)

    def __repr__(self) -> str:
        return f"~{self.sources[0]!r}"


def _negated(source: Any) -> Any:
    return Negated(source)


def _joined(left: Any, right: Any, connector: str) -> Any:
    from partita.orm.q import Q

    first = left if isinstance(left, Q) else Q(left)
    if connector == "AND":
        return first & right
    return first | right if connector == "OR" else first ^ right


class OrderBy(Composed):
    """An expression with a direction."""

    takes_composite = True

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
        return self.directed(compiler, self.sources[0].compile(compiler))

    def directed(self, compiler: "Compiler", inner: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return an element with DESC and NULLS."""
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
        return source._as_expression()
    return Value(source)


def value_or_expression(source: Any) -> Any:
    """Return ``source`` as an expression; text is a value."""
    return Value(source) if isinstance(source, str) else expression(source)
