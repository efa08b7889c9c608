"""How a table differs from what it was."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import AddConstraint, CreateIndex

from partita.orm.beside import besides
from partita.orm.fields.custom import has_column
from partita.orm.schema import indexes_on

__all__ = (
    "Constraint",
    "TableChange",
    "applies",
    "change_of_default",
    "constraint_kind",
    "constraint_name",
    "mark_absent",
)

Constraint = sa.Constraint
Fill = Mapping[str, str]
"""The literals that go into rows without a value, by the names of the columns."""


def mark_absent(table: sa.Table, vendor: str) -> None:
    """Mark the columns that fields leave to somebody else (a ``db_type()`` of None), so that SQLAlchemy leaves them out as well."""
    for column in table.columns:
        column.system = not has_column(column.type, vendor)


class TableChange:
    """The difference between two tables; false if there is none.

    Args:
        old: As it is.
        new: As it shall be.
        dialect: Tells which types are the same.
        renamed: Columns that only change their name, the new one by the old one.
        tables: Tables that change their name, to find foreign keys that stay.
        columns: Renamed columns by the old name of their table, for the same reason.
        fill: What goes into rows without a value.
    """

    __slots__ = (
        "_columns",
        "_dialect",
        "_renamed",
        "_tables",
        "added_beside",
        "added_columns",
        "added_constraints",
        "added_foreign_keys",
        "added_indexes",
        "altered_columns",
        "dropped_beside",
        "dropped_constraints",
        "dropped_foreign_keys",
        "dropped_indexes",
        "fill",
        "new",
        "old",
        "removed_columns",
        "renamed_columns",
        "structure_changed",
    )

    def __init__(
        self,
        old: sa.Table,
        new: sa.Table,
        dialect: Dialect,
        renamed: Mapping[str, str],
        tables: Mapping[str, str],
        columns: Mapping[str, Mapping[str, str]],
        fill: Fill,
    ) -> None:
        self.old, self.new, self.fill = old, new, fill
        self._dialect, self._renamed, self._tables, self._columns = dialect, renamed, tables, columns
        self._compare_columns()
        self._compare_constraints()
        self._compare_indexes()
        before, after = besides(old, dialect.name), besides(new, dialect.name)
        self.dropped_beside = [each for name, each in before.items() if after.get(name) != each]
        self.added_beside = [each for name, each in after.items() if before.get(name) != each]

    def __bool__(self) -> bool:
        return bool(
            self.old.name != self.new.name
            or self.old.comment != self.new.comment
            or self.renamed_columns
            or self.removed_columns
            or self.added_columns
            or self.altered_columns
            or self.dropped_foreign_keys
            or self.dropped_constraints
            or self.added_foreign_keys
            or self.added_constraints
            or self.dropped_indexes
            or self.added_indexes
            or self.dropped_beside
            or self.added_beside
        )

    @property
    def altered_types(self) -> list[tuple[sa.Column[Any], sa.Column[Any]]]:
        """The columns whose type changes, before and after."""
        return [(old, new) for old, new in self.altered_columns if self._type(old) != self._type(new)]

    @property
    def needs_remake(self) -> bool:
        """Whether SQLite has no statement for this, so that the table has to be made anew."""
        simple = all(
            column.nullable and not self._is_filled(column) and column.server_default is None
            for column in self.added_columns
        )
        return bool(self.removed_columns or self.altered_columns or self.structure_changed or not simple)

    def _is_filled(self, column: sa.Column[Any]) -> bool:
        return self.fill.get(column.name, "NULL") != "NULL"

    def _compare_columns(self) -> None:
        for table in (self.old, self.new):
            mark_absent(table, self._dialect.name)
        old = {self._renamed.get(column.name, column.name): column for column in self.old.columns if not column.system}
        new = {column.name: column for column in self.new.columns if not column.system}
        self.renamed_columns = [
            (column, new[name]) for name, column in old.items() if name != column.name and name in new
        ]
        self.removed_columns = [column for name, column in old.items() if name not in new]
        self.added_columns = [column for name, column in new.items() if name not in old]
        self.altered_columns = [
            (old[name], column) for name, column in new.items() if name in old and self._differ(old[name], column)
        ]

    def _differ(self, old: sa.Column[Any], new: sa.Column[Any]) -> bool:
        same_comment = old.comment == new.comment or not self._dialect.supports_comments
        same_value = not change_of_default(old, new, self._dialect)
        return self._type(old) != self._type(new) or old.nullable != new.nullable or not same_comment or not same_value

    def _type(self, column: sa.Column[Any]) -> str:
        return str(column.type.compile(self._dialect))

    def _compare_constraints(self) -> None:
        old = {self._signature(each, self.old): each for each in self.old.constraints if applies(each, self._dialect)}
        new = {self._signature(each, self.new): each for each in self.new.constraints if applies(each, self._dialect)}
        dropped = [each for signature, each in old.items() if signature not in new]
        added = [each for signature, each in new.items() if signature not in old]
        self.structure_changed = bool(dropped or added)
        gone = {column.name for column in self.removed_columns}
        self.dropped_foreign_keys = _ordered(each for each in dropped if _is_foreign_key(each))
        self.added_foreign_keys = _ordered(each for each in added if _is_foreign_key(each))
        self.dropped_constraints = _ordered(
            each
            for each in dropped
            if not _is_foreign_key(each) and not (constraint_kind(each) == "primary key" and gone >= _columns(each))
        )
        self.added_constraints = _ordered(each for each in added if not _is_foreign_key(each))

    def _signature(self, constraint: Constraint, table: sa.Table) -> tuple[object, ...]:
        """Return what a constraint says, told in the names that hold afterwards; its name comes first."""
        translate = table is self.old
        kind = constraint_kind(constraint)
        renamed = self._renamed if translate else {}
        own = tuple(renamed.get(column.name, column.name) for column in getattr(constraint, "columns", ()))
        name = None if kind == "primary key" else constraint_name(constraint)
        rest: tuple[object, ...] = ()
        if isinstance(constraint, sa.ForeignKeyConstraint):
            aims: list[tuple[str, str]] = []
            for element in constraint.elements:
                there, column = element.column.table.name, element.column.name
                if translate:
                    column = self._columns.get(there, {}).get(column, column)
                    there = self._tables.get(there, there)
                aims.append((there, column))
            rest = (tuple(aims), constraint.ondelete, constraint.deferrable, constraint.initially)
        elif isinstance(constraint, sa.CheckConstraint):
            own = ()
            rest = (str(constraint.sqltext.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True})),)
        elif isinstance(constraint, ExcludeConstraint):
            own = ()
            rest = (str(AddConstraint(constraint).compile(dialect=self._dialect)),)
        elif isinstance(constraint, sa.UniqueConstraint):
            rest = (constraint.deferrable, constraint.initially, *self._own_options(constraint))
        return (name, kind, own, *rest)

    def _own_options(self, constraint: Constraint) -> list[tuple[str, object]]:
        """Return what only this database knows of a constraint."""
        options = sorted(constraint.dialect_kwargs.items())
        return [(name, value) for name, value in options if name.startswith(f"{self._dialect.name}_")]

    def _compare_indexes(self) -> None:
        def written(index: sa.Index) -> str:
            return str(CreateIndex(index).compile(dialect=self._dialect))

        old = {written(index): index for index in indexes_on(self.old, self._dialect.name)}
        new = {written(index): index for index in indexes_on(self.new, self._dialect.name)}
        self.dropped_indexes = sorted((old[text] for text in old.keys() - new.keys()), key=lambda each: str(each.name))
        self.added_indexes = sorted((new[text] for text in new.keys() - old.keys()), key=lambda each: str(each.name))


def change_of_default(old: sa.Column[Any], new: sa.Column[Any], dialect: Dialect) -> bool:
    """Return whether the database puts other values into the column by itself: another default, or computed in another way."""
    return _given(old, dialect) != _given(new, dialect)


def _given(column: sa.Column[Any], dialect: Dialect) -> tuple[str | None, str | None]:
    made = column.computed
    if column.server_default is None:
        return None, None
    kind: Any = dialect.ddl_compiler
    compiler = kind(dialect, None)
    if made is not None:
        return None, f"{made.sqltext.compile(dialect=dialect)} {made.persisted}"
    return compiler.get_column_default_string(column), None


def applies(constraint: Constraint, dialect: Dialect) -> bool:
    """Tell whether a constraint is made on ``dialect``: some stand in a table once for each, as SQL differs."""
    condition: Any = constraint._ddl_if
    if condition is None:
        return True
    compiler: Any = dialect.ddl_compiler
    return bool(condition._should_execute(constraint, constraint, None, compiler=compiler(dialect, None)))


def constraint_kind(constraint: Constraint) -> str:
    """Return ``primary key``, ``foreign key``, ``unique`` or ``check``."""
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        return "primary key"
    if isinstance(constraint, sa.ForeignKeyConstraint):
        return "foreign key"
    return "unique" if isinstance(constraint, sa.UniqueConstraint) else "check"


def constraint_name(constraint: Constraint) -> str:
    """Return the name that the database knows a constraint by."""
    return str(constraint.name)


def _is_foreign_key(constraint: Constraint) -> bool:
    return isinstance(constraint, sa.ForeignKeyConstraint)


def _columns(constraint: Constraint) -> set[str]:
    return {column.name for column in getattr(constraint, "columns", ())}


def _ordered(constraints: Any) -> list[Any]:
    return sorted(constraints, key=lambda each: (constraint_kind(each), str(each.name)))
