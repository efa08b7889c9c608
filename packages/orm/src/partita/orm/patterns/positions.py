"""Places of rows among their siblings, from 0 on without gaps."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from partita.orm import signals
from partita.orm.errors import FieldError, ModelError
from partita.orm.expressions import F
from partita.orm.fields import IntegerField
from partita.orm.transactions import atomic

if TYPE_CHECKING:
    from partita.orm.database import Database
    from partita.orm.models import Model

__all__ = ("PositionField", "amove_to", "arrange", "move_to")


class PositionField(IntegerField[int]):
    """The place of a row among its siblings. A new row comes last; the others close up when one is deleted.

    `move_to` changes a place; all moves of siblings wait for one another. The column may be unique together with what
    it is ``within``: moves never put two rows at one place, not even for a moment.

    Args:
        within: The fields whose values siblings share, such as ``"playlist"``; none if all rows are siblings.
        options: As for `IntegerField`.
    """

    def __init__(self, verbose_name: Any = None, *, within: str | Iterable[str] = (), **options: Any) -> None:
        options.setdefault("editable", False)
        options.setdefault("default", None)
        super().__init__(verbose_name, **options)
        self.within: tuple[str, ...] = (within,) if isinstance(within, str) else tuple(within)

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``."""
        super().contribute_to_class(model, name)
        if not model._meta.abstract:
            signals.post_delete.connect(self._close_up, sender=model, weak=False)

    def get_internal_type(self) -> str:
        """It is stored as every number."""
        return "IntegerField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add what siblings share."""
        name, _, args, kwargs = super().deconstruct()
        if kwargs.get("default", 0) is None:
            del kwargs["default"]
        kwargs.pop("editable", None)
        if self.editable:
            kwargs["editable"] = True
        return name, "partita.orm.patterns.positions.PositionField", args, {**kwargs, "within": self.within}

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the place; the last one for a row that has none."""
        value = super().pre_save(instance, add)
        if value is None:
            rows = self.siblings(instance, instance._write_database(None))
            last = rows.order_by(f"-{self.name}").values_list(self.name, flat=True).first()
            value = 0 if last is None else last + 1
            setattr(instance, self.attname, value)
        return value

    def siblings(self, instance: Any, database: "Database") -> Any:
        """Return the rows among which ``instance`` has its place, itself as well."""
        group = {name: getattr(instance, self.model._meta.get_field(name).attname) for name in self.within}
        rows = self.model._base_manager.using(database)
        return rows.filter(**{f"{n}__isnull" if v is None else n: True if v is None else v for n, v in group.items()})

    def _close_up(self, instance: Any, using: Any, **_: Any) -> None:
        database = instance._write_database(using)
        with atomic(database, savepoint=False):
            rows = self.siblings(instance, database)
            places = list(rows.select_for_update().order_by(self.name).values_list(self.name, flat=True))
            start = 0
            for end in range(1, len(places) + 1):  # rows without a gap between them move together
                if end == len(places) or places[end] != places[end - 1] + 1:
                    if places[start] != start:
                        self.shift(rows, places[start], places[end - 1], start - places[start])
                    start = end

    def shift(self, rows: Any, first: int, last: int, by: int) -> None:
        """Move the rows at ``first`` to ``last`` by some places; by way of places below zero."""
        chosen = rows.filter(**{f"{self.name}__range": (first, last)})
        chosen.update(**{self.name: -1 - by - F(self.name)})
        rows.filter(**{f"{self.name}__lt": 0}).update(**{self.name: -1 - F(self.name)})


def move_to(instance: "Model", place: int, field: str | None = None, using: "str | Database | None" = None) -> None:
    """Give a saved row another place; those between move up or down.

    Args:
        instance: The row.
        place: Counted from 0; negative ones from the end, and what lies beyond the ends is the end.
        field: The name of the `PositionField`, if the model has several.
        using: A database or its alias.

    Raises:
        FieldError: If the model has no such field.
        ObjectDoesNotExist: If the row is not there any more.
    """
    database = instance._write_database(using)
    database.perform(_move, instance, place, _position_of(type(instance), field), database)


async def amove_to(
    instance: "Model", place: int, field: str | None = None, using: "str | Database | None" = None
) -> None:
    """Async twin of `move_to`."""
    await instance._write_database(using).arun(move_to, instance, place, field, using)


def arrange(rows: Any, keys: Iterable[Any], field: str | None = None) -> None:
    """Give siblings the places that their keys have in ``keys``, as a list that was sorted by hand gives them.

    Args:
        rows: A query for exactly the siblings.
        keys: The primary keys of all of them, in the order that they shall have.
        field: The name of the `PositionField`, if the model has several.

    Raises:
        ValueError: If a key is missing, or there are others.
    """
    position = _position_of(rows.model, field)
    database = rows._write_database
    database.perform(_arrange, rows.using(database), list(keys), position, database)


def _move(instance: Any, place: int, field: PositionField, database: "Database") -> None:
    with atomic(database, savepoint=False):
        rows = field.siblings(instance, database)
        locked = dict(rows.select_for_update().order_by(field.name).values_list("pk", field.name))
        if instance.pk not in locked:
            raise instance.DoesNotExist(f"{instance._meta.object_name} matching query does not exist.")
        now, last = locked[instance.pk], len(locked) - 1
        wanted = min(max(last + 1 + place if place < 0 else place, 0), last)
        own = rows.filter(pk=instance.pk)
        if wanted != now:
            aside = max(locked.values()) + 2  # beyond all places, and beyond those that others pass through
            own.update(**{field.name: aside})
            if wanted < now:
                field.shift(rows.exclude(pk=instance.pk), wanted, now - 1, 1)
            else:
                field.shift(rows.exclude(pk=instance.pk), now + 1, wanted, -1)
            own.update(**{field.name: wanted})
    setattr(instance, field.attname, wanted)


def _arrange(rows: Any, keys: list[Any], field: PositionField, database: "Database") -> None:
    with atomic(database, savepoint=False):
        locked = dict(rows.select_for_update().order_by().values_list("pk", field.name))
        if len(keys) != len(locked) or set(keys) != locked.keys():
            raise ValueError("The keys are not exactly those of the rows; load the list again and sort that.")
        moved = {key: place for place, key in enumerate(keys) if locked[key] != place}
        for key, place in moved.items():
            rows.filter(pk=key).update(**{field.name: -1 - place})
        rows.filter(pk__in=list(moved)).update(**{field.name: -1 - F(field.name)})


def _position_of(model: Any, name: str | None) -> PositionField:
    found = [f for f in model._meta.fields if isinstance(f, PositionField) and name in (None, f.name)]
    if not found:
        raise FieldError(f"{model.__name__} has no PositionField{'' if name is None else f' called {name!r:.80}'}.")
    if len(found) > 1:
        raise ModelError(f"{model.__name__} has several PositionFields; say which one by field=.")
    return found[0]
