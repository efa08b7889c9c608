"""What the templates of forms get: fields, hidden fields, errors of the whole, a summary of all errors."""

from typing import TYPE_CHECKING, Any

from partita.contracts.i18n import gettext
from partita.forms.bound import BoundField
from partita.forms.error_lists import ErrorList
from partita.validation import NON_FIELD_ERRORS, Message

if TYPE_CHECKING:
    from partita.forms.form import BaseForm

__all__ = ("form_context", "summary_context")


def form_context(form: "BaseForm") -> dict[str, Any]:
    """Return the form, its visible fields each with its errors, its hidden fields, and the errors of the whole."""
    bound = form.is_bound
    fields: list[tuple[BoundField, ErrorList | str]] = []
    hidden: list[BoundField] = []
    for field in form:
        if field.is_hidden:
            hidden.append(field)
        else:
            fields.append((field, field.errors if bound and field.name in form.errors else ""))
    return {"form": form, "fields": fields, "hidden_fields": hidden, "errors": _top_errors(form, hidden)}


def summary_context(form: "BaseForm", heading: Message | None = None) -> dict[str, Any]:
    """Return heading, ``id`` and entries of a summary: pairs of the ``id`` of a control (or nothing) and a text."""
    entries: list[tuple[str, str]] = []
    for name, errors in form.errors.items() if form.is_bound else ():
        if name == NON_FIELD_ERRORS or name not in form.fields:
            entries += [("", text) for text in errors]
            continue
        field = form[name]
        target = "" if field.is_hidden else _first_control(field)
        entries += [(target, f"{field.label}: {text}" if field.label else text) for text in errors]
    return {
        "title": heading or gettext("There is a problem"),
        "id": f"{form.prefix}-error-summary" if form.prefix else "error-summary",
        "entries": entries,
    }


def _first_control(field: BoundField) -> str:
    """Return the ``id`` of the control that a link to the field shall focus."""
    if not field.use_fieldset:
        return field.id_for_label or field.auto_id
    return next((one.id_for_label for one in field.subwidgets if one.id_for_label), field.auto_id)


def _top_errors(form: "BaseForm", hidden: list[BoundField]) -> ErrorList:
    errors = form.non_field_errors()
    if not form.is_bound or not any(field.errors for field in hidden):
        return errors
    errors = errors.copy()
    for field in hidden:
        errors.extend(
            gettext("(Hidden field %(name)s) %(error)s") % {"name": field.name, "error": text} for text in field.errors
        )
    return errors
