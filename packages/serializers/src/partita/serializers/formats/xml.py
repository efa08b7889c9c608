"""XML: one element a row and one a field; what could make a small text large or reach outside of it is refused."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TextIO
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from partita.serializers.errors import FormatSyntaxError, UnserializableContent
from partita.serializers.formats.base import LONGEST
from partita.serializers.records import Record
from partita.serializers.values import Text, text_of

__all__ = ("XMLFormat",)

_CHUNK = 64 * 1024
_ROOT = "django-objects"  # the form that Django writes, so that each reads what the other wrote
# What XML 1.0 has no way to say, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class XMLFormat:
    """The elements ``<object model pk>`` and ``<field name>`` below one root."""

    __slots__ = ()

    name = "xml"
    extensions = ("xml",)

    def writer(self, indent: int | None = None) -> "_Writer":
        """See `Format.writer`."""
        return _Writer(indent)

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        """See `Format.read`."""
        reader = _Reader()
        while piece := stream.read(_CHUNK):
            reader.feed(piece)
            yield from reader.taken()
        reader.feed("", last=True)
        yield from reader.taken()


class _Writer:
    def __init__(self, indent: int | None) -> None:
        self._breaks = ["" if indent is None else "\n" + " " * (indent * level) for level in range(4)]

    def begin(self) -> str:
        return f'<?xml version="1.0" encoding="utf-8"?>\n<{_ROOT} version="1.0">'

    def write(self, record: Record) -> str:
        _, outer, inner, innermost = self._breaks
        key = ""
        if record.key is not None:
            key = f" pk={quoteattr(_checked(record, None, text_of(record.model._meta.pk, record.key)))}"
        parts = [f"{outer}<object model={quoteattr(record.label)}{key}>"]
        for field, value in record.values:
            many = field.many_to_many
            kind = field.get_internal_type()
            if field.is_relation:
                rel = "ManyToManyRel" if many else "OneToOneRel" if field.one_to_one else "ManyToOneRel"
                to = quoteattr(field.related_model._meta.label_lower)
                parts.append(f"{inner}<field name={quoteattr(field.name)} rel={quoteattr(rel)} to={to}>")
            else:
                parts.append(f"{inner}<field name={quoteattr(field.name)} type={quoteattr(kind)}>")
            if many:
                for other in value:
                    parts.append(innermost + self._other(record, field, other))
                parts.append(inner if value else "")
            elif value is None and kind == "JSONField":
                parts.append("null")
            elif value is None:
                parts.append("<None/>")
            elif isinstance(value, tuple):
                parts.append(self._natural(record, field, value))
            else:
                target = field.target_field if field.is_relation else field
                parts.append(_escaped(record, field, text_of(target, value)))
            parts.append("</field>")
        parts.append(f"{outer}</object>")
        return "".join(parts)

    def _other(self, record: Record, field: Any, value: Any) -> str:
        if isinstance(value, tuple):
            return f"<object>{self._natural(record, field, value)}</object>"
        key = quoteattr(_checked(record, field, text_of(field.related_model._meta.pk, value)))
        return f"<object pk={key}></object>"

    def _natural(self, record: Record, field: Any, parts: tuple[Any, ...]) -> str:
        texts = ["<None/>" if part is None else _escaped(record, field, text_of(field, part)) for part in parts]
        return "".join(f"<natural>{text}</natural>" for text in texts)

    def end(self) -> str:
        return f"{self._breaks[0]}</{_ROOT}>"


def _escaped(record: Record, field: Any, text: str) -> str:
    return _checked(record, field, text).translate(_ESCAPES)


def _checked(record: Record, field: Any, text: str) -> str:
    found = _FORBIDDEN.search(text)
    if found is not None:
        raise UnserializableContent(
            record.place(field),
            f"contains unserializable characters: XML has no way to say {found[0]!r}. Remove it, or write another format.",
        )
    return text


class _Reader:
    """Makes mappings of the elements that the parser finds."""

    def __init__(self) -> None:
        parser: Any = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = self._refuse
        self._parser = parser
        self._done: list[Mapping[str, object]] = []
        self._path: list[str] = []
        self._row: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        self._field = ""
        self._value: Any = None
        self._natural: list[Text | None] | None = None
        self._is_none = False
        self._key: Text | None = None
        self._text: list[str] = []
        self._number = 0
        self._size = 0

    def taken(self) -> list[Mapping[str, object]]:
        done, self._done = self._done, []
        return done

    def feed(self, piece: str, *, last: bool = False) -> None:
        self._size += len(piece)
        if self._size > LONGEST + _CHUNK:
            raise self._error(f"the object is longer than {LONGEST} characters")
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise FormatSyntaxError(
                f"line {error.lineno}", f"this is not XML: {expat.ErrorString(error.code)}"
            ) from None
        except UnicodeEncodeError:
            raise self._error("the text has half a character (a lone surrogate)") from None

    def _error(self, reason: str) -> FormatSyntaxError:
        return FormatSyntaxError(f"line {self._parser.CurrentLineNumber}", reason)

    def _refuse(self, *_: object) -> None:
        raise self._error(
            "document types and entities are refused: they can make a small text large or read other files"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        path = self._path
        if path and name not in (expected := _allowed(path)):
            raise self._error(f"expected {' or '.join(expected) or 'text'}, got <{name:.80}>")
        path.append(name)
        self._text = []
        if len(path) == 2:
            self._number += 1
            self._fields = {}
            self._row = {"fields": self._fields}
            if "model" in attributes:
                self._row["model"] = attributes["model"]
            if "pk" in attributes:
                self._row["pk"] = Text(attributes["pk"])
        elif len(path) == 3:
            if "name" not in attributes:
                raise self._error('<field> needs the attribute "name"')
            self._field, self._natural = attributes["name"], None
            self._value = [] if attributes.get("rel") == "ManyToManyRel" else _TEXT
        elif name == "object":
            self._natural, self._key = None, Text(attributes["pk"]) if "pk" in attributes else None
        elif name == "None" and path[-2] == "natural":
            self._is_none = True
        elif name == "None":
            self._value = None

    def _characters(self, text: str) -> None:
        self._text.append(text)

    def _end(self, name: str) -> None:
        depth = len(self._path)
        self._path.pop()
        if name == "natural":
            if self._natural is None:
                self._natural = []
            self._natural.append(None if self._is_none else Text("".join(self._text)))
            self._is_none = False
        elif depth == 4 and name == "object":
            if not isinstance(self._value, list):
                raise self._error('<object> within a <field> needs rel="ManyToManyRel" there')
            other: Any = self._key if self._natural is None else self._natural
            if other is None:
                raise self._error('<object> needs the attribute "pk" or <natural> within it')
            self._value.append(other)
            self._natural = None
        elif depth == 3:
            if self._value is _TEXT:
                self._value = Text("".join(self._text)) if self._natural is None else self._natural
            self._fields[self._field] = self._value
        elif depth == 2:
            self._done.append(self._row)
            self._size = 0
        self._text = []


def _allowed(path: list[str]) -> tuple[str, ...]:
    """Return the elements that may stand within the one that `path` leads to."""
    if len(path) < 4:
        return [("object",), ("field",), ("object", "natural", "None")][len(path) - 1]
    return {"natural": ("None",), "object": ("natural",)}.get(path[-1], ())


_TEXT = object()
