"""Byte ranges (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from itertools import pairwise

from partita.http.errors import RangeNotSatisfiable

__all__ = ("ByteRange", "parse_range")

ByteRange = tuple[int, int]
"""First byte, and one beyond the last."""

_MAX_RANGES = 16
_SPEC = re.compile(r"[ \t]*([0-9]{0,20})-([0-9]{0,20})[ \t]*")


def parse_range(value: str, size: int) -> list[ByteRange] | None:
    """Read a ``Range`` header against a body.

    Args:
        value: Such as ``bytes=0-99,-5``.
        size: Bytes of the body.

    Returns:
        The ranges in the order asked for; None if the header is to be ignored: another unit, not readable, or more
        than a client has reason to ask for (many, or overlapping ones; section 14.2).

    Raises:
        RangeNotSatisfiable: If all of them lie outside the body.
    """
    unit, equals, specs = value.partition("=")
    parts = specs.split(",")
    if unit.strip(" \t").lower() != "bytes" or not equals or len(parts) > _MAX_RANGES:
        return None
    found = []
    for spec in parts:
        match = _SPEC.fullmatch(spec)
        if match is None or not (match[1] or match[2]) or (match[1] and match[2] and int(match[2]) < int(match[1])):
            return None
        found.append((match[1], match[2]))
    ranges = list(_within(found, size))
    if not ranges:
        raise RangeNotSatisfiable(size)
    ordered = sorted(ranges)
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        return None
    return ranges


def _within(found: list[tuple[str, str]], size: int) -> Iterator[ByteRange]:
    for first, last in found:
        if first:
            start, stop = int(first), min(int(last) + 1, size) if last else size
        else:
            start, stop = max(size - int(last), 0), size
        if start < stop:
            yield start, stop
