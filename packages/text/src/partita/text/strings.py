"""Functions from text to text."""

import re
import textwrap
import unicodedata
from typing import overload

from partita.contracts.i18n import LazyText
from partita.text.errors import FileNameError

__all__ = ("add_slashes", "camel_case_to_spaces", "capfirst", "get_valid_filename", "normalize_newlines",
           "phone_to_numeric", "pluralize", "slugify", "title", "truncate_chars", "truncate_words", "wrap")  # fmt: skip

_PHONE = {**dict.fromkeys("abc", "2"), **dict.fromkeys("def", "3"), **dict.fromkeys("ghi", "4"),
          **dict.fromkeys("jkl", "5"), **dict.fromkeys("mno", "6"), **dict.fromkeys("pqrs", "7"),
          **dict.fromkeys("tuv", "8"), **dict.fromkeys("wxyz", "9")}  # fmt: skip


def slugify(value: object, allow_unicode: bool = False) -> str:
    """Return ``value`` as part of a URL: lower case, words joined with hyphens, nothing else but letters and digits.

    Args:
        value: Turned into text.
        allow_unicode: Keep letters that are not ASCII; otherwise accents are taken off, and what is left is dropped.
    """
    text = str(value)
    if allow_unicode:
        text = unicodedata.normalize("NFKC", text)
    else:
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[^\w\s-]", "", text.lower())
    return re.sub(r"[-\s]+", "-", text).strip("-_")


@overload
def capfirst(value: LazyText) -> LazyText: ...  # type: ignore[overload-overlap] # lazy text is an object, too  # pyright: ignore[reportOverlappingOverload]
@overload
def capfirst(value: object) -> str: ...
def capfirst(value: object) -> str | LazyText:
    """Return ``value`` with its first letter in upper case; lazy text stays lazy."""
    if isinstance(value, LazyText):
        return LazyText(lambda: capfirst(str(value)))
    text = str(value)
    return text[:1].upper() + text[1:]


def title(value: str) -> str:
    """Return ``value`` with every word capitalised; letters after an apostrophe or a digit stay small."""
    titled = re.sub("([a-z])'([A-Z])", lambda found: found[0].lower(), value.title())
    return re.sub(r"\d([A-Z])", lambda found: found[0].lower(), titled)


_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def camel_case_to_spaces(value: str) -> str:
    """Return ``camelCase`` words apart and in small letters: ``HTTPResponse`` becomes ``http response``."""
    return _WORD_START.sub(" ", value).strip().lower()


def get_valid_filename(name: object) -> str:
    """Return ``name`` as a file name that every file system takes: letters, digits, dots, hyphens and underscores.

    Spaces become underscores, everything else is left out.

    Raises:
        FileNameError: If nothing is left, or only dots that would name a folder.
    """
    shown = re.sub(r"[^-\w.]", "", str(name).strip().replace(" ", "_"))
    if shown in {"", ".", ".."}:
        raise FileNameError(str(name))
    return shown


def normalize_newlines(value: object) -> str:
    """Return ``value`` with line feeds for all kinds of line breaks that files have (CR LF, CR)."""
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def add_slashes(value: str) -> str:
    """Put a backslash before backslashes and quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")


def phone_to_numeric(value: str) -> str:
    """Turn the letters of a phone number into the digits of their keys."""
    return "".join(_PHONE.get(letter, letter) for letter in value.lower())


def pluralize(count: object, endings: str = "s") -> str:
    """Return the ending that fits ``count``: the part after the comma unless there is one.

    Args:
        count: A number, text that is one, or something with a length.
        endings: The plural's ending, or singular's and plural's split by a comma.

    Returns:
        The ending; nothing if ``count`` counts nothing, or there are more than two endings.
    """
    parts = endings.split(",") if "," in endings else ["", endings]
    if len(parts) > 2:
        return ""
    singular, plural = parts
    try:
        return singular if float(count) == 1 else plural  # type: ignore[arg-type] # the except clause takes the rest
    except ValueError:
        return ""
    except TypeError:
        try:
            return singular if len(count) == 1 else plural  # type: ignore[arg-type] # as above
        except TypeError:
            return ""


def truncate_chars(value: str, length: int, ellipsis: str | None = None) -> str:
    """Shorten ``value`` to at most ``length`` characters, the ellipsis among them. Accents do not count."""
    if length <= 0:
        return ""
    mark = ellipsis_mark(ellipsis)
    text = unicodedata.normalize("NFC", value) if not value.isascii() else value
    if len(text) <= length:
        return text
    room = length - sum(not unicodedata.combining(letter) for letter in mark)
    end = counted = 0
    cut: int | None = None
    for end, letter in enumerate(text):
        if unicodedata.combining(letter):
            continue
        counted += 1
        if cut is None and counted > room:
            cut = end
        if counted > length:
            return join_ellipsis(text[: cut or 0], mark)
    return text


def truncate_words(value: str, count: int, ellipsis: str | None = None) -> str:
    """Shorten ``value`` to ``count`` words with single spaces between them."""
    if count <= 0:
        return ""
    words = value.split(None, count)
    if len(words) > count:
        return join_ellipsis(" ".join(words[:count]), ellipsis_mark(ellipsis, words=True))
    return " ".join(words)


def join_ellipsis(text: str, ellipsis: str) -> str:
    """Append the ellipsis, unless the text ends with it."""
    return text if ellipsis and text.endswith(ellipsis) else f"{text}{ellipsis}"


def ellipsis_mark(given: str | None, words: bool = False) -> str:
    """Return what stands for the text cut off, in the current language."""
    if given is not None:
        return given
    from partita.contracts.i18n import pgettext

    mark = pgettext("String to return when truncating text", "%(truncated_text)s…").replace("%(truncated_text)s", "")
    return f" {mark}" if words and not mark.startswith(" ") else mark


def wrap(value: object, width: int) -> str:
    """Break lines at ``width`` characters, keeping words whole and the breaks that are there."""
    if width <= 0:
        raise ValueError(f"a line must be at least 1 character wide, got {width}")
    wrapper = textwrap.TextWrapper(
        width=width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    lines: list[str] = []
    text = str(value)
    for line in text.splitlines():
        lines.extend(wrapper.wrap(line) or [""])
    if text.endswith("\n"):
        lines.append("")
    return "\n".join(lines)
