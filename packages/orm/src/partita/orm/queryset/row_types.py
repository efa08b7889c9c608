"""Rows as objects of a class of the user's, whose annotations tell type checkers what is in them."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, is_typeddict

import msgspec

__all__ = ("maker_of", "names_of")


def names_of(kind: Any) -> tuple[str, ...]:
    """Return the names of the columns that a class of rows has.

    Args:
        kind: A NamedTuple, a dataclass, a `msgspec.Struct` or a TypedDict.

    Raises:
        TypeError: If it is something else, or has no fields.
    """
    names: Sequence[str] = ()
    if is_typeddict(kind):
        names = tuple(kind.__annotations__)
    elif isinstance(kind, type):
        if is_dataclass(kind):
            names = tuple(field.name for field in fields(kind) if field.init)
        elif issubclass(kind, msgspec.Struct):
            names = kind.__struct_fields__
        elif issubclass(kind, tuple):
            names = getattr(kind, "_fields", ())
    if not names:
        raise TypeError(
            f"Rows come as a NamedTuple, a dataclass, a msgspec.Struct or a TypedDict with fields, not as {kind!r:.80}."
        )
    return tuple(names)


def maker_of(kind: Any, names: Sequence[str]) -> "Callable[[list[Any]], list[Any]] | None":
    """Return what makes objects of ``kind`` out of tuples; None for a TypedDict, whose rows are dictionaries as they are."""
    if is_typeddict(kind):
        return None
    if hasattr(kind, "_make"):  # a NamedTuple
        make: Any = kind._make
        return lambda rows: [make(row) for row in rows]
    # By name, because a dataclass or a Struct may take its fields by name only.
    return lambda rows: [kind(**dict(zip(names, row, strict=True))) for row in rows]
