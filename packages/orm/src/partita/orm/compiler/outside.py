"""What a query around another asks of the parts that this one selects."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.sql.elements import (
    BindParameter,
    ClauseList,
    ColumnClause,
    ColumnElement,
    Grouping,
    Label,
    Null,
    Over,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.visitors import replacement_traverse

from partita.orm.sql_text import Fragment

__all__ = ("Outside", "OverGroups", "has_window")


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

    def is_part(self, element: Any) -> bool:
        """Return whether this is computed inside: a window, or what has columns and no window."""
        if isinstance(element, Over):
            return True
        return (
            isinstance(element, ColumnElement)
            and not has_window(element)
            and _has(element, ColumnClause | SelectBase | FunctionElement | Fragment)  # count(*) has no column
        )

    def _asked(self, condition: Any, columns: Sequence[Any] | None) -> Any:
        def replaced(element: Any, **_: Any) -> Any:
            if not self.is_part(element):
                return None
            place = next((place for place, part in enumerate(self._parts) if part is element), len(self._parts))
            if place == len(self._parts):
                self._parts.append(element)
            return element if columns is None else columns[place]

        return replacement_traverse(condition, {}, replaced)


class OverGroups(Outside):
    """What is computed of groups, for the query inside, and the windows over them with all else for the one around it.

    Iterating gives what is in windows and beside them, each as large as it can be.
    """

    def __init__(self, elements: Sequence[Any]) -> None:
        self._functions: set[int] = set()
        super().__init__(elements)

    def is_part(self, element: Any) -> bool:
        """Return whether this is computed inside: anything but constants, windows, and what is around these."""
        if isinstance(element, Over):
            self._functions.add(id(element.element))
            return False
        if not isinstance(element, ColumnElement) or id(element) in self._functions or isinstance(element, Label):
            return False
        if isinstance(element, UnaryExpression) and element.modifier is not None:  # which way it is ordered
            return False
        if isinstance(element, Grouping) and isinstance(element.element, ClauseList):  # a function's arguments
            return False
        return not (_is_constant(element) or has_window(element))


def has_window(element: Any) -> bool:
    """Return whether an expression has a window in it, outside of queries within."""
    return _has(element, Over)


def _is_constant(element: Any) -> bool:
    if isinstance(element, ColumnClause):
        return element.is_literal and element.name != "*"
    return isinstance(element, BindParameter | Null)


def _has(element: Any, kind: Any) -> bool:
    """Return whether an expression is of a kind, or has such parts outside of queries within."""
    if isinstance(element, kind):
        return not getattr(element, "is_literal", False)
    return not isinstance(element, SelectBase) and any(_has(inner, kind) for inner in element.get_children())
