"""JSON: one array of objects, read and written object by object."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from partita.serializers.errors import FormatSyntaxError, UnserializableContent
from partita.serializers.formats.base import DEEPEST, LONGEST
from partita.serializers.records import Record

__all__ = ("JSONFormat", "checked_depth", "json_text")

_CHUNK = 64 * 1024
_UNFINISHED = 16  # characters that a cut number, word or escape may have
_BLANK = " \t\n\r"


class JSONFormat:
    """An array of objects, in UTF-8 and without escapes for what is not ASCII."""

    __slots__ = ()

    name = "json"
    extensions = ("json",)

    def writer(self, indent: int | None = None) -> "_Writer":
        """See `Format.writer`."""
        return _Writer(indent)

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        """See `Format.read`."""
        return _Reader(stream).objects()


class _Writer:
    def __init__(self, indent: int | None) -> None:
        self._indent = indent
        self._first = True

    def begin(self) -> str:
        return "[" if self._indent is None else "[\n"

    def write(self, record: Record) -> str:
        text = json_text(record, self._indent)
        if self._first:
            self._first = False
            return text
        return (", " if self._indent is None else ",\n") + text

    def end(self) -> str:
        return "]\n" if self._indent is None or self._first else "\n]\n"


def json_text(record: Record, indent: int | None) -> str:
    """Return one record as a JSON object.

    Raises:
        UnserializableContent: If JSON has no way to say a value, such as a number that is not finite within a `JSONField`.
    """
    try:
        return json.dumps(record.as_json(), ensure_ascii=False, allow_nan=False, indent=indent)
    except (ValueError, TypeError, RecursionError) as error:
        raise UnserializableContent(
            record.place(), f"has a value that JSON has no way to say: {error!s:.200}"
        ) from error


class _Reader:
    """Takes objects out of an array that comes piece by piece; the buffer holds little more than one object."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._ended = False

    def objects(self) -> Iterator[Mapping[str, object]]:
        number = 0
        if self._next_character() != "[":
            raise FormatSyntaxError("", "expected a JSON array of objects, which begins with [")
        self._at += 1
        while True:
            mark = self._next_character()
            if mark == "]":
                break
            if number and mark != ",":
                raise self._error(number, "expected , or ] after an object", mark)
            if number:
                self._at += 1
                mark = self._next_character()
            number += 1
            if mark != "{":
                raise self._error(number, "expected an object, which begins with {", mark)
            yield self._object(number)
        self._at += 1
        if rest := self._next_character():
            raise self._error(number, "expected nothing after the array", rest)

    def _error(self, number: int, expected: str, found: str) -> FormatSyntaxError:
        return FormatSyntaxError(
            f"object {number}", f"{expected}, got {found!r}" if found else f"{expected}, got the end"
        )

    def _next_character(self) -> str:
        """Return the next character that is not blank without taking it; nothing at the end."""
        while True:
            buffer = self._buffer
            while self._at < len(buffer) and buffer[self._at] in _BLANK:
                self._at += 1
            if self._at < len(buffer):
                return buffer[self._at]
            if not self._fill(_CHUNK):
                return ""

    def _fill(self, count: int) -> bool:
        """Read more characters; return whether there were any."""
        if self._ended:
            return False
        piece = self._stream.read(count)
        self._buffer = self._buffer[self._at :] + piece
        self._at = 0
        self._ended = not piece
        return bool(piece)

    def _object(self, number: int) -> Mapping[str, object]:
        while True:
            try:
                found, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._buffer) - _UNFINISHED or error.msg.startswith("Unterminated string")
                # Each time there is twice as much to try again, so that the cost stays in proportion to the length.
                if not cut or not self._fill(max(len(self._buffer) - self._at, _CHUNK)):
                    raise FormatSyntaxError(f"object {number}", f"this is not JSON: {error.msg}") from None
                if len(self._buffer) - self._at > LONGEST:
                    raise FormatSyntaxError(f"object {number}", f"it is longer than {LONGEST} characters") from None
            except RecursionError:
                raise FormatSyntaxError(f"object {number}", "lists and objects are nested too deeply") from None
            except ValueError as error:  # a number of more digits than Python reads
                raise FormatSyntaxError(f"object {number}", f"{error!s:.200}") from None
            else:
                self._at = end
                checked: Mapping[str, object] = checked_depth(found, f"object {number}")
                return checked


def checked_depth(found: Any, place: str) -> Any:
    """Return what was read, unless it is nested more than `DEEPEST` levels.

    Raises:
        FormatSyntaxError: If it is.
    """
    level = [found]
    for _ in range(DEEPEST):
        level = [
            part
            for each in level
            for part in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(part, dict | list)
        ]
        if not level:
            return found
    raise FormatSyntaxError(place, f"lists and objects are nested more than {DEEPEST} levels deep")
