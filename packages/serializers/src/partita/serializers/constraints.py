"""What a database checks at the end of loading, and what it has to be told afterwards."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from partita.orm import Database, DatabaseError, IntegrityError, InterfaceError, Model, atomic
from partita.serializers.errors import DanglingReference

__all__ = ("check_references", "reset_sequences", "unchecked")


@contextmanager
def unchecked(database: Database) -> Iterator[None]:
    """Let rows point to rows that come later, until the transaction ends or `check_references` is called."""
    if database.vendor == "postgresql":
        database.execute("SET CONSTRAINTS ALL DEFERRED")
    elif database.vendor == "sqlite":
        database.execute("PRAGMA defer_foreign_keys = ON")
    else:  # which has no such thing as a check at the end
        database.execute("SET SESSION foreign_key_checks = 0")
    try:
        yield
    finally:
        if database.vendor == "mysql":
            with suppress(
                InterfaceError, DatabaseError
            ):  # of a connection that is lost, and with it what was set there
                database.execute("SET SESSION foreign_key_checks = 1")


def check_references(database: Database, models: Iterable[type[Model]], source: str = "") -> None:
    """Check that what the rows of ``models`` point to is there.

    Args:
        database: Where they are.
        models: Those that rows were written of.
        source: What the file is called in the error.

    Raises:
        DanglingReference: If something is missing; it names a row and its field.
    """
    if database.vendor == "postgresql":
        try:
            with atomic(database):
                database.execute("SET CONSTRAINTS ALL IMMEDIATE")
                database.execute("SET CONSTRAINTS ALL DEFERRED")
        except IntegrityError as error:
            _look(database, models, source)
            # What is wrong concerns rows that were written by somebody else in this transaction.
            raise DanglingReference(f"{error!s:.500}", source=source) from error
        return
    _look(database, models, source)


def _look(database: Database, models: Iterable[type[Model]], source: str) -> None:
    """Raise an error for the first row of ``models`` that points to none."""
    quote = database.backend.quote
    for model, field in _references(models):
        target = field.target_field
        column, other = quote(field.column), quote(target.column)
        keys = ", ".join(f"a.{quote(part.column)}" for part in model._meta.pk_fields)
        found = database.execute(
            f"SELECT a.{column}, {keys} FROM {quote(model._meta.db_table)} a "
            f"LEFT JOIN {quote(target.model._meta.db_table)} b ON a.{column} = b.{other} "
            f"WHERE a.{column} IS NOT NULL AND b.{other} IS NULL LIMIT 1"
        )
        if found:
            value, *key = found[0]
            raise DanglingReference(
                f"it points to {target.model._meta.label} with {target.name} {value!r:.80}, which is not there",
                source=source,
                model=model._meta.label_lower,
                pk=key[0] if len(key) == 1 else tuple(key),
                field=field.name,
            )


def _references(models: Iterable[type[Model]]) -> Iterator[tuple[Any, Any]]:
    for model in _tables(models):
        meta = model._meta
        for field in meta.local_fields:
            if field.is_relation and field.db_constraint:
                yield model, field


def _tables(models: Iterable[type[Model]]) -> list[Any]:
    found: dict[Any, None] = {}
    for model in models:
        found[model._meta.concrete_model] = None
        for field in model._meta.local_many_to_many:
            if field.through._meta.auto_created:
                found[field.through] = None
    return list(found)


def reset_sequences(database: Database, models: Iterable[type[Model]]) -> None:
    """Let keys that count go on after the largest one there is; only PostgreSQL has to be told.

    Args:
        database: Where the rows are.
        models: Those that rows were written of with a key.
    """
    if database.vendor != "postgresql":
        return
    quote = database.backend.quote
    for model in _tables(models):
        field = model._meta.auto_field
        if field is None:
            continue
        table, column = quote(model._meta.db_table), quote(field.column)
        literals = [part.replace("'", "''") for part in (table, field.column)]
        database.execute(
            f"SELECT setval(pg_get_serial_sequence('{literals[0]}', '{literals[1]}'), "
            f"coalesce(max({column}), 1), max({column}) IS NOT NULL) FROM {table}"
        )
