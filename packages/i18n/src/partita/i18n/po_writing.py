"""Writes .po files in time that grows with their size and no faster."""

import re
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

__all__ = ("write_messages",)

LONGEST = 100
"""Letters, or other marks, in a row up to which lines are wrapped."""
_RUN = re.compile(r"\w++|[^\w\s]++")


def write_messages(
    file: IO[bytes],
    catalog: "Catalog",
    width: int = 80,
    *,
    locations: bool = True,
    line_numbers: bool = True,
    obsolete: bool = True,
    sort_by_file: bool = False,
) -> None:
    """Write a catalogue.

    Babel looks for places to wrap in a way that takes the square of the length of what has no space in it, which for a hundred
    thousand percent signs is minutes: a catalogue with such a message is written without wrapping.

    Args:
        file: Written to.
        catalog: Its messages.
        width: Characters after which long lines break; 0 for nowhere.
        locations: Whether to say where each message stands.
        line_numbers: Whether to say in which line, too.
        obsolete: Whether messages that are in no source any more are kept.
        sort_by_file: Order the messages by where they stand.
    """
    from babel.messages.pofile import write_po

    if width and any(_is_unbroken(text) for text in _texts(catalog)):
        width = 0
    write_po(
        file, catalog, width=width, no_location=not locations, include_lineno=line_numbers,
        ignore_obsolete=not obsolete, sort_by_file=sort_by_file,
    )  # fmt: skip


def _is_unbroken(text: str) -> bool:
    return len(text) > LONGEST and max(map(len, _RUN.findall(text)), default=0) > LONGEST


def _texts(catalog: "Catalog") -> Iterator[str]:
    for message in (*catalog, *catalog.obsolete.values()):
        yield from _texts_of(message)


def _texts_of(message: "Message") -> Iterator[str]:
    for value in (message.id, message.string, message.context):
        yield from filter(None, [value] if isinstance(value, str) else value or ())
