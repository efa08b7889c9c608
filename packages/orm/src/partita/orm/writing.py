"""Saving rows: INSERT and UPDATE statements, one row or many at a time."""

from collections.abc import Sequence
from typing import Any

from partita.orm.backends import Backend
from partita.orm.database import Database
from partita.orm.errors import FieldError
from partita.orm.expressions import Case, Scope, Value, When
from partita.orm.fields import Field
from partita.orm.state import State

__all__ = ("bulk_insert", "bulk_update", "save_row")

_PARAMETERS = 30_000  # below SQLite's 32 766 and PostgreSQL's 65 535 (asyncpg: 32 767)
_ROWS = 1000
Conflict = tuple[bool, bool, tuple[str, ...], tuple[str, ...]]


def save_row(
    instance: Any, database: Database, raw: bool, force_insert: bool, force_update: bool, names: frozenset[str] | None
) -> bool:
    """Write one row; return whether it is new."""
    meta = instance._meta
    pk = meta.pk
    key = getattr(instance, pk.attname)
    adding = instance.__dict__["_s"].adding
    if key is None:
        key = pk.get_prep_value(pk.get_default()) if pk.has_default() else None
        instance.__dict__[pk.attname] = key
        if force_update or names is not None:
            raise ValueError("Cannot force an update in save() with no primary key.")
    elif not force_insert and not (adding and pk.has_default() and not force_update and names is None):
        fields = [
            f for f in meta.fields if not f.primary_key and (names is None or f.name in names or f.attname in names)
        ]
        if _update(instance, database, fields, key, raw):
            return False
        if force_update:
            raise instance.NotUpdated("Forced update did not affect any rows.")
        if names is not None:
            raise instance.NotUpdated("Save with update_fields did not affect any rows.")
    _insert(instance, database, raw)
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


def _update(instance: Any, database: Database, fields: Sequence[Field[Any]], key: Any, raw: bool) -> bool:
    model = type(instance)
    if not fields:
        return bool(model._base_manager.using(database).filter(pk=key).exists())
    meta = instance._meta
    backend = database.backend
    shape = ("save", meta.concrete_model, *fields)
    plan = backend.plans.get(shape)
    if plan is None:
        sets = ", ".join(f"{backend.quote(f.column)} = {backend.placeholder(i)}" for i, f in enumerate(fields))
        where = f"{backend.quote(meta.pk.column)} = {backend.placeholder(len(fields))}"
        sql = f"UPDATE {backend.quote(meta.db_table)} SET {sets} WHERE {where}"
        plan = (_Statement(sql, fields, backend.name), meta.pk.to_driver(backend.name))
        backend.plans.put(shape, plan)
    statement, convert = plan
    values, computed = _values(statement.slots, instance, add=False, raw=raw)
    if computed:
        return _update_with_expressions(instance, database, fields, values, key)
    key = meta.pk.get_prep_value(key)
    values.append(key if convert is None else convert(key))
    return database.run(statement.sql, values)[0] > 0


def _update_with_expressions(
    instance: Any, database: Database, fields: Sequence[Field[Any]], values: Sequence[Any], key: Any
) -> bool:
    changes = {
        field.attname if field.is_relation else field.name: value if hasattr(value, "resolve") else known
        for field, value in zip(fields, values, strict=True)
        for known in (instance.__dict__.get(field.attname),)
    }
    changed = type(instance)._base_manager.using(database).filter(pk=key).update(**changes)
    for field, value in zip(fields, values, strict=True):
        if hasattr(value, "resolve"):
            instance.__dict__.pop(field.attname)  # known again when it is asked for
    return bool(changed)


def _insert(instance: Any, database: Database, raw: bool) -> None:
    meta = instance._meta
    pk = meta.pk
    counted = pk.is_auto and instance.__dict__[pk.attname] is None
    backend = database.backend
    shape = ("insert", meta.concrete_model, counted)
    plan = backend.plans.get(shape)
    if plan is None:
        fields = [field for field in meta.fields if not (counted and field is pk)]
        sql = _insert_sql(backend, meta, fields, 1)
        if counted and backend.name == "postgresql":
            sql += f" RETURNING {backend.quote(pk.column)}"
        plan = _Statement(sql, fields, backend.name)
        backend.plans.put(shape, plan)
    sql = plan.sql
    params, computed = _values(plan.slots, instance, add=True, raw=raw)
    if computed:
        params = _computed(instance, database, plan.slots, params)
    if counted and backend.name == "postgresql":
        instance.__dict__[pk.attname] = database.fetch(sql, params)[0][0]
        return
    _, last = database.run(sql, params)
    if counted:
        instance.__dict__[pk.attname] = last


def _computed(instance: Any, database: Database, slots: Sequence[_Slot], values: list[Any]) -> list[Any]:
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

        resolved = value.resolve(Scope(type(instance), {}))
        leaves: list[Any] = []
        resolved.shape(leaves)
        compiler = Compiler(database.backend, Query(type(instance)), leaves)
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
    if backend.style == "numeric":
        marks = (", ".join(f"${row * width + place}" for place in range(1, width + 1)) for row in range(rows))
        groups = ", ".join(f"({group})" for group in marks)
    else:
        groups = ", ".join([f"({', '.join([backend.placeholder(0)] * width)})"] * rows)
    return f"INSERT INTO {table} ({columns}) VALUES {groups}"


def bulk_insert(
    database: Database, model: Any, instances: list[Any], batch_size: int | None, conflict: Conflict
) -> None:
    """Insert many rows, those with a key of their own apart from those without."""
    from partita.orm.transactions import atomic

    if batch_size is not None and batch_size <= 0:
        raise ValueError("Batch size must be a positive integer.")
    meta = model._meta
    pk = meta.pk
    for instance in instances:
        if instance.__dict__[pk.attname] is None and pk.has_default():
            instance.__dict__[pk.attname] = pk.get_default()
        instance._take_keys_of_related()
    without = [i for i in instances if pk.is_auto and i.__dict__[pk.attname] is None]
    having = [i for i in instances if not (pk.is_auto and i.__dict__[pk.attname] is None)]
    with atomic(database, savepoint=False):
        for group, fields in ((having, list(meta.fields)), (without, [f for f in meta.fields if f is not pk])):
            size = min(batch_size or _ROWS, max(_PARAMETERS // max(len(fields), 1), 1)) if fields else 1
            for start in range(0, len(group), size):
                _insert_batch(database, meta, group[start : start + size], fields, group is without, conflict)
    for instance in instances:
        instance.__dict__["_s"] = State(database)


def _insert_batch(
    database: Database, meta: Any, batch: list[Any], fields: list[Field[Any]], counted: bool, conflict: Conflict
) -> None:
    backend = database.backend
    ignore, update, _, _ = conflict
    slots = [_Slot(field, backend.name) for field in fields]
    params: list[Any] = []
    for instance in batch:
        values, computed = _values(slots, instance, add=True, raw=False)
        if computed:
            names = [field.name for field, value in zip(fields, values, strict=True) if hasattr(value, "resolve")]
            raise FieldError(f"bulk_create() takes values, no expressions ({', '.join(names)}).")
        params += values
    sql = _insert_sql(backend, meta, fields, len(batch)) + _on_conflict(backend, meta, conflict)
    if ignore and backend.name == "mysql":
        sql = "INSERT IGNORE" + sql.removeprefix("INSERT")
    if not counted or ignore or update or not backend.returning:
        database.run(sql, params)
        return
    pk = meta.pk
    rows = database.fetch(f"{sql} RETURNING {backend.quote(pk.column)}", params)
    keys = [row[0] for row in rows]
    for instance, key in zip(batch, sorted(keys) if backend.name == "sqlite" else keys, strict=True):
        instance.__dict__[pk.attname] = key


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
    if any(field.primary_key for field in fields):
        raise ValueError("bulk_update() cannot be used with primary key fields.")
    if any(instance.pk is None for instance in instances):
        raise ValueError("All bulk_update() objects must have a primary key set.")
    size = min(batch_size or 500, max(_PARAMETERS // (len(fields) * 2 + 1), 1))
    changed = 0
    with atomic(rows._write_database, savepoint=False):
        for start in range(0, len(instances), size):
            batch = instances[start : start + size]
            changes = {field.attname if field.is_relation else field.name: _cases(field, batch) for field in fields}
            changed += rows.filter(pk__in=[instance.pk for instance in batch]).update(**changes)
    return changed


def _cases(field: Field[Any], batch: list[Any]) -> Case:
    branches = []
    for instance in batch:
        value = getattr(instance, field.attname)
        branches.append(When(pk=instance.pk, then=value if hasattr(value, "resolve") else _typed(field, value)))
    return Case(*branches, output_field=field)


def _typed(field: Field[Any], value: Any) -> Value:
    made = Value(None)
    made.output_field, made.value = field, field.get_prep_value(value)
    return made
