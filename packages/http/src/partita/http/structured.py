"""Structured field values: one grammar for header fields that are items, lists or dictionaries (RFC 9651)."""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

import msgspec

from partita.http.errors import HeaderSyntaxError

__all__ = (
    "BareItem",
    "Date",
    "DisplayString",
    "InnerList",
    "Item",
    "Token",
    "parse_dictionary",
    "parse_item",
    "parse_list",
    "write_dictionary",
    "write_item",
    "write_list",
)


class Token(str):
    """A word without quotes, such as ``gzip`` or ``text/html``."""

    __slots__ = ()


class DisplayString(str):
    """Text for people, in any script (section 3.3.8); a plain ``str`` is ASCII."""

    __slots__ = ()


class Date(int):
    """A moment in seconds since 1970 (section 3.3.7)."""

    __slots__ = ()

    @property
    def moment(self) -> datetime:
        """The moment in UTC.

        Raises:
            OverflowError: If it lies outside of the years 1 to 9999.
        """
        try:
            return datetime.fromtimestamp(int(self), UTC)
        except (ValueError, OSError) as error:
            raise OverflowError(f"@{int(self)} lies outside of the years 1 to 9999") from error


BareItem: TypeAlias = bool | int | float | Decimal | str | bytes
"""A value: ``Token``, ``DisplayString`` and ``Date`` count as ``str`` and ``int``. Floats may be written, decimals are read."""
Parameters = Mapping[str, BareItem]


# Nothing in them can lead back to them, so the garbage collector need not look at what a long list is made of.
class Item(msgspec.Struct, frozen=True, gc=False):
    """A value with its parameters."""

    value: BareItem
    parameters: Parameters = {}


class InnerList(msgspec.Struct, frozen=True, gc=False):
    """Items in parentheses, with parameters of the whole."""

    items: tuple[Item, ...] = ()
    parameters: Parameters = {}


Member = Item | InnerList

_KEY = re.compile(r"[a-z*][a-z0-9_.*\-]*")
_NUMBER = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,3}))?(?![0-9.])")
_BOOLEAN = re.compile(r"\?([01])")
_STRING = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]*+(?:\\["\\][\x20\x21\x23-\x5b\x5d-\x7e]*+)*+)"')
_ESCAPE = re.compile(r'\\(["\\])')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~:/0-9A-Za-z]*")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_DISPLAY = re.compile(r'%"([\x20\x21\x23\x24\x26-\x7e]*+(?:%[0-9a-f]{2}[\x20\x21\x23\x24\x26-\x7e]*+)*+)"')
_OCTET = re.compile(rb"%([0-9a-f]{2})")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_SPACES = re.compile(" *")
_WHITE = re.compile(r"[ \t]*")
_MOST = 999_999_999_999_999


def parse_item(text: str) -> Item:
    """Read a field that is one item, such as ``Idempotency-Key``.

    Args:
        text: The field's value; of several lines of one field, all of them joined by commas.

    Raises:
        HeaderSyntaxError: If it is anything else.
    """
    reader = _Reader(text)
    item = reader.item()
    reader.end()
    return item


def parse_list(text: str) -> list[Member]:
    """Read a field that is a list; an empty one is an empty list.

    Raises:
        HeaderSyntaxError: If it is anything else.
    """
    reader = _Reader(text)
    members: list[Member] = []
    while reader.more(first=not members):
        members.append(reader.member())
    return members


def parse_dictionary(text: str) -> dict[str, Member]:
    """Read a field that is a dictionary, such as ``Priority``; of a key that comes twice, the last value counts.

    Raises:
        HeaderSyntaxError: If it is anything else.
    """
    reader = _Reader(text)
    members: dict[str, Member] = {}
    while reader.more(first=not members):
        key = reader.key()
        members[key] = reader.member() if reader.take("=") else Item(True, reader.parameters())
    return members


def write_item(item: Item | BareItem) -> str:
    """Write an item, or a value without parameters.

    Raises:
        ValueError: If a value cannot be written: it is too large, or has a character that its kind does not allow.
    """
    if isinstance(item, Item):
        return _write_bare(item.value) + _write_parameters(item.parameters)
    return _write_bare(item)


def write_list(members: Iterable[Member | BareItem]) -> str:
    """Write a list; leave the field out if there are no members.

    Raises:
        ValueError: See `write_item`.
    """
    return ", ".join(map(_write_member, members))


def write_dictionary(members: Mapping[str, Member | BareItem]) -> str:
    """Write a dictionary; leave the field out if there are no members.

    Raises:
        ValueError: See `write_item`; also if a key is not lower-case ASCII.
    """
    parts: list[str] = []
    for key, member in members.items():
        if isinstance(member, Item) and member.value is True:
            parts.append(_write_key(key) + _write_parameters(member.parameters))
        else:
            parts.append(_write_key(key) if member is True else f"{_write_key(key)}={_write_member(member)}")
    return ", ".join(parts)


class _Reader:
    """Reads from left to right; each character is looked at a fixed number of times at most."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._skip(_SPACES)

    def item(self) -> Item:
        return Item(self._bare(), self.parameters())

    def member(self) -> Member:
        return self._inner_list() if self._next() == "(" else self.item()

    def more(self, *, first: bool) -> bool:
        """Tell whether another member follows, and go to it."""
        if not first:
            self._skip(_WHITE)
        if self._at == len(self._text):
            return False
        if first:
            return True
        if not self.take(","):
            raise self._error("a comma before the next member")
        self._skip(_WHITE)
        if self._at == len(self._text):
            raise self._error("a member after the comma")
        return True

    def end(self) -> None:
        self._skip(_SPACES)
        if self._at != len(self._text):
            raise self._error("nothing after the item")

    def key(self) -> str:
        return self._match(_KEY, "a key in lower case")[0]

    def take(self, character: str) -> bool:
        if self._next() != character:
            return False
        self._at += 1
        return True

    def parameters(self) -> dict[str, BareItem]:
        found: dict[str, BareItem] = {}
        while self.take(";"):
            self._skip(_SPACES)
            key = self.key()
            found[key] = self._bare() if self.take("=") else True
        return found

    def _inner_list(self) -> InnerList:
        self._at += 1
        items: list[Item] = []
        while True:
            self._skip(_SPACES)
            if self.take(")"):
                return InnerList(tuple(items), self.parameters())
            items.append(self.item())
            if self._next() not in {" ", ")"}:
                raise self._error("a space or a closing parenthesis after an item of an inner list")

    def _bare(self) -> BareItem:
        first = self._next()
        if first == '"':
            return _ESCAPE.sub(r"\1", self._match(_STRING, "ASCII in double quotes")[1])
        if first == "-" or first.isdigit():
            return self._number()
        if first == ":":
            return self._octets()
        if first == "?":
            return self._match(_BOOLEAN, "?0 or ?1")[1] == "1"
        if first == "@":
            self._at += 1
            seconds = self._number()
            if isinstance(seconds, Decimal):
                raise self._error("whole seconds in a date")
            return Date(seconds)
        if first == "%":
            return self._display_string()
        return Token(self._match(_TOKEN, "a value")[0])

    def _number(self) -> int | Decimal:
        found = self._match(_NUMBER, "an integer of at most 15 digits, or a decimal of 12 and 3")
        if found[2] is None:
            return int(found[1])
        if len(found[1].lstrip("-")) > 12:
            raise self._error("a decimal of at most 12 digits before the point")
        return Decimal(found[0])

    def _octets(self) -> bytes:
        text = self._match(_BYTES, "base64 between colons")[1].rstrip("=")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error as error:
            raise self._error("base64 between colons") from error

    def _display_string(self) -> DisplayString:
        raw = self._match(_DISPLAY, "text in double quotes after a percent sign")[1].encode("ascii")
        try:
            return DisplayString(_OCTET.sub(lambda found: bytes.fromhex(found[1].decode()), raw).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self._error("UTF-8 in a display string") from error

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, white: "re.Pattern[str]") -> None:
        found = white.match(self._text, self._at)
        assert found is not None  # both patterns match nothing as well
        self._at = found.end()

    def _match(self, pattern: "re.Pattern[str]", expected: str) -> "re.Match[str]":
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._error(expected)
        self._at = found.end()
        return found

    def _error(self, expected: str) -> HeaderSyntaxError:
        return HeaderSyntaxError("structured field", self._text[self._at : self._at + 80], f"{expected} at {self._at}")


def _write_member(member: Member | BareItem) -> str:
    if isinstance(member, InnerList):
        return f"({' '.join(map(write_item, member.items))}){_write_parameters(member.parameters)}"
    return write_item(member)


def _write_parameters(parameters: Parameters) -> str:
    return "".join(
        f";{_write_key(key)}" if value is True else f";{_write_key(key)}={_write_bare(value)}"
        for key, value in parameters.items()
    )


def _write_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"{key[:80]!r} is no key: it needs lower-case ASCII letters, digits and _-.*, a letter or * first"
        )
    return key


def _write_bare(value: BareItem) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        if not -_MOST <= value <= _MOST:
            raise ValueError(f"{value} has more than 15 digits")
        return f"@{int(value)}" if isinstance(value, Date) else str(int(value))
    if isinstance(value, Decimal | float):
        return _write_decimal(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    return _write_text(value)


def _write_decimal(value: Decimal | float) -> str:
    if not math.isfinite(value) or abs(float(value)) >= 1e12:
        raise ValueError(f"{value} has more than 12 digits before the point")
    rounded = Decimal(str(value)).quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    if abs(rounded) >= 10**12:
        raise ValueError(f"{value} has more than 12 digits before the point")
    text = f"{rounded:f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _write_text(value: str) -> str:
    if isinstance(value, Token):
        if not _TOKEN.fullmatch(value):
            raise ValueError(f"{str(value)[:80]!r} is no token; a string may have spaces and quotes")
        return str(value)
    if isinstance(value, DisplayString):
        octets = value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
        return '%"' + "".join(chr(o) if 0x20 <= o <= 0x7E and o not in b'%"' else f"%{o:02x}" for o in octets) + '"'
    if not _PRINTABLE.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is not printable ASCII; a DisplayString takes any text")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
