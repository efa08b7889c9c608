"""Enumerations whose members are the choices of a field."""

import enum
from typing import Any, cast

from partita.contracts.i18n import LazyText

__all__ = ("Choices", "IntegerChoices", "TextChoices")


class _ChoicesMeta(enum.EnumMeta):
    """Splits the label off each member's value, and lists them."""

    do_not_call_in_templates = True  # {{ Size.choices }} means the enumeration, and not a member made by a call

    def __new__(metacls, name: str, bases: tuple[type, ...], members: Any, **kwargs: Any) -> Any:
        labels: list[Any] = []
        for key in members._member_names:
            value = members[key]
            if isinstance(value, list | tuple) and len(value) > 1 and isinstance(value[-1], str | LazyText):
                *value, label = value
                value = tuple(value) if len(value) > 1 else value[0]
                dict.__setitem__(members, key, value)
            else:
                label = key.replace("_", " ").title()
            labels.append(label)
        cls: Any = super().__new__(metacls, name, bases, members, **kwargs)
        for member, label in zip(cls.__members__.values(), labels, strict=True):
            member._label_ = label
        return cls

    def __contains__(cls, member: object) -> bool:
        if not isinstance(member, enum.Enum):
            return any(known.value == member for known in _members(cls))
        return super().__contains__(member)

    @property
    def choices(cls) -> list[tuple[Any, Any]]:
        """Pairs of value and label, after the one of ``__empty__`` if there is such."""
        empty = [(None, cast("Any", cls).__empty__)] if hasattr(cls, "__empty__") else []
        return empty + [(member.value, member.label) for member in _members(cls)]

    @property
    def values(cls) -> list[Any]:
        """The values."""
        return [value for value, _ in cls.choices]

    @property
    def labels(cls) -> list[Any]:
        """The labels."""
        return [label for _, label in cls.choices]

    @property
    def names(cls) -> list[str]:
        """The members' names."""
        empty = ["__empty__"] if hasattr(cls, "__empty__") else []
        return empty + [member.name for member in _members(cls)]


class Choices(enum.Enum, metaclass=_ChoicesMeta):
    """Base of enumerations with a label for each member, written as ``NAME = value, "Label"``."""

    _label_: Any

    @property
    def label(self) -> Any:
        """What people see."""
        return self._label_

    def __str__(self) -> str:
        return str(self.value)


class IntegerChoices(int, Choices):
    """Choices whose values are whole numbers."""


class TextChoices(str, Choices):
    """Choices whose values are texts."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
        return name


def _members(cls: Any) -> list[Any]:
    return list(cls)
