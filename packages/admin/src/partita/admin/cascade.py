"""What deleting objects takes with it, found out before anything is deleted."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from partita.admin.fields import plural_name, singular_name
from partita.orm import Model

__all__ = ("Cascade", "Group", "find_cascade")

_SHOWN = 20
_STEP = 500  # keys in one query; databases bound the number of parameters


class Group(msgspec.Struct):
    """Objects of one model."""

    model: type[Model]
    count: int = 0
    shown: list[str] = []

    @property
    def name(self) -> str:
        """What people call them."""
        name = singular_name(self.model) if self.count == 1 else plural_name(self.model)
        return name[:1].upper() + name[1:]

    @property
    def more(self) -> int:
        """How many there are besides those shown."""
        return self.count - len(self.shown)


class Cascade(msgspec.Struct):
    """What goes, in groups, and what stands in the way."""

    groups: list[Group]
    protected: list[str]

    @property
    def models(self) -> list[type[Model]]:
        """The models of which objects go."""
        return [group.model for group in self.groups]


def find_cascade(objects: Sequence[Model]) -> Cascade:
    """Return what deleting ``objects``, which are of one model, deletes as well.

    It asks each model once for each level of relations, and keeps keys and the texts of the first few only.
    """
    groups: dict[type[Model], Group] = {}
    protected: list[str] = []
    seen: dict[type[Model], set[object]] = {}
    waiting: list[tuple[type[Model], Sequence[Any]]] = [(type(objects[0]), objects)] if objects else []
    while waiting:
        model, rows = waiting.pop(0)
        known = seen.setdefault(model, set())
        new = [row for row in rows if row.pk not in known]
        known.update(row.pk for row in new)
        if not new:
            continue
        group = groups.setdefault(model, Group(model, 0, []))
        group.count += len(new)
        group.shown.extend(str(row) for row in new[: _SHOWN - len(group.shown)])
        for relation in model._meta.related_objects:
            field = relation.field
            if field.many_to_many:
                continue
            rule = field.on_delete.name
            if rule == "CASCADE":
                waiting.append((field.model, list(_pointing_at(field, new))))
            elif rule in {"PROTECT", "RESTRICT"} and len(protected) < _SHOWN:
                name = singular_name(field.model)
                protected += [f"{name[:1].upper()}{name[1:]}: {row}" for row in _pointing_at(field, new, _SHOWN)]
    return Cascade(list(groups.values()), protected[:_SHOWN])


def _pointing_at(field: Any, targets: Sequence[Any], limit: int | None = None) -> Iterable[Any]:
    values = [getattr(target, field.target_field.attname) for target in targets]
    for start in range(0, len(values), _STEP):
        found = field.model._base_manager.filter(**{f"{field.name}__in": values[start : start + _STEP]})
        yield from found if limit is None else found[:limit]
