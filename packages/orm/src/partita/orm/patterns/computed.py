"""Columns that keep what is computed out of related rows, worked out anew whenever one of those is saved or deleted."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from partita.orm import signals
from partita.orm.errors import FieldError, ModelError
from partita.orm.expressions import F
from partita.orm.transactions import atomic

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("Recomputed", "recompute")

_AT_ONCE = 500


class Recomputed:
    """Says what some columns of a model are computed from; they are set whenever a row on the way there changes.

    ```
    class Order(Model):
        total = DecimalField(max_digits=10, decimal_places=2, default=0, editable=False)
        sums = Recomputed(total=Sum(F("items__price") * F("items__count"), default=0))
    ```

    An item that is saved, deleted or moved to another order sets the totals of the orders that it was and is part of, one
    statement each. Rows changed by `QuerySet.update` and other bulk methods send no signals: call `recompute` after
    them. Saving and setting happen in one transaction if the caller opens one around both.

    Args:
        columns: An expression for each column, out of fields of the model and of related rows.

    Raises:
        FieldError: Once the related models are known, if a name leads nowhere or over a many-to-many relation.
    """

    def __init__(self, **columns: Any) -> None:
        if not columns:
            raise ModelError("Recomputed needs at least one column with an expression.")
        self.columns = columns
        self.model: Any = None
        self.name = ""
        self._ways: dict[Any, list[str]] = {}

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the attribute ``name`` of ``model`` and listen to the models that its columns depend on."""
        if model._meta.abstract:
            return
        self.model, self.name = model, name
        setattr(model, name, self)
        signals.class_prepared.connect(self._prepared, weak=False)

    def _prepared(self, sender: Any, **_: Any) -> None:
        """Listen to models on the way as they come to be known."""
        if sender._meta.registry is not self.model._meta.registry:
            return
        try:
            ways = self.ways
        except (FieldError, ModelError):
            return  # a model that points here may still come; `recompute` tells if it never does
        for model in ways.keys() - self._ways.keys():
            for signal, receiver in (
                (signals.pre_save, self._before),
                (signals.pre_delete, self._before),
                (signals.post_save, self._saved),
                (signals.post_delete, self._deleted),
            ):
                signal.connect(receiver, sender=model, weak=False)
        self._ways = ways

    @property
    def ways(self) -> dict[Any, list[str]]:
        """The related models that the columns depend on, each with the names that lead there."""
        found: dict[Any, list[str]] = {}
        for source in self.columns.values():
            for name in sorted(_names(source)):
                model, way = self.model, ""
                for part in name.split("__"):
                    relation = model._meta.find(part)[0]
                    if relation is None and not way:
                        raise FieldError(f"{self.model.__name__}.{self.name}: {name!r:.80} leads nowhere.")
                    if relation is None or not relation.is_relation:
                        break
                    if relation.many_to_many:
                        raise FieldError(
                            f"{self.model.__name__}.{self.name}: {name!r:.80} goes over a many-to-many relation, whose "
                            "changes no row tells. Relate over the model between instead."
                        )
                    model = relation.steps()[-1].model
                    way = f"{way}__{part}" if way else part
                    if way not in found.setdefault(model, []):
                        found[model].append(way)
        return found

    def _before(self, sender: Any, instance: Any, using: Any, **_: Any) -> None:
        """Note the rows that depend on a row as it is in the database now."""
        if not instance._state.adding and instance.pk is not None:
            keys = self._dependent(sender, instance, instance._write_database(using))
            instance.__dict__.setdefault("_recomputing", {})[self] = keys

    def _saved(self, sender: Any, instance: Any, using: Any, **_: Any) -> None:
        database = instance._write_database(using)
        self._compute_noted(instance, database, self._dependent(sender, instance, database))

    def _deleted(self, sender: Any, instance: Any, using: Any, **_: Any) -> None:
        self._compute_noted(instance, instance._write_database(using), set())

    def _compute_noted(self, instance: Any, database: "Database", keys: set[Any]) -> None:
        keys |= instance.__dict__.get("_recomputing", {}).pop(self, set())
        if keys:
            self.compute(keys, database)

    def _dependent(self, sender: Any, instance: Any, database: "Database") -> set[Any]:
        rows = self.model._base_manager.using(database).order_by()
        keys: set[Any] = set()
        for way in self._ways[sender]:
            keys.update(rows.filter(**{way: instance.pk}).values_list("pk", flat=True))
        return keys

    def compute(self, keys: Iterable[Any], database: "Database") -> int:
        """Set the columns of the rows with these keys; return how many changed."""
        rows = self.model._base_manager.using(database).order_by()
        wanted = sorted(keys)
        changed = 0
        for start in range(0, len(wanted), _AT_ONCE):
            changed += self._compute_some(rows, wanted[start : start + _AT_ONCE], database)
        return changed

    def _compute_some(self, rows: Any, keys: Sequence[Any], database: "Database") -> int:
        names = list(self.columns)
        changed = 0
        with atomic(database, savepoint=False):
            # Whoever computes the same rows waits here, and then sees what is kept by now.
            held = {row[0]: row[1:] for row in rows.filter(pk__in=keys).select_for_update().values_list("pk", *names)}
            for place, name in enumerate(names):
                computed = rows.filter(pk__in=list(held)).annotate(computed_anew=self.columns[name])
                if database.vendor == "mysql":  # which else reads what was there when the transaction began
                    computed = computed.select_for_update()
                field = self.model._meta.get_field(name)
                for key, value in computed.values_list("pk", "computed_anew"):
                    if field.to_python(value) != held[key][place]:
                        rows.filter(pk=key).update(**{name: value})
                        changed += 1
        return changed


def recompute(rows: Any) -> int:
    """Work out all `Recomputed` columns of the rows of a query anew, after bulk changes; return how many values changed.

    Raises:
        FieldError: If the model has none, or one of them depends on something that does not exist.
    """
    parts = [part for part in vars(rows.model).values() if isinstance(part, Recomputed)]
    if not parts:
        raise FieldError(f"{rows.model.__name__} has no Recomputed columns.")
    database = rows._write_database

    def run() -> int:
        keys = list(rows.using(database).order_by().values_list("pk", flat=True))
        return sum(part.compute(keys, database) for part in parts)

    changed: int = database.perform(run)
    return changed


def _names(source: Any) -> set[str]:
    """Return the full names of fields in an expression."""
    if isinstance(source, F):
        return {source.name}
    if isinstance(source, tuple):
        return {source[0], *_names(source[1])} if len(source) == 2 and isinstance(source[0], str) else set()
    found: set[str] = set()
    for part in (*getattr(source, "sources", ()), *getattr(source, "children", ()), getattr(source, "filter", None)):
        if part is not None:
            found |= _names(part)
    inner = getattr(source, "name", None)
    if isinstance(inner, F):
        found.add(inner.name)
    return found
