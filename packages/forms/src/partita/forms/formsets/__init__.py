"""Several forms of one kind on one page."""

from partita.forms.formsets.base import (
    BaseFormSet,
)
from partita.forms.formsets.factory import (
    ADD_BUTTON_NAME,
    DEFAULT_MAX_NUM,
    DEFAULT_MIN_NUM,
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    MAX_NUM_FORM_COUNT,
    MIN_NUM_FORM_COUNT,
    ORDERING_FIELD_NAME,
    TOTAL_FORM_COUNT,
    ManagementForm,
    aall_valid,
    all_valid,
    formset_factory,
)

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
    "BaseFormSet",
    "ManagementForm",
    "aall_valid",
    "all_valid",
    "formset_factory",
)
