"""What databases do for the safety of an application, for ``partita check --profile``."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from partita.contracts.current import Resolver
from partita.contracts.measures import Measure
from partita.orm.database import Database
from partita.orm.databases import DATABASES
from partita.orm.errors import NoDatabaseError
from partita.orm.tls import MysqlTls, PostgresqlTls

__all__ = ("database_measures",)

_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
# "prefer" and "allow" give way to whoever stands in between.
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full", "required", "verify_ca", "verify_identity"})


def database_measures(app: Resolver) -> Iterable[Measure]:
    """Give the measures of the layer database, for each of them."""
    try:
        databases = app.require(DATABASES)
    except (NoDatabaseError, TypeError, ValueError) as error:
        yield Measure("database", "the databases can be used", in_force=False, hint=str(error))
        return
    for alias, database in databases.items():
        if database.vendor == "sqlite":
            yield _file(alias, database)
        else:
            yield _line(alias, database)
            bounded = float(database._options["statement_timeout"]) > 0
            yield Measure(
                "database", f"{alias}: no statement runs for ever", bounded, "end its URL with ?statement_timeout=30"
            )


def _file(alias: str, database: Database) -> Measure:
    name = f"{alias}: the file is nobody else's to read"
    path = Path(database.url.database or ":memory:")
    if database.is_memory or not path.exists():  # one that is to come gets the rights of its folder's maker
        return Measure("database", name, in_force=True)
    private = not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return Measure("database", name, private, f"chmod 600 {path.name}")


def _line(alias: str, database: Database) -> Measure:
    name = f"{alias}: nobody on the way reads along"
    if (database.url.host or "") in _LOCAL:
        return Measure("database", name, in_force=True)
    options = database._options
    if database.vendor == "postgresql":
        mode = PostgresqlTls(options).mode or os.environ.get("PGSSLMODE", "")  # which both drivers read
        hint = "end its URL with ?sslmode=verify-full&sslrootcert=… (the file of the authority, or system)"
    else:
        mode = MysqlTls(options).mode
        hint = "end its URL with ?ssl-mode=verify_identity&ssl-ca=… (the file of the authority, or system)"
    return Measure("database", name, mode in _ENCRYPTED, hint)
