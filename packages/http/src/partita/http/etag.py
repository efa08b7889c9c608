"""Entity tags, which name one version of a body (RFC 9110, section 8.8.3)."""

import re

import msgspec

from partita.http.errors import HeaderSyntaxError

__all__ = ("ETag", "parse_etag", "parse_etags")

_OPAQUE = r"[\x21\x23-\x7e\x80-\xff]*"  # "etagc" in the RFC: no spaces, no double quote
_ETAG = re.compile(rf'(W/)?"({_OPAQUE})"')
_SEPARATOR = re.compile(r"[ \t]*(?:,[ \t]*)*")


class ETag(msgspec.Struct, frozen=True):
    """One entity tag: the text between the quotes, and whether it is weak."""

    opaque: str
    weak: bool = False

    def __post_init__(self) -> None:
        # A line break in here would let the value start a header of its own.
        if not re.fullmatch(_OPAQUE, self.opaque):
            raise HeaderSyntaxError("ETag", self.opaque, "visible characters without double quotes")

    def __str__(self) -> str:
        return f'{"W/" if self.weak else ""}"{self.opaque}"'

    def matches(self, other: "ETag", strong: bool = False) -> bool:
        """Compare as RFC 9110, section 8.8.3.2 says: strongly, or without regard to weakness."""
        return self.opaque == other.opaque and not (strong and (self.weak or other.weak))


def parse_etag(value: str) -> ETag:
    """Read one entity tag from a header value.

    Args:
        value: The field value decoded as Latin-1, for example ``W/"a1"``.

    Returns:
        The tag without its quotes.

    Raises:
        HeaderSyntaxError: If ``value`` is anything but one entity tag.
    """
    found = _ETAG.fullmatch(value.strip(" \t"))
    if found is None:
        raise HeaderSyntaxError("ETag", value, 'a quoted tag, as in "a1" or W/"a1"')
    return ETag(found[2], weak=found[1] is not None)


def parse_etags(value: str) -> tuple[ETag, ...] | None:
    """Read the list in ``If-Match`` or ``If-None-Match``.

    Returns:
        The tags; None for ``*``, which stands for any.

    Raises:
        HeaderSyntaxError: If ``value`` is neither.
    """
    text = value.strip(" \t")
    if text == "*":
        return None
    tags: list[ETag] = []
    at = 0
    while at < len(text):
        found = _ETAG.match(text, at)
        if found is None:
            raise HeaderSyntaxError("ETag", text[at:], 'a list of quoted tags, as in "a1", W/"a2"')
        tags.append(ETag(found[2], weak=found[1] is not None))
        separator = _SEPARATOR.match(text, found.end())
        at = separator.end() if separator else len(text)
        if at < len(text) and "," not in text[found.end() : at]:
            raise HeaderSyntaxError("ETag", text[at:], "a comma between tags")
    return tuple(tags)
