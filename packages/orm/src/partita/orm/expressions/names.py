"""Names of fields that stand for something else than the column: parts of a text, columns of the query around."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.errors import NotSupportedError
from partita.orm.expressions.base import Expression, F, Leaf
from partita.orm.expressions.scope import Scope
from partita.orm.fields import Field
from partita.orm.value_types import TEXT

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Outer", "OuterRef", "Sliced")


class Sliced(F):
    """Some characters of a text, or elements of what a field says can be sliced (`slice_expression`).

    Raises:
        TypeError: If the place is neither a number nor a slice.
        ValueError: If it counts from the end, has a step, or ends before it starts.
    """

    def __init__(self, source: F, place: int | slice) -> None:
        super().__init__(source.name)
        self.source = source
        if isinstance(place, int):
            place = slice(place, place + 1)
        elif not isinstance(place, slice):
            raise TypeError("Argument to slice must be either int or slice instance.")
        if (place.start is not None and place.start < 0) or (place.stop is not None and place.stop < 0):
            raise ValueError("Negative indexing is not supported.")
        if place.step is not None:
            raise ValueError("Step argument is not supported.")
        if place.stop is not None and place.start is not None and place.stop < place.start:
            raise ValueError("Slice stop must be greater than slice start.")
        self.start = (place.start or 0) + 1
        self.length = None if place.stop is None else place.stop - (place.start or 0)

    def resolve(self, scope: Scope) -> Expression:
        """Return the function of the column.

        Raises:
            NotSupportedError: If it is no text, and its field has no ``slice_expression(expression, start, length)``.
        """
        from partita.orm.functions.text import Substr

        found = self.source.resolve(scope)
        slice_expression = getattr(found.output, "slice_expression", None)
        if slice_expression is not None:
            sliced: Expression = slice_expression(found, self.start, self.length)
            return sliced
        if not found.output.is_text and not isinstance(found, Outer):
            raise NotSupportedError("This field does not support slicing.")
        return Substr(found, self.start, self.length)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sliced) and (self.source, self.start, self.length) == (
            other.source,
            other.start,
            other.length,
        )

    def __hash__(self) -> int:
        return hash((self.source, self.start, self.length))


class OuterRef(F):
    """Inside a subquery, the value of a field of the query around it; an OuterRef inside of one reaches further out."""

    def __init__(self, name: "str | OuterRef") -> None:
        super().__init__(name)  # type: ignore[arg-type]  # outer ones keep another

    def resolve(self, scope: Scope) -> Expression:
        """Wait until the outer query is known."""
        return Outer(self.name)


class Outer(Expression):
    """A column of the query around, once the query that it stands in is known."""

    source: Expression | None = None
    """What the name stands for there; None as long as the query around is not known."""

    def __init__(self, name: str) -> None:
        self.name = name

    def of(self, source: Expression) -> "Outer":
        """Return the same name, known to stand for ``source``."""
        copy = self.copy()
        copy.source = source
        return copy

    @property
    def output(self) -> Field[Any]:
        """As what it stands for; text, as long as nobody knows."""
        return TEXT if self.source is None else self.source.output

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The name."""
        return ("outer", self.name)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The column of the query around."""
        return compiler.outer(self.name)
