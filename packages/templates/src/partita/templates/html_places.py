"""Reads HTML piece by piece, and knows at each point whether it is in text, in a tag, in an attribute or in a script."""

import re
from typing import Literal, NamedTuple

__all__ = ("HtmlReader", "Place", "Tag")

Mode = Literal["text", "tag", "before value", "unquoted", "quoted", "raw", "comment", "declaration"]
_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_SPACE = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"[^\s/>=]+")
_UNQUOTED = re.compile(r"[^\s>]+")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "noembed", "noframes", "plaintext"})


class Tag(NamedTuple):
    """A start or end tag that has been read."""

    name: str
    closing: bool
    alone: bool
    """Whether it ends with a slash."""


class Place(NamedTuple):
    """Where something would stand."""

    mode: Mode
    element: str
    """Of a raw text, or of the tag around an attribute."""
    attribute: str
    value: str
    """What of the attribute's value is before it."""


class HtmlReader:
    """The state between two pieces of HTML."""

    def __init__(self) -> None:
        self.mode: Mode = "text"
        self.element = self.attribute = self.value = self.quote = ""
        self.closing = False
        self._slash = False

    def copy(self) -> "HtmlReader":
        """Return a reader that stands at the same point."""
        made = HtmlReader()
        made.__dict__.update(self.__dict__)
        return made

    def place(self) -> Place:
        """Return where what comes next would stand."""
        return Place(self.mode, self.element, self.attribute, self.value)

    def something(self) -> None:
        """Take note that a value of which nothing is known stands here."""
        if self.mode == "before value":
            self.mode, self.value = "unquoted", "?"
        elif self.mode in {"unquoted", "quoted"}:
            self.value += "?"
        elif self.mode == "tag":
            self._slash = False

    def read(self, text: str) -> list[tuple[int, Tag]]:
        """Read on.

        Returns:
            The tags that ended, each with how many characters of ``text`` stand before its end.
        """
        tags: list[tuple[int, Tag]] = []
        at = 0
        while at < len(text):
            at = getattr(self, f"_in_{self.mode.replace(' ', '_')}")(text, at, tags)
        return tags

    def _in_text(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        start = text.find("<", at)
        if start == -1:
            return len(text)
        if text.startswith("<!--", start):
            self.mode = "comment"
            return start + 4
        if text.startswith(("<!", "<?"), start):
            self.mode = "declaration"
            return start + 2
        closing = text.startswith("/", start + 1)
        name = _NAME.match(text, start + 1 + closing)
        if name is None:
            return start + 1
        self.mode, self.element, self.closing, self._slash = "tag", name[0].lower(), closing, False
        return name.end()

    def _in_comment(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        return self._until(text, at, "-->")

    def _in_declaration(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        return self._until(text, at, ">")

    def _until(self, text: str, at: int, end: str) -> int:
        found = text.find(end, at)
        if found == -1:
            return len(text)
        self.mode = "text"
        return found + len(end)

    def _in_tag(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        space = _SPACE.match(text, at)
        end = space.end() if space is not None else at
        if end > at:
            self._slash = text[end - 1] == "/"
        if end == len(text):
            return end
        if text[end] == ">":
            tags.append((end + 1, Tag(self.element, self.closing, self._slash)))
            self.mode = "raw" if self.element in _RAW and not self.closing and not self._slash else "text"
            self.attribute = ""
            return end + 1
        if text[end] == "=":
            self.mode, self.value = "before value", ""
            return end + 1
        name = _ATTRIBUTE.match(text, end)
        self._slash = False
        if name is None:
            return end + 1
        self.attribute = name[0].lower()
        return name.end()

    def _in_before_value(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        if text[at].isspace():
            return at + 1
        if text[at] in "\"'":
            self.mode, self.quote, self.value = "quoted", text[at], ""
            return at + 1
        self.mode = "tag" if text[at] == ">" else "unquoted"
        return at

    def _in_unquoted(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        found = _UNQUOTED.match(text, at)
        if found is None:
            self.mode = "tag"
            return at
        self.value += found[0]
        return found.end()

    def _in_quoted(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        end = text.find(self.quote, at)
        if end == -1:
            self.value += text[at:]
            return len(text)
        self.value, self.mode = "", "tag"
        self.attribute = ""
        return end + 1

    def _in_raw(self, text: str, at: int, tags: list[tuple[int, Tag]]) -> int:
        found = re.compile(rf"</{re.escape(self.element)}(?=[\s/>])", re.IGNORECASE).search(text, at)
        if found is None:
            return len(text)
        self.mode, self.closing, self._slash = "tag", True, False
        return found.end()
