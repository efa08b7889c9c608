"""What a format is: how records become text, and how text becomes mappings again."""

from collections.abc import Iterator, Mapping
from typing import Protocol, TextIO

from partita.serializers.records import Record

__all__ = ("DEEPEST", "LONGEST", "Format", "Writer")

LONGEST = 64 * 2**20
"""Characters that one object of a file may have: what it takes of memory is a small multiple."""

DEEPEST = 200
"""Levels of lists and mappings within one object."""


class Writer(Protocol):
    """Writes one text, from its beginning to its end."""

    def begin(self) -> str:
        """Return what stands before the first record."""
        ...

    def write(self, record: Record) -> str:
        """Return the text of one record.

        Raises:
            UnserializableContent: If the format has no way to say a value.
        """
        ...

    def end(self) -> str:
        """Return what stands after the last record."""
        ...


class Format(Protocol):
    """A text format. Register your own with `Formats`, or add it to an application at ``FORMATS``."""

    @property
    def name(self) -> str:
        """What callers and commands call it, such as ``json``."""
        ...

    @property
    def extensions(self) -> tuple[str, ...]:
        """How names of files in this format end, without the dot, such as ``("yaml", "yml")``."""
        ...

    def writer(self, indent: int | None = None) -> Writer:
        """Return a writer for one text.

        Args:
            indent: Spaces for each level; None for the shortest form.
        """
        ...

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        """Yield objects with ``model``, ``pk`` and ``fields``, reading no more than is needed for the next one.

        Raises:
            FormatSyntaxError: If the text is not in this format, or exceeds `LONGEST` or `DEEPEST`.
        """
        ...
