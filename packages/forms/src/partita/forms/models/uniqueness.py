"""Values that must be unique, compared among the forms of one set: the database cannot know of them yet."""

from collections.abc import Iterator, Sequence
from typing import Any

from partita.contracts.i18n import gettext, gettext_lazy
from partita.forms.models.forms import ModelForm
from partita.orm import Model
from partita.validation import ValidationError

__all__ = ("check_unique_rows",)

_ONE = gettext_lazy("Please correct the duplicate data for %(field)s.")
_SEVERAL = gettext_lazy("Please correct the duplicate data for %(field)s, which must be unique.")
_DATE = gettext_lazy(
    "Please correct the duplicate data for %(field_name)s which must be unique for the %(lookup)s in %(date_field)s."
)
_FORM = gettext_lazy("Please correct the duplicate values below.")


def check_unique_rows(forms: Sequence[ModelForm[Any]], model: type[Model], same_for_all: frozenset[str]) -> None:
    """Refuse the second of two valid forms that give the same unique values.

    Args:
        forms: The forms that stay.
        model: Their model.
        same_for_all: Fields that have the same value in all forms, so that it goes without saying.

    Raises:
        ValidationError: With a text for each group of fields; each form that repeats another has an error, too.
    """
    errors: list[ValidationError] = []
    for group in _groups(model):
        names = [name for name in group if name not in same_for_all]
        if names and _repeated(forms, [(name, "") for name in names], names):
            shown = _joined(names)
            errors.append(
                ValidationError(_ONE if len(names) == 1 else _SEVERAL, code="unique", params={"field": shown})
            )
    for name, lookup, date_field in _date_checks(model):
        if _repeated(forms, [(date_field, lookup), (name, "")], [name]):
            params = {"field_name": name, "date_field": date_field, "lookup": gettext(lookup)}
            errors.append(ValidationError(_DATE, code="unique_for_date", params=params))
    if errors:
        raise ValidationError(errors)


def _repeated(forms: Sequence[ModelForm[Any]], parts: list[tuple[str, str]], names: list[str]) -> bool:
    seen: set[tuple[object, ...]] = set()
    repeated = False
    for form in forms:
        if not form.cleaned_data or any(name not in form.cleaned_data for name, _ in parts):
            continue
        values = tuple(_part(form.cleaned_data[name], lookup) for name, lookup in parts)
        if None in values:
            continue
        if values in seen:
            repeated = True
            form.add_error(None, ValidationError(_FORM, code="unique"))
            for name in names:
                form.cleaned_data.pop(name, None)
        seen.add(values)
    return repeated


def _groups(model: type[Model]) -> Iterator[tuple[str, ...]]:
    meta = model._meta
    for field in meta.fields:
        if field.unique and not (field.primary_key and field.is_auto):
            yield (field.name,)
    yield from meta.unique_together
    for constraint in meta.constraints:
        names = getattr(constraint, "fields", ())
        if names and getattr(constraint, "condition", None) is None:
            yield tuple(names)


def _date_checks(model: type[Model]) -> Iterator[tuple[str, str, str]]:
    for field in model._meta.fields:
        for lookup in ("date", "year", "month"):
            date_field = getattr(field, f"unique_for_{lookup}", None)
            if date_field:
                yield field.name, lookup, date_field


def _part(value: Any, lookup: str) -> object:
    if not lookup or value is None:
        return _hashable(value)
    if lookup == "date":
        return value.date() if hasattr(value, "date") else value
    return getattr(value, lookup)


def _hashable(value: Any) -> object:
    if isinstance(value, Model):
        return (type(value), value.pk) if value.pk is not None else id(value)
    if isinstance(value, dict):
        return tuple(sorted((key, _hashable(one)) for key, one in value.items()))
    return tuple(_hashable(one) for one in value) if isinstance(value, list | tuple | set) else value


def _joined(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
