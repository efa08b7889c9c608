"""The lines of a form: something to fill in, or something to read."""

from typing import TYPE_CHECKING, Any

import msgspec
from markupsafe import Markup

from partita.admin.columns import make_column
from partita.admin.values import show_value
from partita.forms import CheckboxInput
from partita.forms.models import ModelForm
from partita.http import Request

if TYPE_CHECKING:
    from partita.admin.base_options import BaseModelAdmin

__all__ = ("FormRow", "FormSection", "row_of", "sections_of")


class FormRow(msgspec.Struct, frozen=True):
    """One line of a form: something to fill in, or something to read."""

    is_input: bool
    field: Any = None
    label: Any = ""
    is_check: bool = False
    text: str = ""
    html: Markup = Markup()


class FormSection(msgspec.Struct, frozen=True):
    """Lines that belong together."""

    title: str
    description: str
    rows: list[FormRow]
    tabs: str = ""
    is_open: bool = False
    language: str = ""


def sections_of(
    admin: "BaseModelAdmin", request: Request, form: ModelForm[Any], obj: Any, may_save: bool
) -> list[FormSection]:
    """Return the groups of lines that ``admin`` has for ``obj``; without ``may_save`` they are only to be read."""
    return [
        FormSection(
            each.title,
            each.description,
            [
                row_of(admin, form, name, obj, may_save)
                for name in each.fields
                if may_save or not _is_only_filled_in(admin, form, name)
            ],
            each.tabs,
            each.is_open,
            each.language,
        )
        for each in admin.get_fieldsets(request, obj)
    ]


def _is_only_filled_in(admin: "BaseModelAdmin", form: ModelForm[Any], name: str) -> bool:
    """Tell whether the form has a line for ``name`` and the object nothing to read, as for a new password."""
    if name not in form.fields or hasattr(admin, name) or hasattr(admin.model, name):
        return False
    return name not in {field.name for field in admin.model._meta.get_fields()}


def row_of(admin: "BaseModelAdmin", form: ModelForm[Any], name: str, obj: Any, may_save: bool) -> FormRow:
    """Return the line of one field, or of what is shown under its name."""
    if may_save and name in form.fields:
        bound = form[name]
        is_check = isinstance(bound.field.widget, CheckboxInput)
        return FormRow(True, bound, bound.label_tag(), is_check)
    column = make_column(admin, name, longest=None)
    html = show_value(None, admin.empty_value_display) if obj is None else column.show(obj)
    return FormRow(False, text=column.text, html=html)
