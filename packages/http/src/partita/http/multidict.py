"""Names that have several values, as in queries and forms."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar, overload
from urllib.parse import urlencode

__all__ = ("MultiDict",)

V = TypeVar("V")
D = TypeVar("D")
_FEW = 8  # pairs among which looking takes less time than grouping them


class MultiDict(Generic[V]):
    """Immutable; ``d["x"]`` is the last value of ``x``, as in Django's QueryDict.

    Args:
        pairs: Pairs of name and value in order, or a mapping of name to value.
    """

    __slots__ = ("_grouped", "_pairs")

    def __init__(self, pairs: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        items: Any = pairs
        # The second question takes longer than all the rest.
        if pairs.__class__ is not list and isinstance(pairs, Mapping):
            items = pairs.items()
        self._pairs: tuple[tuple[str, V], ...] = tuple(items)
        self._grouped: dict[str, list[V]] | None = None

    @classmethod
    def of(cls, pairs: list[tuple[str, V]]) -> "MultiDict[V]":
        """Return one with ``pairs``; quicker than a call of the class."""
        self = cls.__new__(cls)
        self._pairs, self._grouped = tuple(pairs), None
        return self

    @property
    def _lists(self) -> dict[str, list[V]]:
        """The values by name, grouped once somebody needs them so."""
        lists = self._grouped
        if lists is None:
            lists = {}
            for name, value in self._pairs:
                if name in lists:
                    lists[name].append(value)
                else:
                    lists[name] = [value]
            self._grouped = lists
        return lists

    @overload
    def get(self, name: str) -> V | None: ...
    @overload
    def get(self, name: str, default: D) -> V | D: ...
    def get(self, name: str, default: D | None = None) -> V | D | None:
        """Return the last value of ``name``, or ``default``."""
        if self._grouped is None and len(self._pairs) <= _FEW:
            for key, value in reversed(self._pairs):
                if key == name:
                    return value
            return default
        values = self._lists.get(name)
        return values[-1] if values else default

    def getlist(self, name: str, default: list[V] | None = None) -> list[V]:
        """Return every value of ``name`` in order, as a list of your own; ``default`` without one, which is empty if None."""
        values = self._lists.get(name)
        if values is None:
            return [] if default is None else default
        return list(values)

    def __getitem__(self, name: str) -> V:
        if self._grouped is None and len(self._pairs) <= _FEW:
            for key, value in reversed(self._pairs):
                if key == name:
                    return value
            raise KeyError(name)
        return self._lists[name][-1]

    def __contains__(self, name: object) -> bool:
        return name in self._lists

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def keys(self) -> list[str]:
        """Return each name once, in the order of first appearance."""
        return list(self._lists)

    def values(self) -> list[V]:
        """Return the last value of each name."""
        return [values[-1] for values in self._lists.values()]

    def items(self) -> list[tuple[str, V]]:
        """Return each name with its last value."""
        return [(name, values[-1]) for name, values in self._lists.items()]

    def lists(self) -> list[tuple[str, list[V]]]:
        """Return each name with all its values."""
        return [(name, list(values)) for name, values in self._lists.items()]

    def pairs(self) -> tuple[tuple[str, V], ...]:
        """Return name and value of everything, in the order it came."""
        return self._pairs

    def dict(self) -> dict[str, V]:
        """Return a plain dict of name and last value."""
        return dict(self.items())

    def urlencode(self, safe: str = "") -> str:
        """Return everything as a query string.

        Args:
            safe: Characters that stay as they are, such as ``/``.
        """
        return urlencode([(name, str(value)) for name, value in self._pairs], safe=safe)

    def with_value(self, name: str, value: V) -> "MultiDict[V]":
        """Return a copy in which ``name`` has this one value, in the place of its first."""
        return self.with_list(name, [value])

    def with_list(self, name: str, values: Iterable[V]) -> "MultiDict[V]":
        """Return a copy in which ``name`` has these values."""
        new, pairs, placed = [(name, value) for value in values], [], False
        for pair in self._pairs:
            if pair[0] != name:
                pairs.append(pair)
            elif not placed:
                pairs += new
                placed = True
        return MultiDict(pairs if placed else [*pairs, *new])

    def with_added(self, name: str, value: V) -> "MultiDict[V]":
        """Return a copy with one more value at the end."""
        return MultiDict((*self._pairs, (name, value)))

    def without(self, *names: str) -> "MultiDict[V]":
        """Return a copy that has none of ``names``."""
        return MultiDict([pair for pair in self._pairs if pair[0] not in names])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiDict):
            return self._pairs == other._pairs
        return self._lists == other if isinstance(other, Mapping) else NotImplemented  # names with lists, as in Django

    def __hash__(self) -> int:
        return hash(self._pairs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._pairs)!r})"
