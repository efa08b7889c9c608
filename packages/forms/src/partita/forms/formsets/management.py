"""The names that a set of forms has in HTML, and its hidden fields, which say how many forms the page has."""

from typing import Final

from partita.forms.fields import IntegerField
from partita.forms.form import Form
from partita.forms.widgets import HiddenInput

__all__ = (
    "ADD_BUTTON_NAME",
    "DEFAULT_MAX_NUM",
    "DEFAULT_MIN_NUM",
    "DELETION_FIELD_NAME",
    "INITIAL_FORM_COUNT",
    "MAX_NUM_FORM_COUNT",
    "MIN_NUM_FORM_COUNT",
    "ORDERING_FIELD_NAME",
    "TOTAL_FORM_COUNT",
    "ManagementForm",
)

TOTAL_FORM_COUNT: Final = "TOTAL_FORMS"
INITIAL_FORM_COUNT: Final = "INITIAL_FORMS"
MIN_NUM_FORM_COUNT: Final = "MIN_NUM_FORMS"
MAX_NUM_FORM_COUNT: Final = "MAX_NUM_FORMS"

DELETION_FIELD_NAME: Final = "DELETE"
"""The field that takes a form out of its set."""
ORDERING_FIELD_NAME: Final = "ORDER"
"""The field with the place of a form in its set."""

ADD_BUTTON_NAME: Final = "ADD"
"""The button that asks for one more form; it is part of a set rendered with `BaseFormSet.as_rows`."""

DEFAULT_MIN_NUM: Final = 0
DEFAULT_MAX_NUM: Final = 1000


class ManagementForm(Form):
    """How many forms were on the page; it goes along as hidden fields."""

    TOTAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    INITIAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    MIN_NUM_FORMS = IntegerField(widget=HiddenInput, required=False)
    MAX_NUM_FORMS = IntegerField(widget=HiddenInput, required=False)

    _counts: tuple[int, int] | None = None

    def clean(self) -> dict[str, object]:
        """Count no forms if the numbers are no good; the set tells the reader so."""
        return {TOTAL_FORM_COUNT: 0, INITIAL_FORM_COUNT: 0, **self.cleaned_data}

    def with_one_more(self, limit: int) -> "ManagementForm":
        """Return the same numbers with one form more, but not more than ``limit``."""
        total, initial = self.counts()
        more = max(total, min(total + 1, limit))
        data = {self.add_prefix(name): value for name, value in self.cleaned_data.items() if value is not None}
        data |= {self.add_prefix(TOTAL_FORM_COUNT): more, self.add_prefix(INITIAL_FORM_COUNT): initial}
        more_form = ManagementForm(data, auto_id=self.auto_id, prefix=self.prefix, renderer=self.renderer)
        for name, field in self.fields.items():
            if name not in more_form.fields:  # sent as it came: its value may be signed
                more_form.fields[name] = field
                data[self.add_prefix(name)] = self[name].data
        return more_form

    def counts(self) -> tuple[int, int]:
        """Return how many forms there are in all, and how many had values at first; zero if the numbers are no good."""
        if self._counts is None:  # asked several times for each form
            good = self.is_valid()
            self._counts = (
                (self.cleaned_data[TOTAL_FORM_COUNT], self.cleaned_data[INITIAL_FORM_COUNT]) if good else (0, 0)
            )
        return self._counts
