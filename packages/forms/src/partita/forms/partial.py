"""One field of a form, checked while somebody fills in the others: for htmx, Turbo, Unpoly or a few lines of ``fetch``."""

from markupsafe import Markup

from partita.forms.form import BaseForm

__all__ = ("acheck_field", "check_field")


def check_field(form: BaseForm, name: str) -> Markup:
    """Return the group of one field (label, help text, errors, control) of a form sent so far.

    The whole form is validated, because fields depend on each other; but only the errors of this one are shown.

    Args:
        form: The form with what was sent, unfinished as it may be.
        name: The name of the field in the form.

    Raises:
        FieldNameError: If there is no such field; answer 404.
    """
    field = form[name]
    form.is_valid()
    return field.as_field_group()


async def acheck_field(form: BaseForm, name: str) -> Markup:
    """Async twin of `check_field`, for forms with async hooks."""
    field = form[name]
    await form.ais_valid()
    return field.as_field_group()
