"""The lexer: template source to tokens with their positions."""

import re
import sys
from enum import Enum
from typing import Literal

__all__ = ("Token", "TokenType", "split_words", "tokenize")

Kind = Literal["text", "variable", "block", "comment"]

_CLOSERS: dict[str, tuple[str, Kind]] = {"{": ("}}", "variable"), "%": ("%}", "block"), "#": ("#}", "comment")}
# Possessive: there is nothing to go back to, and remembering each step takes memory that grows with the text. Before 3.11.5
# Python matches possessive groups of alternatives wrongly (gh-106052).
_ONCE = "+" if sys.version_info >= (3, 11, 5) else ""
_WORD = re.compile(
    r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+'|[^\s"']++)+""" + _ONCE + r"""(?=\s|$)|\S+"""
)
_CONSTANT_END = re.compile(r"""["']\)""")


class TokenType(Enum):
    """What a token is, for tags that ask."""

    TEXT = "text"
    VAR = "variable"
    BLOCK = "block"
    COMMENT = "comment"


class Token:
    """A piece of a template.

    Args:
        kind: What it is, as a word or a `TokenType`.
        contents: The text, or what stands between the braces, stripped.
        lineno: From 1.
        column: From 0.
        source: The piece as it was written.
    """

    __slots__ = ("column", "contents", "kind", "lineno", "source")

    def __init__(
        self, kind: Kind | TokenType, contents: str, lineno: int = 1, column: int = 0, source: str = ""
    ) -> None:
        self.kind: Kind = kind.value if isinstance(kind, TokenType) else kind
        self.contents, self.lineno, self.column, self.source = contents, lineno, column, source

    @property
    def token_type(self) -> TokenType:
        """What it is."""
        return TokenType(self.kind)

    def __repr__(self) -> str:
        return f"Token({self.kind!r}, {self.contents[:40]!r}, {self.lineno}, {self.column})"

    def split_contents(self) -> list[str]:
        """Split at white space, but keep quoted text and ``_("...")`` in one piece."""
        return split_words(self.contents)


def split_words(text: str) -> list[str]:
    """Split at white space outside quotes."""
    words: list[str] = []
    pending: list[str] = []
    for word in _WORD.findall(text):
        # A translated constant may hold spaces between its parentheses: _( "a b" ).
        pending.append(word)
        if pending[0].startswith(('_("', "_('")) and not _CONSTANT_END.search(word):
            continue
        words.append(" ".join(pending))
        pending.clear()
    if pending:
        words.append(" ".join(pending))
    return words


def tokenize(source: str) -> list[Token]:
    """Cut ``source`` into tokens.

    An opening brace pair without its closer on the same line is text, as in Django. The cost is linear: the position of
    the next closer of each kind is remembered.
    """
    tokens: list[Token] = []
    at = start = 0
    lineno, line_start = 1, 0
    closers = {"{": -1, "%": -1, "#": -1}
    verbatim = ""
    find = source.find

    while (at := find("{", at)) != -1:
        mark = source[at + 1 : at + 2]
        if mark not in closers or not mark:
            at += 1
            continue
        closer, kind = _CLOSERS[mark]
        if closers[mark] < at + 2 and closers[mark] != len(source):
            found = find(closer, at + 2)
            closers[mark] = found if found != -1 else len(source)
        end = closers[mark]
        line_end = find("\n", at, end) if end < len(source) else at
        if line_end != -1:
            at += 1
            continue
        contents = source[at + 2 : end].strip()
        if verbatim and not (kind == "block" and contents == verbatim):
            at += 1
            continue
        if at > start:
            text = source[start:at]
            tokens.append(Token("text", text, lineno, start - line_start, text))
            breaks = text.count("\n")
            if breaks:
                lineno += breaks
                line_start = start + text.rfind("\n") + 1
        piece = source[at : end + 2]
        tokens.append(Token(kind, contents, lineno, at - line_start, piece))
        if verbatim:
            verbatim = ""
        elif kind == "block" and (contents == "verbatim" or contents.startswith("verbatim ")):
            verbatim = f"end{contents}"
        at = start = end + 2
    if start < len(source):
        text = source[start:]
        tokens.append(Token("text", text, lineno, start - line_start, text))
    return tokens
