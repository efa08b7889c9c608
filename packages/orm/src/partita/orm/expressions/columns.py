"""Columns reached over joins, and annotations by their names."""

from collections.abc import Hashable
from operator import is_
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, tuple_

from partita.orm.expressions.base import Composed, Expression, Leaf
from partita.orm.fields import Field
from partita.orm.paths import Path

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Column", "Ref", "inlined")


class Column(Expression):
    """A column reached over joins."""

    def __init__(self, path: Path, field: Field[Any]) -> None:
        self.path, self.field = path, field
        self.output_field = field
        self.multiple = any(step.multiple for step in path) if path else False

    @property
    def nullable(self) -> bool:
        """Whether the column, or the way to it, may be NULL."""
        return self.field.null or any(step.nullable for step in self.path)

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """The way and the field."""
        return ("column", self.path, self.field)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The column of the right alias; several, for a key that is made of several."""
        if self.field.is_tuple:
            return tuple_(*[compiler.column_of(self.path, part) for part in self.field.fields])  # type: ignore[attr-defined]  # a composite key
        return compiler.column_of(self.path, self.field)


class Ref(Expression):
    """An annotation, by its alias."""

    def __init__(self, name: str, source: Expression) -> None:
        self.name, self.source = name, source
        self.contains_aggregate = source.contains_aggregate
        self.windowed = source.windowed

    def get_group_by_cols(self) -> list[Any]:
        """This, or what stands beside the aggregates in the annotation."""
        return self.source.get_group_by_cols() if self.contains_aggregate else [self]

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


def inlined(node: Any, name: str, source: Expression) -> Any:
    """Return an expression with what an annotation stood for in the place of its name; the same object if it is not there."""
    if isinstance(node, Ref):
        return source if node.name == name else node
    if isinstance(node, Composed):
        sources = tuple([inlined(inner, name, source) for inner in node.sources])
        return node if all(map(is_, sources, node.sources)) else node._with(sources)
    return node
