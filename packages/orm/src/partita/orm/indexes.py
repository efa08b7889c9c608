"""Indexes, as Meta.indexes names them."""

import hashlib
import re
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, Table
from sqlalchemy import Index as SqlIndex
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import NULLTYPE

from partita.orm.errors import ModelError
from partita.orm.q import Q

if TYPE_CHECKING:
    from partita.contracts.checks import Finding

__all__ = ("Index", "check_parts", "import_path", "index_of", "own_column")

_OPCLASS = r"(?ai)[a-z_]\w*(\.[a-z_]\w*)?( ?\([\w=, ]+\))?"  # perhaps with parameters


def import_path(kind: type) -> str:
    """Return where a class can be imported from: this package for its own, else the module that defines it."""
    own = kind.__module__.startswith("partita.orm.")
    return f"partita.orm.{kind.__name__}" if own else f"{kind.__module__}.{kind.__qualname__}"


class Index:
    """An index over fields or expressions.

    Args:
        expressions: What is kept in the index, instead of ``fields``. Not made in MySQL and MariaDB.
        fields: Names of fields; a leading ``-`` means descending.
        name: At most 30 characters; made from the table's and the columns' names, as Django makes it, if left out.
        db_tablespace: Where PostgreSQL keeps it.
        opclasses: PostgreSQL's operator class of each field.
        condition: Keep only rows that meet it; MySQL and MariaDB keep all.
        include: Names of fields that PostgreSQL keeps beside, so that it need not look into the table.
    """

    max_name_length = 30
    suffix = "idx"

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
            if given and not name and not (expressions and fields):
                raise PartsError(f"An index must be named to use {what}.")
        if include and not name:
            raise PartsError("A covering index must be named.")
        check_parts("Index", "an index", expressions, fields, condition, include, opclasses)
        from partita.orm.expressions import F

        self.expressions: tuple[Any, ...] = tuple(F(each) if isinstance(each, str) else each for each in expressions)
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
            for field in model._meta.columns_of(name):
                column = own_column(table, field, self.name or "An index")
                columns.append(column.desc() if order else column)
        space = self.db_tablespace or model._meta.db_tablespace
        options = {**self.dialect_options(), **({"postgresql_tablespace": space} if space else {})}
        made = index_of(self, table, model, columns, **options)
        if self.expressions:
            made.info["not_on"] = ("mysql", "mariadb")

    def dialect_options(self) -> dict[str, Any]:
        """Return what SQLAlchemy's ``Index`` takes besides, such as ``postgresql_using``."""
        return {}

    def check(self, model: Any, databases: Any = ()) -> "list[Finding]":
        """Return what is wrong with this in ``model``, and in databases, or in one."""
        from partita.orm.checks.meta import check_index

        return list(check_index(self, model, databases if isinstance(databases, list | tuple) else [databases]))

    def named(self, name: str) -> Self:
        """Return it with another name."""
        twin = copy(self)
        twin.name = name
        return twin

    def named_for(self, model: Any) -> Self:
        """Return it with a name, made out of the model's table and the columns unless it has one."""
        if self.name:
            return self
        meta = model._meta
        members = [meta.get_field(name) for name, _ in self.fields_orders]
        columns = [member.column or member.attname for member in members]
        ordered = [
            f"-{column}" if order else column for column, (_, order) in zip(columns, self.fields_orders, strict=True)
        ]
        table = meta.db_table.replace('"', "").split(".")[-1]
        told = "".join([table, *ordered, self.suffix]).encode()
        digest = hashlib.md5(told, usedforsecurity=False).hexdigest()[:6]
        name = f"{table[:11]}_{columns[0][:7]}_{digest}_{self.suffix}"
        if len(name) > self.max_name_length:
            raise PartsError("The name made for an index is too long. Is its suffix longer than three characters?")
        return self.named(f"D{name[1:]}" if name[0] == "_" or name[0].isdigit() else name)

    def set_name_with_model(self, model: Any) -> None:
        """Give it a name, as `named_for` does."""
        self.name = self.named_for(model).name

    def clone(self) -> Self:
        """Return an equal one."""
        return copy(self)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return import path and arguments that make an equal index."""
        arguments = {key: value for key, value in vars(self).items() if not (value is None or value == ())}
        return import_path(type(self)), arguments.pop("expressions", ()), arguments

    def __eq__(self, other: object) -> bool:
        return vars(other) == vars(self) if type(other) is type(self) else NotImplemented

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
    for name in opclasses:  # they stand in SQL as they are
        if not isinstance(name, str) or re.fullmatch(_OPCLASS, name) is None:
            raise PartsError(
                f"{kind}.opclasses: {name!r:.80} is no name of a class of operators, such as text_pattern_ops."
            )


class PartsError(ModelError, ValueError):
    """The arguments of an index or a constraint do not go together."""


def own_column(table: Table, field: Any, by: str) -> Any:
    """Return the column of a field that an index or a constraint names.

    Raises:
        ModelError: If it is in the table of a model that this one inherits from.
    """
    found = table.c.get(field.column)
    if found is None:
        raise ModelError(
            f"{by} of the table {table.name} names {field.name!r}, whose column is in the table of {field.model._meta.label}. "
            "Declare it there; a Meta that extends an abstract model's takes its indexes and constraints along."
        )
    return found


def index_of(part: Any, table: Table, model: Any, columns: Sequence[Any], **options: Any) -> SqlIndex:
    """Make SQLAlchemy's index of an `Index` or a unique constraint."""
    from partita.orm.constraints import condition_sql

    meta = model._meta
    if part.condition is not None:
        for dialect in ("sqlite", "postgresql"):
            options[f"{dialect}_where"] = condition_sql(table, model, part.condition, dialect)
    if part.include:
        options["postgresql_include"] = [field.column for name in part.include for field in meta.columns_of(name)]
    if part.opclasses:
        names = [meta.get_field(name.removeprefix("-")).column for name in part.fields]
        options["postgresql_ops"] = dict(zip(names, part.opclasses, strict=True))
    parts = [*columns, *(IndexedSql(model, each) for each in part.expressions)]
    return SqlIndex(part.name or part.named_for(model).name, *parts, _table=table, **options)


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
