"""The grammar of ``.env`` files: a subset on which shells, docker compose and python-dotenv agree.

A line is empty, a comment, or ``NAME=value``, perhaps after ``export``. A value is bare (ends at `` #`` or the line's
end), in single quotes (literal) or in double quotes (``\\n \\r \\t \\" \\\\ \\$`` are read); quoted ones may span lines.
Nothing is replaced inside values: no ``$NAME``, no commands.
"""

import re
from typing import NamedTuple

from partita.config.errors import DotenvSyntaxError

__all__ = ("Entry", "parse_dotenv")

_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*", re.ASCII)
_BARE = re.compile(r"[^\n]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPE = re.compile(r"\\([nrt\"\\$])")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_COMMENT = re.compile(r"(?:^|[ \t])#.*", re.DOTALL)


class Entry(NamedTuple):
    """One value and where it stands."""

    value: str
    line: int


def parse_dotenv(text: str) -> dict[str, Entry]:
    """Read a ``.env`` file; of two lines with one name the later counts.

    Raises:
        DotenvSyntaxError: If a line has another form; it names the line.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    entries: dict[str, Entry] = {}
    place, line = 0, 1
    while place < len(text):
        start = place
        if blank := _BLANK.match(text, place):
            place = blank.end()
        else:
            named = _NAME.match(text, place)
            if named is None:
                raise DotenvSyntaxError(line, "a comment or NAME=value")
            value, place = _value(text, named.end(), line)
            entries[named[1]] = Entry(value, line)
        line += text.count("\n", start, place)
    return entries


def _value(text: str, place: int, line: int) -> tuple[str, int]:
    quote = text[place : place + 1]
    if quote not in ("'", '"') or not quote:
        bare = _BARE.match(text, place)
        assert bare is not None  # the pattern matches the empty string as well
        return _COMMENT.sub("", bare[0]).strip(" \t"), min(bare.end() + 1, len(text))
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, place)
    if quoted is None:
        raise DotenvSyntaxError(line, f"a closing {quote} for the value that begins here")
    rest = _BLANK.match(text, quoted.end())
    if rest is None:
        raise DotenvSyntaxError(line, "nothing but a comment after the closing quote")
    value = quoted[1] if quote == "'" else _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), quoted[1])
    return value, rest.end()
