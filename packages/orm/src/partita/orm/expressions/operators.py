"""Arithmetic between two expressions, and the opposite of a condition."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError
from partita.orm.expressions.arithmetic import combined, type_of_combined
from partita.orm.expressions.base import Composed, Expression, F, Unresolved, Value, expression
from partita.orm.fields import BooleanField, Field
from partita.orm.sql_elements import not_
from partita.orm.value_types import BOOLEAN

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.expressions.scope import Scope

__all__ = ("Combined", "Negated")


class Combined(Composed):
    """Two expressions and an operator between."""

    django_name = "CombinedExpression"

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

    def resolve(self, scope: "Scope") -> Expression:
        """Resolve what is negated.

        Raises:
            TypeError: If it is neither true nor false.
        """
        copy = super().resolve(scope)
        if not copy.get_source_expressions()[0].conditional and not isinstance(
            _type_or_none(copy.get_source_expressions()[0]), BooleanField
        ):
            raise TypeError("Cannot negate non-conditional expressions.")
        return copy

    def __invert__(self) -> Any:
        inner = self.sources[0]
        return F(inner.name.name) if type(inner) is Unresolved and type(inner.name) is F else inner.copy()

    def __repr__(self) -> str:
        return f"~{self.sources[0]!r}"
