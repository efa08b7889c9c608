"""A `MultiDict` that can be changed, if it was made so."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote

from partita.http.multidict import MultiDict
from partita.http.query import parse_query

__all__ = ("QueryDict",)

_MISSING = object()


class QueryDict(MultiDict[str]):
    """Names with one or several values, as Django's class of that name has them.

    Args:
        query_string: Without a question mark.
        mutable: Whether it may be changed; a `copy` may in any case.
        encoding: How bytes become text.

    Raises:
        BadRequest: If there are more than 1000 parameters.
    """

    __slots__ = ("_encoding", "_mutable")

    def __init__(self, query_string: str | bytes | None = None, mutable: bool = False, encoding: str = "utf-8") -> None:
        raw = query_string.encode() if isinstance(query_string, str) else query_string or b""
        super().__init__(parse_query(raw, encoding=encoding))
        self._mutable, self._encoding = mutable, encoding

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], mutable: bool = False) -> "QueryDict":
        """Return one with ``pairs``."""
        self = cls(mutable=mutable)
        MultiDict.__init__(self, pairs)
        return self

    @classmethod
    def fromkeys(
        cls, names: Iterable[str | bytes], value: str | bytes = "", mutable: bool = False, encoding: str = "utf-8"
    ) -> "QueryDict":
        """Return one in which each of ``names`` has ``value``, as often as it occurs; bytes become text by ``encoding``."""
        made = cls.of([(_decoded(name, encoding), _decoded(value, encoding)) for name in names], mutable)
        made._encoding = encoding
        return made

    @property
    def encoding(self) -> str:
        """How text becomes bytes."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str) -> None:
        self._encoding = value

    def copy(self) -> "QueryDict":
        """Return a copy that may be changed."""
        made = self.of([(name, value) for name, values in self._lists.items() for value in values], mutable=True)
        made._encoding = self._encoding
        return made

    __copy__ = copy

    def __deepcopy__(self, memo: object) -> "QueryDict":
        return self.copy()

    def __setitem__(self, name: str, value: str) -> None:
        self.setlist(name, [value])

    def __delitem__(self, name: str) -> None:
        self._check()
        del self._lists[name]
        self._changed()

    def setlist(self, name: str, values: Iterable[str]) -> None:
        """Give ``name`` these values."""
        self._check()
        self._lists[name] = list(values)
        self._changed()

    def appendlist(self, name: str, value: str) -> None:
        """Give ``name`` one more value."""
        self._check()
        self._lists.setdefault(name, []).append(value)
        self._changed()

    def setlistdefault(self, name: str, values: Iterable[str] = ()) -> list[str]:
        """Give ``name`` these values unless it is there; return those it has then."""
        self._check()
        if name not in self._lists:
            self.setlist(name, values)
        return self.getlist(name)

    def setdefault(self, name: str, default: str = "") -> str:
        """Give ``name`` this value unless it is there; return the one it has then."""
        self._check()
        if name not in self._lists:
            self[name] = default
        return self[name]

    def update(self, other: "Mapping[str, str] | MultiDict[str] | Iterable[tuple[str, str]]" = (), **more: str) -> None:
        """Add values to those that are there, as Django does; it replaces none."""
        self._check()
        if isinstance(other, MultiDict):
            other = other.pairs()
        pairs = cast("Iterable[tuple[str, str]]", other.items() if isinstance(other, Mapping) else other)
        for name, value in (*pairs, *more.items()):
            self.appendlist(name, value)

    def pop(self, name: str, default: object = _MISSING) -> object:
        """Take ``name`` out; return the list of its values, or ``default``."""
        self._check()
        if name not in self._lists and default is not _MISSING:
            return default
        values = self._lists.pop(name)
        self._changed()
        return values

    def popitem(self) -> tuple[str, list[str]]:
        """Take out the last name; return it with its values."""
        self._check()
        item = self._lists.popitem()
        self._changed()
        return item

    def clear(self) -> None:
        """Take everything out."""
        self._check()
        self._lists.clear()
        self._changed()

    def urlencode(self, safe: str = "") -> str:
        """Return everything as a query string; the values of one name stand together."""
        return "&".join(
            f"{_quoted(name, safe, self._encoding)}={_quoted(value, safe, self._encoding)}"
            for name, values in self._lists.items()
            for value in values
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MultiDict):
            return self._lists == other._lists
        return self._lists == other if isinstance(other, Mapping) else NotImplemented  # names with lists, as in Django

    __hash__ = None  # type: ignore[assignment]  # what can be changed is no key

    def __repr__(self) -> str:
        return f"<QueryDict: {self._lists!r}>"

    def _check(self) -> None:
        if not self._mutable:
            raise AttributeError("This QueryDict instance is immutable. Change a copy() of it.")

    def _changed(self) -> None:
        # Made anew when somebody asks: a thousand changes of a thousand names would make a million pairs.
        with suppress(AttributeError):
            del self._pairs

    def __getattr__(self, name: str) -> Any:
        if name != "_pairs":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._pairs = tuple([(key, value) for key, values in self._lists.items() for value in values])
        return self._pairs


def _decoded(value: str | bytes, encoding: str) -> str:
    return value.decode(encoding, "replace") if isinstance(value, bytes) else value


def _quoted(text: object, safe: str, encoding: str) -> str:
    return quote(str(text), safe=safe + " ", encoding=encoding, errors="replace").replace(" ", "+")
