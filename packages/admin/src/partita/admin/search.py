"""The search box of a list: every word must occur in one of the fields."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_

from partita.admin.fields import crosses_many
from partita.orm import Model, Q, QuerySet

__all__ = ("LONGEST_SEARCH", "MOST_WORDS", "search", "words_of")

LONGEST_SEARCH = 200
MOST_WORDS = 12
_WORD = re.compile(r'"([^"]*)"|(\S+)')  # one pass, no way back: a quote without an end is part of a word
_LOOKUPS = {"^": "istartswith", "=": "iexact"}


def words_of(text: str) -> list[str]:
    """Return the words of ``text``; those between double quotes stay together.

    >>> words_of('black "let there" be')
    ['black', 'let there', 'be']
    """
    found = (match[1] or match[2] for match in _WORD.finditer(text[:LONGEST_SEARCH]))
    return [word for word in found if word and word.strip()][:MOST_WORDS]


def search(queryset: QuerySet[Model], fields: Sequence[str], text: str) -> QuerySet[Model]:
    """Return what of ``queryset`` matches every word of ``text``.

    Args:
        queryset: What to search.
        fields: Names or paths of fields; one that begins with ``^`` must start with the word, with ``=`` be equal to it.
        text: As typed.
    """
    words = words_of(text.replace("\0", ""))
    if not fields or not words:
        return queryset
    lookups = [_lookup(field) for field in fields]
    for word in words:
        queryset = queryset.filter(reduce(or_, (Q(**{lookup: word}) for lookup in lookups)))
    several = any(crosses_many(queryset.model, field.lstrip("^=")) for field in fields)
    return queryset.distinct() if several else queryset


def _lookup(field: str) -> str:
    return f"{field[1:]}__{_LOOKUPS[field[0]]}" if field[0] in _LOOKUPS else f"{field}__icontains"
