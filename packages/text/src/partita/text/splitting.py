"""Text in parts, and parts as text."""

import re
from collections.abc import Iterator, Sequence

from partita.contracts.i18n import gettext

__all__ = ("get_text_list", "smart_split", "unescape_string_literal")


def smart_split(text: object) -> Iterator[str]:
    r"""Iterate over the words of a text; what is quoted is one word.

    Quotes stay, and so do backslashes in them: ``a "b c"`` gives ``a`` and ``"b c"``. A quote that is not closed is a
    character like any other.
    """
    source = str(text)
    at, end = 0, len(source)
    # A quote that nothing closes is looked for once: its later fellows would be in vain as well.
    open_quotes = {'"', "'"}
    while at < end:
        if source[at].isspace():
            at += 1
            continue
        start = at
        at = _word_end(source, at, open_quotes)
        yield source[start:at]


_STOP = re.compile(r"[\s\"']")
# Possessive: there is nothing to go back to, and remembering each step takes memory that grows with the text.
_QUOTED = {
    '"': re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL),
    "'": re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*+'", re.DOTALL),
}


def _word_end(source: str, at: int, open_quotes: set[str]) -> int:
    end = len(source)
    while at < end:
        found = _STOP.search(source, at)
        if found is None:
            return end
        mark = found[0]
        if mark not in _QUOTED:
            return found.start()
        quoted = _QUOTED[mark].match(source, found.start()) if mark in open_quotes else None
        if quoted is None:
            open_quotes.discard(mark)
        at = quoted.end() if quoted is not None else found.end()
    return end


def unescape_string_literal(literal: object) -> str:
    r"""Return what a quoted text means: without its quotes, ``\"`` and ``\\`` unescaped.

    Raises:
        ValueError: If it is not quoted.
    """
    text = str(literal)
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0]:
        raise ValueError(f"Not a string literal: {text[:80]!r}")
    mark = text[0]
    return text[1:-1].replace(f"\\{mark}", mark).replace("\\\\", "\\")


def get_text_list(parts: Sequence[object], last_word: object | None = None) -> str:
    """Return an enumeration such as ``a, b or c``.

    Args:
        parts: Shown in their order.
        last_word: Stands before the last one; by default "or" in the current language.
    """
    if len(parts) < 2:
        return str(parts[0]) if parts else ""
    word = gettext("or") if last_word is None else str(last_word)
    return f"{gettext(', ').join(map(str, parts[:-1]))} {word} {parts[-1]}"
