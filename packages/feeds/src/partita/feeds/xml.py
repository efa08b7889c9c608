"""Writes XML: everything is escaped on the way in, and what XML 1.0 cannot hold is left out."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ("XmlWriter",)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_IN_ATTRIBUTES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})  # fmt: skip


class XmlWriter:
    """A document that grows from its start to its end.

    Args:
        encoding: What the document says it is encoded in; `text` gives characters in any case.
    """

    __slots__ = ("_parts",)

    def __init__(self, encoding: str = "utf-8") -> None:
        self._parts = [f'<?xml version="1.0" encoding="{_quoted(encoding)}"?>\n']

    def stylesheet(self, url: str, kind: str | None = "", media: str | None = "screen") -> None:
        """Write a processing instruction that names a style sheet (https://www.w3.org/TR/xml-stylesheet/).

        Args:
            url: Where it is.
            kind: Its media type; by default what the URL's ending says, else ``text/xsl``; None leaves it unsaid.
            media: A media query; nothing for every medium.
        """
        if kind == "":
            kind = "text/css" if url.partition("?")[0].endswith(".css") else "text/xsl"
        named = {"href": url, "media": media, "type": kind}
        shown = _attributes({name: value for name, value in named.items() if value})
        self._parts.append(f"<?xml-stylesheet{shown}?>\n")

    def element(self, name: str, text: object = None, attributes: Mapping[str, object] | None = None) -> None:
        """Write an element that holds text, or nothing."""
        if text is None:
            self._parts.append(f"<{name}{_attributes(attributes)}/>")
        else:
            self._parts.append(f"<{name}{_attributes(attributes)}>{_escaped(text)}</{name}>")

    def optional(self, name: str, text: object) -> None:
        """Write an element if there is text for it."""
        if text is not None and text != "":
            self.element(name, text)

    @contextmanager
    def inside(self, name: str, attributes: Mapping[str, object] | None = None) -> Iterator[None]:
        """Write an element; what is written inside ``with`` is its content."""
        self.open(name, attributes)
        yield
        self.close(name)

    def open(self, name: str, attributes: Mapping[str, object] | None = None) -> None:
        """Write the start of an element; `close` ends it."""
        self._parts.append(f"<{name}{_attributes(attributes)}>")

    def close(self, name: str) -> None:
        """Write the end of an element."""
        self._parts.append(f"</{name}>")

    def characters(self, text: object) -> None:
        """Write text inside the element that is open."""
        self._parts.append(_escaped(text))

    def text(self) -> str:
        """Return the document so far."""
        return "".join(self._parts)


def _attributes(attributes: Mapping[str, object] | None) -> str:
    if not attributes:
        return ""
    return "".join(f' {name}="{_quoted(value)}"' for name, value in attributes.items())


def _escaped(text: object) -> str:
    return _FORBIDDEN.sub("", str(text)).translate(_ESCAPES)


def _quoted(value: object) -> str:
    return _FORBIDDEN.sub("", str(value)).translate(_IN_ATTRIBUTES)
