"""What every comparison is."""

from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement

from partita.orm.expressions import Expression, Param
from partita.orm.fields import Field

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Element", "Comparison", "Derived")

Element = ColumnElement[Any]


class Comparison:
    """One kind of comparison, made once; what is compared comes as arguments."""

    name: ClassVar[str]
    pattern: ClassVar[bool] = False
    """Whether the right side is text that the comparison makes a pattern of."""

    def prepare(self, field: Field[Any], value: Any) -> Any:
        """Return ``value`` as bound parameters: one, or a tuple of them."""
        return Param(field.get_prep_value(value), field)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        """Return SQLAlchemy's condition."""
        raise TypeError(f"The look-up {self.name!r} stands for nothing in SQL; it lacks a compile().")


class Derived(Expression):
    """An expression made from one other."""

    def __init__(self, source: Expression) -> None:
        self.source = source
        self.contains_aggregate = source.contains_aggregate
        self.multiple = source.multiple
        self.windowed = source.windowed

    def resolve(self, scope: Any) -> Expression:
        """It is resolved."""
        return self
