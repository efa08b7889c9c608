"""Constraints that compare rows with one another."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.ext.compiler import compiles

from partita.orm import Deferrable, F, Q
from partita.orm.constraints import BaseConstraint, condition_sql, expression_sql, holds, names_in, value_of
from partita.postgres.comparisons import OperatorLookup
from partita.postgres.indexes import OpClass

__all__ = ("ExclusionConstraint",)

_OPERATOR = re.compile(r"(?!.*(?:--|/\*))[-+*/<>=~!@#%^&|`?]{1,8}")  # two of them would begin a comment
_METHODS = frozenset({"gist", "spgist", "hash"})


class _Excluding(ExcludeConstraint):
    """SQLAlchemy's constraint, and the names of columns to keep in its index, for which that has no words."""

    __visit_name__ = "exclude_constraint"
    inherit_cache = False
    include: tuple[str, ...] = ()

    def _copy(self, target_table: Any = None, **options: Any) -> Any:
        made = super()._copy(target_table=target_table, **options)  # type: ignore[no-untyped-call]
        made.include = self.include
        return made


@compiles(_Excluding)
def _excluding(element: Any, compiler: Any, **options: Any) -> str:
    """INCLUDE stands between the columns and what follows them."""
    whole: str = compiler.visit_exclude_constraint(element, **options)
    if not element.include:
        return whole
    after = compiler.define_constraint_deferrability(element)
    if element.where is not None:
        after = f" WHERE ({compiler.sql_compiler.process(element.where, literal_binds=True)}){after}"
    names = ", ".join(map(compiler.preparer.quote, element.include))
    return f"{whole.removesuffix(after)} INCLUDE ({names}){after}"


class ExclusionConstraint(BaseConstraint):
    """No two rows may hold for all the operators at once, such as one room in two overlapping times.

    Equality beside ranges in a ``gist`` index needs the extension ``btree_gist``.

    Args:
        name: Its name.
        expressions: Pairs of a field's name (or an expression) and an operator, such as ``("room", "=")`` and
            ``("time", "&&")``.
        index_type: ``gist``, ``spgist`` or ``hash``.
        condition: Only rows that meet it.
        include: Names of fields to keep in the index, for queries that then need not read the table; not for ``hash``, and for ``spgist``
            from PostgreSQL 14 on.
        deferrable: When it is checked, if not with each statement.
        violation_error_message, violation_error_code: What a row that breaks it is told by `validate`.
    """

    def __init__(
        self,
        *,
        name: str,
        expressions: Sequence[tuple[Any, str]],
        index_type: str = "gist",
        condition: Q | None = None,
        deferrable: Deferrable | None = None,
        include: Sequence[str] = (),
        violation_error_message: Any = None,
        violation_error_code: str | None = None,
    ) -> None:
        super().__init__(name, violation_error_message, violation_error_code)
        if index_type.lower() not in _METHODS:
            raise ValueError(f"Exclusion constraints have an index of type gist, spgist or hash, not {index_type!r}.")
        if not expressions or any(not isinstance(each, list | tuple) or len(each) != 2 for each in expressions):
            raise ValueError("expressions are pairs of a field or an expression and an operator.")
        for _, operator in expressions:
            if not _OPERATOR.fullmatch(operator):
                raise ValueError(f"{operator!r} is no operator of PostgreSQL.")
        if not isinstance(condition, Q | None):
            raise ValueError("ExclusionConstraint.condition must be a Q instance.")
        if isinstance(include, str) or not all(isinstance(name, str) for name in include):
            raise ValueError("ExclusionConstraint.include must be a list or tuple of names of fields.")
        if include and index_type.lower() == "hash":
            raise ValueError("An index of type hash cannot include other columns; gist and spgist can.")
        if index_type.lower() == "hash" and [operator for _, operator in expressions] != ["="]:
            raise ValueError(
                "An index of type hash is of one expression, and its operator is '='; gist and spgist know others."
            )
        if not isinstance(deferrable, Deferrable | None):
            raise TypeError("ExclusionConstraint.deferrable must be a Deferrable instance.")
        self.include = tuple(include)
        self.expressions = tuple((each, operator) for each, operator in expressions)
        self.index_type, self.condition, self.deferrable = index_type.lower(), condition, deferrable

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Name this package."""
        _, expressions, arguments = super().deconstruct()
        return "partita.postgres.ExclusionConstraint", expressions, arguments

    def _names(self) -> set[str]:
        return set().union(*(names_in(source) for source, _ in self.expressions))

    def add_to(self, table: Table, model: Any) -> None:
        """Put this into SQLAlchemy's table, for PostgreSQL only."""
        elements: list[tuple[Any, str]] = []
        for source, operator in self.expressions:
            name = source.name if isinstance(source, F) else source
            if isinstance(name, str):
                elements.append((table.c[model._meta.get_field(name).column], operator))
            else:
                kind = f" {source.opclass}" if isinstance(source, OpClass) else ""
                elements.append((text(f"({expression_sql(model, source, 'postgresql', table)}){kind}"), operator))
        options: dict[str, Any] = {"name": self.name, "using": self.index_type}
        if self.condition is not None:
            options["where"] = condition_sql(table, model, self.condition, "postgresql")
        if self.deferrable is not None:
            options |= {"deferrable": True, "initially": self.deferrable.name}
        made = _Excluding(*elements, **options)
        made.include = tuple([model._meta.get_field(name).column for name in self.include])
        table.append_constraint(made.ddl_if(dialect="postgresql"))

    def validate(self, model: Any, instance: Any, exclude: Collection[str] | None = None, using: Any = None) -> None:
        """Ask PostgreSQL whether another row excludes this one; elsewhere there is no such constraint.

        Raises:
            ValidationError: If one does.
        """
        database = instance._write_database(using)
        if database.vendor != "postgresql" or self._names() & set(exclude or ()):
            return
        if self.condition is not None and not holds(model, self.condition, instance, exclude):
            return
        rows = model._base_manager.using(database)
        for source, operator in self.expressions:
            value = value_of(model, F(source) if isinstance(source, str) else source, instance, database)
            if value is None:
                return  # NULL excludes nothing
            rows = rows.filter(_comparison(operator)(source, value))
        if self.condition is not None:
            rows = rows.filter(self.condition)
        if not instance._state.adding:
            rows = rows.exclude(pk=instance.pk)
        if rows.exists():
            raise self.violated()


@lru_cache(64)
def _comparison(operator: str) -> type[OperatorLookup]:
    return type("_Excluding", (OperatorLookup,), {"operator": operator, "lookup_name": "excluding"})
