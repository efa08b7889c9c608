"""Writing many rows with few statements: bulk_create, bulk_update, and updates over the tables of parents."""

from typing import Any

from partita.orm.backends import Backend
from partita.orm.database import Database
from partita.orm.expressions import Case, Cast, Value, When
from partita.orm.fields import Field
from partita.orm.state import State
from partita.orm.writing import Slot, computed_values, insert_sql, left_to_database, slot_values, take_returned

__all__ = ("batch_size", "bulk_insert", "bulk_update", "update_across")

_PARAMETERS = 30_000  # below SQLite's 32 766 and PostgreSQL's 65 535 (asyncpg: 32 767)
_ROWS = 1000
Conflict = tuple[bool, bool, tuple[str, ...], tuple[str, ...]]


def batch_size(columns: int) -> int:
    """Return how many rows of so many columns go into one INSERT."""
    return min(_ROWS, max(_PARAMETERS // columns, 1)) if columns else 1


def bulk_insert(database: Database, model: Any, instances: list[Any], given: int | None, conflict: Conflict) -> None:
    """Insert many rows, those with a key of their own apart from those without; ``given`` a statement, at most."""
    from partita.orm.transactions import atomic

    if given is not None and given <= 0:
        raise ValueError("Batch size must be a positive integer.")
    meta = model._meta.concrete_model._meta
    if any(link is not None for link in meta.parents.values()):
        raise ValueError("Can't bulk create a multi-table inherited model")
    pk = meta.pk
    for instance in instances:
        for part in meta.pk_fields:
            if instance.__dict__[part.attname] is None and part.has_default():
                instance.__dict__[part.attname] = part.get_default()
        instance._take_keys_of_related("bulk_create")
    if meta.order_with_respect_to:
        from partita.orm.order_wrt import take_places

        take_places(meta.model, instances, database)
    groups: dict[tuple[bool, tuple[Field[Any], ...]], list[Any]] = {}
    for instance in instances:
        counted = pk.is_auto and instance.__dict__[pk.attname] is None
        omitted = left_to_database(meta, instance) if meta.database_fields else ()
        groups.setdefault((counted, omitted), []).append(instance)
    with atomic(database, savepoint=False):
        for (counted, omitted), group in sorted(groups.items(), key=lambda item: item[0][0]):
            copied = 0 < database.copies_from <= len(group) and not (omitted or conflict[0] or conflict[1])
            if copied and _copied(database, meta, group, counted):
                continue
            fields = [f for f in meta.fields if not (counted and f is pk) and f not in omitted]
            size = min(given or _ROWS, batch_size(len(fields)))
            for start in range(0, len(group), size):
                _insert_batch(database, meta, group[start : start + size], fields, (counted, omitted), conflict)
    for instance in instances:
        instance.__dict__["_s"] = State(database)


def _copied(database: Database, meta: Any, group: list[Any], counted: bool) -> bool:
    """Insert instances by COPY, their keys taken from the sequence before; return whether that was possible."""
    from partita.orm.copying import copy_rows, next_keys

    fields = list(meta.fields)
    slots = [Slot(field, database.vendor) for field in fields]
    if counted:
        for instance, key in zip(group, next_keys(database, meta, len(group)), strict=True):
            instance.__dict__[meta.pk.attname] = key
    rows: list[list[Any]] = []
    for instance in group:
        values, computed = slot_values(slots, instance, add=True, raw=False)
        if computed:
            break
        rows.append(values)
    if len(rows) == len(group) and copy_rows(database, meta, rows, fields):
        return True
    if counted:
        for instance in group:
            instance.__dict__[meta.pk.attname] = None
    return False


def _insert_batch(
    database: Database,
    meta: Any,
    batch: list[Any],
    fields: list[Field[Any]],
    missing: tuple[bool, tuple[Field[Any], ...]],
    conflict: Conflict,
) -> None:
    backend = database.backend
    ignore, update, _, _ = conflict
    slots = [Slot(field, backend.name) for field in fields]
    params: list[Any] = []
    for instance in batch:
        values, computed = slot_values(slots, instance, add=True, raw=False)
        if computed:
            values = computed_values(meta.model, instance, database, slots, values)
        params += values
    sql = insert_sql(backend, meta, fields, len(batch)) + _on_conflict(backend, meta, conflict)
    if ignore and backend.name == "mysql":
        sql = "INSERT IGNORE" + sql.removeprefix("INSERT")
    counted, omitted = missing
    pk = meta.pk
    if not (counted or omitted) or ignore or not backend.returning:
        database.run(sql, params)
        for instance in batch:
            for field in omitted:
                instance.__dict__.pop(field.attname)
        return
    wanted = [*([pk] if counted else []), *omitted]
    rows = database.fetch(f"{sql} RETURNING {', '.join(backend.quote(field.column) for field in wanted)}", params)
    returned = [(field.attname, field.from_driver(backend.name)) for field in wanted]
    # SQLite promises no order; keys that count up tell which row is which, unless some rows were there before.
    ordered = sorted(rows, key=lambda row: row[0]) if backend.name == "sqlite" and counted and not update else rows
    for instance, row in zip(batch, ordered, strict=True):
        take_returned(instance.__dict__, returned, row)


def _on_conflict(backend: Backend, meta: Any, conflict: Conflict) -> str:
    ignore, update, update_names, unique_names = conflict
    if ignore and update:
        raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
    if ignore:
        return "" if backend.name == "mysql" else " ON CONFLICT DO NOTHING"
    if not update:
        return ""
    if not update_names:
        raise ValueError("Fields that will be updated when a row insertion fails on conflicts must be provided.")
    if any(name == "pk" or meta.get_field(name) in meta.pk_fields for name in update_names):
        raise ValueError("bulk_create() cannot be used with primary keys in update_fields.")
    changed = [backend.quote(meta.get_field(name).column) for name in update_names]
    if backend.name == "mysql":
        return " ON DUPLICATE KEY UPDATE " + ", ".join(f"{column} = VALUES({column})" for column in changed)
    if not unique_names:
        raise ValueError("Unique fields that can trigger the upsert must be provided.")
    unique = ", ".join(backend.quote(meta.get_field(name).column) for name in unique_names)
    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in changed)
    return f" ON CONFLICT ({unique}) DO UPDATE SET {sets}"


def bulk_update(rows: Any, instances: list[Any], names: list[str], given: int | None) -> int:
    """Update some fields of many rows, a CASE for each field; ``given`` rows a statement, at most."""
    from partita.orm.transactions import atomic

    if given is not None and given <= 0:
        raise ValueError("Batch size must be a positive integer.")
    if not names:
        raise ValueError("Field names must be given to bulk_update().")
    meta = rows.model._meta
    fields = [meta.get_field(name) for name in names]
    if any(not field.concrete for field in fields):
        raise ValueError("bulk_update() can only be used with concrete fields.")
    if any(field in meta.pk_fields for field in fields):
        raise ValueError("bulk_update() cannot be used with primary key fields.")
    if any(not instance._is_pk_set() for instance in instances):
        raise ValueError("All bulk_update() objects must have a primary key set.")
    size = min(given or 500, max(_PARAMETERS // (len(fields) * 2 + 1), 1))
    owners: dict[Any, list[Any]] = {}
    for field in fields:
        owners.setdefault(field.model, []).append(field)
    changed = 0
    database = rows._write_database
    with atomic(database, savepoint=False):
        for start in range(0, len(instances), size):
            batch = instances[start : start + size]
            counts = [0]
            for owner, own_fields in owners.items():
                ours = owner is rows.model._meta.concrete_model
                key = owner._meta.pk.attname
                chosen = rows if ours else owner._base_manager.using(database)
                changes = {f.attname if f.is_relation else f.name: _cases(f, batch, key, database) for f in own_fields}
                counts.append(chosen.filter(pk__in=[getattr(each, key) for each in batch]).update(**changes))
            changed += max(counts)
    return changed


def update_across(rows: Any, values: dict[str, Any]) -> int:
    """Run ``rows.update(**values)`` where some fields are in the tables of parents; return how many rows matched."""
    from partita.orm.transactions import atomic

    meta = rows.model._meta
    own = meta.concrete_model
    groups: dict[Any, dict[str, Any]] = {}
    for name, value in values.items():
        groups.setdefault(meta.get_field(name).model, {})[name] = value
    database = rows._write_database
    with atomic(database, savepoint=False):
        # The keys are taken first: a change in one table may be what chooses rows of the next one.
        parents = [parent for parent in groups if parent is not own]
        names = [parent._meta.pk.attname for parent in parents]
        keys = list(rows.using(database).order_by().values_list("pk", *names))
        for place, parent in enumerate(parents, 1):
            for start in range(0, len(keys), _ROWS):
                chosen = {key[place] for key in keys[start : start + _ROWS]}
                parent._base_manager.using(database).filter(pk__in=chosen).update(**groups[parent])
        if own in groups:
            for start in range(0, len(keys), _ROWS):
                chosen = {key[0] for key in keys[start : start + _ROWS]}
                own._base_manager.using(database).filter(pk__in=chosen).update(**groups[own])
    return len({key[0] for key in keys})


def _cases(field: Field[Any], batch: list[Any], key: str, database: Database) -> Case | Cast:
    branches = []
    for instance in batch:
        value = getattr(instance, field.attname)
        branches.append(
            When(pk=getattr(instance, key), then=value if hasattr(value, "resolve") else _typed(field, value))
        )
    cases = Case(*branches, output_field=field)
    # PostgreSQL takes cases that are all NULL for text.
    return Cast(cases, field) if database.vendor == "postgresql" else cases


def _typed(field: Field[Any], value: Any) -> Value:
    made = Value(None)
    if value is not None:
        made.output_field, made.value = field, field.get_prep_value(value)
    return made
