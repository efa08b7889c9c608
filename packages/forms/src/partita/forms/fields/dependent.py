"""Choices that depend on what was chosen in another field: the cities of a country."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partita.forms.bound import BoundField
from partita.forms.choices import ChoiceSource
from partita.forms.fields.choices import ChoiceField
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.forms.form import BaseForm

__all__ = ("DependentChoiceField", "refreshed_control")


class DependentChoiceField(ChoiceField):
    """One of the values offered for the value of another field. ::

        class Trip(Form):
            country = ChoiceField(choices=COUNTRIES)
            city = DependentChoiceField(depends_on="country", choices=cities_of, refresh_url="/trip/cities/")

    What was sent is checked against the choices for what was sent there. With ``refresh_url``, the control has the attributes by
    which htmx asks that URL for itself when the other field changes; the view answers with `refreshed_control`. Without JavaScript,
    a city of another country is an error, and the page that shows it offers the right ones.

    Args:
        depends_on: The name of the other field.
        choices: A function of that field's value, None if there is none or if it is refused.
        refresh_url: Where the page gets the control anew.
        **kwargs: As for `ChoiceField`.
    """

    validates_shared = False  # the choices belong to one form

    def __init__(
        self,
        *,
        depends_on: str,
        choices: Callable[[Any], ChoiceSource],
        refresh_url: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.depends_on, self.choices_for, self.refresh_url = depends_on, choices, refresh_url
        super().__init__(**kwargs)

    def get_bound_field(self, form: "BaseForm", name: str) -> BoundField:
        """Return the field with the choices for the value of the other field."""
        other = form[self.depends_on]
        self.choices = self.choices_for(_value_of(other))
        if self.refresh_url is not None:
            selector = f"[name='{other.html_name}']"
            self.widget.attrs |= {
                "hx-get": self.refresh_url,
                "hx-trigger": f"change from:{selector}",
                "hx-include": selector,  # not the whole form: what else it holds has no place in a URL
                "hx-swap": "outerHTML",
            }
        return super().get_bound_field(form, name)


def refreshed_control(form: "BaseForm", name: str) -> Markup:
    """Return the control of one field, with the choices for what was sent so far and without errors.

    Args:
        form: The form with what was sent, unfinished as it may be.
        name: The name of the field in the form.

    Raises:
        FieldNameError: If there is no such field; answer 404.
    """
    bound = form[name]
    widget = bound.field.widget
    attrs: dict[str, object] = {"id": bound.auto_id} if bound.auto_id and "id" not in widget.attrs else {}
    if bound.field.required and form.use_required_attribute and widget.use_required_attribute(bound.initial):
        attrs["required"] = True
    return widget.render(bound.html_name, bound.value(), attrs, form.renderer)


def _value_of(other: BoundField) -> object:
    if not other.form.is_bound or other.field.disabled:
        return other.initial
    try:
        return other.field.clean_with_initial(other.data, other.initial)
    except ValidationError:
        return None
