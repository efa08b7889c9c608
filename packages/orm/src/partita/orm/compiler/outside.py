"""Conditions that a query around another asks of the parts that this one selects."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.sql.elements import ColumnClause, ColumnElement, Over
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import replacement_traverse

__all__ = ("Outside",)


class Outside:
    """What conditions are made of, for the query inside, and the conditions on that, for the one around it.

    Iterating gives windows, and beside them what has none.
    """

    def __init__(self, conditions: Sequence[Any]) -> None:
        self._conditions = conditions
        self._parts: list[Any] = []
        self.conditions(None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def conditions(self, columns: Sequence[Any] | None) -> list[Any]:
        """Return the conditions with ``columns`` in the place of the parts; None only looks for these."""
        return [self._asked(condition, columns) for condition in self._conditions]

    def _asked(self, condition: Any, columns: Sequence[Any] | None) -> Any:
        def replaced(element: Any, **_: Any) -> Any:
            if not _is_part(element):
                return None
            place = next((place for place, part in enumerate(self._parts) if part is element), len(self._parts))
            if place == len(self._parts):
                self._parts.append(element)
            return element if columns is None else columns[place]

        return replacement_traverse(condition, {}, replaced)


def _is_part(element: Any) -> bool:
    if isinstance(element, Over):
        return True
    return isinstance(element, ColumnElement) and not _has(element, Over) and _has(element, ColumnClause | SelectBase)


def _has(element: Any, kind: Any) -> bool:
    """Return whether an expression is of a kind, or has such parts outside of queries within."""
    if isinstance(element, kind):
        return not getattr(element, "is_literal", False)
    return not isinstance(element, SelectBase) and any(_has(inner, kind) for inner in element.get_children())
