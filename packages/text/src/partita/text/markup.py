"""Plain text to HTML, and HTML to plain or shorter text; each in one pass over its input."""

import re
from collections.abc import Iterator

from markupsafe import Markup

from partita.text.html import escape_text
from partita.text.strings import ellipsis_mark, join_ellipsis, normalize_newlines

__all__ = (
    "linebreaks",
    "linebreaks_br",
    "quote_url",
    "strip_spaces_between_tags",
    "strip_tags",
    "truncate_html_chars",
    "truncate_html_words",
    "urlize",
)

MAX_URL_LENGTH = 2048
_SAFE = "!*'();:@&=+$,/?#[]~"
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_TRAILING = ".,:;!?\"'’”»"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
# Letters and digits, or anything beyond ASCII. Told by what is left out, because a set up to U+10FFFF takes 18 ms to compile.
_LETTER = r"[^\x00-/:-@\[-`{-\x7f]"
_LABEL = rf"{_LETTER}(?:[^\x00-,./:-@\[-`{{-\x7f]{{0,61}}{_LETTER})?"
_EMAIL = re.compile(rf"[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{1,40}}", re.ASCII)
_HOST = re.compile(
    r"(?:www\.)[^\s/.]{1,63}\.\S*|[^\s/@:]{1,253}\.(?:com|edu|gov|int|mil|net|org)(?:/\S*)?", re.IGNORECASE
)
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})++")  # possessive: a long run needs no memory to go back
_SPACES = re.compile(r"(\s+)")
_BETWEEN_TAGS = re.compile(r">\s+<")


def linebreaks(value: object, autoescape: bool = False) -> Markup:
    """Put paragraphs into ``<p>``, and ``<br>`` at line breaks inside them."""
    text = normalize_newlines(value)
    paragraphs = re.split(r"\n{2,}", text)
    shown = [(escape_text(part) if autoescape else part).replace("\n", "<br>") for part in paragraphs]
    return Markup("\n\n".join(f"<p>{part}</p>" for part in shown))


def linebreaks_br(value: object, autoescape: bool = False) -> Markup:
    """Put ``<br>`` at line breaks."""
    text = normalize_newlines(value)
    return Markup((escape_text(text) if autoescape else text).replace("\n", "<br>"))


def pieces(source: str) -> Iterator[tuple[str, str]]:
    """Cut HTML into ``("text", ...)`` and ``("tag", ...)``, in one pass.

    A tag begins with ``<`` and a letter, ``/``, ``!`` or ``?``. Quotes in it hide ``>``, until one is found that is not
    closed; from there on they do not. What no ``>`` follows is text.
    """
    at = start = 0
    find = source.find
    # A search that reached the end in vain is never made again, which is what keeps the cost linear.
    comments = quotes = True
    while (at := find("<", at)) != -1:
        follows = source[at + 1 : at + 2]
        if not (follows.isalpha() or follows in {"/", "!", "?"}):
            at += 1
            continue
        end = -1
        if comments and source.startswith("<!--", at):
            end = find("-->", at + 4)
            comments = end != -1
            end = end + 3 if comments else -1
        if end == -1 and quotes:
            end = _tag_end(source, at + 1)
            quotes = end != -1
        if end == -1:
            end = find(">", at + 1) + 1
            if not end:
                break
        if at > start:
            yield "text", source[start:at]
        yield "tag", source[at:end]
        at = start = end
    if start < len(source):
        yield "text", source[start:]


_TAG_END = re.compile(r"[>\"']")


def _tag_end(source: str, at: int) -> int:
    while (found := _TAG_END.search(source, at)) is not None:
        if found[0] == ">":
            return found.end()
        at = source.find(found[0], found.end()) + 1
        if not at:
            break
    return -1


def strip_tags(value: object) -> str:
    """Return ``value`` without what looks like a tag. The result is not safe HTML: escape it."""
    text = str(value)
    # Taking tags away may join the rest into new ones: repeat, but only as often as honest input could need.
    for _ in range(50):
        if "<" not in text:
            break
        stripped = "".join(piece for kind, piece in pieces(text) if kind == "text")
        if len(stripped) == len(text):
            break
        text = stripped
    return text


def strip_spaces_between_tags(value: object) -> str:
    """Return HTML without the white space that stands alone between tags."""
    return _BETWEEN_TAGS.sub("><", str(value))


def truncate_html_chars(value: str, length: int, ellipsis: str | None = None) -> str:
    """Shorten HTML to ``length`` characters of text, and close what is open. References count as one character."""
    return _truncate_html(value, length, ellipsis, words=False)


def truncate_html_words(value: str, count: int, ellipsis: str | None = None) -> str:
    """Shorten HTML to ``count`` words, and close what is open."""
    return _truncate_html(value, count, ellipsis, words=True)


_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});|.", re.DOTALL)
_WORD = re.compile(
    r"(?:&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});|[^<>\s])++"
)  # ++: no memory for steps back
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")


def _truncate_html(value: str, limit: int, ellipsis: str | None, words: bool) -> str:
    if limit <= 0:
        return ""
    mark = ellipsis_mark(ellipsis, words=words)
    room = limit if words else max(limit - len(mark), 0)
    unit = _WORD if words else _REFERENCE
    counted = 0
    output: list[str] = []
    opened: list[str] = []
    depth: dict[str, int] = {}
    cut: str | None = None
    for kind, piece in pieces(value):
        if kind == "tag":
            _track(piece, opened, depth)
            output.append(piece)
            continue
        last = 0
        for found in unit.finditer(piece):
            counted += 1
            if counted > room and cut is None:
                before = piece[: last if words else found.start()]
                shown = join_ellipsis(
                    "".join([*output, before]), mark if before or piece[0].isspace() else mark.lstrip()
                )
                cut = shown + "".join(f"</{name}>" for name in reversed(opened))
            if counted > limit:
                return cut or ""
            last = found.end()
        output.append(piece)
    return value


def _track(tag: str, opened: list[str], depth: dict[str, int]) -> None:
    """Keep the list of open elements; ``depth`` counts them, so that a stray closing tag costs no search."""
    found = _NAME.match(tag)
    if found is None:
        return
    name = found[2].lower()
    if name in _VOID or tag.endswith("/>"):
        return
    if not found[1]:
        opened.append(name)
        depth[name] = depth.get(name, 0) + 1
    elif depth.get(name):
        while opened:
            closed = opened.pop()
            depth[closed] -= 1
            if closed == name:
                break


def urlize(value: object, limit: int | None = None, nofollow: bool = False, autoescape: bool = False) -> Markup:
    """Turn addresses of pages and mailboxes into links.

    Every word is looked at on its own, so the cost grows with the length of the text.

    Args:
        value: Text; safe text is left unescaped.
        limit: Shorten the visible address to so many characters.
        nofollow: Add ``rel="nofollow"``.
        autoescape: Escape the text.
    """
    safe = isinstance(value, Markup)
    words = _SPACES.split(str(value))
    escape_rest = autoescape and not safe
    return Markup("".join(_linked(word, limit, nofollow, escape_rest, safe) for word in words))


def _linked(word: str, limit: int | None, nofollow: bool, escape_rest: bool, safe: bool) -> str:
    if "." not in word and "@" not in word and ":" not in word:
        return escape_text(word) if escape_rest else word
    if len(word) > MAX_URL_LENGTH:
        return escape_text(word) if escape_rest else word
    lead, middle, trail = _trimmed(word)
    if safe:
        from html import unescape

        target = _target(unescape(middle))
    else:
        target = _target(middle)
    if target is None:
        return escape_text(word) if escape_rest else word
    shown = middle
    if limit is not None and len(shown) > limit:
        shown = f"{shown[: max(limit - 1, 0)]}…"
    if escape_rest:
        lead, shown, trail = escape_text(lead), escape_text(shown), escape_text(trail)
    rel = ' rel="nofollow"' if nofollow and not target.startswith("mailto:") else ""
    return f'{lead}<a href="{escape_text(target)}"{rel}>{shown}</a>{trail}'


def _trimmed(word: str) -> tuple[str, str, str]:
    """Part a word from the punctuation around it, by moving two indexes; brackets are counted once."""
    start, end = 0, len(word)
    counts = {mark: word.count(mark) for pair in _PAIRS.items() for mark in pair}
    while start < end and word[start] in "([{<\"'“‘«":
        if word[start] in counts:
            counts[word[start]] -= 1
        start += 1
    while start < end:
        mark = word[end - 1]
        if mark in _PAIRS:
            if counts[mark] <= counts[_PAIRS[mark]]:
                break
            counts[mark] -= 1
        elif mark == ";":
            # The semicolon of a reference such as &amp; belongs to the word.
            reference = word.rfind("&", max(start, end - 33), end)
            if reference != -1 and re.fullmatch(r"&#?\w+;", word[reference:end]):
                break
        elif mark not in _TRAILING:
            break
        end -= 1
    return word[:start], word[start:end], word[end:]


def _target(text: str) -> str | None:
    lower = text[:8].lower()
    if lower.startswith(("http://", "https://")):
        return _quoted(text) if len(text) > len("https://") else None
    if _HOST.fullmatch(text):
        return _quoted(f"https://{text}")
    if "@" in text and ":" not in text and len(text) <= 320 and _EMAIL.fullmatch(text):
        from urllib.parse import quote

        local, _, domain = text.rpartition("@")
        return f"mailto:{quote(local, safe='')}@{quote(domain)}"
    return None


def quote_url(url: str) -> str:
    """Return a URL with everything percent-encoded that it may not hold; what is encoded already stays.

    The host's letters are encoded as UTF-8, which browsers turn into IDNA as it is today: Python's own IDNA is that of 2003
    and would lead ``faß.de`` to ``fass.de``. A query is encoded value by value.
    """
    return _quoted(url) or _encoded(url)


def _encoded(part: str, safe: str = _SAFE) -> str:
    from urllib.parse import quote

    # `urllib.parse.unquote` makes an object of each escape, and slows down when megabytes of them fill the caches.
    return quote(_ESCAPES.sub(_unescaped, part), safe=safe)


def _unescaped(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def _quoted(url: str) -> str | None:
    from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

    try:
        scheme, host, path, query, fragment = urlsplit(url)
        pairs = parse_qsl(query, keep_blank_values=True) if query else ()
    except ValueError:
        return None
    if not host:
        return None
    # Values are taken apart, so that "&" and "=" inside one stay inside; a query that is no form is encoded as a whole.
    written = urlencode([*pairs]) if "=" in query else quote(query, safe=f"{_SAFE}%")
    return urlunsplit((scheme, _encoded(host), _encoded(path), written, _encoded(fragment)))
