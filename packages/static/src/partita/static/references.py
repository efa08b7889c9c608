"""Where style sheets and scripts name other files."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ("Reference", "css_references", "js_references")


class Reference(NamedTuple):
    """One place in a text that names another file."""

    start: int
    end: int
    """The address stands at ``text[start:end]``, without quotes."""
    is_map: bool = False
    """Whether it is a source map, which only developers look at."""


_CSS_MARK = re.compile(r"/\*|[\"']|\\.|(?<![\w-])url\(|@import\b", re.IGNORECASE | re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n\f]*")
_BARE_URL = re.compile(r"[^\s\"'()\\]*")
_MAP = re.compile(r"[#@][ \t]*sourceMappingURL=([^\s'\"*]+)")
_STRING_END = {quote: re.compile(rf"[^\\\n{quote}]*(?:\\.[^\\\n{quote}]*)*", re.DOTALL) for quote in "\"'"}

_JS_MARK = re.compile(r"//|/\*|[\"'`/]|[A-Za-z_$][\w$]*|\d[\w.]*|[^\s]")
_TEMPLATE = re.compile(r"\\.|\$\{|`", re.DOTALL)
_REGEX_PIECE = re.compile(r"\\.|[\[\]/\n]")
# A slash after one of these begins a regular expression; after anything else it divides.
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+-*%<>~^") | {
    "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "yield", "await", "}",
}  # fmt: skip


def css_references(text: str) -> Iterator[Reference]:
    """Yield what ``url(...)``, ``@import`` and ``sourceMappingURL`` name, in one pass (CSS Syntax, sections 4 and 5.4)."""
    at, importing = 0, False
    while (mark := _CSS_MARK.search(text, at)) is not None:
        found = mark[0]
        at = mark.end()
        if found == "/*":
            end = text.find("*/", at)
            end = len(text) if end < 0 else end
            yield from _source_map(text, at, end)
            at = end + 2
        elif found in "\"'":
            end = _string_end(text, at, found)
            if importing:
                yield Reference(at, end)
            at, importing = end + 1, False
        elif found[0] == "\\":
            continue
        elif found[0] == "@":
            # Only a string that follows at once is an address: @import layer("x") has none of ours.
            at = _skip(text, at)
            importing = text[at : at + 1] in {'"', "'"}
        else:
            at = _skip(text, at)
            quote = text[at : at + 1]
            if quote in {'"', "'"}:
                end = _string_end(text, at + 1, quote)
                yield Reference(at + 1, end)
                at = end + 1
            else:
                bare = _BARE_URL.match(text, at)
                assert bare is not None  # it matches nothing, too
                yield Reference(at, bare.end())
                at = bare.end()


def js_references(text: str) -> Iterator[Reference]:
    """Yield what ``import``, ``export ... from``, ``import(...)`` and ``sourceMappingURL`` name, in one pass.

    Strings, templates, comments and regular expressions are passed over. Only a constant text is an address.
    """
    at, before, last = 0, "", ""
    nested: list[int] = []  # templates that are open, each with the number of braces open inside of it
    while (mark := _JS_MARK.search(text, at)) is not None:
        found = mark[0]
        at = mark.end()
        if found in {"//", "/*"}:
            close, size = ("\n", 1) if found == "//" else ("*/", 2)
            end = text.find(close, at)
            end = len(text) if end < 0 else end
            yield from _source_map(text, at, end)
            at = end + size
            continue
        if found in {'"', "'"}:
            end = _string_end(text, at, found)
            if last in {"from", "import"} or (last == "(" and before == "import"):
                yield Reference(at, end)
            at, found = end + 1, "''"
        elif found == "`" or (found == "}" and nested and nested[-1] == 0):
            if found == "}":
                nested.pop()
            at, opened = _template_end(text, at)
            if opened:
                nested.append(0)
            found = "(" if opened else "''"
        elif found == "/" and (not last or last in _BEFORE_REGEX):
            at, found = _regex_end(text, at), "''"
        elif nested and found in "{}":
            nested[-1] += 1 if found == "{" else -1
        if found == "." or last == ".":  # import.meta, or a property that is called from
            before, last = "", "." if found == "." else "name"
        else:
            before, last = last, found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def _string_end(text: str, at: int, quote: str) -> int:
    inside = _STRING_END[quote].match(text, at)
    return at if inside is None else inside.end()


def _source_map(text: str, start: int, end: int) -> Iterator[Reference]:
    found = _MAP.match(text, start, end)
    if found is not None:
        yield Reference(found.start(1), found.end(1), is_map=True)


def _template_end(text: str, at: int) -> tuple[int, bool]:
    """Return where a template ends or a ``${`` in it begins, and whether it is the latter."""
    while (mark := _TEMPLATE.search(text, at)) is not None:
        at = mark.end()
        if mark[0] == "`":
            return at, False
        if mark[0] == "${":
            return at, True
    return len(text), False


def _regex_end(text: str, at: int) -> int:
    inside_class = False
    while (mark := _REGEX_PIECE.search(text, at)) is not None:
        at = mark.end()
        if mark[0] == "\n":  # none after all
            return mark.start()
        if mark[0] == "/" and not inside_class:
            return at
        if mark[0] in "[]":
            inside_class = mark[0] == "["
    return len(text)
