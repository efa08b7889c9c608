"""Many new rows by PostgreSQL's COPY, which takes them as text and is several times faster than INSERT."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from partita.orm.database import Database
from partita.orm.drivers.base import with_placeholders
from partita.orm.fields import Field

__all__ = ("CopiedRows", "copied_text", "copy_rows", "next_keys")

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class CopiedRows(NamedTuple):
    """What COPY takes: the table, the columns, and the rows in PostgreSQL's text format."""

    table: str
    columns: tuple[str, ...]
    text: bytes


def copy_rows(database: Database, meta: Any, rows: Sequence[list[Any]], fields: Sequence[Field[Any]]) -> bool:
    """Insert rows by COPY; return False, with nothing done, if a value has no text form that is known here.

    Args:
        database: A PostgreSQL, in a transaction.
        meta: The options of the model.
        rows: The values of each row as the driver takes them.
        fields: Whose values these are.
    """
    text = copied_text(rows)
    if text is None:
        return False
    columns = tuple(field.column for field in fields)
    quote = database.backend.quote
    sql = f"COPY {quote(meta.db_table)} ({', '.join(map(quote, columns))}) FROM STDIN"
    database.copy_in(sql, CopiedRows(meta.db_table, columns, text))
    return True


def next_keys(database: Database, meta: Any, count: int) -> list[int]:
    """Return so many keys of a column that counts up, which nobody else gets."""
    sql = with_placeholders(
        "SELECT nextval(pg_get_serial_sequence(CAST(%s AS TEXT), CAST(%s AS TEXT))) "
        "FROM generate_series(1, CAST(%s AS BIGINT))",
        database.backend.style,
    )
    keys = database.fetch(sql, [database.backend.quote(meta.db_table), meta.pk.column, count])
    return [key for (key,) in keys]


def copied_text(rows: Sequence[Sequence[Any]]) -> bytes | None:
    """Return rows in the text format of COPY; None if a value is of a kind that is not known here."""
    lines: list[str] = []
    kinds = _KINDS
    try:
        for row in rows:
            lines.append("\t".join([kinds[type(value)](value) for value in row]))  # the inner loop counts
    except KeyError:
        return None
    lines.append("")
    return "\n".join(lines).encode()


def _text(value: str) -> str:
    return value.translate(_ESCAPED)


def _span(value: dt.timedelta) -> str:
    return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"


_KINDS: MappingProxyType[type, Callable[[Any], str]] = MappingProxyType(
    {
        type(None): lambda value: "\\N",
        str: _text,
        bool: lambda value: "t" if value else "f",
        int: str,
        float: repr,
        Decimal: str,
        uuid.UUID: str,
        dt.date: dt.date.isoformat,
        dt.datetime: dt.datetime.isoformat,
        dt.time: dt.time.isoformat,
        dt.timedelta: _span,
        bytes: lambda value: f"\\\\x{value.hex()}",
    }
)
