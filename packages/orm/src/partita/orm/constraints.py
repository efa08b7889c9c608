"""Constraints, as Meta.constraints names them."""

import datetime as dt
from collections.abc import Collection, Sequence
from copy import copy
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import CheckConstraint as SqlCheck
from sqlalchemy import ColumnElement, Numeric, Table, bindparam, case, cast, literal, not_, null, select, text
from sqlalchemy import UniqueConstraint as SqlUnique

from partita.contracts.i18n import gettext_lazy
from partita.orm.backends import ddl_backend
from partita.orm.compiler import Compiler
from partita.orm.errors import ModelError, NotSupportedError
from partita.orm.expressions import F, Leaf, Scope
from partita.orm.fields import DecimalField
from partita.orm.fields.declared import DATABASE_DEFAULT
from partita.orm.indexes import check_parts, import_path, index_of, own_column
from partita.orm.moments import vendor_here
from partita.orm.paths import Path
from partita.orm.q import Q
from partita.orm.query import Query
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.contracts.checks import Finding

__all__ = (
    "BaseConstraint",
    "CheckConstraint",
    "Deferrable",
    "UniqueConstraint",
    "condition_sql",
    "expression_sql",
    "holds",
    "literal_sql",
)

_VIOLATED = gettext_lazy("Constraint “%(name)s” is violated.")


class BaseConstraint:
    """What every constraint has.

    Args:
        name: Its name in the database.
        message: What a row that breaks it is told; may name ``%(name)s``.
        code: The code of that error.
    """

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
        arguments = {
            key: value for key, value in vars(self).items() if not (value is None or value == () or value is _VIOLATED)
        }
        return import_path(type(self)), (), arguments

    def check(self, model: Any, databases: Any = ()) -> "list[Finding]":
        """Return what is wrong with this in ``model``, and in databases, or in one."""
        from partita.orm.checks.meta import check_constraint

        return list(check_constraint(self, model, databases if isinstance(databases, list | tuple) else [databases]))

    def named(self, name: str) -> Self:
        """Return it with another name."""
        twin = copy(self)
        twin.name = name
        return twin

    def clone(self) -> Self:
        """Return an equal one."""
        return copy(self)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        _, expressions, arguments = self.deconstruct()
        parts = [*map(repr, expressions), *(f"{name}={value!r}" for name, value in arguments.items())]
        return f"<{type(self).__name__}: {' '.join(parts)}>"


class Deferrable(Enum):
    """When a deferrable constraint is checked, unless the transaction says otherwise."""

    DEFERRED = "deferred"
    IMMEDIATE = "immediate"

    def __repr__(self) -> str:
        return f"Deferrable.{self.name}"


class UniqueConstraint(BaseConstraint):
    """No two rows share the values of these fields or expressions, among the rows where ``condition`` holds.

    Args:
        expressions: What must differ, instead of ``fields``. Not made in MySQL and MariaDB.
        fields: Names of fields.
        name: The constraint's name.
        condition: Rows that do not meet it may share values. Not made in MySQL and MariaDB.
        deferrable: When PostgreSQL checks; other databases do not make a deferrable constraint.
        include: Names of fields to keep in the index (PostgreSQL).
        opclasses: PostgreSQL's operator class of each field.
        nulls_distinct: Whether rows with NULL differ from one another (False needs PostgreSQL 15); None for its default, yes.
        violation_error_message: What `validate` says.
        violation_error_code: The code of that error.
    """

    def __init__(
        self,
        *expressions: Any,
        fields: Sequence[str] = (),
        name: str,
        condition: Q | None = None,
        deferrable: Deferrable | None = None,
        include: Sequence[str] | None = None,
        opclasses: Sequence[str] = (),
        nulls_distinct: bool | None = None,
        violation_error_message: Any = None,
        violation_error_code: str | None = None,
    ) -> None:
        super().__init__(name, violation_error_message, violation_error_code)
        kind = "UniqueConstraint"
        check_parts(kind, "a unique constraint", expressions, fields, condition, include, opclasses)
        if not isinstance(deferrable, Deferrable | NoneType):
            raise TypeError("UniqueConstraint.deferrable must be a Deferrable instance.")
        if not isinstance(nulls_distinct, bool | NoneType):
            raise TypeError("UniqueConstraint.nulls_distinct must be a bool.")
        for given, what in (
            (condition, "conditions"),
            (include, "include fields"),
            (opclasses, "opclasses"),
            (expressions, "expressions"),
        ):
            if deferrable and given:
                raise ValueError(f"UniqueConstraint with {what} cannot be deferred.")
        self.expressions: tuple[Any, ...] = tuple(expressions)
        self.fields, self.condition, self.deferrable = tuple(fields), condition, deferrable
        self.include, self.opclasses = tuple(include or ()), tuple(opclasses)
        self.nulls_distinct = nulls_distinct

    @property
    def contains_expressions(self) -> bool:
        """Whether this is about expressions and not fields."""
        return bool(self.expressions)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return import path and arguments that make an equal constraint."""
        path, _, arguments = super().deconstruct()
        return path, arguments.pop("expressions", ()), arguments

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table."""
        columns = [
            own_column(table, field, self.name) for name in self.fields for field in model._meta.columns_of(name)
        ]
        options: dict[str, Any] = {}
        if self.nulls_distinct is False:  # yes is what every version does by itself, and 14 has no words for it
            options["postgresql_nulls_not_distinct"] = True
        if self.condition is None and not (self.expressions or self.include or self.opclasses):
            unique = SqlUnique(*columns, name=self.name, **options)
            if self.deferrable:
                unique.deferrable, unique.initially = True, self.deferrable.name
                unique = unique.ddl_if(callable_=only_on(("postgresql",)))
            table.append_constraint(unique)
            return
        made = index_of(self, table, model, columns, unique=True, **options)
        if self.condition is not None or self.expressions:
            made.info["not_on"] = ("mysql", "mariadb")  # a unique index over all rows would refuse what may be

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """Raise if another row has the same values."""
        from partita.orm.validity import not_unique

        asked = set(self.fields).union(*map(names_in, self.expressions))
        if asked & set(exclude or ()) or computed_later(model, instance, asked):
            return
        database = instance._write_database(using)
        others = model._default_manager.using(database).all()
        for place, each in enumerate(self.expressions):
            value = value_of(model, each, instance, database)
            if value is None and self.nulls_distinct is not False:
                return
            others = others.alias(**{f"unique{place}": each}).filter(**{f"unique{place}": value})
        for name in self.fields:
            field = model._meta.get_field(name)
            value = getattr(instance, field.attname)
            if value is DATABASE_DEFAULT:
                value = field.default_expression()
            if value is None and self.nulls_distinct is not False:
                return
            others = others.filter(**{field.attname if field.is_relation else name: value})
        if self.condition is not None:
            if not holds(model, self.condition, instance, exclude, database):
                return
            others = others.filter(self.condition)
        key = getattr(instance, model._meta.pk.attname)
        if key is not None and not instance.__dict__["_s"].adding:
            others = others.exclude(pk=key)
        if not others.exists():
            return
        given = self.violation_error_message is not _VIOLATED or self.violation_error_code is not None
        if given or self.condition is not None or self.expressions:
            raise self.violated()
        raise not_unique(instance, self.fields)


class CheckConstraint(BaseConstraint):
    """A condition that every row meets: a `Q` or a boolean expression."""

    def __init__(
        self, *, condition: Any, name: str, violation_error_message: Any = None, violation_error_code: str | None = None
    ) -> None:
        super().__init__(name, violation_error_message, violation_error_code)
        if not getattr(condition, "conditional", isinstance(condition, Q)):
            raise TypeError("CheckConstraint.condition must be a Q instance or boolean expression.")
        self.condition = condition

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table, once for each dialect, because SQL differs."""
        for dialect in ("sqlite", "postgresql", "mysql"):
            try:
                condition = condition_sql(table, model, self.condition, dialect)
            except NotSupportedError:
                continue  # what only one kind of database knows is checked there
            check = SqlCheck(condition, name=self.name)
            names = ("mysql", "mariadb") if dialect == "mysql" else (dialect,)
            table.append_constraint(check.ddl_if(callable_=only_on(names)))

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """Raise if the instance does not meet the condition."""
        if not holds(model, self.condition, instance, exclude, using):
            raise self.violated()


def only_on(names: tuple[str, ...]) -> Any:
    return lambda ddl, target, bind, dialect=None, **kw: (dialect or bind.dialect).name in names


class _Literal(Compiler):
    """Writes values into the SQL, because DDL takes no parameters; the values are the model author's."""

    def param(self, leaf: Leaf) -> ColumnElement[Any]:
        convert = leaf.field.to_driver(vendor_here(self.vendor) if isinstance(leaf.value, dt.datetime) else self.vendor)
        value = leaf.value if convert is None or leaf.value is None else convert(leaf.value)
        is_text = convert is not None and not isinstance(value, dt.datetime)
        if isinstance(value, list):  # an array, whose type casts it
            is_text = False
        return literal(value) if is_text else literal(value, leaf.field.sql_type())


class _OnInstance(Compiler):
    """Has an instance's values where a row's columns would be."""

    instance: Any

    def column(self, path: Path, name: str) -> ColumnElement[Any]:
        field = next(field for field in self.query.model._meta.fields if field.column == name)
        value = getattr(self.instance, field.attname)
        if value is DATABASE_DEFAULT:
            value = field.default_expression()
        if hasattr(value, "resolve"):  # of values only, or `computed_later` would have said so
            computed: ColumnElement[Any] = value.resolve(Scope(self.query.model, {})).compile(self)
            return computed
        value = field.get_prep_value(value)
        convert = field.to_driver(self.vendor)
        driven = value if convert is None or value is None else convert(value)
        if driven is None:
            return null()
        bound: ColumnElement[Any] = bindparam(None, driven, type_=field.sql_type(), unique=True)
        # A column would make a number of it, and of what it is compared with.
        return cast(bound, Numeric()) if self.vendor == "sqlite" and isinstance(field, DecimalField) else bound


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


def expression_sql(model: Any, expression: Any, dialect: str, table: Table | None = None) -> str:
    """Return an expression over a model's own columns as SQL text with its values written out.

    Args:
        model: Whose columns.
        expression: A name or an expression.
        dialect: ``sqlite``, ``postgresql`` or ``mysql``.
        table: The model's table, where it is still being made.
    """
    from partita.orm.expressions import expression as as_expression

    node = as_expression(expression).resolve(Scope(model, {}))
    leaves: list[Leaf] = []
    node.shape(leaves)
    known = model._meta.table if table is None else table
    compiler = _Literal(ddl_backend(dialect), Query(model), leaves, bare=True, table=known)
    element = node.compile(compiler)
    if compiler.joins:
        raise ModelError(f"A column of {model._meta.label} cannot be computed out of other tables.")
    options = {"literal_binds": True, "include_table": False}
    sql = str(element.compile(dialect=compiler.backend.dialect, compile_kwargs=options))
    return sql.replace("%%", "%")


def literal_sql(query: Query, dialect: str) -> str:
    """Return a query as SQL text with its values written out, for ``sqlite``, ``postgresql`` or ``mysql``."""
    leaves: list[Leaf] = []
    query.shape(leaves)
    compiler = _Literal(ddl_backend(dialect), query, leaves)
    statement, _ = compiler.select()
    options = {"literal_binds": True, "render_postcompile": True}
    return str(statement.compile(dialect=compiler.backend.dialect, compile_kwargs=options)).replace("%%", "%")


def holds(model: Any, condition: Q, instance: Any, exclude: Collection[str] | None, using: Any = None) -> bool:
    """Ask the database whether a condition holds for an instance that may not be saved yet; unknown counts as yes.

    So does what only the database knows once the row is saved.
    """
    asked = names_in(condition)
    if asked & set(exclude or ()) or computed_later(model, instance, asked):
        return True
    database = instance._write_database(using)
    node = condition.resolve(Scope(model, {}))
    leaves: list[Leaf] = []
    node.shape(leaves)
    compiler = _OnInstance(database.backend, Query(model), leaves, bare=True)
    compiler.instance = instance
    holding = compiler.where(node, negated=False, strict=False)
    answer = case((holding, 1), (not_(holding.self_group()), 0), else_=1)
    plan = compiler.plan(select(answer))
    return bool(database.perform(database.fetch, plan.sql, plan.bind(leaves))[0][0])


def value_of(model: Any, expression: Any, instance: Any, database: Any) -> Any:
    """Ask the database what an expression over a row's own columns gives for an instance that may not be saved yet."""
    from partita.orm.expressions import OrderBy
    from partita.orm.expressions import expression as as_expression

    node = as_expression(expression)
    node = (node.sources[0] if isinstance(node, OrderBy) else node).resolve(Scope(model, {}))
    leaves: list[Leaf] = []
    node.shape(leaves)
    compiler = _OnInstance(database.backend, Query(model), leaves, bare=True)
    compiler.instance = instance
    plan = compiler.plan(select(node.compile(compiler)))
    found = database.perform(database.fetch, plan.sql, plan.bind(leaves))[0][0]
    convert = node.output.from_driver(database.vendor)
    return found if found is None or convert is None else convert(found)


def computed_later(model: Any, instance: Any, names: Collection[str]) -> bool:
    """Return whether the database computes one of the fields ``names`` out of the row as it will be, such as ``F("n") + 1``."""
    for name in names:
        field = model._meta.find(name)[0]
        for part in () if field is None else model._meta.columns_of(field.name):
            value = instance.__dict__.get(part.attname)
            if value is not DATABASE_DEFAULT and hasattr(value, "resolve") and (names_in(value) or _has_query(value)):
                return True
    return False


def _has_query(expression: Any) -> bool:
    return hasattr(expression, "query") or any(map(_has_query, getattr(expression, "sources", ())))


def names_in(expression: Any) -> set[str]:
    """Return the names of the fields that a `Q` or an expression refers to."""
    if isinstance(expression, str):
        return {expression.partition("__")[0]}
    if isinstance(expression, tuple):  # a keyword of `Q`; a value that is text or a pair names nothing
        name, value = expression
        return {name.partition("__")[0]} | (names_in(value) if hasattr(value, "resolve") else set())
    if isinstance(expression, F):
        return {expression.name.partition("__")[0]}
    inside = [*getattr(expression, "children", ()), *getattr(expression, "sources", ())]
    if isinstance(getattr(expression, "name", None), F):
        inside.append(expression.name)
    names: set[str] = set()
    for part in inside:
        if not isinstance(part, str):
            names |= names_in(part)
    return names
