"""SQLite's way to change a table: make a new one, move the rows, take the old one's place."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable

from partita.migrations.tables import TableChange

__all__ = ("remake",)

_PREFIX = "_partita_new_"


def remake(change: TableChange, dialect: Dialect) -> Iterator[str]:
    """Yield the statements; foreign keys have to be off (https://www.sqlite.org/lang_altertable.html, section 7).

    Renames have been done before. Indexes go with the old table and have to be made again.

    Args:
        change: What changes.
        dialect: SQLite's.
    """
    quote = dialect.identifier_preparer.quote
    name, temporary = quote(change.new.name), quote(_PREFIX + change.new.name)
    yield _create(change.new, dialect)
    added = {column.name for column in change.added_columns}
    tightened = {new.name for old, new in change.altered_columns if old.nullable and not new.nullable}
    targets: list[str] = []
    values: list[str] = []
    for column in change.new.columns:
        if column.computed is not None or column.system:
            continue
        fill = change.fill.get(column.name)
        if column.name not in added:
            value = quote(column.name)
            values.append(f"coalesce({value}, {fill})" if fill is not None and column.name in tightened else value)
        elif fill is not None:
            values.append(fill)
        elif column.nullable or column.server_default is not None:
            continue
        else:
            values.append("NULL")  # refused if there are rows, as it has to be: nothing is known to fill them with
        targets.append(quote(column.name))
    yield f"INSERT INTO {temporary} ({', '.join(targets)}) SELECT {', '.join(values)} FROM {name}"
    yield f"DROP TABLE {name}"
    yield f"ALTER TABLE {temporary} RENAME TO {name}"


def _create(table: sa.Table, dialect: Dialect) -> str:
    # The name is lent for a moment: a copy by Table.to_metadata forgets on which databases its checks hold.
    name = table.name
    table.name = table.fullname = _PREFIX + name
    try:
        return str(CreateTable(table).compile(dialect=dialect)).strip()
    finally:
        table.name = table.fullname = name
