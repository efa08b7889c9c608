"""Constraints and indexes, as Meta.constraints and Meta.indexes name them."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import CheckConstraint as SqlCheck
from sqlalchemy import ColumnElement, Table, bindparam, case, literal, null, select, text
from sqlalchemy import Index as SqlIndex
from sqlalchemy import UniqueConstraint as SqlUnique

from partita.contracts.i18n import gettext_lazy
from partita.orm.backends import ddl_backend
from partita.orm.compiler import Compiler
from partita.orm.errors import ModelError
from partita.orm.expressions import Leaf, Scope
from partita.orm.nodes import Group
from partita.orm.paths import Path
from partita.orm.q import Q
from partita.orm.query import Query
from partita.validation import ValidationError

__all__ = ("CheckConstraint", "Index", "UniqueConstraint")

_VIOLATED = gettext_lazy("Constraint “%(name)s” is violated.")


class _Constraint:
    def __init__(self, name: str, message: Any, code: str | None) -> None:
        if not name:
            raise ModelError("A constraint must be named.")
        self.name = name
        self.violation_error_message = message or _VIOLATED
        self.violation_error_code = code

    def violated(self) -> ValidationError:
        """Return the error for a row that breaks this."""
        return ValidationError(self.violation_error_message, self.violation_error_code, {"name": self.name})

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return import path and arguments that make an equal constraint."""
        arguments = {key: value for key, value in vars(self).items() if value not in (None, (), _VIOLATED)}
        return f"partita.orm.{type(self).__name__}", (), arguments

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.name}>"


class UniqueConstraint(_Constraint):
    """No two rows share the values of these fields, among the rows where ``condition`` holds."""

    def __init__(
        self,
        *,
        fields: Sequence[str],
        name: str,
        condition: Q | None = None,
        violation_error_message: Any = None,
        violation_error_code: str | None = None,
    ) -> None:
        super().__init__(name, violation_error_message, violation_error_code)
        if not fields:
            raise ModelError("A UniqueConstraint needs fields.")
        self.fields = tuple(fields)
        self.condition = condition

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table."""
        columns = [table.c[model._meta.get_field(name).column] for name in self.fields]
        if self.condition is None:
            table.append_constraint(SqlUnique(*columns, name=self.name))
        else:
            where = {
                dialect: condition_sql(table, model, self.condition, dialect) for dialect in ("sqlite", "postgresql")
            }
            SqlIndex(
                self.name, *columns, unique=True, sqlite_where=where["sqlite"], postgresql_where=where["postgresql"]
            )

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """Raise if another row has the same values."""
        from partita.orm.validity import not_unique, taken

        if set(self.fields) & set(exclude or ()):
            return
        meta = model._meta
        lookups: dict[str, Any] = {}
        for name in self.fields:
            field = meta.get_field(name)
            value = getattr(instance, field.attname)
            if value is None:
                return
            lookups[field.attname if field.is_relation else name] = value
        if self.condition is not None:
            if not holds(model, self.condition, instance, exclude):
                return
            others = model._base_manager.filter(self.condition, **lookups)
            if instance.pk is not None and not instance.__dict__["_s"].adding:
                others = others.exclude(pk=instance.pk)
            if others.exists():
                raise self.violated()
        elif taken(instance, lookups):
            given = self.violation_error_message is not _VIOLATED
            raise self.violated() if given else not_unique(instance, self.fields)


class CheckConstraint(_Constraint):
    """A condition that every row meets."""

    def __init__(
        self, *, condition: Q, name: str, violation_error_message: Any = None, violation_error_code: str | None = None
    ) -> None:
        super().__init__(name, violation_error_message, violation_error_code)
        self.condition = condition

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table, once for each dialect, because SQL differs."""
        for dialect in ("sqlite", "postgresql", "mysql"):
            check = SqlCheck(condition_sql(table, model, self.condition, dialect), name=self.name)
            names = ("mysql", "mariadb") if dialect == "mysql" else (dialect,)
            table.append_constraint(check.ddl_if(callable_=_only(names)))

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """Raise if the instance does not meet the condition."""
        if not holds(model, self.condition, instance, exclude):
            raise self.violated()


class Index:
    """An index over fields; a leading ``-`` means descending."""

    def __init__(self, *, fields: Sequence[str], name: str | None = None, condition: Q | None = None) -> None:
        if not fields:
            raise ModelError("An Index needs fields.")
        self.fields, self.name, self.condition = tuple(fields), name, condition

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table."""
        columns: list[Any] = []
        for name in self.fields:
            column = table.c[model._meta.get_field(name.removeprefix("-")).column]
            columns.append(column.desc() if name.startswith("-") else column)
        plain = "_".join(model._meta.get_field(name.removeprefix("-")).column for name in self.fields)
        options: dict[str, Any] = {}
        if self.condition is not None:
            options = {f"{d}_where": condition_sql(table, model, self.condition, d) for d in ("sqlite", "postgresql")}
        SqlIndex(self.name or f"{model._meta.db_table}_{plain}_idx"[:60], *columns, _table=table, **options)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return import path and arguments that make an equal index."""
        arguments = {key: value for key, value in vars(self).items() if value is not None}
        return "partita.orm.Index", (), arguments

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.fields)


def _only(names: tuple[str, ...]) -> Any:
    return lambda ddl, target, bind, dialect=None, **kw: (dialect or bind.dialect).name in names


class _Literal(Compiler):
    """Writes values into the SQL, because DDL takes no parameters; the values are the model author's."""

    def param(self, leaf: Leaf) -> ColumnElement[Any]:
        convert = leaf.field.to_driver(self.vendor)
        value = leaf.value if convert is None or leaf.value is None else convert(leaf.value)
        return literal(value) if convert is not None else literal(value, leaf.field.sql_type())


class _OnInstance(Compiler):
    """Has an instance's values where a row's columns would be."""

    instance: Any

    def column(self, path: Path, name: str) -> ColumnElement[Any]:
        field = next(field for field in self.query.model._meta.fields if field.column == name)
        value = field.get_prep_value(getattr(self.instance, field.attname))
        convert = field.to_driver(self.vendor)
        driven = value if convert is None or value is None else convert(value)
        return null() if driven is None else bindparam(None, driven, type_=field.sql_type(), unique=True)


def condition_sql(table: Table, model: Any, condition: Q, dialect: str) -> Any:
    """Return a condition as SQL text with its values written out, as DDL needs it."""
    node = condition.resolve(Scope(model, {}))
    leaves: list[Leaf] = []
    node.shape(leaves)
    compiler = _Literal(ddl_backend(dialect), Query(model), leaves, bare=True, table=table)
    element = compiler.where(node, negated=False, strict=False)
    if compiler.joins:
        raise ModelError(f"A constraint of {model._meta.label} cannot refer to other tables.")
    options = {"literal_binds": True, "include_table": False}
    sql = str(element.compile(dialect=compiler.backend.dialect, compile_kwargs=options))
    return text(sql.replace("%%", "%").replace(":", "\\:"))


def holds(model: Any, condition: Q, instance: Any, exclude: Collection[str] | None) -> bool:
    """Ask the database whether a condition holds for an instance that may not be saved yet; unknown counts as yes."""
    if _names(condition) & set(exclude or ()):
        return True
    database = instance._write_database(None)
    node = condition.resolve(Scope(model, {}))
    leaves: list[Leaf] = []
    node.shape(leaves)
    compiler = _OnInstance(database.backend, Query(model), leaves, bare=True)
    compiler.instance = instance
    wanted = case((compiler.where(node, negated=False, strict=False), 1), else_=0)
    unknown = case((compiler.where(Group((node,), "AND", True), negated=False, strict=False), 1), else_=0)
    plan = compiler.plan(select(wanted, unknown))
    holding, failing = database.perform(database.fetch, plan.sql, plan.bind(leaves))[0]
    return bool(holding) or not failing


def _names(condition: Any) -> set[str]:
    names: set[str] = set()
    for child in condition.children:
        if isinstance(child, tuple):
            names.add(child[0].partition("__")[0])
        elif isinstance(child, Q):
            names |= _names(child)
    return names
