"""What names mean where an expression stands."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from partita.orm.errors import FieldError
from partita.orm.expressions.columns import Column, Ref
from partita.orm.fields import Field
from partita.orm.paths import Resolved, Way, resolve, resolve_by, unknown_name

if TYPE_CHECKING:
    from partita.orm.expressions.base import Expression
    from partita.orm.models import Model

__all__ = ("Given", "RowScope", "Scope")

_NO_WAYS: Mapping[str, Way] = MappingProxyType({})


class Scope(NamedTuple):
    """What names mean where an expression stands."""

    model: "type[Model]"
    annotations: "Mapping[str, Expression]"
    ways: "Mapping[str, Way]" = _NO_WAYS

    def split(self, name: str) -> tuple[str, list[str]]:
        """Return the part of a name that may be an annotation's, and the parts after it.

        Aliases that aggregates have by themselves, such as ``price__sum``, have underscores inside.
        """
        annotations = self.annotations
        if name in annotations:
            return name, []
        first, *rest = name.split("__")
        if first not in annotations and rest and annotations:
            for known in annotations:
                if "__" in known and name.startswith(f"{known}__"):
                    return known, name[len(known) + 2 :].split("__")
        return first, rest

    def find(self, name: str) -> Resolved:
        """Return where a name that is no annotation's leads."""
        try:
            return resolve_by(self.model, self.ways, name) if self.ways else resolve(self.model, name)
        except FieldError:
            first = name.partition("__")[0]
            if not self.annotations or self.model._meta.find(first)[0] is not None:
                raise
            raise unknown_name(self.model, first, self.annotations) from None

    def column(self, name: str) -> "Expression":
        """Return what ``name`` refers to."""
        first, rest = self.split(name)
        if first in self.annotations:
            return _transformed(Ref(first, self.annotations[first]), rest)
        found = self.find(name)
        if found.relation is not None and found.rest:
            raise unknown_name(found.path[-1].model if found.path else found.relation.related_model, found.rest[0])
        return _transformed(Column(found.path, found.field), found.rest)


class RowScope(Scope):
    """What names mean in an aggregate over the rows of a query: its columns, and nothing else."""

    def column(self, name: str) -> "Expression":
        """Return the column of the rows that ``name`` refers to."""
        if self.split(name)[0] not in self.annotations:
            raise FieldError(
                f"Cannot resolve keyword {name[:80]!r} into a column of the rows. "
                f"Choices are: {', '.join(sorted(self.annotations))}."
            )
        return Scope.column(self, name)


def _transformed(source: "Expression", names: Sequence[str]) -> "Expression":
    if not names:
        return source
    from partita.orm.lookups import transformed

    return transformed(source, names)


class Given(msgspec.Struct, frozen=True):
    """A column of the rows of a query: only its type is known."""

    output: Field[Any]
    contains_aggregate: bool = False
    windowed: bool = False
    multiple: bool = False
