"""The way back from a model to the rows that point to it with a generic foreign key."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, overload

from partita.contenttypes.foreign_key import GenericForeignKey
from partita.contenttypes.keys import kept_key, kept_key_of, read_key
from partita.contenttypes.models import ContentType
from partita.contenttypes.owners import GenericOwners
from partita.contenttypes.steps import GenericStep
from partita.orm import Database, Model, Q, QuerySet
from partita.orm.fields import PrivateField
from partita.orm.order_wrt import connect_order
from partita.orm.paths import Step
from partita.orm.relations import Reverse, back_to

if TYPE_CHECKING:
    from partita.contenttypes.related import GenericRelatedManager

__all__ = ("GenericRelation", "GenericReverse")

M = TypeVar("M", bound=Model)
_AT_ONCE = 1000


class GenericReverse(Reverse):
    """A generic relation seen from the model whose rows point: queries know it by the relation's ``related_query_name``."""

    def __init__(self, relation: "GenericRelation[Any]") -> None:
        query_name = relation.related_query_name()
        super().__init__(relation, "+", query_name)
        self.hidden = query_name is None
        self.many_to_one, self.one_to_many, self.one_to_one, self.multiple = True, False, False, False

    @property
    def origin(self) -> Any:
        """The model whose table has the key: the one whose rows point, or a parent of it."""
        pointing = self.field.related_model
        found = pointing._meta.get_field(self.field.object_id_field_name).model
        return pointing if found._meta.abstract else found

    def _new_steps(self) -> tuple[GenericStep, ...]:
        return (GenericStep(self.field, self.field.model, forward=False),)

    def target_of_last_step(self) -> Any:
        """Return None: the join goes by the primary key."""
        return None


class GenericRelation(PrivateField, Generic[M]):
    """The rows of another model that point here by its content type and key.

    They are deleted with the row that they point to. Queries can follow the name, and from the other side
    ``related_query_name``.

    Args:
        to: The model that points, or its name, ``"app.Model"``.
        object_id_field: Its field with the key.
        content_type_field: Its foreign key to `ContentType`.
        for_concrete_model: Whether a proxy of this model counts as this model; the same as over there.
        related_query_name: What queries over there call this model.
        limit_choices_to: Look-ups that forms narrow choices by.
    """

    one_to_many = True
    _kind: Any = None
    _steps: dict[type[Model], tuple[Step, ...]]
    remote_field: "GenericReverse | None"

    def __init__(
        self,
        to: "type[M] | str",
        object_id_field: str = "object_id",
        content_type_field: str = "content_type",
        for_concrete_model: bool = True,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
    ) -> None:
        self.to = to
        self.object_id_field_name, self.content_type_field_name = object_id_field, content_type_field
        self.for_concrete_model, self.limit_choices_to = for_concrete_model, limit_choices_to
        self._query_name = related_query_name
        self._steps = {}

    def contribute_to_class(self, model: type[Model], name: str) -> None:
        """Become the relation ``name`` of ``model``, and look for the other model."""
        super().contribute_to_class(model, name)
        if model._meta.abstract:
            return
        if isinstance(self.to, str):
            label = self.to if "." in self.to else f"{model._meta.app_label}.{self.to}"
            model._meta.registry.when_registered(model._meta.label if self.to == "self" else label, self._meet)
        else:
            self._meet(self.to)

    def copy_for(self, *, from_table: bool = False) -> Self:
        """Return a copy for a class that inherits this; only the first of several tables keeps the name for queries."""
        copy = super().copy_for(from_table=from_table)
        copy._steps, copy._kind = {}, None
        if from_table:
            copy._query_name = None
        return copy

    def related_query_name(self) -> str | None:
        """Return what queries from the other side call this model; None if they cannot."""
        return self._query_name

    def _meet(self, target: type[Model]) -> None:
        self.related_model = target
        self.remote_field = GenericReverse(self)
        target._meta.concrete_model._meta.add_reverse(self.remote_field)
        if self._query_name is not None and not hasattr(target, self._query_name):
            setattr(target, self._query_name, GenericOwners(self, self._query_name))
        order = target._meta.order_with_respect_to
        if order and isinstance(target._meta.get_field(order), GenericForeignKey) and self._matches(order):
            connect_order(target, self.model)

    @overload
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> "GenericRelatedManager[M]": ...
    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        if self._kind is None:
            from partita.contenttypes.related import generic_manager

            self._kind = generic_manager(self)
        return self._kind(instance)

    def __set__(self, instance: Any, rows: Any) -> None:
        raise TypeError(
            f"Direct assignment to the reverse side of a related set is prohibited. Use {self.name}.set() instead."
        )

    # -- the two models -----------------------------------------------------------------------------------------------

    @property
    def content_type_attname(self) -> str:
        """The attribute over there that has the content type's key."""
        name: str = self.related_model._meta.get_field(self.content_type_field_name).attname
        return name

    @property
    def types(self) -> Any:
        """The manager of content types that the other model points to."""
        return self.related_model._meta.get_field(self.content_type_field_name).related_model._default_manager

    def content_type(self, instance: Any, database: "Database | str | None" = None) -> ContentType:
        """Return the content type that rows which point to ``instance`` have."""
        types = self.types if database is None else self.types.db_manager(database)
        return cast("ContentType", types.get_for_model(instance, for_concrete_model=self.for_concrete_model))

    def foreign_key(self) -> GenericForeignKey | None:
        """Return the generic foreign key over there that points here, if it has one with these fields."""
        for field in self.related_model._meta.private_fields:
            if isinstance(field, GenericForeignKey) and self._matches(field.name):
                return field
        return None

    def _matches(self, name: str) -> bool:
        field = self.related_model._meta.get_field(name)
        return (field.ct_field, field.fk_field) == (self.content_type_field_name, self.object_id_field_name)

    # -- queries ----------------------------------------------------------------------------------------------------

    def steps(self) -> tuple[Step, ...]:
        """Return the joins to the rows that point here."""
        return self.steps_from(self.model)

    def steps_from(self, model: type[Model]) -> tuple[Step, ...]:
        """Return the joins that begin at ``model``; a proxy's rows may have a content type of their own."""
        owner = self.model if self.for_concrete_model else model
        steps = self._steps.get(owner)
        if steps is None:
            with self.model._meta.registry.building:  # joins are told apart by identity, so there must be one
                first = GenericStep(self, owner, forward=True)
                steps = self._steps.setdefault(owner, (first, *back_to(self.related_model, first.model)))
        return steps

    @property
    def together(self) -> object:
        """Relations of several models for which this is equal are loaded by one query."""
        return (self.related_model, self.content_type_field_name, self.object_id_field_name, self.for_concrete_model)

    def rows(self) -> QuerySet[M]:
        """Return all rows that may point here."""
        return cast("QuerySet[M]", self.related_model._default_manager.all())

    def is_cached(self, instance: Any) -> bool:
        """Return whether the rows are loaded."""
        return self.name in instance.__dict__.get("_prefetched", ())

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that point to any of ``instances``."""
        owners: dict[tuple[Any, Any], Any] = {}
        convert: dict[Any, Any] = {}
        for each in instances:
            type_id = self.content_type(each, rows.database).pk
            convert[type_id] = type(each)
            owners[type_id, each.pk] = each
        groups: dict[Any, list[Any]] = {owner: [] for owner in owners}
        found: list[Any] = []
        keys = list(owners)
        for start in range(0, len(keys), _AT_ONCE):
            found += rows.filter(self._pointing_to(keys[start : start + _AT_ONCE]))
        back, type_name = self.foreign_key(), self.content_type_attname
        for row in found:
            type_id = getattr(row, type_name)
            key = (type_id, read_key(convert[type_id], getattr(row, self.object_id_field_name)))
            groups[key].append(row)
            if back is not None:
                row.__dict__[back.name] = owners[key]
        kept_by = rows._for_owners()
        for owner, instance in owners.items():
            if to_attr is not None:
                setattr(instance, to_attr, groups[owner])
            else:
                own = partial(self._of_owner, rows, owner)
                instance.__dict__.setdefault("_prefetched", {})[self.name] = kept_by(groups[owner], own)
        return found

    def _of_owner(self, rows: Any, owner: tuple[Any, Any]) -> Any:
        return rows.filter(self._pointing_to([owner]))

    def _pointing_to(self, keys: Sequence[tuple[Any, Any]]) -> Q:
        by_type: dict[Any, list[Any]] = {}
        for type_id, key in keys:
            by_type.setdefault(type_id, []).append(kept_key(key))
        wanted = Q()
        for type_id, several in by_type.items():
            wanted |= Q(**{self.content_type_attname: type_id, f"{self.object_id_field_name}__in": several})
        return wanted

    def dependents(self, instances: Sequence[Any], database: Any) -> QuerySet[M]:
        """Return the rows that point to ``instances``, which go with them."""
        return self.bulk_related_objects(instances, database)

    def bulk_related_objects(self, objs: Sequence[Any], using: "Database | str") -> QuerySet[M]:
        """Return the rows that point to any of ``objs``.

        Args:
            objs: Rows of this model.
            using: Where the rows are.
        """
        rows = self.related_model._base_manager.using(using)
        types = self.types.db_manager(using)
        known = types.known_for_model(self.model, for_concrete_model=self.for_concrete_model)
        if known is None:
            known = types.get_for_model(self.model, for_concrete_model=self.for_concrete_model)
        keys = [kept_key_of(row) for row in objs]
        found = rows.filter(**{self.content_type_attname: known.pk, f"{self.object_id_field_name}__in": keys})
        return cast("QuerySet[M]", found)
