"""Converters, which turn a piece of a path into a value for the view and back."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import uuid

__all__ = (
    "DEFAULT_CONVERTERS",
    "Converter",
    "IntConverter",
    "PathConverter",
    "SlugConverter",
    "StringConverter",
    "UUIDConverter",
)


class Converter(Protocol):
    """What stands before the colon in ``<int:pk>``."""

    regex: str
    """The texts it takes, as a regular expression without groups."""

    def to_python(self, text: str) -> object:
        """Return the value for the view.

        Raises:
            ValueError: If ``text`` is not such a value after all; the route then does not match.
        """
        ...

    def to_url(self, value: object) -> str:
        """Return the text for the path, not yet percent-encoded.

        Raises:
            ValueError: If ``value`` cannot stand in a path.
        """
        ...


class StringConverter:
    """``str``: anything but a slash, at least one character."""

    regex = "[^/]+"

    def to_python(self, text: str) -> str:
        """Return ``text`` itself."""
        return text

    def to_url(self, value: object) -> str:
        """Return ``str(value)``."""
        return str(value)


class IntConverter:
    """``int``: ASCII digits, zero and up."""

    regex = "[0-9]+"

    def to_python(self, text: str) -> int:
        """Return the number."""
        return int(text)

    def to_url(self, value: object) -> str:
        """Return ``str(value)``."""
        return str(value)


class SlugConverter(StringConverter):
    """``slug``: ASCII letters, digits, hyphens and underscores."""

    regex = "[-a-zA-Z0-9_]+"


class UUIDConverter:
    """``uuid``: the canonical form in lower case, with hyphens."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, text: str) -> "uuid.UUID":
        """Return the UUID."""
        return _uuid_class()(text)

    def to_url(self, value: object) -> str:
        """Return the canonical form."""
        return str(value)


class PathConverter(StringConverter):
    """``path``: anything, slashes too, at least one character."""

    regex = ".+"


DEFAULT_CONVERTERS: Mapping[str, Converter] = {
    "int": IntConverter(),
    "path": PathConverter(),
    "slug": SlugConverter(),
    "str": StringConverter(),
    "uuid": UUIDConverter(),
}


def fits(converter: Converter, text: str) -> bool:
    """Tell whether ``converter`` takes the whole of ``text``."""
    return re.fullmatch(converter.regex, text) is not None


@cache
def _uuid_class() -> "type[uuid.UUID]":
    from uuid import UUID  # an eighth of this package's import time, for a converter that many sites do not use

    return UUID
