"""What callers hand in as text: strings, bytes and files, as one stream of text."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from partita.serializers.errors import FormatSyntaxError

__all__ = ("Readable", "Source", "Writable", "name_of", "text_stream")


class Readable(Protocol):
    """A file open for reading, of text or of bytes."""

    def read(self, size: int = ..., /) -> str | bytes:
        """Return at most ``size`` characters or bytes, and none at the end."""
        ...

    def readline(self, size: int = ..., /) -> str | bytes:
        """Return the next line with its end, but at most ``size`` of it."""
        ...


class Writable(Protocol):
    """A file open for writing text."""

    def write(self, text: str, /) -> object:
        """Take a piece of text."""


Source = str | bytes | Readable


@contextmanager
def text_stream(source: Source) -> Iterator[TextIO]:
    """Give ``source`` as text in UTF-8; a file stays open.

    Raises:
        FormatSyntaxError: If bytes are not UTF-8.
    """
    wrapped: io.TextIOWrapper | None = None
    stream: Any = source
    if isinstance(source, str):
        stream = io.StringIO(source.removeprefix("\ufeff"))
    elif isinstance(source, bytes):
        stream = wrapped = io.TextIOWrapper(io.BytesIO(source), "utf-8-sig")
    elif not isinstance(source, io.TextIOBase) and isinstance(source.read(0), bytes):
        stream = wrapped = io.TextIOWrapper(stream, "utf-8-sig")
    try:
        yield stream
    except UnicodeDecodeError as error:
        raise FormatSyntaxError(
            name_of(source), f"expected text in UTF-8: {error.reason} at byte {error.start}"
        ) from None
    finally:
        if wrapped is not None:
            wrapped.detach()


def name_of(source: object) -> str:
    """Return the name of a file, for errors; nothing if it has none."""
    name = getattr(source, "name", "")
    return name if isinstance(name, str) else ""
