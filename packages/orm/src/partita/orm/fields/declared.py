"""How fields are declared: options that all of them take, the forms of choices, the marks for values that nobody gave."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, cast

from partita.contracts.i18n import LazyText

__all__ = (
    "DATABASE_DEFAULT",
    "NOT_PROVIDED",
    "UNSET",
    "FieldOptions",
    "Text",
    "checked_collation",
    "flat_choices",
    "normal_choices",
)

_COLLATION = r"(?a)[\w-]+([.@][\w-]+)*"

Text = str | LazyText


class NOT_PROVIDED:
    """Stands for a default that nobody gave, where None is a value."""


class _DatabaseDefault:
    """Stands in a new instance for what the database will put there."""

    conditional = False

    def resolve(self, scope: Any) -> Any:
        """Refuse: it is no expression that a query could use."""
        raise TypeError("The value is not known before the row is saved: the database has a default for it.")

    def __repr__(self) -> str:
        return "DATABASE_DEFAULT"

    def __copy__(self) -> "_DatabaseDefault":
        return self

    def __deepcopy__(self, memo: object) -> "_DatabaseDefault":
        return self

    def __reduce__(self) -> str:
        return "DATABASE_DEFAULT"


DATABASE_DEFAULT = _DatabaseDefault()


class FieldOptions(TypedDict, total=False):
    """Options that every field takes."""

    primary_key: bool
    max_length: int | None
    unique: bool
    blank: bool
    db_index: bool
    default: Any
    editable: bool
    choices: Any
    help_text: Text
    db_column: str | None
    db_comment: str | None
    validators: Sequence[Callable[[Any], object]]
    error_messages: Mapping[str, Text] | None
    unique_for_date: str | None
    unique_for_month: str | None
    unique_for_year: str | None
    db_default: Any
    db_tablespace: str | None
    db_collation: str | None
    name: str | None
    serialize: bool
    auto_created: bool


def normal_choices(choices: Any) -> list[tuple[Any, Any]] | None:
    """Return any allowed form of choices as a list of pairs; a group's pair holds a list of pairs."""
    if choices is None:
        return None
    if isinstance(choices, type):
        choices = cast("Any", choices).choices
    if isinstance(choices, Mapping):
        choices = choices.items()
    if not isinstance(choices, Iterable) or isinstance(choices, str | set | frozenset):
        wrong: list[Any] = cast("Any", choices)
        return wrong  # for the check that tells what is wrong
    listed: list[Any] = list(choices)
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in listed):
        return listed
    pairs: list[tuple[Any, Any]] = []
    for value, label in listed:
        nested = isinstance(label, Mapping | list | tuple)
        pairs.append((value, normal_choices(label) if nested else label))
    return pairs


def flat_choices(choices: Any) -> list[tuple[Any, Text]]:
    """Return pairs of value and label without their groups."""
    flat: list[tuple[Any, Text]] = []
    for value, label in choices or ():
        if isinstance(label, list):
            flat.extend(label)
        else:
            flat.append((value, label))
    return flat


UNSET: Mapping[str, Any] = {
    "verbose_name": None,
    "null": False,
    "blank": False,
    "primary_key": False,
    "max_length": None,
    "unique": False,
    "db_index": False,
    "choices": None,
    "db_column": None,
    "db_comment": None,
    "validators": [],
    "error_messages": None,
    "default": NOT_PROVIDED,
    "db_default": NOT_PROVIDED,
    "editable": True,
    "serialize": True,
    "help_text": "",
}
"""What options are that nobody gave."""


def checked_collation(name: Any) -> Any:
    """Return the name of a collation, which stands in SQL between quotes that nobody would double.

    Raises:
        ValueError: If it is none.
    """
    name = str(name) if isinstance(name, str) else name  # which may be lazy
    if not isinstance(name, str) or re.fullmatch(_COLLATION, name) is None:
        raise ValueError(
            f"Invalid collation name: {name!r:.80}. It has letters, digits, underscores and hyphens, with dots or @ between."
        )
    return name
