"""Rows kept in an order among those that share a related row: ``Meta.order_with_respect_to``."""

from collections.abc import Sequence
from functools import partial, partialmethod
from typing import Any

from partita.orm.aggregates import Max
from partita.orm.errors import ModelError
from partita.orm.expressions.subqueries import Subquery
from partita.orm.fields import ForeignKey, IntegerField, PrivateField
from partita.orm.q import Q

__all__ = ("OrderWrt", "connect_order", "set_up_order", "take_place", "take_places")

_GROUPS_AT_ONCE = 200


class OrderWrt(IntegerField[int]):
    """The column ``_order``: a row's place among the rows that share the related one, counted from 0."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["editable"] = False
        options["name"] = "_order"
        super().__init__(*args, **options)

    def get_default(self) -> Any:
        """Return None: a new row gets the last place when it is saved."""
        return None

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what goes without saying."""
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("name", None)
        kwargs.pop("editable", None)
        return name, f"{__name__}.OrderWrt", args, kwargs


def set_up_order(model: Any) -> None:
    """Give a model its column, its order, and the methods that change it.

    Raises:
        ModelError: If the option names no foreign key, or stands beside ``ordering``.
    """
    meta = model._meta
    name = meta.order_with_respect_to
    field = meta.get_field(name)
    if not isinstance(field, ForeignKey | PrivateField):
        raise ModelError(f"{meta.label}: order_with_respect_to={name!r} must name a foreign key of this model.")
    if not any(isinstance(known, OrderWrt) for known in meta.fields):
        OrderWrt().contribute_to_class(model, "_order")
    meta.ordering = ("_order",)
    model.get_next_in_order = partialmethod(_neighbour, model, field, backwards=False)
    model.get_previous_in_order = partialmethod(_neighbour, model, field, backwards=True)

    if isinstance(field, PrivateField):
        return  # it may point to any model: the ways back are what connects those that have one
    if field.related_model is not None:
        connect_order(model, field.related_model)
    else:
        meta.registry.when_registered(field.target_label, partial(connect_order, model))


def connect_order(model: Any, target: Any) -> None:
    """Give the model whose rows others are ordered by the methods that read and change their order.

    Args:
        model: The model with the option ``order_with_respect_to``.
        target: The model that the option's field points to.
    """
    meta = model._meta
    field = meta.get_field(meta.order_with_respect_to)
    setattr(target, f"get_{meta.model_name}_order", partialmethod(_order, model, field))
    setattr(target, f"set_{meta.model_name}_order", partialmethod(_set_order, model, field))


def take_place(model: Any, instance: Any, database: Any) -> None:
    """Give a new row the last place, unless it has one."""
    if instance.__dict__.get("_order") is not None:
        return
    field = model._meta.get_field(model._meta.order_with_respect_to)
    rows = model._base_manager.using(database).filter(**_beside(field, instance))
    last = rows.aggregate(last=Max("_order"))["last"]
    instance.__dict__["_order"] = 0 if last is None else last + 1


def take_places(model: Any, instances: Sequence[Any], database: Any) -> None:
    """Give new rows that have no place the next ones among those that share their related row, with one query for many."""
    field = model._meta.get_field(model._meta.order_with_respect_to)
    groups: dict[tuple[Any, ...], list[Any]] = {}
    names: list[str] = []
    for instance in instances:
        if instance.__dict__.get("_order") is None:
            beside = _beside(field, instance)
            names = list(beside)
            groups.setdefault(tuple(beside.values()), []).append(instance)
    keys = list(groups)
    following: dict[tuple[Any, ...], int] = {}
    for start in range(0, len(keys), _GROUPS_AT_ONCE):
        wanted = Q()
        for key in keys[start : start + _GROUPS_AT_ONCE]:
            wanted |= Q(**dict(zip(names, key, strict=True)))
        rows = model._base_manager.using(database).filter(wanted).order_by()
        for *key, last in rows.values_list(*names).annotate(last=Max("_order")):
            following[tuple(key)] = last + 1
    for key, group in groups.items():
        for place, instance in enumerate(group, following.get(key, 0)):
            instance.__dict__["_order"] = place


def _beside(field: Any, instance: Any) -> dict[str, Any]:
    """Return the look-ups that find the rows which share the related row with ``instance``."""
    if isinstance(field, PrivateField):
        return field.lookups_beside(instance)
    return {field.attname: getattr(instance, field.attname)}


def _of(field: Any, target: Any) -> dict[str, Any]:
    """Return the look-ups that find the rows of ``target``."""
    return field.lookups_for(target) if isinstance(field, PrivateField) else {field.name: target}


def _neighbour(instance: Any, model: Any, field: Any, *, backwards: bool) -> Any:
    compare, order = ("lt", "-_order") if backwards else ("gt", "_order")
    # The place is asked for: the rows may have been ordered anew since the instance was read.
    place = Subquery(model._base_manager.filter(pk=instance.pk).values("_order"))
    lookups = {**_beside(field, instance), f"_order__{compare}": place}
    return model._default_manager.filter(**lookups).order_by(order)[:1].get()


def _order(target: Any, model: Any, field: Any) -> Any:
    rows = model._default_manager.filter(**_of(field, target))
    return rows.order_by("_order").values_list("pk", flat=True)


def _set_order(target: Any, model: Any, field: Any, id_list: Sequence[Any], using: Any = None) -> None:
    rows = model._default_manager.filter(**_of(field, target))
    rows = rows if using is None else rows.using(using)
    rows.bulk_update([model(pk=key, _order=place) for place, key in enumerate(id_list)], ["_order"])
