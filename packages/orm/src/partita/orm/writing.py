"""Saving rows: INSERT and UPDATE statements, one row or many at a time."""

from collections.abc import Sequence
from typing import Any

from partita.orm.backends import Backend
from partita.orm.database import Database
from partita.orm.errors import FieldError
from partita.orm.expressions import Case, Scope, Value, When
from partita.orm.fields import Field
from partita.orm.fields.base import DATABASE_DEFAULT
from partita.orm.fields.composite import key_state
from partita.orm.state import State

__all__ = ("bulk_insert", "bulk_update", "save_row", "update_across")

_PARAMETERS = 30_000  # below SQLite's 32 766 and PostgreSQL's 65 535 (asyncpg: 32 767)
_ROWS = 1000
Conflict = tuple[bool, bool, tuple[str, ...], tuple[str, ...]]


def save_row(
    instance: Any,
    database: Database,
    raw: bool,
    force_insert: "bool | tuple[type, ...]",
    force_update: bool,
    names: frozenset[str] | None,
) -> bool:
    """Write one row, and those in the tables of parents; return whether it is new.

    Args:
        instance: What is written.
        database: Where to.
        raw: Take values as they are, and leave parents' rows alone.
        force_insert: Insert; or the models, this one or parents of it, whose rows are inserted.
        force_update: Update, never insert.
        names: The fields to write, by name or attribute; None for all.
    """
    model = instance._meta.concrete_model
    forced = (model,) if force_insert is True else force_insert or ()
    inserted = False
    if model._meta.parents and not raw:
        inserted = _save_parents(model, instance, database, forced, force_update, names, set())
    return _save_table(model, instance, database, raw, inserted or _is_forced(model, forced), force_update, names)


def _is_forced(model: Any, forced: Any) -> bool:
    return any(issubclass(model, kind._meta.concrete_model if hasattr(kind, "_meta") else kind) for kind in forced)


def _save_parents(
    model: Any,
    instance: Any,
    database: Database,
    forced: Any,
    force_update: bool,
    names: frozenset[str] | None,
    done: set[Any],
) -> bool:
    """Write the rows in parents' tables; return whether any is new."""
    inserted = False
    values = instance.__dict__
    for parent, link in model._meta.parents.items():
        if link is None:
            continue
        target = link.target_field.attname
        if values.get(target) is None and values.get(link.attname) is not None:
            values[target] = values[link.attname]
        if parent not in done:  # two ways may lead to one parent
            done.add(parent)
            above = _save_parents(parent, instance, database, forced, force_update, names, done)
            is_forced = above or _is_forced(parent, forced)
            inserted |= _save_table(parent, instance, database, False, is_forced, force_update, names)
        values[link.attname] = values[target]
        values.pop(link.name, None)
    return inserted


def _save_table(
    model: Any,
    instance: Any,
    database: Database,
    raw: bool,
    force_insert: bool,
    force_update: bool,
    names: frozenset[str] | None,
) -> bool:
    """Write the row in the table of ``model``; return whether it is new."""
    meta = model._meta
    pk = meta.pk
    key = key_state(getattr(instance, pk.attname))
    adding = instance.__dict__["_s"].adding
    if key is DATABASE_DEFAULT:
        if force_update or names is not None:
            raise ValueError("Cannot force an update in save() with no primary key.")
    elif key is None:
        for part in meta.pk_fields:
            if instance.__dict__.get(part.attname) is None and part.has_default():
                instance.__dict__[part.attname] = part.get_prep_value(part.get_default())
        if force_update or names is not None:
            raise ValueError("Cannot force an update in save() with no primary key.")
    elif not force_insert and not (adding and pk.has_default() and not force_update and names is None and not raw):
        keys = meta.pk_fields
        fields = [
            f
            for f in meta.local_fields
            if f not in keys and not f.generated and (names is None or f.name in names or f.attname in names)
        ]
        if names is not None and not fields and meta is not instance._meta.concrete_model._meta:
            return False  # none of the fields that are asked for is in this parent's table
        if _update(model, instance, database, fields, key, raw):
            return False
        if force_update:
            raise instance.NotUpdated("Forced update did not affect any rows.")
        if names is not None and fields:
            raise instance.NotUpdated("Save with update_fields did not affect any rows.")
        if names is not None:
            return False
    _insert(model, instance, database, raw)
    return True


class _Slot:
    """How one field's value gets from an instance to the driver."""

    __slots__ = ("attname", "convert", "field", "plain", "pre_save")

    def __init__(self, field: Field[Any], dialect: str) -> None:
        self.field, self.attname = field, field.attname
        self.pre_save = None if type(field).pre_save is Field.pre_save else field.pre_save
        self.plain = field.takes_plain()
        self.convert = field.to_driver(dialect)


def _values(slots: Sequence[_Slot], instance: Any, *, add: bool, raw: bool) -> tuple[list[Any], bool]:
    """Return what the driver takes, and whether expressions are among it."""
    known = instance.__dict__
    values: list[Any] = []
    computed = False
    for slot in slots:
        if slot.pre_save is None or raw:
            attname = slot.attname
            value = known[attname] if attname in known else getattr(instance, attname)
        else:
            value = slot.pre_save(instance, add)
        if value is DATABASE_DEFAULT:
            value = slot.field.default_expression()
        if value is not None and type(value) is not slot.plain:
            if hasattr(value, "resolve"):
                computed = True
                values.append(value)
                continue
            value = slot.field.get_prep_value(value)
        convert = slot.convert
        values.append(value if convert is None or value is None else convert(value))
    return values, computed


class _Statement:
    """SQL that writes rows of one model, with the values it takes."""

    __slots__ = ("slots", "sql")

    def __init__(self, sql: str, fields: Sequence[Field[Any]], dialect: str) -> None:
        self.sql = sql
        self.slots = [_Slot(field, dialect) for field in fields]


def _update(model: Any, instance: Any, database: Database, fields: Sequence[Field[Any]], key: Any, raw: bool) -> bool:
    meta = model._meta
    if not fields or meta.select_on_save:
        present = bool(model._base_manager.using(database).filter(pk=key).exists())
        if not fields or not present:
            return present
    backend = database.backend
    shape = ("save", model, *fields)
    plan = backend.plans.get(shape)
    if plan is None:
        sets = ", ".join(
            f"{backend.quote(f.column)} = {f.placeholder(backend.placeholder(i), backend.name)}"
            for i, f in enumerate(fields)
        )
        where = " AND ".join(
            f"{backend.quote(part.column)} = {backend.placeholder(place)}"
            for place, part in enumerate(meta.pk_fields, len(fields))
        )
        sql = f"UPDATE {backend.quote(meta.db_table)} SET {sets} WHERE {where}"
        plan = (_Statement(sql, fields, backend.name), [(f, f.to_driver(backend.name)) for f in meta.pk_fields])
        backend.plans.put(shape, plan)
    statement, key_parts = plan
    values, computed = _values(statement.slots, instance, add=False, raw=raw)
    if computed:
        return _update_with_expressions(model, instance, database, fields, values, key)
    for (part, convert), given in zip(key_parts, key if len(key_parts) > 1 else (key,), strict=True):
        ready = part.get_prep_value(given)
        values.append(ready if convert is None else convert(ready))
    changed = database.run(statement.sql, values)[0] > 0
    for field in meta.database_fields:
        if field.generated:
            instance.__dict__.pop(field.attname, None)  # computed anew; loaded when it is asked for
    return changed or meta.select_on_save  # a trigger may say that nothing changed


def _update_with_expressions(
    model: Any, instance: Any, database: Database, fields: Sequence[Field[Any]], values: Sequence[Any], key: Any
) -> bool:
    changes = {
        field.attname if field.is_relation else field.name: value if hasattr(value, "resolve") else known
        for field, value in zip(fields, values, strict=True)
        for known in (instance.__dict__.get(field.attname),)
    }
    changed = model._base_manager.using(database).filter(pk=key).update(**changes)
    for field, value in zip(fields, values, strict=True):
        if hasattr(value, "resolve"):
            instance.__dict__.pop(field.attname)  # known again when it is asked for
    for field in model._meta.database_fields:
        if field.generated:
            instance.__dict__.pop(field.attname, None)
    return bool(changed)


def _insert(model: Any, instance: Any, database: Database, raw: bool) -> None:
    meta = model._meta
    pk = meta.pk
    known = instance.__dict__
    if meta.order_with_respect_to:
        from partita.orm.order_wrt import take_place

        take_place(model, instance, database)
    counted = pk.is_auto and known[pk.attname] is None
    omitted = _left_to_database(meta, instance) if meta.database_fields else ()
    backend = database.backend
    shape = ("insert", model, counted, *omitted)
    plan = backend.plans.get(shape)
    if plan is None:
        fields = [field for field in meta.local_fields if not (counted and field is pk) and field not in omitted]
        sql = _insert_sql(backend, meta, fields, 1)
        wanted = [pk] if counted and (backend.name == "postgresql" or omitted) else []
        wanted += omitted
        returned = wanted if backend.returning else []
        if returned:
            sql += f" RETURNING {', '.join(backend.quote(field.column) for field in returned)}"
        plan = (_Statement(sql, fields, backend.name), [(f.attname, f.from_driver(backend.name)) for f in returned])
        backend.plans.put(shape, plan)
    statement, returned = plan
    params, computed = _values(statement.slots, instance, add=True, raw=raw)
    if computed:
        params = _computed(model, instance, database, statement.slots, params)
    if returned:
        _take_returned(known, returned, database.fetch(statement.sql, params)[0])
        return
    _, last = database.run(statement.sql, params)
    if counted:
        known[pk.attname] = last
    for field in omitted:
        known.pop(field.attname)  # loaded when it is asked for


def _left_to_database(meta: Any, instance: Any) -> tuple[Field[Any], ...]:
    """Return the fields whose values the database gives."""
    known = instance.__dict__
    return tuple(f for f in meta.database_fields if f.generated or known.get(f.attname) is DATABASE_DEFAULT)


def _take_returned(known: dict[str, Any], returned: Sequence[tuple[str, Any]], row: Sequence[Any]) -> None:
    for (attname, convert), value in zip(returned, row, strict=True):
        known[attname] = value if convert is None or value is None else convert(value)


def _computed(model: Any, instance: Any, database: Database, slots: Sequence[_Slot], values: list[Any]) -> list[Any]:
    """Return values with those that are expressions computed by the database first."""
    from partita.orm.compiler import Compiler
    from partita.orm.query import Query

    computed = []
    for slot, value in zip(slots, values, strict=True):
        if not hasattr(value, "resolve"):
            computed.append(value)
            continue
        field = slot.field
        if not hasattr(value, "compile"):
            raise FieldError(f"{field.name}={value!r:.60}: a new row has no columns that F() could refer to.")
        from sqlalchemy import select

        resolved = value.resolve(Scope(model, {}))
        leaves: list[Any] = []
        resolved.shape(leaves)
        compiler = Compiler(database.backend, Query(model), leaves)
        plan = compiler.plan(select(resolved.compile(compiler)))
        convert = field.from_driver(database.vendor)
        found = database.fetch(plan.sql, plan.bind(leaves))[0][0]
        made = found if convert is None or found is None else convert(found)
        instance.__dict__[field.attname] = made
        ready = field.get_prep_value(made)
        computed.append(ready if slot.convert is None or ready is None else slot.convert(ready))
    return computed


def _insert_sql(backend: Backend, meta: Any, fields: Sequence[Field[Any]], rows: int) -> str:
    table = backend.quote(meta.db_table)
    if not fields:
        empty = "() VALUES ()" if backend.name == "mysql" else "DEFAULT VALUES"
        return f"INSERT INTO {table} {empty}"
    columns = ", ".join(backend.quote(field.column) for field in fields)
    width = len(fields)
    groups = ", ".join(
        f"({', '.join(f.placeholder(backend.placeholder(row * width + at), backend.name) for at, f in enumerate(fields))})"
        for row in range(rows)
    )
    return f"INSERT INTO {table} ({columns}) VALUES {groups}"


def bulk_insert(
    database: Database, model: Any, instances: list[Any], batch_size: int | None, conflict: Conflict
) -> None:
    """Insert many rows, those with a key of their own apart from those without."""
    from partita.orm.transactions import atomic

    if batch_size is not None and batch_size <= 0:
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
        omitted = _left_to_database(meta, instance) if meta.database_fields else ()
        groups.setdefault((counted, omitted), []).append(instance)
    with atomic(database, savepoint=False):
        for (counted, omitted), group in sorted(groups.items(), key=lambda item: item[0][0]):
            copied = 0 < database.copies_from <= len(group) and not (omitted or conflict[0] or conflict[1])
            if copied and _copied(database, meta, group, counted):
                continue
            fields = [f for f in meta.fields if not (counted and f is pk) and f not in omitted]
            size = min(batch_size or _ROWS, max(_PARAMETERS // max(len(fields), 1), 1)) if fields else 1
            for start in range(0, len(group), size):
                _insert_batch(database, meta, group[start : start + size], fields, (counted, omitted), conflict)
    for instance in instances:
        instance.__dict__["_s"] = State(database)


def _copied(database: Database, meta: Any, group: list[Any], counted: bool) -> bool:
    """Insert instances by COPY, their keys taken from the sequence before; return whether that was possible."""
    from partita.orm.copying import copy_rows, next_keys

    fields = list(meta.fields)
    slots = [_Slot(field, database.vendor) for field in fields]
    if counted:
        for instance, key in zip(group, next_keys(database, meta, len(group)), strict=True):
            instance.__dict__[meta.pk.attname] = key
    rows: list[list[Any]] = []
    for instance in group:
        values, computed = _values(slots, instance, add=True, raw=False)
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
    slots = [_Slot(field, backend.name) for field in fields]
    params: list[Any] = []
    for instance in batch:
        values, computed = _values(slots, instance, add=True, raw=False)
        if computed:
            values = _computed(meta.model, instance, database, slots, values)
        params += values
    sql = _insert_sql(backend, meta, fields, len(batch)) + _on_conflict(backend, meta, conflict)
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
        _take_returned(instance.__dict__, returned, row)


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


def bulk_update(rows: Any, instances: list[Any], names: list[str], batch_size: int | None) -> int:
    """Update some fields of many rows, a CASE for each field."""
    from partita.orm.transactions import atomic

    if batch_size is not None and batch_size <= 0:
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
    size = min(batch_size or 500, max(_PARAMETERS // (len(fields) * 2 + 1), 1))
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
                changes = {f.attname if f.is_relation else f.name: _cases(f, batch, key) for f in own_fields}
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


def _cases(field: Field[Any], batch: list[Any], key: str) -> Case:
    branches = []
    for instance in batch:
        value = getattr(instance, field.attname)
        branches.append(
            When(pk=getattr(instance, key), then=value if hasattr(value, "resolve") else _typed(field, value))
        )
    return Case(*branches, output_field=field)


def _typed(field: Field[Any], value: Any) -> Value:
    made = Value(None)
    made.output_field, made.value = field, field.get_prep_value(value)
    return made
