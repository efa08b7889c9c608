"""The rows whose generic relation has one row: ``tag.stones``, behind a manager; named as queries call them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from partita.contenttypes.keys import read_key
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.contenttypes.relation import GenericRelation

__all__ = ("GenericOwners",)

_AT_ONCE = 1000


class GenericOwners:
    """The attribute that a ``related_query_name`` adds to the model whose rows point.

    Args:
        relation: The relation that it leads back to.
        name: The attribute.
    """

    def __init__(self, relation: "GenericRelation[Any]", name: str) -> None:
        self.relation: Any = relation  # itself a descriptor: the type would be read as its manager
        self.name = name

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        default = self.relation.model._default_manager
        kind: Any = type("GenericOwnersManager", (_Owners, type(default)), {})
        manager = object.__new__(kind)
        manager.__dict__.update(default.__dict__)
        manager.instance, manager.owners, manager.model = instance, self, self.relation.model
        return manager

    def rows(self) -> Any:
        """Return all rows that may have the instance."""
        return self.relation.model._default_manager.all()

    def is_cached(self, instance: Any) -> bool:
        """Return whether the rows are loaded."""
        return self.name in instance.__dict__.get("_prefetched", ())

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that have any of ``instances``: at most one for each."""
        relation = self.relation
        wanted = {id(instance): self._key(instance, rows.database) for instance in instances}
        keys = list(dict.fromkeys(key for key in wanted.values() if key is not None))
        found: dict[Any, Any] = {}
        for start in range(0, len(keys), _AT_ONCE):
            part = rows.filter(pk__in=keys[start : start + _AT_ONCE])
            found.update((row.pk, row) for row in part if isinstance(row, relation.model))
        kept_by = rows._for_owners()
        for instance in instances:
            key = wanted[id(instance)]
            own = [found[key]] if key in found else []
            if to_attr is not None:
                setattr(instance, to_attr, own)
            else:
                known = instance.__dict__.setdefault("_prefetched", {})
                known[self.name] = kept_by(own, partial(rows.filter, pk__in=[row.pk for row in own]))
        return list(found.values())

    def _key(self, instance: Any, database: Any) -> Any:
        """Return the key that ``instance`` has, if it points to the relation's model."""
        relation = self.relation
        kind = relation.content_type(relation.model, database)
        if getattr(instance, relation.content_type_attname) != kind.pk:
            return None
        try:
            return read_key(relation.model, getattr(instance, relation.object_id_field_name))
        except (ValidationError, ValueError, TypeError, OverflowError):
            return None


class _Owners:
    owners: Any
    instance: Any
    model: Any

    def get_queryset(self) -> Any:
        """Return the rows that have the instance; those prefetched, if they were."""
        cached = self.instance.__dict__.get("_prefetched")
        if cached is not None and self.owners.name in cached:
            return cached[self.owners.name]
        rows = cast("Any", super()).get_queryset()
        if self.instance.__dict__["_s"].database is not None and rows._using is None:
            rows = rows.using(self.instance._read_database(self.model))
        return rows.filter(**{self.owners.relation.name: self.instance})
