"""Indexes, as Meta.indexes names them."""

import hashlib
from collections.abc import Sequence
from copy import copy
from typing import Any, Self

from sqlalchemy import ColumnElement, Table
from sqlalchemy import Index as SqlIndex
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import NULLTYPE

from partita.orm.errors import ModelError
from partita.orm.q import Q

__all__ = ("Index", "check_parts", "index_of")


class Index:
    """An index over fields or expressions.

    Args:
        expressions: What is kept in the index, instead of ``fields``. Not made in MySQL and MariaDB.
        fields: Names of fields; a leading ``-`` means descending.
        name: At most 30 characters are known to fit everywhere; made from the table's and the columns' names if left out.
        db_tablespace: Where PostgreSQL keeps it.
        opclasses: PostgreSQL's operator class of each field.
        condition: Keep only rows that meet it; MySQL and MariaDB keep all.
        include: Names of fields that PostgreSQL keeps beside, so that it need not look into the table.
    """

    max_name_length = 63

    def __init__(
        self,
        *expressions: Any,
        fields: Sequence[str] = (),
        name: str | None = None,
        db_tablespace: str | None = None,
        opclasses: Sequence[str] = (),
        condition: Q | None = None,
        include: Sequence[str] | None = None,
    ) -> None:
        for given, what in ((condition, "condition"), (opclasses, "opclasses"), (expressions, "expressions")):
            if given and not name:
                raise PartsError(f"An index must be named to use {what}.")
        if include and not name:
            raise PartsError("A covering index must be named.")
        check_parts("Index", "an index", expressions, fields, condition, include, opclasses)
        self.expressions: tuple[Any, ...] = tuple(expressions)
        self.fields, self.name, self.condition = tuple(fields), name, condition
        self.db_tablespace, self.opclasses, self.include = db_tablespace, tuple(opclasses), tuple(include or ())

    @property
    def contains_expressions(self) -> bool:
        """Whether this is about expressions and not fields."""
        return bool(self.expressions)

    @property
    def fields_orders(self) -> list[tuple[str, str]]:
        """Pairs of a field's name and ``DESC`` or nothing."""
        return [(name.removeprefix("-"), "DESC" if name.startswith("-") else "") for name in self.fields]

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table."""
        columns: list[Any] = []
        for name, order in self.fields_orders:
            column = table.c[model._meta.get_field(name).column]
            columns.append(column.desc() if order else column)
        space = self.db_tablespace or model._meta.db_tablespace
        options = {**self.dialect_options(), **({"postgresql_tablespace": space} if space else {})}
        made = index_of(self, table, model, columns, **options)
        if self.expressions:
            made.info["not_on"] = ("mysql", "mariadb")

    def dialect_options(self) -> dict[str, Any]:
        """Return what SQLAlchemy's ``Index`` takes besides, such as ``postgresql_using``."""
        return {}

    def named(self, name: str) -> Self:
        """Return it with another name."""
        twin = copy(self)
        twin.name = name
        return twin

    def clone(self) -> Self:
        """Return an equal one."""
        return copy(self)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return import path and arguments that make an equal index."""
        arguments = {key: value for key, value in vars(self).items() if not (value is None or value == ())}
        return f"partita.orm.{type(self).__name__}", arguments.pop("expressions", ()), arguments

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((self.name, self.fields))

    def __repr__(self) -> str:
        _, expressions, arguments = self.deconstruct()
        parts = [*map(repr, expressions), *(f"{name}={value!r}" for name, value in arguments.items())]
        return f"<{type(self).__name__}: {' '.join(parts)}>"


def check_parts(
    kind: str,
    what: str,
    expressions: Sequence[Any],
    fields: Any,
    condition: Any,
    include: Any,
    opclasses: Any,
) -> None:
    """Refuse arguments of an index or a unique constraint that do not go together.

    Raises:
        PartsError: Which says what is wrong; both a TypeError and a ValueError.
    """
    if expressions and fields:
        raise PartsError(f"{kind}.fields and expressions are mutually exclusive.")
    if not isinstance(fields, list | tuple):
        raise PartsError(f"{kind}.fields must be a list or tuple.")
    if any(not isinstance(name, str) for name in fields):
        raise PartsError(f"{kind}.fields must contain only strings with field names.")
    if not isinstance(condition, Q | None):
        raise PartsError(f"{kind}.condition must be a Q instance.")
    if not isinstance(include, list | tuple | None):
        raise PartsError(f"{kind}.include must be a list or tuple.")
    if not isinstance(opclasses, list | tuple):
        raise PartsError(f"{kind}.opclasses must be a list or tuple.")
    if not expressions and not fields:
        raise PartsError(f"At least one field or expression is required to define {what}.")
    if opclasses and expressions:
        raise PartsError(f"{kind}.opclasses cannot be used with expressions. Name the class in the expression.")
    if opclasses and len(fields) != len(opclasses):
        raise PartsError(f"{kind}.fields and {kind}.opclasses must have the same number of elements.")


class PartsError(ModelError, ValueError):
    """The arguments of an index or a constraint do not go together."""


def index_of(part: Any, table: Table, model: Any, columns: Sequence[Any], **options: Any) -> SqlIndex:
    """Make SQLAlchemy's index of an `Index` or a unique constraint."""
    from partita.orm.constraints import condition_sql

    meta = model._meta
    if part.condition is not None:
        for dialect in ("sqlite", "postgresql"):
            options[f"{dialect}_where"] = condition_sql(table, model, part.condition, dialect)
    if part.include:
        options["postgresql_include"] = [meta.get_field(name).column for name in part.include]
    if part.opclasses:
        names = [meta.get_field(name.removeprefix("-")).column for name in part.fields]
        options["postgresql_ops"] = dict(zip(names, part.opclasses, strict=True))
    parts = [*columns, *(IndexedSql(model, each) for each in part.expressions)]
    return SqlIndex(part.name or _name(part, meta), *parts, _table=table, **options)


def _name(index: Index, meta: Any) -> str:
    plain = "_".join(meta.get_field(name).column for name, _ in index.fields_orders)
    name = f"{meta.db_table}_{plain}_idx"
    # Long names would be cut where they may be the same.
    return name if len(name) <= 60 else f"{name[:47]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}_idx"


class IndexedSql(ColumnElement[Any]):
    """An expression in an index, in each database's own SQL."""

    inherit_cache = False
    type = NULLTYPE

    def __init__(self, model: Any, indexed: Any) -> None:
        self.model, self.indexed = model, indexed

    def self_group(self, against: Any = None) -> "IndexedSql":
        """It brings its own parentheses."""
        return self


@compiles(IndexedSql)
def _written(element: IndexedSql, compiler: Any, **options: Any) -> str:
    from partita.orm.constraints import expression_sql
    from partita.orm.expressions import OrderBy

    dialect = "mysql" if compiler.dialect.name == "mariadb" else compiler.dialect.name
    indexed: Any = element.indexed
    after = ""
    if isinstance(indexed, OrderBy):
        after = " DESC" if indexed.descending else " ASC"
        after += " NULLS FIRST" if indexed.nulls_first else " NULLS LAST" if indexed.nulls_last else ""
        indexed = indexed.sources[0]
    if (kind := getattr(indexed, "opclass", None)) is not None:
        after = f" {kind}{after}" if dialect == "postgresql" else after
    sql: str = compiler.post_process_text(expression_sql(element.model, indexed, dialect))
    return f"({sql}){after}"
