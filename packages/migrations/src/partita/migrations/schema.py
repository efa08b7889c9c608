"""Changes of a database's tables, told by how they are before and after."""

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine import Dialect

from partita.migrations.errors import NotWritable
from partita.migrations.remake import remake
from partita.migrations.state import AnyField, ModelState, ProjectState, columns_of, is_many, renamed_columns, targets
from partita.migrations.tables import (
    Constraint,
    Fill,
    TableChange,
    change_of_default,
    constraint_kind,
    constraint_name,
    mark_absent,
)
from partita.orm.beside import besides, statements_of
from partita.orm.schema import indexes_on

__all__ = ("SchemaEditor", "literal")

Place = tuple[str, str]


class SchemaEditor:
    """Writes statements that change tables, with Alembic's operations; does not run them itself.

    Args:
        vendor: ``sqlite``, ``postgresql`` or ``mysql``.
        execute: Takes each statement: SQL without parameters.
        allow: Tells whether a model of an app has its table here.
        database: What the statements run on, for `RunPython`; None if they are only shown.
    """

    def __init__(
        self,
        vendor: str,
        execute: Callable[[str], object],
        allow: Callable[[str, str], bool] = lambda app_label, model_name: True,
        database: Any = None,
    ) -> None:
        self.vendor, self.execute, self.database = vendor, execute, database
        self._allow = allow
        self.dialect = _dialect(vendor)
        # Here, because all that declares migrations imports this module, and Alembic is slow to import.
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        context = MigrationContext.configure(
            dialect=self.dialect, opts={"as_sql": True, "output_buffer": _Statements(execute)}
        )
        self._impl = context.impl
        self._impl.command_terminator = ""
        self.op = Operations(context)
        """Alembic's operations, for what this class has no method for."""

    # Models

    def may_change(self, app_label: str, model: ModelState) -> bool:
        """Tell whether the model's table is ours to change, in this database."""
        if model.options.get("proxy") or model.options.get("view"):
            return False
        return bool(model.options.get("managed", True)) and self._allow(app_label, model.name.lower())

    def create_model(self, state: ProjectState, app_label: str, name: str) -> None:
        """Create a model's table and those of its many-to-many fields."""
        self._create(state.tables.table(app_label, name))
        for field_name, field in state.model(app_label, name).fields.items():
            if is_many(field):
                self.create_through(state, app_label, name, field_name)

    def change_view(self, old: ModelState | None, new: ModelState | None) -> None:
        """Drop a view as it was, and create it as it shall be, as far as this database has it."""
        for model, what in ((old, "drop"), (new, "create")):
            if model is not None and self._allow(model.app_label, model.name.lower()):
                told = (model.options.get("view") or {}).get(self.vendor, {})
                self._run_all([told[what]] if what == "drop" and told else list(told.get(what, ())))

    def delete_model(self, state: ProjectState, app_label: str, name: str) -> None:
        """Drop them."""
        for field_name, field in state.model(app_label, name).fields.items():
            if is_many(field):
                self.delete_through(state, app_label, name, field_name)
        self._impl.drop_table(state.tables.table(app_label, name))

    def create_through(self, state: ProjectState, app_label: str, model_name: str, name: str) -> None:
        """Create the table of a many-to-many field."""
        self._create(state.tables.through_table(app_label, model_name, name))

    def delete_through(self, state: ProjectState, app_label: str, model_name: str, name: str) -> None:
        """Drop it."""
        self._impl.drop_table(state.tables.through_table(app_label, model_name, name))

    def change_model(
        self,
        before: ProjectState,
        after: ProjectState,
        app_label: str,
        old_name: str,
        new_name: str,
        *,
        renamed: dict[str, str] | None = None,
        filling: AnyField | None = None,
    ) -> None:
        """Change a model's table, and the tables that point to it where they have to follow.

        Args:
            before: The state that the database is in.
            after: The state that it shall be in.
            app_label: Of the model.
            old_name: Of the model in ``before``.
            new_name: Of the model in ``after``.
            renamed: Columns that only change their name, the new one by the old one.
            filling: The field whose default goes into rows that have no value for it.
        """
        old, new = before.tables.table(app_label, old_name), after.tables.table(app_label, new_name)
        tables = {old.name: new.name}
        fill: Fill = {}
        if filling is not None and filling.name in after.model(app_label, new_name).fields:
            fill = self._filling(after.tables.bound(app_label, new_name, filling.name), filling)
        changes = [TableChange(old, new, self.dialect, renamed or {}, tables, {old.name: renamed or {}}, fill)]
        changes += [
            TableChange(*pair, self.dialect, columns, tables, {old.name: renamed or {}}, {})
            for pair, columns in _pointing(before, after, (app_label, old_name.lower()), (app_label, new_name.lower()))
        ]
        self._change([change for change in changes if change])

    def change_through(
        self, before: ProjectState, after: ProjectState, app_label: str, old_place: Place, new_place: Place
    ) -> None:
        """Change the table of a many-to-many field; a place is the names of model and field."""
        old = before.tables.through_table(app_label, *old_place)
        new = after.tables.through_table(app_label, *new_place)
        renamed = {
            one.name: two.name for one, two in zip(old.columns, new.columns, strict=True) if one.name != two.name
        }
        owner = {
            before.tables.table(app_label, old_place[0]).name: after.tables.table(app_label, new_place[0]).name,
            old.name: new.name,
        }
        change = TableChange(old, new, self.dialect, renamed, owner, {old.name: renamed}, {})
        if change:
            self._change([change])

    # Tables

    def _create(self, table: sa.Table) -> None:
        mark_absent(table, self.vendor)
        left_out = table.indexes - set(indexes_on(table, self.vendor))
        table.indexes -= left_out
        try:
            self._impl.create_table(table)
        finally:
            table.indexes |= left_out
        for beside in besides(table, self.vendor).values():
            self._run_all(statements_of(beside.create, table, self.dialect))

    def _run_all(self, statements: list[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def _change(self, changes: list[TableChange]) -> None:
        if self.vendor == "sqlite":
            for change in changes:
                self._change_sqlite(change)
            return
        foreign_keys = {id(change): self._foreign_keys_in_the_way(change, changes) for change in changes}
        for change in changes:
            for beside in change.dropped_beside:
                self._run_all(statements_of(beside.drop, change.old, self.dialect))
        for change in changes:
            for constraint in [*change.dropped_foreign_keys, *foreign_keys[id(change)]]:
                self._drop(constraint, change.old)
        for change in changes:
            for index in change.dropped_indexes:
                self._impl.drop_index(index)
            for constraint in change.dropped_constraints:
                self._drop(constraint, change.old)
        for change in changes:
            self._change_columns(change)
        for change in changes:
            for constraint in change.added_constraints:
                self._impl.add_constraint(constraint)
            for index in change.added_indexes:
                self._impl.create_index(index)
        for change in changes:
            again = {constraint_name(constraint) for constraint in foreign_keys[id(change)]}
            kept = [each for each in change.new.foreign_key_constraints if constraint_name(each) in again]
            for constraint in [*change.added_foreign_keys, *kept]:
                self._impl.add_constraint(constraint)
        for change in changes:
            for beside in change.added_beside:
                self._run_all(statements_of(beside.create, change.new, self.dialect))

    def _foreign_keys_in_the_way(self, change: TableChange, changes: list[TableChange]) -> list[Constraint]:
        """Return foreign keys that stay, but keep MySQL from changing a column's type or dropping an index."""
        if self.vendor != "mysql":
            return []
        altered = {(each.old.name, column.name) for each in changes for column, _ in each.altered_types}
        for gone in [*change.dropped_indexes, *change.dropped_constraints]:
            altered |= {(change.old.name, column.name) for column in getattr(gone, "columns", ())}
        dropped = {constraint_name(constraint) for constraint in change.dropped_foreign_keys}
        return [
            constraint
            for constraint in change.old.foreign_key_constraints
            if constraint_name(constraint) not in dropped
            and any(
                (change.old.name, element.parent.name) in altered
                or (element.column.table.name, element.column.name) in altered
                for element in constraint.elements
            )
        ]

    def _change_columns(self, change: TableChange) -> None:
        table = change.new.name
        if change.old.name != table:
            self.op.rename_table(change.old.name, table)
        for old, new in change.renamed_columns:
            self.op.alter_column(
                table,
                old.name,
                new_column_name=new.name,
                existing_type=old.type,
                existing_nullable=old.nullable,
                **self._autoincrement(old),
            )
        for column in change.removed_columns:
            self.op.drop_column(table, column.name)
        for old, new in change.altered_columns:
            self._alter(table, old, new, change.fill)
        for column in change.added_columns:
            self._add(table, column, change.fill)
        if change.old.comment != change.new.comment:
            if change.new.comment:
                self.op.create_table_comment(table, change.new.comment, existing_comment=change.old.comment)
            else:
                self.op.drop_table_comment(table, existing_comment=change.old.comment)

    def _alter(self, table: str, old: sa.Column[Any], new: sa.Column[Any], fill: Fill) -> None:
        quote = self.dialect.identifier_preparer.quote
        if old.computed is not None or new.computed is not None:  # no database changes what a column computes
            self.op.drop_column(table, new.name)
            self._add(table, new, {})
            return
        if old.nullable and not new.nullable and new.name in fill:
            self.execute(
                f"UPDATE {quote(table)} SET {quote(new.name)} = {fill[new.name]} WHERE {quote(new.name)} IS NULL"
            )
        changed: dict[str, Any] = {}
        kind = new.type.compile(self.dialect)
        if old.type.compile(self.dialect) != kind:
            changed |= {"type_": new.type, "postgresql_using": f"{quote(new.name)}::{kind}"}
        if old.nullable != new.nullable:
            changed["nullable"] = new.nullable
        if change_of_default(old, new, self.dialect):
            after: Any = new.server_default
            changed["server_default"] = getattr(after, "arg", after)
        if old.comment != new.comment:
            changed |= {"comment": new.comment, "existing_comment": old.comment}
        if changed:
            self.op.alter_column(
                table,
                new.name,
                existing_type=old.type,
                existing_nullable=old.nullable,
                **self._autoincrement(old),
                **changed,
            )

    def _add(self, table: str, column: sa.Column[Any], fill: Fill) -> None:
        value = fill.get(column.name)
        default: sa.ColumnElement[Any] | None = (
            sa.literal_column(value) if value is not None and value != "NULL" else None
        )
        # Constraints are added on their own; only the bare column here.
        computed = column.computed
        given: Any = default if default is not None or computed is not None else column.server_default
        bare: sa.Column[Any] = sa.Column(
            column.name,
            column.type,
            *([sa.Computed(computed.sqltext, persisted=computed.persisted)] if computed is not None else []),
            nullable=column.nullable,
            server_default=getattr(given, "arg", given),
            comment=column.comment,
        )
        self.op.add_column(table, bare)
        if default is not None:
            # The default was for the rows there are; new ones get theirs from the model, or another one from the database.
            lasting: Any = column.server_default
            self.op.alter_column(
                table,
                column.name,
                server_default=getattr(lasting, "arg", lasting),
                existing_type=column.type,
                existing_nullable=column.nullable,
                existing_comment=column.comment,
            )

    def _autoincrement(self, column: sa.Column[Any]) -> dict[str, Any]:
        """Return what MySQL has to be told again with each change of a column that counts up."""
        return {"existing_autoincrement": _counts(column)} if self.vendor == "mysql" else {}

    def _drop(self, constraint: Constraint, table: sa.Table) -> None:
        if self.vendor == "mysql" and constraint_kind(constraint) == "check":
            # DROP CHECK is MySQL's alone, this form MariaDB's as well.
            quote = self.dialect.identifier_preparer.quote
            self.execute(f"ALTER TABLE {quote(table.name)} DROP CONSTRAINT {quote(constraint_name(constraint))}")
            return
        self.op.drop_constraint(
            constraint_name(constraint), table.name, type_=_ALEMBIC_KINDS[constraint_kind(constraint)]
        )

    def _change_sqlite(self, change: TableChange) -> None:
        for index in change.dropped_indexes:
            self._impl.drop_index(index)
        if change.old.name != change.new.name:
            self.op.rename_table(change.old.name, change.new.name)
        quote = self.dialect.identifier_preparer.quote
        for old, new in change.renamed_columns:
            # SQLite follows the name into foreign keys of other tables, which no remake could.
            self.execute(f"ALTER TABLE {quote(change.new.name)} RENAME COLUMN {quote(old.name)} TO {quote(new.name)}")
        if change.needs_remake:
            for statement in remake(change, self.dialect):
                self.execute(statement)
            for index in sorted(indexes_on(change.new, self.vendor), key=lambda index: str(index.name)):
                self._impl.create_index(index)
            return
        for column in change.added_columns:
            self._add(change.new.name, column, {})
        for index in change.added_indexes:
            self._impl.create_index(index)

    # Values and statements

    def _filling(self, field: AnyField, filling: AnyField) -> Fill:
        """Return the columns of ``field`` and the literals that fill them."""
        value = filling.get_default()
        if filling.has_db_default() and not filling.has_default():  # the database fills it by itself
            return {}
        if value is None and not field.null:
            return {}
        columns = columns_of(field)
        values = value if len(columns) > 1 and value is not None else [value] * len(columns)
        fill: dict[str, str] = {}
        for each, part in zip(columns, values, strict=True):
            convert = each.to_driver(self.vendor)
            ready = None if part is None else each.get_prep_value(part)
            fill[each.column] = literal(ready if convert is None or ready is None else convert(ready), self.vendor)
        return fill

    def settle(self) -> None:
        """Have PostgreSQL check waiting foreign keys now: it refuses to change tables while rows wait for that."""
        if self.vendor == "postgresql":
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.execute("SET CONSTRAINTS ALL DEFERRED")


class _Statements:
    """Takes what Alembic would write into a file, one statement a call."""

    __slots__ = ("_execute",)

    def __init__(self, execute: Callable[[str], object]) -> None:
        self._execute = execute

    def write(self, text: str) -> None:
        statement = text.strip().removesuffix(";")
        if statement:
            self._execute(statement)

    def flush(self) -> None:
        """Nothing waits here."""


_ALEMBIC_KINDS = {"foreign key": "foreignkey", "unique": "unique", "check": "check", "primary key": "primary"}


def literal(value: object, vendor: str) -> str:
    """Return ``value``, as a driver takes it, as an SQL literal.

    Raises:
        NotWritable: If there is no literal for it.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower() if vendor == "postgresql" else str(int(value))
    if isinstance(value, int | decimal.Decimal) or (isinstance(value, float) and value - value == 0):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        digits = bytes(value).hex()
        return f"'\\x{digits}'::bytea" if vendor == "postgresql" else f"X'{digits}'"
    if isinstance(value, dt.datetime | dt.date | dt.time | uuid.UUID):
        value = str(value)
    if isinstance(value, list) and vendor == "postgresql":
        value = _array(value)
    if isinstance(value, str) and "\x00" not in value:
        text = value.replace("'", "''")
        if vendor == "mysql":
            text = text.replace("\\", "\\\\")
        return f"'{text}'"
    raise NotWritable(repr(value), "there is no SQL literal for it. Fill the column in a RunPython instead.")


def _array(items: list[Any]) -> str:
    """Return a list as PostgreSQL reads an array from text."""
    return "{" + ",".join(map(_element, items)) + "}"


def _element(item: object) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return _array(item)
    text = f"\\x{bytes(item).hex()}" if isinstance(item, bytes | bytearray | memoryview) else str(item)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dialect(vendor: str) -> Dialect:
    # Named parameters: with the drivers' own styles percent signs in literals would be doubled.
    if vendor == "sqlite":
        return sqlite.dialect(paramstyle="named")
    if vendor == "postgresql":
        return postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's signature
    return mysql.base.MySQLDialect(paramstyle="named")


def _counts(column: sa.Column[Any]) -> bool:
    return column.table is not None and column.table._autoincrement_column is column


def _pointing(
    before: ProjectState, after: ProjectState, old_key: Place, new_key: Place
) -> list[tuple[tuple[sa.Table, sa.Table], dict[str, str]]]:
    """Return the tables before and after of what points to a model, with the columns that change their names with its key."""
    pairs: dict[tuple[sa.Table, sa.Table], dict[str, str]] = {}
    for key, model in after.models.items():
        old_model = before.models.get(old_key if key == new_key else key)
        if old_model is None:
            continue
        for name, field in model.fields.items():
            if new_key not in targets(field, model) and not (is_many(field) and key == new_key):
                continue
            if is_many(field):
                if name in old_model.fields and is_many(old_model.fields[name]):
                    one = before.tables.through_table(old_model.app_label, old_model.name, name)
                    two = after.tables.through_table(model.app_label, model.name, name)
                    if len(one.columns) == len(two.columns) and one.name == two.name:
                        pairs[one, two] = {
                            a.name: b.name for a, b in zip(one.columns, two.columns, strict=True) if a.name != b.name
                        }
            elif key != new_key and field.concrete:
                columns = pairs.setdefault((before.tables.table(*key), after.tables.table(*key)), {})
                if name in old_model.fields and old_model.fields[name].concrete:
                    columns |= renamed_columns(before.tables.bound(*key, name), after.tables.bound(*key, name))
    return list(pairs.items())
