"""What may be wrong with fields that relate many rows to many."""

from collections.abc import Iterator
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.accessors import check_relation, is_missing
from partita.orm.checks.findings import error, warning
from partita.orm.databases import find_databases

__all__ = ("check_many",)


def check_many(field: Any) -> Iterator[Finding]:
    """Yield what is wrong with a many-to-many field."""
    yield from check_relation(field)
    if field._unique:
        yield error("fields.E330", "ManyToManyFields cannot be unique.", field)
    yield from _ignored(field)
    if not field.model._meta.abstract:
        yield from _through(field)
        yield from _table(field)
        yield from _rules(field)


def _rules(field: Any) -> Iterator[Finding]:
    """Yield which rows go by the database alone, that have rows in a table between which go by Python."""
    if field.through is None or not field.through._meta.auto_created:
        return
    sides = [field.model] if field.related_model in (None, field.model) else [field.model, field.related_model]
    for key in [key for model in sides for key in model._meta.foreign_keys]:
        if key.on_delete.in_database:
            yield error(
                "fields.E323",
                "Field specifies database-level on_delete variant, but auto-created intermediary model uses Python-level "
                "variant.",
                key,
                "Use either one of the Python on_delete variants or create a through model for "
                f"{field.model._meta.label}.{field.name}.",
            )


def _ignored(field: Any) -> Iterator[Finding]:
    if field.null:
        yield warning("fields.W340", "null has no effect on ManyToManyField.", field)
    if field._validators:
        yield warning("fields.W341", "ManyToManyField does not support validators.", field)
    given = field._related_name
    if field.symmetrical and given and not given.endswith("_rel_+"):
        yield warning(
            "fields.W345",
            'related_name has no effect on ManyToManyField with a symmetrical relationship, e.g. to "self".',
            field,
        )
    if field.db_comment:
        yield warning("fields.W346", "db_comment has no effect on ManyToManyField.", field)


def _through(field: Any) -> Iterator[Finding]:
    through: Any = field.through
    if through is None or is_missing(field, through):
        shown: Any = field._through or field.through
        name = shown if isinstance(shown, str) else shown._meta.label
        yield error(
            "fields.E331",
            f"Field specifies a many-to-many relation through model '{name}', which has not been installed.",
            field,
        )
        return
    if through._meta.auto_created:
        return
    keys = [each for each in (*through._meta.fields, *through._meta.private_fields) if each.is_foreign_key]
    own, other = field.model, field.related_model
    other_name = field.target_label if other is None else other._meta.object_name
    to_own = sum(key.related_model is own for key in keys)
    to_other = 0 if other is None else sum(key.related_model is other for key in keys)
    model = f"{field.model._meta.label}.{field.name}"
    if own is other:
        if to_own > 2 and not field.through_fields:
            yield error(
                "fields.E333",
                f"The model is used as an intermediate model by '{model}', but it has more than two foreign keys to "
                f"'{own._meta.object_name}', which is ambiguous. You must specify which two foreign keys partita should use "
                "via the through_fields keyword argument.",
                through,
                "Use through_fields to specify which two foreign keys partita should use.",
            )
        if to_own < 2:
            yield _without_keys(field, model)
    else:
        hint = f'If you want to create a recursive relationship, use ManyToManyField("self", through="{through.__name__}").'
        for id, count, way, there in (
            ("fields.E334", to_own, "from", own._meta.object_name),
            ("fields.E335", to_other, "to", other_name),
        ):
            if count > 1 and not field.through_fields:
                yield error(
                    id,
                    f"The model is used as an intermediate model by '{model}', but it has more than one foreign key {way} "
                    f"'{there}', which is ambiguous. You must specify which foreign key partita should use via the "
                    "through_fields keyword argument.",
                    field,
                    hint,
                )
        if not (to_own and to_other):
            yield _without_keys(field, model)
    if field.through_fields is not None:
        yield from _named_ends(field)


def _without_keys(field: Any, model: str) -> Finding:
    target = field.related_model
    own, other = field.model._meta.object_name, field.target_label if target is None else target._meta.object_name
    return error(
        "fields.E336",
        f"The model is used as an intermediate model by '{model}', but it does not have a foreign key to '{own}' or '{other}'.",
        field.through,
    )


def _named_ends(field: Any) -> Iterator[Finding]:
    named = field.through_fields
    meta = field.through._meta
    if len(named) < 2 or not (named[0] and named[1]):
        yield error(
            "fields.E337",
            "Field specifies 'through_fields' but does not provide the names of the two link fields that should be used for "
            f"the relation through model '{meta.label}'.",
            field,
            "Make sure you specify 'through_fields' as through_fields=('field1', 'field2')",
        )
        return
    members = (*meta.fields, *meta.private_fields)
    for name, target in zip(named[:2], (field.model, field.related_model), strict=True):
        shown_target = field.target_label if target is None else target._meta.object_name
        possible = [
            each.name for each in members if each.is_relation and target is not None and each.related_model is target
        ]
        hint = ""
        if possible:
            shown = ", ".join(possible)
            hint = f"Did you mean one of the following foreign keys to '{shown_target}': {shown}?"
        found = next((each for each in members if each.name == name), None)
        if found is None:
            yield error("fields.E338", f"The intermediary model '{meta.label}' has no field '{name}'.", field, hint)
        elif not (found.is_relation and found.related_model is target):
            yield error(
                "fields.E339",
                f"'{meta.object_name}.{name}' is not a foreign key to '{shown_target}'.",
                field,
                hint,
            )


def _table(field: Any) -> Iterator[Finding]:
    through = field.through
    if through is None or is_missing(field, through):
        return
    meta = through._meta
    for model in field.model._meta.registry.get_models(include_auto_created=True):
        other = model._meta
        if (
            other.concrete_model is meta.concrete_model
            or other.db_table != meta.db_table
            or not (other.managed and meta.managed)
            or other.proxy
        ):
            continue
        owner: Any = other.auto_created
        if owner:
            name = next((each.name for each in owner._meta.local_many_to_many if each.through is model), "")
            clash = f"{owner._meta.label}.{name}"
        else:
            clash = other.label
        text = f"The field's intermediary table '{meta.db_table}' clashes with the table name of '{clash}'."
        databases = find_databases()
        if databases is not None and databases.routers:
            yield warning(
                "fields.W344",
                text,
                field,
                f"There are database routers. Verify that the table of '{clash}' is correctly routed to a separate database.",
            )
        else:
            yield error("fields.E340", text, field)
        return
