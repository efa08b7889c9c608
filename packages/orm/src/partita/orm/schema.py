"""Tables, made from models with SQLAlchemy's DDL."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, DropTable, sort_tables_and_constraints

from partita.orm.registry import registry

if TYPE_CHECKING:
    from partita.orm.database import Database
    from partita.orm.models import Model

__all__ = ("build_table", "create_all", "drop_all", "metadata_for", "table_for")

_SORTED: Any = sort_tables_and_constraints  # SQLAlchemy gives it no types


def table_for(model: "type[Model]") -> Table:
    """Return SQLAlchemy's table of a model, with its constraints and indexes."""
    return model._meta.table


def metadata_for(models: "Iterable[type[Model]]") -> MetaData:
    """Return fresh metadata with the tables of ``models`` and those between them."""
    metadata = MetaData()
    for model in with_through(models):
        if model._meta.can_migrate():
            build_table(model, metadata)
    return metadata


def with_through(models: "Iterable[type[Model]]") -> "list[type[Model]]":
    """Return models and the ones made for their many-to-many relations."""
    found: dict[Any, None] = {}
    for model in models:
        found[model._meta.concrete_model] = None
        for field in model._meta.many_to_many:
            if field.through._meta.auto_created:
                found[field.through] = None
    return list(found)


def build_table(model: "type[Model]", metadata: MetaData) -> Table:
    """Make the table of a model in ``metadata``."""
    meta = model._meta
    table = Table(
        meta.db_table, metadata, *[_column(field) for field in meta.fields], comment=meta.db_table_comment or None
    )
    for field in meta.fields:
        column = table.c[field.column]
        if field.is_relation and field.db_constraint:  # type: ignore[attr-defined]  # foreign keys have it
            target = field.target_field  # type: ignore[attr-defined]  # same
            name = _short(f"{meta.db_table}_{field.column}_fk")
            remote = f"{field.related_model._meta.db_table}.{target.column}"
            table.append_constraint(ForeignKeyConstraint([column], [remote], name=name, link_to_name=True))
        if field.unique and not field.primary_key:
            table.append_constraint(UniqueConstraint(column, name=_short(f"{meta.db_table}_{field.column}_key")))
        elif field.db_index and not field.primary_key:
            Index(_short(f"{meta.db_table}_{field.column}_idx"), column)
    for group in meta.unique_together:
        columns = [table.c[meta.get_field(name).column] for name in group]
        name = _short(f"{meta.db_table}_{'_'.join(column.name for column in columns)}_uniq")
        table.append_constraint(UniqueConstraint(*columns, name=name))
    for extra in (*meta.constraints, *meta.indexes):
        extra.add_to(table, model)
    return table


def create_all(database: "Database", models: "Sequence[type[Model]]") -> None:
    """Create tables that do not exist yet."""
    for statement in ddl(database, models or registry.get_models()):
        database.run(statement, ())


def drop_all(database: "Database", models: "Sequence[type[Model]]") -> None:
    """Drop tables that exist."""
    metadata = metadata_for(models or registry.get_models())
    dialect = database.backend.dialect
    for table in reversed(metadata.sorted_tables):
        cascade = " CASCADE" if database.vendor == "postgresql" else ""
        database.run(str(DropTable(table, if_exists=True).compile(dialect=dialect)) + cascade, ())


def ddl(database: "Database", models: "Iterable[type[Model]]") -> list[str]:
    """Return the statements that create the tables of ``models``."""
    metadata = metadata_for(models)
    present = _tables_of(database)
    dialect = database.backend.dialect
    _forget_unknown_targets(metadata, present)
    statements: list[str] = []
    for table, constraints in _SORTED(metadata.tables.values()):
        if table is None:  # what only ALTER can add, because tables point to one another
            if database.vendor != "sqlite":
                statements.extend(
                    str(AddConstraint(c).compile(dialect=dialect)) for c in constraints if c.table.name not in present
                )
            continue
        if table.name in present:
            continue
        inside = None if database.vendor == "sqlite" else list(constraints)
        create = CreateTable(table, include_foreign_key_constraints=inside)
        statements.append(str(create.compile(dialect=dialect)))
        ordered = sorted(table.indexes, key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in ordered)
    return [statement.strip() for statement in statements]


def _tables_of(database: "Database") -> set[str]:
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false))",
        "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    }
    return {str(row[0]) for row in database.fetch(queries[database.vendor])}


def _forget_unknown_targets(metadata: MetaData, present: set[str]) -> None:
    """Know tables outside of ``metadata`` that foreign keys name, without making them."""
    for table in list(metadata.tables.values()):
        for key in list(table.foreign_keys):
            name, _, column = key.target_fullname.rpartition(".")
            if name not in metadata.tables and name in present:
                Table(name, metadata, Column(column, key.parent.type, primary_key=True))


def _column(field: Any) -> "Column[Any]":
    kind = field.sql_type()
    options: dict[str, Any] = {"nullable": field.null and not field.primary_key, "comment": field.db_comment}
    if field.primary_key:
        options.update(primary_key=True, autoincrement=field.is_auto)
    return Column(field.column, kind, **options)


def _short(name: str) -> str:
    """Return a name that fits every database, still its own."""
    if len(name) <= 60:
        return name
    return f"{name[:51]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
