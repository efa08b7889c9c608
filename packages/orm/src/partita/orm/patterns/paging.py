"""Pages of a query that stay in place while rows come and go: each begins after the last row of the one before."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from partita.orm.compiler.groups import default_order
from partita.orm.errors import FieldError, OrmError
from partita.orm.expressions import Column, Expression, OrderBy, Random, Ref
from partita.orm.fields.base import Field
from partita.orm.q import Q
from partita.orm.query import Annotation, Query, Selected
from partita.orm.queryset import QuerySet
from partita.validation import ValidationError

__all__ = ("InvalidCursor", "KeysetPage", "akeyset_page", "keyset_page")

R = TypeVar("R")
_LONGEST = 4096


class InvalidCursor(OrmError, ValueError):
    """A cursor was not made for this query, or somebody changed it."""

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor[:80])
        self.cursor = cursor[:80]

    def __str__(self) -> str:
        return f"{self.cursor!r} is no place in these rows. Begin again without a cursor."


class KeysetPage(NamedTuple, Generic[R]):
    """Some rows, and how to get those after and before them.

    Attributes:
        rows: The rows, in the order of the query.
        next: The cursor of the page after this one; None if there is none.
        previous: The cursor of the page before this one; None if there is none.
    """

    rows: list[R]
    next: str | None
    previous: str | None


class _Term(NamedTuple):
    alias: str
    field: Field[Any]
    descending: bool
    nulls_first: bool


def keyset_page(
    rows: QuerySet[R], size: int = 50, *, after: str | None = None, before: str | None = None
) -> KeysetPage[R]:
    """Return one page of a query, found by the values it is ordered by and not by counting rows.

    It costs the same however far in it is, if an index serves the order, and neither repeats nor loses rows that stay
    while others are added or deleted. The key is added to the order, so that no two rows are equal.

    Args:
        rows: Instances or dictionaries, in any order but a random one: names, relations, annotations, expressions,
            ``nulls_first`` and ``nulls_last``.
        size: Rows, at most.
        after: ``next`` of the page before.
        before: ``previous`` of the page after. A cursor is a text that may be shown to anybody; it holds values of the row.

    Raises:
        ValueError: If ``size`` is less than one, or both cursors are given.
        InvalidCursor: If a cursor is not of this query.
        FieldError: If the query is ordered at random, sliced, combined or a query for tuples.
    """
    database = rows.database
    return database.perform(_page, rows, size, after, before)


async def akeyset_page(
    rows: QuerySet[R], size: int = 50, *, after: str | None = None, before: str | None = None
) -> KeysetPage[R]:
    """Async twin of `keyset_page`."""
    return await rows.database.arun(lambda: keyset_page(rows, size, after=after, before=before))


def _page(rows: QuerySet[R], size: int, after: str | None, before: str | None) -> KeysetPage[R]:
    if size < 1:
        raise ValueError(f"A page has at least one row, not {size}.")
    if after is not None and before is not None:
        raise ValueError("A page begins after one cursor or ends before one, not both.")
    query = rows.query
    if query.is_sliced or query.combined is not None or query.form == "tuples":
        raise FieldError("Pages are made of instances or dictionaries, neither sliced nor combined.")
    ordered, terms = _with_keys(rows)
    backwards = before is not None
    cursor = before if backwards else after
    if backwards:
        ordered = ordered.reverse()
    if cursor is not None:
        values = _read(cursor, terms)
        ordered = ordered.filter(_beyond(terms, values, backwards))
    found: list[Any] = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    keys = [_taken(row, terms) for row in found]
    first, last = (_written(keys[0], terms), _written(keys[-1], terms)) if keys else (None, None)
    if backwards:
        return KeysetPage(found, last, first if more else None)
    return KeysetPage(found, last if more else None, first if cursor is not None else None)


def _with_keys(rows: QuerySet[R]) -> tuple[QuerySet[R], list[_Term]]:
    """Return the query ordered to the last row, with the values of the order selected, and what they are."""
    query, meta = rows.query, rows.model._meta
    order: Sequence[OrderBy] = default_order(rows.model) if query.order is None else query.order
    if query.backwards:
        order = [term.reversed() for term in order]
    order = [*order, *[OrderBy(source) for source in _keys_of(query, meta)]]
    vendor = rows.database.vendor
    terms: list[_Term] = []
    annotations: list[Annotation] = []
    directed: list[OrderBy] = []
    for place, term in enumerate(order):
        source: Expression = term.sources[0]
        if isinstance(source, Random):
            raise FieldError("Rows in random order have no pages.")
        name = f"keyset{place}"
        annotations.append(Annotation(name, source, len(query.where), True))
        # Where NULLs are unless somebody says: last of all in PostgreSQL, before all in the others.
        low = vendor != "postgresql"
        first = term.nulls_first or (not term.nulls_last and (low != term.descending))
        terms.append(_Term(name, source.output, term.descending, first))
        directed.append(
            OrderBy(
                Ref(name, source),
                descending=term.descending,
                nulls_first=(first and source.nullable) or None,
                nulls_last=(not first and source.nullable) or None,
            )
        )
    columns = query.columns
    if columns is not None:
        columns = (*columns, *[Selected(a.name, Ref(a.name, a.source)) for a in annotations])
    return (
        rows._copy(
            query.having(
                order=tuple(directed),
                backwards=False,
                annotations=(*query.annotations, *annotations),
                columns=columns,
            )
        ),
        terms,
    )


def _keys_of(query: Query, meta: Any) -> list[Expression]:
    """Return what tells rows apart: the key of the model, or else what they are grouped by, or all there is of distinct ones."""
    if query.grouped is not None:
        return [selected.source for selected in query.grouped]
    if query.distinct and query.columns is not None:
        return [selected.source for selected in query.columns]
    return [Column((), part) for part in meta.pk_fields]


def _beyond(terms: Sequence[_Term], values: Sequence[Any], backwards: bool) -> Q:
    """Return the condition of the rows after a place: beyond it by one term, equal by all terms before that."""
    either = Q.create(connector="OR")
    equal = Q()
    for term, value in zip(terms, values, strict=True):
        further = _further(term, value, backwards)
        if further is not None:
            either |= equal & further
        equal &= Q(**{f"{term.alias}__isnull": True}) if value is None else Q(**{term.alias: value})
    return either


def _further(term: _Term, value: Any, backwards: bool) -> Q | None:
    nulls_first = term.nulls_first != backwards
    if value is None:
        return Q(**{f"{term.alias}__isnull": False}) if nulls_first else None
    compare = "lt" if term.descending != backwards else "gt"
    beyond = Q(**{f"{term.alias}__{compare}": value})
    return beyond if nulls_first else beyond | Q(**{f"{term.alias}__isnull": True})


def _taken(row: Any, terms: Sequence[_Term]) -> list[Any]:
    """Take the values of the order away from a row."""
    values: dict[str, Any] = row if isinstance(row, dict) else row.__dict__
    return [values.pop(term.alias) for term in terms]


def _written(values: Sequence[Any], terms: Sequence[_Term]) -> str:
    told = [None if value is None else _text(term.field, value) for term, value in zip(terms, values, strict=True)]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def _text(field: Field[Any], value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "total_seconds"):  # the field reads a count of seconds with all digits
        return f"{value.days} 00:00:{value.seconds}.{value.microseconds:06}"
    if isinstance(value, bytes | memoryview | dict | list):
        raise FieldError(f"Pages cannot be ordered by a {type(field).__name__}.")
    return str(value)


def _read(cursor: str, terms: Sequence[_Term]) -> list[Any]:
    if len(cursor) > _LONGEST:
        raise InvalidCursor(cursor)
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        told = json.loads(raw)
        if not isinstance(told, list) or len(told) != len(terms):
            raise InvalidCursor(cursor)
        if any(value is not None and not isinstance(value, str | int | float) for value in told):
            raise InvalidCursor(cursor)
        return [None if value is None else term.field.to_python(value) for term, value in zip(terms, told, strict=True)]
    except (UnicodeError, binascii.Error, ValueError, ValidationError, RecursionError, ArithmeticError) as error:
        raise InvalidCursor(cursor) from error
