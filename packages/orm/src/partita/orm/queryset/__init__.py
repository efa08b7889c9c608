"""QuerySets: queries that run when their rows are wanted."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from partita.orm.database import Database
from partita.orm.queryset.statements import QueryStatements
from partita.orm.queryset.writes import assigned_value
from partita.orm.raw import RawQuerySet

__all__ = ("QuerySet", "assigned_value")

R = TypeVar("R")


class QuerySet(QueryStatements[R]):
    """Rows of a model, described step by step; each step gives a new QuerySet, and nothing runs until rows are wanted.

    The type argument is what a row comes as: a model, a dictionary, a tuple or a single value.
    """

    def raw(
        self,
        raw_query: str,
        params: "Sequence[Any] | Mapping[str, Any]" = (),
        translations: Mapping[str, str] | None = None,
        using: "str | Database | None" = None,
    ) -> "RawQuerySet[Any]":
        """Return instances out of SQL of your own.

        Args:
            raw_query: With ``%s`` or ``%(name)s`` for each parameter, and ``%%`` for a percent sign.
            params: Values; never paste them into the SQL.
            translations: Names of fields by names of columns, where the two differ.
            using: A database or its alias.
        """
        database = self._using if using is None else using
        rows: RawQuerySet[Any] = RawQuerySet(self.model, raw_query, params, translations, database)
        return rows.prefetch_related(*self._prefetch) if self._prefetch else rows

    # -- managers ---------------------------------------------------------------------------------------------------

    @classmethod
    def as_manager(cls) -> Any:
        """Return a manager that offers this class's methods."""
        from partita.orm.managers import Manager

        made = Manager.from_queryset(cls)()
        made._of_queryset = True
        return made
