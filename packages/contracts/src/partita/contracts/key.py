"""Typed names under which packages give an application what they offer."""

from typing import Generic, TypeVar

__all__ = ("ExtensionPoint", "Key")

T = TypeVar("T")


class _Named:
    """A name that compares by identity, so two packages cannot meet in one by accident."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Key(_Named, Generic[T]):
    """The name of exactly one value in an application, such as its cache.

    Args:
        name: Dotted, beginning with the package, such as ``partita.cache``; shown in errors.
    """

    __slots__ = ()


class ExtensionPoint(_Named, Generic[T]):
    """The name of a list that any package may add to, such as the commands of an application."""

    __slots__ = ()
