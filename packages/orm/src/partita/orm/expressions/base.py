"""What every expression is: names, values, columns, arithmetic, and how they are resolved and told apart."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, Numeric
from sqlalchemy.dialects.postgresql import JSONB

from partita.orm.errors import FieldError
from partita.orm.expressions.combinable import Combinable
from partita.orm.expressions.identity import identity_of, is_ours, written_in_sql
from partita.orm.fields import BooleanField, DecimalField, Field, JSONField
from partita.orm.sql_elements import cast, null
from partita.orm.value_types import OF_VALUE

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.expressions.names import Sliced
    from partita.orm.expressions.scope import Scope

__all__ = (
    "Composed",
    "Expression",
    "F",
    "Leaf",
    "Param",
    "Unresolved",
    "Value",
    "expression",
    "value_or_expression",
)

_NOT_OWN = frozenset({"sources", "contains_aggregate", "windowed", "multiple"})


class Expression(Combinable):
    """A node of a query.

    ``shape`` says what the node is, without its values; equal shapes have equal SQL. The values are its leaves.

    Args:
        output_field: Describes the result.
    """

    contains_aggregate: bool = False
    windowed: bool = False
    multiple: bool = False
    output_field: Field[Any] | None = None

    def __init__(self, output_field: Field[Any] | None = None) -> None:
        if output_field is not None:
            self.output_field = output_field

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "resolve_expression" in cls.__dict__ and "resolve" not in cls.__dict__:
            cls.resolve = _resolve_by_name  # type: ignore[assignment,method-assign]  # an override of one name counts for both

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
        sources = self.get_source_expressions()
        if not sources:
            return self
        copy = self.copy()
        resolved = [source if source is None else source.resolve(scope) for source in sources]
        copy.set_source_expressions(resolved)
        known = [source for source in resolved if source is not None]
        copy.contains_aggregate = self.contains_aggregate or any(source.contains_aggregate for source in known)
        copy.windowed = self.windowed or any(source.windowed for source in known)
        copy.multiple = self.multiple or any(source.multiple for source in known)
        return copy

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> "Expression":
        """Return this expression with its names bound to columns; the name by which classes of your own may override it.

        Args:
            query: What names mean here: hand it on to the parts.
            allow_joins: Taken for the sake of the name.
            reuse: The same.
            summarize: The same.
            for_save: The same.
        """
        for kind in type(self).__mro__:
            found = kind.__dict__.get("resolve")
            if found is not None and found is not _resolve_by_name:
                resolved: Expression = found(self, query)
                return resolved
        return self

    def get_source_expressions(self) -> list[Any]:
        """Return the parts that are expressions; override it together with `set_source_expressions`."""
        return []

    def set_source_expressions(self, sources: Sequence[Any]) -> None:
        """Replace the parts.

        Raises:
            TypeError: If there are parts, and the class does not say where they go.
        """
        if sources:
            raise TypeError(f"{type(self).__name__} has parts, but no set_source_expressions() to replace them.")

    def get_group_by_cols(self) -> list[Any]:
        """Return what a query with aggregates groups by where this is selected: this, or parts of what aggregates."""
        if not self.contains_aggregate:
            return [self]
        return [part for source in self.get_source_expressions() for part in source.get_group_by_cols()]

    def check_types(self) -> None:
        """Refuse arguments of a kind that this makes nothing of; asked when they are known.

        Raises:
            ValueError: If there is such an argument.
        """

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

    def resolve(self, scope: "Scope") -> Expression:
        """It is resolved; None that is said to be JSON is JSON's null."""
        if self.value is None and isinstance(self.output_field, JSONField):
            from partita.orm.lookups.json import JSONNull

            return JSONNull()
        return self

    def get_group_by_cols(self) -> list[Any]:
        """Nothing: a value is the same for all rows."""
        return []

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return import path and arguments that make an equal value."""
        given = self.output_field is not None and self.output_field is not OF_VALUE.get(type(self.value))
        return "partita.orm.Value", (self.value,), {"output_field": self.output_field} if given else {}

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """A value is its type."""
        if self.value is None:
            return None
        leaves.append(self)
        return ("value", self.output)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """A parameter; PostgreSQL has to be told that a text is JSON where nothing else says so, as within CASE.

        SQLite has to be told that it is a number: decimals travel there as text, which is greater than any number.
        """
        if self.value is None:
            return null()
        if compiler.vendor == "postgresql" and isinstance(self.output_field, JSONField):
            return cast(compiler.param(self), JSONB)
        if compiler.vendor == "sqlite" and isinstance(self.output_field, DecimalField):
            return cast(compiler.param(self), Numeric())
        return compiler.param(self)

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

    def resolve_expression(self, query: Any = None, *ignored: Any, **options: Any) -> Expression:
        """As `resolve`; ``query`` says what names mean."""
        return self.resolve(query)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return import path and arguments that make an equal name."""
        return f"partita.orm.{type(self).__name__}", (self.name,), {}

    def __getitem__(self, place: int | slice) -> "Sliced":
        """Return some characters of a text, counted from 0 as Python does."""
        from partita.orm.expressions.names import Sliced

        return Sliced(self, place)

    def __contains__(self, item: object) -> bool:
        # Without this, Python would ask for one character after the other, for ever.
        raise TypeError(f"argument of type '{type(self).__name__}' is not iterable")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class Unresolved(Expression):
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
    django_name = ""
    """What Django calls it in errors, if that is something else."""
    takes_composite = False
    """Whether a key that is made of several columns may be a child."""

    def resolve(self, scope: "Scope") -> Expression:
        """Resolve the children."""
        sources = tuple([source.resolve(scope) for source in self.sources])
        for source in sources:
            if source.output_field is not None and source.output_field.is_tuple and not self.takes_composite:
                name = self.django_name or type(self).__name__
                raise ValueError(f"{name} expression does not support composite primary keys.")
        return self._with(sources)

    def _with(self, sources: tuple[Any, ...]) -> Self:
        copy = self.copy()
        copy.sources = sources
        aggregate, windowed, multiple = self.contains_aggregate, False, False
        for source in sources:
            aggregate = aggregate or source.contains_aggregate
            windowed = windowed or source.windowed
            multiple = multiple or source.multiple
        copy.contains_aggregate, copy.windowed, copy.multiple = aggregate, windowed, multiple
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

    def flatten(self) -> Iterator[Any]:
        """Yield this, then everything inside of it, from the outside to the inside."""
        yield self
        for source in self.sources:
            if hasattr(source, "flatten"):
                yield from source.flatten()
            else:
                yield source

    def set_source_expressions(self, sources: Sequence[Any]) -> None:
        """Replace the children."""
        self.sources = tuple(sources)

    @property
    def source_expressions(self) -> list[Any]:
        """The children, under the name that Django has for them."""
        return list(self.sources)

    def options(self) -> Hashable:
        """Return what makes SQL differ besides the children."""
        return None


def _resolve_by_name(node: Expression, scope: "Scope") -> Expression:
    return node.resolve_expression(scope)


def expression(source: Any) -> Any:
    """Return ``source`` as an expression; text is the name of a field."""
    if isinstance(source, str):
        return Unresolved(F(source))
    if isinstance(source, F):
        return Unresolved(source)
    if hasattr(source, "resolve") and not isinstance(source, type):
        return source
    if hasattr(source, "query"):
        return source._as_expression()
    return Value(source)


def value_or_expression(source: Any) -> Any:
    """Return ``source`` as an expression; text is a value."""
    return Value(source) if isinstance(source, str) else expression(source)
