"""Sets of forms as rows that people add and remove in the page: with a small script, and without it by a button.

The page needs ``rows.js`` of this package once: `ROWS_SCRIPT` names it for ``class Media``, `ROWS_SCRIPT_FILE` is the file.
It is an external file without dependencies, so a content security policy needs no exception for it. Without it, the button
sends what was typed so far, the set answers that it is not valid, and shows itself again with one row more.
"""

from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from partita.contracts.i18n import gettext
from partita.forms.formsets import ADD_BUTTON_NAME, DELETION_FIELD_NAME, BaseFormSet
from partita.forms.media import Script
from partita.forms.rendering.attributes import fill_html, write_attributes
from partita.validation import Message

__all__ = ("ROWS_SCRIPT", "ROWS_SCRIPT_FILE", "STATIC", "write_rows")

STATIC: Final = Path(__file__).with_name("static")
"""The folder of this package's static files."""
ROWS_SCRIPT_FILE: Final = STATIC / "partita" / "forms" / "rows.js"
"""The script."""
ROWS_SCRIPT: Final = Script("partita/forms/rows.js", defer=True)
"""The script as a file of ``class Media``."""

# The Enter key in a field presses the first button of a form. Without this one, that would be the button for one more row.
_DEFAULT_BUTTON: Final = Markup('<button type="submit" hidden></button>')


def write_rows(formset: "BaseFormSet[Any]", name: Message | None = None) -> Markup:
    """Return the hidden numbers, a group for each form, an empty one as a template for the script, and the button.

    Args:
        formset: The set.
        name: What one form is called; "Row" unless given.
    """
    shown = gettext("Row") if name is None else str(name)
    rows = Markup("\n").join(_row(shown, str(index), form) for index, form in enumerate(formset.forms, 1))
    mark = write_attributes(
        {
            "class": "rows",
            "data-rows": formset.prefix,
            "data-rows-max": min(formset.max_num, formset.absolute_max),
            "data-rows-remove": gettext("Remove") if formset.can_delete else None,
            "data-rows-added": gettext("%(name)s %(number)s added.") % {"name": shown, "number": "{}"},
            "data-rows-removed": gettext("%(name)s %(number)s removed.") % {"name": shown, "number": "{}"},
        }
    )
    return fill_html(
        '<div%s>\n%s\n%s\n%s\n<div data-rows-list>\n%s\n</div>\n%s\n<p role="status" data-rows-status></p>\n</div>',
        mark,
        _DEFAULT_BUTTON,
        formset.management_form,
        formset.non_form_errors(),
        rows,
        _more(formset, shown),
    )


def _row(name: str, number: str, form: Any) -> Markup:
    legend = fill_html("<legend>%s <span data-row-number>%s</span></legend>", name, number)
    removed = form.is_bound and DELETION_FIELD_NAME in form.fields and bool(form[DELETION_FIELD_NAME].value())
    mark = Markup(" data-row-removed") if removed else Markup()
    return fill_html('<fieldset class="row" data-row%s>\n%s\n%s\n</fieldset>', mark, legend, form)


def _more(formset: "BaseFormSet[Any]", name: str) -> Markup:
    if getattr(formset, "edit_only", False):
        return Markup()
    button = {
        "type": "submit",
        "name": f"{formset.prefix}-{ADD_BUTTON_NAME}",
        "value": "1",
        "formnovalidate": True,
        "data-rows-add": True,
        "hidden": len(formset.forms) >= min(formset.max_num, formset.absolute_max),
    }
    return fill_html(
        "<template data-rows-template>\n%s\n</template>\n<button%s>%s</button>",
        _row(name, "", formset.empty_form),
        write_attributes(button),
        gettext("Add another: %(name)s") % {"name": name},
    )
