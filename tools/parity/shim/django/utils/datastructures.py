"""Django's constructors for partita's dictionary of several values."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import MultiDict
from partita.http.drafts.multi_value_dict import MultiValueDict, MultiValueDictKeyError
from partita.http.query import parse_query

__all__ = ("MultiValueDict", "MultiValueDictKeyError", "QueryDict")


class QueryDict(MultiDict[str]):
    """Made of a query string."""

    def __init__(
        self, query_string: str | bytes | None = None, mutable: bool = False, encoding: str | None = None
    ) -> None:
        raw = (query_string or "").encode() if not isinstance(query_string, bytes) else query_string
        super().__init__(parse_query(raw))


__getattr__ = fallback("django.utils.datastructures")
