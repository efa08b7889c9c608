"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator, Mapping
from typing import TextIO

from partita.serializers.errors import FormatSyntaxError
from partita.serializers.formats.base import LONGEST
from partita.serializers.formats.json import checked_depth, json_text
from partita.serializers.records import Record

__all__ = ("JSONLinesFormat",)


class JSONLinesFormat:
    """One object a line, in UTF-8; blank lines are passed over."""

    __slots__ = ()

    name = "jsonl"
    extensions = ("jsonl",)

    def writer(self, indent: int | None = None) -> "_Writer":
        """See `Format.writer`; lines are never indented."""
        return _Writer()

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        """See `Format.read`."""
        number = 0
        while line := stream.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise FormatSyntaxError(f"line {number}", f"it is longer than {LONGEST} characters")
            if line.isspace():
                continue
            try:
                found = json.loads(line)
            except json.JSONDecodeError as error:
                raise FormatSyntaxError(f"line {number}", f"this is not JSON: {error.msg}") from None
            except RecursionError:
                raise FormatSyntaxError(f"line {number}", "lists and objects are nested too deeply") from None
            except ValueError as error:  # a number of more digits than Python reads
                raise FormatSyntaxError(f"line {number}", f"{error!s:.200}") from None
            if not isinstance(found, dict):
                raise FormatSyntaxError(f"line {number}", f"expected an object, got {type(found).__name__}")
            yield checked_depth(found, f"line {number}")


class _Writer:
    def begin(self) -> str:
        return ""

    def write(self, record: Record) -> str:
        return f"{json_text(record, None)}\n"

    def end(self) -> str:
        return ""
