"""Which migrations a database has had."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from partita.migrations.migration import Key
from partita.orm import Database
from partita.orm.errors import DatabaseError

__all__ = ("TABLE", "Recorder")

TABLE = "partita_migrations"

_TABLE = sa.Table(
    TABLE,
    sa.MetaData(),
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(150), primary_key=True),
    sa.Column("applied", sa.String(32), nullable=False),
)


class Recorder:
    """Reads and writes the table ``partita_migrations``.

    Args:
        database: That has it, or will.
        clock: Says what time it is.
    """

    __slots__ = ("_clock", "_database")

    def __init__(self, database: Database, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._database, self._clock = database, clock

    def applied(self) -> dict[Key, str]:
        """Return the migrations the database has had, with the time of each; none if it has no such table."""
        if not self._exists():
            return {}
        rows = self._database.fetch(f"SELECT app, name, applied FROM {TABLE}")
        return {(row[0], row[1]): row[2] for row in rows}

    def prepare(self) -> None:
        """Create the table unless it is there."""
        if not self._exists():
            dialect: Any = self._database.backend.dialect
            self._database.run(str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=dialect)))

    def record(self, key: Key) -> None:
        """Note that a migration has run."""
        now = self._clock().isoformat(" ", "seconds")
        self._run("INSERT INTO {table} (app, name, applied) VALUES ({0}, {1}, {2})", *key, now)

    def forget(self, key: Key) -> None:
        """Note that a migration was undone."""
        self._run("DELETE FROM {table} WHERE app = {0} AND name = {1}", *key)

    def _run(self, sql: str, *params: str) -> None:
        backend = self._database.backend
        marks = [backend.placeholder(index) for index in range(len(params))]
        self._database.run(sql.format(*marks, table=TABLE), params)

    def _exists(self) -> bool:
        return TABLE in table_names(self._database)


def table_names(database: Database) -> set[str]:
    """Return the tables of the current schema.

    Raises:
        DatabaseError: If the database cannot tell.
    """
    if database.vendor not in _TABLES:
        raise DatabaseError(f"Nothing is known about the tables of {database.vendor}.")
    return {str(row[0]) for row in database.fetch(_TABLES[database.vendor])}


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
    "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
}
