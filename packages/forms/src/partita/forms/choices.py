"""What can be chosen from: pairs, groups of pairs, mappings, enumerations, or a function that returns one of these."""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from partita.contracts.i18n import gettext_lazy
from partita.forms.awaiting import is_async_function
from partita.forms.errors import AsyncChoicesError

__all__ = ("BLANK_CHOICE", "BLANK_CHOICE_LABEL", "Choice", "ChoiceSource", "Choices")

Choice: TypeAlias = tuple[object, object]
"""A value and its label; or the label of a group and a list of such pairs."""

ChoiceSource: TypeAlias = Iterable[object] | Mapping[object, object] | type[enum.Enum] | Callable[[], object]

BLANK_CHOICE_LABEL: Final = gettext_lazy("- Select an option -")
"""What stands for no choice; a row of dashes says nothing to whoever listens to the page."""

BLANK_CHOICE: list[Choice] = [("", BLANK_CHOICE_LABEL)]


class Choices:
    """Choices in the order given. A function is called anew each time they are iterated over, anything else is read once.

    An async function is called by `aload`, once for each form.
    """

    __slots__ = ("_offered", "_pairs", "_source", "is_async")

    def __init__(self, source: ChoiceSource = ()) -> None:
        if isinstance(source, Iterator):
            source = list(source)
        self._source = source
        self.is_async = callable(source) and not isinstance(source, type) and is_async_function(source)
        self._pairs: list[Choice] | None = None
        self._offered: frozenset[str] | None = None

    def __iter__(self) -> Iterator[Choice]:
        """Iterate over pairs; the second of a group's pair is a list of pairs."""
        pairs = self._pairs
        if pairs is not None:
            return iter(pairs)
        source = self._source
        if callable(source) and not isinstance(source, type):
            if self.is_async:
                raise AsyncChoicesError
            return iter(_pairs(source()))
        self._pairs = _pairs(source)
        return iter(self._pairs)

    async def aload(self) -> None:
        """Ask an async function for the choices; does nothing for others, and nothing the second time."""
        if self.is_async and self._pairs is None and callable(self._source):
            found: Any = self._source()
            self._pairs = _pairs(await found)

    def flat(self) -> Iterator[Choice]:
        """Iterate over pairs of value and label, without the groups."""
        for value, label in self:
            if isinstance(label, list):
                yield from label
            else:
                yield (value, label)

    def offered(self) -> frozenset[str]:
        """Return the values as they are sent."""
        if self._offered is not None:
            return self._offered
        found = frozenset(str(value) for value, _ in self.flat())
        if self._pairs is not None:  # a function may offer others the next time
            self._offered = found
        return found

    def begins_empty(self) -> bool:
        """Tell whether the first choice is the empty one."""
        first = next(iter(self), None)
        return first is not None and first[0] in {"", None}

    def __eq__(self, other: object) -> bool:
        """Compare with other choices, or with a list of pairs."""
        if isinstance(other, Choices):
            return list(self) == list(other)
        return list(self) == list(_pairs(other)) if isinstance(other, list | tuple | Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # what a function returns may change

    def copy(self) -> "Choices":
        """Return choices from the same source."""
        again = Choices(self._source)
        if not self.is_async:  # each form asks for its own
            again._pairs, again._offered = self._pairs, self._offered
        return again


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
