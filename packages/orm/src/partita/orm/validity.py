"""Whether an instance may be saved: its fields, its uniqueness, its constraints."""

from collections.abc import Collection
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.validation import NON_FIELD_ERRORS, ValidationError

__all__ = ("clean_fields", "full_clean", "not_unique", "taken", "validate_constraints", "validate_unique")

_TOGETHER = gettext_lazy("%(model_name)s with this %(field_labels)s already exists.")


def full_clean(instance: Any, exclude: Collection[str] | None, unique: bool, constraints: bool) -> None:
    """Check everything, and raise all errors together."""
    errors: dict[str, list[ValidationError]] = {}
    left_out = set(exclude or ())
    try:
        instance.clean_fields(exclude=left_out)
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    try:
        instance.clean()
    except ValidationError as error:
        errors = error.update_error_dict(errors)
    left_out |= {name for name in errors if name != NON_FIELD_ERRORS}
    for wanted, check in ((unique, instance.validate_unique), (constraints, instance.validate_constraints)):
        if wanted:
            try:
                check(exclude=left_out)
            except ValidationError as error:
                errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)


def clean_fields(instance: Any, exclude: Collection[str] | None) -> None:
    """Convert and check each field."""
    errors: dict[str, list[ValidationError]] = {}
    left_out = exclude or ()
    for field in instance._meta.fields:
        if field.name in left_out:
            continue
        value = getattr(instance, field.attname)
        if hasattr(value, "resolve") or (field.blank and value in field.empty_values):
            continue
        try:
            setattr(instance, field.attname, field.clean(value, instance))
        except ValidationError as error:
            errors[field.name] = error.error_list
    if errors:
        raise ValidationError(errors)


def validate_unique(instance: Any, exclude: Collection[str] | None) -> None:
    """Check that no other row has the same unique values."""
    errors: dict[str, list[ValidationError]] = {}
    left_out = set(exclude or ())
    meta = instance._meta
    groups: list[tuple[str, ...]] = [(field.name,) for field in meta.fields if field.unique]
    groups.extend(meta.unique_together)
    for names in groups:
        if left_out & set(names):
            continue
        lookups = {}
        for name in names:
            field = meta.get_field(name)
            value = getattr(instance, field.attname)
            if value is None or (field.primary_key and not instance.__dict__["_s"].adding):
                break
            lookups[field.attname if field.is_relation else name] = value
        else:
            if taken(instance, lookups):
                key = names[0] if len(names) == 1 else NON_FIELD_ERRORS
                errors.setdefault(key, []).append(not_unique(instance, names))
    if errors:
        raise ValidationError(errors)


def taken(instance: Any, lookups: dict[str, Any]) -> bool:
    """Return whether another row matches."""
    database = instance._write_database(None)
    rows = type(instance)._meta.concrete_model._base_manager.using(database).filter(**lookups)
    if not instance.__dict__["_s"].adding and instance.pk is not None:
        rows = rows.exclude(pk=instance.pk)
    return bool(rows.exists())


def not_unique(instance: Any, names: tuple[str, ...]) -> ValidationError:
    """Return the error for a row whose values another one has."""
    meta = instance._meta
    model_name = str(meta.verbose_name)
    shown = model_name[:1].upper() + model_name[1:]
    if len(names) == 1:
        field = meta.get_field(names[0])
        label = str(field.verbose_name)
        return ValidationError(
            field.error_messages["unique"],
            "unique",
            {"model_name": shown, "field_label": label[:1].upper() + label[1:], "model": type(instance).__name__},
        )
    labels = [str(meta.get_field(name).verbose_name) for name in names]
    joined = " and ".join(label[:1].upper() + label[1:] for label in labels)
    return ValidationError(_TOGETHER, "unique_together", {"model_name": shown, "field_labels": joined})


def validate_constraints(instance: Any, exclude: Collection[str] | None) -> None:
    """Check Meta.constraints."""
    errors: dict[str, list[ValidationError]] = {}
    for constraint in instance._meta.constraints:
        try:
            constraint.validate(type(instance), instance, exclude=exclude)
        except ValidationError as error:
            error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)
