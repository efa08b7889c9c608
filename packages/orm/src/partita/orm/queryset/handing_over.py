"""Queries that ask another database: what they give is handed over as a list, since no database joins with another one."""

from typing import Any

from partita.orm.errors import FieldError
from partita.orm.q import Q

__all__ = ("handed_over", "is_elsewhere")

_MOST = 30_000  # as many parameters as every database takes in one statement, with room for others


def is_elsewhere(rows: Any, value: Any) -> bool:
    """Return whether ``value`` is a query that was told to run in another database than ``rows``."""
    using = getattr(value, "_using", None)
    return using is not None and hasattr(value, "query") and value.database is not rows.database


def handed_over(rows: Any, value: Any) -> Any:
    """Return a condition's value with the results of queries of other databases in their place.

    Args:
        rows: The query that the condition is for.
        value: A value, or a `Q`.

    Raises:
        FieldError: If there are more than 30 000 results.
    """
    if isinstance(value, Q):
        children = [
            (child[0], handed_over(rows, child[1])) if isinstance(child, tuple) else handed_over(rows, child)
            for child in value.children
        ]
        return Q.create(children, value.connector, value.negated)
    if not is_elsewhere(rows, value):
        return value
    query = value.query
    copy = value._copy(query.as_operand() if query.columns is None else query.having(form="tuples"))
    copy._convert, copy._prefetch = None, ()
    found = [row[0] for row in copy[: _MOST + 1]] if not query.is_sliced else [row[0] for row in copy]
    if len(found) > _MOST:
        raise FieldError(
            f"{value.database.alias} gives more than {_MOST} keys for {rows.database.alias}; narrow that query, or ask in parts."
        )
    return found
