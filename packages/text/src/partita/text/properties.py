"""Properties that are computed once, and properties of classes."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ("cached_property", "classproperty")

T = TypeVar("T")
C = TypeVar("C")


class cached_property(Generic[T]):
    """A property computed at the first look and kept in the instance's ``__dict__``; ``del`` makes it be computed anew.

    As `functools.cached_property`, and one may stand under the same name in several classes.
    """

    def __init__(self, function: Callable[[Any], T], name: str | None = None) -> None:
        self._function = function
        self.name: str | None = None
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name is None:
            self.name = name
        elif self.name != name:
            raise TypeError(
                f"Cannot assign the same cached_property to two different names ({self.name!r} and {name!r})."
            )

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> "cached_property[T]": ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> "cached_property[T] | T":
        if instance is None:
            return self
        if self.name is None:
            raise TypeError("Cannot use cached_property instance without calling __set_name__() on it.")
        # No lock: two threads may both compute, and one result stays.
        value = instance.__dict__[self.name] = self._function(instance)
        return value


class classproperty(Generic[T]):
    """A property that is looked up on the class; its function gets the class."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[Any], T] | None = None) -> None:
        self._function = function

    def __get__(self, instance: object | None, owner: type) -> T:
        if self._function is None:
            raise AttributeError("this classproperty has no getter yet; decorate one with `.getter`")
        return self._function(owner)

    def getter(self, function: Callable[[Any], T]) -> "classproperty[T]":
        """Give the function that computes the value."""
        self._function = function
        return self
