"""Language tags, and the choice of one among those a site has (BCP 47; RFC 9110, section 12.5.4)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from partita.i18n.errors import LanguageError

if TYPE_CHECKING:
    from babel import Locale

__all__ = (
    "LanguageInfo",
    "best_language",
    "choose_language",
    "is_right_to_left",
    "language_info",
    "normalize_tag",
    "parse_accept_language",
    "to_language",
    "to_locale",
)

MAX_TAG = 35
"""Characters of a tag; RFC 5646, section 4.4.1, calls this enough for all there are."""
MAX_HEADER = 500
MAX_RANGES = 20
# Regions that write Chinese in the other script than the first one of a site may be, and Norwegian, which is two languages:
# what CLDR's "likely subtags" say, without reading them for every visitor.
_RELATIVES = {
    "zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-my": "zh-hans", "zh": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant",
    "zh-mo": "zh-hant", "no": "nb", "nb": "no", "nn": "no",
}  # fmt: skip
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,5}", re.ASCII)
_RANGE = re.compile(r"([a-z]{1,8}(?:-[a-z0-9]{1,8}){0,5}|\*)[ \t]*(?:;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?",
                    re.ASCII)  # fmt: skip


class LanguageInfo(NamedTuple):
    """What a page may say about a language."""

    code: str
    name: str
    """In English."""
    name_local: str
    """In the language itself."""
    bidi: bool
    """Whether it is written from right to left."""
    name_translated: str
    """In the language asked for."""


def normalize_tag(tag: str) -> str | None:
    """Return ``tag`` in lower case with hyphens, or None if it is no language tag. The cost is bounded."""
    if len(tag) > MAX_TAG:
        return None
    lowered = tag.strip().replace("_", "-").lower()
    return lowered if _TAG.fullmatch(lowered) else None


def parse_accept_language(value: str) -> list[tuple[str, float]]:
    """Read an ``Accept-Language`` header.

    Args:
        value: The field value. What stands after 500 characters or 20 languages is left out, as is what is malformed.

    Returns:
        Tags in lower case with their weights, heaviest first; those of weight 0 are left out.
    """
    value = value[:MAX_HEADER].lower()
    found: list[tuple[str, float]] = []
    for part in value.split(",", MAX_RANGES)[:MAX_RANGES]:
        match = _RANGE.fullmatch(part.strip(" \t"))
        if match is None or len(match[1]) > MAX_TAG:
            continue
        weight = float(match[2]) if match[2] else 1.0
        if weight > 0:
            found.append((match[1], weight))
    return sorted(found, key=lambda pair: -pair[1])


def best_language(wanted: str, languages: Sequence[str]) -> str | None:
    """Return the language of ``languages`` that serves who wants ``wanted``.

    The tag itself comes first, then ever shorter ones (``de-at``, then ``de``), then a relative such as ``de-ch``.
    """
    tag = normalize_tag(wanted)
    if tag is None:
        return None
    parts = tag.split("-")
    for end in range(len(parts), 0, -1):
        shorter = "-".join(parts[:end])
        if shorter in languages:
            return shorter
        relative = _RELATIVES.get(shorter)
        if relative in languages:
            return relative
    return next((language for language in languages if language.split("-")[0] == parts[0]), None)


def choose_language(
    languages: Sequence[str], default: str, cookie: str | None = None, accept: str | None = None, path: str = ""
) -> str:
    """Return the language for a request.

    Args:
        languages: Those the site has, as tags in lower case.
        default: If nothing else decides.
        cookie: What the visitor chose before.
        accept: The ``Accept-Language`` header.
        path: If its first part is one of ``languages``, that decides.
    """
    first = language_of_path(path, languages)
    if first is not None:
        return first
    if cookie and (chosen := best_language(cookie, languages)) is not None:
        return chosen
    for tag, _ in parse_accept_language(accept or ""):
        if tag == "*":
            break
        if (chosen := best_language(tag, languages)) is not None:
            return chosen
    return default


def to_locale(tag: str) -> str:
    """Return the name of a locale folder for a tag: ``pt-br`` becomes ``pt_BR``, ``zh-hans`` becomes ``zh_Hans``.

    Raises:
        LanguageError: If ``tag`` is malformed.
    """
    normal = normalize_tag(tag)
    if normal is None:
        raise LanguageError(tag, "a language tag, such as de or pt-br")
    public, private, own = normal.partition("-x-")
    language, *rest = public.split("-")
    return "_".join([language, *(part.title() if len(part) > 3 else part.upper() for part in rest)]) + private + own


def to_language(locale: str) -> str:
    """Return the tag for the name of a locale folder: ``pt_BR`` becomes ``pt-br``; undoes `to_locale`."""
    return locale.replace("_", "-").lower()


def language_of_path(path: str, languages: Sequence[str]) -> str | None:
    """Return the language that a path begins with, or None if that is none of ``languages``."""
    first = path[: MAX_TAG + 1].lstrip("/").partition("/")[0].lower()
    return first if first in languages else None


def babel_locale(tag: str) -> "Locale":
    """Return Babel's data for a tag, or for its language if the region is unknown.

    Raises:
        LanguageError: If Babel knows neither.
    """
    return _known(tag)[1]


def _known(tag: str) -> "tuple[str, Locale]":
    """Return the tag that CLDR knows and its data: a relative of ``tag`` or its language, if the region is unknown."""
    from babel import Locale, UnknownLocaleError

    normal = to_locale(tag).replace("_", "-").lower()
    # What CLDR names itself comes before what it would derive: it has no zh-my, but the zh-hans that is written there.
    for candidate, derived in (
        (normal, False),
        (_RELATIVES.get(normal), True),
        (normal, True),
        (normal.split("-")[0], True),
    ):
        try:
            if candidate is not None:
                return candidate, Locale.parse(to_locale(candidate), resolve_likely_subtags=derived)
        except (UnknownLocaleError, ValueError):
            continue
    raise LanguageError(tag, "a language that CLDR knows")


def language_info(tag: str, within: str = "en") -> LanguageInfo:
    """Return names and direction of a language.

    Args:
        tag: The language; with an unknown region, what is told is about the language alone, and so is the code.
        within: The language of `LanguageInfo.name_translated`.

    Raises:
        LanguageError: If CLDR does not know one of them.
    """
    code, locale = _known(tag)
    return LanguageInfo(
        code,
        locale.get_display_name("en") or tag,
        locale.get_display_name() or tag,
        locale.text_direction == "rtl",
        locale.get_display_name(babel_locale(within)) or tag,
    )


def is_right_to_left(tag: str) -> bool:
    """Tell whether a language is written from right to left; an unknown one is not."""
    try:
        return bool(babel_locale(tag).text_direction == "rtl")
    except LanguageError:
        return False


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return ``tags`` normalised.

    Raises:
        LanguageError: If one is malformed.
    """
    return tuple(to_locale(tag).replace("_", "-").lower() for tag in tags)


def fallback_tags(language: str, default: str) -> Iterator[str]:
    """Give a language, what it is a variety of, and the default one with the same."""
    seen = set()
    for tag in (language, default):
        parts = tag.split("-")
        for end in range(len(parts), 0, -1):
            if (shorter := "-".join(parts[:end])) not in seen:
                seen.add(shorter)
                yield shorter
