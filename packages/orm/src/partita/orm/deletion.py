"""Deleting rows, and what depends on them."""

from typing import Any

from partita.orm import signals
from partita.orm.database import Database
from partita.orm.errors import ProtectedError, RestrictedError
from partita.orm.state import State

__all__ = ("delete_instances", "delete_rows")

_AT_ONCE = 1000


def delete_rows(rows: Any, database: Database) -> tuple[int, dict[str, int]]:
    """Delete the rows of a query."""
    plain = rows.order_by().select_related(None)
    plain._prefetch = ()
    if _is_simple(rows.model):
        count = plain._raw_delete()
        return count, {rows.model._meta.label: count} if count else {}
    return delete_instances(list(plain), database)


def delete_instances(instances: list[Any], database: Database) -> tuple[int, dict[str, int]]:
    """Delete instances and what depends on them, all or nothing."""
    from partita.orm.transactions import atomic

    if not instances:
        return 0, {}
    if len(instances) == 1 and _is_simple(type(instances[0])):
        model = type(instances[0])
        count = model._base_manager.using(database).filter(pk=instances[0].pk)._raw_delete()
        _mark_gone(instances[0])
        return count, {model._meta.label: count} if count else {}
    with atomic(database, savepoint=False):
        collector = _Collector(database)
        collector.collect(type(instances[0])._meta.concrete_model, instances)
        collector.check_restricted()
        return collector.delete()


def _is_simple(model: Any) -> bool:
    """Return whether rows can go in one statement: nothing depends on them and nobody listens."""
    meta = model._meta
    if any(reverse.on_delete is not None and reverse.on_delete.name != "DO_NOTHING" for reverse in _reverses(meta)):
        return False
    return not (_heard(signals.pre_delete, model) or _heard(signals.post_delete, model))


def _reverses(meta: Any) -> list[Any]:
    return [reverse for reverse in meta.concrete_model._meta.all_related_objects if not reverse.many_to_many]


def _heard(signal: Any, model: Any) -> bool:
    return not model._meta.auto_created and bool(signal.has_listeners(model))


def _mark_gone(instance: Any) -> None:
    instance.__dict__[instance._meta.pk.attname] = None
    instance.__dict__["_s"] = State(instance.__dict__["_s"].database, True)


class _Collector:
    """Gathers what goes, what changes, and what stands in the way."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.gone: dict[Any, dict[Any, Any]] = {}
        self.order: list[Any] = []  # models, dependents first
        self.fast: list[Any] = []
        self.changed: list[tuple[Any, Any, list[Any]]] = []
        self.restricted: list[tuple[Any, list[Any], Any]] = []

    def collect(self, model: Any, instances: list[Any]) -> None:
        """Take instances of one model, and everything that depends on them."""
        known = self.gone.setdefault(model, {})
        new = [instance for instance in instances if instance.pk not in known]
        if not new:
            return
        known.update({instance.pk: instance for instance in new})
        for reverse in _reverses(model._meta):
            rule = reverse.on_delete
            if rule.name == "DO_NOTHING":
                continue
            for start in range(0, len(new), _AT_ONCE):
                self._follow(reverse, rule, new[start : start + _AT_ONCE])
        if model not in self.order:
            self.order.append(model)

    def _follow(self, reverse: Any, rule: Any, owners: list[Any]) -> None:
        field = reverse.field
        keys = [getattr(owner, field.target_field.attname) for owner in owners]
        rows = field.model._base_manager.using(self.database).filter(**{f"{field.name}__in": keys})
        if rule.name == "CASCADE":
            if _is_simple(field.model):
                self.fast.append(rows)
            elif dependents := list(rows):
                self.collect(field.model, dependents)
            return
        dependents = list(rows)
        if not dependents:
            return
        if rule.name == "PROTECT":
            raise ProtectedError(
                f"Cannot delete some instances of model {reverse.model.__name__!r} because they are referenced through "
                f"protected foreign keys: '{field.model.__name__}.{field.name}'.",
                dependents,
            )
        if rule.name == "RESTRICT":
            self.restricted.append((field, dependents, reverse.model))
        else:
            self.changed.append((field, rule.new_value(field), dependents))

    def check_restricted(self) -> None:
        """Refuse if a row stays that restricts one that goes."""
        for field, dependents, model in self.restricted:
            staying = [row for row in dependents if row.pk not in self.gone.get(field.model, {})]
            if staying:
                raise RestrictedError(
                    f"Cannot delete some instances of model {model.__name__!r} because they are referenced through "
                    f"restricted foreign keys: '{field.model.__name__}.{field.name}'.",
                    staying,
                )

    def delete(self) -> tuple[int, dict[str, int]]:
        """Run the statements, dependents first."""
        counts: dict[str, int] = {}
        alias = self.database.alias
        for model in self.order:
            if _heard(signals.pre_delete, model):
                for instance in self.gone[model].values():
                    signals.pre_delete.send(model, instance=instance, using=alias, origin=instance)
        for rows in self.fast:
            _count(counts, rows.model, rows._raw_delete())
        for field, value, dependents in self.changed:
            keys = [row.pk for row in dependents]
            for start in range(0, len(keys), _AT_ONCE):
                chosen = field.model._base_manager.using(self.database).filter(pk__in=keys[start : start + _AT_ONCE])
                chosen.update(**{field.name: value})
        for model in self.order:
            keys = list(self.gone[model])
            for start in range(0, len(keys), _AT_ONCE):
                rows = model._base_manager.using(self.database).filter(pk__in=keys[start : start + _AT_ONCE])
                _count(counts, model, rows._raw_delete())
            if _heard(signals.post_delete, model):
                for instance in self.gone[model].values():
                    signals.post_delete.send(model, instance=instance, using=alias, origin=instance)
        for model in self.order:
            for instance in self.gone[model].values():
                _mark_gone(instance)
        return sum(counts.values()), counts


def _count(counts: dict[str, int], model: Any, number: int) -> None:
    if number:
        counts[model._meta.label] = counts.get(model._meta.label, 0) + number
