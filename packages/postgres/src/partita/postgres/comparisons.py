"""The base of comparisons that are one operator of PostgreSQL."""

from collections.abc import Hashable
from typing import Any, ClassVar

from sqlalchemy import ColumnElement

from partita.orm import Field, FieldError, Lookup, NotSupportedError, Value
from partita.orm.expressions import Expression

__all__ = ("OperatorLookup", "of_postgresql", "stored_as")


class OperatorLookup(Lookup):
    """A comparison ``lhs operator rhs`` whose right side is always a bound parameter.

    Attributes:
        operator: As SQL has it; a constant of the class.
    """

    operator: ClassVar[str]

    def rhs_field(self) -> Field[Any]:
        """Return the field that describes the right side."""
        field: Field[Any] = self.lhs.output
        return field

    def get_prep_lookup(self) -> Any:
        """Return the right side as an expression, so that one plan serves all values."""
        rhs = self.rhs
        if isinstance(rhs, Expression) or hasattr(rhs, "resolve") or hasattr(rhs, "query"):
            return rhs
        try:
            field = self.rhs_field()
        except FieldError:
            return rhs  # the left side is a name that is not resolved yet; this is called again then
        return Value(rhs, field)

    def shape(self, leaves: list[Any]) -> Hashable:
        """The kind and both sides; the right side's value is a parameter."""
        return (type(self), self.lhs.shape(leaves), self.rhs.shape(leaves))

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The operator between both sides."""
        of_postgresql(type(self).__name__, compiler)
        lhs: ColumnElement[Any] = self.lhs.compile(compiler)
        return lhs.op(self.operator, is_comparison=True)(self.rhs.compile(compiler))


def of_postgresql(name: str, compiler: Any) -> None:
    """Refuse other databases.

    Raises:
        NotSupportedError: Names what was used where.
    """
    if compiler.vendor != "postgresql":
        raise NotSupportedError(f"{name} needs PostgreSQL; this query goes to {compiler.vendor}.")


def stored_as(field: Any) -> Any:
    """Return the field that says what a column holds: a computed column's is its ``output_field``."""
    return field.output_field if field.generated else field
