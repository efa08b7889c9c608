"""Writing many rows with few statements: bulk_create, bulk_update, and updates over the tables of parents."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, cast

from partita.orm.backends import Backend
from partita.orm.database import Database
from partita.orm.expressions import Case, Cast, Value, When
from partita.orm.fields import Field
from partita.orm.fields.custom import stores_by_sql
from partita.orm.state import State
from partita.orm.transactions import atomic
from partita.orm.writing import Slot, computed_values, insert_sql, left_to_database, slot_columns, take_returned

__all__ = ("batch_size", "bulk_insert", "bulk_update", "update_across")

_PARAMETERS = 30_000  # below SQLite's 32 766 and PostgreSQL's 65 535 (asyncpg: 32 767)
_ROWS = 1000
Conflict = tuple[bool, bool, tuple[str, ...], tuple[str, ...]]


def batch_size(columns: int) -> int:
    """Return how many rows of so many columns go into one INSERT."""
    return min(_ROWS, max(_PARAMETERS // columns, 1)) if columns else 1


def bulk_insert(database: Database, model: Any, instances: list[Any], given: int | None, conflict: Conflict) -> None:
    """Insert many rows, those with a key of their own apart from those without; ``given`` a statement, at most."""
    if given is not None and given <= 0:
        raise ValueError("Batch size must be a positive integer.")
    meta = model._meta.concrete_model._meta
    if any(link is not None for link in meta.parents.values()):
        raise ValueError("Can't bulk create a multi-table inherited model")
    defaults = [part for part in meta.pk_fields if part.has_default()]
    kinds: Any = map(type, instances)
    related = meta.foreign_keys or any(kind._meta.private_fields for kind in set(kinds))
    if defaults or related:
        for instance in instances:
            for part in defaults:
                if instance.__dict__[part.attname] is None:
                    instance.__dict__[part.attname] = part.get_default()
            if related:
                instance._take_keys_of_related("bulk_create")
    if meta.order_with_respect_to:
        from partita.orm.order_wrt import take_places

        take_places(meta.model, instances, database)
    pk = meta.pk
    with atomic(database, savepoint=False):
        for (counted, omitted), group in sorted(
            _groups(meta, instances, database.vendor).items(), key=lambda item: item[0][0]
        ):
            copied = 0 < database.copies_from <= len(group) and not (omitted or conflict[0] or conflict[1])
            if copied and _copied(database, meta, group, counted):
                continue
            fields = [f for f in meta.fields if not (counted and f is pk) and f not in omitted]
            size = min(given or _ROWS, batch_size(len(fields)))
            in_a_row = False
            for start in range(0, len(group), size):
                batch = group[start : start + size]
                _insert_batch(database, meta, batch, fields, (counted, omitted), conflict, in_a_row=in_a_row)
                if start == 0 and counted and not (omitted or conflict[0] or conflict[1]):
                    in_a_row = _counts_in_a_row(database, meta, batch, len(group))
    state = State(database)
    for instance in instances:
        instance.__dict__["_s"] = state


def _groups(meta: Any, instances: list[Any], vendor: str) -> dict[tuple[bool, tuple[Field[Any], ...]], list[Any]]:
    """Return the instances by whether the database counts their keys, and by what else it gives them."""
    pk = meta.pk
    groups: dict[tuple[bool, tuple[Field[Any], ...]], list[Any]] = {}
    if meta.database_fields:
        for instance in instances:
            counted = pk.is_auto and instance.__dict__[pk.attname] is None
            groups.setdefault((counted, left_to_database(meta, instance, vendor)), []).append(instance)
        return groups
    attname = pk.attname
    without = [instance for instance in instances if instance.__dict__[attname] is None] if pk.is_auto else []
    if without:
        groups[True, ()] = without
    if len(without) < len(instances):
        groups[False, ()] = (
            [instance for instance in instances if instance.__dict__[attname] is not None] if without else instances
        )
    return groups


def _counts_in_a_row(database: Database, meta: Any, first: list[Any], count: int) -> bool:
    """Return whether SQLite gives each row of one INSERT the number after that of the row before it.

    Then the last one tells them all, and rows need not be returned, which takes longer than it takes to insert them. It is
    so unless a trigger inserts rows, too. This is asked after the first rows, for a transaction that began by reading might
    not be able to write.

    Args:
        database: Where the rows are inserted.
        meta: Of their model.
        first: Those that are there, with their keys.
        count: How many there are to be.
    """
    pk = meta.pk
    if database.vendor != "sqlite" or count == len(first) or pk.from_driver("sqlite") is not None:
        return False
    keys = [instance.__dict__[pk.attname] for instance in first]
    start = keys[0]
    if start is None or keys != list(range(start, start + len(keys))):
        return False
    triggers = " UNION ALL ".join(
        f"SELECT 1 FROM {schema} WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
        for schema in ("sqlite_master", "sqlite_temp_master")
    )
    return not database.fetch_unwatched(triggers, [meta.db_table, meta.db_table])


def _copied(database: Database, meta: Any, group: list[Any], counted: bool) -> bool:
    """Insert instances by COPY, their keys taken from the sequence before; return whether that was possible."""
    from partita.orm.copying import copy_rows, next_keys

    fields = list(meta.fields)
    if any(stores_by_sql(field.sql_type()) and type(field).placeholder is Field.placeholder for field in fields):
        return False  # COPY computes nothing
    slots = [Slot(field, database.vendor) for field in fields]
    if counted:
        for instance, key in zip(group, next_keys(database, meta, len(group)), strict=True):
            instance.__dict__[meta.pk.attname] = key
    columns, computed = slot_columns(slots, group)
    if not computed and copy_rows(database, meta, list(map(list, zip(*columns, strict=True))), fields):
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
    *,
    in_a_row: bool = False,
) -> None:
    backend = database.backend
    ignore, update, _, _ = conflict
    slots = [Slot(field, backend.name) for field in fields]
    columns, computed = slot_columns(slots, batch)
    if computed:
        _compute(database, meta, batch, slots, columns)
    width = len(columns)
    params: list[Any] = [None] * (width * len(batch))
    for place, values in enumerate(columns):
        params[place::width] = values
    sql = insert_sql(backend, meta, fields, len(batch)) + _on_conflict(backend, meta, conflict)
    counted, omitted = missing
    pk = meta.pk
    if not (counted or omitted) or ignore or not backend.returning:
        database.run(sql, params)
        for instance in batch:
            for field in omitted:
                instance.__dict__.pop(field.attname)
        return
    if in_a_row:
        last = cast("int", database.run(sql, params)[1])
        for key, instance in enumerate(batch, last - len(batch) + 1):
            instance.__dict__[pk.attname] = key
        return
    wanted = [*([pk] if counted else []), *omitted]
    rows = database.fetch(f"{sql} RETURNING {', '.join(backend.quote(field.column) for field in wanted)}", params)
    returned = [(field.attname, field.from_driver(backend.name)) for field in wanted]
    # SQLite promises no order; keys that count up tell which row is which, unless some rows were there before.
    ordered = sorted(rows, key=itemgetter(0)) if backend.name == "sqlite" and counted and not update else rows
    if counted and not omitted and returned[0][1] is None:
        attname = pk.attname
        for instance, (key,) in zip(batch, ordered, strict=True):
            instance.__dict__[attname] = key
        return
    for instance, row in zip(batch, ordered, strict=True):
        take_returned(instance.__dict__, returned, row)


def _compute(database: Database, meta: Any, batch: list[Any], slots: list[Slot], columns: list[list[Any]]) -> None:
    """Let the database compute the expressions among the values of columns, row by row."""
    for number, instance in enumerate(batch):
        values = [column[number] for column in columns]
        if any(hasattr(value, "resolve") for value in values):
            for column, value in zip(
                columns, computed_values(meta.model, instance, database, slots, values), strict=True
            ):
                column[number] = value


def _columns_named(backend: Backend, meta: Any, names: Sequence[str], option: str) -> list[str]:
    """Return the columns of fields, quoted; ``pk`` means those of the key."""
    columns = []
    for name in names:
        for field in meta.pk_fields if name == "pk" else (meta.get_field(name),):
            if not field.concrete:
                raise ValueError(
                    f"bulk_create() can only be used with concrete fields in {option}. {name!r:.80} is none."
                )
            columns.append(backend.quote(field.column))
    return columns


def _on_conflict(backend: Backend, meta: Any, conflict: Conflict) -> str:
    ignore, update, update_names, unique_names = conflict
    if ignore and update:
        raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
    if ignore:
        if backend.name != "mysql":
            return " ON CONFLICT DO NOTHING"
        # INSERT IGNORE would also cut long texts, put 0 for NULL, and drop rows whose foreign keys lead nowhere.
        same = backend.quote(meta.pk_fields[0].column)
        return f" ON DUPLICATE KEY UPDATE {same} = {same}"
    if not update:
        return ""
    if not update_names:
        raise ValueError("Fields that will be updated when a row insertion fails on conflicts must be provided.")
    if any(name == "pk" or meta.get_field(name) in meta.pk_fields for name in update_names):
        raise ValueError("bulk_create() cannot be used with primary keys in update_fields.")
    changed = _columns_named(backend, meta, update_names, "update_fields")
    if backend.name == "mysql":
        return " ON DUPLICATE KEY UPDATE " + ", ".join(f"{column} = VALUES({column})" for column in changed)
    if not unique_names:
        raise ValueError("Unique fields that can trigger the upsert must be provided.")
    unique = ", ".join(_columns_named(backend, meta, unique_names, "unique_fields"))
    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in changed)
    return f" ON CONFLICT ({unique}) DO UPDATE SET {sets}"


def bulk_update(rows: Any, instances: list[Any], names: list[str], given: int | None) -> int:
    """Update some fields of many rows, a CASE for each field; ``given`` rows a statement, at most."""
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
        if made.value is not None:
            field.check_storable(made.value)
    return made
