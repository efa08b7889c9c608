"""Django's constructors for partita's dictionary of several values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import MultiDict
from partita.http.query import parse_query

__all__ = ("MultiValueDict", "QueryDict")


class MultiValueDict(MultiDict[Any]):
    """Made of a list of values for each name."""

    def __init__(self, key_to_list_mapping: Mapping[str, Iterable[Any]] | Iterable[Any] = ()) -> None:
        lists = dict(key_to_list_mapping)
        super().__init__([(name, value) for name, values in lists.items() for value in values])


class QueryDict(MultiDict[str]):
    """Made of a query string."""

    def __init__(
        self, query_string: str | bytes | None = None, mutable: bool = False, encoding: str | None = None
    ) -> None:
        raw = (query_string or "").encode() if not isinstance(query_string, bytes) else query_string
        super().__init__(parse_query(raw))


__getattr__ = fallback("django.utils.datastructures")
