"""An expression with a direction, as ORDER BY takes it."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.expressions.base import Composed, expression

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("OrderBy",)


class OrderBy(Composed):
    """An expression with a direction."""

    takes_composite = True

    def __init__(
        self, source: Any, *, descending: bool = False, nulls_first: bool | None = None, nulls_last: bool | None = None
    ) -> None:
        if nulls_first is False or nulls_last is False:
            raise ValueError("nulls_first and nulls_last values must be True or None.")
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

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.sources[0]!r}, descending={self.descending})"
