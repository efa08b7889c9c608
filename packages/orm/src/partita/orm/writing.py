"""Saving one row: its INSERT or UPDATE, and those of its parents."""

from collections.abc import Sequence
from types import NoneType
from typing import Any

from partita.orm.backends import Backend
from partita.orm.database import Database
from partita.orm.errors import FieldError
from partita.orm.expressions import Scope
from partita.orm.fields import DateTimeField, Field, JSONField
from partita.orm.fields.base import DATABASE_DEFAULT
from partita.orm.fields.composite import key_state
from partita.orm.moments import clocked, has_own_clock

__all__ = (
    "Slot",
    "computed_values",
    "insert_sql",
    "left_to_database",
    "save_row",
    "slot_columns",
    "slot_values",
    "take_returned",
)

_ANY = "\x02"  # stands for the mark of a parameter until its number is known


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
    inserted = force_insert is True
    if model._meta.parents and not raw:
        inserted |= _save_parents(model, instance, database, forced, force_update, names, set())
    is_forced = inserted or (bool(forced) and _is_forced(model, forced))
    return _save_table(model, instance, database, raw, is_forced, force_update, names)


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
        if names is not None and not fields:
            return False  # none of the fields that are asked for is in this table
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


class Slot:
    """How one field's value gets from an instance to the driver."""

    __slots__ = ("attname", "check", "convert", "field", "plain", "pre_save")

    def __init__(self, field: Field[Any], dialect: str) -> None:
        self.field, self.attname = field, field.attname
        self.pre_save = None if type(field).pre_save is Field.pre_save else clocked(field.pre_save, dialect)
        self.plain = field.takes_plain()
        self.convert = field.to_driver(dialect)
        self.check = None if type(field).check_storable is Field.check_storable else field.check_storable

    def driver_value(self, value: Any) -> Any:
        """Return what the driver takes for a value of whatever type; an expression as it is."""
        if value is DATABASE_DEFAULT:
            value = self.field.default_expression()
        if value is None or hasattr(value, "resolve"):
            return value
        if type(value) is not self.plain:
            value = self.field.get_prep_value(value)
            if self.check is not None and value is not None:
                self.check(value)
        return value if value is None or self.convert is None else self.convert(value)


def slot_values(slots: Sequence[Slot], instance: Any, *, add: bool, raw: bool) -> tuple[list[Any], bool]:
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
        if value is not None:
            if type(value) is not slot.plain:
                value = slot.driver_value(value)
                computed = computed or hasattr(value, "resolve")
            elif slot.convert is not None:
                value = slot.convert(value)
        values.append(value)
    return values, computed


def slot_columns(slots: Sequence[Slot], instances: Sequence[Any]) -> tuple[list[list[Any]], bool]:
    """Return what the driver takes for new rows, column by column, and whether expressions are among it."""
    known = [instance.__dict__ for instance in instances]
    columns: list[list[Any]] = []
    computed = False
    for slot in slots:
        attname, convert = slot.attname, slot.convert
        if slot.pre_save is not None:
            values = [slot.pre_save(instance, True) for instance in instances]
        else:
            try:
                values = [row[attname] for row in known]
            except KeyError:  # one that is computed, or loaded as it is asked for
                values = [getattr(instance, attname) for instance in instances]
        if not {slot.plain, NoneType}.issuperset(map(type, values)):
            values = [slot.driver_value(value) for value in values]
            computed = computed or any(hasattr(value, "resolve") for value in values)
        elif convert is not None:
            values = [None if value is None else convert(value) for value in values]
        columns.append(values)
    return columns, computed


class _Statement:
    """SQL that writes rows of one model, with the values it takes."""

    __slots__ = ("slots", "sql")

    def __init__(self, sql: str, fields: Sequence[Field[Any]], dialect: str) -> None:
        self.sql = sql
        self.slots = [Slot(field, dialect) for field in fields]


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
    values, computed = slot_values(statement.slots, instance, add=False, raw=raw)
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
    rows = model._base_manager.using(database).filter(pk=key)
    unknown = [field for field, value in zip(fields, values, strict=True) if hasattr(value, "resolve")]
    unknown += [field for field in model._meta.database_fields if field.generated]
    known = instance.__dict__
    if not database.backend.returning:
        changed = bool(rows.update(**changes))
        if changed:  # else it is inserted next, with what the database is to give
            for field in unknown:
                known.pop(field.attname, None)  # known again when it is asked for
        return changed
    found = rows._update_giving(changes, unknown)
    for row in found:
        take_returned(known, [(field.attname, field.from_driver(database.vendor)) for field in unknown], row)
    return bool(found)


def _insert(model: Any, instance: Any, database: Database, raw: bool) -> None:
    meta = model._meta
    pk = meta.pk
    known = instance.__dict__
    if meta.order_with_respect_to:
        from partita.orm.order_wrt import take_place

        take_place(model, instance, database)
    counted = pk.is_auto and known[pk.attname] is None
    omitted = left_to_database(meta, instance, database.vendor) if meta.database_fields else ()
    backend = database.backend
    shape = ("insert", model, counted, *omitted)
    plan = backend.plans.get(shape)
    if plan is None:
        fields = [field for field in meta.local_fields if not (counted and field is pk) and field not in omitted]
        sql = insert_sql(backend, meta, fields, 1)
        wanted = [pk] if counted and (backend.name == "postgresql" or omitted) else []
        wanted += omitted
        returned = wanted if backend.returning else []
        if returned:
            sql += f" RETURNING {', '.join(backend.quote(field.column) for field in returned)}"
        plan = (_Statement(sql, fields, backend.name), [(f.attname, f.from_driver(backend.name)) for f in returned])
        backend.plans.put(shape, plan)
    statement, returned = plan
    params, computed = slot_values(statement.slots, instance, add=True, raw=raw)
    if computed:
        params = computed_values(model, instance, database, statement.slots, params)
    if returned:
        take_returned(known, returned, database.fetch(statement.sql, params)[0])
        return
    _, last = database.run(statement.sql, params)
    if counted:
        known[pk.attname] = last
    for field in omitted:
        known.pop(field.attname, None)  # loaded when it is asked for; an update that was tried first has taken it away


def left_to_database(meta: Any, instance: Any, vendor: str) -> tuple[Field[Any], ...]:
    """Return the fields whose values the database gives; not moments, where tables' definitions know another clock than ours."""
    known = instance.__dict__
    return tuple(
        f
        for f in meta.database_fields
        if f.generated
        or (known.get(f.attname) is DATABASE_DEFAULT and not (isinstance(f, DateTimeField) and has_own_clock(vendor)))
    )


def take_returned(known: dict[str, Any], returned: Sequence[tuple[str, Any]], row: Sequence[Any]) -> None:
    for (attname, convert), value in zip(returned, row, strict=True):
        known[attname] = value if convert is None or value is None else convert(value)


def computed_values(
    model: Any, instance: Any, database: Database, slots: Sequence[Slot], values: list[Any]
) -> list[Any]:
    """Return values with those that are expressions computed by the database first."""
    from partita.orm.compiler import Compiler
    from partita.orm.query import Query

    computed = []
    for slot, value in zip(slots, values, strict=True):
        if not hasattr(value, "resolve"):
            computed.append(value)
            continue
        field = slot.field
        from sqlalchemy import select

        resolved = value.resolve(Scope(model, {}))
        if resolved.contains_aggregate:
            raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r:.60}).")
        if resolved.windowed:
            raise FieldError(f"Window expressions are not allowed in this query ({field.name}={value!r:.60}).")
        leaves: list[Any] = []
        resolved.shape(leaves)
        compiler = Compiler(database.backend, Query(model), leaves)
        statement = select(resolved.compile(compiler))
        if statement.get_final_froms():
            raise FieldError(
                f'Failed to insert expression "{value!r:.80}" on {model._meta.label}.{field.name}. '
                "F() expressions can only be used to update, not to insert: a new row has no columns that F() could refer to."
            )
        plan = compiler.plan(statement)
        convert = field.from_driver(database.vendor)
        found = database.fetch(plan.sql, plan.bind(leaves))[0][0]
        made = found if convert is None or found is None else convert(found)
        instance.__dict__[field.attname] = made
        ready = field.get_prep_value(made)
        is_null = ready is None and not (isinstance(field, JSONField) and found is not None)  # which JSON's null is not
        computed.append(ready if slot.convert is None or is_null else slot.convert(ready))
    return computed


def insert_sql(backend: Backend, meta: Any, fields: Sequence[Field[Any]], rows: int) -> str:
    table = backend.quote(meta.db_table)
    if not fields:
        empty = "() VALUES ()" if backend.name == "mysql" else "DEFAULT VALUES"
        return f"INSERT INTO {table} {empty}"
    columns = ", ".join(backend.quote(field.column) for field in fields)
    if backend.style != "numeric":  # each row has the same marks
        group = ", ".join([field.placeholder(backend.placeholder(0), backend.name) for field in fields])
        return f"INSERT INTO {table} ({columns}) VALUES {', '.join([f'({group})'] * rows)}"
    width = len(fields)
    marks = [field.placeholder(_ANY, backend.name) for field in fields]
    groups = ", ".join(
        f"({', '.join([mark.replace(_ANY, backend.placeholder(row * width + at)) for at, mark in enumerate(marks)])})"
        for row in range(rows)
    )
    return f"INSERT INTO {table} ({columns}) VALUES {groups}"
