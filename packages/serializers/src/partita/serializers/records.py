"""Rows as records, which the formats write: instances in, labels, keys and plain values out."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from partita.orm import Field, JSONField, Model
from partita.orm.databases import current_databases
from partita.serializers.errors import SerializersError, UnserializableContent
from partita.serializers.values import json_ready, plain_of

__all__ = ("Choice", "Record", "Recorder", "has_natural_key")

_AT_ONCE = 1000


class Choice(Struct, frozen=True, kw_only=True):
    """What of each row is written.

    Args:
        fields: Names of fields; None for all.
        natural_foreign_keys: Point to rows by their natural keys, where their models have them.
        natural_primary_keys: Leave out the keys of rows that have a natural key.
    """

    fields: frozenset[str] | None = None
    natural_foreign_keys: bool = False
    natural_primary_keys: bool = False


class Record(Struct, frozen=True):
    """One row as it is written.

    Args:
        model: The row's model, or for a deferred or proxy class the one with the table.
        key: The plain key; None if it is left out.
        values: Each field with its plain value; with a natural key, a tuple; or with a list of these for many.
    """

    model: type[Model]
    key: Any
    values: list[tuple[Any, Any]]

    @property
    def label(self) -> str:
        """What files call the model."""
        return self.model._meta.label_lower

    def place(self, field: Any = None) -> str:
        """Return model, field and key, for errors."""
        return _place(self.model, field, self.key)

    def as_mapping(self) -> dict[str, Any]:
        """Return the record as files have it: ``model``, ``pk`` unless it is left out, ``fields``."""
        return self._mapping(lambda value: value)

    def as_json(self) -> dict[str, Any]:
        """Return `as_mapping` with values that JSON and YAML can say, those of a `JSONField` left as they are."""
        return self._mapping(json_ready)

    def _mapping(self, ready: Callable[[Any], Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"model": self.label}
        if self.key is not None:
            found["pk"] = ready(self.key)
        found["fields"] = {
            field.name: value if type(value) is str or isinstance(field, JSONField) else ready(value)
            for field, value in self.values
        }
        return found


def has_natural_key(model: Any) -> bool:
    """Tell whether rows of ``model`` have a natural key."""
    return callable(getattr(model, "natural_key", None))


def _place(model: type[Model], field: Any, key: object) -> str:
    name = model._meta.label if field is None else f"{model._meta.label}.{field.name}"
    return f"{name} (pk:{key})"


class Recorder:
    """Makes records of instances, some at a time: what belongs to many of them is fetched once for all."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._plans: dict[Any, _Plan] = {}

    def records(self, rows: Sequence[Any]) -> list[Record]:
        """Return a record for each row.

        Raises:
            UnserializableContent: If a value has no plain form.
            SerializersError: If something among the rows is no row.
        """
        for row in rows:
            if not isinstance(row, Model):
                raise SerializersError(
                    f"Rows can be written, and {type(row).__name__} is none: {row!r:.80}. Take instances of models, not "
                    "values() or values_list()."
                )
        groups: dict[Any, list[Any]] = {}
        for row in rows:
            groups.setdefault(type(row)._meta.concrete_model, []).append(row)
        many = {model: self._plan(model).related(group) for model, group in groups.items()}
        return [self._record(row, many[type(row)._meta.concrete_model]) for row in rows]

    def _plan(self, model: Any) -> "_Plan":
        plan = self._plans.get(model)
        if plan is None:
            plan = self._plans[model] = _Plan(model, self._choice)
        return plan

    def _record(self, row: Any, many: dict[Any, dict[int, list[Any]]]) -> Record:
        plan = self._plan(type(row)._meta.concrete_model)
        key = None if plan.leaves_out_key and row.natural_key() else plan.key(row)
        values: list[tuple[Any, Any]] = []
        for field, read in plan.readers:
            try:
                values.append((field, read(row)))
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                place = _place(type(row), field, row.pk)
                raise UnserializableContent(place, f"cannot be written: {error!s:.200}") from error
        values += [(field, known.get(id(row), [])) for field, known in many.items()]
        return Record(type(row), key, values)


class _Plan:
    """How rows of one model are read."""

    def __init__(self, model: Any, choice: Choice) -> None:
        meta = model._meta
        self.leaves_out_key = choice.natural_primary_keys and has_natural_key(model)
        self.key = plain_of(meta.pk)
        self.readers: list[tuple[Any, Callable[[Any], Any]]] = []
        for field in meta.local_fields:
            is_wanted = choice.fields is None or field.name in choice.fields or field.attname in choice.fields
            # A key that is a relation as well, such as the way to the parent's table, tells more than who the row is.
            has_place = field is not meta.pk or (self.leaves_out_key and field.is_relation)
            if not is_wanted or not has_place or field.generated or not field.serialize:
                continue
            natural = choice.natural_foreign_keys and field.is_relation and has_natural_key(field.related_model)
            self.readers.append((field, _natural_of(field) if natural else plain_of(field)))
        self._many = [
            (field, choice.natural_foreign_keys and has_natural_key(field.related_model))
            for field in meta.local_many_to_many
            if field.through._meta.auto_created
            and field.serialize
            and (choice.fields is None or field.name in choice.fields)
        ]

    def related(self, rows: Sequence[Any]) -> dict[Any, dict[int, list[Any]]]:
        """Return what each many-to-many field has for each row, by the row's `id`: keys are those of one database."""
        saved = [row for row in rows if row._is_pk_set()]
        if not saved:
            return {field: {} for field, _ in self._many}
        return {field: _others(field, saved, natural=natural) for field, natural in self._many}


def _natural_of(field: Field[Any]) -> Callable[[Any], Any]:
    plain = plain_of(field)

    def natural(instance: Any) -> Any:
        related = getattr(instance, field.name)
        # A model may inherit natural_key() and say with an empty one that its rows have none.
        return None if related is None else tuple(related.natural_key()) or plain(instance)

    return natural


def _others(field: Any, rows: Sequence[Any], *, natural: bool) -> dict[int, list[Any]]:
    """Return keys or natural keys of what a many-to-many field relates to each of ``rows``, by its `id`.

    What was prefetched is taken; the rest costs a query or two for each database that rows are from.
    """
    found: dict[int, list[Any]] = {}
    waiting: dict[Any, list[Any]] = {}
    for row in rows:
        fetched = row.__dict__.get("_prefetched", {}).get(field.name)
        if fetched is None:
            waiting.setdefault(row._state.database, []).append(row)
        else:
            found[id(row)] = [_told(other, natural=natural) for other in fetched]
    for database, some in waiting.items():
        keys = list(dict.fromkeys(row.pk for row in some))  # one row may come twice
        told = _read(field, database or current_databases().for_read(field.model), keys, natural=natural)
        found.update((id(row), told.get(row.pk, [])) for row in some)
    return found


def _read(field: Any, database: Any, keys: list[Any], *, natural: bool) -> dict[Any, list[Any]]:
    """Return keys or natural keys of what is related to the rows with ``keys``, by these."""
    found: dict[Any, list[Any]] = {}
    source, target = (field.through._meta.get_field(name).attname for name in (field.source_name, field.target_name))
    pairs = _pairs(field, database, source, target, keys)
    if not natural:
        plain = plain_of(field.related_model._meta.pk)
        for key, other in pairs:
            found.setdefault(key, []).append(plain(_Keyed(field.related_model, other)))
        return found
    wanted = list(dict.fromkeys(other for _, other in pairs))
    known: dict[Any, Any] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        chosen = field.related_model._base_manager.using(database).filter(pk__in=wanted[start : start + _AT_ONCE])
        known.update((other.pk, _told(other, natural=True)) for other in chosen)
    for key, other in pairs:
        found.setdefault(key, []).append(known[other])
    return found


def _pairs(field: Any, database: Any, source: str, target: str, keys: list[Any]) -> list[tuple[Any, Any]]:
    pairs: list[tuple[Any, Any]] = []
    order = _order(field, target)
    for start in range(0, len(keys), _AT_ONCE):
        between = field.through._base_manager.using(database).filter(
            **{f"{source}__in": keys[start : start + _AT_ONCE]}
        )
        pairs += between.order_by(*order).values_list(source, target)
    return pairs


def _order(field: Any, target: str) -> list[str]:
    """Return what a table between two others is ordered by: as the other model says, and in any case the same every time."""
    terms = [term for term in field.related_model._meta.ordering if isinstance(term, str) and term != "?"]
    return [f"{'-' * term.startswith('-')}{field.target_name}__{term.lstrip('-')}" for term in terms] + [target]


def _told(other: Any, *, natural: bool) -> Any:
    return (tuple(other.natural_key()) if natural else ()) or plain_of(other._meta.pk)(other)


class _Keyed:
    """Stands for a row of which only the key is known."""

    def __init__(self, model: Any, key: Any) -> None:
        setattr(self, model._meta.pk.attname, key)
