"""Formats by name; what is there without being registered is imported when it is first asked for."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, cast

from partita.contracts import current
from partita.contracts.key import ExtensionPoint, Key
from partita.serializers.errors import UnknownFormat
from partita.serializers.formats.base import Format

__all__ = ("FORMATS", "FORMATS_ADDED", "PYTHON", "Formats", "current_formats")

PYTHON = "python"
"""Not a text: `dump` returns a list of mappings, and `load` takes one."""

_BUILT_IN = {
    "json": ("json", "JSONFormat"),
    "jsonl": ("jsonl", "JSONLinesFormat"),
    "xml": ("xml", "XMLFormat"),
    "yaml": ("yaml", "YAMLFormat"),
}


class Formats:
    """The formats that are known: the built-in ones and those given.

    Args:
        others: Formats of your own; one with the name of a built-in one takes its place.
    """

    def __init__(self, others: Iterable[Format] = ()) -> None:
        self._known: dict[str, Format] = {}
        self._removed: set[str] = set()
        for each in others:
            self.register(each)

    def register(self, format: Format) -> None:
        """Add a format, in the place of one of the same name."""
        self._known[format.name] = format
        self._removed.discard(format.name)

    def unregister(self, name: str) -> None:
        """Take a format away.

        Raises:
            UnknownFormat: If there is none of that name.
        """
        if name not in self.names():
            raise self._unknown(name)
        self._known.pop(name, None)
        self._removed.add(name)

    def names(self) -> list[str]:
        """Return the names of all text formats, in the order of the alphabet."""
        return sorted({*_BUILT_IN, *self._known} - self._removed)

    def get(self, name: str) -> Format:
        """Return the format of that name.

        Raises:
            UnknownFormat: If there is none, or what it needs is not installed.
        """
        known = self._known.get(name)
        if known is None:
            if name not in _BUILT_IN or name in self._removed:
                raise self._unknown(name)
            module, kind = _BUILT_IN[name]
            try:
                made: Any = getattr(import_module(f"partita.serializers.formats.{module}"), kind)()
            except ModuleNotFoundError as error:
                if error.name != "yaml":
                    raise
                raise UnknownFormat(
                    "The format yaml needs PyYAML, which is not installed: pip install partita-serializers[yaml]."
                ) from None
            known = self._known[name] = cast("Format", made)
        return known

    def for_extension(self, extension: str) -> str | None:
        """Return the name of the format whose files end so, such as ``yaml`` for ``yml``; None if there is none."""
        for name in self.names():
            known = self._known.get(name)
            extensions = _EXTENSIONS.get(name, (name,)) if known is None else known.extensions
            if extension in extensions:
                return name
        return None

    def _unknown(self, name: str) -> UnknownFormat:
        return UnknownFormat(f"There is no format {name[:80]!r}; known are: {', '.join(self.names())}, {PYTHON}.")


_EXTENSIONS = {"yaml": ("yaml", "yml")}
FORMATS = Key[Formats]("partita.serializers.formats")
FORMATS_ADDED = ExtensionPoint[Format]("partita.serializers.formats_added")


def current_formats() -> Formats:
    """Return the formats of the current application, or the built-in ones."""
    return current.find(FORMATS) or Formats()
