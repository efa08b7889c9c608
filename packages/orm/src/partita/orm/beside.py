"""Statements that belong to a table but stand beside its definition, such as policies: made after it, told apart by name."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Table
from sqlalchemy.engine import Dialect

__all__ = ("TABLE", "Beside", "besides", "put_beside", "statements_of")

TABLE = "\0"
"""Stands for the table's name in the statements."""


class Beside(msgspec.Struct, frozen=True):
    """What is made beside a table, and how it goes.

    Attributes:
        vendor: The database that knows it.
        create: Statements, with `TABLE` for the table's name.
        drop: Statements that undo them. They are not needed if the table itself goes.
    """

    vendor: str
    create: tuple[str, ...]
    drop: tuple[str, ...]


def put_beside(table: Table, name: str, beside: Beside) -> None:
    """Add something to a table; whatever had the name is replaced."""
    table.info.setdefault("beside", {})[name] = beside


def besides(table: Table, vendor: str) -> dict[str, Beside]:
    """Return what is made beside a table in databases of ``vendor``, by name."""
    known: dict[str, Beside] = table.info.get("beside", {})
    return {name: beside for name, beside in known.items() if beside.vendor == vendor}


def statements_of(statements: Iterable[str], table: Table, dialect: Dialect) -> list[str]:
    """Return statements with the table's name in them."""
    name = dialect.identifier_preparer.format_table(table)
    return [statement.replace(TABLE, name) for statement in statements]
