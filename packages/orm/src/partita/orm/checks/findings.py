"""Findings about models and fields, and the databases they are about."""

from collections.abc import Iterable, Iterator
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.database import Database
from partita.orm.databases import current_databases

__all__ = ("Databases", "error", "lacking", "opened", "warning")

Databases = Iterable["str | Database"]
"""Databases, or their aliases."""


def error(id: str, text: str, obj: object = None, hint: str = "") -> Finding:
    """Return a finding that keeps an application from working."""
    return Finding(id, "error", text, hint, obj)


def warning(id: str, text: str, obj: object = None, hint: str = "") -> Finding:
    """Return a finding that may be meant."""
    return Finding(id, "warning", text, hint, obj)


def opened(databases: Databases) -> Iterator[Database]:
    """Yield the databases."""
    for each in databases:
        yield each if isinstance(each, Database) else current_databases()[each]


def lacking(databases: Databases, meta: Any, feature: str) -> Iterator[str]:
    """Yield the names of databases that have the model's table and lack ``feature``, unless the model says it needs it."""
    for database in opened(databases):
        if meta.can_migrate(database) and not (feature in meta.required_db_features or database.kind.has(feature)):
            yield database.kind.display_name
