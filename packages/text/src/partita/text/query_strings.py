"""Query strings (WHATWG URL, application/x-www-form-urlencoded)."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ("urlencode",)


def urlencode(query: Mapping[Any, Any] | Iterable[tuple[Any, Any]], doseq: bool = False) -> str:
    """Return names and values as a query string.

    Args:
        query: Pairs, a mapping, or a multi-valued mapping with ``lists()``.
        doseq: Repeat the name for each element of a value that can be iterated over, strings apart.

    Raises:
        TypeError: If a value is None: an empty string and a missing one are different things.
    """
    from urllib.parse import quote_plus

    pairs: list[str] = []
    for name, value in _pairs(query):
        if value is None:
            raise TypeError(_none(name))
        values: Iterable[Any] = (value,)
        if doseq and not isinstance(value, str | bytes) and hasattr(value, "__iter__"):
            values = value
        for each in values:
            if each is None:
                raise TypeError(_none(name))
            shown = each if isinstance(each, bytes) else str(each)
            pairs.append(f"{quote_plus(name if isinstance(name, bytes) else str(name))}={quote_plus(shown)}")
    return "&".join(pairs)


def _pairs(query: Any) -> Iterable[tuple[Any, Any]]:
    lists = getattr(query, "lists", None)
    if lists is not None:
        multiple: Iterable[tuple[Any, Any]] = lists()
        return multiple
    pairs: Iterable[tuple[Any, Any]] = query.items() if hasattr(query, "items") else query
    return pairs


def _none(name: object) -> str:
    return (
        f"Cannot encode None for key {str(name)[:80]!r} in a query string. Did you mean to pass an empty string "
        "or omit the value?"
    )
