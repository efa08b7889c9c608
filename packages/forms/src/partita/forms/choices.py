"""What can be chosen from: pairs, groups of pairs, mappings, enumerations, or a function that returns one of these."""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

__all__ = ("BLANK_CHOICE", "Choice", "ChoiceSource", "Choices")

Choice: TypeAlias = tuple[object, object]
"""A value and its label; or the label of a group and a list of such pairs."""

ChoiceSource: TypeAlias = Iterable[object] | Mapping[object, object] | type[enum.Enum] | Callable[[], object]

BLANK_CHOICE: list[Choice] = [("", "---------")]


class Choices:
    """Choices in the order given. A function is called anew each time they are iterated over."""

    __slots__ = ("_source",)

    def __init__(self, source: ChoiceSource = ()) -> None:
        if isinstance(source, Iterator):
            source = list(source)
        self._source = source

    def __iter__(self) -> Iterator[Choice]:
        """Iterate over pairs; the second of a group's pair is a list of pairs."""
        source = self._source
        if callable(source) and not isinstance(source, type):
            source = source()  # type: ignore[assignment]  # what it returns is checked in _pairs
        return iter(_pairs(source))

    def flat(self) -> Iterator[Choice]:
        """Iterate over pairs of value and label, without the groups."""
        for value, label in self:
            if isinstance(label, list):
                yield from label
            else:
                yield (value, label)

    def begins_empty(self) -> bool:
        """Tell whether the first choice is the empty one."""
        first = next(iter(self), None)
        return first is not None and first[0] in {"", None}

    def copy(self) -> "Choices":
        """Return choices from the same source."""
        return Choices(self._source)


def _pairs(source: object) -> list[Choice]:
    if isinstance(source, type) and hasattr(source, "choices"):
        source = source.choices  # as partita.orm.TextChoices has
    elif isinstance(source, type) and issubclass(source, enum.Enum):
        return [(member.value, member.name.replace("_", " ").capitalize()) for member in source]
    if isinstance(source, Mapping):
        source = source.items()
    if not isinstance(source, Iterable):
        raise TypeError(f"Choices are pairs, a mapping, an enumeration or a function, got {type(source).__name__}.")
    return [_pair(item) for item in source]


def _pair(item: object) -> Choice:
    if not isinstance(item, list | tuple) or len(item) != 2:
        raise TypeError(f"A choice is a pair of value and label, got {str(item)[:80]!r}.")
    value, label = item
    if isinstance(label, Mapping | list | tuple):
        return (value, _pairs(label))
    return (value, label)
