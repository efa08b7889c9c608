"""QuerySets: queries that run when their rows are wanted."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from partita.orm.database import Database
from partita.orm.queryset.statements import QueryStatements
from partita.orm.queryset.writes import assigned_value

__all__ = ("QuerySet", "assigned_value")

R = TypeVar("R")


if TYPE_CHECKING:
    from partita.orm.managers import Manager
    from partita.orm.models import Model
    from partita.orm.raw import RawQuerySet

    M = TypeVar("M", bound="Model")

    class Beginning:
        """What `Model.objects` may be to type checkers: the plain manager, or whatever a model puts in its place."""

        @overload
        def __get__(self, instance: None, owner: type[M]) -> Manager[M]: ...
        @overload
        def __get__(self, instance: object, owner: object = None) -> Any: ...
        def __get__(self, instance: object, owner: object = None) -> Any: ...
else:
    Beginning = object


class QuerySet(QueryStatements[R], Beginning):
    """Rows of a model, described step by step; each step gives a new QuerySet, and nothing runs until rows are wanted.

    The type argument is what a row comes as: a model, a dictionary, a tuple or a single value.
    """

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: object = None) -> Self:  # type: ignore[override]  # not the plain one
            """Return this, where a class has it."""
            ...

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
        from partita.orm.raw import RawQuerySet  # few programs have SQL of their own

        database = self._using if using is None else using
        rows: RawQuerySet[Any] = RawQuerySet(self.model, raw_query, params, translations, database)
        return rows.prefetch_related(*self._prefetch) if self._prefetch else rows

    # -- managers ---------------------------------------------------------------------------------------------------

    @classmethod
    def as_manager(cls) -> Self:
        """Return a manager that offers this class's methods; type checkers take it for one of its QuerySets."""
        from partita.orm.managers import Manager

        made: Any = Manager.from_queryset(cls)()
        made._of_queryset = True
        return made  # type: ignore[no-any-return]  # a manager, which has all that it is taken for here
