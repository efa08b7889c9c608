"""Whether an instance may be saved: its fields, its uniqueness, its constraints."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.validation import NON_FIELD_ERRORS, ValidationError

__all__ = (
    "clean_fields",
    "full_clean",
    "not_unique",
    "repeated_date",
    "taken",
    "validate_constraints",
    "validate_unique",
)

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
    for private in instance._meta.private_fields:
        if private.name not in left_out:
            try:
                private.validate_row(instance)
            except ValidationError as error:
                errors[private.name] = error.error_list
    if errors:
        raise ValidationError(errors)


def validate_unique(instance: Any, exclude: Collection[str] | None) -> None:
    """Check that no other row has the same unique values, in the model's own table and in those of its parents."""
    errors: dict[str, list[ValidationError]] = {}
    left_out = set(exclude or ())
    own = instance._meta.concrete_model
    for model in (own, *own._meta.all_parents):
        meta = model._meta
        groups: list[Any] = [(field.name,) for field in meta.local_fields if field.unique and not field.parent_link]
        groups += [(field.name,) for field in meta.private_fields if field.unique]
        if len(meta.pk_fields) > 1 and instance.__dict__["_s"].adding:
            groups.append(tuple(field.name for field in meta.pk_fields))
        for names in [*groups, *meta.unique_together]:
            if left_out & set(names):
                continue
            lookups = _lookups(instance, meta, names)
            if lookups is not None and taken(instance, lookups, model):
                key = names[0] if len(names) == 1 else NON_FIELD_ERRORS
                errors.setdefault(key, []).append(instance.unique_error_message(type(instance), names))
    for error in _repeated_dates(instance, left_out):
        errors.setdefault(error[0], []).append(error[1])
    if errors:
        raise ValidationError(errors)


def _lookups(instance: Any, meta: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """Return what another row with the same values has; None if one of them is no value that could be twice."""
    lookups = {}
    for name in names:
        field = meta.get_field(name)
        value = getattr(instance, field.attname)
        if value is None or (field.primary_key and not instance.__dict__["_s"].adding) or hasattr(value, "resolve"):
            return None
        lookups[field.attname if field.is_relation else name] = value
    return lookups


def _repeated_dates(instance: Any, left_out: set[str]) -> Iterator[tuple[str, ValidationError]]:
    """Yield a field and its error where ``unique_for_date``, ``_month`` or ``_year`` does not hold."""
    own = instance._meta.concrete_model
    for model in (own, *own._meta.all_parents):
        for field in model._meta.local_fields:
            for kind in ("date", "month", "year"):
                other = getattr(field, f"unique_for_{kind}")
                if other is None or field.name in left_out or other in left_out:
                    continue
                day = getattr(instance, other)
                value = getattr(instance, field.attname)
                if day is None or value is None:
                    continue
                parts = ("year", "month", "day") if kind == "date" else (kind,)
                lookups = {f"{other}__{part}": getattr(day, part) for part in parts}
                lookups[field.attname if field.is_relation else field.name] = value
                if taken(instance, lookups, model):
                    yield field.name, instance.date_error_message(kind, field.name, other)


def taken(instance: Any, lookups: dict[str, Any], model: Any = None) -> bool:
    """Return whether another row matches, in the table of ``model`` or the instance's own."""
    database = instance._write_database(None)
    model = model or type(instance)._meta.concrete_model
    rows = model._default_manager.using(database).filter(**lookups)
    key = getattr(instance, model._meta.pk.attname)
    if not instance.__dict__["_s"].adding and key is not None:
        rows = rows.exclude(pk=key)
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


def repeated_date(instance: Any, kind: str, name: str, other: str) -> ValidationError:
    """Return the error for a row whose value another one has on the same day, in the same month or year."""
    meta = instance._meta
    field = meta.get_field(name)
    return ValidationError(
        field.error_messages["unique_for_date"],
        "unique_for_date",
        {
            "model": instance,
            "model_name": _shown(meta.verbose_name),
            "lookup_type": kind,
            "field": name,
            "field_label": _shown(field.verbose_name),
            "date_field": other,
            "date_field_label": _shown(meta.get_field(other).verbose_name),
        },
    )


def _shown(name: Any) -> str:
    text = str(name)
    return text[:1].upper() + text[1:]


def validate_constraints(instance: Any, exclude: Collection[str] | None) -> None:
    """Check Meta.constraints, those of parents' tables too."""
    errors: dict[str, list[ValidationError]] = {}
    for model, constraint in instance.get_constraints():
        try:
            constraint.validate(model, instance, exclude=exclude)
        except ValidationError as error:
            error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)
