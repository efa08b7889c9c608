"""Finds what has to be translated in Python, in templates and in JavaScript."""

import ast
import itertools
import re
import tokenize
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from partita.i18n.errors import ExtractionError

if TYPE_CHECKING:
    from partita.templates import Token

__all__ = ("Found", "extract_javascript", "extract_python", "extract_template")

_PLURAL, _CONTEXT, _BOTH = (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": _PLURAL, "ngettext_lazy": _PLURAL, "pgettext": _CONTEXT, "pgettext_lazy": _CONTEXT,
    "npgettext": _BOTH, "npgettext_lazy": _BOTH,
}  # fmt: skip
NOTE = "Translators"
"""Comments that begin with this word go into the catalogue."""
_CALL = re.compile(rb"\b(?:_|[np]{0,2}gettext(?:_lazy|_noop)?)\s*\(")
_TEXT = r""""[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'"""
_CONSTANT = re.compile(rf"_\(\s*({_TEXT})\s*\)")
_LITERAL = re.compile(_TEXT)


class Found(NamedTuple):
    """One message in a source."""

    line: int
    message: str | tuple[str, str]
    """The text, or its singular and plural."""
    context: str | None = None
    comments: tuple[str, ...] = ()


class _Source(BytesIO):
    """A source that Babel can name when it warns of something."""

    def __init__(self, source: bytes, name: str) -> None:
        super().__init__(source)
        self.name = name


def extract_python(source: bytes, name: str = "(unknown)") -> Iterator[Found]:
    """Find the calls of the gettext family in Python.

    Args:
        source: As it stands in the file.
        name: Of the file, for warnings.

    Raises:
        ExtractionError: If it is not Python.
    """
    if not _CALL.search(source):  # reading a file word by word takes long, and most files have no message
        return
    literals = _literals(source)
    for found in _extract("python", source, name):
        # Babel takes any text between the parentheses: the "key" of gettext(texts["key"]) is no message.
        if (found.message if isinstance(found.message, str) else found.message[0]) in literals:
            yield found


def _literals(source: bytes) -> set[str]:
    """Return every text that is an argument of a call as it stands."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExtractionError(f"not python: {error}") from error
    arguments = [argument for call in ast.walk(tree) if isinstance(call, ast.Call) for argument in call.args]
    return {text for text in map(_literal, arguments) if text is not None}


def _literal(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant):
        return argument.value if isinstance(argument.value, str) else None
    if isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Add):
        parts = [_literal(argument.left), _literal(argument.right)]
    elif isinstance(argument, ast.JoinedStr):
        parts = [_literal(part) for part in argument.values]
    else:
        return None
    return None if None in parts else "".join(map(str, parts))


def extract_javascript(source: bytes, name: str = "(unknown)") -> Iterator[Found]:
    """Find the calls of the gettext family in JavaScript, JSX and template strings; see `extract_python`."""
    return _extract("javascript", source, name)


def _extract(method: str, source: bytes, name: str) -> Iterator[Found]:
    from babel.messages.extract import extract

    try:
        found = list(extract(method, _Source(source, name), KEYWORDS, [NOTE], {"parse_template_string": True}))
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise ExtractionError(f"not {method}: {error}") from error
    for line, message, comments, context in found:
        if isinstance(message, tuple):
            yield Found(line, (message[0], message[1]), context, tuple(comments))
        elif message:
            yield Found(line, message, context, tuple(comments))


def extract_template(text: str) -> Iterator[Found]:
    """Find ``translate`` and ``blocktranslate`` tags, and constants such as ``_("Cart")``; needs partita-templates.

    Raises:
        ExtractionError: If a block is not closed.
        TemplateSyntaxError: If a block holds what no message can.
    """
    from partita.templates.tokens import tokenize as template_tokens

    tokens = iter(template_tokens(text))
    comments: list[str] = []
    for token in tokens:
        if token.kind == "text":
            if token.contents.count("\n") > 1:
                comments.clear()  # a note belongs to the message on its line or on the next
            continue
        if token.kind == "comment":
            if token.contents.startswith(NOTE):
                comments.append(token.contents)
            continue
        words = token.split_contents() if token.kind == "block" else []
        tag = words[0] if words else ""
        if tag == "comment":
            lines = [line.strip() for line in _skip(tokens, "endcomment").splitlines() if line.strip()]
            comments += itertools.dropwhile(lambda line: not line.startswith(NOTE), lines)
            continue
        notes = tuple(comments)
        comments.clear()
        for constant in _CONSTANT.finditer(token.contents):
            yield Found(token.lineno, _unquoted(constant[1]), None, notes)
        if tag in {"translate", "trans"} and len(words) > 1:
            literal = _LITERAL.match(words[1])
            message = _unquoted(literal[0]) if literal else ""
            if message:
                yield Found(token.lineno, message.replace("%", "%%"), _context(words), notes)
        elif tag in {"blocktranslate", "blocktrans"}:
            yield from _block(token, words, tokens, notes)


def _block(token: "Token", words: list[str], tokens: "Iterator[Token]", notes: tuple[str, ...]) -> Iterator[Found]:
    from partita.i18n.templatetags import message_of

    singular: list[Token] = []
    plural: list[Token] | None = None
    for part in tokens:
        if part.kind == "block" and part.contents == f"end{words[0]}":
            break
        if part.kind == "block" and part.contents == "plural" and plural is None:
            plural = []
        elif part.kind != "comment":
            (singular if plural is None else plural).append(part)
    else:
        raise ExtractionError(f"line {token.lineno}: {words[0]!r} is not closed: expected {{% end{words[0]} %}}")
    trimmed = "trimmed" in words
    message, _ = message_of(singular, trimmed)
    if plural is not None:
        yield Found(token.lineno, (message, message_of(plural, trimmed)[0]), _context(words), notes)
    elif message:
        yield Found(token.lineno, message, _context(words), notes)


def _skip(tokens: "Iterator[Token]", end: str) -> str:
    text = ""
    for token in tokens:
        if token.kind == "block" and token.contents == end:
            break
        text += token.source
    return text


def _context(words: list[str]) -> str | None:
    for option, value in itertools.pairwise(words):
        if option == "context" and _LITERAL.fullmatch(value):
            return _unquoted(value)
    return None


def _unquoted(text: str) -> str:
    quote = text[0]
    return re.sub(r"\\(.)", lambda found: found[1] if found[1] in {"\\", quote} else found[0], text[1:-1])
