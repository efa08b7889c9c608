"""A dictionary whose names have lists of values, and that gives the last one: what forms take, to be filled in place."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import Any, Generic, TypeVar, cast

__all__ = ("MultiValueDict", "MultiValueDictKeyError")

V = TypeVar("V")


class MultiValueDictKeyError(KeyError):
    """There is no such name."""


class MultiValueDict(MutableMapping[str, V], Generic[V]):
    """Names with one or several values; `MultiDict` is the immutable one, `QueryDict` that of text.

    ``d["x"]`` is the last value of ``x``, or an empty list if it has none; ``update`` adds values and takes none away.

    Args:
        lists: The values of each name.
    """

    __slots__ = ("_lists",)
    __hash__ = None  # type: ignore[assignment]  # it can be changed

    def __init__(self, lists: Mapping[str, Iterable[V]] | Iterable[tuple[str, Iterable[V]]] = ()) -> None:
        # A list of the caller's becomes ours, as `setlist` does; anything else is read once.
        self._lists: dict[str, list[V]] = {
            name: values if isinstance(values, list) or values is None else list(values)
            for name, values in dict(lists).items()
        }

    def __getitem__(self, name: str) -> V:
        try:
            values = self._lists[name]
        except KeyError:
            raise MultiValueDictKeyError(name) from None
        return values[-1] if values else cast("V", [])

    def __setitem__(self, name: str, value: V) -> None:
        self._lists[name] = [value]

    def __delitem__(self, name: str) -> None:
        del self._lists[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def __contains__(self, name: object) -> bool:
        return name in self._lists

    def get(self, name: str, default: Any = None) -> Any:
        """Return the last value, or ``default`` if there is none."""
        return self[name] if self._lists.get(name) else default

    def getlist(self, name: str, default: Any = None) -> Any:
        """Return all values as a list of your own, or ``default`` if there is no such name (an empty list if None)."""
        if name not in self._lists:
            return [] if default is None else default
        values: Any = self._lists[name]
        return values if values is None else list(values)

    def setlist(self, name: str, values: list[V]) -> None:
        """Give a name these values."""
        self._lists[name] = values

    def setlistdefault(self, name: str, values: Iterable[V] = ()) -> list[V]:
        """Return the list of a name itself, which is set to ``values`` if there is no such name."""
        return self._lists.setdefault(name, list(values))

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the last value, which is set to ``default`` if there is no such name."""
        if name not in self._lists:
            self._lists[name] = [default]
        return self[name]

    def appendlist(self, name: str, value: V) -> None:
        """Add a value."""
        self._lists.setdefault(name, []).append(value)

    def lists(self) -> Iterator[tuple[str, list[V]]]:
        """Iterate over names and lists."""
        return iter(self._lists.items())

    def update(self, *more: Any, **named: Any) -> None:
        """Add values; of another dictionary of this kind, all of them.

        Raises:
            TypeError: If there are several arguments, or one is neither a mapping nor pairs.
            ValueError: If something in it is no pair.
        """
        if len(more) > 1:
            raise TypeError(f"update expected at most 1 argument, got {len(more)}")
        for given in more:
            lists = getattr(given, "lists", None)
            if lists is not None:
                for name, values in lists():
                    self._lists.setdefault(name, []).extend(values)
            else:
                for name, value in given.items() if isinstance(given, Mapping) else given:
                    self.appendlist(name, value)
        for name, value in named.items():
            self.appendlist(name, value)

    def dict(self) -> "dict[str, V]":
        """Return the last values only."""
        return {name: self[name] for name in self}

    def copy(self) -> "MultiValueDict[V]":
        """Return one with lists of its own."""
        return type(self)({name: list(values) for name, values in self._lists.items()})

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> "MultiValueDict[V]":
        return type(self)(deepcopy(self._lists, memo))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiValueDict):
            return self._lists == other._lists
        return self._lists == other if isinstance(other, Mapping) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._lists,)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._lists!r}>"
