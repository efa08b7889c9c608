"""Content negotiation (RFC 9110, section 12.5)."""

import re
from collections.abc import Iterable

import msgspec

__all__ = ("Preference", "best_match", "parse_accept", "parse_preferences", "quality")

_MAX_ENTRIES = 64  # browsers send fewer than ten; more only costs time
_MAX_PARAMETERS = 16
_WEIGHT = re.compile(r"[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*", re.IGNORECASE)
_RANGE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Preference(msgspec.Struct, frozen=True):
    """One entry of a list such as ``Accept``: what is wanted, and how much."""

    value: str
    quality: float = 1.0


def parse_preferences(value: str) -> list[Preference]:
    """Read ``Accept-Language``, ``Accept-Encoding`` and their like, the most wanted first.

    Entries that cannot be read are left out, as are those with parameters other than ``q``; equal ones keep their order.
    """
    found = []
    for entry in value.split(",", _MAX_ENTRIES)[:_MAX_ENTRIES]:
        name, _, parameters = entry.partition(";")
        weight = _weight(parameters)
        if (name := name.strip(" \t").lower()) and weight is not None:
            found.append(Preference(name, weight))
    return sorted(found, key=lambda preference: -preference.quality)


def parse_accept(value: str) -> list[Preference]:
    """Read ``Accept``: media ranges without their parameters, the most wanted first.

    A range with parameters, such as ``application/json;charset=utf-8``, stands for the plain type unless that is named as well:
    programs write them so, and want what everybody calls by the plain name.
    """
    plain, narrowed = [], []
    for entry in value.split(",", _MAX_ENTRIES)[:_MAX_ENTRIES]:
        name, *parameters = entry.lower().split(";", _MAX_PARAMETERS)
        if not _RANGE.fullmatch(name := name.strip(" \t")):
            continue
        weights = [parameter for parameter in parameters if parameter.strip(" \t").startswith("q=")]
        weight = _weight(weights[0]) if weights else 1.0
        if weight is None:
            continue
        if len(parameters) == len(weights):
            plain.append(Preference(name, weight))
        elif weight:  # who refuses a narrow range does not refuse the plain type
            narrowed.append(Preference(name, weight))
    named = {preference.value for preference in plain}
    found = [*plain, *[preference for preference in narrowed if preference.value not in named]]
    return sorted(found, key=lambda preference: -preference.quality)


def quality(preferences: Iterable[Preference], media_type: str) -> float:
    """Return how much ``media_type`` is wanted, from 0 (not at all) to 1; the most specific range decides."""
    kind = media_type.lower().partition("/")[0]
    found = {preference.value: preference.quality for preference in reversed([*preferences])}
    for candidate in (media_type.lower(), f"{kind}/*", "*/*"):
        if candidate in found:
            return found[candidate]
    return 0.0


def best_match(preferences: list[Preference], offers: Iterable[str]) -> str | None:
    """Return the offer that is wanted most, the first of equals, or None if none is wanted.

    Args:
        preferences: Of the client; an empty list wants everything.
        offers: Media types, the server's favourite first.
    """
    if not preferences:
        return next(iter(offers), None)
    best, most = None, 0.0
    for offer in offers:
        if (wanted := quality(preferences, offer)) > most:
            best, most = offer, wanted
    return best


def _weight(parameters: str) -> float | None:
    if not parameters:
        return 1.0
    found = _WEIGHT.fullmatch(parameters)
    return min(float(found[1]), 1.0) if found else None
