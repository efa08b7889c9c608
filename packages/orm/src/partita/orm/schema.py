"""Tables, made from models with SQLAlchemy's DDL."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import (
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropTable,
    SetColumnComment,
    SetTableComment,
    sort_tables_and_constraints,
)

from partita.orm.beside import besides, statements_of
from partita.orm.fields.custom import has_column
from partita.orm.indexes import own_column
from partita.orm.registry import registry

if TYPE_CHECKING:
    from partita.orm.database import Database
    from partita.orm.models import Model

__all__ = (
    "DeferredForeignKey",
    "build_table",
    "create_all",
    "drop_all",
    "indexes_on",
    "metadata_for",
    "short_name",
    "table_for",
)

_SORTED: Any = sort_tables_and_constraints  # SQLAlchemy gives it no types


class DeferredForeignKey(ForeignKeyConstraint):
    """A foreign key that is checked when the transaction ends, so that rows may come in any order; at once in MySQL."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.update(deferrable=True, initially="DEFERRED")
        super().__init__(*args, **options)


@compiles(DeferredForeignKey, "mysql", "mariadb")
def _checked_at_once(key: DeferredForeignKey, compiler: Any, **options: Any) -> str:
    plain = ForeignKeyConstraint.__new__(ForeignKeyConstraint)
    plain.__dict__.update(key.__dict__)
    plain.deferrable = plain.initially = None
    sql: str = compiler.visit_foreign_key_constraint(plain, **options)
    return sql


def table_for(model: "type[Model]") -> Table:
    """Return SQLAlchemy's table of a model, with its constraints and indexes."""
    return model._meta.table


def metadata_for(models: "Iterable[type[Model]]", database: "Database | None" = None) -> MetaData:
    """Return fresh metadata with the tables of ``models`` and those between them, as far as ``database`` may have them."""
    metadata = MetaData()
    for model in with_through(models):
        if model._meta.can_migrate(database):
            build_table(model, metadata)
    return metadata


def with_through(models: "Iterable[type[Model]]") -> "list[type[Model]]":
    """Return models and the ones made for their many-to-many relations."""
    found: dict[Any, None] = {}
    for model in models:
        found[model._meta.concrete_model] = None
        for field in model._meta.local_many_to_many:
            if field.through is not None and field.through._meta.auto_created:
                found[field.through] = None
    return list(found)


def with_targets(database: "Database", models: "Iterable[type[Model]]") -> "list[type[Model]]":
    """Return models and those that their tables point to, as far as these have no table yet."""
    present = database.kind.table_names(database)
    found: dict[Any, None] = {}
    waiting: list[Any] = list(models)
    while waiting:
        model = waiting.pop()
        if model in found:
            continue
        found[model] = None
        for each in with_through([model]):
            found[each] = None
            members: list[Any] = [*each._meta.local_fields, *each._meta.private_fields]
            targets = [field.target_field.model for field in members if _points(field)]
            waiting += [other for other in targets if other._meta.db_table not in present]
    return list(found)


def _points(field: Any) -> bool:
    return bool(field.is_foreign_key and field.db_constraint)


def build_table(model: "type[Model]", metadata: MetaData) -> Table:
    """Make the table of a model in ``metadata``."""
    meta = model._meta
    space: dict[str, Any] = {"postgresql_tablespace": meta.db_tablespace} if meta.db_tablespace else {}
    table = Table(
        meta.db_table,
        metadata,
        *[_column(field) for field in meta.local_fields],
        comment=meta.db_table_comment or None,
        **space,
    )
    for field in meta.local_fields:
        column = table.c[field.column]
        if field.is_relation and field.db_constraint:  # type: ignore[attr-defined]  # foreign keys have it
            target = field.target_field  # type: ignore[attr-defined]  # same
            name = short_name(f"{meta.db_table}_{field.column}_fk")
            remote = f"{target.model._meta.db_table}.{target.column}"
            rule = field.on_delete.in_database  # type: ignore[attr-defined]  # same
            table.append_constraint(DeferredForeignKey([column], [remote], name=name, link_to_name=True, ondelete=rule))
        if field.is_positive:
            name = short_name(f"{meta.db_table}_{field.column}_positive")
            table.append_constraint(CheckConstraint(column >= 0, name=name))
        if field.unique and not field.primary_key:
            table.append_constraint(UniqueConstraint(column, name=short_name(f"{meta.db_table}_{field.column}_key")))
        elif field.db_index and not field.primary_key:
            own: dict[str, Any] = {"postgresql_tablespace": field.db_tablespace} if field.db_tablespace else space
            Index(short_name(f"{meta.db_table}_{field.column}_idx"), column, **own)
    for private in meta.private_fields:
        private.add_to_table(table)
    for group in meta.unique_together:
        columns = [own_column(table, field, "unique_together") for name in group for field in meta.columns_of(name)]
        name = short_name(f"{meta.db_table}_{'_'.join(column.name for column in columns)}_uniq")
        table.append_constraint(UniqueConstraint(*columns, name=name))
    for extra in (*meta.constraints, *meta.indexes):
        extra.add_to(table, model)
    return table


def create_all(database: "Database", models: "Sequence[type[Model]]") -> None:
    """Create tables that do not exist yet, then views; also of models that ``models`` point to, which they cannot do without.

    Raises:
        TypeError: If one of ``models`` is none.
    """
    _check_models(models, "create_all")
    wanted = with_targets(database, models) if models else registry.get_models()
    for statement in database.kind.ddl(ddl(database, wanted)):
        database.run(statement, ())
    for drop, create in _views(database, wanted):
        for statement in (drop, *create):
            database.run(statement, ())


def drop_all(database: "Database", models: "Sequence[type[Model]]") -> None:
    """Drop views and tables that exist.

    Raises:
        TypeError: If one of ``models`` is none.
    """
    _check_models(models, "drop_all")
    for drop, _ in reversed(_views(database, models or registry.get_models())):
        database.run(drop, ())
    metadata = metadata_for(models or registry.get_models())
    ours = set(metadata.tables)
    keys = [key for table in metadata.tables.values() for key in table.foreign_keys]
    _forget_unknown_targets(metadata, {key.target_fullname.rpartition(".")[0] for key in keys})
    cascade = " CASCADE" if database.vendor == "postgresql" else ""
    drops: list[str] = []
    circle = False
    for table, constraints in reversed(_SORTED(metadata.tables.values())):
        if table is None:
            circle = bool(constraints)
        elif table.name in ours:
            drops.append(str(DropTable(table, if_exists=True).compile(dialect=database.backend.dialect)) + cascade)
    with _unchecked(database) if circle else nullcontext():
        for drop in drops:
            database.run(drop, ())


@contextmanager
def _unchecked(database: "Database") -> Iterator[None]:
    """Let tables go that point to one another, each of which would be in the way of the other."""
    from partita.orm.transactions import atomic

    if database.vendor == "sqlite":  # which looks for what points nowhere when the transaction ends
        with atomic(database):
            yield
    elif database.vendor == "mysql":
        with database.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            try:
                yield
            finally:
                cursor.execute("SET foreign_key_checks = 1")
    else:
        yield


def _check_models(models: "Sequence[type[Model]]", name: str) -> None:
    for model in models:
        if not (isinstance(model, type) and hasattr(model, "_meta")):
            raise TypeError(
                f"{name}() takes models one by one, as in {name}(Artist, Track), or none for all; not {model!r:.80}."
            )


def _views(database: "Database", models: "Iterable[type[Model]]") -> list[tuple[str, list[str]]]:
    """Return for each view the statement that drops it and those that create it."""
    sign = "%%" if database.backend.style == "format" else "%"
    found: list[tuple[str, list[str]]] = []
    for model in models:
        if model._meta.is_view and not (model._meta.abstract or model._meta.proxy):
            kind: Any = model
            told = kind.view_sql().get(database.vendor)
            if told is not None:
                found.append((told["drop"], [text.replace("%", sign) for text in told["create"]]))
    return found


def ddl(database: "Database", models: "Iterable[type[Model]]") -> list[str]:
    """Return the statements that create the tables of ``models``."""
    metadata = metadata_for(models, database)
    for column in [column for table in metadata.tables.values() for column in table.columns]:
        column.system = not has_column(column.type, database.vendor)  # SQLAlchemy leaves such columns out
    present = database.kind.table_names(database)
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
        if dialect.supports_comments and not dialect.inline_comments:
            statements.extend(str(each.compile(dialect=dialect)) for each in _comments(table))
        ordered = sorted(indexes_on(table, database.vendor), key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)) for index in ordered)
        for beside in besides(table, database.vendor).values():
            # Unlike what SQLAlchemy wrote, these have their percent signs only once.
            sign = "%%" if database.backend.style == "format" else "%"
            statements.extend(text.replace("%", sign) for text in statements_of(beside.create, table, dialect))
    return [statement.strip() for statement in statements]


def _comments(table: Table) -> Iterable[Any]:
    if table.comment:
        yield SetTableComment(table)
    for column in table.columns:
        if column.comment and not column.system:
            yield SetColumnComment(column)


def indexes_on(table: Table, vendor: str) -> list[Index]:
    """Return the indexes that are made in databases of ``vendor``."""
    return [index for index in table.indexes if vendor not in index.info.get("not_on", ())]


def _foreign_keys(metadata: MetaData) -> list[Any]:
    return [key for table in metadata.tables.values() for key in table.foreign_keys]


def _forget_unknown_targets(metadata: MetaData, present: set[str]) -> None:
    """Know tables outside of ``metadata`` that foreign keys name, without making them."""
    ours = set(metadata.tables)
    for table in list(metadata.tables.values()):
        for key in sorted(table.foreign_keys, key=lambda key: key.target_fullname):
            name, _, column = key.target_fullname.rpartition(".")
            if name in ours or name not in present:
                continue
            known = metadata.tables.get(name)
            if known is None:
                known = Table(name, metadata)
            if column not in known.columns:
                known.append_column(Column(column, key.parent.type))


def _column(field: Any) -> "Column[Any]":
    kind = field.sql_type()
    options: dict[str, Any] = {"nullable": field.null and not field.primary_key, "comment": field.db_comment}
    if field.primary_key or field in field.model._meta.pk_fields:
        options.update(primary_key=True, autoincrement=field.is_auto)
    extra: list[Any] = []
    if field.generated:
        extra.append(Computed(FieldSql(field, field.expression), persisted=field.db_persist))
    elif field.has_db_default():
        options["server_default"] = FieldSql(field, field.default_expression())
    return Column(field.column, kind, *extra, **options)


class FieldSql(ColumnElement[Any]):
    """An expression over a field's model as DDL writes it: with its values in the text, in each database's own SQL."""

    inherit_cache = False

    def __init__(self, field: Any, expression: Any) -> None:
        self.field, self.computed = field, expression
        self.type = field.sql_type()

    def text(self, dialect: str) -> str:
        """Return the SQL for ``sqlite``, ``postgresql`` or ``mysql``."""
        from partita.orm.constraints import expression_sql

        return expression_sql(self.field.model, self.computed, dialect)


@compiles(FieldSql)
def _written(element: FieldSql, compiler: Any, **options: Any) -> str:
    name = "mysql" if compiler.dialect.name == "mariadb" else compiler.dialect.name
    # As text(): percent signs doubled where the driver takes them for marks of parameters.
    sql: str = compiler.post_process_text(element.text(name))
    return f"({sql})"


def short_name(name: str) -> str:
    """Return a name that fits every database, still its own."""
    if len(name) <= 60:
        return name
    return f"{name[:51]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
