"""A foreign key to rows of any model: a content type and a key."""

from collections.abc import Sequence
from typing import Any, Self, overload

from partita.contenttypes.keys import kept_key_of, read_key
from partita.contenttypes.models import ContentType, ContentTypeManager
from partita.contenttypes.prefetch import Targets
from partita.orm import Database, FieldError, Model
from partita.orm.fields import PrivateField
from partita.validation import ValidationError

__all__ = ("GenericForeignKey",)

_AT_ONCE = 1000
_MISSING = "_generic_missing"


class GenericForeignKey(PrivateField):
    """A row of any model.

    Args:
        ct_field: The foreign key to `ContentType`.
        fk_field: The field with the row's key.
        for_concrete_model: Whether a row of a proxy is taken for one of the model that the proxy stands for.
    """

    many_to_one = True

    def __init__(
        self, ct_field: str = "content_type", fk_field: str = "object_id", for_concrete_model: bool = True
    ) -> None:
        self.ct_field, self.fk_field, self.for_concrete_model = ct_field, fk_field, for_concrete_model

    @overload
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> Any: ...
    def __get__(self, instance: Any, owner: object = None) -> Any:
        """Return the row; None if the key leads nowhere. Rows fetched together load theirs together."""
        if instance is None:
            return self
        type_id, key = self._ends(instance)
        related = instance.__dict__.get(self.name)
        if related is not None:
            if self._is_at(related, type_id, key, instance):
                return related
            del instance.__dict__[self.name]
        if type_id is None or key is None or self._is_missing(instance, type_id, key):
            return None
        instance._read_database(ContentType).perform(self._load, instance)
        return instance.__dict__.get(self.name)

    def __set__(self, instance: Any, related: Any) -> None:
        content_type = key = None
        if related is not None:
            if not isinstance(related, Model):
                label = f"{self.model._meta.object_name}.{self.name}"
                raise ValueError(f'Cannot assign {related!r:.80}: "{label}" must be a row of a model, or None.')
            content_type = self.get_content_type(obj=related)
            key = kept_key_of(related)
        setattr(instance, self.ct_field, content_type)
        setattr(instance, self.fk_field, key)
        self.forget(instance)
        if related is not None:
            instance.__dict__[self.name] = related

    def get_content_type(
        self, obj: Any = None, id: Any = None, using: "str | Database | None" = None, model: Any = None
    ) -> ContentType:
        """Return the content type of a row, with a key, or of a model; exactly one of them is given.

        Args:
            obj: A row.
            id: A content type's key.
            using: The database that has the content type; that of ``obj`` unless given.
            model: A model.
        """
        if obj is not None:
            using = obj.__dict__["_s"].database if using is None else using
            return self._types(using).get_for_model(obj, for_concrete_model=self.for_concrete_model)
        if id is not None:
            return self._types(using).get_for_id(id)
        if model is not None:
            return self._types(using).get_for_model(model, for_concrete_model=self.for_concrete_model)
        raise TypeError("get_content_type() needs obj, id or model.")

    def steps(self) -> Any:
        """Refuse: without a relation back, queries cannot know where this leads."""
        raise FieldError(
            f"Field {self.name!r} does not generate an automatic reverse relation and therefore cannot be used for reverse "
            "querying. If it is a GenericForeignKey, consider adding a GenericRelation."
        )

    def lookups_for(self, related: Any) -> dict[str, Any]:
        """Return the look-ups that find the rows which point to ``related``."""
        return {self.ct_field: self.get_content_type(obj=related), self.fk_field: kept_key_of(related)}

    def lookups_beside(self, instance: Any) -> dict[str, Any]:
        """Return the look-ups that find the rows which point to what ``instance`` points to."""
        type_id, key = self._ends(instance)
        return {self._attname: type_id, self.fk_field: key}

    # -- loading ----------------------------------------------------------------------------------------------------

    def rows(self) -> Targets:
        """Return all rows that may be pointed to."""
        return Targets()

    def is_cached(self, instance: Any) -> bool:
        """Return whether the row, or that there is none, is known."""
        type_id, key = self._ends(instance)
        known = instance.__dict__.get(self.name) is not None
        return known or type_id is None or key is None or self._is_missing(instance, type_id, key)

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that all ``instances`` point to, with one query for each model.

        Raises:
            ValueError: If ``rows`` is the query of a plain `Prefetch`, which can only be of one model.
        """
        if not isinstance(rows, Targets):
            raise ValueError("Custom queryset can't be used for this lookup. Use GenericPrefetch, which takes several.")
        wanted: dict[Any, dict[Any, list[Any]]] = {}
        for instance in instances:
            type_id, key = self._ends(instance)
            if type_id is not None and key is not None:
                wanted.setdefault(type_id, {}).setdefault(key, []).append(instance)
            elif to_attr is not None:
                setattr(instance, to_attr, None)
        found: list[Any] = []
        for type_id, owners in wanted.items():
            found += self._prefetch_one(type_id, owners, rows, to_attr)
        return found

    def _prefetch_one(
        self, type_id: Any, owners: dict[Any, list[Any]], rows: Targets, to_attr: str | None
    ) -> list[Any]:
        content_type = self.get_content_type(id=type_id, using=rows.database)
        model = content_type.model_class()
        keys = {} if model is None else _converted(model, owners)
        found: dict[Any, Any] = {}
        if keys:
            chosen = rows.of(self, content_type)
            distinct = list(dict.fromkeys(keys.values()))
            for start in range(0, len(distinct), _AT_ONCE):
                part = chosen.filter(pk__in=distinct[start : start + _AT_ONCE])
                found.update((related.pk, related) for related in part)
        for key, pointing in owners.items():
            related = found.get(keys[key]) if key in keys else None
            for instance in pointing:
                self._keep(instance, related, to_attr)
        return list(found.values())

    def _keep(self, instance: Any, related: Any, to_attr: str | None) -> None:
        if to_attr is not None:
            setattr(instance, to_attr, related)
        elif related is not None:
            instance.__dict__[self.name] = related
        else:
            self.forget(instance)
            instance.__dict__.setdefault(_MISSING, {})[self.name] = self._ends(instance)

    def _load(self, instance: Any) -> None:
        together = [peer for peer in instance._peers(self.name) if peer is not instance and not self.is_cached(peer)]
        database = instance.__dict__["_s"].database
        self.prefetch([instance, *together[: _AT_ONCE - 1]], Targets(database=database), None)

    # -- the life of a row --------------------------------------------------------------------------------------------

    def prepare_save(self, instance: Any) -> None:
        """Take the key of a row that was saved after it was assigned.

        Raises:
            ValueError: If it was not saved yet.
        """
        related = instance.__dict__.get(self.name)
        if related is None:
            return
        key = kept_key_of(related)
        if key is None:
            raise ValueError(f"save() prohibited to prevent data loss due to unsaved related object '{self.name}'.")
        if getattr(instance, self.fk_field) in (None, ""):
            setattr(instance, self.fk_field, key)

    def forget(self, instance: Any) -> None:
        """Drop what was loaded for ``instance``."""
        instance.__dict__.pop(self.name, None)
        if _MISSING in instance.__dict__:
            instance.__dict__[_MISSING].pop(self.name, None)

    # -- ends -------------------------------------------------------------------------------------------------------

    @property
    def _attname(self) -> str:
        name: str = self.model._meta.get_field(self.ct_field).attname
        return name

    def _ends(self, instance: Any) -> tuple[Any, Any]:
        return getattr(instance, self._attname), getattr(instance, self.fk_field)

    def _is_at(self, related: Any, type_id: Any, key: Any, instance: Any) -> bool:
        if type_id != self.get_content_type(obj=related, using=instance.__dict__["_s"].database).pk:
            return False
        return bool(related.pk == key) or (key is not None and _converted(type(related), (key,)).get(key) == related.pk)

    def _is_missing(self, instance: Any, type_id: Any, key: Any) -> bool:
        missing = instance.__dict__.get(_MISSING)
        return missing is not None and missing.get(self.name) == (type_id, key)

    def _types(self, using: "str | Database | None") -> ContentTypeManager:
        types: ContentTypeManager = self.model._meta.get_field(self.ct_field).related_model._default_manager
        return types if using is None else types.db_manager(using)


def _converted(model: type[Model], keys: Any) -> dict[Any, Any]:
    """Return keys, as they are kept, each with the one that rows of ``model`` have; those that none can have are left out."""
    found = {}
    for key in keys:
        try:
            found[key] = read_key(model, key)
        except (ValidationError, ValueError, TypeError, OverflowError):
            continue
    return found
