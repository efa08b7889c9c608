"""Reads JavaScript piece by piece, and knows at each point whether it is in code, in a string, in a comment or elsewhere (ECMA-262,
section 12)."""

import re
from typing import Literal

__all__ = ("JsMode", "JsReader")

JsMode = Literal["code", "single", "double", "template", "regex", "line", "block", "substitution"]
_STRINGS: dict[JsMode, str] = {"single": "'", "double": '"', "template": "`"}
_OPENERS: dict[str, JsMode] = {"'": "single", '"': "double", "`": "template"}
_IN_STRING: dict[JsMode, re.Pattern[str]] = {
    "single": re.compile(r"[^'\\\n]*(?:\\.[^'\\\n]*)*+", re.DOTALL),
    "double": re.compile(r'[^"\\\n]*(?:\\.[^"\\\n]*)*+', re.DOTALL),
    "template": re.compile(r"[^`\\$]*(?:(?:\\.|\$(?!\{))[^`\\$]*)*+", re.DOTALL),
}
_SKIPPED = re.compile(r"[^'\"`/]+")
_REGEX = re.compile(r"(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])*+")
_LINE_END = re.compile("[\n\r\u2028\u2029]")
_LAST = re.compile(r"([\w$]+|[^\s])\s*\Z")
# After these a slash begins a regular expression; after any other word, a number or a closing bracket it divides.
_BEFORE_REGEX = frozenset({
    "return", "typeof", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "throw", "void", "yield", "await",
})  # fmt: skip


class JsReader:
    """The state between two pieces of JavaScript; what nobody can tell counts as ``substitution``, where nothing may stand."""

    def __init__(self) -> None:
        self.mode: JsMode = "code"
        self._last = ""
        """The end of the code before, which tells what a slash means."""

    def copy(self) -> "JsReader":
        """Return a reader that stands at the same point."""
        made = JsReader()
        made.mode, made._last = self.mode, self._last
        return made

    def something(self) -> None:
        """Take note that a value stands here."""
        self._last = "0"

    def read(self, text: str) -> None:
        """Read on."""
        at = 0
        while at < len(text):
            if self.mode == "code":
                at = self._code(text, at)
            elif self.mode in _STRINGS:
                at = self._string(text, at)
            elif self.mode == "line":
                end = _LINE_END.search(text, at)
                self.mode, at = ("code", end.end()) if end is not None else ("line", len(text))
            elif self.mode == "block":
                found = text.find("*/", at)
                self.mode, at = ("code", found + 2) if found != -1 else ("block", len(text))
            else:
                return

    def _code(self, text: str, at: int) -> int:
        skipped = _SKIPPED.match(text, at)
        if skipped is not None:
            last = _LAST.search(text, max(at, skipped.end() - 40), skipped.end())
            self._last = last[1] if last is not None else self._last
            return skipped.end()
        mark = text[at]
        if mark in _OPENERS:
            self.mode = _OPENERS[mark]
            return at + 1
        after = text[at + 1 : at + 2]
        if after in {"/", "*"} and after:
            self.mode = "line" if after == "/" else "block"
            return at + 2
        if self._last and (self._last in ")]}" or (_is_word(self._last) and self._last not in _BEFORE_REGEX)):
            self._last = "/"
            return at + 1
        end = _REGEX.match(text, at + 1)
        if end is None or not text.startswith("/", end.end()):
            self.mode = "substitution"
            return len(text)
        self._last = "0"
        return end.end() + 1

    def _string(self, text: str, at: int) -> int:
        found = _IN_STRING[self.mode].match(text, at)
        end = found.end() if found is not None else at
        if end == len(text):
            return end
        if text[end] == _STRINGS[self.mode]:
            self.mode, self._last = "code", "0"
            return end + 1
        # A line ends inside quotes, a backslash is the last character, or code stands inside of a template.
        self.mode = "substitution"
        return len(text)


def _is_word(text: str) -> bool:
    return text[-1].isalnum() or text[-1] in "_$"
