"""Which rows generic foreign keys are loaded from: those of several models, each with a query of its own."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from partita.orm import Database, Prefetch, QuerySet

if TYPE_CHECKING:
    from partita.contenttypes.foreign_key import GenericForeignKey
    from partita.contenttypes.models import ContentType

__all__ = ("GenericPrefetch", "Targets")


class Targets:
    """The rows that a generic foreign key may point to.

    Args:
        querysets: For some models, the rows to choose from; all rows for others.
        database: Where the rows are.
    """

    __slots__ = ("database", "querysets")

    def __init__(self, querysets: Iterable[QuerySet[Any]] = (), database: "str | Database | None" = None) -> None:
        self.querysets, self.database = tuple(querysets), database

    def using(self, database: "str | Database") -> "Targets":
        """Return the rows of another database."""
        return Targets(self.querysets, database)

    def of(self, field: "GenericForeignKey", content_type: "ContentType") -> QuerySet[Any]:
        """Return the rows of one model.

        Raises:
            ValueError: If there are two queries for it.
        """
        chosen = [
            rows
            for rows in self.querysets
            if field.get_content_type(model=rows.query.model, using=self.database).pk == content_type.pk
        ]
        if len(chosen) > 1:
            raise ValueError("Only one queryset is allowed for each content type.")
        if chosen:
            return chosen[0] if self.database is None else chosen[0].using(self.database)
        return content_type.get_all_objects_for_this_type(using=self.database)


class GenericPrefetch(Prefetch):
    """A generic foreign key to load, with the rows to choose from.

    Args:
        lookup: The field, or a way to it with two underscores between.
        querysets: Rows to choose from, one query a model; models that have none are not narrowed.
        to_attr: Keep the row under this name.

    Raises:
        ValueError: If a query gives anything but instances.
    """

    __slots__ = ()

    def __init__(self, lookup: str, querysets: Iterable[QuerySet[Any]], to_attr: str | None = None) -> None:
        chosen = tuple(querysets)
        if any(not isinstance(rows, QuerySet) or rows.query.columns is not None for rows in chosen):
            raise ValueError("Prefetch querysets cannot use raw(), values(), and values_list().")
        super().__init__(lookup, None, to_attr)
        self.queryset = Targets(chosen)
