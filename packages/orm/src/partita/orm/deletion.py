"""Deleting rows, and what depends on them."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from operator import itemgetter
from typing import Any

from partita.orm import signals
from partita.orm.database import Database
from partita.orm.errors import ProtectedError, RestrictedError
from partita.orm.fields.private import PrivateField
from partita.orm.relations import as_parent
from partita.orm.state import State
from partita.orm.transactions import atomic

__all__ = ("Collector", "delete_instances", "delete_rows")

_AT_ONCE = 1000
_DATABASE_DOES = ("DO_NOTHING", "DB_CASCADE", "DB_SET_NULL", "DB_SET_DEFAULT")


def delete_rows(rows: Any, database: Database) -> tuple[int, dict[str, int]]:
    """Delete the rows of a query."""
    if is_simple(rows.model):
        count = rows._raw_delete(database)
        return count, {rows.model._meta.label: count} if count else {}
    rows = rows.using(database)
    plain = rows._copy(rows.query.having(order=(), backwards=False, related=()))
    plain._prefetch = ()
    return delete_instances(list(plain), database, origin=rows)


def delete_instances(
    instances: Sequence[Any], database: Database, *, keep_parents: bool = False, origin: Any = None
) -> tuple[int, dict[str, int]]:
    """Delete instances and what depends on them, all or nothing.

    Args:
        instances: Of one model.
        database: Where they are.
        keep_parents: Leave the rows in tables of parents.
        origin: What signals tell the deletion began with: an instance or a query.
    """
    if not instances:
        return 0, {}
    if len(instances) == 1 and is_simple(type(instances[0])):
        model = type(instances[0])
        count = model._base_manager.using(database).filter(pk=instances[0].pk)._raw_delete()
        _mark_gone(instances[0])
        return count, {model._meta.label: count} if count else {}
    # A refusal breaks no transaction around this, because nothing has been changed by then.
    collector = Collector(database, origin)
    collector.collect(type(instances[0]), list(instances), keep_parents=keep_parents)
    collector.check_restricted()
    with atomic(database, savepoint=False):
        return collector.delete()


def is_simple(model: Any, link: Any = None) -> bool:
    """Return whether rows can go in one statement: nothing depends on them and nobody listens.

    Args:
        model: Of the rows.
        link: The foreign key that led to them; the parent that it points to goes anyway.
    """
    meta = model._meta
    alone = meta._loaders.get("alone")
    if alone is None:
        alone = meta._loaders["alone"] = _stands_alone(meta)
    if not alone:
        return False
    if link is not None and any(key.on_delete.name == "RESTRICT" for key in meta.foreign_keys):
        return False  # whether a row that restricts another one goes as well must be known
    parents = meta.concrete_model._meta.parents
    if parents and any(parent_link is not None and parent_link is not link for parent_link in parents.values()):
        return False
    if meta.auto_created:
        return True
    return not (signals.pre_delete.has_listeners(model) or signals.post_delete.has_listeners(model))


def _stands_alone(meta: Any) -> bool:
    """Return whether nothing that depends on rows of a model is for us to look after."""
    if any(reverse.on_delete.name not in _DATABASE_DOES for reverse in _reverses(meta)):
        return False
    return all(type(field).dependents is PrivateField.dependents for field in meta.private_fields)


def _reverses(meta: Any) -> list[Any]:
    return [reverse for reverse in meta.concrete_model._meta.all_related_objects if reverse.on_delete is not None]


def _heard(signal: Any, model: Any) -> bool:
    return not model._meta.auto_created and bool(signal.has_listeners(model))


def _mark_gone(instance: Any) -> None:
    for attname in instance._meta.pk_attnames:
        instance.__dict__[attname] = None
    instance.__dict__["_s"] = State(instance.__dict__["_s"].database, True)


class Collector:
    """Gathers what goes, what changes, and what stands in the way.

    Args:
        database: Where the rows are.
        origin: What the deletion began with, for signals.
    """

    def __init__(self, database: Database, origin: Any = None) -> None:
        self.database, self.origin = database, origin
        self.gone: dict[Any, dict[Any, Any]] = {}
        self.before: dict[Any, set[Any]] = {}  # tables, each with those whose rows go first
        self.fast: list[Any] = []
        self.changed: list[tuple[Any, Any, Any]] = []
        self.restricted: list[tuple[Any, list[Any]]] = []
        self.first: Any = None  # the model that the deletion began with

    def collect(
        self,
        model: Any,
        instances: list[Any],
        *,
        keep_parents: bool = False,
        follow: bool = True,
        then: Any = None,
        above: Any = None,
    ) -> None:
        """Take instances of one model, and everything that depends on them.

        Args:
            model: Of the instances; a proxy gives its own signals.
            instances: What goes.
            keep_parents: Leave the rows in tables of parents, and what depends on these alone.
            follow: Look for what depends on them.
            then: The model whose rows go after these.
            above: The parent whose rows led to these; what depends on it is known already.
        """
        known = self.gone.setdefault(model, {})
        new = [instance for instance in instances if instance.pk not in known]
        concrete = model._meta.concrete_model
        self.before.setdefault(concrete, set())
        if then is not None and then is not concrete:
            self.before.setdefault(then, set()).add(concrete)
        if not new:
            return
        known.update({instance.pk: instance for instance in new})
        parents = set(concrete._meta.all_parents)
        if follow:
            protected: dict[str, list[Any]] = {}
            self.first = self.first or model
            for reverse in _reverses(model._meta):
                owner = reverse.model._meta.concrete_model
                if (keep_parents and owner in parents) or (
                    above is not None and owner in {above, *above._meta.all_parents}
                ):
                    continue
                for start in range(0, len(new), _AT_ONCE):
                    self._follow(reverse, new[start : start + _AT_ONCE], protected)
            if protected:
                named = ", ".join(protected)
                raise ProtectedError(
                    f"Cannot delete some instances of model {model.__name__!r} because they are referenced through "
                    f"protected foreign keys: {named}.",
                    [row for rows in protected.values() for row in rows],
                )
            for field in model._meta.private_fields:
                for start in range(0, len(new), _AT_ONCE):
                    self._take_dependents(field.dependents(new[start : start + _AT_ONCE], self.database))
        if not keep_parents:
            self._collect_parents(concrete, new, above)

    def _take_dependents(self, rows: Any) -> None:
        if rows is None:
            return
        rows = rows.order_by()
        if is_simple(rows.model):
            self.fast.append(rows)
        elif found := list(rows):
            self.collect(rows.model, found)

    def _collect_parents(self, concrete: Any, instances: list[Any], above: Any) -> None:
        for parent, link in concrete._meta.parents.items():
            if link is None or parent is above:
                continue
            rows = [as_parent(instance, parent) or getattr(instance, link.name) for instance in instances]
            self.collect(parent, rows, follow=False)
            self.before[parent].add(concrete)
            for reverse in parent._meta.all_related_objects:  # the rows of other children
                if reverse.parent_link and reverse.field is not link:
                    self._follow(reverse, rows, {})

    def _follow(self, reverse: Any, owners: list[Any], protected: dict[str, list[Any]]) -> None:
        field, rule = reverse.field, reverse.on_delete
        if rule.name in _DATABASE_DOES:
            return
        target = reverse.model._meta.concrete_model
        keys = [getattr(owner, field.target_field.attname) for owner in owners]
        rows = field.model._base_manager.using(self.database).filter(**{f"{field.name}__in": keys}).order_by()
        if rule.name == "CASCADE":
            if is_simple(field.model, field):
                self.fast.append(rows)
            elif dependents := list(rows):
                if (
                    field.null and self.database.vendor == "mysql"
                ):  # which checks row by row, also those of one statement
                    self.changed.append((field, None, rows))
                try:
                    self.collect(field.model, dependents, then=target, above=target if field.parent_link else None)
                except ProtectedError as error:
                    protected.setdefault(_shown(field), []).extend(error.protected_objects)
        elif rule.name == "PROTECT":
            if dependents := list(rows):
                protected.setdefault(_shown(field), []).extend(dependents)
        elif rule.name == "RESTRICT":
            if dependents := list(rows):
                self.restricted.append((field, dependents))
        elif not (rule.is_computed(field) and not rows.exists()):  # what makes the value may make rows, too
            self.changed.append((field, rule.new_value(field), rows))

    def check_restricted(self) -> None:
        """Refuse if a row stays that restricts one that goes."""
        staying: dict[str, list[Any]] = {}
        for field, dependents in self.restricted:
            table = field.model._meta.concrete_model
            gone = {key for model, rows in self.gone.items() if model._meta.concrete_model is table for key in rows}
            if rows := [row for row in dependents if row.pk not in gone]:
                staying.setdefault(_shown(field), []).extend(rows)
        if staying:
            raise RestrictedError(
                f"Cannot delete some instances of model {self.first.__name__!r} because they are referenced through "
                f"restricted foreign keys: {', '.join(staying)}.",
                [row for rows in staying.values() for row in rows],
            )

    def _in_order(self) -> list[Any]:
        """Return the models, those first whose rows point to others: the farthest away from where it all began."""
        tables = list(self.before)
        far = dict.fromkeys(tables, 0)
        try:
            for table in reversed(list(TopologicalSorter(self.before).static_order())):
                for earlier in self.before[table]:
                    far[earlier] = max(far[earlier], far[table] + 1)
        except CycleError:  # the database checks at the end of the transaction, or nobody can delete these
            far = dict.fromkeys(tables, 0)
        places = {table: (-far[table], -place) for place, table in enumerate(tables)}
        return sorted(self.gone, key=lambda model: places[model._meta.concrete_model])

    def delete(self) -> tuple[int, dict[str, int]]:
        """Run the statements, dependents first."""
        counts: dict[str, int] = {}
        order = self._in_order()
        for model in order:
            self.gone[model] = dict(sorted(self.gone[model].items(), key=itemgetter(0)))
            self._tell(signals.pre_delete, model)
        for field, value, rows in self.changed:
            rows.update(**{field.name: value})
        for rows in self.fast:
            _count(counts, rows.model, rows._raw_delete())
        for model in order:
            self.gone[model] = dict(reversed(self.gone[model].items()))  # newer rows may point to older ones
            for keys in _in_portions(list(self.gone[model])):
                rows = model._meta.concrete_model._base_manager.using(self.database).filter(pk__in=keys)
                _count(counts, model, rows._raw_delete())
            self._tell(signals.post_delete, model)
        for instances in self.gone.values():
            for instance in instances.values():
                _mark_gone(instance)
        return sum(counts.values()), counts

    def _tell(self, signal: Any, model: Any) -> None:
        if _heard(signal, model):
            for instance in self.gone[model].values():
                origin = instance if self.origin is None else self.origin
                signal.send(model, instance=instance, using=self.database.alias, origin=origin)


def _shown(field: Any) -> str:
    return f"'{field.model.__name__}.{field.name}'"


def _in_portions(keys: list[Any]) -> Iterable[list[Any]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


def _count(counts: dict[str, int], model: Any, number: int) -> None:
    if number:
        counts[model._meta.label] = counts.get(model._meta.label, 0) + number
