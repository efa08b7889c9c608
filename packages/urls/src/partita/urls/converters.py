"""Converters, which turn a piece of a path into a value for the view and back."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from partita.urls.errors import PatternError

if TYPE_CHECKING:
    import datetime
    import uuid

__all__ = (
    "DEFAULT_CONVERTERS",
    "AlphaConverter",
    "AlphanumericConverter",
    "BoolConverter",
    "Converter",
    "DateConverter",
    "EmailConverter",
    "FloatConverter",
    "HexConverter",
    "IntConverter",
    "JsonConverter",
    "OctalConverter",
    "PathConverter",
    "SlugConverter",
    "StringConverter",
    "UUIDConverter",
    "get_converters",
    "register_converter",
    "registered_converters",
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


class FloatConverter:
    """``float``: digits with or without a point and a minus; no exponents."""

    regex = r"-?[0-9]+(?:\.[0-9]+)?"

    def to_python(self, text: str) -> float:
        """Return the number."""
        return float(text)

    def to_url(self, value: object) -> str:
        """Return the number without an exponent."""
        text = repr(float(cast("float", value)))
        if "e" not in text:
            return text
        from decimal import Decimal  # few numbers have one

        return f"{Decimal(text):f}"


class BoolConverter:
    """``bool``: ``true`` or ``false``."""

    regex = "true|false"

    def to_python(self, text: str) -> bool:
        """Return whether it is ``true``."""
        return text == "true"

    def to_url(self, value: object) -> str:
        """Return the word."""
        return "true" if value else "false"


class DateConverter:
    """``date``: a day that exists, as in ``2026-11-21`` (ISO 8601)."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, text: str) -> "datetime.date":
        """Return the day."""
        from datetime import date

        return date.fromisoformat(text)

    def to_url(self, value: object) -> str:
        """Return the day in that form."""
        return str(value)


class _BasedConverter:
    base = 16
    form = "x"
    regex = "[0-9a-f]+"

    def to_python(self, text: str) -> int:
        """Return the number."""
        return int(text, self.base)

    def to_url(self, value: object) -> str:
        """Return its digits."""
        return format(int(cast("int", value)), self.form)


class HexConverter(_BasedConverter):
    """``hex``: a number in hexadecimal digits, in lower case."""


class OctalConverter(_BasedConverter):
    """``octal``: a number in octal digits."""

    base = 8
    form = "o"
    regex = "[0-7]+"


class AlphaConverter(StringConverter):
    """``alpha``: ASCII letters."""

    regex = "[a-zA-Z]+"


class AlphanumericConverter(StringConverter):
    """``alphanumeric``: ASCII letters and digits."""

    regex = "[a-zA-Z0-9]+"


class EmailConverter(StringConverter):
    """``email``: what may be an address; whether it is one, only a mail can tell."""

    regex = r"[a-zA-Z0-9.!#$%&'*+=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+"


class JsonConverter:
    """``json``: a JSON value without slashes in it, such as ``{"a":1}``; encoded, as all of a path."""

    regex = "[^/]+"

    def to_python(self, text: str) -> object:
        """Return the value."""
        import json

        try:
            return json.loads(text, parse_constant=_no_number)
        except RecursionError as error:
            raise ValueError("the value is nested too deeply") from error

    def to_url(self, value: object) -> str:
        """Return the value without spaces."""
        import json

        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


DEFAULT_CONVERTERS: Mapping[str, Converter] = {
    "alpha": AlphaConverter(),
    "alphanumeric": AlphanumericConverter(),
    "bool": BoolConverter(),
    "date": DateConverter(),
    "email": EmailConverter(),
    "float": FloatConverter(),
    "hex": HexConverter(),
    "int": IntConverter(),
    "json": JsonConverter(),
    "octal": OctalConverter(),
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


# Modules of routes register converters while they are imported, when there is no application yet; so, as with models, there is one
# register for the process, which only grows. Converters of one application alone are given to its router.
_registered: dict[str, Converter] = {}


def register_converter(converter: type[Converter], type_name: str) -> None:
    """Make a converter known to all routers that are made from now on, as ``<type_name:parameter>``.

    Args:
        converter: A class with `Converter.regex`, `Converter.to_python` and `Converter.to_url`; called without arguments.
        type_name: Not taken by another converter.

    Raises:
        PatternError: If the name is none or taken, or the class lacks something.
    """
    if not re.fullmatch(r"[^<>:\s]+", type_name):
        raise PatternError(type_name, "the name of a converter has neither colons, angle brackets nor spaces")
    missing = [name for name in ("regex", "to_python", "to_url") if not hasattr(converter, name)]
    if missing:
        raise PatternError(type_name, f"the converter {converter!r:.80} lacks {', '.join(missing)}")
    known = _registered.get(type_name, DEFAULT_CONVERTERS.get(type_name))
    # A module that is loaded anew, as development servers do, brings the same class once more.
    if known is not None and not _is_same(type(known), converter):
        raise PatternError(
            type_name, f"the converter {type_name!r} is already registered, as {type(known).__qualname__}"
        )
    if type(known) is not converter:
        _registered[type_name] = converter()


def _is_same(one: type[object], other: type[object]) -> bool:
    return one is other or (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)


def registered_converters() -> Mapping[str, Converter]:
    """Return what `register_converter` has been told so far."""
    return dict(_registered)


def get_converters() -> Mapping[str, Converter]:
    """Return all converters that every router knows, by name."""
    return {**DEFAULT_CONVERTERS, **_registered}
