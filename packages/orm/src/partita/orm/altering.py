"""A mark on what changes data, which templates do not call: ``{{ album.delete }}`` must delete nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ("AltersData", "alters_data")

C = TypeVar("C", bound=Callable[..., Any])


def alters_data(method: C) -> C:
    """Mark a method as one that changes data."""
    method.alters_data = True  # type: ignore[attr-defined]  # functions may have attributes
    return method


class AltersData:
    """Hands the mark on to what overrides a marked method; one that says ``alters_data = False`` itself keeps that."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, member in vars(cls).items():
            if callable(member) and not hasattr(member, "alters_data"):
                inherited = (vars(base).get(name) for base in cls.__mro__[1:])
                if any(getattr(each, "alters_data", False) for each in inherited):
                    alters_data(member)
