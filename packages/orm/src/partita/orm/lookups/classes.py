"""Look-ups as expressions: the built-in ones by their names, and the base of users' own."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError
from partita.orm.expressions import BOOLEAN, Expression, Leaf, Param, Scope, Transform, Value, expression
from partita.orm.expressions.identity import identity_of, is_ours, written_in_sql
from partita.orm.fields import Field
from partita.orm.lookups.base import Comparison
from partita.orm.lookups.plain import LOOKUPS

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "BUILT_IN",
    "BuiltinLookup",
    "Contains",
    "EndsWith",
    "Exact",
    "GreaterThan",
    "GreaterThanOrEqual",
    "IContains",
    "IEndsWith",
    "IExact",
    "IRegex",
    "IStartsWith",
    "In",
    "IsNull",
    "LessThan",
    "LessThanOrEqual",
    "Lookup",
    "Range",
    "Regex",
    "StartsWith",
    "YearExact",
    "YearGt",
    "YearGte",
    "YearLookup",
    "YearLt",
    "YearLte",
    "bilateral_of",
    "is_custom",
)

_OPERATORS: Mapping[str, str] = MappingProxyType(
    {"exact": "= %s", "gt": "> %s", "gte": ">= %s", "lt": "< %s", "lte": "<= %s", "in": "IN %s"}
)


class Lookup(Expression):
    """A comparison of two sides. Subclass it with ``as_sql`` and register it on a field for a comparison of your own.

    Attributes:
        lookup_name: Its name in keywords of ``filter``.
        prepare_rhs: Whether the right side is converted as the field on the left converts values.
    """

    lookup_name: str = ""
    prepare_rhs: bool = True
    can_use_none_as_rhs: bool = False
    output_field = BOOLEAN
    comparison: ClassVar[Comparison | None] = None

    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.lhs, self.rhs = expression(lhs), rhs
        self.rhs = self.get_prep_lookup()
        self._collect()

    def _collect(self) -> None:
        sides = self.get_source_expressions()
        self.contains_aggregate = any(side.contains_aggregate for side in sides)
        self.windowed = any(side.windowed for side in sides)
        self.multiple = any(side.multiple for side in sides)

    @property
    def nullable(self) -> bool:
        """Whether a side may be NULL."""
        return bool(self.lhs.nullable)

    def get_source_expressions(self) -> list[Any]:
        """Return the left side, and the right one if the database computes it."""
        return [self.lhs, self.rhs] if isinstance(self.rhs, Expression) else [self.lhs]

    def rhs_is_direct_value(self) -> bool:
        """Return whether the right side is a value and not computed by the database."""
        return not hasattr(self.rhs, "resolve")

    def get_prep_lookup(self) -> Any:
        """Return the right side, converted by the field on the left if that is known already."""
        if not self.prepare_rhs or not self.rhs_is_direct_value():
            return self.rhs
        field = _output_or_none(self.lhs)
        return self.rhs if field is None or self.rhs is None else field.get_prep_value(self.rhs)

    def resolve(self, scope: Scope) -> Expression:
        """Return the comparison of columns."""
        from partita.orm.nodes import compared

        lhs = self.lhs.resolve(scope)
        rhs = self.rhs
        if hasattr(rhs, "_as_expression"):
            rhs = rhs._as_expression()
        if hasattr(rhs, "resolve") and not isinstance(rhs, type):
            rhs = rhs.resolve(scope)
        if not is_custom(type(self)):
            assert self.comparison is not None
            return compared(lhs, self.comparison, rhs)
        return self.on(lhs, rhs)

    def on(self, lhs: Any, rhs: Any) -> "Lookup":
        """Return the same comparison of other sides, both resolved."""
        copy: Lookup = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.lhs, copy.rhs = lhs, rhs
        copy.rhs = copy.get_prep_lookup()
        copy._collect()
        return copy

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """Both sides; a plain value too, because ``as_sql`` may write anything for it."""
        rhs = self.rhs.shape(leaves) if isinstance(self.rhs, Expression) else identity_of(self.rhs)
        return (type(self), self.lhs.shape(leaves), rhs)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """What ``as_sql`` or ``as_<vendor>`` writes."""
        kind: Any = type(self)
        method = written_in_sql(kind, compiler.vendor)
        return compiler.written(self, "as_sql" if method is None else method)

    def process_lhs(self, compiler: "Compiler", connection: Any, lhs: Any = None) -> tuple[str, list[Any]]:
        """Return SQL and parameters of the left side."""
        return compiler.compile(self.lhs if lhs is None else lhs)

    def process_rhs(self, compiler: "Compiler", connection: Any) -> tuple[str, list[Any]]:
        """Return SQL and parameters of the right side."""
        rhs: Any = self.rhs
        for transform in bilateral_of(self.lhs):
            rhs = transform(
                rhs if isinstance(rhs, Expression) else Value(rhs, _output_or_none(_untransformed(self.lhs)))
            )
        if isinstance(rhs, Expression):
            return compiler.compile(rhs)
        return self.get_db_prep_lookup(rhs, connection)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return SQL and parameters of a plain value on the right."""
        return "%s", [value]

    def as_sql(self, compiler: "Compiler", connection: Any) -> tuple[str, list[Any]]:
        """Return the comparison as SQL with ``%s``, and its parameters.

        Raises:
            TypeError: If this is a look-up of your own without an ``as_sql``.
        """
        if self.comparison is None:
            raise TypeError(f"{type(self).__name__} needs an as_sql(compiler, connection).")
        field = _output_or_none(self.lhs)
        rhs: Any = self.rhs
        if isinstance(rhs, Expression):
            right: Any = rhs.compile(compiler)
        else:
            prepared = self.comparison.prepare(field, rhs)  # type: ignore[arg-type]  # a column's field is known
            if isinstance(prepared, tuple):
                right = tuple(compiler.constant(leaf.value, leaf.field) for leaf in prepared)
            else:
                right = compiler.constant(prepared.value, prepared.field) if isinstance(prepared, Param) else prepared
        lhs = self.lhs.compile(compiler)
        return compiler.render(self.comparison.compile(compiler, lhs, right, field))  # type: ignore[arg-type]  # same

    @property
    def identity(self) -> Hashable:
        """The kind and both sides."""
        return (type(self), identity_of(self.lhs), identity_of(self.rhs))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.lhs!r}, {self.rhs!r})"


class BuiltinLookup(Lookup):
    """A comparison that every database has."""

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """Return the operator with the right side in it.

        Raises:
            FieldError: If the comparison is more than an operator.
        """
        operator = _OPERATORS.get(self.comparison.name if self.comparison is not None else "")
        if operator is None:
            raise FieldError(f"{type(self).__name__} is more than an operator; write its SQL in as_sql().")
        return operator % rhs


class Exact(BuiltinLookup):
    """Equality."""

    lookup_name, comparison = "exact", LOOKUPS["exact"]


class IExact(BuiltinLookup):
    """Equality without regard to case."""

    lookup_name, comparison = "iexact", LOOKUPS["iexact"]
    prepare_rhs = False


class GreaterThan(BuiltinLookup):
    """Larger."""

    lookup_name, comparison = "gt", LOOKUPS["gt"]


class GreaterThanOrEqual(BuiltinLookup):
    """Larger or equal."""

    lookup_name, comparison = "gte", LOOKUPS["gte"]


class LessThan(BuiltinLookup):
    """Smaller."""

    lookup_name, comparison = "lt", LOOKUPS["lt"]


class LessThanOrEqual(BuiltinLookup):
    """Smaller or equal."""

    lookup_name, comparison = "lte", LOOKUPS["lte"]


class In(BuiltinLookup):
    """One of several values, or of the rows of a query."""

    lookup_name, comparison = "in", LOOKUPS["in"]
    prepare_rhs = False


class Range(BuiltinLookup):
    """Between two values, both included."""

    lookup_name, comparison = "range", LOOKUPS["range"]
    prepare_rhs = False


class IsNull(BuiltinLookup):
    """Whether there is no value."""

    lookup_name, comparison = "isnull", LOOKUPS["isnull"]
    prepare_rhs = False


class _PatternLookup(BuiltinLookup):
    prepare_rhs = False


class Contains(_PatternLookup):
    """Text somewhere inside."""

    lookup_name, comparison = "contains", LOOKUPS["contains"]


class IContains(_PatternLookup):
    """Text somewhere inside, without regard to case."""

    lookup_name, comparison = "icontains", LOOKUPS["icontains"]


class StartsWith(_PatternLookup):
    """Text at the start."""

    lookup_name, comparison = "startswith", LOOKUPS["startswith"]


class IStartsWith(_PatternLookup):
    """Text at the start, without regard to case."""

    lookup_name, comparison = "istartswith", LOOKUPS["istartswith"]


class EndsWith(_PatternLookup):
    """Text at the end."""

    lookup_name, comparison = "endswith", LOOKUPS["endswith"]


class IEndsWith(_PatternLookup):
    """Text at the end, without regard to case."""

    lookup_name, comparison = "iendswith", LOOKUPS["iendswith"]


class Regex(_PatternLookup):
    """A regular expression that matches somewhere, in the dialect of the database."""

    lookup_name, comparison = "regex", LOOKUPS["regex"]


class IRegex(_PatternLookup):
    """The same without regard to case."""

    lookup_name, comparison = "iregex", LOOKUPS["iregex"]


class YearLookup(BuiltinLookup):
    """A comparison of a year, which is one of dates from its first day to its last, so that an index helps."""

    prepare_rhs = False


class YearExact(YearLookup):
    """The same year."""

    lookup_name, comparison = "exact", LOOKUPS["exact"]


class YearGt(YearLookup):
    """A later year."""

    lookup_name, comparison = "gt", LOOKUPS["gt"]


class YearGte(YearLookup):
    """The same year or a later one."""

    lookup_name, comparison = "gte", LOOKUPS["gte"]


class YearLt(YearLookup):
    """An earlier year."""

    lookup_name, comparison = "lt", LOOKUPS["lt"]


class YearLte(YearLookup):
    """The same year or an earlier one."""

    lookup_name, comparison = "lte", LOOKUPS["lte"]


BUILT_IN: Mapping[str, type[Lookup]] = MappingProxyType(
    {
        kind.lookup_name: kind
        for kind in (
            Exact,
            IExact,
            GreaterThan,
            GreaterThanOrEqual,
            LessThan,
            LessThanOrEqual,
            In,
            Range,
            IsNull,
            Contains,
            IContains,
            StartsWith,
            IStartsWith,
            EndsWith,
            IEndsWith,
            Regex,
            IRegex,
        )
    }
)


def is_custom(kind: Any) -> bool:
    """Return whether a look-up writes its own SQL, so that nothing of ours may stand for it."""
    return not (isinstance(kind, type) and is_ours(kind))


def bilateral_of(source: Any) -> list[Any]:
    """Return the transforms of the left side that apply to the right side as well, innermost first."""
    found: list[Any] = []
    while isinstance(source, Transform):
        if source.bilateral:
            found.append(type(source))
        source = source.lhs
    return found[::-1]


def _output_or_none(source: Any) -> Field[Any] | None:
    try:
        field: Field[Any] = source.output
    except (FieldError, AttributeError):
        return None
    return field


def _untransformed(source: Any) -> Any:
    while isinstance(source, Transform):
        source = source.lhs
    return source
