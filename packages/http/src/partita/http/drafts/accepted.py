"""Media types with their parameters, as a draft's ``Accept`` names them (RFC 9110, section 12.5.1)."""

import math
from functools import cached_property

__all__ = ("MediaType", "accepted_types", "by_precedence")

_MAX_ENTRIES = 64  # browsers send fewer than ten; more only costs time


class MediaType:
    """One media type or range of them.

    Args:
        text: Such as ``text/html;level=1;q=0.7``; anything is taken, what is no type matches nothing.
    """

    def __init__(self, text: object) -> None:
        kind, *parameters = _split(str(text) if text else "", ";")
        self.main_type, _, self.sub_type = kind.strip().lower().partition("/")
        self.params: dict[str, str] = {}
        for parameter in parameters:
            name, equals, value = parameter.partition("=")
            if equals and name.strip():
                self.params.setdefault(name.strip().lower(), value.strip().strip('"'))

    def __str__(self) -> str:
        kind = f"{self.main_type}/{self.sub_type}" if self.sub_type else self.main_type
        return "; ".join([kind, *[f"{name}={value}" for name, value in self.params.items()]])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    @cached_property
    def range_params(self) -> dict[str, str]:
        """The parameters that belong to the type: all but ``q``."""
        return {name: value for name, value in self.params.items() if name != "q"}

    def match(self, other: object) -> bool:
        """Tell whether ``other`` lies within this range."""
        if not other:
            return False
        kind = other if isinstance(other, MediaType) else MediaType(other)
        for own, theirs in ((self.main_type, kind.main_type), (self.sub_type, kind.sub_type)):
            if not own or not theirs or (own != theirs and own != "*"):
                return False
        # A range without parameters takes in those that have some; one with parameters only those that have the same and more.
        wanted, offered = self.range_params, kind.range_params
        if "charset" in wanted and "charset" not in offered:
            # Programs ask for ``application/json; charset=utf-8`` and want what everybody offers by its plain name.
            wanted = {name: value for name, value in wanted.items() if name != "charset"}
        return wanted.items() <= offered.items()

    @cached_property
    def quality(self) -> float:
        """How much it is wanted, from 0 to 1, with three digits; what cannot be read is 1."""
        try:
            value = float(self.params.get("q", 1))
        except ValueError:
            return 1
        return round(value, 3) if math.isfinite(value) and 0 <= value <= 1 else 1

    @property
    def specificity(self) -> int:
        """How narrow it is: 0 takes anything, 3 has parameters."""
        if self.main_type == "*":
            return 0
        if self.sub_type == "*":
            return 1
        return 3 if self.range_params else 2


def accepted_types(value: str) -> list[MediaType]:
    """Return what an ``Accept`` header wants, the most wanted first and of equals the narrowest; what it refuses is left out."""
    wanted = [kind for kind in _all(value) if kind.quality > 0]
    return sorted(wanted, key=lambda kind: (kind.quality, kind.specificity), reverse=True)


def by_precedence(value: str) -> list[MediaType]:
    """Return all that an ``Accept`` header names, the narrowest first: the order in which they decide about a type."""
    return sorted(_all(value), key=lambda kind: (kind.specificity, kind.quality), reverse=True)


def _all(value: str) -> list[MediaType]:
    return [MediaType(each) for each in _split(value, ",")[:_MAX_ENTRIES] if each.strip()]


def _split(text: str, separator: str) -> list[str]:
    if '"' not in text:
        return text.split(separator)
    parts, quoted, start = [], False, 0
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
