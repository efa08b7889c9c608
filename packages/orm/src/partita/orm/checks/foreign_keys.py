"""What may be wrong with fields that point to one row of another model."""

from collections.abc import Iterator
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.accessors import check_relation
from partita.orm.checks.findings import Databases, error, lacking, warning
from partita.orm.errors import FieldDoesNotExist

__all__ = ("check_foreign_key", "unique_groups")

_IN_DATABASE = {
    "DB_CASCADE": "supports_on_delete_db_cascade",
    "DB_SET_NULL": "supports_on_delete_db_null",
    "DB_SET_DEFAULT": "supports_on_delete_db_default",
}


def check_foreign_key(field: Any, databases: Databases) -> Iterator[Finding]:
    """Yield what is wrong with a foreign key, a one-to-one field or a relation by several columns."""
    yield from check_relation(field)
    if field.related_model is not None and not field.model._meta.abstract:
        yield from _target(field)
    if not field.is_foreign_key:
        return
    yield from _rule(field, databases)
    if field.many_to_one and getattr(field, "_unique", False):
        yield warning(
            "fields.W342",
            "Setting unique=True on a ForeignKey has the same effect as using a OneToOneField.",
            field,
            "ForeignKey(unique=True) is usually better served by a OneToOneField.",
        )


def _target(field: Any) -> Iterator[Finding]:
    """Yield that the fields pointed to are not there, or do not find one row."""
    meta = field.related_model._meta
    named = list(getattr(field, "to_fields", ())) or ([field.to_field] if getattr(field, "to_field", None) else [])
    found = []
    for name in named:
        try:
            found.append(meta.get_field(name))
        except FieldDoesNotExist:
            yield error(
                "fields.E312", f"The to_field '{name}' doesn't exist on the related model '{meta.label}'.", field
            )
    if not named or len(found) < len(named):
        return
    names = {each.name for each in found}
    if any(group <= names for group in unique_groups(meta)):
        return
    if len(found) > 1:
        combined = ", ".join(f"'{each.name}'" for each in found)
        yield error(
            "fields.E310",
            f"No subset of the fields {combined} on model '{meta.object_name}' is unique.",
            field,
            "Mark a single field as unique=True or add a set of fields to a unique constraint (via unique_together or a "
            "UniqueConstraint (without condition) in the model Meta.constraints).",
        )
    else:
        yield error(
            "fields.E311",
            f"'{meta.object_name}.{found[0].name}' must be unique because it is referenced by a foreign key.",
            field,
            "Add unique=True to this field or add a UniqueConstraint (without condition) in the model Meta.constraints.",
        )


def unique_groups(meta: Any) -> Iterator[set[str]]:
    """Yield the names of fields whose values find at most one row."""
    for field in meta.fields:
        if field.unique:
            yield {field.name}
    if meta.pk.is_tuple:
        yield {field.name for field in meta.pk.fields}
    for group in meta.unique_together:
        yield set(group)
    for constraint in meta.constraints:
        fields = getattr(constraint, "fields", ())
        whole = getattr(constraint, "condition", None) is None and not getattr(constraint, "expressions", ())
        if fields and whole and hasattr(constraint, "nulls_distinct"):
            yield set(fields)


def _rule(field: Any, databases: Databases) -> Iterator[Finding]:
    rule = field.on_delete.name
    if rule in ("SET_NULL", "DB_SET_NULL") and not field.null:
        yield error(
            "fields.E320",
            f"Field specifies on_delete={rule}, but cannot be null.",
            field,
            "Set null=True argument on the field, or change the on_delete rule.",
        )
    elif rule == "SET_DEFAULT" and not field.has_default():
        yield error(
            "fields.E321",
            "Field specifies on_delete=SET_DEFAULT, but has no default value.",
            field,
            "Set a default value, or change the on_delete rule.",
        )
    elif rule == "DB_SET_DEFAULT" and not field.has_db_default():
        yield error(
            "fields.E322",
            "Field specifies on_delete=DB_SET_DEFAULT, but has no db_default value.",
            field,
            "Set a db_default value, or change the on_delete rule.",
        )
    elif rule in _IN_DATABASE:
        for name in lacking(databases, field.model._meta, _IN_DATABASE[rule]):
            yield error(
                "fields.E324",
                f"{name} does not support a {rule}.",
                field,
                "Change the on_delete rule to a Python-level one.",
            )
    if rule != "DO_NOTHING":
        yield from _mixed(field, bool(field.on_delete.in_database))


def _mixed(field: Any, in_database: bool) -> Iterator[Finding]:
    """Yield that rows which the database deletes have others behind them which only Python would delete, or the reverse."""
    target = field.related_model
    if target is None:
        return
    for key in target._meta.foreign_keys:
        rule = key.on_delete
        if rule.name != "DO_NOTHING" and bool(rule.in_database) != in_database and key is not field:
            ours, theirs = ("database", "Python") if in_database else ("Python", "database")
            yield error(
                "fields.E323",
                f"Field specifies {ours}-level on_delete variant, but referenced model uses {theirs}-level variant.",
                field,
                "Use either database or Python on_delete variants uniformly in the references chain.",
            )
            return
