"""Tables in parts: rows go to the part that their key says, and a query reads only the parts that can have what it asks for.

```
class Sale(Model):
    pk = CompositePrimaryKey("id", "day")  # the key has to contain what tells the parts apart
    id = BigIntegerField(default=next_number)
    day = DateField()

    class Meta:
        constraints = [
            PartitionBy("range", "day"),
            RangePartition("sale_2026", start=date(2026, 1, 1), end=date(2027, 1, 1)),
            DefaultPartition("sale_other"),
        ]
```

Partitions are added and taken away by migrations like constraints; that a table has parts is decided when it is made, because
PostgreSQL cannot change it (https://www.postgresql.org/docs/current/ddl-partitioning.html). Other databases make one whole table.
"""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Table, literal

from partita.orm.backends import ddl_backend
from partita.orm.beside import TABLE, Beside, put_beside
from partita.orm.constraints import BaseConstraint
from partita.orm.errors import ModelError

__all__ = ("DefaultPartition", "HashPartition", "ListPartition", "PartitionBy", "RangePartition")

_KINDS = ("range", "list", "hash")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")


class _Part(BaseConstraint):
    """Something of ``Meta.constraints`` that the database checks by itself."""

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """The database refuses rows that no part takes; nothing is asked before."""


class PartitionBy(_Part):
    """Says what tells the parts of a table apart.

    Args:
        kind: ``range``, ``list`` or ``hash``.
        fields: Names of fields; one only, for ``list``. The primary key, and whatever else is unique, has to contain them.
        name: Told apart by it in migrations; ``partition_by`` unless given.

    Raises:
        ValueError: If the kind is another, or the number of fields does not suit it.
    """

    def __init__(self, kind: str, *fields: str, name: str = "partition_by") -> None:
        super().__init__(name, None, None)
        if kind not in _KINDS:
            raise ValueError(f"A table is parted by {', '.join(_KINDS)}, not by {kind!r:.40}.")
        if not fields or (kind == "list" and len(fields) > 1):
            raise ValueError(f"Parts by {kind} need {'one field' if kind == 'list' else 'at least one field'}.")
        self.kind, self.fields = kind, fields

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """What was given."""
        named = {} if self.name == "partition_by" else {"name": self.name}
        return "partita.postgres.PartitionBy", (self.kind, *self.fields), named

    def add_to(self, table: Table, model: Any) -> None:
        """Have the table made in parts, in PostgreSQL.

        Raises:
            ModelError: If the primary key lacks one of the fields.
        """
        columns = [model._meta.get_field(name).column for name in self.fields]
        if missing := [name for name in columns if name not in {column.name for column in table.primary_key}]:
            raise ModelError(
                f"{model._meta.label} is parted by {missing[0]!r}, so its primary key has to contain it: "
                f"pk = CompositePrimaryKey(..., {missing[0]!r})."
            )
        quote = ddl_backend("postgresql").quote
        options: Any = table.dialect_options["postgresql"]
        options["partition_by"] = f"{self.kind.upper()} ({', '.join(quote(column) for column in columns)})"
        refused = "A table that is there cannot be parted: make another one, and copy the rows."
        check = (
            f"DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_class WHERE oid = '{TABLE}'::regclass AND relkind = 'p') "
            f"THEN RAISE EXCEPTION '{refused}' USING ERRCODE = 'feature_not_supported'; END IF; END $do$"
        )
        put_beside(table, self.name, Beside("postgresql", (check,), ()))


class _Partition(_Part):
    """One part. Taken away, it keeps its rows as a table of its own; an empty one is dropped."""

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name of a table.")
        super().__init__(name, None, None)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """What was given."""
        _, expressions, arguments = super().deconstruct()
        return f"partita.postgres.{type(self).__name__}", expressions, arguments

    def bounds(self, fields: Sequence[Any]) -> str:
        """Return which rows it takes, as SQL.

        Args:
            fields: What the table is parted by.
        """
        return "DEFAULT"

    def add_to(self, table: Table, model: Any) -> None:
        """Put this beside SQLAlchemy's table.

        Raises:
            ModelError: If ``Meta.constraints`` has no `PartitionBy`.
        """
        by = next((each for each in model._meta.constraints if isinstance(each, PartitionBy)), None)
        if by is None:
            raise ModelError(f"{model._meta.label} has the partition {self.name!r}, and no PartitionBy beside it.")
        quote = ddl_backend("postgresql").quote
        own = quote(self.name) if table.schema is None else f"{quote(table.schema)}.{quote(self.name)}"
        there = "to_regclass('" + own.replace("'", "''") + "')"
        bounds = self.bounds([model._meta.get_field(name) for name in by.fields])
        made = (
            f"DO $do$ BEGIN IF {there} IS NULL THEN CREATE TABLE {own} PARTITION OF {TABLE} {bounds}; "
            f"ELSE ALTER TABLE {TABLE} ATTACH PARTITION {own} {bounds}; END IF; END $do$"
        )
        gone = (
            f"ALTER TABLE {TABLE} DETACH PARTITION {own}",
            f"DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM {own}) THEN DROP TABLE {own}; END IF; END $do$",
        )
        put_beside(table, self.name, Beside("postgresql", (made,), gone))


class RangePartition(_Partition):
    """Rows from ``start`` to before ``end``.

    Args:
        name: The name of its table.
        start: The first value; a tuple for several fields; None for the least there is.
        end: The first value that is not in it; None for no end.
    """

    def __init__(self, name: str, *, start: Any = None, end: Any = None) -> None:
        super().__init__(name)
        self.start, self.end = start, end

    def bounds(self, fields: Sequence[Any]) -> str:
        """Both bounds."""
        return f"FOR VALUES FROM ({_bound(fields, self.start, 'MINVALUE')}) TO ({_bound(fields, self.end, 'MAXVALUE')})"


class ListPartition(_Partition):
    """Rows with one of these values.

    Args:
        name: The name of its table.
        values: Which; None for rows that have none.
    """

    def __init__(self, name: str, values: Sequence[Any]) -> None:
        super().__init__(name)
        if not values:
            raise ValueError("A part of a list needs at least one value.")
        self.values = tuple(values)

    def bounds(self, fields: Sequence[Any]) -> str:
        """The values."""
        return f"FOR VALUES IN ({', '.join(_literal(fields[0], value) for value in self.values)})"


class HashPartition(_Partition):
    """One of several parts of about the same size.

    Args:
        name: The name of its table.
        modulus: How many parts there are.
        remainder: Which of them, counted from 0.
    """

    def __init__(self, name: str, modulus: int, remainder: int) -> None:
        super().__init__(name)
        if not 0 <= remainder < modulus:
            raise ValueError(f"remainder is a number from 0 to {modulus - 1}, not {remainder}.")
        self.modulus, self.remainder = int(modulus), int(remainder)

    def bounds(self, fields: Sequence[Any]) -> str:
        """Which part of how many."""
        return f"FOR VALUES WITH (MODULUS {self.modulus}, REMAINDER {self.remainder})"


class DefaultPartition(_Partition):
    """Rows that no other part takes; without it they are refused.

    Args:
        name: The name of its table.
    """


def _bound(fields: Sequence[Any], value: Any, missing: str) -> str:
    values = value if isinstance(value, tuple) else (value,) * (len(fields) if value is None else 1)
    if len(values) != len(fields):
        raise ModelError(f"A bound of this table has {len(fields)} values, one for each field, not {len(values)}.")
    pairs = zip(fields, values, strict=True)
    return ", ".join(missing if one is None else _literal(field, one) for field, one in pairs)


def _literal(field: Any, value: Any) -> str:
    if value is None:
        return "NULL"
    convert, ready = field.to_driver("postgresql"), field.get_prep_value(value)
    if isinstance(ready, dt.datetime) and convert is not None:
        ready = convert(ready)
    made = literal(ready, field.sql_type())
    dialect = ddl_backend("postgresql").dialect
    return str(made.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")
