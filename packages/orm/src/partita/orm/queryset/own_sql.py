"""SQL of the user's own in `extra`, each part with its values."""

from collections.abc import Iterable, Sequence
from typing import Any

from partita.orm.errors import FieldError
from partita.orm.expressions import RawSQL

__all__ = ("with_values",)


def with_values(parts: Iterable[tuple[str, Any]], values: Sequence[Any]) -> list[tuple[str, RawSQL]]:
    """Return each part with as many values as it has places for."""
    rest = list(values)
    made: list[tuple[str, RawSQL]] = []
    for name, sql in parts:
        sql = str(sql)  # a number stands for itself
        count = sql.replace("%%", "").count("%s")
        made.append((name, RawSQL(sql, rest[:count])))
        if len(rest) < count:
            raise FieldError(f"The SQL {sql[:80]!r} has places for {count} values, but {len(rest)} are left.")
        rest = rest[count:]
    if rest:
        raise FieldError(f"{len(rest)} values more were given than the SQL has places for.")
    return made
