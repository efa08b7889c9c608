"""How grave messages are, and what that is called where they are shown."""

from collections.abc import Mapping
from types import MappingProxyType

from partita.messages.errors import LevelError

__all__ = (
    "DEBUG",
    "DEFAULT_LEVELS",
    "DEFAULT_TAGS",
    "ERROR",
    "INFO",
    "SUCCESS",
    "WARNING",
    "level_number",
    "level_tags",
)

DEBUG, INFO, SUCCESS, WARNING, ERROR = 10, 20, 25, 30, 40

DEFAULT_LEVELS: Mapping[str, int] = MappingProxyType(
    {"DEBUG": DEBUG, "INFO": INFO, "SUCCESS": SUCCESS, "WARNING": WARNING, "ERROR": ERROR}
)
"""Levels by name; applications may use any other number as well."""

DEFAULT_TAGS: Mapping[int, str] = MappingProxyType({number: name.lower() for name, number in DEFAULT_LEVELS.items()})
"""What stands among the tags of a message of each level, for a class of CSS."""


def level_number(level: int | str) -> int:
    """Return the number of a level.

    Args:
        level: A number, the digits of one, or a name of `DEFAULT_LEVELS` in any case.

    Raises:
        LevelError: If it is anything else.
    """
    if isinstance(level, int):
        return level
    known = DEFAULT_LEVELS.get(level.upper())
    if known is not None:
        return known
    if level.isascii() and level.isdigit() and len(level) < 10:
        return int(level)
    raise LevelError(level)


def level_tags(changes: Mapping[str, str]) -> Mapping[int, str]:
    """Return the tags of all levels.

    Args:
        changes: By level, as `level_number` reads it; the others keep their own.

    Raises:
        LevelError: If one is no level.
    """
    return MappingProxyType({**DEFAULT_TAGS, **{level_number(level): tag for level, tag in changes.items()}})
