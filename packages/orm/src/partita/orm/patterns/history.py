"""Rows that remember what they were: each save keeps a row of history, and queries look at any moment of the past."""

import datetime as dt
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from partita.orm import signals
from partita.orm.deletion_rules import DO_NOTHING
from partita.orm.errors import ModelError
from partita.orm.fields import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    CharField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    OneToOneField,
    SmallAutoField,
    SmallIntegerField,
)
from partita.orm.managers import Manager
from partita.orm.models import Model, ModelBase
from partita.orm.q import Q
from partita.orm.queryset import QuerySet
from partita.orm.state import State
from partita.orm.transactions import atomic

__all__ = ("CREATED", "CHANGED", "DELETED", "HistoricalRow", "History", "HistoryManager", "HistoryQuerySet")

R = TypeVar("R")
CREATED, CHANGED, DELETED = "+", "~", "-"
_OWN = ("history_id", "valid_from", "valid_to", "change")
_COUNTED: Mapping[Any, Any] = MappingProxyType(
    {
        AutoField: IntegerField,
        BigAutoField: BigIntegerField,
        SmallAutoField: SmallIntegerField,
        OneToOneField: ForeignKey,
    }
)
_NOT_KEPT = (
    "unique",
    "primary_key",
    "auto_now",
    "auto_now_add",
    "default",
    "db_default",
    "parent_link",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
    "related_name",
    "related_query_name",
    "limit_choices_to",
)


class HistoryQuerySet(QuerySet[R]):
    """Rows of history."""

    def as_of(self, moment: dt.datetime) -> "HistoryQuerySet[R]":
        """Keep the rows as they were at a moment; those that were not there yet, or not any more, are left out."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment), valid_from__lte=moment)

    def between(self, start: dt.datetime, end: dt.datetime) -> "HistoryQuerySet[R]":
        """Keep the rows that held at any time from ``start`` to before ``end``."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=start), valid_from__lt=end)


class HistoryManager(Manager[Any]):
    """Begins with all of the history."""

    queryset_class: ClassVar[Any] = HistoryQuerySet


class HistoricalRow(Model):
    """What a row was for some time: its fields, and from when to when they held.

    Attributes:
        valid_from: When it was saved so.
        valid_to: When it was saved otherwise or deleted; None while it holds.
        change: ``+`` made, ``~`` changed, ``-`` deleted (then it held for no time).
    """

    history_of: ClassVar[Any]
    history_id = BigAutoField(primary_key=True)
    valid_from = DateTimeField(db_index=True)
    valid_to = DateTimeField(null=True, db_index=True)
    change = CharField(max_length=1)

    objects = HistoryManager()

    class Meta:
        abstract = True

    def as_instance(self) -> Any:
        """Return an instance of the model as it was; saving it brings that back."""
        model = self.history_of
        instance = object.__new__(model)
        values = vars(instance)
        values["_s"] = State(vars(self)["_s"].database)
        values.update({field.attname: getattr(self, field.attname) for field in model._meta.local_fields})
        return instance


class History:
    """Keeps the history of a model, in a table of its own: ``history = History()`` in the class.

    ``Album.history.as_of(moment)`` gives the rows as they were; ``album.history`` the history of one row, newest first.
    Rows of history have the fields of the model; relations lead to rows that may be gone. Saving and deleting instances is
    noted, in one transaction with it if the caller opens one; what bulk methods of QuerySets do is not.

    Raises:
        ModelError: If the model has a field that history needs for itself, or inherits from one with a table of its own.
    """

    def __init__(self) -> None:
        self.model: Any = None
        self.rows: Any = None
        self.name = ""

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the attribute ``name`` of ``model``; the model of its history is made with it."""
        if model._meta.abstract or model.__module__.endswith(".historical"):
            return
        self.model, self.name = model, name
        setattr(model, name, self)
        signals.class_prepared.connect(self._prepared, sender=model, weak=False)

    def __get__(self, instance: Any, owner: object = None) -> Any:
        rows = self.rows.objects
        if instance is None:
            return rows
        found = rows.filter(**{self.model._meta.pk.name: instance.pk}).order_by("-valid_from", "-history_id")
        database = vars(instance)["_s"].database
        return found if database is None else found.using(database)

    def _prepared(self, sender: Any, **_: Any) -> None:
        meta = sender._meta
        if any(link is not None for link in meta.parents.values()):
            raise ModelError(f"{meta.label} inherits from a model with a table of its own; give that one a History.")
        if clash := [field.name for field in meta.local_fields if field.name in _OWN]:
            raise ModelError(f"{meta.label}.{clash[0]}: its history needs this name for itself.")
        options = {"app_label": meta.app_label, "registry": meta.registry, "db_table": f"{meta.db_table}_history"}
        self.rows = ModelBase(
            f"{meta.object_name}History",
            (HistoricalRow,),
            {
                "__module__": sender.__module__,
                "__qualname__": f"{sender.__qualname__}History",
                "Meta": type("Meta", (), options),
                "history_of": sender,
                **{field.name: _kept(field) for field in meta.local_fields},
            },
        )
        signals.post_save.connect(self._saved, sender=sender, weak=False)
        signals.post_delete.connect(self._deleted, sender=sender, weak=False)

    def _saved(self, instance: Any, created: bool, using: Any, update_fields: Any = None, **_: Any) -> None:
        self._note(instance, CREATED if created else CHANGED, using, update_fields)

    def _deleted(self, instance: Any, using: Any, **_: Any) -> None:
        self._note(instance, DELETED, using)

    def _note(self, instance: Any, change: str, using: Any, saved: Collection[str] | None = None) -> None:
        database = instance._write_database(using)
        now = dt.datetime.now(dt.UTC)
        rows = self.rows.objects.using(database)
        fields = self.model._meta.local_fields
        with atomic(database, savepoint=False):
            # What was not saved with the rest is still what it was, whatever the instance has by now.
            others = [f.attname for f in fields if saved is not None and not {f.name, f.attname} & set(saved)]
            stored: Any = self.model._base_manager.using(database).filter(pk=instance.pk)
            kept: Any = stored.values(*others).first() if others else None
            values = {f.attname: getattr(instance, f.attname) for f in fields if f.attname not in (kept or ())}
            rows.filter(**{self.model._meta.pk.name: instance.pk}, valid_to__isnull=True).update(valid_to=now)
            changed_to = now if change == DELETED else None
            rows.create(valid_from=now, valid_to=changed_to, change=change, **values, **(kept or {}))


def _kept(field: Field[Any]) -> Field[Any]:
    """Return the field that keeps a field's values: of its kind, but neither unique nor set by itself."""
    if field.generated:
        field = field.output_field  # type: ignore[attr-defined]  # generated ones have it
    _, _, args, kwargs = field.deconstruct()
    kept = {name: value for name, value in kwargs.items() if name not in _NOT_KEPT}
    if field.unique or field.is_relation:
        kept["db_index"] = True
    if field.is_relation:
        kept |= {"on_delete": DO_NOTHING, "db_constraint": False, "related_name": "+"}
    kind: Any = _COUNTED.get(type(field), type(field))
    made: Field[Any] = kind(*args, **kept)
    return made
