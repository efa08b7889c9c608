"""Header fields: immutable, in order, without regard to case."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar, cast, overload

from partita.http.errors import HeaderSyntaxError

__all__ = ("Headers", "RawHeaders", "encode_field")

RawHeaders = Iterable[tuple[bytes, bytes]]
D = TypeVar("D")

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 5.6.2
# Section 5.5 leaves out all controls but tab; a line break or NUL would end the field early.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MOST_JOINED = 8  # results that are kept, such as those for the languages of a site


def encode_field(name: str, value: str) -> tuple[bytes, bytes]:
    """Check one field and return it in the form that goes on the wire, with its name in lower case.

    Raises:
        HeaderSyntaxError: If the name is not a token, or the value could end the field early.
    """
    if not _TOKEN.fullmatch(name):
        raise HeaderSyntaxError(name[:40], value, "a name of letters, digits and !#$%&'*+-.^_`|~")
    try:
        raw = value.encode("latin-1").strip(b" \t")
    except UnicodeEncodeError:
        raise HeaderSyntaxError(name, value, "characters of Latin-1; encode others as the header defines") from None
    if _FORBIDDEN.search(raw):
        raise HeaderSyntaxError(name, value, "a value without line breaks, NUL and other controls")
    return name.lower().encode("latin-1"), raw


class Headers:
    """Fields of a request or a response.

    Names are kept in lower case, values as they are. A field that occurs several times reads as its values joined with
    a comma (RFC 9110, section 5.3), ``cookie`` with a semicolon; `get_all` keeps them apart.

    Args:
        fields: A mapping, or pairs of name and value.

    Raises:
        HeaderSyntaxError: If a name is not a token, or a value holds a line break or another control.
    """

    __slots__ = ("_index", "_joined_before", "_raw", "_wire", "completed", "memo", "passed")

    completed: "tuple[Headers, Headers] | None"
    """The last argument of `with_defaults` and what came of it: every response of one kind gets the same. Not part of them."""

    memo: object
    """What whoever writes responses wants to remember of these fields, such as their bytes; None at first. Not part of them."""
    passed: tuple[object, ...]
    """Marks of checks that look at nothing but the fields and found them good: requests of one connection mostly share their fields,
    and need not be checked again. A check adds its mark only if the field that it is about is there. Not part of them."""

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        pairs = cast("Iterable[tuple[str, str]]", fields.items() if isinstance(fields, Mapping | Headers) else fields)
        self._raw: tuple[tuple[bytes, bytes], ...] = tuple([encode_field(name, value) for name, value in pairs])
        self._index: dict[bytes, bytes] | None = None
        self._wire: bytes | None = None
        self._joined_before: tuple[tuple[Headers, Headers | None], ...] = ()
        self.memo = self.completed = None
        self.passed = ()

    @classmethod
    def from_raw(cls, raw: RawHeaders, index: dict[bytes, bytes] | None = None) -> "Headers":
        """Take fields that a server has checked.

        Args:
            raw: Pairs of name and value; names in lower case, values without surrounding space.
            index: The same as a dict if whoever calls has one anyway; only where no name occurs twice.
        """
        self = cls.__new__(cls)
        self._raw = raw if type(raw) is tuple else tuple(raw)
        self._index = index
        self._wire = self.memo = self.completed = None
        self._joined_before = self.passed = ()
        return self

    @property
    def raw(self) -> tuple[tuple[bytes, bytes], ...]:
        """Pairs of name and value as bytes."""
        return self._raw

    @property
    def wire(self) -> bytes:
        """All fields as lines of HTTP/1.1, each ended by CR LF."""
        wire = self._wire
        if wire is None:
            wire = self._wire = b"".join([b"%b: %b\r\n" % field for field in self._raw])
        return wire

    def _values(self) -> dict[bytes, bytes]:
        index = self._index
        if index is None:
            index = dict(self._raw)
            if len(index) != len(self._raw):
                index = self._joined()
            self._index = index
        return index

    def _joined(self) -> dict[bytes, bytes]:
        lists: dict[bytes, list[bytes]] = {}
        for name, value in self._raw:
            # Some clients end each line of cookies with a semicolon.
            lists.setdefault(name, []).append(value.rstrip(b"; ") if name == b"cookie" else value)
        return {name: (b"; " if name == b"cookie" else b", ").join(values) for name, values in lists.items()}

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: D) -> str | D: ...
    def get(self, name: str, default: D | None = None) -> str | D | None:
        """Return the value of ``name``, several joined, or ``default``."""
        value = self._values().get(name.lower().encode("latin-1", "replace"))
        return default if value is None else value.decode("latin-1")

    def get_raw(self, name: bytes) -> bytes | None:
        """Return the value of ``name`` as bytes, several joined.

        Args:
            name: In lower case.
        """
        index = self._index
        return (self._values() if index is None else index).get(name)

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return every value of ``name`` in order."""
        key = name.lower().encode("latin-1", "replace")
        return tuple([value.decode("latin-1") for field, value in self._raw if field == key])

    getlist = get_all

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower().encode("latin-1", "replace") in self._values()

    def __iter__(self) -> Iterator[str]:
        return iter([name.decode("latin-1") for name in self._values()])

    def keys(self) -> list[str]:
        """Return each name once."""
        return list(self)

    def __len__(self) -> int:
        return len(self._raw)

    def items(self) -> list[tuple[str, str]]:
        """Return pairs of name and value, as many as there are fields."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw]

    def with_header(self, name: str, value: str) -> "Headers":
        """Return a copy in which ``name`` has this one value."""
        field = encode_field(name, value)
        return Headers.from_raw((*[pair for pair in self._raw if pair[0] != field[0]], field))

    def with_added(self, name: str, value: str) -> "Headers":
        """Return a copy with one more field."""
        return Headers.from_raw((*self._raw, encode_field(name, value)))

    def without(self, name: str) -> "Headers":
        """Return a copy that has no ``name``."""
        key = name.lower().encode("latin-1", "replace")
        return Headers.from_raw([pair for pair in self._raw if pair[0] != key])

    def joined(self, other: "Headers") -> "Headers | None":
        """Return both one after the other, or None if they have a name in common.

        What they look like on the wire is put together, too, and the last results are kept: middleware adds the same fields to
        every response, and most responses of one kind share theirs.
        """
        for known, both in self._joined_before:
            if known is other:
                return both
        names = other._values()
        joined = None
        if names.keys().isdisjoint([name for name, _ in self._raw]):
            joined = Headers.from_raw(self._raw + other._raw)
            joined._wire = self.wire + other.wire
        self._joined_before = (*self._joined_before[1 - _MOST_JOINED :], (other, joined))
        return joined

    def with_defaults(self, other: "Headers") -> "Headers":
        """Return a copy with those fields of ``other`` whose names it lacks; the last result is kept in `completed`."""
        joined = self.joined(other)
        if joined is None:
            present = self._values()
            joined = Headers.from_raw((*self._raw, *[pair for pair in other._raw if pair[0] not in present]))
        self.completed = (other, joined)
        return joined

    def __eq__(self, other: object) -> bool:
        return self._raw == other._raw if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"
