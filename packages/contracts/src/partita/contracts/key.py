"""Typed names under which packages give an application what they offer."""

from typing import Generic, TypeVar

__all__ = ("ExtensionPoint", "Key", "Name")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Name(Generic[T_co]):
    """A typed name as a look-up sees it; compares by identity, so two packages cannot meet in one by accident.

    It is covariant, unlike the names that values are put under: what is looked up may be used as anything it is.

    Args:
        name: Dotted, beginning with the package, such as ``partita.cache``; shown in errors.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Key(Name[T], Generic[T]):
    """The name of exactly one value in an application, such as its cache."""

    __slots__ = ()


class ExtensionPoint(Name[T], Generic[T]):
    """The name of a list that any package may add to, such as the commands of an application."""

    __slots__ = ()
